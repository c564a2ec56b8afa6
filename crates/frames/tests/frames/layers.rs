//! Headers of every kind.

use synrecv_frames::{Limits, RawFrame};
use synrecv_model::{
    Checksum, FrameDirection, FrameKind, HandshakeFrame, LinkType, Mac, Padding, TcpTimestamps,
};

use crate::support::{
    ACK, CLIENT_MAC, LINUX, SERVER_MAC, SYN, Tcp, Wire, ethernet, ip, raw, tcp, time,
};

fn syn() -> Tcp {
    tcp("198.51.100.7:40000", "192.0.2.10:80", SYN, 1000, 0).options(LINUX)
}

fn syn6() -> Tcp {
    tcp("[2001:db8::7]:40000", "[2001:db8:1::10]:80", SYN, 1000, 0).options(LINUX)
}

/// The one frame of a handshake after `bytes` came in.
#[track_caller]
fn decoded(link: LinkType, bytes: &[u8]) -> HandshakeFrame {
    let mut wire = Wire::with(Limits::LIVE, link);
    wire.raw(0, link, bytes);
    let capture = wire.until(5_000);
    assert_eq!(capture.undecoded_count, 0);
    assert_eq!(capture.handshakes.len(), 1, "no handshake");
    assert_eq!(capture.handshakes[0].flow.local.port, 80);
    capture.handshakes[0].frames[0].clone()
}

#[track_caller]
fn nothing(link: LinkType, bytes: &[u8], undecoded_count: u64) {
    let mut wire = Wire::with(Limits::LIVE, link);
    wire.raw(0, link, bytes);
    let capture = wire.until(5_000);
    assert!(capture.handshakes.is_empty());
    assert_eq!(capture.undecoded_count, undecoded_count);
}

#[test]
fn ethernet_and_all_fields() {
    let frame = decoded(LinkType::Ethernet, &syn().ttl(63).ethernet());
    assert_eq!(frame.at, time(0));
    assert_eq!((frame.kind, frame.flags), (FrameKind::Syn, SYN));
    assert_eq!((frame.src_mac, frame.dst_mac), (Some(Mac(CLIENT_MAC)), Some(Mac(SERVER_MAC))));
    assert_eq!((frame.ttl, frame.seq, frame.ack, frame.window), (63, 1000, 0, 64_240));
    assert_eq!((frame.checksum, frame.padding), (Checksum::Good, Padding::NotNeeded));
    assert_eq!((frame.frame_len, frame.captured_len, frame.payload_len), (74, 74, 0));
    let options = frame.options;
    assert_eq!((options.mss, options.window_scale), (Some(1460), Some(7)));
    assert!(options.sack_permitted && !options.md5 && !options.incomplete);
    assert_eq!(options.timestamps, Some(TcpTimestamps { value: 9, echo: 8 }));
}

#[test]
fn vlan_tags() {
    let plain = syn().ethernet();
    let tagged = |tags: &[u8]| [&plain[..12], tags, &plain[12..]].concat();
    let one = decoded(LinkType::Ethernet, &tagged(&[0x81, 0, 0x60, 100]));
    assert_eq!(one.vlans, [100]);
    let two = decoded(LinkType::Ethernet, &tagged(&[0x88, 0xa8, 0, 100, 0x81, 0, 0, 7]));
    assert_eq!(two.vlans, [100, 7]);
    let three = &[0x91, 0, 0, 1, 0x91, 0, 0, 2, 0x81, 0, 0, 3];
    assert_eq!(decoded(LinkType::Ethernet, &tagged(three)).vlans, [1, 2]);
    let mut wire = Wire::new();
    let frame = raw(0, LinkType::Ethernet, &plain);
    wire.tracker.push(&RawFrame { vlan: Some(0x2064), ..frame });
    assert_eq!(wire.until(1).handshakes[0].frames[0].vlans, [0x64], "taken out by the kernel");
}

#[test]
fn cooked() {
    let cooked = |kind: u8| {
        let mut header = vec![0, kind, 0, 1, 0, 6];
        header.extend(CLIENT_MAC);
        header.extend([0, 0, 8, 0]);
        [header, syn().packet()].concat()
    };
    for (kind, direction) in [
        (0, FrameDirection::In),
        (3, FrameDirection::OtherHost),
        (4, FrameDirection::Out),
        (9, FrameDirection::Unknown),
    ] {
        let frame = decoded(LinkType::CookedV1, &cooked(kind));
        assert_eq!(frame.direction, direction);
        assert_eq!((frame.src_mac, frame.dst_mac), (Some(Mac(CLIENT_MAC)), None));
    }
    let mut header = vec![0x86, 0xdd, 0, 0, 0, 0, 0, 4, 0, 1, 4, 6];
    header.extend(CLIENT_MAC);
    header.extend([0, 0]);
    let bytes = [header, syn6().packet()].concat();
    let mut wire = Wire::with(Limits::LIVE, LinkType::CookedV2);
    wire.raw(0, LinkType::CookedV2, &bytes);
    let capture = wire.until(1);
    let frame = &capture.handshakes[0].frames[0];
    assert_eq!(frame.direction, FrameDirection::Out);
    let device = capture.device(frame).unwrap();
    assert_eq!((device.ifindex, device.link), (Some(4), LinkType::CookedV2));
}

