//! IPv6: `ip6_route_output_flags`, `fib6_rule_lookup`, `ip6_pol_route` and `fib6_select_path`.

use std::net::IpAddr;

use super::rules::{Defaults, Walked, defaults};
use super::select::Wishes;
use super::{Cannot, Fib, FibAnswer, FibMatch, FibQuery, LOCAL, MAIN, Pick, Refusal, TableAnswer};
use crate::{Family, NextHop, RouteErrno, RouteKind, Rule};

impl<'a> Fib<'a> {
    pub(super) fn lookup_v6(&self, query: &FibQuery) -> Result<FibAnswer<'a>, Cannot> {
        let rules = self.rules_of(Family::V6);
        let of_defaults = defaults(&rules, Family::V6);
        self.whoever_answers(query, |wishes| {
            let look = |table| self.look_v6(table, query, wishes);
            let listed = match self.walk(&rules, query, look)? {
                Walked::Found(rule, pick) => {
                    FibAnswer::Found(self.path_v6(wishes, Some(rule), pick)?)
                }
                Walked::Refused(errno, by) => FibAnswer::Refused { errno, by },
                Walked::Nothing => NO_ROUTE,
            };
            if of_defaults != Defaults::Some || self.facts.rules_changed_v6 == Some(true) {
                return Ok(listed);
            }
            // Until a rule is added, the kernel looks into `local` and `main` whatever is listed.
            let unchanged = match look(LOCAL)? {
                TableAnswer::Again => look(MAIN)?,
                answer => answer,
            };
            let unchanged = self.answer_v6(wishes, unchanged)?;
            if self.facts.rules_changed_v6.is_some() || unchanged.agrees_with(&listed) {
                Ok(unchanged)
            } else {
                Err(Cannot::RuleHistory)
            }
        })
    }

    /// A look-up in one table only.
    pub(super) fn lookup_table_v6(
        &self,
        query: &FibQuery,
        table: u32,
    ) -> Result<FibAnswer<'a>, Cannot> {
        self.whoever_answers(query, |wishes| {
            self.answer_v6(wishes, self.look_v6(table, query, wishes)?)
        })
    }

    /// Looks up as `look` says. When it is not known which gateways answer, or whether that
    /// counts, it looks up once more as if those of the answer did not: that may change the way
    /// out, but not the route.
    fn whoever_answers(
        &self,
        query: &FibQuery,
        look: impl Fn(Wishes<'_>) -> Result<FibAnswer<'a>, Cannot>,
    ) -> Result<FibAnswer<'a>, Cannot> {
        let forwards = self.forwards_v6();
        let wishes = Wishes {
            device: if query.iif == 0 { query.oif } else { query.iif },
            only_device: needs_its_device(query),
            reachable: forwards != Some(true),
            silent: &[],
        };
        let answer = look(wishes)?;
        let mut silent = Vec::new();
        let otherwise = match (forwards, &self.neighbours, &answer) {
            (Some(true), _, _) | (Some(false), Some(_), _) => return Ok(answer),
            (None, Some(_), _) => Wishes { reachable: false, ..wishes },
            (_, None, FibAnswer::Found(found)) => {
                silent.extend(found.next_hops.iter().filter(|hop| hop.gateway.is_some()).copied());
                Wishes { silent: &silent, ..wishes }
            }
            (_, None, _) => return Ok(answer),
        };
        let otherwise = look(otherwise)?;
        match (&answer, &otherwise) {
            (FibAnswer::Found(one), FibAnswer::Found(two))
                if std::ptr::eq(one.route, two.route) =>
            {
                let more = two.next_hops.len() > one.next_hops.len();
                Ok(if more { otherwise } else { answer })
            }
            (one, two) if one.agrees_with(two) => Ok(answer),
            _ => Err(Cannot::Reachability),
        }
    }

    fn answer_v6(
        &self,
        wishes: Wishes<'_>,
        answer: TableAnswer<'a>,
    ) -> Result<FibAnswer<'a>, Cannot> {
        Ok(match answer {
            TableAnswer::Found(pick) => FibAnswer::Found(self.path_v6(wishes, None, pick)?),
            TableAnswer::Refused(errno, route) => {
                FibAnswer::Refused { errno, by: Refusal::Route { rule: None, route } }
            }
            TableAnswer::Again => NO_ROUTE,
        })
    }

    /// `fib6_select_path`: a hash chooses among the next hops of a route, whatever the device,
    /// unless only one device will do.
    fn path_v6(
        &self,
        wishes: Wishes<'_>,
        rule: Option<&'a Rule>,
        pick: Pick<'a>,
    ) -> Result<FibMatch<'a>, Cannot> {
        let route = pick.route;
        let hops = self.hops(route)?;
        let next_hops: Vec<NextHop> = match route.kind {
            RouteKind::Local | RouteKind::Anycast => Vec::new(),
            _ if hops.list().len() < 2 => pick.hop.into_iter().collect(),
            // Of an object, any member: not even a bound socket counts.
            _ if route.nexthop_id.is_some() => hops.list().to_vec(),
            _ => {
                let takes = |hop: &&NextHop| {
                    pick.hop == Some(**hop) || self.score(route, hop, wishes).is_some()
                };
                hops.list().iter().filter(takes).copied().collect()
            }
        };
        Ok(FibMatch { rule, route, next_hops, source_matched: Vec::new() })
    }
}

const NO_ROUTE: FibAnswer<'static> =
    FibAnswer::Refused { errno: RouteErrno::ENETUNREACH, by: Refusal::NoRoute };

/// True when no device but the one in the question will do: the destination is unique only on a
/// device (`rt6_need_strict`), or the socket is bound, or the source is left open.
fn needs_its_device(query: &FibQuery) -> bool {
    let needs_device = match query.destination {
        IpAddr::V6(v6) => v6.is_unicast_link_local() || v6.is_multicast() || v6.is_loopback(),
        IpAddr::V4(_) => false,
    };
    let output_needs =
        query.iif == 0 && query.oif != 0 && (query.bound || query.named_source().is_none());
    needs_device || output_needs
}
