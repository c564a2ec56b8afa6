use synrecv_model::{
    Flaw, Flow, Foreign, Gap, Process, Reading, Reason, RetryCounters, SocketSource, SocketTimer,
    TimerKind,
};

use super::super::fixture::{EVIL, end, host, links, missing, parsed, style, whole, written};
use super::*;

fn listener(address: &str, queue: u32, inode: u64) -> Listener {
    let local = end(address, 8443);
    Listener {
        local,
        family: Family::of(local.ip),
        bound_ifindex: 0,
        accept_queue_count: queue,
        accept_queue_max_count: Some(4),
        ref_count: Some(1),
        drops_count: Some(24),
        optmem_bytes: Some(0),
        uid: 33,
        inode,
        v6only: None,
        mark: None,
        owners: Owners::Known(vec![Process {
            pid: 71,
            comm: Foreign("ng\u{1b}[31mi\nX".into()),
            state: 'T',
        }]),
        options: None,
    }
}

fn request(peer: &str, sent: Option<u32>, expired: u32) -> Request {
    Request {
        flow: Flow { local: end("10.0.0.1", 8443), peer: end(peer, 40_000) },
        listener_family: Family::V4,
        ifindex: 0,
        counters: RetryCounters {
            synack_retrans_count: sent,
            timer_expiry_count: Some(expired),
            same_instant: sent.is_some(),
            timer_ms: Some(1_500),
        },
        uid: Some(33),
        mark: None,
        fastopen: false,
    }
}

fn sockets() -> Sockets {
    let bound = Listener { bound_ifindex: 3, ..listener("fe80::1", 0, 9) };
    let other = Socket {
        state: TcpState::FinWait1,
        flow: Flow { local: end("10.0.0.1", 8443), peer: end("10.9.0.9", 4) },
        family: Family::V4,
        ifindex: 0,
        recv_queue_bytes: 0,
        send_queue_bytes: 1,
        timer: Some(SocketTimer { kind: TimerKind::On, expires_ms: 200, retrans_count: 2 }),
        uid: 33,
        inode: 0,
    };
    let kernel = Listener { owners: Owners::Known(Vec::new()), ..listener("10.0.0.1", 0, 8) };
    Sockets {
        source: SocketSource::Both,
        listeners: vec![listener("0.0.0.0", 5, 7), kernel, bound],
        requests: vec![
            request("10.9.0.7", Some(0), 0),
            request("10.9.0.8", Some(4), 1),
            request("10.9.0.9", None, 2),
        ],
        others: vec![other],
    }
}

fn table<'a>(
    host: &'a Host,
    sockets: &'a Section<Sockets>,
    links: &'a Section<Vec<Link>>,
) -> SocketsTable<'a> {
    SocketsTable {
        kind: SourceKind::Live,
        host,
        sockets,
        links: Some(links),
        states: &TcpState::ALL,
        port: None,
        watched: None,
    }
}

fn text(sockets: Sockets, width: usize, verbosity: i8) -> String {
    let (host, sockets, links) = (host(), whole(sockets), whole(links()));
    let style = Style { verbosity, ..style(width) };
    written(|out| table(&host, &sockets, &links).write_text(style, out))
}

