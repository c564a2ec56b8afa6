//! Looking at netfilter makes nothing: no hook, no table, no connection tracking.

use std::fs;
use std::net::UdpSocket;
use std::process::Command;

use synrecv_faults::{Lab, Namespace};

use crate::inside::{need_rights, run_doctor, text};

/// What is registered, as far as anything in user space can tell.
#[derive(Debug, PartialEq, Eq)]
struct Hooks {
    /// Empty where the kernel does not list them (CONFIG_NETFILTER_NETLINK_HOOK).
    listed: String,
    /// Tables of x_tables; each has its hooks.
    x_tables: Vec<Option<String>>,
    nf_tables: String,
    /// Connections of a datagram that was just sent: conntrack counts those it sees.
    tracked: Option<String>,
}

impl Hooks {
    fn of(namespace: &Namespace) -> Self {
        let mut command = Command::new("nft");
        command.args(["list", "hooks"]);
        let listed = namespace.output(command, None).expect("nft can be started").stdout;
        let look = || {
            let socket = UdpSocket::bind("127.0.0.1:0").expect("a socket");
            let to = socket.local_addr().expect("it is bound");
            socket.send_to(b"datagram", to).expect("lo is up");
            let read = |path: &str| fs::read_to_string(path).ok();
            let names = ["ip_tables_names", "ip6_tables_names", "arp_tables_names"];
            let x_tables =
                names.map(|name| read(&format!("/proc/thread-self/net/{name}"))).to_vec();
            (x_tables, read("/proc/sys/net/netfilter/nf_conntrack_count"))
        };
        let (x_tables, tracked) = namespace.run(look).expect("the namespace is there");
        Self {
            listed: String::from_utf8(listed).expect("nft writes UTF-8"),
            x_tables,
            nf_tables: text(namespace, "nft", &["list", "ruleset"]),
            tracked,
        }
    }
}

fn fresh_host() -> (Lab, Namespace) {
    need_rights();
    let mut lab = Lab::new().expect("a lab");
    let host = lab.host("host").expect("a host");
    text(&host, "ip", &["link", "set", "lo", "up"]);
    (lab, host)
}

#[test]
fn a_fresh_namespace_stays_without_hooks() {
    let (_lab, host) = fresh_host();
    let before = Hooks::of(&host);
    assert_eq!((before.listed.as_str(), before.nf_tables.as_str()), ("", ""));
    assert!(before.x_tables.iter().flatten().all(String::is_empty), "{before:?}");
    let answer = run_doctor(&host, &["--observe", "2s"], None);
    assert_eq!(answer.status.code(), Some(0), "{answer:?}");
    for table in ["sockets", "arp", "route", "interfaces"] {
        let answer = run_doctor(&host, &[table], None);
        assert_eq!(answer.status.code(), Some(0), "{table}: {answer:?}");
    }
    assert_eq!(before, Hooks::of(&host));
}

/// The witnesses see what they are there to see.
#[test]
fn a_look_that_makes_hooks_would_be_noticed() {
    let (_lab, host) = fresh_host();
    let before = Hooks::of(&host);
    // Asking for a table of x_tables makes it.
    text(&host, "iptables-legacy", &["-n", "-L"]);
    let listed = Hooks::of(&host);
    assert_ne!(before.x_tables, listed.x_tables);
    host.nft("table ip t { chain c { type filter hook input priority 0; ct state new; }; }")
        .expect("rules");
    let tracking = Hooks::of(&host);
    assert_ne!(listed.nf_tables, tracking.nf_tables);
    assert_ne!(listed.tracked, tracking.tracked);
}
