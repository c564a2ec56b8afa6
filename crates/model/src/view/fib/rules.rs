//! The walk over the policy rules: `fib_rules_lookup`, `fib_rule_match` and what the families add
//! (`fib4_rule_match`, `fib6_rule_match`, and their `action` and `suppress`).

use super::tables::{bits, covers};
use super::{Cannot, Fib, FibPart, FibQuery, LOOPBACK, Pick, Refusal, TableAnswer};
use crate::{Family, PortRange, RouteErrno, Rule, RuleAction};

/// Priorities and tables of the rules that a network namespace starts with.
const DEFAULTS_V4: [(u32, u32); 3] = [(0, 255), (32_766, 254), (32_767, 253)];
const DEFAULTS_V6: [(u32, u32); 2] = [(0, 255), (32_766, 254)];

/// The TOS bits that an IPv4 route or rule with `tos` looks at: IPTOS_TOS_MASK without ECN.
pub(super) const TOS_BITS: u8 = 0x1c;

/// How a walk ended.
#[derive(Clone, Copy, Debug)]
pub(super) enum Walked<'a> {
    /// At the entry that this rule led to.
    Found(&'a Rule, Pick<'a>),
    /// At a rule or an entry that refuses.
    Refused(RouteErrno, Refusal<'a>),
    /// Behind the last rule.
    Nothing,
}

/// Which of the rules that the kernel made are there, when there are no others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Defaults {
    /// Exactly those.
    All,
    /// Not all of them.
    Some,
    /// There are others.
    Changed,
}

pub(super) fn defaults(rules: &[&Rule], family: Family) -> Defaults {
    let made: &[(u32, u32)] = match family {
        Family::V4 => &DEFAULTS_V4,
        Family::V6 => &DEFAULTS_V6,
    };
    let place = |rule: &&Rule| (rule.priority, rule.table);
    if !rules.iter().all(|rule| matches_all(rule) && made.contains(&place(rule))) {
        Defaults::Changed
    } else if rules.len() == made.len() {
        Defaults::All
    } else if rules.len() < made.len() {
        Defaults::Some
    } else {
        Defaults::Changed
    }
}

/// True for a rule that sends everything to its table.
fn matches_all(rule: &Rule) -> bool {
    let any = |prefix: &Option<ipnet::IpNet>| prefix.is_none_or(|net| net.prefix_len() == 0);
    rule.action == RuleAction::ToTable
        && !rule.invert
        && any(&rule.from)
        && any(&rule.to)
        && rule.iif.is_none()
        && rule.oif.is_none()
        && rule.fwmark.is_none()
        && rule.tos == 0
        && rule.dscp.is_none()
        && rule.uid_range.is_none()
        && rule.ip_protocol.is_none()
        && rule.sport.is_none()
        && rule.dport.is_none()
        && rule.tun_id.is_none()
        && !rule.l3mdev
        && rule.suppress_prefix_len.is_none()
        && rule.suppress_if_group.is_none()
        && rule.unknown_selectors.is_empty()
}

impl<'a> Fib<'a> {
    /// Goes through the rules of one family; `look` looks into a table.
    pub(super) fn walk(
        &self,
        rules: &[&'a Rule],
        query: &FibQuery,
        mut look: impl FnMut(u32) -> Result<TableAnswer<'a>, Cannot>,
    ) -> Result<Walked<'a>, Cannot> {
        let mut at = 0;
        while let Some(&rule) = rules.get(at) {
            at += 1;
            if !self.matches(rule, query)? {
                continue;
            }
            let errno = match rule.action {
                RuleAction::Nop => continue,
                RuleAction::Goto => {
                    // Backward jumps are refused by the kernel; an unresolved one does nothing.
                    let target = rule.goto.filter(|target| *target > rule.priority);
                    let place = target.and_then(|to| rules.iter().position(|r| r.priority == to));
                    at = place.unwrap_or(at);
                    continue;
                }
                RuleAction::ToTable => {
                    match look(rule.table)? {
                        TableAnswer::Found(pick) if self.suppresses(rule, &pick)? => {}
                        TableAnswer::Found(pick) => return Ok(Walked::Found(rule, pick)),
                        TableAnswer::Refused(errno, route) => {
                            let by = Refusal::Route { rule: Some(rule), route };
                            return Ok(Walked::Refused(errno, by));
                        }
                        TableAnswer::Again => {}
                    }
                    continue;
                }
                RuleAction::Blackhole => RouteErrno::EINVAL,
                RuleAction::Unreachable => RouteErrno::ENETUNREACH,
                RuleAction::Prohibit => RouteErrno::EACCES,
                RuleAction::Other(_) => {
                    return Err(Cannot::UnknownAction { priority: rule.priority });
                }
            };
            return Ok(Walked::Refused(errno, Refusal::Rule(rule)));
        }
        Ok(Walked::Nothing)
    }

