//! Rules.

use std::fmt::Write as _;

use synrecv_model::{Rule, RuleAction};
use synrecv_netlink::{Question, RequestBuilder};

use super::{NLM_F_ACK, RTM_DELRULE};

/// The request that deletes a rule like this one.
pub(crate) fn rule_deletion(rule: &Rule) -> Question {
    Question { kind: RTM_DELRULE, flags: NLM_F_ACK, payload: payload(rule) }
}

pub(super) fn payload(rule: &Rule) -> Vec<u8> {
    const FRA_DST: u16 = 1;
    const FRA_SRC: u16 = 2;
    const FRA_IIFNAME: u16 = 3;
    const FRA_GOTO: u16 = 4;
    const FRA_PRIORITY: u16 = 6;
    const FRA_FWMARK: u16 = 10;
    const FRA_TUN_ID: u16 = 12;
    const FRA_SUPPRESS_PREFIXLEN: u16 = 14;
    const FRA_TABLE: u16 = 15;
    const FRA_FWMASK: u16 = 16;
    const FRA_OIFNAME: u16 = 17;
    const FRA_UID_RANGE: u16 = 20;
    const FRA_PROTOCOL: u16 = 21;
    const FRA_IP_PROTO: u16 = 22;
    const FRA_SPORT_RANGE: u16 = 23;
    const FRA_DPORT_RANGE: u16 = 24;
    const FRA_DSCP: u16 = 25;
    let header = [
        rule.family.number(),
        rule.to.map_or(0, |to| to.prefix_len()),
        rule.from.map_or(0, |from| from.prefix_len()),
        rule.tos,
        0,
        0,
        0,
        action_number(rule.action),
        if rule.invert { 2 } else { 0 },
        0,
        0,
        0,
    ];
    let mut request = RequestBuilder::new(&header)
        .u32(FRA_PRIORITY, rule.priority)
        .u32(FRA_TABLE, rule.table)
        .attribute(FRA_PROTOCOL, &[rule.protocol]);
    for (attribute, prefix) in [(FRA_DST, rule.to), (FRA_SRC, rule.from)] {
        if let Some(prefix) = prefix.filter(|prefix| prefix.prefix_len() > 0) {
            request = request.ip(attribute, prefix.addr());
        }
    }
    for (attribute, name) in [(FRA_IIFNAME, &rule.iif), (FRA_OIFNAME, &rule.oif)] {
        if let Some(name) = name {
            request = request.attribute(attribute, format!("{}\0", name.0).as_bytes());
        }
    }
    if let Some((mark, mask)) = rule.fwmark {
        request = request.u32(FRA_FWMARK, mark).u32(FRA_FWMASK, mask);
    }
    if let Some(range) = rule.uid_range {
        let both = [range.start.to_ne_bytes(), range.end.to_ne_bytes()].concat();
        request = request.attribute(FRA_UID_RANGE, &both);
    }
    for (attribute, range) in [(FRA_SPORT_RANGE, rule.sport), (FRA_DPORT_RANGE, rule.dport)] {
        if let Some(range) = range {
            let port = |port: u32| u16::try_from(port).expect("a port").to_ne_bytes();
            let both = [port(range.start), port(range.end)].concat();
            request = request.attribute(attribute, &both);
        }
    }
    if let Some(protocol) = rule.ip_protocol {
        request = request.attribute(FRA_IP_PROTO, &[protocol]);
    }
    if let Some(dscp) = rule.dscp {
        request = request.attribute(FRA_DSCP, &[dscp]);
    }
    if let Some(id) = rule.tun_id {
        request = request.attribute(FRA_TUN_ID, &id.to_be_bytes());
    }
    if let Some(goto) = rule.goto {
        request = request.u32(FRA_GOTO, goto);
    }
    if let Some(len) = rule.suppress_prefix_len {
        request = request.u32(FRA_SUPPRESS_PREFIXLEN, len);
    }
    request.into_payload()
}

fn action_number(action: RuleAction) -> u8 {
    (1..=8).find(|number| RuleAction::from_number(*number) == action).expect("a known action")
}

/// The rule in the words of `ip rule add`.
pub(crate) fn rule_words(rule: &Rule) -> String {
    let mut words = format!("priority {}", rule.priority);
    let mut add = |word: String| {
        write!(words, " {word}").expect("writing to a String does not fail");
    };
    let range = |range: synrecv_model::PortRange| format!("{}-{}", range.start, range.end);
    if rule.invert {
        add("not".to_owned());
    }
    if let Some(from) = rule.from {
        add(format!("from {from}"));
    }
    if let Some(to) = rule.to {
        add(format!("to {to}"));
    }
    if let Some(name) = &rule.iif {
        add(format!("iif {}", name.0));
    }
    if let Some(name) = &rule.oif {
        add(format!("oif {}", name.0));
    }
    if let Some((mark, mask)) = rule.fwmark {
        add(format!("fwmark {mark:#x}/{mask:#x}"));
    }
    if rule.tos != 0 {
        add(format!("tos {:#x}", rule.tos));
    }
    if let Some(dscp) = rule.dscp {
        add(format!("dscp {dscp}"));
    }
    if let Some(id) = rule.tun_id {
        add(format!("tun_id {id}"));
    }
    if let Some(uids) = rule.uid_range {
        add(format!("uidrange {}", range(uids)));
    }
    if let Some(protocol) = rule.ip_protocol {
        add(format!("ipproto {protocol}"));
    }
    if let Some(ports) = rule.sport {
        add(format!("sport {}", range(ports)));
    }
    if let Some(ports) = rule.dport {
        add(format!("dport {}", range(ports)));
    }
    match (rule.action, rule.goto) {
        (RuleAction::ToTable, _) => add(format!("lookup {}", rule.table)),
        (RuleAction::Goto, Some(target)) => add(format!("goto {target}")),
        (action, _) => add(action.name().to_owned()),
    }
    if let Some(len) = rule.suppress_prefix_len {
        add(format!("suppress_prefixlength {len}"));
    }
    words
}
