//! Findings: what is wrong, how sure that is, and the evidence on both sides.

use std::net::IpAddr;

use ipnet::IpNet;

use crate::{Command, Endpoint, Foreign, Mac, Text};

/// Where on the way the handshake breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// The SYN-ACK does not reach the client.
    Path,
    /// The ACK comes in and is not accepted.
    Local,
    /// The SYN-ACK dies inside this host.
    Output,
    /// Spoofed or overwhelming SYNs.
    Flood,
    /// No request is ever made.
    Refused,
    /// Nobody's fault here.
    Outside,
    /// Does not explain stuck connections by itself.
    Latent,
}

impl Class {
    /// The word in reports; `null` in JSON for latent findings.
    pub fn name(self) -> Option<&'static str> {
        match self {
            Self::Path => Some("path"),
            Self::Local => Some("local"),
            Self::Output => Some("output"),
            Self::Flood => Some("flood"),
            Self::Refused => Some("refused"),
            Self::Outside => Some("outside"),
            Self::Latent => None,
        }
    }
}

/// What a finding costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Worth knowing.
    Info,
    /// Can cause stuck connections; not shown to.
    Warning,
    /// Explains stuck connections.
    Problem,
}

impl Severity {
    /// The word in reports and JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Problem => "problem",
        }
    }
}

/// How sure a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Confidence {
    /// Fits, and something else could as well.
    Possible,
    /// Consistent indirect facts.
    Likely,
    /// A fact that nothing else can produce.
    Confirmed,
}

impl Confidence {
    /// The word in reports and JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Possible => "possible",
            Self::Likely => "likely",
            Self::Confirmed => "confirmed",
        }
    }
}

/// A part of the facts that a check needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Part {
    /// Sockets in SYN_RECV and listeners, and their samples.
    Sockets,
    /// Devices.
    Links,
    /// Addresses of this host.
    Addresses,
    /// Settings.
    Settings,
    /// ARP and ND tables.
    Neighbours,
    /// Route tables.
    Routes,
    /// Policy rules.
    Rules,
    /// The kernel's answers about replies.
    Replies,
    /// Counters at both ends of the observation.
    Counters,
    /// Rules of netfilter, and their counters.
    Filters,
    /// Filters of traffic control.
    DeviceFilters,
    /// Entries of connection tracking.
    Conntrack,
    /// Captured frames.
    Frames,
    /// Answers to questions asked aloud, and traced ways: only with `--probe`.
    Probes,
}

impl Part {
    /// The word that `checks` prints.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sockets => "sockets",
            Self::Links => "links",
            Self::Addresses => "addresses",
            Self::Settings => "settings",
            Self::Neighbours => "neighbours",
            Self::Routes => "routes",
            Self::Rules => "rules",
            Self::Replies => "replies",
            Self::Counters => "counters",
            Self::Filters => "filters",
            Self::DeviceFilters => "device-filters",
            Self::Conntrack => "conntrack",
            Self::Frames => "frames",
            Self::Probes => "probes",
        }
    }
}

/// Metadata of a check. The id is the id of the finding and never changes its meaning.
#[derive(Debug)]
pub struct CheckInfo {
    /// The fault, in kebab case.
    pub id: &'static str,
    /// Where the handshake breaks.
    pub class: Class,
    /// What is, in the present, lower case, at most 72 bytes.
    pub summary: &'static str,
    /// Severity when connections are stuck by it; `by share` when it depends on how many.
    pub severity: &'static str,
    /// Parts without which the check is not run.
    pub needs: &'static [Part],
    /// Parts that it reads when they are there.
    pub also_reads: &'static [Part],
    /// Whether the fault exists over IPv6, and how it differs.
    pub ipv6: &'static str,
    /// Ids of findings that this one explains for the same connections.
    pub explains: &'static [&'static str],
    /// What would disprove it.
    pub disproved_by: &'static [&'static str],
    /// The manual page.
    pub manual: Manual,
}

/// The manual of a finding, printed by `explain`.
#[derive(Debug)]
pub struct Manual {
    /// What happens, in plain words.
    pub meaning: &'static str,
    /// The ways of SYN, SYN-ACK and ACK; one line each, may be empty.
    pub picture: &'static [&'static str],
    /// What it is recognised by, and what is needed to see that.
    pub recognised: &'static [(&'static str, &'static str)],
    /// Findings it is mistaken for, and what tells them apart.
    pub looks_like: &'static [(&'static str, &'static str)],
    /// Commands to check it without this program, and what to see there.
    pub by_hand: &'static [(&'static str, &'static str)],
    /// What to do.
    pub fix: &'static str,
    /// Kernel documents, RFCs, manual pages.
    pub references: &'static [&'static str],
}

