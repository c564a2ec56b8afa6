//! What only a ticket brings.

use synrecv_model::{
    Event, Foreign, Hop, Mac, Mention, Message, ProbeAnswer, ProbePurpose, ProbeSender, Probed,
    Trace,
};

use super::host::{EVIL, end, ip};

pub(super) fn traces() -> Vec<Trace> {
    let answered = Hop { distance: 1, answers: vec![ip("10.0.0.254"), ip("10.0.0.253")] };
    let silent = Hop { distance: u8::MAX, answers: Vec::new() };
    vec![Trace { target: ip("10.0.1.7"), hops: vec![answered, silent] }]
}

pub(super) fn probed() -> Vec<Probed> {
    let answer = |last, overrides| ProbeAnswer {
        mac: Mac([2, 0, 0, 0, 0, last]),
        question: 1,
        delay_us: u32::MAX,
        overrides,
        router: overrides,
    };
    let probed = |target, purpose, sender, answers| Probed {
        target: ip(target),
        ifindex: 2,
        purpose,
        sender,
        question_count: u8::MAX,
        answers,
    };
    let made_up = ProbeSender::Administered(Mac([6, 0, 0, 0, 0, 1]));
    let own = ProbeSender::Device(Mac([2, 0, 0, 0, 0, 1]));
    vec![
        probed("10.0.1.7", ProbePurpose::Peer, made_up, vec![answer(3, None), answer(4, None)]),
        probed("10.0.0.254", ProbePurpose::Gateway, own, vec![]),
        probed("10.0.1.99", ProbePurpose::Named, made_up, vec![]),
        probed("fd00::9", ProbePurpose::Unused, made_up, vec![answer(3, Some(true))]),
    ]
}

pub(super) fn messages() -> Vec<Message> {
    let device = || Foreign(EVIL.into());
    let events = vec![
        Event::ConntrackFull,
        Event::NeighbourTableFull,
        Event::SynFlooding { port: 443, cookies: true },
        Event::MartianSource {
            destination: ip("10.0.0.1"),
            source: ip("10.0.9.9"),
            device: device(),
        },
        Event::AddressConflict { address: ip("10.0.0.1"), mac: Some(Mac([2, 0, 0, 0, 0, 3])) },
        Event::AddressConflict { address: ip("fd00::1"), mac: None },
        Event::Logged {
            prefix: Foreign(EVIL.into()),
            in_device: Some(device()),
            out_device: None,
            source: Some(end("10.0.1.7", 40_000)),
            destination: None,
            flags: Some(0x12),
        },
        Event::Balanced {
            state: Foreign("SYN_RECV".into()),
            client: end("10.0.1.7", 40_000),
            service: end("10.0.0.9", 80),
            server: end("10.0.0.1", 8080),
        },
    ];
    (1..).zip(events).map(|(line, event)| Message { line, event }).collect()
}

pub(super) fn mentions() -> Vec<Mention> {
    ["10.0.0.0/24", "10.0.1.7/32", "fd00:1::/48"]
        .iter()
        .map(|net| Mention { line: 9, network: net.parse().expect("a prefix") })
        .collect()
}
