//! Which pieces are of one host, and what they say together.
//!
//! Pieces join only when they share an address of their own, a device with its network, a connection,
//! or the name in a prompt. Pieces without any address join when there is one host to join.

mod build;
mod counters;
mod devices;
mod keys;
mod links;
mod mentions;
mod replies;
mod requests;
mod routes;
mod settings;
mod sockets;

use std::collections::BTreeMap;

use synrecv_model::{Facts, Observation, PrintedFrame};

use crate::{Piece, Ticket};
use devices::Devices;

/// What a ticket says about one host.
#[derive(Clone, Debug)]
pub struct PastedHost {
    /// The name that prompts show.
    pub name: Option<String>,
    /// Its pieces, as indexes into those of the ticket.
    pub pieces: Vec<usize>,
    /// Tables.
    pub facts: Facts,
    /// The requests that they hold, each seen once.
    pub observation: Observation,
    /// Frames of its captures, in order.
    pub frames: Vec<PrintedFrame>,
    /// Why frames are missing from its captures, if any are.
    pub frames_are_cut: bool,
}

impl PastedHost {
    /// An address of its own: that of its requests before others.
    pub fn own_address(&self) -> Option<String> {
        let requests = self.observation.tracks.iter().map(|track| track.flow.local.ip);
        let own = self.facts.addresses.data().into_iter().flatten().map(|address| address.address);
        let own = own.filter(|address| !address.is_loopback());
        requests.chain(own).next().map(|address| address.to_string())
    }
}

/// Puts the pieces of a ticket together, in order of the first piece of each host. Devices of
/// different hosts have different indexes.
pub fn hosts(ticket: &Ticket) -> Vec<PastedHost> {
    let mut devices = Devices::default();
    let mentions = build::mentions(ticket);
    let groups = groups(&ticket.pieces);
    groups
        .into_iter()
        .enumerate()
        .map(|(number, group)| {
            let pieces: Vec<&Piece> = group.iter().map(|&index| &ticket.pieces[index]).collect();
            devices.start(number);
            build::host(&pieces, group, &mut devices, &mentions)
        })
        .collect()
}

/// Sets of pieces, each of one host.
fn groups(pieces: &[Piece]) -> Vec<Vec<usize>> {
    let mut parents: Vec<usize> = (0..pieces.len()).collect();
    let marks: Vec<keys::Marks> = pieces.iter().map(keys::of).collect();
    for one in 0..pieces.len() {
        for other in 0..one {
            if marks[one].meets(&marks[other]) {
                let (one, other) = (root(&parents, one), root(&parents, other));
                parents[one.max(other)] = one.min(other);
            }
        }
    }
    adopt(&marks, &mut parents);
    let mut groups: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for index in 0..pieces.len() {
        groups.entry(root(&parents, index)).or_default().push(index);
    }
    groups.into_values().collect()
}

/// Pieces that say nothing about whose they are go to the only host there is.
fn adopt(marks: &[keys::Marks], parents: &mut [usize]) {
    let neutral = |index: &usize| marks[*index].is_neutral();
    let mut roots: Vec<usize> = (0..marks.len())
        .filter(|index| !neutral(index))
        .map(|index| root(parents, index))
        .collect();
    roots.sort_unstable();
    roots.dedup();
    let strays: Vec<usize> = (0..marks.len()).filter(neutral).collect();
    let Some(&home) = roots.first().or(strays.first()) else { return };
    if roots.len() > 1 {
        return;
    }
    for index in strays {
        let (stray, home) = (root(parents, index), root(parents, home));
        parents[stray.max(home)] = stray.min(home);
    }
}

fn root(parents: &[usize], mut index: usize) -> usize {
    while parents[index] != index {
        index = parents[index];
    }
    index
}
