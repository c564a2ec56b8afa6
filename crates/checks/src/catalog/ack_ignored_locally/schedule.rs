//! What the times and options of one handshake tell beside that its ACK was ignored.

use synrecv_model::{End, FrameKind, Handshake, Mono, Origin, Text, Value, Weight, text};

use crate::cases::{Case, Fact};

/// First timeout of a SYN-ACK in kernels before 3.1, in milliseconds; 1,000 since.
const OLD_TIMEOUT_MS: u64 = 3_000;

/// A first gap from here on is that of an old kernel: 3 s, a little early.
const OLD_LEAST_MS: u64 = 2_500;

/// Slower than any network card on the same wire answers.
const NEAR_NS: u64 = 1_000_000;

/// Adds what the frames of one handshake show to the case about it.
pub(super) fn argue(case: &mut Case, handshake: &Handshake) {
    let synacks: Vec<Mono> = handshake.synacks().map(|frame| frame.at).collect();
    let Some(&first) = synacks.first() else { return };
    let gaps = gaps_ms(&synacks);
    if gaps.len() > 1 {
        case.supports(Weight::Weak, repeats(handshake, first, &synacks));
    }
    let begins = handshake.syns().next().is_some_and(|syn| first.ms_since(syn.at) < 1_000);
    if begins && gaps.first().is_some_and(|&gap| gap >= OLD_LEAST_MS) && doubles(&gaps) {
        case.supports(
            Weight::Weak,
            frames_fact(
                "old-first-timeout",
                text![
                    "the first timeout is ",
                    OLD_TIMEOUT_MS / 1_000,
                    " s and each further one twice as long: a kernel before 3.1",
                ],
            ),
        );
    }
    if let Some(fact) = nearness(handshake) {
        case.supports(Weight::Weak, fact);
    }
    if let Some(fact) = lost_options(handshake) {
        case.supports(Weight::Weak, fact);
    }
    if let Some(fact) = late_reset(handshake) {
        case.supports(Weight::Weak, fact);
    }
}

fn frames_fact(name: &'static str, text: Text) -> Fact {
    Fact::new(Origin::Frames, name, text)
}

fn gaps_ms(times: &[Mono]) -> Vec<u64> {
    times.windows(2).map(|pair| pair[1].ms_since(pair[0])).collect()
}

/// Each gap is twice the one before, within a quarter.
fn doubles(gaps: &[u64]) -> bool {
    gaps.windows(2).all(|pair| (pair[1] * 4).abs_diff(pair[0] * 8) <= pair[0] * 2)
}

fn seconds(ms: u64) -> Text {
    let tenths = (ms + 50) / 100;
    match (tenths / 10, tenths % 10) {
        (whole, 0) => text![whole],
        (whole, tenth) => text![whole, ".", tenth],
    }
}

/// `SYN-ACK at 0, 3, 9, 21, 45, 93.2 s; 5 answers report it as a duplicate`.
fn repeats(handshake: &Handshake, first: Mono, synacks: &[Mono]) -> Fact {
    let times = synacks.iter().map(|at| seconds(at.ms_since(first)));
    let mut text = text!["SYN-ACK sent at ", Text::join(times, ", "), " s"];
    let answered = handshake.counts.ack_count;
    if handshake.counts.dsack_count > 0 {
        text.push(text![
            "; ",
            handshake.counts.dsack_count,
            " of ",
            answered,
            " answers report it as a duplicate (D-SACK): the client is ESTABLISHED and has it already",
        ]);
    }
    frames_fact("schedule", text)
        .with("dsack_count", Value::Number(handshake.counts.dsack_count.into()))
}

/// How soon ACKs follow SYN-ACKs.
fn nearness(handshake: &Handshake) -> Option<Fact> {
    let mut waiting: Option<Mono> = None;
    let mut delays_ns: Vec<u64> = Vec::new();
    for frame in handshake.frames.iter().filter(|frame| !frame.copy) {
        match (frame.sender, frame.kind) {
            (End::Server, FrameKind::SynAck) => waiting = Some(frame.at),
            (End::Client, FrameKind::Ack) => {
                delays_ns.extend(waiting.take().map(|sent| frame.at.0.saturating_sub(sent.0)));
            }
            _ => {}
        }
    }
    let longest = *delays_ns.iter().max()?;
    let shortest = *delays_ns.iter().min()?;
    (longest < NEAR_NS && longest > 0 && delays_ns.len() > 1).then(|| {
        frames_fact(
            "answered-from-near",
            text![
                "ACKs follow within ",
                shortest / 1_000,
                " to ",
                longest / 1_000,
                " us: the machine that answers is on the same network",
            ],
        )
    })
}

/// The SYN offers what the SYN-ACK does not take up.
fn lost_options(handshake: &Handshake) -> Option<Fact> {
    let offered = handshake.syns().next()?.options;
    let taken = handshake.synacks().next()?.options;
    if offered.incomplete || taken.incomplete {
        return None;
    }
    let stamps = offered.timestamps.is_some() && taken.timestamps.is_none();
    let scale = offered.window_scale.is_some() && taken.window_scale.is_none();
    let what = match (stamps, scale) {
        (true, true) => "timestamps and window scale",
        (true, false) => "timestamps",
        (false, true) => "window scale",
        (false, false) => return None,
    };
    Some(frames_fact(
        "options-not-taken-up",
        text![
            "the SYN offers ",
            what,
            ", the SYN-ACK has none: switched off on the server, sent as a cookie, or a box answers \
             for it",
        ],
    ))
}

/// Data long after the last SYN-ACK that is answered by a reset: the request was gone.
fn late_reset(handshake: &Handshake) -> Option<Fact> {
    let last = handshake.synacks().last()?.at;
    let data = handshake.sent(End::Client, FrameKind::Data).find(|frame| frame.at > last)?;
    let reset = handshake.sent(End::Server, FrameKind::Rst).find(|frame| frame.at >= data.at)?;
    Some(frames_fact(
        "data-after-the-end",
        text![
            "the reset answers ",
            data.payload_len,
            " bytes of data that came ",
            seconds(reset.at.ms_since(last)),
            " s after the last SYN-ACK: the request was gone by then; it is not the end of the retries",
        ],
    ))
}
