//! `struct rtnl_link_stats64`, in `RTM_NEWLINK` (IFLA_STATS64) and `RTM_NEWSTATS` payloads.

use synrecv_model::LinkTraffic;
use synrecv_netlink::{Attributes, Undecodable};

/// `struct if_stats_msg`: family, padding, ifindex, filter mask.
const HEADER_LEN: usize = 12;

const IFLA_STATS_LINK_64: u16 = 1;

/// One message of an RTM_GETSTATS dump. `Ok(None)` when it does not hold IFLA_STATS_LINK_64.
pub fn traffic(payload: &[u8]) -> Result<Option<LinkTraffic>, Undecodable> {
    let Some((header, attributes)) = payload.split_first_chunk::<HEADER_LEN>() else {
        return Err(Undecodable::new("traffic message shorter than its header"));
    };
    let [_, _, _, _, i0, i1, i2, i3, ..] = *header;
    let ifindex = u32::from_ne_bytes([i0, i1, i2, i3]);
    for attribute in Attributes::new(attributes) {
        let attribute = attribute?;
        if attribute.kind == IFLA_STATS_LINK_64 {
            let row = stats64(ifindex, attribute.payload);
            return row
                .map(Some)
                .ok_or_else(|| Undecodable::new("traffic of a device is too short"));
        }
    }
    Ok(None)
}

/// The first fields; newer kernels append more. `None` when they are not all there.
pub(super) fn stats64(ifindex: u32, value: &[u8]) -> Option<LinkTraffic> {
    let (fields, _) = value.as_chunks::<8>();
    let [rx_packets, tx_packets, _, _, _, _, rx_dropped, tx_dropped, ..] = fields else {
        return None;
    };
    Some(LinkTraffic {
        ifindex,
        rx_count: u64::from_ne_bytes(*rx_packets),
        tx_count: u64::from_ne_bytes(*tx_packets),
        rx_dropped_count: u64::from_ne_bytes(*rx_dropped),
        tx_dropped_count: u64::from_ne_bytes(*tx_dropped),
    })
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{damaged, payloads};
    use super::*;

    const STATS: &str = include_str!("../../testdata/stats.hex");

    #[test]
    fn packets_and_drops_of_each_device() {
        let rows: Vec<_> = payloads(STATS).iter().map(|payload| traffic(payload)).collect();
        let row = |ifindex, rx_count, tx_count, rx_dropped_count| {
            Ok(Some(LinkTraffic {
                ifindex,
                rx_count,
                tx_count,
                rx_dropped_count,
                tx_dropped_count: 0,
            }))
        };
        assert_eq!(rows, [row(1, 0, 0, 0), row(2, 8, 3, 5), row(3, 3, 8, 0)]);
    }

    #[test]
    fn other_statistics_are_left_out() {
        let mut other = payloads(STATS).remove(1);
        other[14] = 2;
        assert_eq!(traffic(&other), Ok(None));
    }

    #[test]
    fn any_bytes_are_survived() {
        damaged(STATS, |bytes| drop(traffic(bytes)));
    }
}
