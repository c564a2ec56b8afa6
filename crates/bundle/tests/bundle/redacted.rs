//! A host with every noun on it, and nothing of it left.

#[path = "../../../../tests/src/leak.rs"]
#[expect(unreachable_pub, reason = "it is a module of the tests of the house, too")]
mod leak;

use crate::support::{bundle, full, gzip, lines};
use leak::Secrets;
use synrecv_bundle::redact::{Key, Mode, Pseudonyms, redact};
use synrecv_model::{
    End, Facts, FilterChain, Flow, Foreign, FrameKind, Handshake, HandshakeFrame, Observation,
    Section, TcpTimestamps,
};

const STRICT: Mode = Mode { strict: true, keep_vendor: false };

/// Words of a customer that must not be seen.
const WORDS: [&str; 5] = ["acme", "db7.", "berlin", "alice", "office"];

fn key() -> Key {
    Key::new(*b"thirty-two bytes, always as here")
}

/// The host with every noun, with addresses that are nobody's example and names that show whose it is.
fn customer() -> (Facts, Observation) {
    let (facts, observation) = full();
    let text = String::from_utf8(lines(&bundle(&facts, &observation))).expect("a bundle is text");
    let mut text = text.replace("2001:db8:", "2a00:1450:4001:").replace("192.0.2.", "159.99.250.");
    for (mac, address) in
        [("02:02:02:02:02:02", "c0:3e:ba:be:0d:2a"), ("02:00:00:00:00:0", "18:db:f2:46:2b:9")]
    {
        text = text.replace(mac, address);
    }
    let read = synrecv_bundle::read(&gzip(text.as_bytes())[..]).expect("it is whole");
    let (mut facts, observation) = (read.facts, read.observation);
    facts.host.name = Foreign("db7.acme.example".into());
    name_devices(&mut facts);
    write_rules(&mut facts);
    if let Section::Partial { flaws, .. } = &mut facts.sockets {
        let detail = synrecv_model::text![
            "open ",
            Foreign("/home/alice/db7.acme.example/159.99.250.7".into()),
            " at 10.0.0.9: ",
            "c0:3e:ba:be:0d:2a".parse::<synrecv_model::Mac>().expect("a MAC"),
        ];
        let gap = synrecv_model::Gap::new(synrecv_model::Reason::NotInInput, detail);
        flaws.push(synrecv_model::Flaw::PartMissing(gap));
    }
    (facts, observation)
}

fn name_devices(facts: &mut Facts) {
    let names = ["eth0", "enxc03ebabe0d2a", "acme-uplink", "to-db7", "tun-10.0.0.9"];
    let links = facts.links.data_mut().expect("devices");
    for (link, name) in links.iter_mut().zip(names) {
        link.name = Foreign(name.into());
        link.alias = Some(Foreign("Acme Berlin, office".into()));
        link.mac = Some("c0:3e:ba:be:0d:2a".parse().expect("a MAC"));
    }
    // Nothing about it says that it is the customer's but that he knows it.
    links[2].name = Foreign("ppp0".into());
}

fn write_rules(facts: &mut Facts) {
    let texts = [
        "ip saddr { 10.0.0.1, 159.99.250.7-159.99.250.9 } drop comment \"Berlin office\"",
        "-s 159.99.250.0/255.255.255.0 -i enxc03ebabe0d2a -j LOG --log-prefix \"acme: \"",
        "@nh,96,32 0x9f63fa07 ether saddr c0:3e:ba:be:0d:2a",
        "dnat to 159.99.250.7:80",
        "ip6 saddr 2a00:1450:4001::/48 tcp dport . ip6 daddr { 80 . 2a00:1450:4001::7 }",
    ];
    let rules = facts.filters.data_mut().expect("rules").iter_mut();
    let rules = rules.flat_map(|chain: &mut FilterChain| &mut chain.rules);
    for (rule, text) in rules.zip(texts) {
        rule.text = Foreign(text.into());
    }
}

fn redacted(mode: Mode) -> (Facts, Observation, Pseudonyms) {
    let (facts, observation) = customer();
    redact(facts, observation, &key(), mode)
}

#[test]
fn nothing_of_it_is_in_the_bundle() {
    let (facts, observation) = customer();
    let open = bundle(&facts, &observation);
    for mode in [Mode::default(), STRICT] {
        let (facts, observation, names) = redacted(mode);
        let secrets = WORDS.iter().fold(Secrets::of(&open, &names), |all, word| all.and(word));
        assert!(secrets.count() > 12, "{secrets:?}");
        let written = leak::unpacked(&bundle(&facts, &observation));
        assert_eq!(secrets.in_text(&written), Vec::<String>::new(), "{written}");
        let found = secrets.in_text(&leak::unpacked(&open));
        assert!(found.len() > secrets.count(), "it finds what is there: {found:?}");
    }
}

#[test]
fn what_it_gives_can_be_read() {
    for mode in [Mode::default(), STRICT] {
        let (facts, observation, _) = redacted(mode);
        let read = synrecv_bundle::read(&bundle(&facts, &observation)[..]).unwrap();
        assert_eq!((read.facts, read.observation), (facts, observation));
    }
}

