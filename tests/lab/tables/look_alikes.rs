//! `arp`, `interfaces` and `route get` where nothing is wrong, and in the incident.

use serde_json::Value;
use synrecv_faults::Running;

use super::table;
use crate::inside::{list, run_doctor, stand};

/// Healthy wires on which a naive table would blame somebody.
const HEALTHY: [&str; 15] = [
    "right-mask",
    "router-proxy-arp",
    "source-policy-routing",
    "tolerated-asymmetry",
    "onlink-gateway",
    "vrrp-mac",
    "secondary-addresses",
    "five-addresses",
    "p2p-31",
    "ll-gateway-v6",
    "calico-pod",
    "calico-host",
    "nat-router",
    "container-host",
    "ra-prefix-v6",
];

fn text(running: &Running, args: &[&str]) -> String {
    let output = run_doctor(running.server(), args, None);
    assert!(output.status.success(), "{args:?}: {output:?}");
    String::from_utf8(output.stdout).expect("the doctor writes UTF-8")
}

/// Lines with a mark above `info`.
fn alarms(text: &str) -> Vec<&str> {
    let marked = |line: &&str| line.contains("  ! ") || line.contains("  x ");
    text.lines().filter(marked).collect()
}

#[test]
fn tables_blame_nobody_on_a_healthy_wire() {
    for id in HEALTHY {
        let running = stand(id);
        for command in ["arp", "interfaces"] {
            let text = text(&running, &[command, "--width", "120"]);
            assert_eq!(alarms(&text), [""; 0], "{id}: {command}:\n{text}");
        }
    }
}

/// The rows whose field has this value.
fn with<'a>(rows: &'a Value, field: &str, value: &str) -> Vec<&'a Value> {
    list(rows).iter().filter(|row| row[field] == value).collect()
}

#[test]
fn tables_show_the_incident() {
    let running = stand("incident");
    let host = running.server();

    let arp = table(host, &["arp"]);
    let proxied = with(&arp["neighbours"], "mac", "02:00:00:00:00:02");
    assert!(proxied.len() > 1, "{arp}");
    assert!(proxied.iter().all(|row| row["mac_suspect"] == true), "{arp}");
    let gateway = with(&arp["neighbours"], "address", "192.168.4.1");
    assert_eq!((&gateway[0]["role"], gateway[0].get("mac_suspect")), (&"gateway".into(), None));

    let interfaces = table(host, &["interfaces"]);
    let device = with(&interfaces["interfaces"], "dev", "ps0")[0];
    let fit = &with(&device["addresses"], "address", "192.168.4.10")[0]["fit"];
    assert_eq!((&fit["fits"], &fit["suggested_prefix_len"]), (&false.into(), &24.into()), "{fit}");

    let get = table(host, &["route", "get", "192.168.5.11", "--from", "192.168.4.10"]);
    let answer = &get["answer"];
    assert!(answer.get("gateway").is_none(), "{answer}");
    assert_eq!(answer["entry"]["prefix"], "192.168.4.0/22");
    assert_eq!(answer["rule"]["priority"], 32_766);
    assert_eq!(answer["neighbour"]["mac"], "02:00:00:00:00:02");
    assert!(list(&answer["neighbour_marks"]).contains(&"shared-mac".into()), "{answer}");
    assert_eq!(answer["inputs"][0]["accepted"], true);
}

#[test]
fn route_get_sees_what_a_plain_look_up_does_not() {
    let running = stand("source-policy-routing");
    let get = ["route", "get", "198.51.100.7", "--from", "10.2.0.10"];
    let answer = &table(running.server(), &get)["answer"];
    assert_eq!(
        (&answer["gateway"], &answer["table"]),
        (&"10.2.0.1".into(), &102.into()),
        "{answer}"
    );
    assert_eq!(
        (&answer["plain"]["gateway"], &answer["plain"]["table"]),
        (&"10.1.0.1".into(), &254.into())
    );
    assert_eq!(answer["rule"]["from"], "10.2.0.10/32");
}
