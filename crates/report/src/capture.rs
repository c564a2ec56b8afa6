//! What a capture was, in sentences: how much, from where, and what it cannot show.

use synrecv_model::{
    Capture, CaptureOrigin, Clue, ClueKind, Command, End, Foreign, Handshake, LinkType, Outcome,
    Place, SourceKind, Text, Vantage, text,
};

use crate::Report;
use crate::rows::OUTCOMES;

/// Devices named, and server addresses told, at most.
const NAMED_MAX: usize = 4;

/// The sentences that a reader needs to judge what rests on frames; nothing without frames, and of a
/// live capture that lost nothing only when `all` are wanted.
pub(crate) fn notes(report: &Report<'_>, all: bool) -> Vec<Text> {
    let Some(capture) = report.observation.frames.data() else { return Vec::new() };
    let whole = capture.lost_count == Some(0) && capture.sampled_one_in <= 1;
    if capture.origin == CaptureOrigin::Live && whole && !all {
        return Vec::new();
    }
    about(capture)
}

/// As [`notes`], of any capture.
pub(crate) fn about(capture: &Capture) -> Vec<Text> {
    let mut notes = vec![size(capture), outcomes(capture)];
    // Of a live capture it is said where it is known: there nobody asks where the file is from.
    let known = |vantage: &&Vantage| {
        capture.origin == CaptureOrigin::File || vantage.place != Place::Unknown
    };
    let vantages: Vec<&Vantage> = capture.vantages.iter().filter(known).collect();
    notes.extend(vantages.iter().take(NAMED_MAX).map(|vantage| taken_at(vantage)));
    let more = vantages.len().saturating_sub(NAMED_MAX);
    if more > 0 {
        notes.push(text![more, " more server addresses"]);
    }
    let cooked = |device: &synrecv_model::CaptureDevice| {
        matches!(device.link, LinkType::CookedV1 | LinkType::CookedV2)
    };
    if capture.devices.iter().any(cooked) {
        notes.push(text![
            "taken on `any`: it holds where frames came from, and not which MAC they were sent to",
        ]);
    }
    if capture.origin == CaptureOrigin::File
        && let [device] = capture.devices.as_slice()
        && !cooked(device)
    {
        notes.push(text!["taken on one device: what takes another one is not in it"]);
    }
    if capture.truncated {
        notes.push(text!["the file is damaged or cut: what came later is not known"]);
    }
    notes
}

/// The file and how long it was captured, for the first line of a report; `None` for other sources.
pub(crate) fn file<'a>(report: &Report<'a>) -> Option<(&'a Foreign, String)> {
    let capture = report.observation.frames.data()?;
    (report.facts.source == SourceKind::Capture).then(|| {
        let seconds = capture.ended.plus_ms(50).ms_since(capture.started) / 100;
        (&report.facts.host.name, format!("{}.{} s", seconds / 10, seconds % 10))
    })
}

/// What decides where a file holds SYNs that nobody answers, and not what the server does; nothing for
/// other sources.
pub(crate) fn deciding_steps(report: &Report<'_>) -> Vec<Text> {
    let Some(capture) = report.observation.frames.data() else { return Vec::new() };
    let unanswered = |one: &&Handshake| one.outcome == Outcome::Unanswered;
    let asked = |one: &&Handshake| one.counts.syn_count;
    let most = capture.handshakes.iter().filter(unanswered).max_by_key(asked);
    let Some(one) = most.filter(|_| report.facts.source == SourceKind::Capture) else {
        return Vec::new();
    };
    let port = one.flow.local.port;
    vec![
        text![
            "a capture on all devices of the server while it happens: ",
            Command(format!(
                "tcpdump -eni any -w server.pcap 'tcp port {port} or arp or icmp or icmp6'"
            )),
        ],
        text![
            "or this program on the server, as root, while it happens: ",
            Command("synrecv-doctor --observe 30s".to_owned()),
        ],
    ]
}

fn size(capture: &Capture) -> Text {
    let mut note = text![capture.received_count, " frames"];
    let named: Vec<&Foreign> =
        capture.devices.iter().filter_map(|device| device.name.as_ref()).collect();
    if !named.is_empty() {
        note.push(" at ");
        note.push(Text::join(named.iter().take(NAMED_MAX).copied(), ", "));
        if named.len() > NAMED_MAX {
            note.push(text![" and ", named.len() - NAMED_MAX, " more devices"]);
        }
    }
    match capture.lost_count {
        Some(0) => note.push(", none lost"),
        Some(lost) => note.push(text![", ", lost, " lost"]),
        None => note.push("; whether some were lost is not known"),
    }
    if capture.undecoded_count > 0 {
        note.push(text![", ", capture.undecoded_count, " not understood"]);
    }
    if capture.sampled_one_in > 1 {
        note.push(text!["; 1 handshake in ", capture.sampled_one_in, " was followed"]);
    }
    note
}

fn outcomes(capture: &Capture) -> Text {
    let counts = OUTCOMES.into_iter().map(|outcome| (capture.count(outcome), outcome.name()));
    let counts: Vec<Text> = counts
        .filter(|(count, _)| *count > 0)
        .map(|(count, name)| text![count, " ", name])
        .collect();
    if counts.is_empty() {
        return text!["no handshake in it"];
    }
    text!["handshakes: ", Text::join(counts, ", ")]
}

fn taken_at(vantage: &Vantage) -> Text {
    let mut note = text![
        vantage.server,
        match vantage.place {
            Place::Server => ": captured at the server",
            Place::Client => ": captured at the client, so nothing is known of the server's inside",
            Place::Middle => ": captured between client and server",
            Place::Unknown => ": where it was captured is not known",
        },
    ];
    if vantage.place != Place::Unknown
        && let Some(clue) = vantage.clues.first()
    {
        note.push(text![" (", because(clue), ")"]);
    }
    note
}

fn because(clue: &Clue) -> Text {
    let whose = match clue.end {
        End::Server => "the server's",
        End::Client => "the clients'",
    };
    let what = match (clue.kind, clue.sent_here) {
        (ClueKind::Direction, true) => text!["it says that ", whose, " frames were sent here"],
        (ClueKind::Direction, false) => text!["it says that ", whose, " frames came in"],
        (ClueKind::UnfinishedChecksum, _) => text![whose, " frames have no checksum yet"],
        (ClueKind::Padding, true) => text![whose, " short frames are not padded yet"],
        (ClueKind::Padding, false) => text![whose, " short frames are padded: they came by wire"],
        (ClueKind::OneMac, _) => text![whose, " frames all have one MAC"],
        (ClueKind::Ttl, true) => text![whose, " TTL is one that systems send with"],
        (ClueKind::Ttl, false) => text![whose, " TTL shows routers on the way"],
        (ClueKind::Delay { median_ns }, true) => {
            text![whose, " answers take ", median_ns / 1_000, " µs"]
        }
        (ClueKind::Delay { median_ns }, false) => {
            text![whose, " answers take ", median_ns / 1_000_000, " ms"]
        }
    };
    text![what, ", ", clue.frame_count, " of ", clue.of_count]
}