#[test]
fn without_a_link_layer() {
    for segment in [syn(), syn6()] {
        let frame = decoded(LinkType::RawIp, &segment.packet());
        assert_eq!((frame.src_mac, frame.padding), (None, Padding::NotNeeded));
        let looped = [vec![2, 0, 0, 0], segment.packet()].concat();
        assert_eq!(decoded(LinkType::Loopback, &looped).seq, 1000);
    }
    nothing(LinkType::RawIp, &[0x10; 60], 0);
    nothing(LinkType::Other(105), &syn().ethernet(), 1);
}

#[test]
fn other_protocols_are_no_handshakes() {
    nothing(LinkType::Ethernet, &ethernet([2; 6], [1, 128, 194, 0, 0, 2], 0x8809, &[1; 46]), 0);
    let udp = ip("10.0.0.1".parse().unwrap(), "10.0.0.2".parse().unwrap(), 17, 64, 0, &[0; 30]);
    nothing(LinkType::Ethernet, &ethernet([2; 6], [4; 6], 0x0800, &udp), 0);
    nothing(LinkType::Ethernet, &ethernet([2; 6], [4; 6], 0x0800, &[0; 46]), 1);
}

#[test]
fn ipv4_options_and_fragments() {
    let mut packet = syn().packet();
    packet[0] = 0x46;
    let len = u16::try_from(packet.len() + 4).unwrap();
    packet[2..4].copy_from_slice(&len.to_be_bytes());
    packet.splice(20..20, [1, 1, 1, 0]);
    let frame = decoded(LinkType::RawIp, &packet);
    assert_eq!((frame.seq, frame.checksum), (1000, Checksum::Good));

    let mut first = syn().packet();
    first[6] = 0x20;
    assert_eq!(decoded(LinkType::RawIp, &first).checksum, Checksum::Unverified);
    let mut later = syn().packet();
    later[7] = 3;
    nothing(LinkType::RawIp, &later, 0);
}

#[test]
fn ipv6_extension_headers() {
    let plain = syn6().packet();
    let with = |next: u8, extension: &[u8]| {
        let mut packet = plain.clone();
        let len = u16::try_from(plain.len() - 40 + extension.len()).unwrap();
        packet[4..6].copy_from_slice(&len.to_be_bytes());
        packet[6] = next;
        packet.splice(40..40, extension.iter().copied());
        packet
    };
    let options = [60, 0, 1, 4, 0, 0, 0, 0, 6, 0, 1, 4, 0, 0, 0, 0];
    assert_eq!(decoded(LinkType::RawIp, &with(0, &options)).checksum, Checksum::Good);
    let first = [6, 0, 0, 1, 0, 0, 0, 9];
    assert_eq!(decoded(LinkType::RawIp, &with(44, &first)).checksum, Checksum::Unverified);
    let whole = [6, 0, 0, 0, 0, 0, 0, 9];
    assert_eq!(decoded(LinkType::RawIp, &with(44, &whole)).checksum, Checksum::Good);
    let later = [6, 0, 0, 8, 0, 0, 0, 9];
    nothing(LinkType::RawIp, &with(44, &later), 0);
    let authentication = [6, 4, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1];
    assert_eq!(decoded(LinkType::RawIp, &with(51, &authentication)).seq, 1000);
}

#[test]
fn checksums() {
    for segment in [syn(), syn6()] {
        let at = segment.ethernet().len() - 40 + 16;
        let with = |sum: [u8; 2]| {
            let mut bytes = segment.ethernet();
            bytes[at..at + 2].copy_from_slice(&sum);
            decoded(LinkType::Ethernet, &bytes).checksum
        };
        assert_eq!(with([0xde, 0xad]), Checksum::Bad);
        assert_eq!(with(segment.unfinished()), Checksum::Unfinished);
    }
    let bytes = syn().ethernet();
    let mut wire = Wire::new();
    let frame = raw(0, LinkType::Ethernet, &bytes);
    wire.tracker.push(&RawFrame { checksum_not_ready: true, ..frame });
    assert_eq!(wire.until(1).handshakes[0].frames[0].checksum, Checksum::Unfinished);
}

