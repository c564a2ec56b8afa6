//! `arp --probe`: the right word for each who answers, and nobody's table changes for it.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::process::Output;
use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::Value;
use synrecv_faults::{Lab, Namespace, Running, mac};
use synrecv_frames::live::{Live, Scope};
use synrecv_model::{Capture, Mac, Mono};
use synrecv_tests::doctor;
use synrecv_tests::schema::violations;

use crate::inside::{NOBODY, json, list, need_rights, run_doctor, stand, text};

/// For a condition that holds at once; the rest is for a loaded machine.
const PATIENCE: Duration = Duration::from_secs(20);

fn ask(host: &Namespace, args: &[&str]) -> (Value, String) {
    let args = [&["arp", "--format", "json", "--probe"], args].concat();
    let output = run_doctor(host, &args, None);
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{args:?}: {output:?}");
    let table: Value = serde_json::from_slice(&output.stdout).expect("a table is JSON");
    assert_eq!(table["sections"]["probed"]["state"], "collected", "{table:#}");
    (table, error)
}

fn row<'a>(table: &'a Value, address: &str) -> &'a Value {
    let row = list(&table["probed"]).iter().find(|row| row["address"] == address);
    row.unwrap_or_else(|| panic!("{address} is not in {table:#}"))
}

fn macs(row: &Value) -> Vec<&str> {
    list(&row["answerers"]).iter().filter_map(|one| one["mac"].as_str()).collect()
}

/// Device, address and link-layer address of each entry; states and ages move with the traffic.
fn neighbours(host: &Namespace) -> BTreeSet<[String; 3]> {
    let table = json(host, "ip", &["-j", "neighbour"]);
    let word = |row: &Value, field: &str| row[field].as_str().unwrap_or_default().to_owned();
    list(&table).iter().map(|row| ["dev", "dst", "lladdr"].map(|field| word(row, field))).collect()
}

/// Peers of connections in SYN_RECV.
fn stuck(host: &Namespace) -> BTreeSet<String> {
    let rows = text(host, "ss", &["-Htn", "state", "syn-recv"]);
    let peer = |line: &str| Some(line.split_whitespace().nth(3)?.rsplit_once(':')?.0.to_owned());
    rows.lines().filter_map(peer).collect()
}

fn wait_until(what: &str, mut holds: impl FnMut() -> bool) {
    let began = Instant::now();
    while !holds() {
        assert!(began.elapsed() < PATIENCE, "not within {PATIENCE:?}: {what}");
        sleep(Duration::from_millis(50));
    }
}

#[test]
fn the_incident_has_two_proxies_and_stays_as_it_is() {
    let running = stand("incident");
    let server = running.server();
    let behind = |peers: &BTreeSet<String>| -> BTreeSet<String> {
        peers.iter().filter(|peer| peer.starts_with("192.168.5.")).cloned().collect()
    };
    let before: Vec<_> = running.hosts().iter().map(neighbours).collect();
    let stuck_before = behind(&stuck(server));
    let (table, announced) = ask(server, &["192.168.5.11", "192.168.4.1", "192.168.4.77"]);
    let stuck_after = behind(&stuck(server));
    let after: Vec<_> = running.hosts().iter().map(neighbours).collect();

    assert!(announced.contains("sends at most 24 ARP questions on ps0"), "{announced}");
    let peer = row(&table, "192.168.5.11");
    assert_eq!((&peer["verdict"], &peer["severity"]), (&"proxy".into(), &"warning".into()));
    // The balancer is faster, each time.
    assert_eq!(macs(peer), ["02:00:00:00:00:02", "02:00:00:00:00:01"], "{peer:#}");
    let [balancer, router] = [&peer["answerers"][0], &peer["answerers"][1]];
    assert_eq!((&peer["question_count"], &balancer["first_count"]), (&3.into(), &3.into()));
    assert_eq!((&balancer["proxy"], &router["proxy"]), (&true.into(), &true.into()));
    assert_eq!(router["gateways"], serde_json::json!(["192.168.4.1"]));
    assert!(router["delay_us_max"].as_u64() > balancer["delay_us_max"].as_u64(), "{peer:#}");
    assert!(peer["lead_us_max"].as_u64() < Some(400_000), "{peer:#}");
    assert_eq!(row(&table, "192.168.4.1")["verdict"], "one-owner");
    assert_eq!(row(&table, "192.168.4.1")["question_count"], 1);
    assert_eq!(row(&table, "192.168.4.77")["verdict"], "nobody");
    let unused = |row: &&Value| row["purpose"] == "unused";
    let beyond = |row: &&Value| row["address"].as_str().is_some_and(|ip| ip.contains(".5."));
    let (far, near): (Vec<_>, Vec<_>) =
        list(&table["probed"]).iter().filter(unused).partition(beyond);
    assert_eq!((far.len(), near.len()), (2, 2), "{table:#}");
    assert!(far.iter().all(|row| row["verdict"] == "proxy"), "{far:#?}");
    assert!(near.iter().all(|row| row["verdict"] == "nobody"), "{near:#?}");

    let source = table["sent"]["senders"][0]["address"].as_str().expect("an address");
    for (before, mut after) in before.into_iter().zip(after) {
        // Who answered has an entry for the station that asked, which is not there any more.
        after.retain(|[_, address, _]| address != source);
        assert_eq!(before, after);
    }
    assert_eq!(stuck_before.len(), 8, "{stuck_before:?}");
    assert_eq!(stuck_before, stuck_after);
    let near = &running.traffic()[0];
    let completed = near.counts().completed();
    wait_until("the near client connects", || near.counts().completed() > completed);
}

