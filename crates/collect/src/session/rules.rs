//! Rules of netfilter, and which of them moved while watching.

use std::path::Path;

use synrecv_filters::moved;
use synrecv_filters::read::{NfTables, netfilter};
use synrecv_model::{FilterChain, Gap, Mono, Reading, Reason, RuleDelta, Section};
use synrecv_netlink::clock;

use super::ask;
use crate::{ModulePolicy, Modules, Place};

/// Least time between two readings for interim diagnoses.
const AGAIN_MS: u64 = 2_000;

/// Rules from which on they are read again at the end only.
const RULES_MANY: usize = 20_000;

/// Rules that matched packets, as of the last reading.
#[derive(Debug)]
pub(super) struct RuleWatch {
    nf_tables: NfTables,
    read_at: Mono,
    moved: Section<Vec<RuleDelta>>,
}

impl RuleWatch {
    /// Reads the rules for the first time.
    pub(super) fn start(
        place: &Place,
        proc_net: &Path,
        modules: &Modules,
        policy: ModulePolicy,
    ) -> (Self, Section<Vec<FilterChain>>) {
        let nf_tables = match modules.allow_nf_tables(policy) {
            Err(_) if modules.lack("nf_tables") => NfTables::Absent,
            allowed => allowed.into(),
        };
        let first = ask(place, || netfilter(proc_net, nf_tables.clone()));
        let unread = Gap::new(Reason::NotInInput, "rules were not read again yet");
        let moved = Section::Missing(first.gap().cloned().unwrap_or(unread));
        (Self { nf_tables, read_at: clock::now(), moved }, first)
    }

    /// Reads them again and compares; for an interim diagnosis only where that is cheap. `first` is the
    /// section of the start.
    pub(super) fn read_again(
        &mut self,
        proc_net: &Path,
        first: &Section<Vec<FilterChain>>,
        last: bool,
    ) {
        let Some(chains) = first.data() else { return };
        let rules: usize = chains.iter().map(|chain| chain.rules.len()).sum();
        let recent = clock::now().ms_since(self.read_at) < AGAIN_MS;
        if last || !(recent || rules > RULES_MANY) {
            self.moved = compared(first, &netfilter(proc_net, self.nf_tables.clone()));
            self.read_at = clock::now();
        }
    }

    pub(super) fn moved(&self) -> Section<Vec<RuleDelta>> {
        self.moved.clone()
    }
}

/// What is wrong with either reading is wrong with the comparison.
fn compared(
    first: &Section<Vec<FilterChain>>,
    last: &Section<Vec<FilterChain>>,
) -> Section<Vec<RuleDelta>> {
    let (Some((before, started)), Some((after, ended))) = (read(first), read(last)) else {
        let gap = first.gap().or(last.gap()).cloned();
        return Section::Missing(gap.expect("a section without data has a gap"));
    };
    let reading = Reading { source: ended.source.clone(), started: started.started, ..*ended };
    let mut flaws = first.flaws().to_vec();
    flaws.extend(last.flaws().iter().filter(|flaw| !first.flaws().contains(flaw)).cloned());
    Section::from_reading(moved(before, after), flaws, reading)
}

fn read<T>(section: &Section<T>) -> Option<(&T, &Reading)> {
    section.data().zip(section.reading())
}

#[cfg(test)]
mod tests {
    use synrecv_model::Flaw;

    use super::*;

    fn at(ms: u64, flaws: Vec<Flaw>) -> Section<Vec<FilterChain>> {
        let at = Mono(0).plus_ms(ms);
        let reading = Reading { source: "netfilter".into(), started: at, ended: at };
        Section::from_reading(Vec::new(), flaws, reading)
    }

    #[test]
    fn a_comparison_has_the_flaws_of_both_readings() {
        let both = compared(&at(0, vec![Flaw::Lost]), &at(5, vec![Flaw::Lost, Flaw::Interrupted]));
        assert_eq!(both.flaws(), [Flaw::Lost, Flaw::Interrupted]);
        let reading = both.reading().unwrap();
        assert_eq!(reading.ended.ms_since(reading.started), 5);
        assert!(compared(&at(0, vec![]), &at(5, vec![])).whole().is_some());
    }

    #[test]
    fn a_reading_that_failed_is_the_gap_of_the_comparison() {
        let gap = Gap::new(Reason::NeedsRoot, "rules");
        let missing = Section::Missing(gap.clone());
        assert_eq!(compared(&at(0, vec![]), &missing).gap(), Some(&gap));
        assert_eq!(compared(&missing, &at(0, vec![])).gap(), Some(&gap));
    }
}