#[test]
fn queues_counters_and_owners() {
    let expected = r"LISTENERS  3
LOCAL                    ACCEPT QUEUE  SYN_RECV  DROPS  PROCESS              UID
0.0.0.0:8443                      5/4         0     24  ng\x1b[31mi\x0aX 71   33
    x accept queue full, process 71 is stopped
10.0.0.1:8443                     0/4         3     24  (kernel)              33
[fe80::1%e\x1b[2J]:8443           0/4         0     24  ng\x1b[31mi\x0aX 71   33
    ! process 71 is stopped, bound to e\x1b[2J

SYN_RECV  3, oldest first
LOCAL          PEER               AGE  RESENT  TIMER  NEXT  READING
10.0.0.1:8443  10.9.0.9:40000  >=5.5s       ?      2  1.5s  ?
10.0.0.1:8443  10.9.0.8:40000  >=1.5s       4      1  1.5s  client-repeats-syn
10.0.0.1:8443  10.9.0.7:40000    0.0s       0      0  1.5s  too-early
RESENT: SYN-ACKs sent again (ss). TIMER: expiries of the own timer (netstat -o).
More RESENT than TIMER: the client repeats its SYN. Less: the ACK is here, the
kernel waits for data.

OTHER SOCKETS  1
STATE      LOCAL          PEER        RECV-Q  SEND-Q  TIMER          UID  INODE
FIN_WAIT1  10.0.0.1:8443  10.9.0.9:4       0       1  on 0.2s try 2   33      0

Read from sock_diag and /proc/net/tcp.
";
    assert_eq!(text(sockets(), 80, 0), expected);
}

#[test]
fn options_that_an_application_set_are_remarks() {
    let mut sockets = sockets();
    sockets.listeners.truncate(2);
    for listener in &mut sockets.listeners {
        (listener.owners, listener.accept_queue_count) = (Owners::NotSought, 0);
        listener.optmem_bytes = Some(296);
    }
    let options = ListenerOptions {
        defer_accept_s: Some(31),
        syn_retries: Some(1),
        fastopen_queue_max: Some(5),
        filter_instructions: Some(4),
    };
    sockets.listeners[0].options = Some(options);
    let unset = ListenerOptions {
        defer_accept_s: Some(0),
        syn_retries: None,
        fastopen_queue_max: Some(0),
        filter_instructions: Some(0),
    };
    sockets.listeners[1].options = Some(unset);
    let shown = text(sockets.clone(), 100, 0);
    assert!(
        shown.contains("  i filter of 4 instructions, defer 31 s, syncnt 1, fastopen 5\n"),
        "{shown}"
    );
    assert!(shown.contains("  i option memory 296 bytes: TCP-MD5 keys\n"), "{shown}");

    let (host, sockets, links) = (host(), whole(sockets), whole(links()));
    let json = parsed(&written(|out| table(&host, &sockets, &links).write_json(out)));
    let expected = serde_json::json!({
        "defer_accept_s": 31,
        "syn_retries_count": 1,
        "fastopen_queue_max_count": 5,
        "filter_instructions_count": 4,
    });
    assert_eq!(json["listeners"][0]["options"], expected);
    assert!(json["listeners"][1]["options"].get("syn_retries_count").is_none());
}

#[test]
fn many_requests_are_grouped_unless_asked_for() {
    let requests = (0..60).map(|peer| request(&format!("10.9.1.{peer}"), Some(peer / 30), 0));
    let many = Sockets { requests: requests.collect(), ..sockets() };
    let grouped = text(many.clone(), 100, 0);
    let lines: Vec<&str> =
        grouped.lines().skip_while(|line| !line.starts_with("SYN_RECV")).collect();
    assert_eq!(
        lines[..3],
        [
            "SYN_RECV  60, by local end and reading (-v: every row)",
            "LOCAL          READING    COUNT  OLDEST  RESENT  TIMER  PEERS",
            "10.0.0.1:8443  too-early     60    0.0s     0-1      0  10.9.1.0, 10.9.1.1, 58 more",
        ]
    );
    assert!(text(many, 100, 1).contains("10.9.1.59:40000"));
}

#[test]
fn a_reuseport_group_shares_its_requests() {
    let mut twice = sockets();
    twice.listeners.push(listener("10.0.0.1", 0, 10));
    assert_eq!(text(twice, 80, 0).matches(" 3 shared ").count(), 2);
}

#[test]
fn json_has_every_counter_and_no_raw_bytes() {
    let (host, sockets, links) = (host(), whole(sockets()), whole(links()));
    let json = parsed(&written(|out| table(&host, &sockets, &links).write_json(out)));
    assert_eq!(json["table"], "sockets");
    assert_eq!(json["listeners"][0]["processes"][0]["comm"], "ng\u{1b}[31mi\nX");
    assert_eq!(json["listeners"][2]["local"], format!("[fe80::1%{EVIL}]:8443"));
    assert_eq!(json["requests"][1]["reading"], "client-repeats-syn");
    assert_eq!(json["requests"][2]["reading"], serde_json::Value::Null);
    assert_eq!(json["sockets"][0]["retrans_count"], 2);
}

#[test]
fn an_unread_table_is_not_an_empty_one() {
    let (host, sockets, links) = (host(), missing(), whole(links()));
    let table = table(&host, &sockets, &links);
    let text = written(|out| table.write_text(style(80), out));
    assert_eq!(text, " ?  sockets not read: needs-root: line\\x0abreak\n");
    let json = parsed(&written(|out| table.write_json(out)));
    assert_eq!(json["listeners"], serde_json::Value::Null);
    assert_eq!(json["sections"]["sockets"]["reason"], "needs-root");
}

#[test]
fn a_source_that_could_not_be_asked_is_named() {
    let gap = Gap::new(Reason::NeedsModule("tcp_diag".into()), "asking would load it");
    let reading = Reading {
        source: "/proc/net/tcp".into(),
        started: synrecv_model::Mono(0),
        ended: synrecv_model::Mono(0),
    };
    let data = Sockets { source: SocketSource::Proc, ..sockets() };
    let sockets = Section::Partial { data, flaws: vec![Flaw::PartMissing(gap)], reading };
    let (host, links) = (host(), whole(links()));
    let text = written(|out| table(&host, &sockets, &links).write_text(style(80), out));
    assert!(text.starts_with(" ?  sockets incomplete: needs-module: asking would load it\n"));
    assert!(text.ends_with("Read from /proc/net/tcp.\n"));
}

mod watched {
    use synrecv_model::view::RetryReading;
    use synrecv_model::{
        Connection, Counters, Diagnosis, Life, ListenerTrack, Mono, Observation, Sighting, Status,
        Track, Verdict,
    };

    use super::*;

    fn observation(requests: &[Request]) -> Observation {
        let sighting = |request: &Request, at| Sighting { at, counters: request.counters };
        let track = |request: &Request| Track {
            flow: request.flow,
            listener_family: Family::V4,
            ifindex: 0,
            uid: request.uid,
            mark: None,
            lives: Life {
                last: sighting(request, Mono(3_000_000_000)),
                ..Life::seen_once(sighting(request, Mono(0)))
            }
            .into(),
            life_count: 1,
        };
        let listener = ListenerTrack {
            local: end("0.0.0.0", 8443),
            family: Family::V4,
            inode: 7,
            accept_queue_peak_count: 5,
            accept_queue_least_count: 0,
            accept_queue_max_count: Some(4),
            drops_delta: Some(3),
            present: true,
            outstanding_count: 2,
            made_count: 9,
        };
        Observation {
            started: Mono(0),
            ended: Mono(5_000_000_000),
            sample_count: 21,
            interval_ms: 250,
            interrupted: true,
            seen_count: 2,
            late_completed_count: 0,
            tracks: requests.iter().map(track).collect(),
            completed: Vec::new(),
            ended_young: Vec::new(),
            unresolved: Vec::new(),
            mac_changes: Vec::new(),
            steps: Vec::new(),
            rules_moved: whole(Vec::new()),
            traffic: Vec::new(),
            listeners: vec![listener],
            counters: whole(Counters::default()),
            frames: Section::Missing(Gap::new(Reason::NotInInput, "no frames")),
        }
    }

    fn diagnosis(observation: &Observation) -> Diagnosis {
        let connection = |track: &Track| Connection {
            flow: track.flow,
            listener_family: Family::V4,
            counters: track.last_life().last.counters,
            age_ms: Some(4_000),
            age_is_lower_bound: false,
            seen_for_ms: track.last_life().seen_for_ms(),
            life_count: 1,
            reading: RetryReading::NextHopUnresolved,
            out_dev: Some(Foreign(EVIL.into())),
            out_next_hop: Some("10.0.0.254".parse().unwrap()),
            out_mac: None,
            out_state: Some(synrecv_model::Nud::Failed),
            via_gateway: Some(true),
            seen: None,
            findings: ["neighbour-unresolved"].into(),
        };
        Diagnosis {
            verdict: Verdict {
                status: Status::Problem,
                class: None,
                finding: None,
                confidence: None,
                stuck_count: 0,
                summary: synrecv_model::Text::new(),
            },
            findings: [].into(),
            not_checked: Vec::new(),
            checks: Vec::new(),
            connections: observation.tracks.iter().map(connection).collect(),
            listeners: Vec::new(),
            namespaces: Vec::new(),
            handshake_count: None,
            overflow_delta: None,
            overflow_total: None,
            pieces: Vec::new(),
            questions: Vec::new(),
        }
    }

    fn shown(requests: Vec<Request>, json: bool) -> String {
        let observation = observation(&requests);
        let diagnosis = diagnosis(&observation);
        let listeners = vec![listener("0.0.0.0", 0, 7)];
        let data = Sockets { listeners, requests, others: Vec::new(), ..sockets() };
        let (host, sockets, links) = (host(), whole(data), whole(links()));
        let watched = Watched::new(&observation, &diagnosis);
        let states = [TcpState::Listen, TcpState::SynRecv];
        let table = SocketsTable {
            watched: Some(&watched),
            states: &states,
            ..table(&host, &sockets, &links)
        };
        if json {
            return written(|out| table.write_json(out));
        }
        written(|out| table.write_text(style(110), out))
    }

    #[test]
    fn changes_have_columns() {
        let text = shown(vec![request("10.9.0.7", Some(4), 1)], false);
        let expected = r"LISTENERS  1
LOCAL         ACCEPT QUEUE  SYN_RECV  MADE    DROPS  PROCESS              UID
0.0.0.0:8443           0/4         1     9  24 (+3)  ng\x1b[31mi\x0aX 71   33
    ! process 71 is stopped, accept queue was full

SYN_RECV  1, oldest first
LOCAL          PEER            AGE  SEEN FOR  RESENT  TIMER  READING              REPLY VIA
10.0.0.1:8443  10.9.0.7:40000   4s      3.0s       4      1  next-hop-unresolved  10.0.0.254 e\x1b[2J failed
RESENT: SYN-ACKs sent again (ss). TIMER: expiries of the own timer (netstat -o). More RESENT than TIMER: the
client repeats its SYN. Less: the ACK is here, the kernel waits for data.

Watched 5.0s, 21 samples, interrupted. Read from sock_diag and /proc/net/tcp.
";
        assert_eq!(text, expected);
    }

    #[test]
    fn many_are_grouped() {
        let many = (0..60).map(|peer| request(&format!("10.9.1.{peer}"), Some(peer / 30), 1));
        let text = shown(many.collect(), false);
        assert!(text.contains("SYN_RECV  60, by local end and reading"), "{text}");
        assert!(text.contains("10.9.1.0, 59 more"), "{text}");
    }

    #[test]
    fn json_has_what_changed() {
        let json = parsed(&shown(vec![request("10.9.0.7", Some(4), 1)], true));
        assert_eq!(json["interrupted"], true);
        assert_eq!(json["sample_count"], 21);
        let (listener, request) = (&json["listeners"][0], &json["requests"][0]);
        assert_eq!(listener["drops_delta_count"], 3);
        assert_eq!(listener["requests_made_count"], 9);
        assert_eq!(listener["accept_queue_peak_count"], 5);
        assert_eq!(request["reading"], "next-hop-unresolved");
        assert_eq!(request["seen_for_ms"], 3_000);
        assert_eq!(request["out"]["next_hop_state"], "failed");
        assert_eq!(request["findings"][0], "neighbour-unresolved");
        assert_eq!(request["gone"], false);
    }
}
