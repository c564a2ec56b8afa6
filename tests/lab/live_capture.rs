//! Frames of handshakes, captured on a live kernel.

use std::fs;
use std::net::IpAddr;
use std::process::Output;
use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::Value;
use synrecv_faults::{Namespace, mac};
use synrecv_frames::live::{Live, Scope};
use synrecv_model::{Capture, ClaimKind, FrameDirection, Handshake, Mac, Outcome, Section};

use crate::inside::{NOBODY, json, list, run_doctor, stand, text};

/// Until a SYN-ACK timer fired twice; the rest is for a loaded machine.
const PATIENCE: Duration = Duration::from_secs(30);

fn capture(namespace: &Namespace, scope: Scope, ifindex: Option<u32>) -> Live {
    let start = move || Live::start(scope, ifindex);
    namespace.run(start).expect("the namespace is there").expect("root may capture")
}

/// What was captured once it shows what is waited for.
fn once(live: Live, shows: impl Fn(&Capture) -> bool) -> Capture {
    let began = Instant::now();
    while !live.so_far().data().is_some_and(&shows) && began.elapsed() < PATIENCE {
        sleep(Duration::from_millis(100));
    }
    let Section::Collected { data, .. } = live.finish() else { panic!("frames were lost") };
    assert!(shows(&data), "not seen in {PATIENCE:?}: {data:#?}");
    data
}

fn is_routed(peer: IpAddr) -> bool {
    matches!(peer, IpAddr::V4(peer) if peer.octets()[..3] == [192, 168, 5])
}

/// The first handshake of a client behind the router that shows both SYN and SYN-ACK.
fn of_incident(capture: &Capture) -> Option<&Handshake> {
    let both = |handshake: &&Handshake| {
        is_routed(handshake.flow.peer.ip)
            && handshake.syns().count() > 1
            && handshake.synacks().count() > 1
    };
    capture.handshakes.iter().find(both)
}

/// Who answers for an address, in order of time.
fn answers(capture: &Capture, address: IpAddr) -> Vec<Mac> {
    let answers = capture.claims.iter().filter(|claim| {
        claim.kind == ClaimKind::ArpReply && claim.address == address && !claim.outgoing
    });
    answers.filter_map(|claim| claim.mac).collect()
}

#[test]
fn the_incident_on_the_wire() {
    let running = stand("incident");
    let server = running.server();
    let live = capture(server, Scope::default(), None);
    let client = IpAddr::from([192, 168, 5, 11]);
    // Its entry is good for half a minute; the kernel asks anew when it is gone.
    text(server, "ip", &["neighbour", "del", "192.168.5.11", "dev", "ps0"]);
    let seen = once(live, |capture| {
        of_incident(capture).is_some_and(|handshake| handshake.outcome == Outcome::AckMissing)
            && answers(capture, client).len() > 1
    });
    let handshake = of_incident(&seen).expect("it was waited for");
    for syn in handshake.syns() {
        assert_eq!((syn.src_mac, syn.ttl), (Some(Mac(mac(0x01))), 63), "{syn:?}");
        assert_eq!(syn.direction, FrameDirection::In);
    }
    for synack in handshake.synacks() {
        assert_eq!(synack.dst_mac, Some(Mac(mac(0x02))), "{synack:?}");
        assert_eq!(synack.direction, FrameDirection::Out);
    }
    assert_eq!(handshake.acks().count(), 0);
    // The balancer is faster.
    assert_eq!(answers(&seen, client)[..2], [Mac(mac(0x02)), Mac(mac(0x01))]);
    assert_eq!((seen.lost_count, seen.sampled_one_in), (Some(0), 1));
}

#[test]
fn acks_that_a_full_queue_ignores() {
    let running = stand("accept-queue-full");
    let live = capture(running.server(), Scope::default(), None);
    let is_ignored = |handshake: &&Handshake| {
        handshake.outcome == Outcome::AckIgnored && handshake.acks().count() > 1
    };
    let seen = once(live, |capture| capture.handshakes.iter().any(|it| is_ignored(&it)));
    let handshake = seen.handshakes.iter().find(is_ignored).expect("it was waited for");
    assert!(handshake.acks().all(|ack| ack.direction == FrameDirection::In), "{handshake:#?}");
}

