//! Rows as the tools print them: with names of devices, and with gaps where a tool prints nothing.

use std::net::IpAddr;

use ipnet::IpNet;
use synrecv_model::{
    AddressScope, ConntrackCpu, ConntrackEntry, Endpoint, FilterChain, Mac, Nud, OperState,
    PrintedFrame, RouteErrno, RouteKind, Rule, TcpState, TimerKind,
};

/// A name of a device, host or process; may hold anything that can be pasted.
pub type Name = String;

/// The rows of a piece.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// Of `netstat`, `ss`, `/proc/net/tcp`.
    Sockets(Vec<SocketRow>),
    /// Of `arp`, `ip neigh`.
    Neighbours(Vec<NeighbourRow>),
    /// Of `route`, `ip route`.
    Routes(Vec<RouteRow>),
    /// Of `ip route get`.
    RouteGet(Vec<RouteGetRow>),
    /// Of `ip rule`.
    Rules(Vec<(u32, Rule)>),
    /// Of `ip addr`, `ip link`, `ifconfig`.
    Links(Vec<LinkRow>),
    /// Of `traceroute`, `mtr`.
    Trace(TraceRow),
    /// Of `arping`.
    Answers(Vec<Answer>),
    /// Of `tcpdump`, `tshark`.
    Frames(Vec<PrintedFrame>),
    /// Of `netstat -s`, `nstat`, `/proc/net/netstat`.
    Counters(UnitOfCounters, Vec<CounterRow>),
    /// Of `sysctl`.
    Settings(Vec<SettingRow>),
    /// Of `iptables`, `nft`.
    Chains(Vec<FilterChain>),
    /// Of `conntrack`.
    Tracked(Vec<TrackedRow>),
    /// Of `conntrack -S` and `/proc/net/stat/nf_conntrack`, one a CPU, by line.
    ConntrackCpus(Vec<(u32, ConntrackCpu)>),
    /// Messages of the kernel and of daemons that matter here; connections of `ipvsadm`.
    Messages(Vec<Message>),
    /// A summary, a title without rows of a known shape.
    Nothing,
}

/// A TCP socket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SocketRow {
    /// Line in the input, from 1.
    pub line: u32,
    /// State.
    pub state: TcpState,
    /// Own end; a wildcard address is the unspecified one of the family.
    pub local: Endpoint,
    /// The family of the socket is IPv6: `tcp6`, brackets, `*` of `ss`, or `::ffff:` before an IPv4 address.
    pub is_v6_socket: bool,
    /// Other end; `None` for LISTEN.
    pub peer: Option<Endpoint>,
    /// Device behind `%`, garbage of old kernels left out.
    pub device: Option<Name>,
    /// Recv-Q: of a listener, connections completed and not accepted.
    pub recv_queue: Option<u32>,
    /// Send-Q: of a listener in `ss`, the limit of the accept queue.
    pub send_queue: Option<u32>,
    /// Running timer.
    pub timer: Option<PrintedTimer>,
    /// Owner.
    pub process: Option<Process>,
    /// Uid of the owner.
    pub uid: Option<u32>,
    /// Inode.
    pub inode: Option<u64>,
    /// `ref` of /proc/net/tcp.
    pub ref_count: Option<u32>,
    /// `d` of `skmem:`: packets that the socket dropped.
    pub drops_count: Option<u32>,
    /// The row can be read in several ways, and another row or the command line decided.
    pub guessed: bool,
}

/// A timer of a socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PrintedTimer {
    /// Which one; `None` for off.
    pub kind: Option<TimerKind>,
    /// Milliseconds until it expires.
    pub expires_ms: u32,
    /// The count behind it: SYN-ACKs sent again in `ss`, own expiries in `netstat` and `/proc`.
    pub count: u32,
    /// Probes without an answer: the third number of `netstat`, `timeout` of `/proc`; 0 in `ss`.
    pub probe_count: u32,
}

/// A process that holds a socket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Process {
    /// Pid.
    pub pid: Option<u32>,
    /// Name as printed: comm in `ss`, the start of `argv[0]` in `netstat`.
    pub name: Name,
}

/// An entry of a neighbour table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NeighbourRow {
    /// Line in the input, from 1.
    pub line: u32,
    /// Address.
    pub address: IpAddr,
    /// Device; `None` when neither the row nor the command line names it.
    pub device: Option<Name>,
    /// Link-layer address.
    pub mac: Option<Mac>,
    /// State where the tool prints it; `arp` prints only that it is incomplete or permanent.
    pub state: Option<Nud>,
    /// The neighbour said that it is a router.
    pub router: bool,
    /// A proxy entry: this host answers for the address.
    pub proxy: bool,
    /// Seconds since used, confirmed, updated.
    pub ages_s: Option<[u32; 3]>,
    /// Questions sent.
    pub probes_count: Option<u32>,
}

