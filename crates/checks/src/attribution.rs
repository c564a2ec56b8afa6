//! Each stuck connection belongs to at most one finding; what a finding explains goes beneath it.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use synrecv_model::{Confidence, Finding, Severity};

use crate::CATALOG;

/// Ids of findings, one list for all requests that have the same.
pub(crate) type Ids = Arc<[&'static str]>;

/// Findings in the report's order, and for each request the ids that claim it, the one it belongs
/// to first.
#[derive(Debug)]
pub(crate) struct Attributed {
    pub(crate) findings: Vec<Finding>,
    pub(crate) by_request: ByRequest,
}

/// The ids of each request.
#[derive(Debug)]
pub(crate) struct ByRequest {
    /// Each combination.
    ids: Vec<Ids>,
    /// Which one a request has.
    of_request: Vec<u32>,
}

impl ByRequest {
    /// Those of one request.
    pub(crate) fn of(&self, request: usize) -> &Ids {
        &self.ids[self.of_request[request] as usize]
    }
}

/// Which candidates claim which requests: of half a million requests, most have the same claims.
struct Claims {
    /// Each combination of claims, as indexes of candidates; the first one is empty.
    sets: Vec<Vec<usize>>,
    /// The combination that a further claim makes of another.
    next: HashMap<(u32, usize), u32>,
    /// The combination of each request.
    of_request: Vec<u32>,
}

impl Claims {
    fn new(candidates: &[Finding], request_count: usize) -> Self {
        let mut claims = Self {
            sets: vec![Vec::new()],
            next: HashMap::new(),
            of_request: vec![0; request_count],
        };
        for (index, candidate) in candidates.iter().enumerate() {
            let mut last = None;
            for &request in &candidate.affected {
                let before = claims.of_request[request];
                let after = match last {
                    Some((same, after)) if same == before => after,
                    _ => claims.with(before, index),
                };
                last = Some((before, after));
                claims.of_request[request] = after;
            }
        }
        for set in &mut claims.sets {
            rank(set, candidates);
        }
        claims
    }

    /// The combination that has one more claim.
    fn with(&mut self, set: u32, claim: usize) -> u32 {
        let sets = &mut self.sets;
        *self.next.entry((set, claim)).or_insert_with(|| {
            let more = sets[set as usize].iter().copied().chain([claim]).collect();
            sets.push(more);
            // A set is of some request, and there are less than 2^32 of those.
            u32::try_from(sets.len() - 1).unwrap_or(u32::MAX)
        })
    }

    /// The candidate that gets a request.
    fn winner(&self, request: usize) -> Option<usize> {
        self.sets[self.of_request[request] as usize].first().copied()
    }

    fn ids(&self, candidates: &[Finding]) -> Vec<Ids> {
        let names = |set: &Vec<usize>| set.iter().map(|&index| candidates[index].id).collect();
        self.sets.iter().map(names).collect()
    }

    /// For each candidate, how many of its requests each other one took.
    fn takers(&self, candidate_count: usize) -> Vec<BTreeMap<usize, usize>> {
        let mut counts = vec![0; self.sets.len()];
        for &set in &self.of_request {
            counts[set as usize] += 1;
        }
        let mut takers = vec![BTreeMap::new(); candidate_count];
        for (set, count) in self.sets.iter().zip(counts).filter(|&(_, count)| count > 0) {
            if let Some((&winner, losers)) = set.split_first() {
                for &loser in losers {
                    *takers[loser].entry(winner).or_default() += count;
                }
            }
        }
        takers
    }
}

pub(crate) fn attribute(candidates: Vec<Finding>, request_count: usize) -> Attributed {
    let claims = Claims::new(&candidates, request_count);
    let names = claims.ids(&candidates);
    // A candidate that lost all its connections goes beneath the one that took most of them, when
    // that one explains it.
    let takers = claims.takers(candidates.len());
    let ids: Vec<&'static str> = candidates.iter().map(|candidate| candidate.id).collect();
    let mut placed: Vec<Option<Finding>> = candidates.into_iter().map(Some).collect();
    let mut nested: Vec<(usize, Finding)> = Vec::new();
    for index in 0..placed.len() {
        let Some(mut finding) = placed[index].take() else { continue };
        let claimed = !finding.affected.is_empty();
        finding.affected.retain(|&request| claims.winner(request) == Some(index));
        if !claimed || !finding.affected.is_empty() {
            placed[index] = Some(finding);
            continue;
        }
        match most_frequent(&takers[index]) {
            Some(taker) if explains(ids[taker], finding.id) => {
                nested.push((taker, finding));
            }
            _ => {
                // An alternative that did not prevail: worth knowing, nothing depends on it.
                finding.severity = Severity::Info;
                placed[index] = Some(finding);
            }
        }
    }
    nest_without_connections(&mut placed, &mut nested, &ids);
    for (taker, finding) in nested {
        // A taker keeps at least the request that it took, so it stays in place.
        if let Some(parent) = &mut placed[taker] {
            parent.explains.push(finding);
        }
    }
    let mut findings: Vec<Finding> = placed.into_iter().flatten().collect();
    findings.sort_by_key(|finding| {
        (
            std::cmp::Reverse((finding.severity, finding.confidence, finding.affected.len())),
            position(finding.id),
        )
    });
    Attributed { findings, by_request: ByRequest { ids: names, of_request: claims.of_request } }
}

/// A finding that never had connections (it rests on counters of the host) goes beneath one that
/// explains it and is likely at least.
fn nest_without_connections(
    placed: &mut [Option<Finding>],
    nested: &mut Vec<(usize, Finding)>,
    ids: &[&'static str],
) {
    for index in 0..placed.len() {
        let Some(effect) = placed[index].as_ref().filter(|finding| finding.affected.is_empty())
        else {
            continue;
        };
        let parent = placed.iter().enumerate().position(|(other, cause)| {
            other != index
                && cause.as_ref().is_some_and(|cause| {
                    cause.confidence >= Confidence::Likely && explains(cause.id, effect.id)
                })
        });
        if let (Some(parent), Some(effect)) = (parent, placed[index].take_if(|_| parent.is_some()))
        {
            debug_assert!(explains(ids[parent], effect.id));
            nested.push((parent, effect));
        }
    }
}

/// Sorts claims on one request: a cause before what it explains, then the surer, then by catalogue.
fn rank(claim: &mut Vec<usize>, candidates: &[Finding]) {
    let beaten = |index: usize| {
        claim
            .iter()
            .any(|&other| other != index && overrides(&candidates[other], &candidates[index]))
    };
    let mut ranked: Vec<(bool, std::cmp::Reverse<Confidence>, usize, usize)> = claim
        .iter()
        .map(|&index| {
            let candidate = &candidates[index];
            (beaten(index), std::cmp::Reverse(candidate.confidence), position(candidate.id), index)
        })
        .collect();
    ranked.sort_unstable();
    *claim = ranked.into_iter().map(|(.., index)| index).collect();
}

/// A cause takes the connections of what it explains, unless it is itself only possible and the
/// other is surer.
fn overrides(cause: &Finding, effect: &Finding) -> bool {
    explains(cause.id, effect.id)
        && (cause.confidence >= Confidence::Likely || cause.confidence >= effect.confidence)
}

/// True when `cause` explains `effect`, directly or through others.
pub(crate) fn explains(cause: &str, effect: &str) -> bool {
    let direct = crate::find(cause).map_or(&[][..], |check| check.info.explains);
    direct.contains(&effect) || direct.iter().any(|between| explains(between, effect))
}

fn position(id: &str) -> usize {
    CATALOG.iter().position(|check| check.info.id == id).unwrap_or(usize::MAX)
}

/// The one that took most, the first of several; `takers` holds how many each took.
fn most_frequent(takers: &BTreeMap<usize, usize>) -> Option<usize> {
    let most = takers.iter().max_by_key(|&(&taker, &count)| (count, std::cmp::Reverse(taker)));
    most.map(|(&taker, _)| taker)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn precedence_has_no_cycle() {
        for check in CATALOG {
            assert!(!explains(check.info.id, check.info.id), "{} explains itself", check.info.id);
        }
    }

    #[test]
    fn any_path_finding_explains_the_loss_outside() {
        use synrecv_model::Class;
        for check in CATALOG {
            if check.info.class == Class::Path && check.info.id != "synack-lost-outside" {
                assert!(explains(check.info.id, "synack-lost-outside"), "{}", check.info.id);
            }
        }
    }
}
