//! Addresses, neighbours and gateway learned from a router advertisement: healthy.

use std::time::Duration;

use super::{Scenario, clients};
use crate::configure::mac;
use crate::expectation::Expectation;
use crate::lab::{ip, net};
use crate::route::NewRoute;
use crate::traffic::{AdvertisedPrefix, RouterAdvertiser, RouterPreference};

pub(super) static SCENARIO: Scenario = Scenario {
    id: "ra-prefix-v6",
    title: "IPv6 address, neighbours and gateway from router advertisements: healthy",
    story: "\
The server configured itself from the advertisements of the router fe80::1: an address in
2001:db8:1::/64 made from its MAC, a default route, and 2001:db8:77::/64 as on-link without an
address of its own in it. A client there is a neighbour all the same.",
    picture: "
                                |
  server                        +--- fe80::1 ROUTER 2001:db8:9::1 --- clients
  2001:db8:1::ff:fe00:10 -------+    advertises         2001:db8:9::101-104
  :80                           |
                                +--- near client 2001:db8:77::20

  2001:db8:1::/64  dev ps0 proto kernel expires ...
  2001:db8:77::/64 dev ps0 proto kernel expires ...
  default via fe80::1 dev ps0 proto ra expires ...",
    expect: Expectation::HEALTHY,
    needs_nft: false,
    machine_wide: false,
    stage: |lab| {
        let inside = lab.segment("inside")?;
        let server = lab.host("server")?;
        server.sysctl("net/ipv6/conf/default/accept_ra", "1")?;
        lab.plug(&inside, &server, "ps0", mac(0x10))?;

        let router = lab.router("router")?;
        let gateways = [net("2001:db8:1::1/64"), net("2001:db8:77::1/64"), net("fe80::1/64")];
        lab.attach(&inside, &router, "r0", mac(0x01), &gateways)?;
        let prefix = |net: &str, autonomous| AdvertisedPrefix {
            net: net.parse().expect("a valid prefix"),
            on_link: true,
            autonomous,
        };
        let advertiser = RouterAdvertiser {
            device: "r0".to_owned(),
            router: "fe80::1".parse().expect("a valid address"),
            mac: mac(0x01),
            preference: RouterPreference::Medium,
            prefixes: vec![prefix("2001:db8:1::/64", true), prefix("2001:db8:77::/64", false)],
            every: Duration::from_secs(3),
        };
        let advertiser = advertiser.start(&router)?;

        let near = ["2001:db8:77::20/64"];
        let near = clients::on(lab, &inside, "near", mac(0x20), &near)?;
        near.host.route(NewRoute::default_via(ip("2001:db8:77::1")))?;
        let outsiders = clients::behind_v6(lab, &router)?;
        let service = "2001:db8:1::ff:fe00:10";
        let mut stage = clients::all_connect(server, &[(&outsiders, service), (&near, service)])?;
        stage.traffic.push(advertiser);
        Ok(stage)
    },
};
