//! `RTM_NEWLINK` payloads.

use netlink_packet_core::{NlaBuffer, ParseableParametrized};
use netlink_packet_route::AddressFamily;
use netlink_packet_route::link::{
    AfSpecInet, AfSpecInet6, AfSpecUnspec, Inet6DevConf, InetDevConf, LinkAttribute, LinkFlags,
    LinkHeader, LinkXdp,
};
use synrecv_model::{Foreign, Link, Mac, OperState};
use synrecv_netlink::Undecodable;

use super::traffic::stats64;
use super::{attributes, text, undecodable};
use crate::conf::{DeviceConf, Inet6Conf, InetConf};

/// `struct ifinfomsg`.
const HEADER_LEN: usize = 16;

const IFLA_ADDRESS: u16 = 1;
const IFLA_IFNAME: u16 = 3;
const IFLA_MTU: u16 = 4;
const IFLA_LINK: u16 = 5;
const IFLA_MASTER: u16 = 10;
const IFLA_OPERSTATE: u16 = 16;
const IFLA_LINKINFO: u16 = 18;
const IFLA_IFALIAS: u16 = 20;
const IFLA_STATS64: u16 = 23;
const IFLA_AF_SPEC: u16 = 26;
const IFLA_LINK_NETNSID: u16 = 37;
const IFLA_XDP: u16 = 43;

const IFLA_INFO_KIND: u16 = 1;

/// A device, and its settings where the message has them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkRow {
    /// The device.
    pub link: Link,
    /// Its settings, IFLA_AF_SPEC. An error costs the settings, not the device.
    pub conf: Result<DeviceConf, Undecodable>,
}

/// One device. `Ok(None)` is a message of another family, which tells about a bridge port or the
/// IPv6 part of a device.
pub fn link(payload: &[u8]) -> Result<Option<LinkRow>, Undecodable> {
    let header = LinkHeader::parse(payload).map_err(undecodable)?;
    if header.interface_family != AddressFamily::Unspec {
        return Ok(None);
    }
    let flag = |flag| header.flags.contains(flag);
    let mut name = None;
    let mut conf = Ok(DeviceConf::default());
    let mut link = Link {
        ifindex: header.index,
        name: Foreign::default(),
        alias: None,
        up: flag(LinkFlags::Up),
        carrier: flag(LinkFlags::LowerUp),
        loopback: flag(LinkFlags::Loopback),
        point_to_point: flag(LinkFlags::Pointopoint),
        noarp: flag(LinkFlags::Noarp),
        promiscuous: flag(LinkFlags::Promisc),
        operstate: OperState::Unknown,
        kind: None,
        mac: None,
        mtu_bytes: 0,
        master_ifindex: None,
        peer_ifindex: None,
        peer_netns_id: None,
        xdp_program_ids: Vec::new(),
        traffic: None,
    };
    for attribute in attributes(payload, HEADER_LEN) {
        let attribute = attribute?;
        match attribute.kind() {
            IFLA_IFNAME => name = Some(text(attribute.value())),
            IFLA_IFALIAS => link.alias = Some(text(attribute.value())),
            IFLA_LINKINFO => link.kind = info_kind(attribute.value())?,
            IFLA_STATS64 => link.traffic = stats64(link.ifindex, attribute.value()),
            IFLA_AF_SPEC => conf = typed(&attribute).map(|spec| device_conf(&spec)),
            IFLA_ADDRESS | IFLA_MTU | IFLA_LINK | IFLA_MASTER | IFLA_OPERSTATE
            | IFLA_LINK_NETNSID | IFLA_XDP => set(&mut link, typed(&attribute)?),
            _ => {}
        }
    }
    link.name = name.ok_or_else(|| Undecodable::new("link without IFLA_IFNAME"))?;
    Ok(Some(LinkRow { link, conf }))
}

fn typed(attribute: &NlaBuffer<&[u8]>) -> Result<LinkAttribute, Undecodable> {
    LinkAttribute::parse_with_param(attribute, AddressFamily::Unspec).map_err(undecodable)
}

fn set(link: &mut Link, attribute: LinkAttribute) {
    match attribute {
        LinkAttribute::Address(bytes) => link.mac = Mac::from_slice(&bytes),
        LinkAttribute::Mtu(bytes) => link.mtu_bytes = bytes,
        LinkAttribute::Link(ifindex) => link.peer_ifindex = (ifindex != 0).then_some(ifindex),
        LinkAttribute::Controller(ifindex) => link.master_ifindex = Some(ifindex),
        LinkAttribute::OperState(state) => {
            link.operstate = OperState::from_number(u8::from(state));
        }
        LinkAttribute::LinkNetNsId(id) => link.peer_netns_id = Some(id),
        LinkAttribute::Xdp(parts) => link.xdp_program_ids = program_ids(&parts),
        _ => {}
    }
}

/// IFLA_INFO_KIND alone: what else a driver tells is not needed and changes with each kernel.
fn info_kind(value: &[u8]) -> Result<Option<Foreign>, Undecodable> {
    for attribute in attributes(value, 0) {
        let attribute = attribute?;
        if attribute.kind() == IFLA_INFO_KIND {
            return Ok(Some(text(attribute.value())));
        }
    }
    Ok(None)
}

