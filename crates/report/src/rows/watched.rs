//! What watching adds to the rows of sockets.

use serde::Serialize;
use synrecv_model::{Connection, LinkNames, Listener, ListenerTrack, Nud, Request, Track};

use super::{ListenerRow, RequestRow};

/// A listener, with what changed.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct WatchedListenerRow {
    /// As it was at the end.
    #[serde(flatten)]
    pub listener: ListenerRow,
    /// With --observe: packets dropped while watching; `null` when not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub drops_delta_count: Option<Option<u32>>,
    /// With --observe: requests that were made while watching, as far as they were seen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub requests_made_count: Option<u64>,
    /// With --observe: largest accept queue of all samples.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub accept_queue_peak_count: Option<u32>,
}

impl WatchedListenerRow {
    /// From the nouns; `track` only when it was watched.
    pub fn new(listener: &Listener, track: Option<&ListenerTrack>, names: &LinkNames) -> Self {
        Self {
            listener: ListenerRow::new(listener, names),
            drops_delta_count: track.map(|track| track.drops_delta),
            requests_made_count: track.map(|track| track.made_count),
            accept_queue_peak_count: track.map(|track| track.accept_queue_peak_count),
        }
    }
}

/// A request, with what was seen of it over time.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct WatchedRequestRow {
    /// As it was at its last sighting. With --observe `reading` rests on all sightings and can also be
    /// `killed-at-first-timer` or `next-hop-unresolved`.
    #[serde(flatten)]
    pub request: RequestRow,
    /// With --observe: between first and last sighting.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seen_for_ms: Option<u64>,
    /// With --observe: requests of this 4-tuple seen one after another.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub life_count: Option<u32>,
    /// With --observe: it was not there any more in the last sample.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gone: Option<bool>,
    /// With --observe: the way the reply takes; `null` when there is none or it is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub out: Option<Option<ReplyWayRow>>,
    /// With --observe: findings that account for it, the one it belongs to first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub findings: Option<Vec<&'static str>>,
}

/// The way a reply takes.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ReplyWayRow {
    /// Device.
    pub dev: String,
    /// Gateway, or the peer itself.
    pub next_hop: Option<String>,
    /// Link-layer address of the next hop.
    pub dst_mac: Option<String>,
    /// State of the next hop's entry.
    pub next_hop_state: Option<&'static str>,
    /// It goes by a gateway.
    pub via_gateway: bool,
}

impl WatchedRequestRow {
    /// A request that was seen once.
    pub fn seen_once(request: &Request, names: &LinkNames) -> Self {
        Self {
            request: RequestRow::new(request, names),
            seen_for_ms: None,
            life_count: None,
            gone: None,
            out: None,
            findings: None,
        }
    }

    /// A request that was watched, and what was concluded about it.
    pub fn watched(track: &Track, connection: &Connection, names: &LinkNames) -> Self {
        let request = Request {
            flow: track.flow,
            listener_family: track.listener_family,
            ifindex: track.ifindex,
            counters: connection.counters,
            uid: track.uid,
            mark: track.mark,
            fastopen: false,
        };
        Self {
            request: RequestRow {
                reading: connection.reading.known_name(),
                age_ms: connection.age_ms,
                age_is_lower_bound: connection.age_is_lower_bound,
                ..RequestRow::new(&request, names)
            },
            seen_for_ms: Some(connection.seen_for_ms),
            life_count: Some(connection.life_count),
            gone: Some(track.last_life().gone.is_some()),
            out: Some(ReplyWayRow::new(connection)),
            findings: Some(connection.findings.to_vec()),
        }
    }
}

impl ReplyWayRow {
    fn new(connection: &Connection) -> Option<Self> {
        let dev = connection.out_dev.as_ref()?;
        Some(Self {
            dev: dev.0.clone(),
            next_hop: connection.out_next_hop.map(|hop| hop.to_string()),
            dst_mac: connection.out_mac.map(|mac| mac.to_string()),
            next_hop_state: connection.out_state.map(Nud::name),
            via_gateway: connection.via_gateway.unwrap_or(false),
        })
    }
}
