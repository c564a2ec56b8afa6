//! The doctor leaves the host as it was, and sends nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use synrecv_faults::{Lab, Namespace, mac};
use synrecv_tests::Scratch;

use crate::inside::{json, list, need_rights, run_doctor, stand, text};

/// What the kernel changes by itself.
const MOVING: &[(&str, &str)] =
    &[("net/netfilter/nf_conntrack_count", "connections come and go with the traffic")];

/// Everything that an administrator could have set.
#[derive(Debug, PartialEq)]
struct State {
    addresses: Value,
    routes: [Value; 2],
    rules: [Value; 2],
    /// By device and address; states and ages move with the traffic.
    neighbours: BTreeSet<(String, String)>,
    /// By file; what the kernel refuses to tell is part of it.
    settings: BTreeMap<PathBuf, String>,
    ruleset: String,
    qdiscs: Value,
}

impl State {
    fn of(namespace: &Namespace) -> Self {
        let ip = |args: &[&str]| json(namespace, "ip", args);
        let neighbour = |row: &Value| {
            let word = |field: &str| row[field].as_str().unwrap_or_default().to_owned();
            (word("dev"), word("dst"))
        };
        Self {
            addresses: without_lifetimes(ip(&["-j", "address"])),
            routes: ["-4", "-6"].map(|family| ip(&[family, "-j", "route", "show", "table", "all"])),
            rules: ["-4", "-6"].map(|family| ip(&[family, "-j", "rule"])),
            neighbours: list(&ip(&["-j", "neighbour"])).iter().map(neighbour).collect(),
            settings: settings(namespace),
            ruleset: text(namespace, "nft", &["list", "ruleset"]),
            qdiscs: json(namespace, "tc", &["-j", "qdisc"]),
        }
    }
}

/// Removes what counts down.
fn without_lifetimes(mut links: Value) -> Value {
    for link in links.as_array_mut().into_iter().flatten() {
        for address in link["addr_info"].as_array_mut().into_iter().flatten() {
            if let Some(fields) = address.as_object_mut() {
                fields.remove("valid_life_time");
                fields.remove("preferred_life_time");
            }
        }
    }
    links
}

fn settings(namespace: &Namespace) -> BTreeMap<PathBuf, String> {
    fn gather(directory: &Path, into: &mut BTreeMap<PathBuf, String>) {
        for entry in fs::read_dir(directory).expect("a directory of /proc/sys can be read") {
            let path = entry.expect("an entry can be read").path();
            if path.is_dir() {
                gather(&path, into);
            } else if !MOVING.iter().any(|(moving, _)| path.ends_with(moving)) {
                let value = fs::read_to_string(&path).unwrap_or_else(|error| error.to_string());
                into.insert(path, value);
            }
        }
    }
    let read = || {
        let mut all = BTreeMap::new();
        // Shows the namespace of the thread that reads.
        gather(Path::new("/proc/sys/net"), &mut all);
        all
    };
    namespace.run(read).expect("the namespace is there")
}

#[test]
fn a_diagnosis_changes_nothing() {
    let running = stand("incident");
    let before = State::of(running.server());
    assert!(before.settings.len() > 200, "only {} settings seen", before.settings.len());
    let answer = run_doctor(running.server(), &["--observe", "8s"], None);
    let after = State::of(running.server());
    assert_eq!(answer.status.code(), Some(1), "{answer:?}");
    assert_eq!(before.addresses, after.addresses);
    assert_eq!(before.routes, after.routes);
    assert_eq!(before.rules, after.rules);
    assert_eq!(before.neighbours, after.neighbours);
    assert_eq!(before.ruleset, after.ruleset);
    assert_eq!(before.qdiscs, after.qdiscs);
    for (path, value) in &before.settings {
        assert_eq!(after.settings.get(path), Some(value), "{}", path.display());
    }
    assert_eq!(before.settings.len(), after.settings.len());
}

/// What was sent by each device, and by each protocol.
fn sent(namespace: &Namespace) -> (BTreeMap<String, u64>, BTreeMap<String, u64>) {
    let devices = json(namespace, "ip", &["-j", "-s", "link"]);
    let devices = list(&devices).iter().map(|link| {
        let name = link["ifname"].as_str().expect("a device has a name").to_owned();
        (name, link["stats64"]["tx"]["packets"].as_u64().expect("a device counts packets"))
    });
    let read = || {
        let snmp = fs::read_to_string("/proc/thread-self/net/snmp").expect("it can be read");
        let mut out = BTreeMap::new();
        let lines: Vec<&str> = snmp.lines().collect();
        // Two lines each: names and values.
        for pair in lines.chunks_exact(2) {
            let fields = pair[0].split(' ').zip(pair[1].split(' ')).skip(1);
            let protocol = pair[0].split(':').next().unwrap_or_default();
            for (name, value) in fields.filter(|(name, _)| name.starts_with("Out")) {
                out.insert(format!("{protocol}.{name}"), value.parse().expect("a number"));
            }
        }
        out
    };
    (devices.collect(), namespace.run(read).expect("the namespace is there"))
}

