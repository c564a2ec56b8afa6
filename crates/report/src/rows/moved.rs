use serde::Serialize;
use synrecv_model::{LinkNames, LinkTraffic, MacChange};

/// Packets of a device during the observation.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct TrafficRow {
    /// Device.
    pub dev: String,
    /// Received, those that XDP or traffic control dropped afterwards included.
    pub rx_count: u64,
    /// Handed to the driver.
    pub tx_count: u64,
    /// Received and dropped by the device or its driver.
    pub rx_dropped_count: u64,
    /// Dropped on the way out.
    pub tx_dropped_count: u64,
}

impl TrafficRow {
    /// From both readings; `None` when nothing moved, or a counter went backwards.
    pub fn new(before: &LinkTraffic, after: &LinkTraffic, names: &LinkNames) -> Option<Self> {
        let row = Self {
            dev: names.name(after.ifindex).0,
            rx_count: after.rx_count.checked_sub(before.rx_count)?,
            tx_count: after.tx_count.checked_sub(before.tx_count)?,
            rx_dropped_count: after.rx_dropped_count.checked_sub(before.rx_dropped_count)?,
            tx_dropped_count: after.tx_dropped_count.checked_sub(before.tx_dropped_count)?,
        };
        (before != after).then_some(row)
    }
}

/// A neighbour whose link-layer address changed during the observation.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct MacChangeRow {
    /// Device.
    pub dev: String,
    /// Address.
    pub address: String,
    /// Link-layer addresses that it had, in the order of their first sighting.
    pub macs: Vec<String>,
}

impl MacChangeRow {
    /// From the noun, with the name of its device.
    pub fn new(change: &MacChange, names: &LinkNames) -> Self {
        Self {
            dev: names.name(change.ifindex).0,
            address: change.address.to_string(),
            macs: change.macs.iter().map(ToString::to_string).collect(),
        }
    }
}