/// A route. A multipath route has several hops.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RouteRow {
    /// Line in the input, from 1.
    pub line: u32,
    /// Type.
    pub kind: RouteKind,
    /// Destination, host bits cleared.
    pub destination: IpNet,
    /// Gateway and device of each way out, with its weight.
    pub hops: Vec<HopRow>,
    /// Metric; `None` when not printed.
    pub metric: Option<u32>,
    /// Table; `None` for the one that the command asks for, `main` without.
    pub table: Option<u32>,
    /// Source address for local senders.
    pub prefsrc: Option<IpAddr>,
    /// `scope link` or no gateway: the destination is on the wire.
    pub on_link: bool,
    /// `proto`, as the kernel's number.
    pub protocol: Option<u8>,
    /// Next-hop object.
    pub nexthop_id: Option<u32>,
}

/// A way out of a route.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HopRow {
    /// Gateway.
    pub gateway: Option<IpAddr>,
    /// Gateway of which a name is printed, and no address.
    pub gateway_name: Option<Name>,
    /// Device.
    pub device: Option<Name>,
    /// Weight, from 1.
    pub weight: u32,
    /// `dead`.
    pub dead: bool,
    /// `linkdown`.
    pub linkdown: bool,
    /// `onlink`.
    pub onlink: bool,
}

impl HopRow {
    /// True when packets go to a gateway, whether its address is known or not.
    pub fn has_gateway(&self) -> bool {
        self.gateway.is_some() || self.gateway_name.is_some()
    }

    /// True when it says where packets go. A name alone can be a word of prose.
    pub(crate) fn is_way(&self) -> bool {
        self.gateway.is_some() || self.device.is_some()
    }
}

/// The kernel's answer about one destination.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RouteGetRow {
    /// Line in the input, from 1.
    pub line: u32,
    /// Destination that was asked for; `None` when an error does not repeat it and no command is there.
    pub destination: Option<IpAddr>,
    /// Source that was asked with (`from`).
    pub from: Option<IpAddr>,
    /// Device that was asked with (`iif`): a question about the way in.
    pub iif: Option<Name>,
    /// Mark that was asked with.
    pub mark: Option<u32>,
    /// The way; or the error of the kernel.
    pub answer: Result<RouteRow, RouteErrno>,
    /// `src`.
    pub src: Option<IpAddr>,
}

/// A device with its addresses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkRow {
    /// Line in the input, from 1.
    pub line: u32,
    /// Name, without `@...` and without `:alias`.
    pub name: Name,
    /// Interface index.
    pub ifindex: Option<u32>,
    /// What `@` names: lower device or other end.
    pub lower: Option<Name>,
    /// Switched on.
    pub up: Option<bool>,
    /// Has a carrier.
    pub carrier: Option<bool>,
    /// Loopback.
    pub loopback: bool,
    /// Point to point.
    pub point_to_point: bool,
    /// NOARP.
    pub noarp: bool,
    /// Operational state.
    pub operstate: Option<OperState>,
    /// Bridge, bond or VRF that it belongs to.
    pub master: Option<Name>,
    /// Link-layer address.
    pub mac: Option<Mac>,
    /// MTU in bytes.
    pub mtu_bytes: Option<u32>,
    /// `veth`, `bridge` and their like (`-d`).
    pub kind: Option<Name>,
    /// Packets received and dropped on receipt, sent and dropped on sending (`-s`).
    pub traffic: Option<[u64; 4]>,
    /// An XDP program is attached.
    pub xdp: bool,
    /// Addresses.
    pub addresses: Vec<AddressRow>,
}

/// An address of a device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddressRow {
    /// Line in the input, from 1.
    pub line: u32,
    /// The address.
    pub address: IpAddr,
    /// Prefix length; `None` when the mask was not printed.
    pub prefix_len: Option<u8>,
    /// Other end.
    pub peer: Option<IpAddr>,
    /// Broadcast address.
    pub broadcast: Option<IpAddr>,
    /// Scope.
    pub scope: Option<AddressScope>,
    /// `secondary` or `temporary`.
    pub secondary: bool,
    /// `tentative`.
    pub tentative: bool,
    /// `dadfailed`.
    pub dad_failed: bool,
    /// `noprefixroute`.
    pub noprefixroute: bool,
    /// Label.
    pub label: Option<Name>,
}

/// The way to a host.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TraceRow {
    /// Line in the input, from 1.
    pub line: u32,
    /// Where to, when the first line or the command says so.
    pub target: Option<IpAddr>,
    /// Hops in order: number, line, what answered.
    pub hops: Vec<TraceHop>,
}

/// One hop of a way.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TraceHop {
    /// Line in the input, from 1.
    pub line: u32,
    /// Distance, from 1.
    pub number: u8,
    /// Addresses that answered, with microseconds where printed.
    pub answers: Vec<(IpAddr, Option<u32>)>,
    /// Questions without answer.
    pub silent_count: u32,
    /// `!H`, `!N`, `!X`.
    pub codes: Vec<String>,
}

/// An answer to an ARP question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// Line in the input, from 1.
    pub line: u32,
    /// The address asked for.
    pub address: IpAddr,
    /// Who answered.
    pub mac: Mac,
    /// Microseconds after the question.
    pub delay_us: Option<u32>,
    /// Device.
    pub device: Option<Name>,
}

