//! What was heard about neighbours between two readings of their table.

use std::collections::BTreeMap;
use std::net::IpAddr;

use synrecv_model::{Link, Mac, MacChange, Neighbour, Section};
use synrecv_neighbours::{MacHistory, NeighbourWatch};

use crate::Place;

/// Neighbours that do not answer which are remembered.
const UNRESOLVED_KEPT: usize = 4_096;

/// Neighbours that did not answer, and those that moved.
#[derive(Debug)]
pub(super) struct Heard {
    /// Not there without the right to join multicast groups.
    watch: Option<NeighbourWatch>,
    unresolved: BTreeMap<(u32, IpAddr), Neighbour>,
    macs: MacHistory,
}

impl Heard {
    /// Starts to listen; before the table is read, so that nothing is between the two.
    pub(super) fn open(place: &Place) -> Self {
        let watch = place.gap().is_none().then(NeighbourWatch::open).and_then(Result::ok);
        Self { watch, unresolved: BTreeMap::new(), macs: MacHistory::default() }
    }

    /// What the first table says.
    pub(super) fn start(&mut self, table: &Section<Vec<Neighbour>>, links: &Section<Vec<Link>>) {
        let own = links.data().into_iter().flatten().filter_map(|link: &Link| link.mac);
        let own: Vec<Mac> = own.collect();
        self.macs = MacHistory::new(table.data().map_or(&[], Vec::as_slice), own);
    }

    /// Takes the notices that came so far.
    pub(super) fn listen(&mut self) {
        let Self { watch, unresolved, macs } = self;
        let heard = watch.as_mut().map(|watch| {
            watch.heard(|entry| {
                macs.note(&entry);
                if entry.state.is_unresolved() && unresolved.len() < UNRESOLVED_KEPT {
                    unresolved.insert((entry.ifindex, entry.address), entry);
                }
            })
        });
        if let Some(Err(_)) = heard {
            // The table at the end is what remains; it says for itself whether it is whole.
            *watch = None;
        }
    }

    /// A later table, for what no notice told.
    pub(super) fn compare(&mut self, table: &Section<Vec<Neighbour>>) {
        table.data().into_iter().flatten().for_each(|entry| self.macs.note(entry));
    }

    /// By device and address.
    pub(super) fn unresolved(&self) -> Vec<Neighbour> {
        self.unresolved.values().cloned().collect()
    }

    /// By device and address.
    pub(super) fn mac_changes(&self) -> Vec<MacChange> {
        self.macs.changes()
    }
}
