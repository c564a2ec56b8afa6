//! Answering for addresses of others.

use std::net::IpAddr;

use rtnetlink::packet_route::neighbour::NeighbourFlags;

use crate::configure::index_of;
use crate::error::Result;
use crate::namespace::Namespace;

impl Namespace {
    /// Has this namespace answer for `address` on a device: `ip neighbour add proxy`. In IPv6 the
    /// kernel answers only for addresses that were listed so, and needs `proxy_ndp` too.
    pub fn proxy_neighbour(&self, device: &str, address: IpAddr) -> Result<()> {
        let name = device.to_owned();
        self.configure(format!("answer for `{address}` on `{device}`"), async move |netlink| {
            let index = index_of(&netlink, &name).await?;
            let request = netlink.neighbours().add(index, address);
            request.flags(NeighbourFlags::Proxy).execute().await
        })
    }
}
