//! IP's own books: what came in and was delivered nowhere, and whether that keeps time with SYN-ACKs.

use crate::{Counters, Link, LinkTraffic, Mono, Step};

/// An IP version, as counters name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum IpVersion {
    /// `Ip*`
    V4,
    /// `Ip6*`
    V6,
}

impl IpVersion {
    /// Of an address.
    pub fn of(address: std::net::IpAddr) -> Self {
        if address.is_ipv4() { Self::V4 } else { Self::V6 }
    }
}

/// Packets since boot that came in and ended between IP's entrance and its delivery (PREROUTING,
/// INPUT, the routing decision), less those that another counter accounts for. Only differences mean
/// something.
///
/// Exact for IPv4; over IPv6 a healthy host has one or two in some seconds (multicast that nobody here
/// listens to).
pub fn undelivered(counters: &Counters, version: IpVersion) -> Option<i64> {
    let (received, accounted): (&str, &[&str]) = match version {
        IpVersion::V4 => (
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
        IpVersion::V6 => (
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
        IpVersion::V4 => ["IpReasmReqds", "IpReasmOKs"],
        IpVersion::V6 => ["Ip6ReasmReqds", "Ip6ReasmOKs"],
    };
    let get = |name: &str| counters.get(name).unwrap_or(0);
    let known = accounted.iter().fold(0_u64, |sum, name| sum.wrapping_add(get(name)));
    let merged = get(pieces).wrapping_sub(get(whole));
    let left = counters.get(received)?.wrapping_sub(known).wrapping_sub(merged);
    Some(left.cast_signed())
}

/// Packets since boot that were to leave and ended in OUTPUT or POSTROUTING; only differences mean
/// something. `None` before kernel 6.6, which does not count what it hands to the device.
pub fn untransmitted(counters: &Counters, version: IpVersion) -> Option<i64> {
    let [requested, forwarded, transmitted, discarded] = match version {
        IpVersion::V4 => ["IpOutRequests", "IpForwDatagrams", "IpOutTransmits", "IpOutDiscards"],
        IpVersion::V6 => {
            ["Ip6OutRequests", "Ip6OutForwDatagrams", "Ip6OutTransmits", "Ip6OutDiscards"]
        }
    };
    let wanted = counters.get(requested)?.wrapping_add(counters.get(forwarded).unwrap_or(0));
    let gone = counters.get(transmitted)?.wrapping_add(counters.get(discarded).unwrap_or(0));
    Some(wanted.wrapping_sub(gone).cast_signed())
}

/// Devices whose frames other devices of this host count a second time.
const COUNTED_TWICE: [&str; 9] =
    ["vlan", "macvlan", "ipvlan", "vxlan", "gre", "ipip", "wireguard", "tun", "geneve"];

/// Packets since boot on the devices that IP hands to and takes from; `None` when devices of this host
/// count frames twice, or some were not read.
fn on_devices(
    links: &[Link],
    traffic: &[LinkTraffic],
    count: impl Fn(&LinkTraffic) -> u64,
) -> Option<u64> {
    let twice = |link: &Link| {
        link.kind.as_ref().is_some_and(|kind| COUNTED_TWICE.contains(&kind.0.as_str()))
    };
    if links.iter().any(twice) {
        return None;
    }
    links
        .iter()
        .filter(|link| link.up && link.master_ifindex.is_none())
        .map(|link| Some(count(traffic.iter().find(|own| own.ifindex == link.ifindex)?)))
        .sum()
}

/// Frames that devices received less packets that IP received; only differences mean something. They
/// are ARP and the like, and what a filter between the wire and IP dropped.
pub fn before_ip(counters: &Counters, links: &[Link], traffic: &[LinkTraffic]) -> Option<i64> {
    let received = on_devices(links, traffic, |own| own.rx_count)?;
    let by_ip =
        counters.get("IpInReceives")?.wrapping_add(counters.get("Ip6InReceives").unwrap_or(0));
    Some(received.wrapping_sub(by_ip).cast_signed())
}

/// Packets that IP handed to devices less those that devices sent; only differences mean something.
/// ARP and the like make it smaller, a filter on the way out of a device larger. `None` before
/// kernel 6.6.
pub fn after_ip(counters: &Counters, links: &[Link], traffic: &[LinkTraffic]) -> Option<i64> {
    let sent = on_devices(links, traffic, |own| own.tx_count)?;
    let by_ip =
        counters.get("IpOutTransmits")?.wrapping_add(counters.get("Ip6OutTransmits").unwrap_or(0));
    Some(by_ip.wrapping_sub(sent).cast_signed())
}

/// Whether a count keeps time with the SYN-ACKs that are sent again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rhythm {
    /// It moves when answers to SYN-ACKs are due and hardly at any other time.
    Keeps,
    /// It stood still when answers were due.
    Misses,
    /// Too few SYN-ACKs, or so many that an answer is due all the time.
    Unclear,
}

/// Compares the increases of a count with the moments at which SYN-ACKs were sent again. The answer
/// comes one round trip later.
pub fn rhythm(steps: &[Step], count: impl Fn(&Step) -> Option<i64>) -> Rhythm {
    let spans: Option<Vec<Span>> = steps
        .windows(2)
        .map(|pair| {
            Some(Span {
                began: pair[0].at,
                ended: pair[1].at,
                due: pair[1].expiry_count > pair[0].expiry_count,
                made: pair[1].made_count > pair[0].made_count,
                grown: count(&pair[1])?.wrapping_sub(count(&pair[0])?).max(0),
            })
        })
        .collect();
    let Some(spans) = spans else { return Rhythm::Unclear };
    let answers_until = |sent: usize, came: fn(&Span) -> Mono| {
        let last = spans[sent].ended.plus_ms(ANSWER_MS);
        // Counts are read some milliseconds after the requests: an expiry between the two shows one
        // span later than its answer.
        let first = sent.saturating_sub(1);
        let later = spans[sent + 1..].iter().take_while(move |&span| came(span) <= last);
        first..sent + 1 + later.count()
    };
    // What a span counts can have come at its beginning: while a busy machine is sampled seldom, too.
    let answered_by = |sent: usize| {
        spans[answers_until(sent, |span| span.began)].iter().any(|span| span.grown > 0)
    };
    let end = steps.last().map_or(Mono(0), |step| step.at);
    // An answer to what was sent at the end can still be on its way.
    let due: Vec<usize> = (0..spans.len())
        .filter(|&sent| spans[sent].due)
        .filter(|&sent| end.ms_since(spans[sent].ended) > ANSWER_MS || answered_by(sent))
        .collect();
    if due.len() < DUE_LEAST {
        return Rhythm::Unclear;
    }
    let answered = due.iter().filter(|&&sent| answered_by(sent)).count();
    if answered * 10 < due.len() * 7 {
        return Rhythm::Misses;
    }
    // The first SYN-ACK of a request is answered, too.
    let mut in_time = vec![false; spans.len()];
    for sent in (0..spans.len()).filter(|&index| spans[index].due || spans[index].made) {
        let soon = |span: &Span| span.ended.min(span.began.plus_ms(ANSWER_MS / 4));
        in_time[answers_until(sent, soon)].fill(true);
    }
    let in_time = |index: usize| in_time[index];
    let open = (0..spans.len()).filter(|&index| in_time(index)).count();
    let all: i64 = spans.iter().map(|span| span.grown).sum();
    let timely: i64 =
        (0..spans.len()).filter(|&index| in_time(index)).map(|index| spans[index].grown).sum();
    let mostly_closed = open * 10 <= spans.len() * 7;
    if answered * 10 >= due.len() * 9 && mostly_closed && timely * 10 >= all * 8 {
        Rhythm::Keeps
    } else {
        Rhythm::Unclear
    }
}

/// Between two steps.
struct Span {
    began: Mono,
    ended: Mono,
    /// A SYN-ACK was sent again.
    due: bool,
    /// One was sent for the first time.
    made: bool,
    /// Increase of the count.
    grown: i64,
}

/// Answers are waited for this long.
const ANSWER_MS: u64 = 1_000;

/// Steps with SYN-ACKs sent again from which on their rhythm says something.
const DUE_LEAST: usize = 3;

#[cfg(test)]
mod tests {
    use super::*;

    /// One step each of 250 ms: SYN-ACKs sent again in it, packets counted in it.
    #[track_caller]
    fn check(series: &[(u64, i64)], expected: Rhythm) {
        check_every(250, series, expected);
    }

    #[track_caller]
    fn check_every(step_ms: u64, series: &[(u64, i64)], expected: Rhythm) {
        let mut steps = vec![Step::default()];
        for (index, &(sent, counted)) in series.iter().enumerate() {
            let last = steps[index];
            steps.push(Step {
                at: Mono(0).plus_ms(step_ms * (index as u64 + 1)),
                expiry_count: last.expiry_count + sent,
                undelivered_v4: Some(last.undelivered_v4.unwrap_or(0) + counted),
                ..last
            });
        }
        steps[0].undelivered_v4 = Some(0);
        assert_eq!(rhythm(&steps, |step| step.undelivered_v4), expected);
    }

    const QUIET: (u64, i64) = (0, 0);

    #[test]
    fn answers_that_die_keep_time() {
        let round = [(2, 1), (0, 1), QUIET, QUIET, QUIET, QUIET, QUIET, QUIET, QUIET, QUIET];
        check(&round.repeat(4), Rhythm::Keeps);
    }

    #[test]
    fn silence_when_answers_are_due_misses() {
        let round = [(2, 0), QUIET, QUIET, QUIET, QUIET, QUIET, (0, 9), QUIET, QUIET];
        check(&round.repeat(4), Rhythm::Misses);
    }

    #[test]
    fn steady_noise_is_unclear() {
        let round = [(2, 3), (0, 3), (0, 3), (0, 3), (0, 3), (0, 3)];
        check(&round.repeat(4), Rhythm::Unclear);
    }

    #[test]
    fn answers_in_a_step_that_ends_late_are_in_time() {
        let round = [(2, 0), (0, 2), QUIET, QUIET, QUIET, QUIET, QUIET, QUIET];
        check_every(1_200, &round.repeat(4), Rhythm::Keeps);
    }

    #[test]
    fn an_answer_that_is_not_due_yet_is_not_missing() {
        let round = [(2, 0), QUIET, QUIET, (0, 2), QUIET, QUIET, QUIET, QUIET, QUIET, QUIET];
        let sent_again = |rounds: usize| [&round.repeat(rounds)[..], &round[..3]].concat();
        check(&sent_again(2), Rhythm::Unclear);
        check(&sent_again(3), Rhythm::Keeps);
    }

    #[test]
    fn two_retries_say_nothing() {
        check(&[(1, 1), QUIET, QUIET, (1, 1), QUIET, QUIET], Rhythm::Unclear);
    }

    #[test]
    fn what_is_not_counted_is_unclear() {
        assert_eq!(rhythm(&[Step::default(); 9], |step| step.before_ip), Rhythm::Unclear);
    }
}
