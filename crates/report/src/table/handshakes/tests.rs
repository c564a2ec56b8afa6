use synrecv_model::{End, FrameKind, LinkType, Place, Service};

use super::*;
use crate::ladder::fixture::{LOCAL, capture, device, frame, handshake};
use crate::table::fixture::{EVIL, end, host, mac, missing, parsed, style, whole, written};

fn seen() -> Capture {
    let devices = vec![device("eth0", LinkType::Ethernet), device(EVIL, LinkType::Ethernet)];
    let mut seen = capture(Place::Server, devices);
    let mut synack = frame(40, FrameKind::SynAck, End::Server);
    (synack.device, synack.dst_mac) = (1, Some(mac(2)));
    let syn = || frame(0, FrameKind::Syn, End::Client);
    let late = frame(3_200_000, FrameKind::Syn, End::Client);
    seen.handshakes = vec![
        handshake(Outcome::AckMissing, vec![syn(), synack, late]),
        handshake(Outcome::Completed, vec![syn()]),
    ];
    seen.omitted_handshake_count = 7;
    let mut service = Service::new(end(LOCAL, 80), synrecv_model::FrameDirection::In);
    (service.completed_count, service.ack_missing_count) = (8, 1);
    seen.services = vec![service];
    seen
}

fn text(frames: &Section<Capture>, width: usize, verbosity: i8) -> String {
    let host = host();
    let table = HandshakesTable { kind: SourceKind::Capture, host: &host, frames };
    written(|out| table.write_text(Style { verbosity, ..style(width) }, out))
}

#[test]
fn what_did_not_complete_comes_with_its_ways() {
    let frames = whole(seen());
    assert_eq!(
        text(&frames, 160, 0),
        "\
HANDSHAKES  1 handshake that did not complete
PEER                LOCAL          OUTCOME      SYN  SYN-ACK  ACK  TTL  FROM               REPLY TO            FOR  RST  DEV
198.51.100.7:40000  192.0.2.80:80  ack-missing    2        1    0   61  02:00:00:00:00:01  02:00:00:00:00:02  3.2s    0  eth0, e\\x1b[2J  ! other MAC

 i  0 frames at eth0, e\\x1b[2J; whether some were lost is not known
 i  handshakes: 8 completed, 1 ack-missing
 i  192.0.2.80: captured at the server
 i  7 handshakes not listed
 i  -v also lists some that completed
"
    );
    let more = text(&frames, 110, 1);
    assert!(more.contains("2 handshakes\n") && more.contains("  completed    "), "{more}");
    assert!(more.lines().all(|line| line.chars().count() <= 110), "{more}");
}

#[test]
fn a_capture_that_was_not_read_says_why() {
    assert!(text(&missing(), 80, 0).starts_with(" ?  frames not read: needs-root"));
}

#[test]
fn rows_in_json() {
    let (host, frames) = (host(), whole(seen()));
    let table = HandshakesTable { kind: SourceKind::Capture, host: &host, frames: &frames };
    let value = parsed(&written(|out| table.write_json(out)));
    assert_eq!(
        (&value["table"], &value["source"]["kind"]),
        (&"handshakes".into(), &"capture".into())
    );
    let row = &value["handshakes"][0];
    assert_eq!(row["outcome"], "ack-missing");
    assert_eq!((&row["syn_count"], &row["synack_count"]), (&2.into(), &1.into()));
    assert_eq!((&row["syn_ttl"], &row["length_ms"]), (&61.into(), &3_200.into()));
    assert_eq!(row["syn_src_mac"], "02:00:00:00:00:01");
    assert_eq!((&row["dev"], &row["synack_dev"]), (&"eth0".into(), &EVIL.into()));
    assert_eq!(value["capture"]["outcomes"]["completed"], 8);
    assert_eq!(value["capture"]["vantages"][0]["place"], "server");
    assert_eq!(value["omitted_count"], 7);
}
