//! Links, addresses, routes, rules and settings of a namespace, made over netlink.

use std::io;
use std::net::IpAddr;

use futures_util::TryStreamExt;
use ipnet::IpNet;
use rtnetlink::packet_route::link::{InfoData, InfoKind, InfoVeth};
use rtnetlink::packet_route::rule::RuleAction;
use rtnetlink::{
    Handle, LinkBridge, LinkMessageBuilder, LinkUnspec, LinkVeth, RouteMessageBuilder,
};

use crate::error::{LabError, Result};
use crate::namespace::Namespace;

/// A MAC address as six bytes.
pub type MacBytes = [u8; 6];

/// The locally administered MAC `02:00:00:00:00:NN`.
pub const fn mac(last: u8) -> MacBytes {
    [2, 0, 0, 0, 0, last]
}

/// One end of a cable: a device to be made in a namespace, with its MAC.
#[derive(Debug, Clone, Copy)]
pub struct End<'a> {
    /// Where the device appears.
    pub namespace: &'a Namespace,
    /// Device name, such as `ps0`.
    pub device: &'a str,
    /// Its MAC address.
    pub mac: MacBytes,
}

/// A unicast route to be added.
#[derive(Debug, Clone)]
pub struct NewRoute {
    destination: IpNet,
    via: Option<IpAddr>,
    device: Option<String>,
    table: Option<u32>,
    source: Option<IpAddr>,
    onlink: bool,
}

impl NewRoute {
    /// A route to `destination`, as yet without gateway and device.
    pub fn to(destination: IpNet) -> Self {
        Self { destination, via: None, device: None, table: None, source: None, onlink: false }
    }

    /// The default route of the gateway's family, by that gateway.
    pub fn default_via(gateway: IpAddr) -> Self {
        let any = match gateway {
            IpAddr::V4(_) => IpNet::V4(ipnet::Ipv4Net::default()),
            IpAddr::V6(_) => IpNet::V6(ipnet::Ipv6Net::default()),
        };
        Self::to(any).via(gateway)
    }

    /// Next hop.
    #[must_use]
    pub fn via(mut self, gateway: IpAddr) -> Self {
        self.via = Some(gateway);
        self
    }

    /// Output device.
    #[must_use]
    pub fn device(mut self, name: &str) -> Self {
        self.device = Some(name.to_owned());
        self
    }

    /// Routing table; `main` when not said.
    #[must_use]
    pub fn table(mut self, id: u32) -> Self {
        self.table = Some(id);
        self
    }

    /// Preferred source address.
    #[must_use]
    pub fn source(mut self, address: IpAddr) -> Self {
        self.source = Some(address);
        self
    }

    /// The gateway is taken for a neighbour although no prefix covers it.
    #[must_use]
    pub fn onlink(mut self) -> Self {
        self.onlink = true;
        self
    }
}

impl Namespace {
    fn configure<F, Fut>(&self, doing: String, request: F) -> Result<()>
    where
        F: FnOnce(Handle) -> Fut + Send + 'static,
        Fut: Future<Output = Result<(), rtnetlink::Error>>,
    {
        self.inside(move |inside| inside.netlink(request))?.map_err(|error| LabError::Configure {
            doing,
            namespace: self.name().to_owned(),
            source: kernel_answer(error),
        })
    }

    /// Sets a device up.
    pub fn link_up(&self, device: &str) -> Result<()> {
        let name = device.to_owned();
        self.configure(format!("set `{device}` up"), async move |netlink| {
            let message = LinkUnspec::new_with_name(&name).up().build();
            netlink.link().change(message).execute().await
        })
    }

    /// Makes a bridge without spanning tree and without multicast snooping, and sets it up.
    pub fn bridge(&self, name: &str) -> Result<()> {
        let message = LinkBridge::new(name).mcast_snooping(false).build();
        self.configure(format!("add bridge `{name}`"), async move |netlink| {
            netlink.link().add(message).execute().await
        })
    }

    /// Makes a device a port of a bridge in the same namespace.
    pub fn enslave(&self, port: &str, bridge: &str) -> Result<()> {
        let (port_name, bridge_name) = (port.to_owned(), bridge.to_owned());
        self.configure(format!("make `{port}` a port of `{bridge}`"), async move |netlink| {
            let controller = index_of(&netlink, &bridge_name).await?;
            let message = LinkUnspec::new_with_name(&port_name).controller(controller).build();
            netlink.link().change(message).execute().await
        })
    }

