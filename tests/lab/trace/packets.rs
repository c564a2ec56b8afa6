//! What `trace` sends, seen by tcpdump.

use std::io::{BufRead as _, BufReader};
use std::net::{IpAddr, UdpSocket};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use synrecv_faults::{LongWay, Namespace};

use super::{long_way, trace};
use crate::inside::{NOBODY, list, text};

/// Until a socket is gone; the rest is for a loaded machine.
const PATIENCE: Duration = Duration::from_secs(10);

/// Packets that a host sends to an address, seen by tcpdump.
struct Watched {
    tcpdump: Child,
    lines: BufReader<ChildStdout>,
    namespace: Namespace,
    target: IpAddr,
}

impl Watched {
    fn start(namespace: &Namespace, device: &str, target: &str) -> Self {
        let mut command = Command::new("tcpdump");
        command.args(["-n", "-l", "-p", "--immediate-mode", "-Q", "out", "-i", device]);
        command.args(["dst", "host", target]);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut tcpdump = namespace.spawn(command, None).expect("tcpdump is installed");
        let mut said = BufReader::new(tcpdump.stderr.take().expect("standard error is a pipe"));
        let mut line = String::new();
        while !line.contains("listening on") {
            line.clear();
            assert!(said.read_line(&mut line).expect("tcpdump writes text") > 0, "tcpdump ended");
        }
        let lines = BufReader::new(tcpdump.stdout.take().expect("standard output is a pipe"));
        let target = target.parse().expect("an address");
        Self { tcpdump, lines, namespace: namespace.clone(), target }
    }

    /// All that was sent so far: a packet of our own to the discard port ends it.
    fn sent(mut self) -> Vec<String> {
        let target = self.target;
        let mark = move || {
            let nowhere = if target.is_ipv4() { "0.0.0.0:0" } else { "[::]:0" };
            UdpSocket::bind(nowhere).and_then(|socket| socket.send_to(b"end", (target, 9)))
        };
        self.namespace.run(mark).expect("the namespace is there").expect("it can be sent");
        let mut lines = Vec::new();
        loop {
            let mut line = String::new();
            assert!(self.lines.read_line(&mut line).expect("text") > 0, "tcpdump ended");
            if line.contains(".9: UDP") {
                break;
            }
            lines.push(line);
        }
        self.tcpdump.kill().expect("it runs");
        self.tcpdump.wait().expect("it is our child");
        lines
    }
}

#[test]
fn never_more_is_sent_than_announced() {
    let way = long_way();
    // Packets of a trace that fails before it begins, of the longest, and of an ordinary one.
    for (target, method, uid) in [
        (LongWay::OPEN, "udp", None),
        (LongWay::DROPPED, "udp", Some(NOBODY)),
        (LongWay::DROPPED, "icmp", None),
        (LongWay::DROPPED, "icmp", Some(NOBODY)),
        (LongWay::REJECTED, "tcp", None),
        (LongWay::DROPPED, "tcp", None),
        (LongWay::DROPPED, "tcp", Some(NOBODY)),
        (LongWay::OPEN_V6, "udp", None),
    ] {
        let watched = Watched::start(way.source(), "up1", target);
        let said = trace(&way, &[target, "--method", method], uid);
        let sent = watched.sent();
        let count = u64::try_from(sent.len()).expect("few");
        assert!(count <= said.announced, "{method} {target}: {count} of {}", said.announced);
        let told = said.trace["sent_count"].as_u64().unwrap_or(0);
        assert_eq!(count, told, "{method} {target}: {sent:#?}");
        assert_eq!(said.announced > 0, said.status == Some(0), "{method} {target}");
    }
}

#[test]
fn nothing_stays_half_open_at_the_target() {
    let way = long_way();
    let listen = || std::net::TcpListener::bind("0.0.0.0:8080");
    let listener = way.target().run(listen).expect("the target is there").expect("a free port");
    for uid in [None, Some(NOBODY)] {
        let watched = Watched::start(way.source(), "up1", LongWay::OPEN);
        let args = [LongWay::OPEN, "--method", "tcp", "--port", "8080"];
        let said = trace(&way, &args, uid);
        let last = list(&said.trace["hops"]).last().expect("six hops");
        assert_eq!(last["answers"][0]["said"], "syn-ack", "{:#}", said.trace);
        assert_eq!(last["distance"], 6);
        let began = Instant::now();
        loop {
            let states = ["syn-recv", "established", "close-wait"];
            let filter: Vec<&str> = states.iter().flat_map(|state| ["state", *state]).collect();
            let args = [&["-Htan"], &filter[..]].concat();
            let open = text(way.target(), "ss", &args);
            if open.trim().is_empty() {
                break;
            }
            assert!(began.elapsed() < PATIENCE, "still there: {open}");
            sleep(Duration::from_millis(20));
        }
        let sent = watched.sent();
        let (resets, syns): (Vec<&String>, Vec<&String>) =
            sent.iter().partition(|line| line.contains("Flags [R"));
        assert!(!resets.is_empty() && syns.len() as u64 <= said.announced, "{sent:#?}");
        // All from one port.
        let port = said.trace["local_port"].as_u64().expect("a port");
        let from = format!(".{port} > ");
        assert!(sent.iter().all(|line| line.contains(&from)), "{sent:#?}");
    }
    drop(listener);
}
