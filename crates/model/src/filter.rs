//! Rules and programs of this host that can drop a packet: netfilter, traffic control, XDP.

mod xt_target;

use std::net::IpAddr;
use std::ops::RangeInclusive;

use crate::Foreign;

/// Which part of the kernel holds a chain. `iptables-nft` writes into nftables.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum FilterSystem {
    /// nf_tables, over nfnetlink.
    Nftables,
    /// x_tables: `iptables-legacy`, `ip6tables-legacy`.
    XTables,
}

impl FilterSystem {
    /// The tool that lists it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Nftables => "nftables",
            Self::XTables => "iptables-legacy",
        }
    }
}

/// Family of a table, `NFPROTO_*`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum FilterFamily {
    /// 1: IPv4 and IPv6.
    Inet,
    /// 2
    Ip,
    /// 3: ARP packets only.
    Arp,
    /// 5: hooks of devices.
    Netdev,
    /// 7
    Bridge,
    /// 10
    Ip6,
    /// Any other value.
    Other(u8),
}

impl FilterFamily {
    /// From `nfgen_family`.
    pub fn from_number(number: u8) -> Self {
        match number {
            1 => Self::Inet,
            2 => Self::Ip,
            3 => Self::Arp,
            5 => Self::Netdev,
            7 => Self::Bridge,
            10 => Self::Ip6,
            other => Self::Other(other),
        }
    }

    /// The word that `nft` prints.
    pub fn name(self) -> &'static str {
        match self {
            Self::Inet => "inet",
            Self::Ip => "ip",
            Self::Arp => "arp",
            Self::Netdev => "netdev",
            Self::Bridge => "bridge",
            Self::Ip6 => "ip6",
            Self::Other(_) => "unknown",
        }
    }

    /// Whether packets of an address' family pass its chains, as far as the family decides.
    pub fn covers(self, address: IpAddr) -> bool {
        match self {
            Self::Inet | Self::Netdev | Self::Bridge => true,
            Self::Ip => address.is_ipv4(),
            Self::Ip6 => address.is_ipv6(),
            Self::Arp | Self::Other(_) => false,
        }
    }
}

/// Where in the way of a packet a base chain is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Hook {
    /// Of a device, before IP: `NF_NETDEV_INGRESS`, or `NF_INET_INGRESS` of an inet table.
    Ingress,
    /// `NF_INET_PRE_ROUTING`
    Prerouting,
    /// `NF_INET_LOCAL_IN`
    Input,
    /// `NF_INET_FORWARD`
    Forward,
    /// `NF_INET_LOCAL_OUT`
    Output,
    /// `NF_INET_POST_ROUTING`
    Postrouting,
    /// Of a device, after IP: `NF_NETDEV_EGRESS`.
    Egress,
}

impl Hook {
    /// The word that `nft` prints.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ingress => "ingress",
            Self::Prerouting => "prerouting",
            Self::Input => "input",
            Self::Forward => "forward",
            Self::Output => "output",
            Self::Postrouting => "postrouting",
            Self::Egress => "egress",
        }
    }
}

/// Type of a base chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum ChainKind {
    /// Passes or drops. x_tables: filter, raw, security and mangle but for its OUTPUT.
    Filter,
    /// Translates addresses.
    Nat,
    /// Looks the route up anew when a packet was changed: a reply can leave by another way than the
    /// look-up said. x_tables: OUTPUT of mangle.
    Route,
}

/// How a base chain is bound.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct BaseChain {
    /// Where it is called.
    pub hook: Hook,
    /// Order at the hook, low first.
    pub priority: i32,
    /// Type.
    pub kind: ChainKind,
    /// What happens to a packet that reaches its end: [`RuleVerdict::Accept`] or
    /// [`RuleVerdict::Drop`].
    pub policy: RuleVerdict,
    /// Packets that met the policy since the counter was reset. `None` where it is not counted:
    /// nftables, but for the chains that `iptables-nft` makes.
    pub policy_packet_count: Option<u64>,
    /// Devices of a netdev or inet ingress chain; a trailing `*` matches any rest. Empty for all.
    pub devices: Vec<Foreign>,
}

/// A chain with its rules, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct FilterChain {
    /// Who holds it.
    pub system: FilterSystem,
    /// Family of its table.
    pub family: FilterFamily,
    /// Table.
    pub table: Foreign,
    /// Its own name.
    pub name: Foreign,
    /// `None` for a chain that is only jumped to, and in a dormant table, which is not called at
    /// all.
    pub base: Option<BaseChain>,
    /// Rules in order.
    pub rules: Vec<FilterRule>,
}