    /// Adds an address with its prefix length to a device.
    pub fn address(&self, device: &str, address: IpNet) -> Result<()> {
        let name = device.to_owned();
        self.configure(format!("add address `{address}` to `{device}`"), async move |netlink| {
            let index = index_of(&netlink, &name).await?;
            netlink.address().add(index, address.addr(), address.prefix_len()).execute().await
        })
    }

    /// Adds a route.
    pub fn route(&self, route: NewRoute) -> Result<()> {
        self.configure(format!("add route to `{}`", route.destination), async move |netlink| {
            let mut message = RouteMessageBuilder::<IpAddr>::new()
                .destination_prefix(route.destination.addr(), route.destination.prefix_len())
                .map_err(|error| invalid(&error))?;
            if let Some(gateway) = route.via {
                message = message.gateway(gateway).map_err(|error| invalid(&error))?;
            }
            if let Some(source) = route.source {
                message = message.pref_source(source).map_err(|error| invalid(&error))?;
            }
            if let Some(table) = route.table {
                message = message.table_id(table);
            }
            if route.onlink {
                message = message.onlink();
            }
            if let Some(device) = &route.device {
                message = message.output_interface(index_of(&netlink, device).await?);
            }
            netlink.route().add(message.build()).execute().await
        })
    }

    /// Adds the rule `from SOURCE lookup TABLE`.
    pub fn rule_from(&self, source: IpNet, table: u32, priority: u32) -> Result<()> {
        self.configure(format!("add rule from `{source}`"), async move |netlink| {
            let rule =
                netlink.rule().add().table_id(table).priority(priority).action(RuleAction::ToTable);
            match source {
                IpNet::V4(net) => {
                    rule.v4().source_prefix(net.addr(), net.prefix_len()).execute().await
                }
                IpNet::V6(net) => {
                    rule.v6().source_prefix(net.addr(), net.prefix_len()).execute().await
                }
            }
        })
    }

    /// Writes a setting; `key` is its path below `/proc/sys`, such as `net/ipv4/ip_forward`.
    pub fn sysctl(&self, key: &str, value: &str) -> Result<()> {
        let (path, text) = (format!("/proc/sys/{key}"), value.to_owned());
        self.run(move || std::fs::write(path, text))?.map_err(|source| LabError::Sysctl {
            key: key.to_owned(),
            value: value.to_owned(),
            namespace: self.name().to_owned(),
            source,
        })
    }
}

/// Lays a veth cable between two namespaces; both ends come up with their own MAC.
pub fn cable(near: End<'_>, far: End<'_>) -> Result<()> {
    let peer = LinkMessageBuilder::<LinkUnspec>::new()
        .name(far.device)
        .address(far.mac.to_vec())
        .setns_by_fd(far.namespace.raw_fd())
        .build();
    let message = LinkMessageBuilder::<LinkVeth>::new_with_info_kind(InfoKind::Veth)
        .name(near.device)
        .address(near.mac.to_vec())
        .set_info_data(InfoData::Veth(InfoVeth::Peer(peer)))
        .build();
    let doing =
        format!("add veth `{}` to `{}` of `{}`", near.device, far.device, far.namespace.name());
    near.namespace
        .configure(doing, async move |netlink| netlink.link().add(message).execute().await)?;
    // Not in the message: the kernel would open the far end before the two know each other.
    far.namespace.link_up(far.device)?;
    near.namespace.link_up(near.device)
}

fn invalid(message: &dyn std::fmt::Display) -> rtnetlink::Error {
    rtnetlink::Error::InvalidNla(message.to_string())
}

async fn index_of(netlink: &Handle, device: &str) -> Result<u32, rtnetlink::Error> {
    let mut links = netlink.link().get().match_name(device).execute();
    match links.try_next().await? {
        Some(link) => Ok(link.header.index),
        None => Err(rtnetlink::Error::RequestFailed),
    }
}

fn kernel_answer(error: rtnetlink::Error) -> io::Error {
    match error {
        rtnetlink::Error::NetlinkError(message) => message.to_io(),
        other => io::Error::other(other),
    }
}
