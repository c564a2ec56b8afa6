use synrecv_model::{
    Checksum, End, Endpoint, FrameDirection, FrameKind, Handshake, Mono, Outcome, Padding, Place,
    PrintedFrame, PrintedPacket, PrintedSegment, TcpOptions,
};

use super::{Excerpt, printed};

const SYN: u8 = 0x02;
const RST: u8 = 0x04;
const PSH: u8 = 0x08;
const ACK: u8 = 0x10;

fn server() -> Endpoint {
    Endpoint::new("192.0.2.1".parse().unwrap(), 80)
}

fn client() -> Endpoint {
    Endpoint::new("198.51.100.7".parse().unwrap(), 4711)
}

/// What a row says: microseconds, who sends, flags, length of the frame.
struct Row(Option<u64>, End, u8, Option<u32>);

fn frame(Row(us, sender, flags, frame_len): Row) -> PrintedFrame {
    let (src, dst) = match sender {
        End::Client => (client(), server()),
        End::Server => (server(), client()),
    };
    let is_syn = flags & SYN != 0;
    PrintedFrame {
        line: 1,
        at_ns: us.map(|us| us * 1_000),
        device: None,
        direction: FrameDirection::Unknown,
        src_mac: None,
        dst_mac: None,
        vlans: Vec::new(),
        ttl: None,
        frame_len,
        packet: PrintedPacket::Tcp(PrintedSegment {
            src,
            dst,
            flags,
            seq: Some(u32::from(!is_syn)),
            ack: (flags & ACK != 0).then_some(1),
            relative: true,
            payload_len: Some(if flags & PSH != 0 { 100 } else { 0 }),
            window: None,
            options: TcpOptions {
                mss: is_syn.then_some(1460),
                sack_permitted: is_syn,
                ..TcpOptions::default()
            },
            checksum: Checksum::Unverified,
            renews: false,
        }),
    }
}

fn frames(rows: impl IntoIterator<Item = Row>) -> Vec<PrintedFrame> {
    rows.into_iter().map(frame).collect()
}

fn only(frames: &[PrintedFrame]) -> (Handshake, Place) {
    let capture = printed(frames, Excerpt::default()).capture;
    let place = capture.place(server().ip);
    let [handshake] = <[Handshake; 1]>::try_from(capture.handshakes).unwrap();
    (handshake, place)
}

/// SYN, then SYN-ACK and ACK again and again at these seconds.
fn ignored(seconds: &[u64], lengths: [u32; 3]) -> Vec<PrintedFrame> {
    let mut rows = vec![Row(Some(0), End::Client, SYN, Some(lengths[0]))];
    for second in seconds {
        let at = second * 1_000_000 + 40;
        rows.push(Row(Some(at), End::Server, SYN | ACK, Some(lengths[1])));
        rows.push(Row(Some(at + 230), End::Client, ACK, Some(lengths[2])));
    }
    frames(rows)
}

#[test]
fn an_ack_that_is_ignored() {
    let mut all = ignored(&[0, 1, 3, 7, 15, 31], [62, 62, 60]);
    all.push(frame(Row(Some(900_000_000), End::Client, PSH | ACK, Some(154))));
    all.push(frame(Row(Some(900_000_015), End::Server, RST, Some(54))));
    let (handshake, place) = only(&all);
    assert_eq!(handshake.outcome, Outcome::AckIgnored);
    assert_eq!((handshake.counts.synack_count, handshake.counts.data_count), (6, 1));
    // Its reset is shorter than anything that came by wire, the client's ACK is filled up.
    assert_eq!(place, Place::Server);
    let last = handshake.frames.last().unwrap();
    assert_eq!((last.kind, last.padding), (FrameKind::Rst, Padding::Missing));
    assert_eq!(last.at.since(Mono(0)).as_secs(), 900);
}

#[test]
fn delays_tell_where_text_has_nothing_else() {
    // No length that padding could show in: of a cooked capture.
    let (_, place) = only(&ignored(&[0, 1, 3], [64, 64, 60]));
    assert_eq!(place, Place::Server);
    let coarse: Vec<PrintedFrame> = ignored(&[0, 1, 3], [64, 64, 60])
        .into_iter()
        .map(|frame| PrintedFrame {
            at_ns: frame.at_ns.map(|ns| ns / 1_000_000 * 1_000_000),
            ..frame
        })
        .collect();
    let (handshake, place) = only(&coarse);
    assert_eq!((handshake.outcome, place), (Outcome::AckIgnored, Place::Unknown));
}

