//! The nouns of synrecv-doctor: facts about a host, what was observed, and what was concluded.
//!
//! Nothing here performs I/O or reads a clock. Sources (the live host, later bundles, captures and
//! pasted text) build these values, checks judge them, and the report renders them.
#![warn(missing_docs)]

mod conntrack;
mod counters;
mod diagnosis;
mod endpoint;
mod facts;
mod filter;
mod finding;
mod frame;
mod link;
mod mac;
mod message;
mod neighbour;
mod observation;
pub mod order;
mod path;
mod probe;
mod reply;
mod route;
mod rule;
mod section;
mod socket;
mod text;
mod time;
mod trace;
pub mod view;

pub use conntrack::{ConntrackEntry, Tracked, TrackedState};
pub use counters::{ConntrackCpu, Counters, SoftnetCpu};
pub use diagnosis::{
    CheckOutcome, CheckResult, Connection, Diagnosis, ListenerView, NotChecked, PieceView,
    Question, SeenFrames, Status, Verdict,
};
pub use endpoint::{Endpoint, Family, Flow, ShownIp, canonical_ip};
pub use facts::{Capabilities, Facts, Host, Mention, NamespaceCount, NamespaceSurvey, SourceKind};
pub use filter::{
    BaseChain, ChainKind, ConntrackStates, DeviceFilter, Direction, FilterChain, FilterFamily,
    FilterRule, FilterSystem, Hook, RuleDelta, RuleId, RuleVerdict, Term, Test,
};
pub use finding::{
    Action, ActionLabel, CheckInfo, Class, Confidence, Evidence, Finding, Manual, Origin, Part,
    Severity, Stance, Subject, Value, Weight,
};
pub use frame::{
    AddressClaim, AddressQuestion, Capture, CaptureDevice, CaptureOrigin, Checksum, ClaimKind,
    Clue, ClueKind, End, FrameCounts, FrameDirection, FrameKind, Handshake, HandshakeFrame,
    LinkType, Outcome, Padding, Place, PrintedFrame, PrintedPacket, PrintedSegment, Service,
    TcpOptions, TcpTimestamps, Vantage, is_stand_in, stand_in,
};
pub use link::{
    Address, AddressScope, DeviceSettings, Link, LinkNames, LinkTraffic, OperState, PrefixPeer,
    Settings,
};
pub use mac::{Mac, MacParseError};
pub use message::{Event, Message};
pub use neighbour::{MacChange, Neighbour, NeighbourAges, NeighbourFlags, Nud};
pub use observation::{Life, ListenerTrack, Lives, Observation, Sighting, Step, Track};
pub use path::{HopAnswer, HopSaid, PathTrace, TraceEnd, TraceMethod, TracedHop};
pub use probe::{ProbeAnswer, ProbePurpose, ProbeSender, Probed};
pub use reply::{
    InputAnswer, MatchedRoute, Reply, ReplyQuestion, ResolvedRoute, RouteErrno, RouteLookup,
};
pub use route::{
    NextHop, NextHopFlags, NextHopObject, Route, RouteInfo, RouteKind, RouteMetric, RouteScope,
    table_name,
};
pub use rule::{PortRange, Rule, RuleAction};
pub use section::{Flaw, Gap, Reading, Reason, Section};
pub use socket::{
    Listener, ListenerOptions, Owners, Process, Request, RetryCounters, Socket, SocketSource,
    SocketTimer, Sockets, TcpState, TimerKind,
};
pub use text::{Command, Foreign, Span, Text};
pub use time::{Mono, WallClock};
pub use trace::{Hop, Trace};
