//! Network devices, their addresses and settings.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::net::IpAddr;

use ipnet::IpNet;

use crate::{Family, Foreign, Mac, order};

/// Operational state, RFC 2863 (`IF_OPER_*`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum OperState {
    /// 0; devices such as `lo` never say.
    Unknown,
    /// 1
    NotPresent,
    /// 2
    Down,
    /// 3
    LowerLayerDown,
    /// 4
    Testing,
    /// 5
    Dormant,
    /// 6
    Up,
    /// Any other value.
    Other(u8),
}

impl OperState {
    /// From IFLA_OPERSTATE.
    pub fn from_number(number: u8) -> Self {
        match number {
            0 => Self::Unknown,
            1 => Self::NotPresent,
            2 => Self::Down,
            3 => Self::LowerLayerDown,
            4 => Self::Testing,
            5 => Self::Dormant,
            6 => Self::Up,
            other => Self::Other(other),
        }
    }

    /// The word that `ip link` prints, in lower case.
    pub fn name(self) -> &'static str {
        match self {
            Self::Unknown | Self::Other(_) => "unknown",
            Self::NotPresent => "notpresent",
            Self::Down => "down",
            Self::LowerLayerDown => "lowerlayerdown",
            Self::Testing => "testing",
            Self::Dormant => "dormant",
            Self::Up => "up",
        }
    }
}

/// A network device.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Link {
    /// Interface index.
    pub ifindex: u32,
    /// Name; up to 15 bytes, may hold any byte but `/` and white space.
    pub name: Foreign,
    /// Alias set by an administrator; may hold any byte. IFLA_IFALIAS.
    pub alias: Option<Foreign>,
    /// IFF_UP: switched on by the administrator.
    pub up: bool,
    /// IFF_LOWER_UP: has a carrier.
    pub carrier: bool,
    /// IFF_LOOPBACK.
    pub loopback: bool,
    /// IFF_POINTOPOINT.
    pub point_to_point: bool,
    /// IFF_NOARP: no neighbour questions on this device.
    pub noarp: bool,
    /// IFF_PROMISC.
    pub promiscuous: bool,
    /// Operational state. IFLA_OPERSTATE.
    pub operstate: OperState,
    /// `veth`, `bridge`, `vlan`; `None` for hardware and `lo`. IFLA_INFO_KIND.
    pub kind: Option<Foreign>,
    /// Link-layer address of six octets. IFLA_ADDRESS.
    pub mac: Option<Mac>,
    /// Bytes. IFLA_MTU.
    pub mtu_bytes: u32,
    /// Bridge, bond or VRF it belongs to, as ifindex. IFLA_MASTER.
    pub master_ifindex: Option<u32>,
    /// Other end or lower device, as ifindex there. IFLA_LINK.
    pub peer_ifindex: Option<u32>,
    /// Namespace id of `peer_ifindex` when it is another namespace. IFLA_LINK_NETNSID.
    pub peer_netns_id: Option<i32>,
    /// Program ids attached by XDP; empty when none. IFLA_XDP.
    pub xdp_program_ids: Vec<u32>,
    /// Packets so far. IFLA_STATS64.
    #[cfg_attr(feature = "serde", serde(default))]
    pub traffic: Option<LinkTraffic>,
}

impl Link {
    /// An ordinary device that works, of which no more is known than its index and name.
    pub fn new(ifindex: u32, name: Foreign) -> Self {
        Self {
            ifindex,
            name,
            alias: None,
            up: true,
            carrier: true,
            loopback: false,
            point_to_point: false,
            noarp: false,
            promiscuous: false,
            operstate: OperState::Up,
            kind: None,
            mac: None,
            mtu_bytes: 1500,
            master_ifindex: None,
            peer_ifindex: None,
            peer_netns_id: None,
            xdp_program_ids: Vec::new(),
            traffic: None,
        }
    }
}

/// Packets of a device since it was made. `struct rtnl_link_stats64`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct LinkTraffic {
    /// Device.
    pub ifindex: u32,
    /// Received, those that XDP or traffic control dropped afterwards included.
    pub rx_count: u64,
    /// Handed to the driver.
    pub tx_count: u64,
    /// Received and dropped by the device or its driver.
    pub rx_dropped_count: u64,
    /// Dropped on the way out.
    pub tx_dropped_count: u64,
}

/// `rtm_scope` of an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum AddressScope {
    /// 0
    Global,
    /// 200
    Site,
    /// 253
    Link,
    /// 254
    Host,
    /// 255
    Nowhere,
    /// Any other value.
    Other(u8),
}

impl AddressScope {
    /// From `ifa_scope`.
    pub fn from_number(number: u8) -> Self {
        match number {
            0 => Self::Global,
            200 => Self::Site,
            253 => Self::Link,
            254 => Self::Host,
            255 => Self::Nowhere,
            other => Self::Other(other),
        }
    }

    /// The word that `ip addr` prints.
    pub fn name(self) -> &'static str {
        match self {
            Self::Global => "global",
            Self::Site => "site",
            Self::Link => "link",
            Self::Host => "host",
            Self::Nowhere => "nowhere",
            Self::Other(_) => "unknown",
        }
    }
}

