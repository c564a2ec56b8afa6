use serde::Serialize;
use synrecv_model::view::{Misfit, PrefixFit};
use synrecv_model::{Address, DeviceSettings, Link, LinkNames, Settings};

/// A device with its addresses and settings.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct InterfaceRow {
    /// Interface index.
    pub ifindex: u32,
    /// Name.
    pub dev: String,
    /// Alias.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alias: Option<String>,
    /// `veth`, `bridge`, `vlan`; `null` for hardware and `lo`.
    pub kind: Option<String>,
    /// RFC 2863 state: `up`, `down`, `unknown` …
    pub operstate: &'static str,
    /// Switched on by the administrator.
    pub up: bool,
    /// Has a carrier.
    pub carrier: bool,
    /// Is a loopback device.
    pub loopback: bool,
    /// Asks no neighbour questions.
    pub noarp: bool,
    /// Receives every frame.
    pub promiscuous: bool,
    /// Link-layer address.
    pub mac: Option<String>,
    /// Largest packet.
    pub mtu_bytes: u32,
    /// Bridge, bond or VRF it belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub master: Option<String>,
    /// Other end or lower device, as ifindex there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub peer_ifindex: Option<u32>,
    /// Namespace id of the other end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub peer_netns_id: Option<i32>,
    /// XDP programs attached.
    pub xdp_program_ids: Vec<u32>,
    /// Addresses; `null` when they could not be read.
    pub addresses: Option<Vec<AddressRow>>,
    /// Settings; `null` when they could not be read.
    pub settings: Option<DeviceSettingsRow>,
}

/// An address of this host.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct AddressRow {
    /// The address.
    pub address: String,
    /// Prefix length in bits.
    pub prefix_len: u8,
    /// Netmask in dotted form.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub netmask: Option<String>,
    /// Broadcast address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub broadcast: Option<String>,
    /// Other end of a point-to-point address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub peer: Option<String>,
    /// `global`, `link`, `host` …
    pub scope: &'static str,
    /// Flags that are set: `secondary`, `permanent`, `tentative`, `dadfailed`, `deprecated`,
    /// `noprefixroute`.
    pub flags: Vec<&'static str>,
    /// Label of an IPv4 address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// Validity left; absent for ever.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub valid_s: Option<u32>,
    /// How the prefix fits the neighbours. Only in the table `interfaces`, and absent where that is
    /// no question: loopback, link-local, point to point, a single address, unread routes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fit: Option<PrefixFitRow>,
}

/// How a prefix fits what is on its wire: a suggestion, never a verdict.
#[derive(Clone, Copy, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PrefixFitRow {
    /// `null` when nobody is known on the wire.
    pub fits: Option<bool>,
    /// A prefix length that would fit; absent when this one does, or nothing is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub suggested_prefix_len: Option<u8>,
    /// What does not fit: `shared-mac` (too wide: the far part answers with MACs of several
    /// addresses), `gateway-mac` (the same, all by gateways), `silent` (too wide: nothing in the far
    /// part answers), `too-narrow`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub misfit: Option<&'static str>,
    /// Gateways and neighbours inside that answer for themselves.
    pub inside_count: u32,
    /// Addresses that do not fit.
    pub outside_count: u32,
}

impl PrefixFitRow {
    /// From the view.
    pub fn new(fit: &PrefixFit) -> Self {
        Self {
            fits: fit.fits(),
            suggested_prefix_len: fit.misfit.map(|(_, fitting)| fitting.prefix_len()),
            misfit: fit.misfit.map(|(misfit, _)| match misfit {
                Misfit::SharedMac => "shared-mac",
                Misfit::GatewayMac => "gateway-mac",
                Misfit::Silent => "silent",
                Misfit::TooNarrow => "too-narrow",
            }),
            inside_count: fit.inside_count,
            outside_count: fit.outside_count,
        }
    }
}