/// What a hypothesis is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    /// The whole host.
    Host,
    /// A listening socket.
    Listener(Endpoint),
    /// A device, by ifindex.
    Link(u32),
    /// A prefix on a device.
    Prefix(u32, IpNet),
    /// A link-layer address on a device.
    Mac(u32, Mac),
    /// Peers reached by one way out: device and local address.
    Way(u32, IpAddr),
}

/// Where a piece of evidence was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Origin {
    /// Socket tables.
    Sockets,
    /// Listener queues and drops.
    Queue,
    /// The kernel's route look-up or the route tables.
    Route,
    /// Neighbour tables.
    Arp,
    /// Addresses and prefixes.
    Address,
    /// Counters.
    Counters,
    /// Settings.
    Settings,
    /// Rules of netfilter.
    Filter,
    /// Connection tracking.
    Conntrack,
    /// Captured frames.
    Frames,
    /// Answers of the network to questions that were asked on request.
    Probe,
    /// The log of the kernel or of a daemon.
    Log,
}

impl Origin {
    /// The word in reports and JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sockets => "sockets",
            Self::Queue => "queue",
            Self::Route => "route",
            Self::Arp => "arp",
            Self::Address => "address",
            Self::Counters => "counters",
            Self::Settings => "settings",
            Self::Filter => "filter",
            Self::Conntrack => "conntrack",
            Self::Frames => "frames",
            Self::Probe => "probe",
            Self::Log => "log",
        }
    }
}

/// Which side a piece of evidence is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stance {
    /// Supports the hypothesis.
    For,
    /// Speaks against it.
    Against,
}

/// How much a piece of evidence can carry. The heaviest on each side decides; nothing is added up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weight {
    /// Fits, proves nothing.
    Weak,
    /// Hardly comes from anything else.
    Strong,
    /// Nothing else can produce it. The check says why.
    Decisive,
}

/// A typed value of a piece of evidence or of a finding's arguments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// A number; the unit is in the name.
    Number(u64),
    /// Yes or no.
    Flag(bool),
    /// An address.
    Ip(IpAddr),
    /// A prefix.
    Net(IpNet),
    /// A link-layer address.
    Mac(Mac),
    /// Address and port.
    Endpoint(Endpoint),
    /// A word of a fixed set.
    Word(&'static str),
    /// A string from outside: device or process name.
    Foreign(Foreign),
    /// Several values.
    List(Vec<Value>),
    /// Looked for and unknown.
    Unknown,
}

/// One piece of evidence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evidence {
    /// Where it was read.
    pub origin: Origin,
    /// Stable name of the fact, kebab case.
    pub name: &'static str,
    /// Its values by name, units in the names.
    pub values: Vec<(&'static str, Value)>,
    /// The sentence for people.
    pub text: Text,
    /// Which side.
    pub stance: Stance,
    /// How much it can carry.
    pub weight: Weight,
    /// Commands that show the same fact without this program.
    pub recheck: Vec<Command>,
}

/// What an action costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ActionLabel {
    /// Looks, asks, or changes nothing that carries traffic.
    Investigate,
    /// Changes something without interrupting traffic.
    Safe,
    /// Interrupts traffic, or can.
    Disruptive,
}

impl ActionLabel {
    /// The word in reports and JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Investigate => "investigate",
            Self::Safe => "safe",
            Self::Disruptive => "disruptive",
        }
    }
}

/// One step of what to do. The program takes none of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Action {
    /// Stable name, kebab case.
    pub id: &'static str,
    /// What it costs.
    pub label: ActionLabel,
    /// Imperative, one step.
    pub text: Text,
    /// Commands in order; empty when it is not done by a command.
    pub commands: Vec<Command>,
    /// How to see that it worked; may be empty.
    pub verify: Text,
}

/// A fault, or something worth knowing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Id of the check.
    pub id: &'static str,
    /// Where the handshake breaks.
    pub class: Class,
    /// What it costs.
    pub severity: Severity,
    /// How sure it is.
    pub confidence: Confidence,
    /// What it is about.
    pub subject: Subject,
    /// One sentence: the effect, seen from the connections.
    pub headline: Text,
    /// One sentence: the cause.
    pub summary: Text,
    /// Arguments by name, units in the names.
    pub args: Vec<(&'static str, Value)>,
    /// What supports it, heaviest first.
    pub evidence: Vec<Evidence>,
    /// What speaks against it, heaviest first.
    pub against: Vec<Evidence>,
    /// What would disprove it.
    pub disproved_by: Vec<&'static str>,
    /// Connections it accounts for, as indexes into the diagnosis' connections.
    pub affected: Vec<usize>,
    /// Findings that this one explains.
    pub explains: Vec<Finding>,
    /// What to do, in this order.
    pub actions: Vec<Action>,
}
