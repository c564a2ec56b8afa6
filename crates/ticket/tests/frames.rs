//! Captures of the lab, printed by tcpdump and tshark in their many ways: the text gives the handshakes
//! that the capture itself gives. And ways to a host, by tools that were run there.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use synrecv_frames::{Excerpt, file, printed};
use synrecv_model::{
    Capture, CaptureOrigin, ClaimKind, FrameCounts, FrameDirection, Outcome, Place, PrintedFrame,
    PrintedPacket,
};
use synrecv_ticket::{Content, Cut, Kind, Limits, Piece, Taken, TraceRow, read};

fn data() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data")
}

fn pieces(name: &str) -> Vec<Piece> {
    let text = fs::read(data().join(name)).expect(name);
    read(&text, Limits::default()).expect("small").pieces
}

/// The frames of the only piece.
#[track_caller]
fn frames(name: &str) -> (Piece, Vec<PrintedFrame>) {
    let [piece] = <[Piece; 1]>::try_from(pieces(name)).expect(name);
    let Content::Frames(frames) = piece.content.clone() else { panic!("{name}: {piece:?}") };
    (piece, frames)
}

fn capture(name: &str) -> Capture {
    printed(&frames(name).1, Excerpt::default()).capture
}

/// What became of the handshakes, by their ends. In time, what is sent again ends an excerpt.
fn handshakes(capture: &Capture) -> BTreeMap<String, Vec<(Outcome, FrameCounts)>> {
    let mut all: BTreeMap<String, Vec<_>> = BTreeMap::new();
    for handshake in &capture.handshakes {
        let ends = format!("{} <- {}", handshake.flow.local, handshake.flow.peer);
        let counts = handshake.counts;
        let outcome = match (handshake.outcome, counts.synack_count, counts.ack_count) {
            (Outcome::TooEarly, 2.., 0) => Outcome::AckMissing,
            (outcome, ..) => outcome,
        };
        all.entry(ends).or_default().push((outcome, counts));
    }
    all
}

/// Name of each text, and of the capture that it shows.
fn prints() -> Vec<(String, String)> {
    let entries = fs::read_dir(data()).expect("the folder of fixtures");
    let names =
        entries.map(|entry| entry.expect("an entry").file_name().into_string().expect("UTF-8"));
    let mut prints: Vec<(String, String)> = names
        .filter_map(|name| Some((name.split_once("--")?.0.to_owned(), name)))
        .map(|(capture, name)| (name, format!("{capture}.pcap")))
        .collect();
    prints.sort();
    prints
}

#[test]
fn text_gives_the_handshakes_of_its_capture() {
    let prints = prints();
    assert!(prints.len() >= 40);
    for (name, capture_name) in prints {
        let input = File::open(data().join(&capture_name)).expect(&capture_name);
        let file = file::read(input, |_| ControlFlow::Continue(())).expect("a capture");
        let (piece, frames) = frames(&name);
        let text = printed(&frames, Excerpt::default()).capture;
        let (mut expected, mut found) = (handshakes(&file.capture), handshakes(&text));
        if text.origin == (CaptureOrigin::Printed { timed: false }) {
            // Without times what would be due cannot be told.
            for (outcome, counts) in expected.values_mut().chain(found.values_mut()).flatten() {
                (*outcome, counts.synack_answer_count) = (Outcome::TooEarly, 0);
                counts.copy_count = 0;
            }
        }
        assert_eq!(found, expected, "{name}");
        assert_eq!(piece.rejected_count, 0, "{name}");
        for vantage in &file.capture.vantages {
            let place = text.place(vantage.server);
            let fits = place == vantage.place
                || place == Place::Unknown
                || vantage.place == Place::Unknown;
            assert!(fits, "{name}: {place:?}, not {:?}", vantage.place);
        }
    }
}

#[test]
fn kinds_and_rows() {
    for (name, kind, row_count, frame_count, cut) in [
        ("tcpdump-3.txt", Kind::Tcpdump, 16, 16, Some(Cut::LastRow)),
        ("tcpdump-any-e.txt", Kind::Tcpdump, 12, 12, None),
        ("tcpdump-icmp6-v.txt", Kind::Tcpdump, 16, 16, None),
        ("tcpdump-nd-v.txt", Kind::Tcpdump, 10, 10, None),
        ("tcpdump-vxlan-v.txt", Kind::Tcpdump, 5, 5, None),
        ("tshark-columns-cut.txt", Kind::Tshark, 16, 16, Some(Cut::LastRow)),
        ("tshark-names-date.txt", Kind::Tshark, 24, 24, None),
        ("words-arrows.txt", Kind::InWords, 5, 5, None),
        ("words-between.txt", Kind::InWords, 7, 7, None),
    ] {
        let (piece, frames) = frames(name);
        let found = (piece.kind, piece.row_count, frames.len(), piece.cut);
        assert_eq!(found, (kind, row_count, frame_count, cut), "{name}");
    }
    // No flags: no handshake; and a table of statistics.
    for (name, kind) in [("tcpdump-q.txt", Kind::Tcpdump), ("tshark-conv.txt", Kind::Tshark)] {
        let [piece] = <[Piece; 1]>::try_from(pieces(name)).expect(name);
        assert_eq!((piece.kind, piece.content), (kind, Content::Nothing), "{name}");
    }
}

