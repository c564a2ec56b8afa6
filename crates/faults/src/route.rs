//! Routes and rules of a namespace.

use std::net::IpAddr;

use ipnet::IpNet;
use rtnetlink::packet_route::AddressFamily;
use rtnetlink::packet_route::route::{RouteMessage, RouteScope, RouteType};
use rtnetlink::packet_route::rule::RuleAction;
use rtnetlink::{Handle, RouteMessageBuilder, RouteNextHopBuilder};

use crate::configure::index_of;
use crate::error::Result;
use crate::namespace::Namespace;

/// A route to be added.
#[derive(Debug, Clone)]
pub struct NewRoute {
    destination: IpNet,
    hops: Hops,
    table: Option<u32>,
    source: Option<IpAddr>,
    onlink: bool,
}

#[derive(Debug, Clone)]
enum Hops {
    One {
        via: Option<IpAddr>,
        device: Option<String>,
    },
    Several(Vec<(IpAddr, String)>),
    /// No next hop: what the kernel does with the packet instead.
    None(RouteType),
}

impl NewRoute {
    /// A route to `destination`, as yet without gateway and device.
    pub fn to(destination: IpNet) -> Self {
        let hops = Hops::One { via: None, device: None };
        Self { destination, hops, table: None, source: None, onlink: false }
    }

    /// The default route of the gateway's family, by that gateway.
    pub fn default_via(gateway: IpAddr) -> Self {
        Self::to(any_like(gateway)).via(gateway)
    }

    /// The default route over several gateways, each on its device, with equal weight.
    pub fn default_over(hops: &[(IpAddr, &str)]) -> Self {
        let any = hops.first().map_or(IpNet::default(), |(gateway, _)| any_like(*gateway));
        let hops = hops.iter().map(|(gateway, device)| (*gateway, (*device).to_owned())).collect();
        Self { hops: Hops::Several(hops), ..Self::to(any) }
    }

    /// A route that drops everything for `destination` in silence.
    pub fn blackhole(destination: IpNet) -> Self {
        Self { hops: Hops::None(RouteType::BlackHole), ..Self::to(destination) }
    }

    /// A route that answers everything for `destination` with ICMP host unreachable.
    pub fn unreachable(destination: IpNet) -> Self {
        Self { hops: Hops::None(RouteType::Unreachable), ..Self::to(destination) }
    }

    /// A route that answers everything for `destination` with ICMP administratively prohibited.
    pub fn prohibit(destination: IpNet) -> Self {
        Self { hops: Hops::None(RouteType::Prohibit), ..Self::to(destination) }
    }

    /// Next hop.
    #[must_use]
    pub fn via(mut self, gateway: IpAddr) -> Self {
        let device = match self.hops {
            Hops::One { device, .. } => device,
            Hops::Several(_) | Hops::None(_) => None,
        };
        self.hops = Hops::One { via: Some(gateway), device };
        self
    }

    /// Output device.
    #[must_use]
    pub fn device(mut self, name: &str) -> Self {
        let via = match self.hops {
            Hops::One { via, .. } => via,
            Hops::Several(_) | Hops::None(_) => None,
        };
        self.hops = Hops::One { via, device: Some(name.to_owned()) };
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

impl NewRoute {
    async fn message(self, netlink: &Handle) -> Result<RouteMessage, rtnetlink::Error> {
        let mut message = RouteMessageBuilder::<IpAddr>::new()
            .destination_prefix(self.destination.addr(), self.destination.prefix_len())
            .map_err(|error| invalid(&error))?;
        match self.hops {
            Hops::One { via, device } => {
                if let Some(gateway) = via {
                    message = message.gateway(gateway).map_err(|error| invalid(&error))?;
                } else if self.destination.addr().is_ipv4() {
                    // As `ip route` does: only then may it lead to the gateway of another.
                    message = message.scope(RouteScope::Link);
                }
                if let Some(device) = device {
                    message = message.output_interface(index_of(netlink, &device).await?);
                }
            }
            Hops::Several(hops) => {
                let mut each = Vec::new();
                for (gateway, device) in hops {
                    let family = match gateway {
                        IpAddr::V4(_) => AddressFamily::Inet,
                        IpAddr::V6(_) => AddressFamily::Inet6,
                    };
                    let hop = RouteNextHopBuilder::new(family)
                        .interface(index_of(netlink, &device).await?)
                        .via(gateway)
                        .map_err(|error| invalid(&error))?;
                    each.push(hop.build());
                }
                message = message.multipath(each);
            }
            Hops::None(kind) => message = message.kind(kind),
        }
        if let Some(source) = self.source {
            message = message.pref_source(source).map_err(|error| invalid(&error))?;
        }
        if let Some(table) = self.table {
            message = message.table_id(table);
        }
        if self.onlink {
            message = message.onlink();
        }
        Ok(message.build())
    }
}

fn any_like(address: IpAddr) -> IpNet {
    match address {
        IpAddr::V4(_) => IpNet::V4(ipnet::Ipv4Net::default()),
        IpAddr::V6(_) => IpNet::V6(ipnet::Ipv6Net::default()),
    }
}

impl Namespace {
    /// Adds a route.
    pub fn route(&self, route: NewRoute) -> Result<()> {
        self.configure(format!("add route to `{}`", route.destination), async move |netlink| {
            let message = route.message(&netlink).await?;
            netlink.route().add(message).execute().await
        })
    }

    /// Takes away a route that was added so.
    pub fn remove_route(&self, route: NewRoute) -> Result<()> {
        self.configure(format!("delete route to `{}`", route.destination), async move |netlink| {
            let message = route.message(&netlink).await?;
            netlink.route().del(message).execute().await
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

    /// Adds the rule `fwmark MARK lookup TABLE` of IPv4.
    pub fn rule_mark(&self, mark: u32, table: u32, priority: u32) -> Result<()> {
        self.configure(format!("add rule for mark {mark}"), async move |netlink| {
            let rule =
                netlink.rule().add().table_id(table).priority(priority).action(RuleAction::ToTable);
            rule.fw_mark(mark).v4().execute().await
        })
    }
}

fn invalid(message: &dyn std::fmt::Display) -> rtnetlink::Error {
    rtnetlink::Error::InvalidNla(message.to_string())
}
