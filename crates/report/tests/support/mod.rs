//! A report to render: clients behind a router in a prefix that is too wide.

mod facts;
mod frames;

use std::net::IpAddr;

use synrecv_model::view::RetryReading;
use synrecv_model::{
    Action, ActionLabel, CheckOutcome, CheckResult, Class, Command, Confidence, Connection,
    Diagnosis, Endpoint, Evidence, Facts, Family, Finding, Flow, Foreign, ListenerView, Mac,
    NamespaceCount, NotChecked, Nud, Observation, Origin, Owners, Process, Reason, RetryCounters,
    SeenFrames, Severity, Stance, Status, Subject, Text, Value, Verdict, Weight, text,
};
use synrecv_report::Report;

/// Strings from outside.
#[derive(Clone, Debug)]
pub(crate) struct Names {
    pub(crate) host: String,
    pub(crate) kernel: String,
    pub(crate) dev: String,
    pub(crate) alias: String,
    pub(crate) comm: String,
}

impl Names {
    /// As on a usual host.
    pub(crate) fn usual() -> Self {
        Self {
            host: "app03".to_owned(),
            kernel: "6.18.5".to_owned(),
            dev: "eno1".to_owned(),
            alias: "uplink".to_owned(),
            comm: "nginx".to_owned(),
        }
    }
}

/// What a report borrows from.
#[derive(Debug)]
pub(crate) struct Incident {
    diagnosis: Diagnosis,
    facts: Facts,
    observation: Observation,
}

impl Incident {
    /// `stuck_count` clients behind the router.
    pub(crate) fn new(names: &Names, stuck_count: u32) -> Self {
        Self {
            diagnosis: diagnosis(names, stuck_count),
            facts: facts::facts(names),
            observation: Observation {
                frames: facts::collected(frames::capture(names)),
                ..facts::observation()
            },
        }
    }

    pub(crate) fn report(&self) -> Report<'_> {
        let Self { diagnosis, facts, observation } = self;
        Report { diagnosis, facts, observation, peer: None }
    }
}

fn ip(text: &str) -> IpAddr {
    text.parse().expect("an address")
}

fn endpoint(address: &str, port: u16) -> Endpoint {
    Endpoint::new(ip(address), port)
}

fn mac(last: u8) -> Mac {
    Mac([2, 0, 0, 0, 0, last])
}

fn client(number: u32) -> IpAddr {
    let [high, low] = u16::try_from(number % 60_000).expect("below 2^16").to_be_bytes();
    IpAddr::from([192, 168, 5_u8.saturating_add(high % 200), low])
}

fn connection(dev: &str, number: u32) -> Connection {
    Connection {
        flow: Flow {
            local: endpoint("192.168.4.10", 80),
            peer: Endpoint::new(client(number), 40_000),
        },
        listener_family: Family::V4,
        counters: RetryCounters {
            synack_retrans_count: Some(4),
            timer_expiry_count: Some(1),
            same_instant: true,
            timer_ms: Some(1_200),
        },
        age_ms: Some(9_000),
        age_is_lower_bound: true,
        seen_for_ms: 5_000,
        life_count: 1,
        reading: RetryReading::ClientRepeatsSyn,
        out_dev: Some(Foreign(dev.to_owned())),
        out_next_hop: Some(client(number)),
        out_mac: Some(mac(2)),
        out_state: Some(Nud::Reachable),
        via_gateway: Some(false),
        seen: (number == 11).then(|| {
            Box::new(SeenFrames {
                in_dev: Some(Foreign(dev.to_owned())),
                in_mac: Some(mac(1)),
                in_ttl: Some(63),
                out_dev: Some(Foreign(dev.to_owned())),
                out_mac: Some(mac(2)),
                ack_seen: Some(false),
            })
        }),
        findings: ["bad-netmask"].into(),
    }
}

fn evidence(origin: Origin, name: &'static str, stance: Stance, text: Text) -> Evidence {
    Evidence {
        origin,
        name,
        values: vec![("mac", Value::Mac(mac(2))), ("gateway", Value::Ip(ip("192.168.4.1")))],
        text,
        stance,
        weight: Weight::Strong,
        recheck: vec![Command("ip neigh show".to_owned())],
    }
}