/// Asks for an address in a scenario: the answers have this word and severity, and the entry of the
/// address stays as it was.
fn has_word(id: &str, target: &str, word: &str, severity: Option<&str>) {
    let running = stand(id);
    let before = neighbours(running.server());
    let (table, _) = ask(running.server(), &[target]);
    let after = neighbours(running.server());
    let address = target.split('%').next().unwrap_or_default();
    let row = row(&table, address);
    assert_eq!((&row["verdict"], row["severity"].as_str()), (&word.into(), severity), "{row:#}");
    // Others come and go with the traffic.
    let entry = |entries: &BTreeSet<[String; 3]>| {
        entries.iter().find(|[_, known, _]| known == address).cloned()
    };
    // Both machines ask for the server in turn, and each time it takes over the MAC.
    let flips = id == "duplicate-gateway";
    assert!(flips || entry(&before) == entry(&after), "{before:?} {after:?}");
}

macro_rules! words {
    ($($name:ident: $target:literal is $word:literal, $severity:expr;)+) => {
        $(
            #[test]
            fn $name() {
                has_word(&stringify!($name).replace('_', "-"), $target, $word, $severity);
            }
        )+
    };
}

words! {
    incident_v6: "2001:db8:4:5::11" is "proxy", Some("warning");
    incident_responder_v6: "2001:db8:4:5::11" is "proxy", Some("warning");
    incident_advertised_v6: "2001:db8:4:5::11" is "proxy", Some("warning");
    router_proxy_arp: "192.168.5.11" is "proxy", Some("info");
    duplicate_address_silent: "10.1.0.20" is "duplicate-address", Some("warning");
    duplicate_address_silent_v6: "2001:db8:1::20" is "duplicate-address", Some("warning");
    duplicate_gateway: "10.1.0.1" is "duplicate-address", Some("warning");
    wide_mask_no_proxy: "192.168.5.11" is "nobody", Some("warning");
    wide_prefix_no_proxy_v6: "2001:db8:4:5::11" is "nobody", Some("warning");
    gateway_dead: "10.1.0.254" is "nobody", Some("warning");
    gateway_dead_v6: "fe80::dead%ps0" is "nobody", Some("warning");
    five_addresses: "10.1.0.21" is "one-owner", None;
    calico_pod: "169.254.1.1" is "proxy", None;
    vrrp_mac: "10.1.0.1" is "one-owner", None;
    vrrp_mac_v6: "fe80::5%ps0" is "one-owner", None;
}

#[test]
fn the_balancer_is_named_where_it_answers_for_a_whole_prefix() {
    let running = stand("incident-responder-v6");
    let (table, _) = ask(running.server(), &["2001:db8:4:5::11"]);
    let row = row(&table, "2001:db8:4:5::11");
    assert_eq!(macs(row)[0], "02:00:00:00:00:02", "{row:#}");
    let unused = list(&table["probed"]).iter().filter(|row| row["purpose"] == "unused");
    let found: Vec<_> = unused.map(|row| (row["verdict"].as_str(), macs(row))).collect();
    let one = (Some("proxy"), vec!["02:00:00:00:00:02"]);
    assert_eq!(found, [one.clone(), one]);
}

/// Times at which frames were sent from a MAC, as the server's tap saw them.
fn sent(capture: &Capture, from: Mac) -> Vec<Mono> {
    let questions = capture.questions.iter().filter(|it| it.mac == Some(from) && it.outgoing);
    let answers = capture
        .claims
        .iter()
        .filter(|claim| claim.kind.is_answer() && claim.src_mac == Some(from) && claim.outgoing);
    let mut times: Vec<Mono> =
        questions.map(|it| it.at).chain(answers.map(|claim| claim.at)).collect();
    times.sort_unstable();
    times
}

