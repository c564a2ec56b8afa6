//! A published port of a container: healthy.

use super::ground::{connect, far, give, serve};
use crate::configure::{End, cable, mac};
use crate::expectation::Expectation;
use crate::lab::{ip, net};
use crate::route::NewRoute;
use crate::running::{Condition, Stage};
use crate::scenario::{Scenario, routed};

const TRANSLATION: &str = "\
table ip lab {
    chain prerouting {
        type nat hook prerouting priority dstnat; policy accept;
        ip daddr 10.1.0.10 tcp dport 8080 dnat to 172.17.0.2:80
    }
    chain postrouting {
        type nat hook postrouting priority srcnat; policy accept;
        ip saddr 172.17.0.0/16 oifname ps0 masquerade
    }
}
";

pub(in crate::scenario) static SCENARIO: Scenario = Scenario {
    id: "published-port",
    title: "a container behind docker0 with a published port: healthy",
    story: "\
The server runs a container behind docker0, 172.17.0.1/16, and publishes its port 80 as 8080: it
translates the destination of what comes in. Requests for :8080 are in the container's namespace,
not on the host; the host forwards them. It serves :80 itself. All clients connect to both.",
    picture: "
  container 172.17.0.2:80 --- docker0 172.17.0.1/16
                              SERVER :80   ps0 10.1.0.10 --- 10.1.0.1 ROUTER
                              dnat :8080 -> 172.17.0.2:80           10.9.0.1
                                                                        |
                                              clients 198.18.1.11 ... --+",
    expect: Expectation::HEALTHY,
    needs_nft: true,
    machine_wide: false,
    stage: |lab| {
        let hosts = routed::build(lab)?;
        hosts.server.sysctl("net/ipv4/ip_forward", "1")?;
        hosts.server.bridge("docker0")?;
        let container = lab.host("container")?;
        cable(
            End { namespace: &hosts.server, device: "veth1", mac: mac(0x41) },
            End { namespace: &container, device: "eth0", mac: mac(0x42) },
        )?;
        hosts.server.enslave("veth1", "docker0")?;
        hosts.server.address("docker0", net("172.17.0.1/16"))?;
        container.address("eth0", net("172.17.0.2/16"))?;
        container.route(NewRoute::default_via(ip("172.17.0.1")))?;
        hosts.server.nft(TRANSLATION)?;
        give(&hosts.clients, "c0", &far())?;

        let apps = [serve(&hosts.server, 80)?, serve(&container, 80)?];
        let own = connect(&hosts.clients, &far(), "10.1.0.10", 80)?;
        let published = connect(&hosts.clients, &far(), "10.1.0.10", 8080)?;
        let shows = Condition::completed(&own, 8).and(Condition::completed(&published, 8));
        let mut traffic = vec![own, published];
        traffic.extend(apps);
        Ok(Stage { server: hosts.server, traffic, shows })
    },
};
