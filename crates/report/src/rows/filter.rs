use serde::Serialize;
use synrecv_model::{
    ConntrackEntry, DeviceFilter, Direction, Endpoint, FilterChain, FilterRule, LinkNames,
    RuleVerdict, Tracked,
};

/// A rule of netfilter that ends packets, or the policy of a chain that does.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct FilterRuleRow {
    /// `nftables` or `iptables-legacy`.
    pub system: &'static str,
    /// Family of the table: `inet`, `ip`, `ip6`, `netdev`, `bridge`.
    pub family: &'static str,
    /// Table.
    pub table: String,
    /// Chain.
    pub chain: String,
    /// Where the chain is called; absent when it is only jumped to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hook: Option<&'static str>,
    /// Order at the hook, low first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub priority: Option<i32>,
    /// Handle of the rule, for iptables-legacy its position; absent for a policy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub handle: Option<u64>,
    /// What the rule says; absent for a policy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// `drop`, `reject`, or `unknown` when it depends on data that was not read.
    pub verdict: &'static str,
    /// Packets so far; `null` when it does not count.
    pub packet_count: Option<u64>,
    /// Packets during the observation; `null` when that is not known.
    pub moved_count: Option<u64>,
}

impl FilterRuleRow {
    /// A rule; `None` when it lets packets pass.
    pub fn rule(chain: &FilterChain, rule: &FilterRule, moved: Option<u64>) -> Option<Self> {
        Some(Self {
            handle: Some(rule.handle),
            text: Some(rule.text.0.clone()),
            verdict: verdict(&rule.verdict)?,
            packet_count: rule.packet_count,
            moved_count: moved.filter(|_| rule.packet_count.is_some()),
            ..Self::chain(chain)
        })
    }

    /// The policy of a base chain; `None` when it lets packets pass.
    pub fn policy(chain: &FilterChain, moved: Option<u64>) -> Option<Self> {
        let base = chain.base.as_ref()?;
        Some(Self {
            verdict: verdict(&base.policy)?,
            packet_count: base.policy_packet_count,
            moved_count: moved.filter(|_| base.policy_packet_count.is_some()),
            ..Self::chain(chain)
        })
    }

    fn chain(chain: &FilterChain) -> Self {
        let base = chain.base.as_ref();
        Self {
            system: chain.system.name(),
            family: chain.family.name(),
            table: chain.table.0.clone(),
            chain: chain.name.0.clone(),
            hook: base.map(|base| base.hook.name()),
            priority: base.map(|base| base.priority),
            handle: None,
            text: None,
            verdict: "",
            packet_count: None,
            moved_count: None,
        }
    }
}

fn verdict(verdict: &RuleVerdict) -> Option<&'static str> {
    match verdict {
        RuleVerdict::Drop => Some("drop"),
        RuleVerdict::Reject => Some("reject"),
        RuleVerdict::Unknown => Some("unknown"),
        RuleVerdict::Accept
        | RuleVerdict::Jump(_)
        | RuleVerdict::Goto(_)
        | RuleVerdict::Return
        | RuleVerdict::Queue
        | RuleVerdict::Continue => None,
    }
}

/// A filter of traffic control that can drop.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct DeviceFilterRow {
    /// Device.
    pub dev: String,
    /// `ingress` or `egress`.
    pub direction: &'static str,
    /// `bpf`, `flower`, `u32`, `matchall`.
    pub kind: String,
    /// Name of its BPF program.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Id of its BPF program.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub program_id: Option<u32>,
    /// It drops every packet it matches; a BPF program can drop without.
    pub drops: bool,
    /// Packets dropped by its actions; `null` when it does not count.
    pub dropped_count: Option<u64>,
}

impl DeviceFilterRow {
    /// From the noun, with the name of its device.
    pub fn new(filter: &DeviceFilter, names: &LinkNames) -> Self {
        Self {
            dev: names.name(filter.ifindex).0,
            direction: match filter.direction {
                Direction::In => "ingress",
                Direction::Out => "egress",
            },
            kind: filter.kind.0.clone(),
            name: filter.name.as_ref().map(|name| name.0.clone()),
            program_id: filter.program_id,
            drops: filter.drops,
            dropped_count: filter.dropped_count,
        }
    }
}

/// What connection tracking holds for a request.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct TrackedRow {
    /// Our end.
    pub local: String,
    /// The client's end.
    pub peer: String,
    /// Its entry; `null` when there is none.
    pub entry: Option<ConntrackEntryRow>,
}

/// An entry of connection tracking.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ConntrackEntryRow {
    /// `SYN_SENT`, `SYN_RECV`, `ESTABLISHED` …
    pub state: &'static str,
    /// A packet of the other direction passed; without, `[UNREPLIED]`.
    pub seen_reply: bool,
    /// Not forgotten when the table is full.
    pub assured: bool,
    /// Ends of the packets that opened it.
    pub original: EndsRow,
    /// Ends of the packets back.
    pub reply: EndsRow,
    /// Until it is forgotten.
    pub timeout_s: u32,
}

/// Where a packet comes from and where it goes.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct EndsRow {
    /// Address and port.
    pub source: String,
    /// Address and port.
    pub destination: String,
}

impl TrackedRow {
    /// From the noun.
    pub fn new(tracked: &Tracked) -> Self {
        Self {
            local: tracked.flow.local.to_string(),
            peer: tracked.flow.peer.to_string(),
            entry: tracked.entry.as_ref().map(ConntrackEntryRow::new),
        }
    }
}

impl ConntrackEntryRow {
    fn new(entry: &ConntrackEntry) -> Self {
        let ends = |(from, to): &(Endpoint, Endpoint)| EndsRow {
            source: from.to_string(),
            destination: to.to_string(),
        };
        Self {
            state: entry.state.name(),
            seen_reply: entry.seen_reply,
            assured: entry.assured,
            original: ends(&entry.original),
            reply: ends(&entry.reply),
            timeout_s: entry.timeout_s,
        }
    }
}
