use synrecv_model::{NeighbourFlags, Nud, ProbeAnswer, Severity};

use super::super::fixture::{
    hop, host, ip, links, mac, missing, net, parsed, route, style, whole, written,
};
use super::*;

fn answer(last: u8, question: u8, delay_us: u32) -> ProbeAnswer {
    ProbeAnswer { mac: mac(last), question, delay_us, overrides: None, router: None }
}

fn probed(target: &str, purpose: ProbePurpose, answers: Vec<ProbeAnswer>) -> Probed {
    let sender = ProbeSender::Administered(mac(0xaa));
    Probed { target: ip(target), ifindex: 2, purpose, sender, question_count: 3, answers }
}

fn entry(address: &str, last: u8) -> Neighbour {
    Neighbour {
        ifindex: 2,
        address: ip(address),
        state: Nud::Reachable,
        mac: Some(mac(last)),
        flags: NeighbourFlags::default(),
        ages: None,
        probes_count: None,
        protocol: None,
    }
}

struct Given {
    host: Host,
    probed: Section<Vec<Probed>>,
    sent: ProbeSent,
    neighbours: Section<Vec<Neighbour>>,
    links: Section<Vec<Link>>,
    addresses: Section<Vec<Address>>,
    routes: Section<Vec<Route>>,
}

impl Given {
    fn table(&self) -> ProbeTable<'_> {
        ProbeTable {
            kind: SourceKind::Live,
            host: &self.host,
            probed: &self.probed,
            sent: &self.sent,
            neighbours: &self.neighbours,
            links: &self.links,
            addresses: &self.addresses,
            routes: &self.routes,
        }
    }

    fn text(&self) -> String {
        written(|out| self.table().write_text(style(80), out))
    }
}

fn given(probed: Vec<Probed>) -> Given {
    let own = Address::new(2, net("192.168.4.10/22"));
    let neighbours = vec![
        entry("192.168.4.1", 1),
        entry("192.168.5.11", 2),
        entry("192.168.5.12", 2),
        entry("192.168.5.13", 2),
    ];
    Given {
        host: host(),
        probed: whole(probed),
        sent: ProbeSent {
            frame_count: 7,
            frame_max: 12,
            duration_ms: 3_140,
            senders: vec![(2, mac(0xaa), Some(ip("192.168.4.222")))],
        },
        neighbours: whole(neighbours),
        links: whole(links()),
        addresses: whole(vec![own]),
        routes: whole(vec![
            route(254, "0.0.0.0/0", vec![hop(2, Some("192.168.4.1"))]),
            route(254, "192.168.4.0/22", vec![hop(2, None)]),
        ]),
    }
}

fn both() -> Vec<ProbeAnswer> {
    vec![answer(2, 1, 180), answer(1, 1, 28_000), answer(2, 2, 210), answer(1, 2, 140_500)]
}

fn incident() -> Given {
    given(vec![
        probed("192.168.5.11", ProbePurpose::Named, both()),
        probed("192.168.4.1", ProbePurpose::Named, vec![answer(1, 1, 60)]),
        probed("192.168.5.222", ProbePurpose::Unused, both()),
        probed("192.168.4.3", ProbePurpose::Unused, vec![]),
    ])
}

#[test]
fn the_incident_at_eighty_columns() {
    let expected = r"ASKED FOR  2
DEV   ADDRESS       ANSWER       DELAY  MAC                WHOSE
eth0  192.168.5.11  1st     0.1-0.2 ms  02:00:00:00:00:02  2 more   ! proxy
                    2nd      28-140 ms  02:00:00:00:00:01  gateway
eth0  192.168.4.1   1st        <0.1 ms  02:00:00:00:00:01  gateway  - one owner

BESIDE THEM, ADDRESSES THAT NOBODY SHOULD OWN  2
DEV   ADDRESS        ANSWER       DELAY  MAC                WHOSE
eth0  192.168.5.222  1st     0.1-0.2 ms  02:00:00:00:00:02  3 more   ! proxy
                     2nd      28-140 ms  02:00:00:00:00:01  gateway
eth0  192.168.4.3    none             -  -                  -        - nobody

192.168.5.11: 02:00:00:00:00:02 (has 2 other addresses by the tables of this
host) and 02:00:00:00:00:01 (gateway 192.168.4.1) answer for addresses of
others, also for 192.168.5.222; 02:00:00:00:00:02 was first 2 of 3 times, by
27-140 ms, and the kernel takes the first; nobody says that it is his own.
Sent 7 frames of at most 12 in 3.1 s, from 192.168.4.222 at 02:00:00:00:00:aa.
The MAC was made up, so the kernel took none of the answers: its table is as it
was.
";
    assert_eq!(incident().text(), expected);
}