/// All that looks at a host without being asked to send, less the bundle's file. The peer is not known
/// to the server of any scenario.
const LOOKS: &[&[&str]] = &[
    &["--observe", "3s"],
    &["diagnose", "--observe", "0"],
    &["sockets"],
    &["sockets", "--all", "--source", "proc"],
    &["sockets", "--observe", "2s"],
    &["arp"],
    &["arp", "-v", "--format", "json"],
    &["route"],
    &["route", "--all"],
    &["route", "get", "10.0.0.77"],
    &["route", "get", "10.77.0.1"],
    &["interfaces"],
    &["ask"],
    &["checks"],
];

/// Looks in all these ways, and collects a bundle.
fn look(host: &Namespace, statuses: &[i32]) {
    let scratch = Scratch::new();
    let file = scratch.path().join("bundle");
    let file = file.to_str().expect("a plain name");
    let collect: &[&str] = &["collect", "--observe", "2s", "--output", file];
    for args in LOOKS.iter().chain([&collect]) {
        let answer = run_doctor(host, args, None);
        let status = answer.status.code().expect("no signal");
        assert!(statuses.contains(&status), "{args:?}: {answer:?}");
        let said = String::from_utf8_lossy(&answer.stderr);
        assert!(!said.contains("sends"), "{args:?}: {said}");
    }
}

/// tcpdump, until it is asked how many packets left.
struct Tap(Child, BufReader<ChildStderr>);

impl Tap {
    /// Counts what leaves by a device and passes the filter.
    fn start(host: &Namespace, device: &str, filter: &str) -> Self {
        let mut command = Command::new("tcpdump");
        command.args(["-n", "-p", "-l", "--immediate-mode", "-Q", "out", "-i", device, filter]);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = host.spawn(command, None).expect("tcpdump is installed: cargo xtask test");
        let mut said = BufReader::new(child.stderr.take().expect("standard error is a pipe"));
        let mut line = String::new();
        while !line.contains("listening on") {
            line.clear();
            assert!(said.read_line(&mut line).expect("tcpdump writes text") > 0, "it ended");
        }
        Self(child, said)
    }

    fn count(mut self) -> u64 {
        let pid = i32::try_from(self.0.id()).ok().and_then(Pid::from_raw);
        kill_process(pid.expect("a process has an id"), Signal::INT).expect("it still runs");
        let mut said = String::new();
        self.1.read_to_string(&mut said).expect("tcpdump writes text");
        self.0.wait().expect("it is our child");
        let captured = said.lines().find_map(|line| line.split_once(" packet"));
        let (count, _) = captured.unwrap_or_else(|| panic!("no count: {said}"));
        count.trim().parse().unwrap_or_else(|_| panic!("no count: {said}"))
    }
}

/// On a host with stuck clients: what leaves is what its kernel sends, segments of TCP, and questions and
/// answers with its own MAC.
#[test]
fn nothing_but_the_kernel_sends_where_clients_are_stuck() {
    let running = stand("incident");
    let server = running.server();
    let own = "(ether src 02:00:00:00:00:10 and (arp or icmp6))";
    let filter = format!("not tcp and not {own}");
    let tap = Tap::start(server, "ps0", &filter);
    look(server, &[0, 1]);
    assert_eq!(tap.count(), 0);
    // It does count: one way of asking sends frames from another MAC, the other datagrams.
    let tap = Tap::start(server, "ps0", &filter);
    let asked = run_doctor(server, &["arp", "--probe", "192.168.4.20"], None);
    assert!(asked.status.success(), "{asked:?}");
    let frames = tap.count();
    let tap = Tap::start(server, "ps0", &filter);
    let traced = run_doctor(server, &["trace", "192.168.4.20"], None);
    assert!(traced.status.success(), "{traced:?}");
    assert!(frames > 0 && tap.count() > 0, "{frames}");
}

#[test]
fn a_diagnosis_sends_nothing() {
    need_rights();
    let mut lab = Lab::new().expect("a lab");
    let wire = lab.segment("wire").expect("a segment");
    let host = lab.host("host").expect("a host");
    // IPv6 reports its groups by itself for some seconds; IPv4 is silent until spoken to.
    let net = |text: &str| [text.parse().expect("a prefix")];
    if Path::new("/proc/sys/net/ipv6").exists() {
        host.sysctl("net/ipv6/conf/all/disable_ipv6", "1").expect("a setting");
        host.sysctl("net/ipv6/conf/default/disable_ipv6", "1").expect("a setting");
    }
    lab.attach(&wire, &host, "eth0", mac(1), &net("10.0.0.1/8")).expect("a device");
    host.route(synrecv_faults::NewRoute::default_via("10.0.0.254".parse().expect("an address")))
        .expect("a route");
    text(
        &host,
        "ip",
        &[
            "neighbour",
            "add",
            "10.0.0.254",
            "dev",
            "eth0",
            "nud",
            "stale",
            "lladdr",
            "02:00:00:00:00:fe",
        ],
    );

    let before = sent(&host);
    assert!(before.0.contains_key("eth0") && before.1.contains_key("Tcp.OutSegs"), "{before:?}");
    look(&host, &[0]);
    assert_eq!(before, sent(&host));
}
