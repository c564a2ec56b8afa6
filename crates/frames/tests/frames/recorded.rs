//! What tcpdump 4.99 wrote on Linux 6.18, at the server: `tcpdump -i DEVICE -w FILE`.

use std::fs::File;
use std::ops::ControlFlow;
use std::path::Path;

use synrecv_frames::file;
use synrecv_model::{
    Capture, Checksum, ClaimKind, FrameDirection, FrameKind, LinkType, Mac, Outcome, Place,
};

fn read(name: &str) -> Capture {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name);
    let read = file::read(File::open(path).expect("as it was made"), |_| ControlFlow::Continue(()))
        .expect("as it was made");
    assert!(read.damage.is_none());
    assert_eq!(read.capture.undecoded_count, 0);
    read.capture
}

/// Netmask /22 instead of /24; router and load balancer proxy ARP. On the device, Ethernet.
#[test]
fn the_incident() {
    let capture = read("incident.pcap");
    assert_eq!((capture.received_count, capture.devices[0].link), (213, LinkType::Ethernet));
    assert_eq!(capture.place("192.168.4.10".parse().unwrap()), Place::Server);
    let stuck: Vec<_> =
        capture.handshakes.iter().filter(|it| it.outcome == Outcome::AckMissing).collect();
    assert!(stuck.len() >= 12, "{}", stuck.len());
    let mac = |last| Some(Mac([2, 0, 0, 0, 0, last]));
    for handshake in stuck {
        let (syn, synack) = (handshake.syns().next().unwrap(), handshake.synacks().next().unwrap());
        assert_eq!((syn.src_mac, syn.ttl), (mac(1), 63), "through the router");
        assert_eq!((synack.dst_mac, synack.ttl), (mac(2), 64), "to the balancer");
        assert_eq!(syn.checksum, Checksum::Unfinished, "over a virtual wire");
        assert_eq!(handshake.acks().count(), 0);
    }
}

/// The same in IPv6.
#[test]
fn the_incident_in_ipv6() {
    let capture = read("incident-v6.pcap");
    let stuck = capture.handshakes.iter().find(|it| it.outcome == Outcome::AckMissing).unwrap();
    assert!(stuck.flow.local.ip.is_ipv6());
    assert_eq!(stuck.syns().next().unwrap().ttl, 63);
    assert!(capture.claims.iter().any(|it| matches!(it.kind, ClaimKind::Advertisement { .. })));
    assert!(!capture.questions.is_empty());
}

/// `-i any`: the gateway does not answer, and the host tells itself by `lo`.
#[test]
fn a_dead_gateway_cooked() {
    let capture = read("gateway-dead-cooked-v2.pcap");
    assert!(capture.devices.iter().all(|device| device.link == LinkType::CookedV2));
    let unanswered =
        capture.handshakes.iter().find(|it| it.counts.icmp_count > 0).expect("host unreachable");
    assert_eq!(unanswered.counts.synack_count, 0, "the SYN-ACK waits for the gateway");
    assert_ne!(unanswered.outcome, Outcome::Refused);
    let error = unanswered.frames.iter().find(|it| matches!(it.kind, FrameKind::Icmp { .. }));
    let (syn, error) = (unanswered.syns().next().unwrap(), error.unwrap());
    assert_eq!((syn.direction, syn.dst_mac), (FrameDirection::In, None));
    let ifindex = |frame| capture.device(frame).unwrap().ifindex;
    assert_eq!(ifindex(error), Some(1), "lo");
    assert_ne!(ifindex(syn), Some(1));
    let asked = capture.questions.iter().find(|question| question.outgoing).unwrap();
    assert_eq!(asked.asker, Some("10.1.0.10".parse().unwrap()));
    assert_eq!(capture.place("10.1.0.10".parse().unwrap()), Place::Server);
}

/// `-i any -y LINUX_SLL`, a full accept queue.
#[test]
fn a_full_queue_cooked_the_old_way() {
    let capture = read("cooked-v1.pcap");
    assert_eq!(capture.devices[0].link, LinkType::CookedV1);
    let completed = capture.count(Outcome::Completed);
    assert!(completed > 0);
    let late = capture.handshakes.iter().find(|it| it.counts.syn_count == 0).unwrap();
    assert_eq!(late.synacks().next().unwrap().direction, FrameDirection::Out);
    assert_eq!(late.counts.ack_count, 1);
}

/// `-i lo`.
#[test]
fn a_connection_of_the_host_with_itself() {
    let capture = read("loopback-device.pcap");
    assert_eq!(capture.handshakes[0].outcome, Outcome::Completed);
    assert_eq!(capture.handshakes[0].counts.copy_count, 0);
}
