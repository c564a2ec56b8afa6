//! Dumps that are checked against the change notices of their table.
//!
//! The kernel flags a torn dump of links, addresses and rules (`NLM_F_DUMP_INTR`), but never one
//! of routes or neighbours. So a second socket listens from before the dump until after it.

use synrecv_model::{Flaw, Reading, Section};

use crate::{
    DumpReport, Message, NetlinkError, Protocol, Socket, Subscription, Undecodable, clock,
};

/// What a notice means for rows that were just dumped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// Nothing, or it was worked into the rows.
    Absorbed,
    /// Rows came or went: a row that did not change may be missing from the dump, too.
    Torn,
}

/// A dump is repeated once, then reported with its flaw.
const ATTEMPTS: usize = 2;

/// Dumps over a new socket, and once more when the table changed meanwhile.
///
/// `dump` may ask several times; `absorb` sees each notice of `groups` that came during the dump.
/// Rows that were read twice and torn twice carry [`Flaw::ChangedWhileRead`]. Where the groups cannot
/// be joined, a flaw says that nobody watched.
pub fn steady_dump<T>(
    protocol: Protocol,
    groups: &[u32],
    mut dump: impl FnMut(&mut Socket) -> Result<(T, DumpReport), NetlinkError>,
    mut absorb: impl FnMut(&mut T, Message<'_>) -> Result<Change, Undecodable>,
) -> Section<T> {
    or_gap(|| {
        let mut socket = Socket::open(protocol)?;
        let (mut notices, deaf) = match Subscription::open(protocol, groups) {
            Ok(notices) => (Some(notices), None),
            Err(error) => (None, Some(Flaw::PartMissing(error.gap()))),
        };
        let mut tries = 0;
        loop {
            tries += 1;
            let (mut rows, report) = dump(&mut socket)?;
            let torn = match &mut notices {
                Some(notices) => heard_tear(notices, |notice| absorb(&mut rows, notice))?,
                None => false,
            };
            if tries < ATTEMPTS && (torn || report.interrupted || report.lost) {
                continue;
            }
            let mut flaws = report.flaws();
            flaws.extend(torn.then_some(Flaw::ChangedWhileRead));
            flaws.extend(deaf);
            let ended = clock::now();
            let reading =
                Reading { source: protocol.name().into(), started: report.started, ended };
            return Ok(Section::from_reading(rows, flaws, reading));
        }
    })
}

fn heard_tear(
    notices: &mut Subscription,
    mut absorb: impl FnMut(Message<'_>) -> Result<Change, Undecodable>,
) -> Result<bool, NetlinkError> {
    let mut torn = false;
    let heard = notices.drain(|notice| {
        // A notice that is not understood may be of any row.
        torn |= absorb(notice) != Ok(Change::Absorbed);
        Ok(())
    })?;
    Ok(torn || heard.lost)
}

fn or_gap<T>(read: impl FnOnce() -> Result<Section<T>, NetlinkError>) -> Section<T> {
    read().unwrap_or_else(|error| Section::Missing(error.gap()))
}
