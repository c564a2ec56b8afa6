//! Output of other tools, pasted into a ticket.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io::Read;

use anyhow::{Context as _, Result, bail};
use synrecv_checks::{diagnose, together};
use synrecv_collect::captures::{self, Excerpt};
use synrecv_model::{
    Facts, Flow, Foreign, NotChecked, Observation, PieceView, Reason, Text, Track, text,
};
use synrecv_report::escape::{foreign, plain};
use synrecv_ticket::{Cut, Limits, PastedHost, Piece, Taken, Ticket, hosts};

use crate::redacted::{Redaction, Told};
use crate::source::Case;

/// Takes texts apart, as one ticket.
pub(crate) fn read(texts: impl Iterator<Item = impl Read>) -> Result<Ticket> {
    let limits = Limits::default();
    let mut all = Vec::new();
    for text in texts {
        let mut bytes = Vec::new();
        text.take(limits.octets as u64 + 1).read_to_end(&mut bytes)?;
        all.push(bytes);
    }
    Ok(synrecv_ticket::read_all(all, limits)?)
}

/// Judges each host that a ticket shows by itself. `names` are those of its texts.
pub(crate) fn judge(
    ticket: &Ticket,
    names: &[Foreign],
    redaction: Option<&Redaction>,
) -> Result<Told> {
    let hosts = hosts_of(ticket)?;
    let views = pieces(ticket, &hosts, names);
    let name = &together_named(names);
    let cases = hosts.into_iter().map(|host| Told::new(one(host, name), redaction));
    let mut cases = cases.collect::<Result<Vec<Told>, _>>()?;
    let diagnoses = cases.iter().map(|told| told.case.diagnosis.clone()).collect();
    let (leading, mut whole) = together(diagnoses).context("a host to judge")?;
    let mut told = cases.swap_remove(leading);
    whole.pieces = views.into_iter().map(|piece| told.piece(piece)).collect();
    whole.not_checked.extend(left_out(ticket).into_iter().map(|detail| NotChecked {
        check: "text",
        reason: Reason::NotInInput,
        detail,
    }));
    told.case.diagnosis = whole;
    Ok(told)
}

/// The first host that has what is wanted, or the first of all; and how many others there are.
pub(crate) fn with(
    ticket: &Ticket,
    names: &[Foreign],
    wanted: impl Fn(&Facts) -> bool,
) -> Result<(Case, usize)> {
    let mut hosts = hosts_of(ticket)?;
    let others = hosts.len() - 1;
    let at = hosts.iter().position(|host| wanted(&host.facts)).unwrap_or(0);
    Ok((one(hosts.swap_remove(at), &together_named(names)), others))
}

/// The hosts that a ticket shows, one at least.
fn hosts_of(ticket: &Ticket) -> Result<Vec<PastedHost>> {
    let hosts = hosts(ticket);
    if hosts.is_empty() {
        let mut missed = String::new();
        for words in left_out(ticket) {
            let _ = write!(missed, "; {}", plain(&words));
        }
        bail!(
            "it is not a capture (pcap, pcapng), not a bundle of `synrecv-doctor collect`, and no output \
             of a tool that is known was found in it (--explain-parse shows each line){missed}"
        );
    }
    Ok(hosts)
}

/// What several texts are called together.
fn together_named(names: &[Foreign]) -> Foreign {
    match names {
        [] => Foreign(String::new()),
        [name] => name.clone(),
        [first, second] => Foreign(format!("{}, {}", first.0, second.0)),
        [first, others @ ..] => Foreign(format!("{} and {} more", first.0, others.len())),
    }
}

