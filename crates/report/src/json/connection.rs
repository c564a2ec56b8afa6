//! Requests, with the ways that their frames take.

use serde::Serialize;
use synrecv_model::{Connection, Nud, SeenFrames};

/// A request.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ConnectionJson {
    /// Our end.
    pub local: String,
    /// The client's end.
    pub peer: String,
    /// Always `syn-recv`.
    pub state: &'static str,
    /// Family of the listener: `ipv6` for an IPv4 client of a `[::]` listener.
    pub listener_family: &'static str,
    /// Least age at the last sighting.
    pub age_ms: Option<u64>,
    /// The age is only a lower bound.
    pub age_is_lower_bound: bool,
    /// Between first and last sighting.
    pub seen_for_ms: u64,
    /// Requests of this 4-tuple seen one after another.
    pub life_count: u32,
    /// SYN-ACKs sent again.
    pub synack_retrans_count: Option<u32>,
    /// Expiries of the own timer.
    pub timer_expiry_count: Option<u32>,
    /// Both counters belong to one state of the timer.
    pub counters_same_instant: bool,
    /// To the next timer expiry.
    pub timer_ms: Option<u32>,
    /// An ACK was seen among its frames; `null` when they do not tell, and without frames.
    pub ack_seen: Option<bool>,
    /// `client-repeats-syn`, `no-repeat-seen`, `killed-at-first-timer`, `next-hop-unresolved`,
    /// `ack-held` or `too-early`.
    pub reading: Option<&'static str>,
    /// The way that its SYN came; `null` when none was among the captured frames, absent where none
    /// were captured.
    #[serde(rename = "in", skip_serializing_if = "Option::is_none")]
    pub way_in: Option<Option<InJson>>,
    /// The way that the reply takes, as frames and the kernel's answer tell; `null` when there is none
    /// or it is not known.
    pub out: Option<OutJson>,
    /// Findings that account for it, the one it belongs to first.
    pub findings: Vec<&'static str>,
}

/// The way that a SYN came, as its frame tells.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct InJson {
    /// Device.
    pub dev: Option<String>,
    /// Link-layer source.
    pub src_mac: Option<String>,
    /// TTL or hop limit.
    pub ttl: Option<u8>,
}

/// The way that a reply takes.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct OutJson {
    /// Device; `null` when frames do not name it and the kernel was not asked.
    pub dev: Option<String>,
    /// Gateway, or the peer itself, by the kernel's answer.
    pub next_hop: Option<String>,
    /// Link-layer address that the SYN-ACK went to; without frames, that of the next hop.
    pub dst_mac: Option<String>,
    /// State of the next hop's entry.
    pub next_hop_state: Option<&'static str>,
    /// It goes by a gateway; `null` when the kernel was not asked, or frames show another device than
    /// its answer.
    pub via_gateway: Option<bool>,
}

impl ConnectionJson {
    pub(super) fn new(connection: &Connection, with_frames: bool) -> Self {
        let seen = connection.seen.as_deref();
        Self {
            local: connection.flow.local.to_string(),
            peer: connection.flow.peer.to_string(),
            state: "syn-recv",
            listener_family: connection.listener_family.name(),
            age_ms: connection.age_ms,
            age_is_lower_bound: connection.age_is_lower_bound,
            seen_for_ms: connection.seen_for_ms,
            life_count: connection.life_count,
            synack_retrans_count: connection.counters.synack_retrans_count,
            timer_expiry_count: connection.counters.timer_expiry_count,
            counters_same_instant: connection.counters.same_instant,
            timer_ms: connection.counters.timer_ms,
            ack_seen: seen.and_then(|seen| seen.ack_seen),
            reading: connection.reading.known_name(),
            way_in: with_frames.then(|| seen.and_then(InJson::new)),
            out: OutJson::new(connection),
            findings: connection.findings.to_vec(),
        }
    }
}

impl InJson {
    /// `None` when no frame tells anything of it.
    fn new(seen: &SeenFrames) -> Option<Self> {
        if seen.in_dev.is_none() && seen.in_mac.is_none() && seen.in_ttl.is_none() {
            return None;
        }
        Some(Self {
            dev: seen.in_dev.as_ref().map(|dev| dev.0.clone()),
            src_mac: seen.in_mac.map(|mac| mac.to_string()),
            ttl: seen.in_ttl,
        })
    }
}

