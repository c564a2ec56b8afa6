//! Wide prefixes, and clients that only look like it.

use synrecv_model::{Confidence, Value};

use crate::fixture::{Frames, HostFixture};

fn wide() -> HostFixture {
    HostFixture::new()
        .device(2, "ps0")
        .address(2, "192.168.4.10/22")
        .default_route(2, "192.168.4.1")
        .listener("192.168.4.10:80", 0, 128)
        .neighbour(2, "192.168.4.1", "02:00:00:00:00:01")
        .neighbour(2, "192.168.4.20", "02:00:00:00:00:20")
}

fn stuck(host: HostFixture, peer: &str, mac: &str) -> HostFixture {
    host.stuck_request("192.168.4.10:80", peer, (4, 1)).on_link(2, "192.168.4.0/22").neighbour(
        2,
        peer.split(':').next().unwrap(),
        mac,
    )
}

#[test]
fn clients_behind_a_foreign_mac_make_it_likely() {
    let host = stuck(wide(), "192.168.5.11:4000", "02:00:00:00:00:02");
    let host = stuck(host, "192.168.5.12:4000", "02:00:00:00:00:02");
    let finding = host.diagnose().finding("bad-netmask").unwrap();
    assert_eq!(finding.confidence, Confidence::Likely);
    assert_eq!(finding.affected.len(), 2);
    assert!(finding.args.contains(&("fitting_prefix_len", Value::Number(24))));
}

#[test]
fn the_balancers_own_entry_makes_one_client_enough() {
    let host = stuck(wide(), "192.168.5.11:4000", "02:00:00:00:00:02").neighbour(
        2,
        "192.168.4.2",
        "02:00:00:00:00:02",
    );
    assert!(host.diagnose().finding("bad-netmask").is_some());
}

#[test]
fn the_gateways_own_mac_clears_the_prefix() {
    let host = stuck(wide(), "192.168.5.11:4000", "02:00:00:00:00:01");
    let host = stuck(host, "192.168.5.12:4000", "02:00:00:00:00:01");
    assert!(host.diagnose().finding("bad-netmask").is_none());
}

#[test]
fn a_client_with_its_own_mac_is_a_neighbour() {
    let host = stuck(wide(), "192.168.5.11:4000", "02:00:00:00:00:33");
    assert!(host.diagnose().finding("bad-netmask").is_none());
}

#[test]
fn clients_among_the_neighbours_are_no_sign_of_a_wide_prefix() {
    let host = wide().neighbour(2, "192.168.5.200", "02:00:00:00:00:44");
    let host = stuck(host, "192.168.5.11:4000", "02:00:00:00:00:02");
    let host = stuck(host, "192.168.5.12:4000", "02:00:00:00:00:02");
    assert!(host.diagnose().finding("bad-netmask").is_none());
}

#[test]
fn without_neighbour_table_it_is_not_checked() {
    let host = stuck(wide(), "192.168.5.11:4000", "02:00:00:00:00:02").without_neighbours();
    let diagnosis = host.diagnose();
    assert!(diagnosis.finding("bad-netmask").is_none());
    assert!(diagnosis.not_checked("bad-netmask"));
}

#[test]
fn a_routed_syn_and_a_straight_reply_confirm_it_for_one_client() {
    let frames = Frames { synack: Some((2, "02:00:00:00:00:02")), ..Frames::default() };
    let judged = HostFixture::new()
        .device(2, "ps0")
        .address(2, "192.168.4.10/22")
        .default_route(2, "192.168.4.1")
        .neighbour(2, "192.168.4.1", "02:00:00:00:00:01")
        .neighbour(2, "192.168.5.11", "02:00:00:00:00:02")
        .listener("0.0.0.0:80", 0, 128)
        .stuck_request("192.168.4.10:80", "192.168.5.11:4000", (4, 1))
        .on_link(2, "192.168.4.0/22")
        .frames(frames)
        .diagnose();
    assert_eq!(judged.leading(), Some("bad-netmask"));
    let finding = judged.finding("bad-netmask").unwrap();
    assert_eq!(finding.confidence, Confidence::Confirmed);
}

#[test]
fn a_router_that_gets_its_replies_back_is_fine() {
    let judged = HostFixture::new()
        .device(2, "ps0")
        .address(2, "192.168.4.10/22")
        .default_route(2, "192.168.4.1")
        .neighbour(2, "192.168.5.11", "02:00:00:00:00:01")
        .neighbour(2, "192.168.5.12", "02:00:00:00:00:01")
        .listener("0.0.0.0:80", 0, 128)
        .stuck_request("192.168.4.10:80", "192.168.5.11:4000", (4, 1))
        .on_link(2, "192.168.4.0/22")
        .frames(Frames::default())
        .diagnose();
    assert!(judged.finding("bad-netmask").is_none());
}

const BALANCER: &str = "02:00:00:00:00:02";
const ROUTER: &str = "02:00:00:00:00:01";

#[test]
fn a_proxy_that_answers_aloud_confirms_it_for_one_client() {
    let judged = stuck(wide(), "192.168.5.11:4000", BALANCER)
        .asked(2, "192.168.5.11", &[BALANCER, ROUTER])
        .asked_unused(2, "192.168.5.222", &[BALANCER, ROUTER])
        .diagnose();
    let finding = judged.finding("bad-netmask").unwrap();
    assert_eq!(finding.confidence, Confidence::Confirmed);
    assert_eq!(judged.leading(), Some("bad-netmask"));
}

#[test]
fn the_router_that_takes_the_reply_is_named() {
    let judged = stuck(wide(), "192.168.5.11:4000", BALANCER)
        .traced("192.168.5.11", &["192.168.4.2"])
        .diagnose();
    let finding = judged.finding("bad-netmask").unwrap();
    assert_eq!(finding.confidence, Confidence::Confirmed);
    let router = ("router", Value::Ip("192.168.4.2".parse().unwrap()));
    assert!(finding.evidence.iter().any(|piece| piece.values.contains(&router)));
}

#[test]
fn the_gateway_takes_replies_with_any_prefix() {
    let host = stuck(wide(), "192.168.5.11:4000", ROUTER)
        .asked(2, "192.168.5.11", &[ROUTER])
        .asked_unused(2, "192.168.5.222", &[ROUTER])
        .traced("192.168.5.11", &["192.168.4.1"]);
    assert!(host.diagnose().finding("bad-netmask").is_none());
}

#[test]
fn a_client_that_answers_for_itself_alone_is_on_this_wire() {
    let host = stuck(wide(), "192.168.5.11:4000", "02:00:00:00:00:33");
    let host = stuck(host, "192.168.5.12:4000", "02:00:00:00:00:33")
        .asked(2, "192.168.5.11", &["02:00:00:00:00:33"])
        .asked_unused(2, "192.168.5.222", &[]);
    assert!(host.diagnose().finding("bad-netmask").is_none());
}
