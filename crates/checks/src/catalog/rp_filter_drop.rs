//! The reverse-path filter drops what clients send.

mod unseen;

use std::collections::BTreeMap;

use synrecv_model::view::books::Rhythm;
use synrecv_model::{
    CheckInfo, Class, Manual, Origin, Part, RouteErrno, Subject, Value, Weight, text,
};

use crate::ack_drops::{missing, severity};
use crate::cases::{Case, Cases, Fact};
use crate::undelivered::{Version, close, in_time, keeps_time};
use crate::view::{RequestView, View};
use crate::{Check, phrase};

pub(super) static CHECK: Check = Check {
    info: CheckInfo {
        id: "rp-filter-drop",
        class: Class::Refused,
        summary: "the reverse-path filter drops packets of clients",
        severity: "problem",
        needs: &[Part::Sockets, Part::Counters],
        also_reads: &[
            Part::Settings,
            Part::Addresses,
            Part::Links,
            Part::Routes,
            Part::Replies,
            Part::Conntrack,
            Part::Frames,
        ],
        ipv6: "not applicable: IPv6 has no rp_filter",
        explains: &["firewall-drops-ack", "ack-ignored-locally", "ack-lost-outside"],
        disproved_by: &[
            "IPReversePathFilter stands still while clients fail",
            "`ip route get LOCAL from CLIENT iif DEV` says `local`",
        ],
        manual: Manual {
            meaning: "With rp_filter=1 a packet is dropped unless the way back to its source leaves by the device it came by; \
                      with rp_filter=2, unless there is any way back. The value in force is the larger of `all` and the \
                      device's. A SYN that is dropped leaves no row; an ACK that is dropped leaves a row in SYN_RECV.",
            picture: &["SYN  client --> ps1 X        the route to the client leaves by ps0"],
            recognised: &[
                ("IPReversePathFilter grows", "counters"),
                ("rp_filter in force on the device is 1, or 2 without a route back", "settings"),
                ("the kernel refuses packets of a stuck client on that device (iif)", "replies"),
            ],
            looks_like: &[
                ("asymmetric-route", "the SYN is accepted, the SYN-ACK leaves by another device"),
                ("no-return-route", "OutNoRoutes and ListenDrops grow"),
                (
                    "firewall-drops-syn",
                    "a netfilter rule does the same; IPReversePathFilter stands still",
                ),
            ],
            by_hand: &[
                ("nstat -az TcpExtIPReversePathFilter", "run twice; it grows"),
                (
                    "sysctl -a -r 'ipv4.conf.*.rp_filter'",
                    "the larger of `all` and the device's counts",
                ),
                (
                    "ip route get LOCAL from CLIENT iif DEV",
                    "`Invalid argument` (6.13+) or `Invalid cross-device link`",
                ),
            ],
            fix: "Route replies by the device that the requests come by (a rule `from LOCAL` with its own table). Where \
                  asymmetry is meant, rp_filter=2 on the device; 0 there does not help while `all` is 1.",
            references: &["Documentation/networking/ip-sysctl.rst: rp_filter", "RFC 3704"],
        },
    },
    examine,
};

const COUNTER: &str = "TcpExtIPReversePathFilter";

fn examine(view: &View<'_>, cases: &mut Cases) {
    let Some(dropped) = view.delta(COUNTER).filter(|&count| count > 0) else { return };
    let mut explained = false;
    for missing in missing(view).iter().filter(|missing| missing.version == Version::V4) {
        let requests = &missing.waiting.requests;
        let mut by_device: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
        for &index in requests {
            if let Some(device) = refused_on(&view.requests()[index]) {
                by_device.entry(device).or_default().push(index);
            }
        }
        // Before any other device, the one that most of these clients are refused on.
        let Some((&device, refused)) = by_device.iter().max_by_key(|(_, list)| list.len()) else {
            continue;
        };
        let rhythm = missing.reverse_path_rhythm;
        // Frames show that the ACKs come in, and nothing but this filter refuses them.
        let arrived = missing.ack_came == Some(true);
        // On a busy host samples are late, and times tell less than equal counts.
        let as_many = close(dropped, missing.expected);
        if (rhythm == Rhythm::Misses && !arrived && !as_many)
            || (missing.waiting.retries > 0 && !missing.accounts(dropped))
        {
            continue;
        }
        explained = true;
        let owner = owner_refuses(view, &view.requests()[refused[0]], device);
        let strong =
            as_many || owner || rhythm == Rhythm::Keeps || !missing.waiting.completes || arrived;
        let weight = if strong { Weight::Strong } else { Weight::Weak };
        let case = cases.about(Subject::Link(device));
        case.class(Class::Local)
            .severity(severity(view, refused, weight))
            .headline(text![
                phrase::stuck(view, refused),
                ": packets of the client are dropped by rp_filter",
            ])
            .summary(if owner {
                text![
                    "the route to ",
                    phrase::name_peers(&phrase::peers(view, refused)),
                    " does not leave by ",
                    view.dev(device),
                    " any more; rp_filter drops what comes by it",
                ]
            } else {
                text![
                    "the ACK comes by ",
                    view.dev(device),
                    ", the route to the client does not leave by it"
                ]
            })
            .arg("interface", Value::Foreign(view.dev(device)))
            .affects(refused.iter().copied())
            .supports(weight, counter_fact(dropped, rhythm))
            .supports(
                Weight::Strong.min(weight),
                refusal_fact(view, &view.requests()[refused[0]], device),
            );
        argue_setting(view, case, device);
        case.supports(
            Weight::Weak,
            phrase::retries(
                view,
                refused,
                "the client does not repeat its SYN, or its SYN is dropped, too",
            ),
        );
        unseen::advise(view, case, device, Some(view.requests()[refused[0]].local().ip));
    }
    if !explained {
        unseen::examine(view, cases, dropped);
    }
}