impl OutJson {
    /// Frames go before the kernel's answer, which is left out where they contradict it.
    fn new(connection: &Connection) -> Option<Self> {
        let seen_dev = connection.seen.as_ref().and_then(|seen| seen.out_dev.as_ref());
        let seen_mac = connection.seen.as_ref().and_then(|seen| seen.out_mac);
        let answered = connection.out_dev.as_ref().filter(|&dev| seen_dev.is_none_or(|d| d == dev));
        let dev = seen_dev.or(answered);
        if dev.is_none() && seen_mac.is_none() {
            return None;
        }
        let as_answered = answered.is_some();
        let mac = seen_mac.or(connection.out_mac.filter(|_| as_answered));
        Some(Self {
            dev: dev.map(|dev| dev.0.clone()),
            next_hop: connection.out_next_hop.filter(|_| as_answered).map(|hop| hop.to_string()),
            dst_mac: mac.map(|mac| mac.to_string()),
            next_hop_state: connection.out_state.filter(|_| as_answered).map(Nud::name),
            via_gateway: as_answered.then_some(connection.via_gateway.unwrap_or(false)),
        })
    }
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv4Addr};

    use synrecv_model::view::RetryReading;
    use synrecv_model::{Endpoint, Family, Flow, Foreign, Mac, RetryCounters};

    use super::*;

    fn connection(out_dev: Option<&str>, seen: Option<SeenFrames>) -> Connection {
        let end = |last| Endpoint::new(IpAddr::V4(Ipv4Addr::new(192, 0, 2, last)), 80);
        let foreign = |name: &str| Foreign(name.to_owned());
        Connection {
            flow: Flow { local: end(1), peer: end(2) },
            listener_family: Family::V4,
            counters: RetryCounters::default(),
            age_ms: None,
            age_is_lower_bound: true,
            seen_for_ms: 0,
            life_count: 1,
            reading: RetryReading::NoRepeatSeen,
            out_dev: out_dev.map(foreign),
            out_next_hop: out_dev.map(|_| end(9).ip),
            out_mac: out_dev.map(|_| Mac([2, 0, 0, 0, 0, 1])),
            out_state: out_dev.map(|_| Nud::Reachable),
            via_gateway: out_dev.map(|_| true),
            seen: seen.map(Box::new),
            findings: [].into(),
        }
    }

    fn json(out_dev: Option<&str>, seen: Option<SeenFrames>, frames: bool) -> serde_json::Value {
        serde_json::to_value(ConnectionJson::new(&connection(out_dev, seen), frames)).unwrap()
    }

    fn seen(dev: Option<&str>) -> SeenFrames {
        SeenFrames {
            in_dev: dev.map(|dev| Foreign(dev.to_owned())),
            in_mac: Some(Mac([2, 0, 0, 0, 0, 3])),
            in_ttl: Some(63),
            out_dev: dev.map(|dev| Foreign(dev.to_owned())),
            out_mac: Some(Mac([2, 0, 0, 0, 0, 4])),
            ack_seen: Some(false),
        }
    }

    #[test]
    fn without_frames_the_way_in_does_not_apply() {
        let value = json(Some("eth0"), None, false);
        assert!(value.get("in").is_none() && value["ack_seen"].is_null());
        assert_eq!(value["out"]["dst_mac"], "02:00:00:00:00:01");
        assert_eq!(value["out"]["via_gateway"], true);
        let value = json(None, None, true);
        assert!(value["in"].is_null() && value["out"].is_null());
        assert!(value.get("in").is_some() && value.get("out").is_some());
    }

    #[test]
    fn frames_go_before_the_kernel_s_answer() {
        let value = json(Some("eth0"), Some(seen(Some("eth0"))), true);
        assert_eq!(value["in"]["src_mac"], "02:00:00:00:00:03");
        assert_eq!((&value["in"]["ttl"], &value["ack_seen"]), (&63.into(), &false.into()));
        assert_eq!(value["out"]["dst_mac"], "02:00:00:00:00:04");
        assert_eq!(value["out"]["next_hop"], "192.0.2.9");
        let elsewhere = json(Some("eth0"), Some(seen(Some("eth1"))), true);
        assert_eq!(elsewhere["out"]["dev"], "eth1");
        assert!(
            elsewhere["out"]["next_hop"].is_null() && elsewhere["out"]["via_gateway"].is_null()
        );
    }

    #[test]
    fn a_file_names_no_device() {
        let value = json(None, Some(seen(None)), true);
        assert!(value["out"]["dev"].is_null() && value["out"]["via_gateway"].is_null());
        assert_eq!(value["out"]["dst_mac"], "02:00:00:00:00:04");
        assert_eq!(value["in"]["ttl"], 63);
    }
}
