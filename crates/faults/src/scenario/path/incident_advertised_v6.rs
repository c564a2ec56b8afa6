//! The incident in IPv6, with the wide prefix out of a router advertisement.

use std::time::Duration;

use super::wide_v6::{self, Wide};
use crate::configure::mac;
use crate::expectation::Expectation;
use crate::lab::ip;
use crate::route::NewRoute;
use crate::scenario::Scenario;
use crate::traffic::{AdvertisedPrefix, RouterAdvertiser, RouterPreference};

pub(in crate::scenario) static SCENARIO: Scenario = Scenario {
    id: "incident-advertised-v6",
    title: "the IPv6 incident; the router advertises 2001:db8:4::/48 as on-link",
    story: "\
As incident-v6, but the server's address is right, 2001:db8:4::10/64. The router advertises
2001:db8:4::/48 as a prefix that is on the wire, a typing error in its configuration, so the server
has a route that takes the clients 2001:db8:4:5::11-16 for neighbours. No address has that prefix.",
    picture: "
                          2001:db8:4::/64           2001:db8:4:5::/64
                          |                         |
  server 2001:db8:4::10 --+--- ::1  ROUTER   ::1 ---+
  02:..:10, prefix /64    |    :01  proxy_ndp slow  |
                          |                         +--- clients ::11-::16
  client 2001:db8:4::20 --+--- ::2  BALANCER ::2 ---+
  02:..:20, prefix /64    |    :02  proxy_ndp fast  |
                          |         drops invalid   |

  2001:db8:4::/64 dev ps0 proto kernel
  2001:db8:4::/48 dev ps0 proto kernel expires ...   by the router, wrong

  SYN      client -> router   -> server   accepted
  SYN-ACK  server -> balancer -> X        dropped: no connection known",
    expect: Expectation::fault("bad-netmask", "path", &["likely", "confirmed"]).or(&["proxy-arp"]),
    needs_nft: true,
    machine_wide: false,
    stage: |lab| {
        let hosts = wide_v6::build(lab, 64)?;
        // The advertised one would be the same route, and the kernel would then stop reading.
        hosts.server.remove_route(NewRoute::default_via(ip("fe80::1")).device("ps0"))?;
        hosts.server.sysctl("net/ipv6/conf/ps0/accept_ra", "1")?;
        Wide::proxy(&hosts.router, "r0", "20")?;
        Wide::proxy(&hosts.balancer, "lb0", "0")?;
        let wide = AdvertisedPrefix {
            net: "2001:db8:4::/48".parse().expect("a valid prefix"),
            on_link: true,
            autonomous: false,
        };
        let advertiser = RouterAdvertiser {
            device: "r0".to_owned(),
            router: "fe80::1".parse().expect("a valid address"),
            mac: mac(0x01),
            preference: RouterPreference::Medium,
            prefixes: vec![wide],
            every: Duration::from_secs(3),
        };
        let advertiser = advertiser.start(&hosts.router)?;
        let mut stage = hosts.into_stage()?;
        stage.traffic.push(advertiser);
        Ok(stage)
    },
};