#[test]
fn nothing_but_names_and_numbers_of_connections_changes() {
    // With an address in place of each address, and so on, both are the same.
    let shape = |facts: &Facts, observation: &Observation| {
        fn of(value: &serde_json::Value) -> String {
            match value {
                serde_json::Value::Object(members) => {
                    let members = members.iter().map(|(key, value)| format!("{key}:{}", of(value)));
                    format!("{{{}}}", members.collect::<Vec<_>>().join(","))
                }
                serde_json::Value::Array(items) => {
                    // What is in order of address is in another order.
                    let mut items: Vec<String> = items.iter().map(of).collect();
                    items.sort();
                    format!("[{}]", items.join(","))
                }
                serde_json::Value::String(_) => "text".to_owned(),
                other => other.to_string(),
            }
        }
        let mut facts = facts.clone();
        let mut observation = observation.clone();
        // A range becomes several prefixes, and sequence numbers begin anew.
        for chain in facts.filters.data_mut().expect("rules") {
            chain.rules.iter_mut().for_each(|rule| rule.terms.clear());
        }
        for handshake in &mut observation.frames.data_mut().expect("frames").handshakes {
            handshake.frames.clear();
        }
        of(&leak::content(&bundle(&facts, &observation)))
    };
    let (facts, observation) = customer();
    let (hidden, watched, _) = redacted(Mode::default());
    assert_eq!(shape(&facts, &observation), shape(&hidden, &watched));
}

#[test]
fn what_was_in_order_is_in_order() {
    let (facts, mut observation) = full();
    let flow = |peer: u8| Flow {
        local: synrecv_model::Endpoint::new([10, 1, 2, 3].into(), 80),
        peer: synrecv_model::Endpoint::new([10, 9, peer, 7].into(), 4000),
    };
    let track = observation.tracks[0].clone();
    observation.tracks =
        (0..40).map(|peer| synrecv_model::Track { flow: flow(peer), ..track.clone() }).collect();
    observation.completed = (0..40).map(flow).collect();
    let handshakes = &mut observation.frames.data_mut().unwrap().handshakes;
    let handshake = handshakes[0].clone();
    *handshakes = (0..40).map(|peer| Handshake { flow: flow(peer), ..handshake.clone() }).collect();
    let (_, observation, names) = redact(facts, observation, &key(), Mode::default());
    assert!(observation.tracks.is_sorted_by_key(|track| track.flow));
    assert!(observation.completed.is_sorted());
    let handshakes = &observation.frames.data().unwrap().handshakes;
    assert!(handshakes.is_sorted_by_key(|handshake| handshake.flow));
    let mut images: Vec<Flow> = (0..40).map(|peer| names.flow(flow(peer))).collect();
    assert!(!images.is_sorted(), "their order says nothing");
    images.sort_unstable();
    assert_eq!(observation.completed, images);
}

#[test]
fn sequence_numbers_and_timestamps_count_from_the_start() {
    let (facts, mut observation) = full();
    let capture = observation.frames.data_mut().unwrap();
    let some = capture.handshakes.iter().find(|one| !one.frames.is_empty()).unwrap().clone();
    let frame = |sender, kind, flags, numbers: (u32, u32), stamps: (u32, u32), dsack| {
        let mut frame: HandshakeFrame = some.frames[0].clone();
        (frame.sender, frame.kind, frame.flags) = (sender, kind, flags);
        (frame.seq, frame.ack) = numbers;
        let (value, echo) = stamps;
        frame.options.timestamps = Some(TcpTimestamps { value, echo });
        frame.options.dsack = dsack;
        frame
    };
    let (client, server) = (4_294_967_290_u32, 3_000_000_000);
    let first_acknowledges = client.wrapping_add(1);
    let frames = vec![
        frame(End::Client, FrameKind::Syn, 0x02, (client, 0), (900, 0), None),
        frame(End::Server, FrameKind::SynAck, 0x12, (server, first_acknowledges), (70, 900), None),
        frame(End::Client, FrameKind::Ack, 0x10, (first_acknowledges, server + 1), (950, 70), None),
        frame(
            End::Client,
            FrameKind::Data,
            0x18,
            (first_acknowledges.wrapping_add(10), server + 1),
            (960, 71),
            Some((server, server + 1)),
        ),
        frame(End::Server, FrameKind::Rst, 0x04, (server + 1, 77), (80, 0), None),
    ];
    capture.handshakes = vec![Handshake { frames, ..some }];
    let (_, observation, _) = redact(facts, observation, &key(), Mode::default());
    let frames = &observation.frames.data().unwrap().handshakes[0].frames;
    let numbers: Vec<_> = frames.iter().map(|frame| (frame.seq, frame.ack)).collect();
    assert_eq!(numbers, [(0, 0), (0, 1), (1, 1), (11, 1), (1, 0)]);
    let stamps = frames.iter().filter_map(|frame| frame.options.timestamps);
    let stamps: Vec<_> = stamps.map(|stamps| (stamps.value, stamps.echo)).collect();
    assert_eq!(stamps, [(1, 0), (1, 1), (51, 1), (61, 2), (11, 0)]);
    assert_eq!(frames[3].options.dsack, Some((0, 1)));
}

#[test]
fn the_same_key_gives_the_same_bundle() {
    let of = |key: &Key| {
        let (facts, observation) = customer();
        let (facts, observation, _) = redact(facts, observation, key, Mode::default());
        bundle(&facts, &observation)
    };
    assert_eq!(of(&key()), of(&key()));
    assert_ne!(of(&key()), of(&Key::new([9; 32])));
}
