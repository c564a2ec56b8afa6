//! Conntrack entries against `conntrack -L`.

use std::net::{TcpListener, TcpStream};

use synrecv_counters::tracked;
use synrecv_faults::{Lab, Namespace};
use synrecv_model::{ConntrackEntry, Endpoint, Flow, Tracked};

use super::compare::{Row, assert_equal};
use crate::inside::{need_rights, text};

/// A port that is translated, and one whose replies are not tracked.
const RULES: &str = "\
table inet lab {
    chain translate {
        type nat hook output priority -100;
        tcp dport 81 redirect to :80
    }
    chain untracked {
        type filter hook output priority -300;
        tcp sport 82 notrack
    }
}
";

/// Seconds that may pass between the two views.
const LATER_S: u32 = 20;

fn host() -> (Lab, Namespace) {
    need_rights();
    let mut lab = Lab::new().expect("a lab");
    let host = lab.host("host").expect("a host");
    text(&host, "ip", &["link", "set", "lo", "up"]);
    text(&host, "nft", &[RULES]);
    (lab, host)
}

/// Connections that are open for as long as they are held, and traces of one that is not.
fn connect() -> (Vec<TcpListener>, Vec<TcpStream>) {
    let listen = |to: &str, port: u16| TcpListener::bind((to, port)).expect("a free port");
    let open = |to: &str, port: u16| TcpStream::connect((to, port)).expect("somebody listens");
    let listeners = vec![listen("127.0.0.1", 80), listen("::1", 80), listen("127.0.0.1", 82)];
    drop(open("127.0.0.1", 80));
    let ports = [("127.0.0.1", 80), ("127.0.0.1", 81), ("127.0.0.1", 82), ("::1", 80)];
    (listeners, ports.map(|(to, port)| open(to, port)).into())
}

/// One line of `conntrack -L`.
struct Theirs {
    row: Row,
    flow: Flow,
    timeout_s: u32,
}

fn theirs(line: &str) -> Theirs {
    // tcp 6 SECONDS STATE src= dst= sport= dport= [UNREPLIED] src= dst= sport= dport= [ASSURED] ...
    let words: Vec<&str> = line.split_whitespace().collect();
    let ends = |nth: usize| {
        let value = |name: &str| {
            let values = words.iter().filter_map(|word| word.strip_prefix(name));
            values.clone().nth(nth).unwrap_or_else(|| panic!("no {name}: {line}"))
        };
        let end = |ip: &str, port: &str| {
            let ip = value(ip).parse().expect("an address");
            Endpoint::new(ip, value(port).parse().expect("a port"))
        };
        (end("src=", "sport="), end("dst=", "dport="))
    };
    let (original, reply) = (ends(0), ends(1));
    let flag = |flag| words.contains(&flag);
    Theirs {
        row: row(words[3], original, reply, !flag("[UNREPLIED]"), flag("[ASSURED]")),
        flow: Flow { local: reply.0, peer: reply.1 },
        timeout_s: words[2].parse().expect("seconds"),
    }
}

fn ours(entry: &ConntrackEntry) -> Row {
    let ConntrackEntry { state, original, reply, seen_reply, assured, .. } = entry;
    row(state.name(), *original, *reply, *seen_reply, *assured)
}

fn row(
    state: &str,
    original: (Endpoint, Endpoint),
    reply: (Endpoint, Endpoint),
    seen_reply: bool,
    assured: bool,
) -> Row {
    let ends = |(from, to): (Endpoint, Endpoint)| format!("{from}>{to}");
    Row::default()
        .with("state", state)
        .with("original", ends(original))
        .with("reply", ends(reply))
        .with("seen_reply", seen_reply.to_string())
        .with("assured", assured.to_string())
}

#[test]
fn entries_agree_with_conntrack() {
    let (_lab, host) = host();
    let open = host.run(connect).expect("the namespace is there");
    let list = |family| text(&host, "conntrack", &["-L", "-f", family, "-p", "tcp"]);
    let lines = list("ipv4") + &list("ipv6");
    let theirs: Vec<Theirs> = lines.lines().map(theirs).collect();
    assert_eq!(theirs.len(), 5, "{lines}");

    let unknown = Endpoint::new("127.0.0.1".parse().expect("an address"), 9);
    let unknown = Flow { local: unknown, peer: unknown };
    let flows: Vec<Flow> = theirs.iter().map(|entry| entry.flow).chain([unknown]).collect();
    let section = host.run(move || tracked(&flows)).expect("the namespace is there");
    let answers = section.whole().unwrap_or_else(|| panic!("not whole: {section:?}"));
    let entry_of = |flow: Flow| {
        let answer = answers.iter().find(|tracked| tracked.flow == flow);
        let Tracked { entry, .. } = answer.unwrap_or_else(|| panic!("no answer for {flow:?}"));
        entry.as_ref()
    };
    assert_eq!(entry_of(unknown), None);
    for entry in &theirs {
        let seconds = entry_of(entry.flow).expect("conntrack has it").timeout_s;
        assert!(seconds.abs_diff(entry.timeout_s) <= LATER_S, "{}: {seconds} s", entry.row);
    }
    let ours = answers.iter().filter_map(|tracked| tracked.entry.as_ref()).map(ours).collect();
    let theirs: Vec<Row> = theirs.into_iter().map(|entry| entry.row).collect();
    assert_equal("conntrack", ours, theirs, &lines);
    drop(open);
}