#[test]
fn old_rows_with_names_and_a_cut_end() {
    let capture = capture("tcpdump-3.txt");
    let [handshake] = capture.handshakes.as_slice() else { panic!("{capture:?}") };
    assert_eq!((handshake.outcome, handshake.flow.local.port), (Outcome::AckIgnored, 443));
    assert!(synrecv_model::is_stand_in(handshake.flow.local.ip));
    let counts = handshake.counts;
    assert_eq!((counts.syn_count, counts.synack_count, counts.data_count), (1, 4, 7));
    let (piece, _) = frames("tcpdump-3.txt");
    assert_eq!(piece.notes.len(), 2, "{:?}", piece.notes);
}

#[test]
fn both_ways_of_every_device() {
    let (_, frames) = frames("tcpdump-any-e.txt");
    let ways: Vec<FrameDirection> = frames.iter().map(|frame| frame.direction).collect();
    assert!(ways.contains(&FrameDirection::In) && ways.contains(&FrameDirection::Out));
    assert!(frames.iter().all(|frame| frame.device.is_some() && frame.dst_mac.is_none()));
    assert!(frames.iter().any(|frame| frame.ttl == Some(64)));
    let capture = capture("two-devices--tcpdump-n.txt");
    assert_eq!(capture.devices.len(), 2);
}

#[test]
fn link_layer_addresses_and_questions() {
    let (_, frames) = frames("incident-one--tcpdump-ne.txt");
    assert!(frames.iter().all(|frame| frame.src_mac.is_some() && frame.frame_len.is_some()));
    let capture = capture("tcpdump-nd-v.txt");
    assert!(!capture.questions.is_empty() && !capture.claims.is_empty());
    let answered = capture.claims.iter().find(|claim| claim.kind.is_answer());
    assert!(answered.is_some_and(|claim| claim.answers.is_some()), "{:?}", capture.claims);
    let refused = self::capture("tcpdump-icmp6-v.txt").count(Outcome::Refused);
    assert_eq!(refused, 3);
}

#[test]
fn what_is_in_a_tunnel_has_the_time_of_the_tunnel() {
    let (_, frames) = frames("tcpdump-vxlan-v.txt");
    assert!(frames.iter().all(|frame| frame.at_ns.is_some() && frame.src_mac.is_none()));
    let is_reply = |frame: &&PrintedFrame| {
        matches!(frame.packet, PrintedPacket::Claim { kind: ClaimKind::ArpReply, mac: Some(_), .. })
    };
    assert_eq!(frames.iter().filter(is_reply).count(), 1);
    let capture = capture("tcpdump-vxlan-v.txt");
    assert_eq!(capture.handshakes.len(), 1);
    assert_eq!(
        (capture.handshakes[0].outcome, capture.handshakes[0].counts.syn_count),
        (Outcome::Unanswered, 3)
    );
}

#[test]
fn words_tell_of_handshakes() {
    let between = capture("words-between.txt");
    let [handshake] = between.handshakes.as_slice() else { panic!("{between:?}") };
    assert_eq!(handshake.outcome, Outcome::AckIgnored);
    let at: Vec<u64> = handshake.frames.iter().map(|frame| frame.at.0 / 1_000_000).collect();
    assert_eq!(at, [0, 181, 181, 3_286, 3_286, 9_476, 9_476]);
    let arrows = capture("words-arrows.txt");
    assert_eq!(arrows.count(Outcome::AckMissing), 1);
    assert_eq!(arrows.handshakes[0].flow.local.to_string(), "10.1.0.10:443");
}

fn trace(name: &str) -> (Piece, TraceRow) {
    let [piece] = <[Piece; 1]>::try_from(pieces(name)).expect(name);
    let Content::Trace(trace) = piece.content.clone() else { panic!("{name}: {piece:?}") };
    (piece, trace)
}

#[test]
fn ways_to_a_host() {
    for (name, kind, first, hop_count) in [
        ("traceroute-n.txt", Kind::Traceroute, Some("192.168.4.2"), 2),
        ("traceroute-names.txt", Kind::Traceroute, Some("192.168.4.2"), 3),
        ("traceroute-gnu.txt", Kind::Traceroute, Some("192.168.4.2"), 2),
        ("traceroute-busybox.txt", Kind::Traceroute, Some("192.168.4.2"), 2),
        ("tracepath.txt", Kind::Traceroute, Some("192.168.4.2"), 2),
        ("mtr-report.txt", Kind::Mtr, None, 2),
        ("tracert-zh.txt", Kind::Traceroute, Some("192.0.2.1"), 3),
    ] {
        let (piece, trace) = trace(name);
        let answer = trace.hops[0].answers.first().map(|answer| answer.0.to_string());
        assert_eq!((piece.kind, answer.as_deref()), (kind, first), "{name}");
        assert_eq!(trace.hops.len(), hop_count, "{name}");
        assert!(trace.target.is_some() && piece.rejected_count == 0, "{name}");
    }
    let windows = trace("tracert-zh.txt");
    assert_eq!((windows.0.foreign_system, windows.1.hops[1].silent_count), (Some("Windows"), 3));
}

#[test]
fn every_row_says_what_was_read() {
    let text = fs::read(data().join("ack-ignored--tcpdump-n.txt")).expect("a fixture");
    let ticket = read(&text, Limits::default()).expect("small");
    let rows = ticket
        .lines()
        .filter(|(_, _, taken)| matches!(taken, Taken::Row(text) if !text.is_empty()));
    assert_eq!(rows.count(), 20);
}
