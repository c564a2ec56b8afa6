use super::ProbeWord::{DuplicateAddress, Nobody, OneOwner, Proxy};
use super::*;
use crate::{NeighbourAges, NeighbourFlags, ProbeAnswer};

const BALANCER: u8 = 2;
const ROUTER: u8 = 1;

fn mac(last: u8) -> Mac {
    Mac([2, 0, 0, 0, 0, last])
}

fn answer(last: u8, question: u8, delay_us: u32) -> ProbeAnswer {
    ProbeAnswer { mac: mac(last), question, delay_us, overrides: None, router: None }
}

fn probed(target: &str, purpose: ProbePurpose, answers: Vec<ProbeAnswer>) -> Probed {
    Probed {
        target: target.parse().unwrap(),
        ifindex: 2,
        purpose,
        sender: ProbeSender::Administered(mac(0xaa)),
        question_count: 3,
        answers,
    }
}

fn named(target: &str, answers: Vec<ProbeAnswer>) -> Probed {
    probed(target, ProbePurpose::Named, answers)
}

fn unused(target: &str, answers: Vec<ProbeAnswer>) -> Probed {
    probed(target, ProbePurpose::Unused, answers)
}

fn words(all: &[Probed]) -> Vec<ProbeWord> {
    views(all, |_| false).iter().map(|view| view.word).collect()
}

/// Balancer at once, router later.
fn both() -> Vec<ProbeAnswer> {
    vec![
        answer(BALANCER, 1, 100),
        answer(ROUTER, 1, 30_100),
        answer(BALANCER, 2, 200),
        answer(ROUTER, 2, 140_200),
    ]
}

#[test]
fn the_incident_has_two_proxies() {
    let all = [
        named("192.168.5.11", both()),
        named("192.168.4.1", vec![answer(ROUTER, 1, 100)]),
        unused("192.168.5.222", both()),
        unused("192.168.5.3", both()),
        unused("192.168.4.222", vec![]),
        unused("192.168.4.3", vec![]),
    ];
    assert_eq!(words(&all), [Proxy, OneOwner, Proxy, Proxy, Nobody, Nobody]);
    let view = &views(&all, |_| false)[0];
    let firsts: Vec<_> = view.answerers.iter().map(|it| (it.mac, it.first_count)).collect();
    assert_eq!(firsts, [(mac(BALANCER), 2), (mac(ROUTER), 0)]);
    assert_eq!(view.lead_us, Some((30_000, 140_000)));
    assert_eq!((view.answerers[1].fastest_us, view.answerers[1].slowest_us), (30_100, 140_200));
    assert_eq!((view.proxies().count(), view.owners().count()), (2, 0));
    assert!(!view.is_by_design());
}

#[test]
fn an_owner_beside_a_proxy_is_told_from_it() {
    let all = [
        named("10.0.0.20", vec![answer(ROUTER, 1, 50), answer(0x20, 1, 90)]),
        unused("10.0.0.222", vec![answer(ROUTER, 1, 50)]),
    ];
    assert_eq!(words(&all), [Proxy; 2]);
    let owners: Vec<_> = views(&all, |_| false)[0].owners().map(|it| it.mac).collect();
    assert_eq!(owners, [mac(0x20)]);
}

#[test]
fn two_owners_are_a_duplicate() {
    let twice = vec![answer(0x20, 1, 50), answer(0xdd, 1, 60)];
    let all = [named("10.0.0.20", twice), unused("10.0.0.222", vec![])];
    assert_eq!(words(&all), [DuplicateAddress, Nobody]);
}

#[test]
fn a_machine_with_many_addresses_is_no_proxy() {
    // One of those that nobody should own is its own too.
    let its = || vec![answer(0x20, 1, 50)];
    let all = [named("10.0.0.20", its()), unused("10.0.0.222", its()), unused("10.0.0.3", vec![])];
    assert_eq!(words(&all), [OneOwner, OneOwner, Nobody]);
    let alone = [named("10.0.0.20", vec![answer(9, 1, 5)]), unused("10.0.0.222", its())];
    assert_eq!(words(&alone), [OneOwner; 2]);
}