    /// True when the rule applies. What is not known counts only when the rest matches.
    fn matches(&self, rule: &Rule, query: &FibQuery) -> Result<bool, Cannot> {
        if !self.matches_so_far(rule, query)? {
            return Ok(rule.invert);
        }
        if let Some(&attribute) = rule.unknown_selectors.first() {
            return Err(Cannot::UnknownSelector { priority: rule.priority, attribute });
        }
        let uid_fits = match (rule.uid_range, query.uid) {
            (None, _) => true,
            (Some(range), Some(uid)) => within(range, uid),
            (Some(_), None) => return Err(Cannot::Uid { priority: rule.priority }),
        };
        Ok(uid_fits != rule.invert)
    }

    fn matches_so_far(&self, rule: &Rule, query: &FibQuery) -> Result<bool, Cannot> {
        let came_by = if query.iif == 0 { LOOPBACK } else { query.iif };
        let marked = rule.fwmark.is_none_or(|(value, mask)| (value ^ query.mark) & mask == 0);
        let port_fits = |range: Option<PortRange>, port: u16| {
            range.is_none_or(|range| within(range, u32::from(port)))
        };
        let plain = marked
            // Neither a reply nor a question comes by a tunnel or within a VRF.
            && rule.tun_id.is_none_or(|id| id == 0)
            && !rule.l3mdev
            && source_fits(rule, query)
            && rule.to.is_none_or(|to| covers(&to, bits(query.destination)))
            && tos_fits(rule, query)
            && rule.ip_protocol.is_none_or(|protocol| protocol == query.ip_protocol)
            && port_fits(rule.sport, query.sport)
            && port_fits(rule.dport, query.dport);
        if !plain {
            return Ok(false);
        }
        for (name, device) in [(&rule.iif, came_by), (&rule.oif, query.oif)] {
            if let Some(name) = name
                && self.ifindex(name)? != Some(device)
            {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// True when the rule does not accept this result and the walk goes on.
    fn suppresses(&self, rule: &Rule, pick: &Pick<'_>) -> Result<bool, Cannot> {
        let too_short =
            |len: u8| rule.suppress_prefix_len.is_some_and(|least| u32::from(len) <= least);
        let suppressed = too_short(pick.route.destination.prefix_len());
        if rule.suppress_prefix_len.is_some() && rule.family == Family::V6 {
            // IPv6 routes by one next-hop object share the cached result, which has the prefix of
            // the route that was first used.
            let known = self.members(pick.route).into_iter().filter_map(|id| self.lengths.get(&id));
            for &(least, most) in known {
                if too_short(least) != suppressed || too_short(most) != suppressed {
                    return Err(Cannot::SharedNextHop { priority: rule.priority });
                }
            }
        }
        if !suppressed && rule.suppress_if_group.is_some() {
            return Err(Cannot::DeviceGroup { priority: rule.priority });
        }
        Ok(suppressed)
    }

    /// The ifindex of a device; `None` when no device has this name.
    fn ifindex(&self, name: &crate::Foreign) -> Result<Option<u32>, Cannot> {
        let links = self.facts.links.ok_or(Cannot::NotRead(FibPart::Links))?;
        Ok(links.iter().find(|link| link.name == *name).map(|link| link.ifindex))
    }
}

fn source_fits(rule: &Rule, query: &FibQuery) -> bool {
    let Some(from) = rule.from.filter(|from| from.prefix_len() > 0) else {
        return true;
    };
    match query.named_source() {
        Some(source) => covers(&from, bits(source)),
        // IPv4 compares with 0.0.0.0, IPv6 asks whether there is a source at all.
        None => rule.family == Family::V4 && covers(&from, 0),
    }
}

fn tos_fits(rule: &Rule, query: &FibQuery) -> bool {
    if let Some(dscp) = rule.dscp {
        return dscp == query.tos >> 2;
    }
    let looked_at = match rule.family {
        Family::V4 => query.tos & TOS_BITS,
        Family::V6 => query.tos & !3,
    };
    rule.tos == 0 || rule.tos == looked_at
}

fn within(range: PortRange, value: u32) -> bool {
    (range.start..=range.end).contains(&value)
}