/// An address of this host.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Address {
    /// Device.
    pub ifindex: u32,
    /// The address. IFA_LOCAL, or IFA_ADDRESS when there is no IFA_LOCAL.
    pub address: IpAddr,
    /// Prefix length in bits. `ifa_prefixlen`.
    pub prefix_len: u8,
    /// Other end of a point-to-point address, when it differs from `address`. IFA_ADDRESS.
    pub peer: Option<IpAddr>,
    /// IFA_BROADCAST.
    pub broadcast: Option<IpAddr>,
    /// Scope.
    pub scope: AddressScope,
    /// IFA_F_SECONDARY (IPv4) or IFA_F_TEMPORARY (IPv6; the same bit).
    pub secondary: bool,
    /// IFA_F_PERMANENT: no lifetime.
    pub permanent: bool,
    /// IFA_F_TENTATIVE: duplicate address detection is not done; not used yet.
    pub tentative: bool,
    /// IFA_F_DADFAILED: somebody else has the address; not used.
    pub dad_failed: bool,
    /// IFA_F_DEPRECATED.
    pub deprecated: bool,
    /// IFA_F_NOPREFIXROUTE: the kernel made no route for the prefix.
    pub noprefixroute: bool,
    /// Label of an IPv4 address (`eth0:1`). IFA_LABEL.
    pub label: Option<Foreign>,
    /// Seconds of validity left; `None` for ever. IFA_CACHEINFO.
    pub valid_s: Option<u32>,
}

impl Address {
    /// An ordinary address of which no more is known than its prefix and device: for good, of global
    /// scope.
    pub fn new(ifindex: u32, net: IpNet) -> Self {
        Self {
            ifindex,
            address: net.addr(),
            prefix_len: net.prefix_len(),
            peer: None,
            broadcast: None,
            scope: AddressScope::Global,
            secondary: false,
            permanent: true,
            tentative: false,
            dad_failed: false,
            deprecated: false,
            noprefixroute: false,
            label: None,
            valid_s: None,
        }
    }

    /// The prefix that the address claims to be on-link, host bits cleared.
    ///
    /// For a point-to-point address it is the prefix of the other end.
    pub fn prefix(&self) -> IpNet {
        let base = self.peer.unwrap_or(self.address);
        IpNet::new(base, self.prefix_len).map_or_else(|_| IpNet::from(base), |net| net.trunc())
    }
}

/// A prefix and the peer inside it; used where one explains the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PrefixPeer {
    /// The prefix.
    pub prefix: IpNet,
    /// An address inside it.
    pub peer: IpAddr,
}

/// Settings of one device that decide about replies. `None` = not read, or not known to the kernel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct DeviceSettings {
    /// `net.ipv4.conf.DEV.rp_filter`: 0 off, 1 strict, 2 loose.
    pub rp_filter: Option<u32>,
    /// The value in force: max(`all`, device).
    pub rp_filter_effective: Option<u32>,
    /// `proxy_arp` in force: `all` or device.
    pub proxy_arp: Option<bool>,
    /// `arp_ignore` in force: max(`all`, device).
    pub arp_ignore: Option<u32>,
    /// `arp_announce` in force: max(`all`, device).
    pub arp_announce: Option<u32>,
    /// `arp_filter` in force: `all` or device.
    pub arp_filter: Option<bool>,
    /// `accept_local` in force: `all` or device.
    pub accept_local: Option<bool>,
    /// `route_localnet` in force: `all` or device.
    pub route_localnet: Option<bool>,
    /// `src_valid_mark` in force: `all` or device. The reverse path is looked up with the mark.
    pub src_valid_mark: Option<bool>,
    /// `log_martians` in force: `all` or device.
    pub log_martians: Option<bool>,
    /// `net.ipv4.conf.DEV.forwarding`.
    pub forwarding_v4: Option<bool>,
    /// `net.ipv6.conf.DEV.forwarding`.
    pub forwarding_v6: Option<bool>,
    /// `net.ipv6.conf.DEV.proxy_ndp`.
    pub proxy_ndp: Option<bool>,
    /// `net.ipv6.conf.DEV.accept_ra`.
    pub accept_ra: Option<u32>,
    /// `net.ipv6.conf.DEV.disable_ipv6`.
    pub disable_ipv6: Option<bool>,
}

/// Settings of all devices, and of the namespace.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Settings {
    /// By ifindex.
    pub devices: BTreeMap<u32, DeviceSettings>,
    /// Namespace-wide settings by sysctl name (`net.ipv4.tcp_synack_retries`), as numbers.
    pub values: BTreeMap<Cow<'static, str>, i64>,
}

/// Device names by ifindex, for renderers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LinkNames(BTreeMap<u32, Foreign>);

impl LinkNames {
    /// From the device table.
    pub fn new(links: &[Link]) -> Self {
        Self(order::map(links.iter().map(|link| (link.ifindex, link.name.clone()))))
    }

    /// The name of a device that is in the table.
    pub fn get(&self, ifindex: u32) -> Option<&Foreign> {
        self.0.get(&ifindex)
    }

    /// The name; `if7` for a device that is not in the table.
    pub fn name(&self, ifindex: u32) -> Foreign {
        self.0.get(&ifindex).cloned().unwrap_or_else(|| Foreign(format!("if{ifindex}")))
    }
}

impl Address {
    /// Family of the address.
    pub fn family(&self) -> Family {
        Family::of(self.address)
    }

    /// The IPv4 netmask in dotted form (`255.255.255.0`); `None` for IPv6.
    pub fn netmask(&self) -> Option<IpAddr> {
        match IpNet::new(self.address, self.prefix_len).ok()? {
            IpNet::V4(net) => Some(IpAddr::V4(net.netmask())),
            IpNet::V6(_) => None,
        }
    }
}
