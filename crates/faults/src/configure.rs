//! Links, addresses, neighbours and settings of a namespace, made over netlink.

use std::io;
use std::net::IpAddr;

use futures_util::TryStreamExt;
use ipnet::IpNet;
use rtnetlink::packet_route::link::{InfoData, InfoKind, InfoVeth, MacVlanMode};
use rtnetlink::{Handle, LinkBridge, LinkMacVlan, LinkMessageBuilder, LinkUnspec, LinkVeth};

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

impl Namespace {
    pub(crate) fn configure<F, Fut>(&self, doing: String, request: F) -> Result<()>
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

    /// Sets a device down. A veth cable loses its carrier at both ends by it.
    pub fn link_down(&self, device: &str) -> Result<()> {
        let name = device.to_owned();
        self.configure(format!("set `{device}` down"), async move |netlink| {
            let message = LinkUnspec::new_with_name(&name).down().build();
            netlink.link().change(message).execute().await
        })
    }

    /// Gives a device another MAC address. A bridge without ports loses its carrier by it, as the
    /// kernel then looks at its ports for the first time.
    pub fn set_mac(&self, device: &str, address: MacBytes) -> Result<()> {
        let name = device.to_owned();
        self.configure(format!("set the MAC address of `{device}`"), async move |netlink| {
            let message = LinkUnspec::new_with_name(&name).address(address.to_vec()).build();
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

    /// Takes an address off a device.
    pub fn remove_address(&self, device: &str, address: IpNet) -> Result<()> {
        let name = device.to_owned();
        self.configure(format!("delete address `{address}` of `{device}`"), async move |netlink| {
            let index = index_of(&netlink, &name).await?;
            let mut request = netlink.address().add(index, address.addr(), address.prefix_len());
            let message = request.message_mut().clone();
            netlink.address().del(message).execute().await
        })
    }

    /// Makes a second device with a MAC address of its own on the wire of `parent`, and sets it up.
    pub fn macvlan(&self, parent: &str, name: &str, address: MacBytes) -> Result<()> {
        let (parent_name, own) = (parent.to_owned(), name.to_owned());
        self.configure(format!("add macvlan `{name}` on `{parent}`"), async move |netlink| {
            let parent = index_of(&netlink, &parent_name).await?;
            let message = LinkMacVlan::new(&own, parent, MacVlanMode::Private)
                .address(address.to_vec())
                .up()
                .build();
            netlink.link().add(message).execute().await
        })
    }

    /// Enters the MAC address of a neighbour, in place of what was known about it.
    pub fn neighbour(&self, device: &str, neighbour: IpAddr, address: MacBytes) -> Result<()> {
        let name = device.to_owned();
        self.configure(
            format!("enter neighbour `{neighbour}` of `{device}`"),
            async move |netlink| {
                let index = index_of(&netlink, &name).await?;
                let request =
                    netlink.neighbours().add(index, neighbour).link_layer_address(&address);
                request.replace().execute().await
            },
        )
    }

    /// Forgets a neighbour, so that it is asked for anew when it is next needed.
    pub fn forget_neighbour(&self, device: &str, neighbour: IpAddr) -> Result<()> {
        let name = device.to_owned();
        self.configure(
            format!("delete neighbour `{neighbour}` of `{device}`"),
            async move |netlink| {
                let index = index_of(&netlink, &name).await?;
                let message = netlink.neighbours().add(index, neighbour).message_mut().clone();
                netlink.neighbours().del(message).execute().await
            },
        )
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

pub(crate) async fn index_of(netlink: &Handle, device: &str) -> Result<u32, rtnetlink::Error> {
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