/// What of a text was not looked at, because there is too much of it.
fn left_out(ticket: &Ticket) -> Vec<Text> {
    let mut all = Vec::new();
    if ticket.long_lines_count > 0 {
        let octets = Limits::default().line_octets;
        all.push(text![
            "lines longer than ",
            octets,
            " octets, of which only the beginning was read: ",
            ticket.long_lines_count
        ]);
    }
    if ticket.skipped_lines_count > 0 {
        all.push(text![
            "lines that were not looked at, among too many that are no output of a known tool: ",
            ticket.skipped_lines_count
        ]);
    }
    if ticket.dropped_pieces_count > 0 {
        all.push(text![
            "outputs behind the first ",
            Limits::default().pieces,
            ", which are not used: ",
            ticket.dropped_pieces_count
        ]);
    }
    all
}

fn one(host: PastedHost, name: &Foreign) -> Case {
    let PastedHost { mut facts, mut observation, frames, frames_are_cut, .. } = host;
    if !frames.is_empty() {
        let excerpt = Excerpt { cut: frames_are_cut, lost_count: None };
        let file = captures::printed(&frames, excerpt);
        add_frames(&mut facts, &mut observation, captures::observed(file, name.clone()));
    }
    if facts.host.name.0.is_empty() {
        facts.host.name = name.clone();
    }
    let diagnosis = diagnose(&facts, &observation);
    Case { facts, observation, diagnosis }
}

/// What frames show beside the tables of the same host. A request that both show is that of the
/// frames, which tell more.
fn add_frames(
    facts: &mut Facts,
    observation: &mut Observation,
    (of_frames, mut seen): (Facts, Observation),
) {
    if let Some(capture) = seen.frames.data_mut() {
        for device in &mut capture.devices {
            let name = device.name.as_ref();
            let mut links = facts.links.data().into_iter().flatten();
            let known = links.find(|link| Some(&link.name) == name).map(|link| link.ifindex);
            device.ifindex = device.ifindex.or(known);
        }
    }
    // Frames that are too few to tell anything leave the row of a table as it is.
    let rows: BTreeSet<Flow> = observation.tracks.iter().map(|track| track.flow).collect();
    let tells = |track: &Track| {
        !rows.contains(&track.flow)
            || track.last_life().last.counters.synack_retrans_count.is_some_and(|count| count > 0)
    };
    let tracks: Vec<Track> = seen.tracks.into_iter().filter(tells).collect();
    let known: BTreeSet<Flow> = tracks.iter().map(|track| track.flow).collect();
    observation.tracks.retain(|track| !known.contains(&track.flow));
    observation.tracks.extend(tracks);
    observation.tracks.sort_by_key(|track| track.flow);
    observation.completed.extend(seen.completed);
    observation.completed.sort_unstable();
    observation.completed.dedup();
    observation.ended_young.extend(seen.ended_young);
    observation.seen_count += seen.seen_count;
    observation.late_completed_count += seen.late_completed_count;
    observation.frames = seen.frames;
    (observation.started, observation.ended) = (seen.started, seen.ended);
    facts.host.started_at = of_frames.host.started_at;
    match (facts.sockets.data_mut(), of_frames.sockets) {
        (None, sockets) => facts.sockets = sockets,
        (Some(tables), sockets) => {
            let requests = sockets.data().map_or(&[][..], |sockets| &sockets.requests);
            tables.requests.retain(|request| !known.contains(&request.flow));
            let shown = requests.iter().filter(|request| known.contains(&request.flow));
            tables.requests.extend(shown.cloned());
        }
    }
}

fn pieces(ticket: &Ticket, hosts: &[PastedHost], names: &[Foreign]) -> Vec<PieceView> {
    let of_host = |index: usize| {
        hosts.iter().position(|host| host.pieces.contains(&index)).unwrap_or_default()
    };
    ticket
        .pieces
        .iter()
        .enumerate()
        .map(|(index, piece)| {
            let number = of_host(index);
            let of_prompt = hosts[number].name.clone();
            PieceView {
                first_line: piece.lines.0,
                last_line: piece.lines.1,
                kind: piece.kind.name(),
                host: u32::try_from(number + 1).unwrap_or(u32::MAX),
                host_name: of_prompt.or_else(|| hosts[number].own_address()).map(Foreign),
                row_count: piece.row_count,
                rejected_count: piece.rejected_count,
                cut: piece.cut.map(cut),
                notes: place(ticket, piece, names).into_iter().chain(notes(piece)).collect(),
            }
        })
        .collect()
}

