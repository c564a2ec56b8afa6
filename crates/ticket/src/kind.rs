//! The tools whose output is read.

/// A kind of output. Tools that print alike share one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Sockets, by `netstat` of net-tools, BusyBox, toybox, BSD, Windows.
    Netstat,
    /// Sockets, by `ss`.
    Ss,
    /// `/proc/net/tcp`, `/proc/net/tcp6`, `/proc/net/route` and their like, as they are.
    Proc,
    /// The ARP table, by `arp`.
    Arp,
    /// The neighbour tables, by `ip neigh`.
    IpNeigh,
    /// The main table, by `route` or `netstat -r`.
    Route,
    /// Routes, by `ip route`.
    IpRoute,
    /// The kernel's answer about one destination, by `ip route get`.
    IpRouteGet,
    /// Policy rules, by `ip rule`.
    IpRule,
    /// Devices and addresses, by `ip addr` or `ip link`.
    IpAddr,
    /// Devices and addresses, by `ifconfig`.
    Ifconfig,
    /// The way to a host, by `traceroute`, `tracepath`, `tracert`.
    Traceroute,
    /// The way to a host, by `mtr`.
    Mtr,
    /// Answers to ARP questions, by `arping`.
    Arping,
    /// Frames, by `tcpdump`.
    Tcpdump,
    /// Frames, by `tshark` or copied out of Wireshark.
    Tshark,
    /// Frames in words: who sent what to whom.
    InWords,
    /// Counters in words, by `netstat -s`.
    NetstatS,
    /// Counters by name, by `nstat`.
    Nstat,
    /// Settings, by `sysctl`.
    Sysctl,
    /// Rules, by `iptables`.
    Iptables,
    /// Rules, by `nft`.
    Nft,
    /// Connections that are tracked, by `conntrack`.
    Conntrack,
    /// Messages of the kernel, by `dmesg` or a log.
    KernelLog,
}

impl Kind {
    /// All kinds.
    pub const ALL: [Self; 24] = [
        Self::Netstat,
        Self::Ss,
        Self::Proc,
        Self::Arp,
        Self::IpNeigh,
        Self::Route,
        Self::IpRoute,
        Self::IpRouteGet,
        Self::IpRule,
        Self::IpAddr,
        Self::Ifconfig,
        Self::Traceroute,
        Self::Mtr,
        Self::Arping,
        Self::Tcpdump,
        Self::Tshark,
        Self::InWords,
        Self::NetstatS,
        Self::Nstat,
        Self::Sysctl,
        Self::Iptables,
        Self::Nft,
        Self::Conntrack,
        Self::KernelLog,
    ];

    /// The word in reports and JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Netstat => "netstat",
            Self::Ss => "ss",
            Self::Proc => "proc",
            Self::Arp => "arp",
            Self::IpNeigh => "ip-neigh",
            Self::Route => "route",
            Self::IpRoute => "ip-route",
            Self::IpRouteGet => "ip-route-get",
            Self::IpRule => "ip-rule",
            Self::IpAddr => "ip-addr",
            Self::Ifconfig => "ifconfig",
            Self::Traceroute => "traceroute",
            Self::Mtr => "mtr",
            Self::Arping => "arping",
            Self::Tcpdump => "tcpdump",
            Self::Tshark => "tshark",
            Self::InWords => "frames-in-words",
            Self::NetstatS => "netstat-s",
            Self::Nstat => "nstat",
            Self::Sysctl => "sysctl",
            Self::Iptables => "iptables",
            Self::Nft => "nft",
            Self::Conntrack => "conntrack",
            Self::KernelLog => "kernel-log",
        }
    }
}