/// Settings of a device that decide about replies; `null` = unknown.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct DeviceSettingsRow {
    /// `net.ipv4.conf.DEV.rp_filter`.
    pub rp_filter: Option<u32>,
    /// max(`all`, device).
    pub rp_filter_effective: Option<u32>,
    /// In force.
    pub proxy_arp: Option<bool>,
    /// In force.
    pub arp_ignore: Option<u32>,
    /// In force.
    pub arp_announce: Option<u32>,
    /// In force.
    pub arp_filter: Option<bool>,
    /// In force.
    pub accept_local: Option<bool>,
    /// In force.
    pub route_localnet: Option<bool>,
    /// In force.
    pub src_valid_mark: Option<bool>,
    /// In force.
    pub log_martians: Option<bool>,
    /// IPv4 forwarding.
    pub forwarding_v4: Option<bool>,
    /// IPv6 forwarding.
    pub forwarding_v6: Option<bool>,
    /// Proxy ND.
    pub proxy_ndp: Option<bool>,
    /// Router advertisements are accepted.
    pub accept_ra: Option<u32>,
    /// IPv6 is switched off.
    pub disable_ipv6: Option<bool>,
}

impl InterfaceRow {
    /// From the nouns of one device.
    pub fn new(
        link: &Link,
        addresses: Option<&[Address]>,
        settings: Option<&Settings>,
        names: &LinkNames,
    ) -> Self {
        let own = |addresses: &[Address]| {
            addresses
                .iter()
                .filter(|address| address.ifindex == link.ifindex)
                .map(AddressRow::new)
                .collect()
        };
        Self {
            ifindex: link.ifindex,
            dev: link.name.0.clone(),
            alias: link.alias.as_ref().map(|alias| alias.0.clone()),
            kind: link.kind.as_ref().map(|kind| kind.0.clone()),
            operstate: link.operstate.name(),
            up: link.up,
            carrier: link.carrier,
            loopback: link.loopback,
            noarp: link.noarp,
            promiscuous: link.promiscuous,
            mac: link.mac.map(|mac| mac.to_string()),
            mtu_bytes: link.mtu_bytes,
            master: link.master_ifindex.map(|master| names.name(master).0),
            peer_ifindex: link.peer_ifindex,
            peer_netns_id: link.peer_netns_id,
            xdp_program_ids: link.xdp_program_ids.clone(),
            addresses: addresses.map(own),
            settings: settings
                .and_then(|settings| settings.devices.get(&link.ifindex))
                .map(DeviceSettingsRow::new),
        }
    }
}

impl AddressRow {
    /// From the noun.
    pub fn new(address: &Address) -> Self {
        let flags = [
            (address.secondary, "secondary"),
            (address.permanent, "permanent"),
            (address.tentative, "tentative"),
            (address.dad_failed, "dadfailed"),
            (address.deprecated, "deprecated"),
            (address.noprefixroute, "noprefixroute"),
        ];
        Self {
            address: address.address.to_string(),
            prefix_len: address.prefix_len,
            netmask: address.netmask().map(|mask| mask.to_string()),
            broadcast: address.broadcast.map(|broadcast| broadcast.to_string()),
            peer: address.peer.map(|peer| peer.to_string()),
            scope: address.scope.name(),
            flags: flags.iter().filter(|(set, _)| *set).map(|&(_, name)| name).collect(),
            label: address.label.as_ref().map(|label| label.0.clone()),
            valid_s: address.valid_s,
            fit: None,
        }
    }
}

impl DeviceSettingsRow {
    /// From the noun.
    pub fn new(settings: &DeviceSettings) -> Self {
        Self {
            rp_filter: settings.rp_filter,
            rp_filter_effective: settings.rp_filter_effective,
            proxy_arp: settings.proxy_arp,
            arp_ignore: settings.arp_ignore,
            arp_announce: settings.arp_announce,
            arp_filter: settings.arp_filter,
            accept_local: settings.accept_local,
            route_localnet: settings.route_localnet,
            src_valid_mark: settings.src_valid_mark,
            log_martians: settings.log_martians,
            forwarding_v4: settings.forwarding_v4,
            forwarding_v6: settings.forwarding_v6,
            proxy_ndp: settings.proxy_ndp,
            accept_ra: settings.accept_ra,
            disable_ipv6: settings.disable_ipv6,
        }
    }
}