fn leading(names: &Names, stuck_count: u32) -> Finding {
    let dev = Foreign(names.dev.clone());
    Finding {
        id: "bad-netmask",
        class: Class::Path,
        severity: Severity::Problem,
        confidence: Confidence::Likely,
        subject: Subject::Prefix(2, "192.168.4.0/22".parse().expect("a prefix")),
        headline: headline(stuck_count),
        summary: text![
            &dev,
            " has prefix /",
            22_u32,
            ", so clients behind the router look directly connected",
        ],
        args: vec![
            ("interface", Value::Foreign(dev.clone())),
            ("prefix_len", Value::Number(22)),
            ("direction", Value::Word("too-wide")),
        ],
        evidence: vec![
            evidence(
                Origin::Arp,
                "one-mac-for-stuck-clients",
                Stance::For,
                text![
                    ip("192.168.5.11"),
                    " resolves to ",
                    mac(2),
                    ", which answers for ",
                    3_u32,
                    " addresses and is not the gateway (",
                    ip("192.168.4.1"),
                    " is ",
                    mac(1),
                    ")",
                ],
            ),
            evidence(
                Origin::Route,
                "on-link-by-prefix",
                Stance::For,
                text!["replies leave by ", &dev, " without a gateway"],
            ),
        ],
        against: vec![evidence(
            Origin::Sockets,
            "connected-through-the-same-mac",
            Stance::Against,
            text!["process ", Foreign(names.comm.clone()), &dev, " completed a handshake"],
        )],
        disproved_by: vec!["an ACK of a stuck client in a capture on this host"],
        affected: (0..stuck_count as usize).collect(),
        explains: vec![nested(&dev)],
        actions: vec![
            Action {
                id: "settle-prefix",
                label: ActionLabel::Investigate,
                text: text!["find out the right prefix of ", &dev, " before changing it"],
                commands: vec![Command(format!("ip addr show dev {dev}"))],
                verify: Text::new(),
            },
            Action {
                id: "replace-prefix",
                label: ActionLabel::Disruptive,
                text: text!["add the right prefix, then delete the wrong one"],
                commands: vec![
                    Command(format!("ip addr add 192.168.4.10/24 brd + dev {dev}")),
                    Command(format!("ip addr del 192.168.4.10/22 dev {dev}")),
                ],
                verify: text![
                    Command("ip route get 192.168.5.11 from 192.168.4.10".to_owned()),
                    " shows `via` the gateway",
                ],
            },
        ],
    }
}

fn headline(stuck_count: u32) -> Text {
    text![
        stuck_count,
        " connections to ",
        endpoint("192.168.4.10", 80),
        " are stuck: replies do not go back the way the SYN came",
    ]
}

fn nested(dev: &Foreign) -> Finding {
    Finding {
        id: "proxy-arp",
        class: Class::Latent,
        severity: Severity::Info,
        confidence: Confidence::Likely,
        subject: Subject::Mac(2, mac(2)),
        headline: Text::new(),
        summary: text![mac(2), " answers for 3 addresses on ", dev],
        args: vec![],
        evidence: vec![],
        against: vec![],
        disproved_by: vec![],
        affected: vec![],
        explains: vec![],
        actions: vec![],
    }
}

fn second(comm: &Foreign) -> Finding {
    Finding {
        id: "accept-queue-full",
        class: Class::Local,
        severity: Severity::Problem,
        confidence: Confidence::Confirmed,
        subject: Subject::Listener(endpoint("0.0.0.0", 8443)),
        headline: text!["the accept queue of ", endpoint("0.0.0.0", 8443), " is full"],
        summary: text![comm, " does not accept: 129 of 128 wait"],
        args: vec![("comm", Value::Foreign(comm.clone()))],
        evidence: vec![evidence(
            Origin::Queue,
            "queue-full",
            Stance::For,
            text!["accept queue 129 of 128, held by ", comm],
        )],
        against: vec![],
        disproved_by: vec!["the accept queue empties while connections are stuck"],
        affected: vec![],
        explains: vec![],
        actions: vec![],
    }
}

fn listener(port: u16, queue: u32, owners: Owners) -> ListenerView {
    ListenerView {
        local: endpoint("0.0.0.0", port),
        family: Family::V4,
        accept_queue_count: queue,
        accept_queue_max_count: Some(128),
        syn_recv_count: 3,
        drops_count: Some(12),
        drops_delta: Some(2),
        owners,
    }
}

fn diagnosis(names: &Names, stuck_count: u32) -> Diagnosis {
    let comm = Foreign(names.comm.clone());
    let owner = Process { pid: 4_711, comm: comm.clone(), state: 'S' };
    Diagnosis {
        verdict: Verdict {
            status: Status::Problem,
            class: Some(Class::Path),
            finding: Some("bad-netmask"),
            confidence: Some(Confidence::Likely),
            stuck_count: stuck_count as usize,
            summary: headline(stuck_count),
        },
        findings: vec![leading(names, stuck_count), second(&comm)],
        not_checked: vec![NotChecked {
            check: "asymmetric-route",
            reason: Reason::NeedsRoot,
            detail: text!["marks of ", &comm, " are not readable"],
        }],
        checks: vec![
            CheckResult { id: "bad-netmask", outcome: CheckOutcome::Finding },
            CheckResult { id: "overlapping-route", outcome: CheckOutcome::Pass },
            CheckResult {
                id: "synack-lost-outside",
                outcome: CheckOutcome::RuledOut(text!["replies by ", Foreign(names.dev.clone())]),
            },
        ],
        connections: (0..stuck_count).map(|number| connection(&names.dev, 11 + number)).collect(),
        listeners: vec![
            listener(80, 0, Owners::Known(vec![owner])),
            listener(8443, 129, Owners::NotSought),
        ],
        namespaces: vec![NamespaceCount { pid: 99, comm, syn_recv_count: 5 }],
        handshake_count: Some(40),
        overflow_delta: Some(0),
        overflow_total: Some(7),
        pieces: vec![],
        questions: vec![],
    }
}
