use synrecv_model::{Confidence, End, Finding, FrameKind, Mono, Outcome, Place};

use crate::fixture::{Frames, HostFixture};

const HOST: &str = "10.1.0.10";
const PEER: &str = "198.51.100.7";
const GATEWAY: &str = "10.1.0.254";

/// A client that gets no SYN-ACK, from 2 s on.
fn silent() -> HostFixture {
    let frames = Frames {
        outcome: Outcome::Unanswered,
        synack: None,
        at: Mono(0).plus_ms(2_000),
        ..Frames::default()
    };
    HostFixture::new().client("10.1.0.10:80", "198.51.100.7:4000").frames(frames)
}

/// The host asks for an address three times, a second apart.
fn asked(host: HostFixture, address: &str) -> HostFixture {
    (0..3).fold(host, |host, second| host.asks(HOST, address, 2_001 + second * 1_000))
}

fn finding(host: HostFixture) -> Option<Finding> {
    host.file(Place::Server).finding("neighbour-unresolved")
}

#[test]
fn a_client_that_is_asked_for_in_vain_is_a_next_hop() {
    let found = finding(asked(silent(), PEER)).unwrap();
    assert_eq!(found.confidence, Confidence::Likely);
    let headline: String = found.headline.spans().iter().map(synrecv_model::Span::raw).collect();
    assert!(headline.contains("waits for a next hop that is not found"), "{headline}");
}

#[test]
fn a_gateway_that_is_asked_for_when_the_syn_comes_is_one_too() {
    assert_eq!(finding(asked(silent(), GATEWAY)).unwrap().confidence, Confidence::Likely);
}

#[test]
fn one_question_is_too_few() {
    assert!(finding(silent().asks(HOST, GATEWAY, 2_001)).is_none());
}

#[test]
fn an_answer_ends_it() {
    assert!(finding(asked(silent(), GATEWAY).answered(GATEWAY, 2_002)).is_none());
}

#[test]
fn answers_that_are_not_taken_do_not() {
    let host = (0..3).fold(asked(silent(), GATEWAY), |host, second| {
        host.answered(GATEWAY, 2_002 + second * 1_000)
    });
    assert_eq!(finding(host).unwrap().confidence, Confidence::Likely);
}

#[test]
fn an_error_of_the_kernel_to_itself_confirms_it() {
    let told = FrameKind::Icmp { icmp_type: 3, code: 1, from: HOST.parse().unwrap() };
    let host = asked(silent(), GATEWAY).frame((End::Server, told), 5_000, |_| {});
    assert_eq!(finding(host).unwrap().confidence, Confidence::Confirmed);
}

#[test]
fn questions_of_others_tell_nothing() {
    let mut host = silent();
    for second in 0..3 {
        host = host.asks_elsewhere("10.1.0.33", GATEWAY, 2_001 + second * 1_000);
    }
    assert!(finding(host).is_none());
}