#[test]
fn what_was_not_asked_for_is_left_out() {
    let running = stand("incident");
    let near = IpAddr::from([192, 168, 4, 20]);
    let all = capture(running.server(), Scope::default(), None);
    let scope = |peer, port| Scope { peer, port };
    let one_peer = capture(running.server(), scope(Some((near, 32)), Some(80)), None);
    let other_port = capture(running.server(), scope(None, Some(81)), None);
    // The device of the wire is the second one, `lo` the first.
    let other_device = capture(running.server(), Scope::default(), Some(1));
    once(all, |capture| of_incident(capture).is_some());
    let of_near = |handshake: &Handshake| handshake.flow.peer.ip == near;
    let seen = once(one_peer, |capture| !capture.handshakes.is_empty());
    assert!(seen.handshakes.iter().all(of_near), "{:#?}", seen.handshakes);
    for silent in [other_port, other_device] {
        let section = silent.finish();
        assert!(section.data().is_some_and(|capture| capture.handshakes.is_empty()));
    }
}

/// Sockets of AF_PACKET: type and protocol.
fn packet_sockets(namespace: &Namespace) -> Vec<(String, String)> {
    let read = || fs::read_to_string("/proc/thread-self/net/packet").expect("it can be read");
    let table = namespace.run(read).expect("the namespace is there");
    let row = |line: &str| {
        let mut words = line.split_whitespace().skip(2).map(ToOwned::to_owned);
        Some((words.next()?, words.next()?))
    };
    table.lines().skip(1).filter_map(row).collect()
}

#[test]
fn a_capture_leaves_the_devices_as_they_are() {
    let running = stand("incident");
    let server = running.server();
    assert!(packet_sockets(server).is_empty());
    let live = capture(server, Scope::default(), None);
    // SOCK_RAW, ETH_P_ALL.
    assert_eq!(packet_sockets(server), [("3".to_owned(), "0003".to_owned())]);
    let links = json(server, "ip", &["-j", "-details", "link"]);
    for link in list(&links) {
        assert_eq!((&link["promiscuity"], &link["allmulti"]), (&0.into(), &0.into()), "{link}");
    }
    once(live, |capture| of_incident(capture).is_some());
    assert!(packet_sockets(server).is_empty());
}

fn report(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {output:?}"))
}

/// Why frames were not looked at.
fn not_captured(report: &Value) -> (&str, &str) {
    let frames = |entry: &&Value| entry["check"] == "frames";
    let entry = list(&report["not_checked"]).iter().find(frames);
    let entry = entry.unwrap_or_else(|| panic!("not_checked has no frames: {report:#}"));
    let word = |field: &str| entry[field].as_str().unwrap_or_default();
    (word("reason"), word("detail"))
}

#[test]
fn no_capture_is_named_and_one_that_was_demanded_is_an_error() {
    let running = stand("incident");
    let ask = |args: &[&str], uid| {
        run_doctor(running.server(), &[&["--format", "json"], args].concat(), uid)
    };
    let off = report(&ask(&["--observe", "3s", "--capture", "off"], None));
    assert_eq!(not_captured(&off).0, "not-in-input");
    let refused = report(&ask(&["--observe", "3s"], Some(NOBODY)));
    let (reason, detail) = not_captured(&refused);
    assert!(reason == "needs-root" && detail.contains("CAP_NET_RAW"), "{reason}: {detail}");
    assert_eq!(refused["verdict"]["finding"], "bad-netmask");

    let demanded = ask(&["--capture", "on"], Some(NOBODY));
    let error = String::from_utf8_lossy(&demanded.stderr);
    assert_eq!(demanded.status.code(), Some(4), "{error}");
    assert!(demanded.stdout.is_empty() && error.contains("CAP_NET_RAW"), "{error}");
    let one_look = ask(&["--capture", "on", "--observe", "0"], None);
    assert_eq!(one_look.status.code(), Some(2), "{one_look:?}");
    let snapshot = report(&ask(&["--observe", "0"], None));
    assert_eq!(not_captured(&snapshot).0, "not-in-input");
}