fn capture(host: &Namespace) -> Live {
    let start = || Live::start(Scope::default(), None);
    host.run(start).expect("the namespace is there").expect("root may capture")
}

/// Asks while a tap looks on: as many frames as were counted, no more than announced, and no more than
/// 50 a second.
fn count_frames(running: &Running, targets: &[&str]) {
    let live = capture(running.server());
    let (table, announced) = ask(running.server(), targets);
    let seen = live.finish();
    let seen = seen.data().expect("a capture");
    let counts = &table["sent"];
    let [frames, most] =
        ["frame_count", "frame_max"].map(|field| counts[field].as_u64().expect("a number"));
    assert!(announced.contains(&format!("sends at most {most} ")), "{announced}");
    let macs: BTreeSet<Mac> = list(&counts["senders"])
        .iter()
        .map(|sender| sender["mac"].as_str().expect("a MAC").parse().expect("a MAC"))
        .collect();
    let times: Vec<Mono> = macs.iter().flat_map(|mac| sent(seen, *mac)).collect();
    assert_eq!(times.len() as u64, frames, "{table:#}");
    assert!(frames <= most, "{counts}");
    for (at, begin) in times.iter().enumerate() {
        let second = times[at..].iter().take_while(|time| time.ms_since(*begin) < 1_000).count();
        assert!(second <= 51, "{second} frames in a second");
    }
    for row in list(&table["probed"]) {
        let its: IpAddr = row["address"].as_str().expect("an address").parse().expect("one");
        let asked = seen.questions.iter().filter(|question| {
            question.address == its
                && question.outgoing
                && question.mac.is_some_and(|mac| macs.contains(&mac))
        });
        let asked = asked.count() as u64;
        assert!(asked <= 3 && Some(asked) == row["question_count"].as_u64(), "{asked}: {row:#}");
    }
}

#[test]
fn the_table_is_what_its_schema_says() {
    let running = stand("incident-v6");
    let schema = run_doctor(running.server(), &["schema", "table"], None);
    let schema: Value = serde_json::from_slice(&schema.stdout).expect("a schema is JSON");
    let (table, _) = ask(running.server(), &["2001:db8:4:5::11", "2001:db8:4::10"]);
    assert_eq!(violations(&schema, &table), [""; 0]);
    let args = ["arp", "--format", "json", "--probe", "2001:db8:4:5::11"];
    let refused = run_doctor(running.server(), &args, Some(NOBODY));
    assert_eq!(refused.status.code(), Some(4), "{refused:?}");
    let table: Value = serde_json::from_slice(&refused.stdout).expect("a table is JSON");
    assert_eq!(violations(&schema, &table), [""; 0]);
    assert_eq!(table["sections"]["probed"]["reason"], "needs-root");
}

