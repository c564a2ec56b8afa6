//! Answers to `RTM_GETROUTE` look-ups: the way out, and the table entry behind it.

use std::net::IpAddr;

use synrecv_model::{Family, MatchedRoute, ResolvedRoute, Route, RouteKind};
use synrecv_netlink::Undecodable;

use super::route::{RTM_F_CLONED, entry};

/// RTCF_REDIRECTED of an IPv4 answer: the next hop comes from an ICMP redirect.
const RTCF_REDIRECTED: u32 = 0x0004_0000;
/// RTPROT_REDIRECT: how IPv6 said the same before Linux 4.16.
const RTPROT_REDIRECT: u8 = 1;

/// The kernel's two answers to one question about a reply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The way out.
    pub resolved: ResolvedRoute,
    /// The entry that matched; `None` when the kernel cannot tell it (before Linux 4.13).
    pub matched: Option<MatchedRoute>,
}

/// A route as an answer gave it, with `rtm_flags`.
pub(crate) type Answered = (Route, u32);

/// Reads the plain answer and the answer to the same question with `RTM_F_FIB_MATCH`.
///
/// An answer that is not a route of IPv4 or IPv6 is undecodable.
pub fn answer(resolved: &[u8], fib_match: Option<&[u8]>) -> Result<Answer, Undecodable> {
    Ok(combine(lookup(resolved)?, fib_match.map(lookup).transpose()?))
}

pub(crate) fn combine(resolved: Answered, fib_match: Option<Answered>) -> Answer {
    // A kernel that does not know the flag repeats its plain answer, which IPv4 marks as cloned.
    let matched = fib_match
        .filter(|answered| *answered != resolved && answered.1 & RTM_F_CLONED == 0)
        .map(|(entry, _)| entry);
    let (route, flags) = resolved;
    let hop = route.next_hops.first();
    let gateway = hop.and_then(|hop| hop.gateway);
    Answer {
        resolved: ResolvedRoute {
            kind: route.kind,
            oif: hop.map_or(0, |hop| hop.ifindex),
            gateway,
            table: route.table,
            prefsrc: route.prefsrc,
            redirected: redirected(&route, flags, gateway, matched.as_ref()),
        },
        matched: matched.map(|entry| MatchedRoute {
            prefix: entry.destination,
            table: entry.table,
            protocol: entry.protocol,
            next_hop_count: u32::try_from(entry.next_hops.len()).unwrap_or(u32::MAX),
            expires_s: entry.expires_s,
        }),
    }
}

/// The type in the answer to an input look-up.
pub fn input_answer(payload: &[u8]) -> Result<RouteKind, Undecodable> {
    lookup(payload).map(|(route, _)| route.kind)
}

fn lookup(payload: &[u8]) -> Result<Answered, Undecodable> {
    entry(payload)?.ok_or_else(|| Undecodable::new("answer of another family"))
}

/// IPv6 marks an exception as cloned, be it a redirect or a path MTU; a redirect also leads to a
/// gateway that the table entry does not have, or to the destination itself instead of one.
fn redirected(route: &Route, flags: u32, gateway: Option<IpAddr>, entry: Option<&Route>) -> bool {
    match route.family {
        Family::V4 => flags & RTCF_REDIRECTED != 0,
        Family::V6 => {
            let elsewhere = entry.is_some_and(|entry| {
                let mut hops = entry.next_hops.iter();
                !entry.next_hops.is_empty() && hops.all(|hop| hop.gateway != gateway)
            });
            route.protocol == RTPROT_REDIRECT || (flags & RTM_F_CLONED != 0 && elsewhere)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{cuts, payloads};
    use super::*;

    const ANSWERS: &str = include_str!("../../testdata/answers.hex");

    fn answers() -> Vec<Answer> {
        let payloads = payloads(ANSWERS);
        payloads.chunks_exact(2).map(|both| answer(&both[0], Some(&both[1])).unwrap()).collect()
    }

    fn way_out(answer: &Answer) -> (u32, String, u32) {
        let gateway = answer.resolved.gateway.map_or_else(String::new, |ip| ip.to_string());
        (answer.resolved.oif, gateway, answer.resolved.table)
    }

    fn prefix(answer: &Answer) -> (String, u32) {
        let matched = answer.matched.as_ref().unwrap();
        (matched.prefix.to_string(), matched.next_hop_count)
    }

    #[test]
    fn way_out_and_entry() {
        let answers = answers();
        assert_eq!(way_out(&answers[0]), (2, "10.1.0.1".to_owned(), 254));
        assert_eq!(prefix(&answers[0]), ("10.9.0.0/16".to_owned(), 2));
        assert_eq!(way_out(&answers[1]), (2, String::new(), 254));
        assert_eq!(prefix(&answers[1]), ("10.1.0.0/24".to_owned(), 1));
        assert_eq!(way_out(&answers[2]), (3, "10.2.0.1".to_owned(), 1000));
        assert_eq!(way_out(&answers[3]), (2, "fe80::1".to_owned(), 254));
        assert_eq!(way_out(&answers[4]), (2, "fe80::1".to_owned(), 254));
        assert_eq!(prefix(&answers[4]), ("2001:db8:20::/48".to_owned(), 2));
        assert_eq!(prefix(&answers[5]), ("2001:db8:1::/64".to_owned(), 1));
        assert!(answers.iter().all(|answer| !answer.resolved.redirected));
    }

    #[test]
    fn an_input_answer_has_its_type() {
        assert_eq!(input_answer(payloads(ANSWERS).last().unwrap()), Ok(RouteKind::Local));
    }

    #[test]
    fn a_repeated_plain_answer_tells_no_entry() {
        for payload in payloads(ANSWERS).iter().step_by(2) {
            assert_eq!(answer(payload, Some(payload)).unwrap().matched, None);
        }
    }

    #[test]
    fn redirects_are_told_apart_from_path_mtus() {
        let payloads = payloads(ANSWERS);
        let mut v4 = payloads[0].clone();
        v4[10] |= 0x04;
        assert!(answer(&v4, Some(&payloads[1])).unwrap().resolved.redirected);

        let (mut v6, entry) = (payloads[8].clone(), &payloads[9]);
        v6[9] |= 0x02;
        assert!(!answer(&v6, Some(entry)).unwrap().resolved.redirected);
        let gateway = v6.windows(4).position(|bytes| bytes == [20, 0, 5, 0]).unwrap();
        v6[gateway + 19] = 0x99;
        assert!(answer(&v6, Some(entry)).unwrap().resolved.redirected);
        // To the destination itself: another attribute where the gateway was.
        v6[gateway + 2] = 0xff;
        let itself = answer(&v6, Some(entry)).unwrap().resolved;
        assert!(itself.redirected && itself.gateway.is_none());
    }

    #[test]
    fn any_cut_is_survived() {
        cuts(ANSWERS, |cut| drop((answer(cut, Some(cut)), input_answer(cut))));
    }
}
