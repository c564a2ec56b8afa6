//! Rules.

use synrecv_model::{Family, Foreign, PortRange, Rule, RuleAction};

use super::{Generator, TABLES};
use crate::fib::item::PROTOCOL;

const PRIORITIES: [u32; 10] = [5, 10, 20, 30, 30, 40, 32_765, 32_766, 32_768, 40_000];
const TARGETS: [u32; 7] = [10, 20, 30, 40, 32_766, 32_767, 33_000];

impl Generator<'_> {
    pub(super) fn rule(&mut self, family: Family) -> Rule {
        let mut rule = plain(family);
        rule.priority = *self.random.pick(&PRIORITIES);
        rule.invert = self.random.chance(10);
        if self.random.chance(35) {
            rule.from = Some(self.prefix(family));
        }
        if self.random.chance(25) {
            rule.to = Some(self.prefix(family));
        }
        if self.random.chance(10) {
            let name = *self.random.pick(&["lo", "eth0", "eth1", "nodevice"]);
            rule.iif = Some(Foreign(name.to_owned()));
        }
        if self.random.chance(8) {
            let name = *self.random.pick(&["eth0", "eth1", "nodevice"]);
            rule.oif = Some(Foreign(name.to_owned()));
        }
        if self.random.chance(20) {
            let mask = *self.random.pick(&[u32::MAX, 0xf, 0xf0]);
            rule.fwmark = Some((*self.random.pick(&[0, 1, 2, 0x10]) & mask, mask));
        }
        match self.random.between(0, 11) {
            0 => rule.tos = *self.random.pick(&[0x10, 0x08]),
            1 => rule.dscp = Some(*self.random.pick(&[0, 4, 2, 40])),
            2 if self.random.chance(30) => rule.tun_id = Some(77),
            _ => {}
        }
        if self.random.chance(15) {
            let (start, end) = *self.random.pick(&[(0, 0), (1000, 1999), (1500, 1500)]);
            rule.uid_range = Some(PortRange { start, end });
        }
        if self.random.chance(15) {
            rule.ip_protocol = Some(*self.random.pick(&[6, 17]));
        }
        if self.random.chance(12) {
            rule.sport = Some(PortRange { start: 8080, end: *self.random.pick(&[8080, 8090]) });
        }
        if self.random.chance(12) {
            let end = *self.random.pick(&[40_000, 50_000]);
            rule.dport = Some(PortRange { start: 40_000, end });
        }
        (rule.action, rule.table) = match self.random.between(0, 19) {
            0 => (RuleAction::Blackhole, 0),
            1 => (RuleAction::Unreachable, 0),
            2 => (RuleAction::Prohibit, 0),
            3 => (RuleAction::Nop, 0),
            4 | 5 => {
                let later = TARGETS.into_iter().filter(|target| *target > rule.priority);
                let later: Vec<u32> = later.collect();
                if later.is_empty() {
                    (RuleAction::Nop, 0)
                } else {
                    rule.goto = Some(*self.random.pick(&later));
                    (RuleAction::Goto, 0)
                }
            }
            _ => (RuleAction::ToTable, *self.random.pick(&TABLES)),
        };
        if rule.action == RuleAction::ToTable && self.random.chance(25) {
            rule.suppress_prefix_len = Some(*self.random.pick(&[0, 0, 8, 16, 24, 48]));
        }
        rule
    }
}

fn plain(family: Family) -> Rule {
    Rule {
        family,
        priority: 0,
        invert: false,
        from: None,
        to: None,
        iif: None,
        oif: None,
        fwmark: None,
        tos: 0,
        dscp: None,
        uid_range: None,
        ip_protocol: None,
        sport: None,
        dport: None,
        tun_id: None,
        l3mdev: false,
        action: RuleAction::ToTable,
        table: 0,
        goto: None,
        suppress_prefix_len: None,
        suppress_if_group: None,
        protocol: PROTOCOL,
        unknown_selectors: Vec::new(),
    }
}

/// A rule that a new namespace has.
pub(crate) fn made_by_the_kernel(family: Family, priority: u32, table: u32) -> Rule {
    Rule { priority, table, protocol: 2, ..plain(family) }
}