#[test]
fn without_times_the_order_tells() {
    let rows = |flags: &[(End, u8)]| {
        frames(flags.iter().map(|&(sender, flags)| Row(None, sender, flags, None)))
    };
    let (synack, ack) = ((End::Server, SYN | ACK), (End::Client, ACK));
    let ignored = rows(&[(End::Client, SYN), synack, ack, synack, ack, synack, ack]);
    assert_eq!(only(&ignored).0.outcome, Outcome::AckIgnored);
    let early = rows(&[(End::Client, SYN), synack, ack]);
    assert_eq!(only(&early).0.outcome, Outcome::TooEarly);
    let syn = (End::Client, SYN);
    let (handshake, place) = only(&rows(&[syn, synack, syn, synack, syn, synack, syn, synack]));
    assert_eq!((handshake.outcome, place), (Outcome::AckMissing, Place::Unknown));
    assert_eq!(handshake.counts.synack_answer_count, 3);
}

#[test]
fn a_short_excerpt_shows_what_was_sent_again() {
    let rows = |flags: &[(u64, End, u8)]| {
        let row = |&(ms, sender, flags): &_| Row(Some(ms * 1_000 + 7), sender, flags, None);
        frames(flags.iter().map(row))
    };
    let (syn, synack) = ((0, End::Client, SYN), (0, End::Server, SYN | ACK));
    let again = rows(&[syn, synack, (1_006, End::Client, SYN), (1_006, End::Server, SYN | ACK)]);
    assert_eq!(only(&again).0.outcome, Outcome::AckMissing);
    let capture = printed(&again, Excerpt::default()).capture;
    assert_eq!((capture.count(Outcome::AckMissing), capture.count(Outcome::TooEarly)), (1, 0));
    assert_eq!(only(&rows(&[syn, (1_000, End::Client, SYN)])).0.outcome, Outcome::Unanswered);
    assert_eq!(only(&rows(&[syn, synack])).0.outcome, Outcome::TooEarly);
}

#[test]
fn an_echo_tells_of_what_was_before() {
    let stamp = |mut frame: PrintedFrame, value: u32, echo: u32| {
        if let PrintedPacket::Tcp(segment) = &mut frame.packet {
            segment.options.timestamps = Some(synrecv_model::TcpTimestamps { value, echo });
        }
        frame
    };
    let synack = frame(Row(Some(0), End::Server, SYN | ACK, None));
    let ack = frame(Row(Some(144), End::Client, ACK, None));
    let again = [stamp(synack.clone(), 10_000, 1), stamp(ack.clone(), 9, 2_070)];
    assert_eq!(only(&again).0.outcome, Outcome::AckIgnored);
    let first = [stamp(synack, 10_000, 1), stamp(ack, 9, 10_000)];
    assert_eq!(only(&first).0.outcome, Outcome::TooEarly);
}

#[test]
fn numbers_are_those_of_the_wire() {
    let with = |row: Row, seq: Option<u32>, ack: Option<u32>, relative: bool| {
        let mut frame = frame(row);
        if let PrintedPacket::Tcp(segment) = &mut frame.packet {
            (segment.seq, segment.ack, segment.relative) = (seq, ack, relative);
        }
        frame
    };
    let all = [
        with(Row(Some(0), End::Client, SYN, None), Some(5_000), None, false),
        with(Row(Some(40), End::Server, SYN | ACK, None), Some(u32::MAX), Some(5_001), false),
        with(Row(Some(90), End::Client, ACK, None), None, Some(1), true),
        with(Row(Some(95), End::Client, PSH | ACK, None), Some(1), Some(1), true),
    ];
    let (handshake, _) = only(&all);
    let numbers: Vec<(u32, u32)> = handshake.frames.iter().map(|f| (f.seq, f.ack)).collect();
    assert_eq!(numbers, [(5_000, 0), (u32::MAX, 5_001), (5_001, 0), (5_001, 0)]);
}

#[test]
fn an_error_ends_what_it_fits_to() {
    let mut all =
        frames([Row(Some(0), End::Client, SYN, None), Row(Some(40), End::Server, SYN | ACK, None)]);
    let mut error = frame(Row(Some(900), End::Server, ACK, None));
    error.packet = PrintedPacket::Error {
        icmp_type: 3,
        code: 10,
        from: "203.0.113.1".parse().unwrap(),
        src: Endpoint { port: 0, ..server() },
        dst: Endpoint::new("0.0.0.0".parse().unwrap(), 0),
    };
    all.push(error);
    let (handshake, _) = only(&all);
    assert_eq!((handshake.outcome, handshake.counts.icmp_count), (Outcome::Refused, 1));
}

#[test]
fn nothing_and_anything_is_a_capture() {
    assert!(printed(&[], Excerpt { cut: true, lost_count: None }).damage.is_some());
    for flags in 0..=0xff {
        let rows = (0..8).map(|at| {
            let sender = if at % 3 == 0 { End::Server } else { End::Client };
            Row((at % 2 == 0).then_some(u64::MAX / 1_000 - at), sender, flags ^ (1 << at), Some(60))
        });
        printed(&frames(rows), Excerpt::default());
    }
}
