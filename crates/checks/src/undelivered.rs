//! IP's own books: what came in and was delivered nowhere, what was to leave and did not.

pub(crate) use synrecv_model::view::books::IpVersion as Version;
use synrecv_model::view::books::{self, Rhythm};
use synrecv_model::{Origin, Value, text};

use crate::cases::Fact;
use crate::phrase;
use crate::view::View;

/// Packets that came in and ended between IP's entrance and TCP while watching; see
/// [`books::undelivered`].
pub(crate) fn undelivered(view: &View<'_>, version: Version) -> Option<u64> {
    let (before, after) = view.counters()?;
    grown(books::undelivered(before, version)?, books::undelivered(after, version)?)
}

/// Packets that were to leave and ended in OUTPUT or POSTROUTING while watching; see
/// [`books::untransmitted`].
pub(crate) fn untransmitted(view: &View<'_>, version: Version) -> Option<u64> {
    let (before, after) = view.counters()?;
    grown(books::untransmitted(before, version)?, books::untransmitted(after, version)?)
}

/// Frames that devices received while watching and IP did not; see [`books::before_ip`].
pub(crate) fn before_ip(view: &View<'_>) -> Option<u64> {
    let ((before, after), (links, then, now)) = (view.counters()?, view.all_traffic()?);
    grown(books::before_ip(before, links, &then)?, books::before_ip(after, links, now)?)
}

/// Packets that IP handed to devices while watching and none sent; see [`books::after_ip`].
pub(crate) fn after_ip(view: &View<'_>) -> Option<u64> {
    let ((before, after), (links, then, now)) = (view.counters()?, view.all_traffic()?);
    grown(books::after_ip(before, links, &then)?, books::after_ip(after, links, now)?)
}

/// 0 when it fell: two tables are read some milliseconds apart.
fn grown(before: i64, after: i64) -> Option<u64> {
    u64::try_from(after.checked_sub(before)?.max(0)).ok()
}

fn word(version: Version) -> &'static str {
    match version {
        Version::V4 => "IPv4",
        Version::V6 => "IPv6",
    }
}

/// Two counts of the same packets, read some milliseconds apart.
pub(crate) fn close(a: u64, b: u64) -> bool {
    a.abs_diff(b) <= 1 + a.max(b) / 8
}

/// `12 IPv4 packets came in and were delivered nowhere`.
pub(crate) fn undelivered_fact(version: Version, count: u64, rhythm: Rhythm) -> Fact {
    Fact::new(
        Origin::Counters,
        "received-not-delivered",
        text![
            phrase::count(usize::try_from(count).unwrap_or(usize::MAX), "packet", "packets"),
            " came in over ",
            word(version),
            " and ended before TCP (InReceives less InDelivers)",
            in_time(rhythm),
        ],
    )
    .with("keeps_time", keeps_time(rhythm))
    .with("not_delivered_count", phrase::number(Some(count)))
    .recheck(match version {
        Version::V4 => "nstat -az IpInReceives IpInDelivers IpForwDatagrams",
        Version::V6 => "nstat -az Ip6InReceives Ip6InDelivers Ip6OutForwDatagrams",
    })
}

/// What the rhythm adds to a count.
pub(crate) fn in_time(rhythm: Rhythm) -> &'static str {
    match rhythm {
        Rhythm::Keeps => ", each time a SYN-ACK was sent again and hardly ever else",
        Rhythm::Misses => ", but not when SYN-ACKs were sent again",
        Rhythm::Unclear => "",
    }
}

/// The same as a value.
pub(crate) fn keeps_time(rhythm: Rhythm) -> Value {
    match rhythm {
        Rhythm::Keeps => Value::Flag(true),
        Rhythm::Misses => Value::Flag(false),
        Rhythm::Unclear => Value::Unknown,
    }
}

/// `14 IPv4 packets were to leave and ended in OUTPUT or POSTROUTING`.
pub(crate) fn untransmitted_fact(version: Version, count: u64) -> Fact {
    Fact::new(
        Origin::Counters,
        "requested-not-transmitted",
        text![
            phrase::count(usize::try_from(count).unwrap_or(usize::MAX), "packet", "packets"),
            " were to leave over ",
            word(version),
            " and were not handed to a device: OutRequests less OutTransmits",
        ],
    )
    .with("not_transmitted_count", phrase::number(Some(count)))
    .recheck(match version {
        Version::V4 => "nstat -az IpOutRequests IpOutTransmits",
        Version::V6 => "nstat -az Ip6OutRequests Ip6OutTransmits",
    })
}