#[test]
fn a_cut_frame_is_used_as_far_as_it_goes() {
    let whole = syn().ethernet();
    let cut =
        |len: usize| RawFrame { original_len: 74, ..raw(0, LinkType::Ethernet, &whole[..len]) };
    let mut wire = Wire::new();
    // 54 octets end with the fixed header, as old tcpdump -s 54 would.
    wire.tracker.push(&cut(54));
    let capture = wire.until(1);
    let frame = &capture.handshakes[0].frames[0];
    assert_eq!((frame.frame_len, frame.captured_len), (74, 54));
    assert!(frame.options.incomplete && frame.options.mss.is_none());
    assert_eq!(frame.checksum, Checksum::Unverified);
    for len in 0..whole.len() {
        let mut wire = Wire::new();
        wire.tracker.push(&cut(len));
        let capture = wire.until(1);
        // Ports, numbers and flags are in 48.
        assert_eq!(capture.handshakes.len(), usize::from(len >= 48), "{len}");
        assert_eq!(capture.undecoded_count, u64::from(len < 48), "{len}");
    }
}

#[test]
fn padding() {
    let bare = tcp("198.51.100.7:40000", "192.0.2.10:80", SYN, 1, 0).ethernet();
    assert_eq!(decoded(LinkType::Ethernet, &bare).padding, Padding::Missing);
    let padded = [bare, vec![0; 6]].concat();
    let frame = decoded(LinkType::Ethernet, &padded);
    assert_eq!((frame.padding, frame.payload_len), (Padding::Padded, 0));
    assert_eq!(frame.checksum, Checksum::Good);
}

#[test]
fn options_of_answers() {
    let answer = |options: &[u8], ack: u32| {
        let mut wire = Wire::new();
        wire.at(0, &syn());
        wire.at(1, &tcp("192.0.2.10:80", "198.51.100.7:40000", SYN | ACK, 5000, 1001));
        wire.at(2, &tcp("198.51.100.7:40000", "192.0.2.10:80", ACK, 1001, ack).options(options));
        let capture = wire.until(5_000);
        let handshake = &capture.handshakes[0];
        (handshake.frames[2].options, handshake.counts.dsack_count)
    };
    // NOP NOP SACK 5000-5001: the SYN-ACK, once more.
    let (options, dsack_count) = answer(&[1, 1, 5, 10, 0, 0, 0x13, 0x88, 0, 0, 0x13, 0x89], 5001);
    assert_eq!((options.dsack, dsack_count), (Some((5000, 5001)), 1));
    let (options, _) = answer(&[1, 1, 5, 10, 0, 0, 0x23, 0x88, 0, 0, 0x23, 0x99], 5001);
    assert_eq!(options.dsack, None, "a hole is no duplicate");
    let md5 = [&[1, 1, 19, 18][..], &[0xee; 16]].concat();
    assert!(answer(&md5, 5001).0.md5);
    assert!(answer(&[30, 4, 0, 0], 5001).0.mptcp);
    assert!(answer(&[34, 2, 1, 1], 5001).0.fast_open);
    assert!(answer(&[29, 4, 0, 0], 5001).0.ao);
    for malformed in [[8, 1, 0, 0], [8, 200, 0, 0], [3, 0, 0, 0]] {
        assert!(answer(&malformed, 5001).0.incomplete, "{malformed:?}");
    }
}

#[test]
fn errors_of_icmpv6() {
    let synack = tcp("[2001:db8:1::10]:80", "[2001:db8::7]:40000", SYN | ACK, 5000, 1001);
    let quote = &synack.packet()[..60];
    let message = [&[1, 3, 0, 0, 0, 0, 0, 0][..], quote].concat();
    let router = "2001:db8::1".parse().unwrap();
    let packet = ip(router, "2001:db8:1::10".parse().unwrap(), 58, 64, 0, &message);
    let mut wire = Wire::new();
    wire.at(0, &syn6()).at(1, &synack).raw(2, LinkType::RawIp, &packet);
    let capture = wire.until(5_000);
    let frame = &capture.handshakes[0].frames[2];
    assert_eq!(frame.kind, FrameKind::Icmp { icmp_type: 1, code: 3, from: router });
    assert_eq!(frame.sender, synrecv_model::End::Server);
}

/// A packet that its sender was to cut into segments.
#[test]
fn lengths_of_zero() {
    let request = tcp("198.51.100.7:40000", "192.0.2.10:80", ACK, 1001, 5001).payload(100);
    let mut packet = request.packet();
    packet[2..4].fill(0);
    let mut wire = Wire::new();
    wire.raw(0, LinkType::RawIp, &syn().packet()).raw(1, LinkType::RawIp, &packet);
    assert_eq!(wire.until(1).handshakes[0].frames[1].payload_len, 100);
}
