//! IP's own books: what came in and was delivered nowhere, what was to leave and did not.

use synrecv_model::{Origin, text};

use crate::cases::Fact;
use crate::phrase;
use crate::view::View;

/// An IP version, as counters name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Version {
    V4,
    V6,
}

impl Version {
    pub(crate) fn of(address: std::net::IpAddr) -> Self {
        if address.is_ipv4() { Self::V4 } else { Self::V6 }
    }

    fn word(self) -> &'static str {
        match self {
            Self::V4 => "IPv4",
            Self::V6 => "IPv6",
        }
    }
}

/// Packets that came in and ended between IP's entrance and its delivery (PREROUTING, INPUT, the
/// routing decision), less those that another counter accounts for.
///
/// Exact for IPv4; over IPv6 a healthy host has one or two in some seconds (multicast that nobody
/// here listens to).
pub(crate) fn undelivered(view: &View<'_>, version: Version) -> Option<u64> {
    let (received, accounted): (&str, &[&str]) = match version {
        Version::V4 => (
            "IpInReceives",
            &[
                "IpInDelivers",
                "IpForwDatagrams",
                "IpInHdrErrors",
                "IpInAddrErrors",
                "IpInUnknownProtos",
                "IpInDiscards",
                "IpExtInNoRoutes",
                "IpExtInTruncatedPkts",
                "TcpExtIPReversePathFilter",
            ],
        ),
        Version::V6 => (
            "Ip6InReceives",
            &[
                "Ip6InDelivers",
                "Ip6OutForwDatagrams",
                "Ip6InHdrErrors",
                "Ip6InTooBigErrors",
                "Ip6InNoRoutes",
                "Ip6InAddrErrors",
                "Ip6InUnknownProtos",
                "Ip6InTruncatedPkts",
                "Ip6InDiscards",
            ],
        ),
    };
    // Fragments come in as many and are delivered as one.
    let [pieces, whole] = match version {
        Version::V4 => ["IpReasmReqds", "IpReasmOKs"],
        Version::V6 => ["Ip6ReasmReqds", "Ip6ReasmOKs"],
    };
    let delta = |name: &str| view.delta(name).unwrap_or(0);
    let known: u64 = accounted.iter().map(|name| delta(name)).sum();
    let merged = delta(pieces).saturating_sub(delta(whole));
    Some(view.delta(received)?.saturating_sub(known + merged))
}

/// Packets that were to leave and ended in OUTPUT or POSTROUTING. `None` before kernel 6.6, which
/// does not count what it hands to the device (OutTransmits).
pub(crate) fn untransmitted(view: &View<'_>, version: Version) -> Option<u64> {
    let [requested, forwarded, transmitted, discarded] = match version {
        Version::V4 => ["IpOutRequests", "IpForwDatagrams", "IpOutTransmits", "IpOutDiscards"],
        Version::V6 => {
            ["Ip6OutRequests", "Ip6OutForwDatagrams", "Ip6OutTransmits", "Ip6OutDiscards"]
        }
    };
    let wanted = view.delta(requested)? + view.delta(forwarded).unwrap_or(0);
    let gone = view.delta(transmitted)? + view.delta(discarded).unwrap_or(0);
    Some(wanted.saturating_sub(gone))
}

/// Two counts of the same packets, read some milliseconds apart.
pub(crate) fn close(a: u64, b: u64) -> bool {
    a.abs_diff(b) <= 1 + a.max(b) / 8
}

/// `12 IPv4 packets came in and were delivered nowhere`.
pub(crate) fn undelivered_fact(version: Version, count: u64) -> Fact {
    Fact::new(
        Origin::Counters,
        "received-not-delivered",
        text![
            phrase::count(usize::try_from(count).unwrap_or(usize::MAX), "packet", "packets"),
            " came in over ",
            version.word(),
            " and ended before TCP: InReceives less InDelivers",
        ],
    )
    .with("not_delivered_count", phrase::number(Some(count)))
    .recheck(match version {
        Version::V4 => "nstat -az IpInReceives IpInDelivers IpForwDatagrams",
        Version::V6 => "nstat -az Ip6InReceives Ip6InDelivers Ip6OutForwDatagrams",
    })
}

/// `14 IPv4 packets were to leave and ended in OUTPUT or POSTROUTING`.
pub(crate) fn untransmitted_fact(version: Version, count: u64) -> Fact {
    Fact::new(
        Origin::Counters,
        "requested-not-transmitted",
        text![
            phrase::count(usize::try_from(count).unwrap_or(usize::MAX), "packet", "packets"),
            " were to leave over ",
            version.word(),
            " and were not handed to a device: OutRequests less OutTransmits",
        ],
    )
    .with("not_transmitted_count", phrase::number(Some(count)))
    .recheck(match version {
        Version::V4 => "nstat -az IpOutRequests IpOutTransmits",
        Version::V6 => "nstat -az Ip6OutRequests Ip6OutTransmits",
    })
}
