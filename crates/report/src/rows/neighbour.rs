use serde::Serialize;
use synrecv_model::{LinkNames, Neighbour};

/// An entry of the ARP or ND table.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct NeighbourRow {
    /// Device; `null` for a proxy entry on every device.
    pub dev: Option<String>,
    /// Address asked for.
    pub address: String,
    /// `ipv4` or `ipv6`.
    pub family: &'static str,
    /// `reachable`, `stale`, `failed` …
    pub state: &'static str,
    /// Link-layer address; `null` when there is none.
    pub mac: Option<String>,
    /// The neighbour says that it is a router.
    pub router: bool,
    /// This host answers for the address.
    pub proxy: bool,
    /// Set by hand.
    pub permanent: bool,
    /// Made by a control plane.
    pub extern_learn: bool,
    /// Handled by hardware.
    pub offload: bool,
    /// Kept resolved by the kernel.
    pub managed: bool,
    /// Since a packet last went to it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub used_ms: Option<u64>,
    /// Since it was last confirmed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub confirmed_ms: Option<u64>,
    /// Since state or address last changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub updated_ms: Option<u64>,
    /// Questions sent since the last answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub probes_count: Option<u32>,
    /// `rtm_protocol` of who made the entry.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub protocol: Option<u8>,
}

impl NeighbourRow {
    /// From the noun, with the name of its device.
    pub fn new(neighbour: &Neighbour, names: &LinkNames) -> Self {
        let ages = neighbour.ages;
        Self {
            dev: (neighbour.ifindex != 0).then(|| names.name(neighbour.ifindex).0),
            address: neighbour.address.to_string(),
            family: synrecv_model::Family::of(neighbour.address).name(),
            state: neighbour.state.name(),
            mac: neighbour.mac.map(|mac| mac.to_string()),
            router: neighbour.flags.router,
            proxy: neighbour.flags.proxy,
            permanent: neighbour.state == synrecv_model::Nud::Permanent,
            extern_learn: neighbour.flags.extern_learn,
            offload: neighbour.flags.offload,
            managed: neighbour.flags.managed,
            used_ms: ages.map(|ages| ages.used_ms),
            confirmed_ms: ages.map(|ages| ages.confirmed_ms),
            updated_ms: ages.map(|ages| ages.updated_ms),
            probes_count: neighbour.probes_count,
            protocol: neighbour.protocol,
        }
    }
}