#[test]
fn json_has_answers_and_who_gave_them() {
    let json = parsed(&written(|out| incident().table().write_json(out)));
    assert_eq!(json["table"], "probe");
    let row = &json["probed"][0];
    assert_eq!((&row["verdict"], &row["severity"]), (&"proxy".into(), &"warning".into()));
    assert_eq!((&row["lead_us_min"], &row["lead_us_max"]), (&27_820.into(), &140_290.into()));
    assert_eq!(row["answerers"][0]["addresses"].as_array().map(Vec::len), Some(2));
    assert_eq!(row["answerers"][1]["gateways"], serde_json::json!(["192.168.4.1"]));
    assert_eq!(row["answers"][3]["question"], 2);
    assert_eq!(json["probed"][3]["severity"], serde_json::Value::Null);
    assert_eq!(json["sent"]["frame_max"], 12);
    assert_eq!(json["sent"]["senders"][0]["address"], "192.168.4.222");
}

fn severities(given: &Given) -> Vec<Option<Severity>> {
    let table = given.table();
    let read = table.read();
    read.views.iter().map(|view| words::severity(view, &table.faces(&read))).collect()
}

#[test]
fn a_gateway_that_answers_for_others_is_no_alarm() {
    let given = given(vec![
        probed("192.168.5.11", ProbePurpose::Named, vec![answer(1, 1, 60)]),
        probed("192.168.5.222", ProbePurpose::Unused, vec![answer(1, 1, 60)]),
    ]);
    assert_eq!(severities(&given), [Some(Severity::Info); 2]);
    assert!(given.text().contains("192.168.5.11: 02:00:00:00:00:01 (gateway 192.168.4.1) answers"));
}

#[test]
fn two_owners_and_silence_are_told() {
    let given = given(vec![
        probed("192.168.4.20", ProbePurpose::Named, vec![answer(0x20, 1, 60), answer(0xdd, 1, 70)]),
        probed("192.168.4.77", ProbePurpose::Named, vec![]),
        probed("192.168.4.10", ProbePurpose::Named, vec![]),
        probed("192.168.4.222", ProbePurpose::Unused, vec![]),
    ]);
    let warning = Some(Severity::Warning);
    assert_eq!(severities(&given), [warning, warning, None, None]);
    let text = given.text();
    let flat = text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        flat.contains("02:00:00:00:00:20 and 02:00:00:00:00:dd say that it is theirs"),
        "{text}"
    );
    assert!(flat.contains("192.168.4.77: no answer to 3 questions"), "{text}");
    assert!(flat.contains("this host's own, nobody else answers"), "{text}");
}

#[test]
fn silence_of_many_is_told_once_and_may_be_the_networks() {
    let silent = |target| probed(target, ProbePurpose::Named, vec![]);
    let targets = ["70", "71", "72", "73", "74", "75"].map(|last| format!("192.168.4.{last}"));
    let mut all: Vec<Probed> = targets.iter().map(|target| silent(target)).collect();
    let flat = |all: &[Probed]| {
        let text = given(all.to_vec()).text();
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    let text = flat(&all);
    let expected = "192.168.4.70, 192.168.4.71, 192.168.4.72, 192.168.4.73 and 2 more: no answer to 3 \
                    questions: nobody has it, or the network lets no answer to a made-up MAC pass, which \
                    --own-mac would tell.";
    assert!(text.contains(expected), "{text}");
    // That one answers shows that answers do come.
    all.push(probed("192.168.4.1", ProbePurpose::Named, vec![answer(1, 1, 60)]));
    let text = flat(&all);
    assert!(text.contains("no answer to 3 questions: no packet to it can leave"), "{text}");
}

#[test]
fn a_network_that_filters_is_suspected() {
    let given = given(vec![probed("192.168.4.1", ProbePurpose::Named, vec![])]);
    let text = given.text();
    assert!(text.contains("--own-mac") && text.contains("192.168.4.1 answered"), "{text}");
    let json = parsed(&written(|out| given.table().write_json(out)));
    assert_eq!(json["unheard"], serde_json::json!(["192.168.4.1"]));
}

#[test]
fn nothing_asked_says_why() {
    let given = Given { probed: missing(), ..given(vec![]) };
    assert_eq!(given.text(), " ?  answers not read: needs-root: line\\x0abreak\n");
    let json = parsed(&written(|out| given.table().write_json(out)));
    assert_eq!(json["probed"], serde_json::Value::Null);
    assert_eq!(json["sections"]["probed"]["reason"], "needs-root");
}