fn cut(cut: Cut) -> &'static str {
    match cut {
        Cut::Marked => "rows left out by hand",
        Cut::LastRow => "last row cut",
        Cut::CountLine => "fewer rows than it counts",
        Cut::Filtered => "a part of the rows",
        Cut::Unreadable => "some rows unreadable",
        Cut::TooLong => "more rows than are read of one text",
        Cut::WithoutRequests => "requests (SYN_RECV) not asked for",
    }
}

/// Where a piece stands, when it is one of several texts.
fn place(ticket: &Ticket, piece: &Piece, names: &[Foreign]) -> Option<Text> {
    let starts = &ticket.text_starts;
    let at = starts.iter().rposition(|start| *start <= piece.lines.0)?;
    let (name, start) = (names.get(at)?, starts.get(at)?);
    let (first, last) = (piece.lines.0 - start + 1, piece.lines.1 - start + 1);
    (starts.len() > 1).then(|| text!["lines ", first, "-", last, " of ", name.clone()])
}

fn notes(piece: &Piece) -> Vec<Text> {
    let mut notes = Vec::new();
    if let Some(system) = piece.foreign_system {
        notes.push(text![system, ", not Linux: only sockets and ARP are used"]);
    }
    if piece.repaired_count > 0 {
        notes.push(text![piece.repaired_count, " rows put together again"]);
    }
    notes.extend(piece.notes.iter().cloned());
    notes
}

/// Each line of a ticket and what was taken from it. `names` are those of its texts.
pub(crate) fn explain(ticket: &Ticket, names: &[Foreign]) -> String {
    let mut out = String::new();
    let mut texts = names.iter().zip(&ticket.text_starts).peekable();
    let mut pieces = ticket.pieces.iter().enumerate().peekable();
    for (number, line, taken) in ticket.lines() {
        while let Some((name, _)) = texts.next_if(|(_, start)| **start <= number) {
            if names.len() > 1 {
                let _ = writeln!(out, "\n== {}, from line {number}", foreign(&name.0));
            }
        }
        if let Some((index, piece)) = pieces.next_if(|(_, piece)| piece.lines.0 <= number) {
            let (first, last) = piece.lines;
            let kind = piece.kind.name();
            let _ = writeln!(
                out,
                "\n-- {} {kind}, lines {first}-{last}: {} rows, {} unreadable",
                index + 1,
                piece.row_count,
                piece.rejected_count,
            );
        }
        let words = words(taken);
        let _ = writeln!(out, "{number:>6}  {:<24}  {}", words.0, foreign(line));
        if !words.1.is_empty() {
            let _ = writeln!(out, "{:>34}= {}", "", words.1);
        }
    }
    out
}

/// What a line is, and what was read from it.
fn words(taken: &Taken) -> (String, String) {
    let told = |kind: &str, text: &Text| (kind.to_owned(), plain(text));
    match taken {
        Taken::Prose => ("-".to_owned(), String::new()),
        Taken::Blank => (String::new(), String::new()),
        Taken::Prompt => ("command".to_owned(), String::new()),
        Taken::Title => ("title".to_owned(), String::new()),
        Taken::Row(text) => told("row", text),
        Taken::Repaired(text) => told("row, repaired", text),
        Taken::More(Some(text)) => told("more of the row", text),
        Taken::More(None) => ("more of the row".to_owned(), String::new()),
        Taken::Aside(what) => ("not used".to_owned(), (*what).to_owned()),
        Taken::Rejected(why) => told("NOT READ", why),
    }
}