#[test]
fn no_more_is_sent_than_announced() {
    count_frames(&stand("incident"), &["192.168.5.11", "192.168.4.1", "192.168.4.20"]);
    count_frames(&stand("incident-responder-v6"), &["2001:db8:4:5::11", "2001:db8:4::20"]);
    let many: Vec<String> = (100..140).map(|last| format!("192.168.6.{last}")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    count_frames(&stand("wide-mask-no-proxy"), &many);
}

/// Standard error of a run that asks nobody.
fn refused(output: &Output, status: i32) -> String {
    assert_eq!(output.status.code(), Some(status), "{output:?}");
    assert!(output.stdout.is_empty(), "{output:?}");
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn who_cannot_be_asked_is_told_why() {
    let running = stand("incident");
    let server = running.server();
    let live = capture(server);
    let probe = |ip: &'static str, uid| run_doctor(server, &["arp", "--probe", ip], uid);
    let far = refused(&probe("8.8.8.8", None), 2);
    assert!(far.contains("the gateway 192.168.4.1 on ps0"), "{far}");
    let group = refused(&probe("224.0.0.1", None), 2);
    assert!(group.contains("multicast"), "{group}");
    let lo = refused(&probe("127.0.0.1", None), 2);
    assert!(lo.contains("`lo`"), "{lo}");
    let nobody = refused(&probe("192.168.5.11", Some(NOBODY)), 4);
    assert!(nobody.contains("needs-root") && nobody.contains("CAP_NET_RAW"), "{nobody}");
    let plain = run_doctor(server, &["arp"], None);
    assert!(plain.status.success(), "{plain:?}");
    let seen = live.finish();
    let seen = seen.data().expect("a capture");
    let own = Mac(mac(0x10));
    let strange = |mac: Option<Mac>| mac.is_some_and(|mac| mac != own);
    let foreign = seen.questions.iter().filter(|it| it.outgoing && strange(it.mac)).count();
    assert_eq!(foreign, 0, "{:#?}", seen.questions);
}

/// Two hosts on one wire, the first with eth0 10.0.0.1/24.
fn pair(second: &str) -> (Lab, Namespace, Namespace) {
    need_rights();
    let mut lab = Lab::new().expect("a lab");
    let wire = lab.segment("wire").expect("a segment");
    let [one, other] = ["one", "other"].map(|name| lab.host(name).expect("a host"));
    let net = |text: &str| [text.parse().expect("a prefix")];
    lab.attach(&wire, &one, "eth0", mac(1), &net("10.0.0.1/24")).expect("a device");
    lab.attach(&wire, &other, "eth0", mac(2), &net(second)).expect("a device");
    (lab, one, other)
}

#[test]
fn an_address_of_this_host_that_somebody_else_has_too() {
    let (_lab, one, other) = pair("10.0.0.1/24");
    let before = neighbours(&other);
    let (table, _) = ask(&one, &["10.0.0.1"]);
    let row = row(&table, "10.0.0.1");
    assert_eq!((&row["verdict"], &row["own"]), (&"duplicate-address".into(), &true.into()));
    assert_eq!(macs(row), ["02:00:00:00:00:02"]);
    // It was asked for from no address, so that nobody takes the asker for its owner.
    assert_eq!(table["sent"]["senders"][0]["address"], Value::Null);
    assert_eq!(neighbours(&other), before);
    text(&other, "ip", &["address", "flush", "dev", "eth0"]);
    let (table, _) = ask(&one, &["10.0.0.1"]);
    assert_eq!(self::row(&table, "10.0.0.1")["verdict"], "one-owner");
}

/// Waits until the host has heard from 10.0.0.2.
fn wait_reachable(host: &Namespace) {
    wait_until("10.0.0.2 answers", || {
        text(host, "bash", &["-c", "echo > /dev/udp/10.0.0.2/9"]);
        text(host, "ip", &["neighbour", "show", "10.0.0.2"]).contains("REACHABLE")
    });
}

#[test]
fn a_network_that_lets_known_macs_pass_only_is_suspected() {
    // Built before, lest the entry be old by the time that it is looked at.
    doctor();
    let (_lab, one, other) = pair("10.0.0.2/24");
    // As port security of a switch has it.
    let rules = "table netdev port {
        chain out {
            type filter hook egress device eth0 priority filter; policy drop;
            ether daddr { 02:00:00:00:00:01, ff:ff:ff:ff:ff:ff } accept
        }
    }
    ";
    other.nft(rules).expect("a rule");
    wait_reachable(&one);
    let (table, _) = ask(&one, &["10.0.0.2"]);
    assert_eq!(row(&table, "10.0.0.2")["verdict"], "nobody");
    assert_eq!(table["unheard"], serde_json::json!(["10.0.0.2"]), "{table:#}");
    let (table, announced) = ask(&one, &["10.0.0.2", "--own-mac"]);
    assert!(announced.contains("can heal or break"), "{announced}");
    assert_eq!(row(&table, "10.0.0.2")["verdict"], "one-owner");
    assert_eq!(row(&table, "10.0.0.2")["sender"], "device");
}

#[test]
fn a_device_that_hears_its_own_mac_only_is_asked_on_with_that() {
    let (_lab, one, _other) = pair("10.0.0.2/24");
    text(&one, "ip", &["address", "flush", "dev", "eth0"]);
    one.macvlan("eth0", "mv0", mac(3)).expect("a device");
    one.address("mv0", "10.0.0.1/24".parse().expect("a prefix")).expect("an address");
    let made_up = refused(&run_doctor(&one, &["arp", "--probe", "10.0.0.2"], None), 2);
    assert!(made_up.contains("of kind macvlan; --own-mac asks"), "{made_up}");
    let (table, _) = ask(&one, &["10.0.0.2", "--own-mac"]);
    assert_eq!(row(&table, "10.0.0.2")["verdict"], "one-owner");
}

#[test]
fn nobody_is_asked_where_there_is_no_carrier() {
    let (_lab, one, _other) = pair("10.0.0.2/24");
    text(&one, "ip", &["link", "add", "alone", "type", "veth", "peer", "name", "off"]);
    text(&one, "ip", &["address", "add", "10.1.0.1/24", "dev", "alone"]);
    text(&one, "ip", &["link", "set", "alone", "up"]);
    let alone = refused(&run_doctor(&one, &["arp", "--probe", "10.1.0.2"], None), 2);
    assert!(alone.contains("`alone` has no carrier"), "{alone}");
}