/// What counters are counted from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnitOfCounters {
    /// Since the start of the network namespace.
    Total,
    /// Since the last call of `nstat`.
    SinceLastCall,
}

/// A counter by the name that `nstat` prints.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CounterRow {
    /// Line in the input, from 1.
    pub line: u32,
    /// `TcpExtListenOverflows`.
    pub name: String,
    /// Its value.
    pub value: u64,
}

/// A setting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettingRow {
    /// Line in the input, from 1.
    pub line: u32,
    /// With dots, `/` for dots in names of devices: `net.ipv4.conf.eth0/100.rp_filter`.
    pub key: String,
    /// As printed, trimmed.
    pub value: String,
    /// It stands in a configuration file, which is not the running state.
    pub configured: bool,
}

/// A connection that is tracked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrackedRow {
    /// Line in the input, from 1.
    pub line: u32,
    /// The entry.
    pub entry: ConntrackEntry,
    /// Its mark (`mark=`); `None` when not printed.
    pub mark: Option<u32>,
    /// Its zone (`zone=`), where it is not the default one.
    pub zone: Option<u16>,
    /// Packets of each direction, original first, where the kernel counts them.
    pub packets_count: Option<[u64; 2]>,
    /// An event of `conntrack -E`: the entry was so at some moment.
    pub event: bool,
}

/// A message of a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Line in the input, from 1.
    pub line: u32,
    /// Time in front of it, as printed.
    pub stamp: Option<String>,
    /// Name of the host in front of it, by syslog or journal.
    pub host: Option<Name>,
    /// What it says.
    pub said: Said,
}

/// What a message says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Said {
    /// `nf_conntrack: table full, dropping packet`.
    ConntrackFull,
    /// `Possible SYN flooding on port N`: the queue of requests of a listener is full.
    SynFlood {
        /// Port of the listener.
        port: u16,
        /// Its address, since Linux 6.1.
        address: Option<IpAddr>,
        /// What the kernel does about it.
        reaction: FloodReaction,
    },
    /// `martian source DESTINATION from SOURCE, on dev DEVICE`: the source cannot be behind the device.
    MartianSource {
        /// Where the packet was going.
        destination: IpAddr,
        /// Its source.
        source: IpAddr,
        /// Where it came in.
        device: Name,
        /// Destination and source of its frame: the line `ll header` after it.
        macs: Option<(Mac, Mac)>,
    },
    /// `martian destination DESTINATION from SOURCE, dev DEVICE`.
    MartianDestination {
        /// Where the packet was going.
        destination: IpAddr,
        /// Its source.
        source: IpAddr,
        /// Where it came in.
        device: Name,
    },
    /// `neighbour: arp_cache: neighbor table overflow!`
    NeighbourTableFull {
        /// True for ND, false for ARP, `None` when it does not say.
        is_v6: Option<bool>,
    },
    /// Somebody else has an address of this host: the kernel's duplicate address detection, or a
    /// daemon that asked before it used one.
    AddressConflict {
        /// The address; old kernels do not say.
        address: Option<IpAddr>,
        /// Who has it.
        mac: Option<Mac>,
        /// Device.
        device: Option<Name>,
    },
    /// An address changed its link-layer address: `arpwatch`.
    AddressMoved {
        /// The address.
        address: IpAddr,
        /// Who has it now, and who had it before.
        macs: (Mac, Mac),
        /// It goes back and forth (`flip flop`).
        flips: bool,
    },
    /// A packet that a rule logged (`LOG`, nft `log`), or that connection tracking found invalid.
    LoggedPacket(LoggedPacket),
    /// A connection of a load balancer (`ipvsadm -lnc`): no socket of this host.
    Balanced {
        /// The state as printed: `SYN_RECV`.
        state: String,
        /// Who opened it.
        client: Endpoint,
        /// The address that is shared.
        service: Endpoint,
        /// The server that was chosen.
        server: Endpoint,
        /// Seconds until it is forgotten.
        expires_s: u32,
    },
}

/// What the kernel does when the queue of requests is full.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FloodReaction {
    /// `Sending cookies`.
    Cookies,
    /// `Dropping request`.
    Drops,
    /// It does not say.
    Unknown,
}

/// A packet as a log shows it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LoggedPacket {
    /// What the rule puts in front, or what is wrong with the packet: `nf_ct_proto_6: invalid state`.
    pub prefix: String,
    /// Device it came by (`IN=`).
    pub in_device: Option<Name>,
    /// Device it leaves by (`OUT=`).
    pub out_device: Option<Name>,
    /// Destination and source of its frame (`MAC=`).
    pub macs: Option<(Mac, Mac)>,
    /// Source (`SRC=`); `None` when it is no address.
    pub source: Option<IpAddr>,
    /// Destination (`DST=`).
    pub destination: Option<IpAddr>,
    /// Source and destination port (`SPT=`, `DPT=`).
    pub ports: Option<(u16, u16)>,
    /// `PROTO=TCP`.
    pub is_tcp: bool,
    /// Flags of TCP as in its header; `None` for another protocol.
    pub flags: Option<u8>,
    /// Hop limit (`TTL=`, `HOPLIMIT=`).
    pub ttl: Option<u8>,
}