/// What a rule does with a packet that it matches.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum RuleVerdict {
    /// Ends this hook.
    Accept,
    /// Ends the packet, silently.
    Drop,
    /// Ends the packet with a RST or an ICMP error.
    Reject,
    /// Goes on in another chain and comes back.
    Jump(Foreign),
    /// Goes on in another chain and does not come back.
    Goto(Foreign),
    /// Back to the caller.
    Return,
    /// Hands it to a process.
    Queue,
    /// Goes on with the next rule: counts, logs, marks.
    Continue,
    /// Depends on data that was not read (a large verdict map), or is not known here.
    Unknown,
}

impl RuleVerdict {
    /// True when the packet ends here.
    pub fn ends_packet(&self) -> bool {
        matches!(self, Self::Drop | Self::Reject)
    }
}

/// A rule.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct FilterRule {
    /// NFTA_RULE_HANDLE; for x_tables the position in the chain, from 1. A rule with a verdict map
    /// stands here once for each verdict of the map, with the same handle and text.
    pub handle: u64,
    /// What it says, as near to the listing of the tool as can be; what was not understood is `...`.
    pub text: Foreign,
    /// Conditions that must all hold.
    pub terms: Vec<Term>,
    /// What it does.
    pub verdict: RuleVerdict,
    /// Packets it matched since the counter was reset; `None` when it does not count, or counts
    /// before it has looked at everything.
    pub packet_count: Option<u64>,
}

/// A condition of a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Term {
    /// Holds when the test does not.
    pub negated: bool,
    /// The test.
    pub test: Test,
}

/// What a condition looks at.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Test {
    /// Network protocol is IPv4 (4) or IPv6 (6), or neither of them (0): ARP.
    IpVersion(u8),
    /// Transport protocol is one of these.
    Protocol(Vec<u8>),
    /// Source address lies in one of these ranges.
    Source(Vec<(IpAddr, IpAddr)>),
    /// Destination address lies in one of these ranges.
    Destination(Vec<(IpAddr, IpAddr)>),
    /// Source port lies in one of these ranges.
    SourcePort(Vec<RangeInclusive<u16>>),
    /// Destination port lies in one of these ranges.
    DestinationPort(Vec<RangeInclusive<u16>>),
    /// Device it came by is one of these; a trailing `*` matches any rest.
    InDevice(Vec<Foreign>),
    /// Device it leaves by is one of these; a trailing `*` matches any rest.
    OutDevice(Vec<Foreign>),
    /// TCP flags under the mask equal one of the values.
    TcpFlags {
        /// Flags looked at.
        mask: u8,
        /// Right values of them.
        values: Vec<u8>,
    },
    /// Conntrack state is one of a set.
    ConntrackState(ConntrackStates),
    /// There is a route back to the source, by the device it came by unless the rule is a loose one:
    /// nft `fib`, iptables `rpfilter`.
    ReversePath,
    /// Anything else: a named set, a limit, a mark.
    Other,
}

/// A set of conntrack states as rules name them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct ConntrackStates {
    /// Fits no connection.
    pub invalid: bool,
    /// Of a connection that has seen both directions.
    pub established: bool,
    /// Expected by one that is.
    pub related: bool,
    /// The first of a connection.
    pub new: bool,
    /// Not tracked, by rule.
    pub untracked: bool,
}

/// Which counter of a rule: enough to find it again in a second reading.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct RuleId {
    /// Who holds it.
    pub system: FilterSystem,
    /// Family of its table.
    pub family: FilterFamily,
    /// Table.
    pub table: Foreign,
    /// Chain.
    pub chain: Foreign,
    /// Handle; 0 for the policy of the chain.
    pub handle: u64,
}

/// A rule or policy that matched packets while watching.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct RuleDelta {
    /// Which.
    pub rule: RuleId,
    /// Packets more than at the start.
    pub packet_count: u64,
}

/// Which way packets pass a program or filter of a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Direction {
    /// Into this host.
    In,
    /// Out of it.
    Out,
}

/// A filter of traffic control on a device. RTM_GETTFILTER.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct DeviceFilter {
    /// Device.
    pub ifindex: u32,
    /// Its side: ingress or egress of `clsact`, or `ingress`; egress too for a classful qdisc.
    pub direction: Direction,
    /// `bpf`, `flower`, `u32`, `matchall`. TCA_KIND.
    pub kind: Foreign,
    /// Name of its BPF program. TCA_BPF_NAME.
    pub name: Option<Foreign>,
    /// Id of its BPF program. TCA_BPF_ID.
    pub program_id: Option<u32>,
    /// What its BPF program returns is the verdict. TCA_BPF_FLAG_ACT_DIRECT.
    pub direct_action: bool,
    /// An action of it drops packets it matches: `gact` drop, or `police` those over a rate.
    pub drops: bool,
    /// Packets dropped by its actions; `None` when it does not count. TCA_ACT_STATS.
    pub dropped_count: Option<u64>,
}

impl DeviceFilter {
    /// True when it can drop: by an action, or by what its program returns.
    pub fn can_drop(&self) -> bool {
        self.drops || self.direct_action
    }
}
