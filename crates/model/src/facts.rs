//! Everything that was read about a host.

use ipnet::IpNet;

use crate::{
    Address, Counters, DeviceFilter, FilterChain, Foreign, Link, LinkNames, Message, Neighbour,
    NextHopObject, Probed, Reply, Route, Rule, Section, Settings, Sockets, Trace, Tracked,
    WallClock,
};

/// Where the facts came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum SourceKind {
    /// The running host.
    Live,
    /// A saved bundle.
    Bundle,
    /// A packet capture.
    Capture,
    /// Text pasted from other tools.
    Ticket,
}

impl SourceKind {
    /// The word in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Bundle => "bundle",
            Self::Capture => "capture",
            Self::Ticket => "ticket",
        }
    }
}

/// Rights of the reader, as far as they decide what can be read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Capabilities {
    /// CAP_NET_ADMIN: marks, firewall rules.
    pub net_admin: bool,
    /// CAP_NET_RAW: frames.
    pub net_raw: bool,
    /// CAP_SYS_ADMIN: other network namespaces.
    pub sys_admin: bool,
    /// CAP_SYS_PTRACE: descriptors of other users' processes.
    pub sys_ptrace: bool,
}

/// The machine and the reader.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Host {
    /// `uname -n`; may hold any byte.
    pub name: Foreign,
    /// `uname -r`.
    pub kernel: Foreign,
    /// Inode of the network namespace; `None` when it is not known.
    pub netns_inode: Option<u64>,
    /// Wall clock when the survey started.
    pub started_at: WallClock,
    /// Effective uid of the reader.
    pub uid: u32,
    /// Rights of the reader.
    pub capabilities: Capabilities,
}

/// Requests in another network namespace of this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct NamespaceCount {
    /// A process inside it, the one with the least pid.
    pub pid: u32,
    /// Its name.
    pub comm: Foreign,
    /// Rows in SYN_RECV in its /proc/PID/net/tcp and tcp6.
    pub syn_recv_count: u64,
}

/// Requests in the other network namespaces of this machine.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct NamespaceSurvey {
    /// Namespaces with at least one request.
    pub with_requests: Vec<NamespaceCount>,
    /// Namespaces that were looked into, this one not counted.
    pub seen_count: u64,
}

/// The facts. A part that was not read says why.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Facts {
    /// Where they came from.
    pub source: SourceKind,
    /// The machine.
    pub host: Host,
    /// TCP sockets.
    pub sockets: Section<Sockets>,
    /// Devices.
    pub links: Section<Vec<Link>>,
    /// Addresses of this host.
    pub addresses: Section<Vec<Address>>,
    /// Settings of devices and namespace.
    pub settings: Section<Settings>,
    /// ARP and ND tables.
    pub neighbours: Section<Vec<Neighbour>>,
    /// Routes of all tables.
    pub routes: Section<Vec<Route>>,
    /// Next-hop objects.
    pub nexthops: Section<Vec<NextHopObject>>,
    /// Routing policy rules.
    pub rules: Section<Vec<Rule>>,
    /// The kernel's answers about replies to stuck peers.
    pub replies: Section<Vec<Reply>>,
    /// Counters at the start of the observation.
    pub counters: Section<Counters>,
    /// Other namespaces.
    pub namespaces: Section<NamespaceSurvey>,
    /// Chains of netfilter that a packet to or from this host can pass.
    #[cfg_attr(feature = "serde", serde(default = "not_in_input"))]
    pub filters: Section<Vec<FilterChain>>,
    /// Filters of traffic control.
    #[cfg_attr(feature = "serde", serde(default = "not_in_input"))]
    pub device_filters: Section<Vec<DeviceFilter>>,
    /// What connection tracking holds for stuck requests.
    #[cfg_attr(feature = "serde", serde(default = "not_in_input"))]
    pub tracked: Section<Vec<Tracked>>,
    /// Ways to hosts that were traced.
    #[cfg_attr(feature = "serde", serde(default = "not_in_input"))]
    pub traces: Section<Vec<Trace>>,
    /// Addresses that were asked for aloud, on request.
    #[cfg_attr(feature = "serde", serde(default = "not_in_input"))]
    pub probed: Section<Vec<Probed>>,
    /// What the kernel wrote into its log; only text brings it.
    #[cfg_attr(feature = "serde", serde(default = "not_in_input"))]
    pub messages: Section<Vec<Message>>,
    /// Networks and addresses that are spoken of in a ticket outside of any output.
    #[cfg_attr(feature = "serde", serde(default))]
    pub mentions: Vec<Mention>,
}

/// A network or an address that a person wrote of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Mention {
    /// Line in the input, from 1.
    pub line: u32,
    /// The network; of an address, the whole of it.
    pub network: IpNet,
}

/// For a part that the input was written without.
#[cfg(feature = "serde")]
pub(crate) fn not_in_input<T>() -> Section<T> {
    Section::Missing(crate::Gap::new(crate::Reason::NotInInput, "not in this input"))
}

impl Facts {
    /// Device names.
    pub fn link_names(&self) -> LinkNames {
        self.links.data().map(|links| LinkNames::new(links)).unwrap_or_default()
    }
}