#[test]
fn one_address_of_nobody_is_enough_for_the_device() {
    let all = [
        named("10.0.5.11", vec![answer(BALANCER, 1, 50)]),
        unused("10.0.7.222", vec![answer(BALANCER, 1, 50)]),
    ];
    assert_eq!(words(&all), [Proxy; 2]);
    let elsewhere = [all[0].clone(), Probed { ifindex: 3, ..all[1].clone() }];
    assert_eq!(words(&elsewhere), [OneOwner; 2]);
}

#[test]
fn the_override_flag_tells_owners_from_proxies() {
    let said = |last, overrides| ProbeAnswer { overrides: Some(overrides), ..answer(last, 1, 50) };
    let all = [
        named("2001:db8::11", vec![said(BALANCER, false), said(ROUTER, false)]),
        named("2001:db8::20", vec![said(0x20, true), said(0xdd, true)]),
        named("2001:db8::21", vec![said(0x21, true)]),
    ];
    assert_eq!(words(&all), [Proxy, DuplicateAddress, OneOwner]);
}

#[test]
fn an_address_of_this_host_has_an_owner_already() {
    let judged =
        |answers: Vec<ProbeAnswer>| views(&[named("10.0.0.10", answers)], |_| true)[0].word;
    assert_eq!(judged(vec![]), OneOwner);
    assert_eq!(judged(vec![answer(0xdd, 1, 50)]), DuplicateAddress);
}

#[test]
fn calico_answers_for_everything_by_design() {
    let calico = ProbeAnswer { mac: Mac([0xee; 6]), ..answer(0, 1, 50) };
    let all = [named("169.254.1.1", vec![calico]), unused("169.254.9.9", vec![calico])];
    let found = views(&all, |_| false);
    assert_eq!((found[0].word, found[0].is_by_design()), (Proxy, true));
    // Nothing else could be asked for: a proxy it is all the same.
    let alone = [named("169.254.1.1", vec![calico])];
    let found = views(&alone, |_| false);
    assert_eq!((found[0].word, found[0].is_by_design()), (Proxy, true));
}

#[test]
fn a_virtual_router_is_one_owner() {
    let virtual_router = ProbeAnswer { mac: Mac([0, 0, 0x5e, 0, 1, 5]), ..answer(0, 1, 50) };
    let all = [named("10.1.0.1", vec![virtual_router]), unused("10.1.0.222", vec![])];
    assert_eq!(words(&all), [OneOwner, Nobody]);
}

#[test]
fn silence_where_the_kernel_hears_somebody_is_told() {
    let entry = |state| Neighbour {
        ifindex: 2,
        address: "10.0.0.20".parse().unwrap(),
        state,
        mac: Some(mac(0x20)),
        flags: NeighbourFlags::default(),
        ages: None,
        probes_count: None,
        protocol: None,
    };
    let silent = [named("10.0.0.20", vec![]), unused("10.0.0.222", vec![])];
    assert_eq!(unheard(&silent, &[entry(Nud::Reachable)]), [silent[0].target]);
    assert!(unheard(&silent, &[entry(Nud::Stale)]).is_empty());
    let aged = |state, confirmed_ms| {
        let ages = NeighbourAges { confirmed_ms, ..NeighbourAges::default() };
        Neighbour { ages: Some(ages), ..entry(state) }
    };
    assert_eq!(unheard(&silent, &[aged(Nud::Delay, 20_000)]).len(), 1);
    for entry in [aged(Nud::Stale, 300_000), aged(Nud::Failed, 10), aged(Nud::Permanent, 10)] {
        assert!(unheard(&silent, &[entry]).is_empty());
    }
    let own = silent.clone().map(|one| Probed { sender: ProbeSender::Device(mac(0x10)), ..one });
    assert!(unheard(&own, &[entry(Nud::Reachable)]).is_empty());
    let heard = [silent[0].clone(), named("10.0.0.21", vec![answer(0x21, 1, 50)])];
    assert!(unheard(&heard, &[entry(Nud::Reachable)]).is_empty());
}