/// The device by which the kernel would not take a packet of this client now, though it took its
/// SYN by one.
fn refused_on(request: &RequestView<'_>) -> Option<u32> {
    let refusals = [RouteErrno::EINVAL, RouteErrno::EXDEV];
    let inputs = &request.reply?.inputs;
    inputs
        .iter()
        .find(|input| input.result.as_ref().is_err_and(|errno| refusals.contains(errno)))
        .map(|input| input.iif)
}

/// The device that refuses is the one with the local address: the SYN came by it.
fn owner_refuses(view: &View<'_>, request: &RequestView<'_>, device: u32) -> bool {
    view.addresses().iter().any(|own| own.address == request.local().ip && own.ifindex == device)
}

fn counter_fact(dropped: u64, rhythm: Rhythm) -> Fact {
    Fact::new(
        Origin::Counters,
        "reverse-path-filter",
        text!["IPReversePathFilter +", dropped, " while watching", in_time(rhythm)],
    )
    .with("keeps_time", keeps_time(rhythm))
    .with("ip_reverse_path_filter_delta_count", Value::Number(dropped))
    .recheck("nstat -az TcpExtIPReversePathFilter")
}

fn refusal_fact(view: &View<'_>, request: &RequestView<'_>, device: u32) -> Fact {
    let dev = view.dev(device);
    let (peer, local) = (request.peer(), request.local().ip);
    Fact::new(
        Origin::Route,
        "input-refused",
        text!["the kernel refuses packets from ", peer, " to ", local, " on ", dev.clone()],
    )
    .with("dev", Value::Foreign(dev.clone()))
    .recheck(format!("ip route get {local} from {peer} iif {dev}"))
}

fn argue_setting(view: &View<'_>, case: &mut Case, device: u32) {
    let Some(own) = view.settings().and_then(|settings| settings.devices.get(&device)) else {
        return;
    };
    let Some(effective) = own.rp_filter_effective else { return };
    let dev = view.dev(device);
    let mut text = text!["rp_filter in force on ", dev.clone(), " is ", effective];
    if own.rp_filter != Some(effective) {
        text.push(text![", from `all`"]);
    }
    case.supports(
        Weight::Weak,
        Fact::new(Origin::Settings, "rp-filter", text)
            .with("dev", Value::Foreign(dev.clone()))
            .with("rp_filter_effective", Value::Number(effective.into()))
            .with("rp_filter", phrase::number(own.rp_filter))
            .recheck(format!(
                "sysctl net.ipv4.conf.all.rp_filter net.ipv4.conf.{}.rp_filter",
                dev.to_string().replace('.', "/")
            )),
    );
}

#[cfg(test)]
mod tests {
    use synrecv_model::{Confidence, Severity};

    use super::*;
    use crate::fixture::HostFixture;

    fn host() -> HostFixture {
        HostFixture::new()
            .device(2, "ps0")
            .device(3, "ps1")
            .address(2, "10.1.0.10/24")
            .address(3, "10.2.0.10/24")
            .default_route(2, "10.1.0.1")
            .listener("0.0.0.0:80", 0, 128)
            .passive_opens(30)
    }

    #[test]
    fn a_strict_second_uplink_is_likely() {
        let judged = host().rp_filter(2, 1).rp_filter(3, 1).counter_moved(COUNTER, 36).diagnose();
        assert_eq!(judged.leading(), Some("rp-filter-drop"));
        let finding = judged.finding("rp-filter-drop").unwrap();
        assert_eq!((finding.confidence, finding.severity), (Confidence::Likely, Severity::Problem));
        assert_eq!(finding.class, Class::Refused);
    }

    #[test]
    fn a_few_strays_beside_much_traffic_are_worth_a_note() {
        let judged = host().passive_opens(900).rp_filter(3, 1).counter_moved(COUNTER, 9).diagnose();
        assert_eq!(judged.finding("rp-filter-drop").unwrap().severity, Severity::Info);
    }

    #[test]
    fn strangers_that_connect_clear_the_device() {
        let judged = host()
            .rp_filter(3, 1)
            .connected("10.2.0.10:80", "198.51.100.9:4000")
            .counter_moved(COUNTER, 36)
            .diagnose();
        assert_eq!(judged.finding("rp-filter-drop").unwrap().severity, Severity::Info);
    }

    #[test]
    fn an_ack_that_is_refused_on_the_other_device_is_local() {
        let judged = host()
            .rp_filter(3, 1)
            .stuck_request("10.1.0.10:80", "198.51.100.7:4000", (2, 2))
            .via(2, "10.1.0.1")
            .refused_on(3)
            .listener_drops(0)
            .counter_moved(COUNTER, 1)
            .diagnose();
        let finding = judged.finding("rp-filter-drop").unwrap();
        assert_eq!((finding.class, finding.affected.len()), (Class::Local, 1));
        assert_eq!(judged.leading(), Some("rp-filter-drop"));
    }
}