/// The kernel repeats the one id, or gives one for each mode.
fn program_ids(parts: &[LinkXdp]) -> Vec<u32> {
    let mut ids: Vec<u32> = parts
        .iter()
        .filter_map(|part| match part {
            LinkXdp::ProgId(id)
            | LinkXdp::DrvProgId(id)
            | LinkXdp::SkbProgId(id)
            | LinkXdp::HwProgId(id) => Some(*id),
            _ => None,
        })
        .collect();
    ids.sort_unstable();
    ids.dedup();
    ids
}

fn device_conf(attribute: &LinkAttribute) -> DeviceConf {
    let mut conf = DeviceConf::default();
    let LinkAttribute::AfSpecUnspec(families) = attribute else {
        return conf;
    };
    for family in families {
        match family {
            AfSpecUnspec::Inet(parts) => {
                for part in parts {
                    if let AfSpecInet::DevConf(values) = part {
                        conf.v4 = inet(values);
                    }
                }
            }
            AfSpecUnspec::Inet6(parts) => {
                for part in parts {
                    if let AfSpecInet6::DevConf(values) = part {
                        conf.v6 = inet6(values);
                    }
                }
            }
            _ => {}
        }
    }
    conf
}

/// These settings are older than IFLA_INET_CONF itself (Linux 2.6.38), so none of them is a zero that
/// only stands for a shorter array; but for `route_localnet`, and without it (before Linux 3.6)
/// 127.0.0.0/8 is not routed either.
fn inet(values: &InetDevConf) -> InetConf {
    InetConf {
        forwarding: number(values.forwarding),
        rp_filter: number(values.rp_filter),
        proxy_arp: number(values.proxy_arp),
        arp_ignore: number(values.arp_ignore),
        arp_announce: number(values.arp_announce),
        arp_filter: number(values.arpfilter),
        accept_local: number(values.accept_local),
        route_localnet: number(values.route_localnet),
        src_valid_mark: number(values.src_vmark),
        log_martians: number(values.log_martians),
    }
}

/// As for IPv4.
fn inet6(values: &Inet6DevConf) -> Inet6Conf {
    Inet6Conf {
        forwarding: number(values.forwarding),
        proxy_ndp: number(values.proxy_ndp),
        accept_ra: number(values.accept_ra),
        disable_ipv6: number(values.disable_ipv6),
    }
}

fn number(value: i32) -> Option<u32> {
    u32::try_from(value).ok()
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{damaged, payloads};
    use super::*;

    const LINKS: &str = include_str!("../../testdata/links.hex");

    fn row(name: &str) -> LinkRow {
        let rows = payloads(LINKS);
        let mut rows = rows.iter().map(|payload| link(payload).unwrap().unwrap());
        rows.find(|row| row.link.name.0 == name).unwrap()
    }

    #[test]
    fn flags_state_and_kind() {
        let lo = row("lo").link;
        assert!(lo.loopback && lo.up && lo.carrier && lo.kind.is_none());
        assert_eq!((lo.operstate, lo.mtu_bytes, lo.ifindex), (OperState::Unknown, 65_536, 1));
        let v0 = row("v0").link;
        assert_eq!((v0.operstate, v0.mac), (OperState::Up, Some(Mac([2, 0, 0, 0, 0, 10]))));
        assert_eq!(v0.kind, Some(Foreign("veth".into())));
        assert_eq!((v0.peer_ifindex, v0.peer_netns_id), (Some(2), Some(0)));
        let d0 = row("d0").link;
        assert_eq!((d0.master_ifindex, d0.peer_ifindex), (Some(4), Some(5)));
        assert_eq!((d0.peer_netns_id, d0.operstate), (None, OperState::LowerLayerDown));
        assert!(d0.up && !d0.carrier);
    }

    #[test]
    fn names_need_not_be_utf8() {
        assert_eq!(row("v0").link.alias, Some(Foreign("uplink \"a\"".into())));
        assert_eq!(row("d1").link.alias, Some(Foreign("bad\u{fffd}name".into())));
    }

    #[test]
    fn xdp_programs_are_named_once() {
        assert_eq!(row("v0").link.xdp_program_ids, [97]);
        assert!(row("v1").link.xdp_program_ids.is_empty());
    }

    #[test]
    fn packets_are_counted() {
        let traffic = row("v1").link.traffic.unwrap();
        assert_eq!((traffic.ifindex, traffic.rx_count, traffic.tx_count), (3, 14, 15));
    }

    #[test]
    fn settings_come_with_the_device() {
        let v0 = row("v0").conf.unwrap();
        assert_eq!((v0.v4.rp_filter, v0.v4.proxy_arp), (Some(2), Some(0)));
        assert_eq!((v0.v6.proxy_ndp, v0.v6.accept_ra), (Some(1), Some(1)));
        assert_eq!(v0.v6.disable_ipv6, Some(0));
        let v1 = row("v1").conf.unwrap();
        assert_eq!((v1.v4.rp_filter, v1.v4.proxy_arp), (Some(0), Some(1)));
    }

    #[test]
    fn bridge_ports_are_no_devices() {
        let mut port = payloads(LINKS).remove(1);
        port[0] = 7;
        assert_eq!(link(&port), Ok(None));
    }

    #[test]
    fn any_bytes_are_survived() {
        damaged(LINKS, |bytes| drop(link(bytes)));
    }
}
