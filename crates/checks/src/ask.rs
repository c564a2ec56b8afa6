//! What somebody else should run on the host, and paste: the shortest list that decides.

use std::collections::BTreeSet;
use std::net::IpAddr;

use synrecv_model::view::RetryReading;
use synrecv_model::{Command, Diagnosis, Facts, Flow, Observation, Question, Section, Text, text};

/// Clients that are asked about by name.
const CLIENTS_MAX: usize = 2;

/// The commands for a host of which nothing is known.
pub fn general() -> Vec<Question> {
    Asker { flows: Vec::new(), port: None }.all(&BTreeSet::new())
}

/// The commands whose output is missing from what is there, those that decide first.
pub fn missing(facts: &Facts, observation: &Observation, diagnosis: &Diagnosis) -> Vec<Question> {
    let stuck = diagnosis.connections.iter().filter(|connection| connection.is_stuck());
    let open = stuck.clone().filter(|connection| connection.findings.is_empty());
    let chosen: Vec<Flow> = open.chain(stuck).map(|connection| connection.flow).collect();
    let mut flows: Vec<Flow> = Vec::new();
    for flow in chosen {
        if flows.len() < CLIENTS_MAX && flows.iter().all(|one| one.peer.ip != flow.peer.ip) {
            flows.push(flow);
        }
    }
    let port = flows.first().map(|flow| flow.local.port);
    let told = told(facts, observation, diagnosis);
    Asker { flows, port }.all(&told)
}

/// What need not be asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Told {
    Readings,
    Listeners,
    Ways,
    Addresses,
    Tables,
    Neighbours,
    Counters,
    Settings,
    Filters,
    Frames,
}

fn told(facts: &Facts, observation: &Observation, diagnosis: &Diagnosis) -> BTreeSet<Told> {
    let whole = |there: bool, what| there.then_some(what);
    let stuck = || diagnosis.connections.iter().filter(|connection| connection.is_stuck());
    let read = stuck().next().is_some()
        && stuck().all(|connection| connection.reading != RetryReading::Untold);
    let listeners = facts.sockets.data().is_some_and(|sockets| {
        let mut listeners = sockets.listeners.iter();
        !sockets.listeners.is_empty()
            && listeners.all(|listener| listener.accept_queue_max_count.is_some())
    });
    let asked = facts.replies.data().is_some_and(|replies| !replies.is_empty());
    [
        whole(read, Told::Readings),
        whole(listeners, Told::Listeners),
        whole(asked && facts.rules.data().is_some(), Told::Ways),
        whole(matches!(facts.addresses, Section::Collected { .. }), Told::Addresses),
        whole(facts.routes.data().is_some() && facts.rules.data().is_some(), Told::Tables),
        whole(facts.neighbours.data().is_some(), Told::Neighbours),
        whole(observation.counters.data().is_some(), Told::Counters),
        whole(facts.settings.data().is_some(), Told::Settings),
        whole(facts.filters.data().is_some(), Told::Filters),
        whole(observation.frames.data().is_some(), Told::Frames),
    ]
    .into_iter()
    .flatten()
    .collect()
}

struct Asker {
    flows: Vec<Flow>,
    port: Option<u16>,
}

impl Asker {
    fn all(&self, told: &BTreeSet<Told>) -> Vec<Question> {
        let asks: [(Told, Vec<Question>); 10] = [
            (Told::Readings, Self::readings()),
            (Told::Listeners, vec![self.listeners()]),
            (Told::Ways, self.ways()),
            (
                Told::Addresses,
                vec![question("ip addr", text!["does a prefix take clients for neighbours"])],
            ),
            (
                Told::Tables,
                vec![
                    question("ip route show table all", text!["where replies go"]),
                    question("ip rule; ip -6 rule", text!["which table decides"]),
                ],
            ),
            (
                Told::Neighbours,
                vec![question("ip -s neigh", text!["who takes the replies, one MAC for many"])],
            ),
            (
                Told::Counters,
                vec![question(
                    "nstat -asz; sleep 10; nstat -asz",
                    text!["what is dropped while it happens: the differences of ten seconds"],
                )],
            ),
            (
                Told::Settings,
                vec![question(
                    "sysctl -a 2>/dev/null | grep -E 'rp_filter|proxy_arp|arp_(ignore|announce|filter)|syncookies|synack|somaxconn|max_syn_backlog|abort_on_overflow|nf_conntrack_(count|max)'",
                    text!["settings that drop or hold handshakes"],
                )],
            ),
            (
                Told::Filters,
                vec![question(
                    "nft list ruleset; iptables-save -c",
                    text!["as root: a rule that drops SYN or ACK, with its counter"],
                )],
            ),
            (Told::Frames, vec![self.frames()]),
        ];
        let wanted = asks.into_iter().filter(|(part, _)| !told.contains(part));
        wanted.flat_map(|(_, questions)| questions).collect()
    }

    /// The two retry counters, one right after the other.
    fn readings() -> Vec<Question> {
        vec![
            question(
                "ss -Htanoi state syn-recv | head -100",
                text!["SYN-ACKs sent again; with the next one it says which end does not hear"],
            ),
            question(
                "netstat -anto | grep SYN_RECV | head -100",
                text!["own timer expiries (cat /proc/net/tcp, where there is no netstat)"],
            ),
        ]
    }

    fn listeners(&self) -> Question {
        let filter = self.port.map_or_else(String::new, |port| format!(" 'sport = :{port}'"));
        question(
            &format!("ss -ltnem{filter}"),
            text!["is an accept queue full: Recv-Q and Send-Q of LISTEN, and packets it dropped"],
        )
    }

    fn ways(&self) -> Vec<Question> {
        let said = text!["the kernel's own answer: the way of the reply"];
        if self.flows.is_empty() {
            return vec![question("ip route get CLIENT from SERVER", said)];
        }
        let ask = |flow: &Flow| {
            let Flow { local, peer } = flow;
            question(&format!("ip route get {} from {}", peer.ip, local.ip), said.clone())
        };
        self.flows.iter().map(ask).collect()
    }

    /// By the name of the device: a capture on `any` lacks the MAC that a frame goes to.
    fn frames(&self) -> Question {
        let port = self.port.map_or_else(|| "PORT".to_owned(), |port| port.to_string());
        let host = match self.flows.first() {
            Some(Flow { peer: synrecv_model::Endpoint { ip: IpAddr::V6(_), .. }, .. }) | None => {
                "tcp[tcpflags] & (tcp-syn) != 0".to_owned()
            }
            Some(flow) => format!("host {}", flow.peer.ip),
        };
        question(
            &format!("timeout 20 tcpdump -c 200 -envi DEV 'tcp port {port} and ({host}) or arp'"),
            text![
                "as root, DEV by its name, on the server: does the ACK arrive, with which MAC and TTL"
            ],
        )
    }
}

fn question(command: &str, decides: Text) -> Question {
    Question { command: Command(command.to_owned()), decides }
}
