//! The parts of a long output, put together.

use crate::Content;
use crate::format::Table;

/// What was read first and what was read then, as one. Titles and notes are those of the first part.
pub(super) fn tables(first: Table, then: Table) -> Table {
    let mut notes = first.notes;
    for note in then.notes {
        if !notes.contains(&note) {
            notes.push(note);
        }
    }
    Table {
        content: contents(first.content, then.content),
        taken: Vec::new(),
        // Only the end of the output can be an incomplete row.
        cut: then.cut.or(first.cut),
        foreign_system: first.foreign_system.or(then.foreign_system),
        notes,
    }
}

fn contents(first: Content, then: Content) -> Content {
    macro_rules! appended {
        ($kind:ident, $first:ident, $then:ident) => {{
            let mut all = $first;
            all.extend($then);
            Content::$kind(all)
        }};
    }
    match (first, then) {
        (Content::Sockets(first), Content::Sockets(then)) => appended!(Sockets, first, then),
        (Content::Neighbours(first), Content::Neighbours(then)) => {
            appended!(Neighbours, first, then)
        }
        (Content::Routes(first), Content::Routes(then)) => appended!(Routes, first, then),
        (Content::RouteGet(first), Content::RouteGet(then)) => appended!(RouteGet, first, then),
        (Content::Rules(first), Content::Rules(then)) => appended!(Rules, first, then),
        (Content::Links(first), Content::Links(then)) => appended!(Links, first, then),
        (Content::Answers(first), Content::Answers(then)) => appended!(Answers, first, then),
        (Content::Frames(first), Content::Frames(then)) => appended!(Frames, first, then),
        (Content::Settings(first), Content::Settings(then)) => appended!(Settings, first, then),
        (Content::Chains(first), Content::Chains(then)) => appended!(Chains, first, then),
        (Content::Tracked(first), Content::Tracked(then)) => appended!(Tracked, first, then),
        (Content::Messages(first), Content::Messages(then)) => appended!(Messages, first, then),
        (Content::Counters(unit, first), Content::Counters(_, then)) => {
            let mut all = first;
            all.extend(then);
            Content::Counters(unit, all)
        }
        (Content::Trace(mut first), Content::Trace(then)) => {
            first.hops.extend(then.hops);
            Content::Trace(first)
        }
        (Content::ConntrackCpus(first), Content::ConntrackCpus(then)) => {
            appended!(ConntrackCpus, first, then)
        }
        (Content::Nothing, other) | (other, _) => other,
    }
}
