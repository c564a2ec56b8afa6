use std::net::IpAddr;

use synrecv_model::TcpState;

use super::*;

const SECOND: u64 = 1_000_000_000;

fn flow(peer: &str) -> Flow {
    let peer: IpAddr = peer.parse().unwrap();
    let local: IpAddr = if peer.is_ipv4() { "192.0.2.1" } else { "2001:db8::1" }.parse().unwrap();
    Flow { local: Endpoint::new(local, 80), peer: Endpoint::new(peer, 4000) }
}

/// A request read at `at_ms` after 100 s with `expires_ms` on the timer.
fn diag(peer: &str, at_ms: u64, expires_ms: u32, retrans_count: u8) -> DiagRow {
    DiagRow {
        family: Family::of(flow(peer).peer.ip),
        state: TcpState::SynRecv,
        timer: 1,
        retrans_count,
        flow: flow(peer),
        ifindex: 0,
        expires_ms,
        rqueue: 0,
        wqueue: 0,
        uid: 0,
        inode: 0,
        full: false,
        drops_count: None,
        optmem_bytes: None,
        v6only: None,
        mark: None,
        at: Mono(100 * SECOND).plus_ms(at_ms),
    }
}

fn proc(peer: &str, at_ms: u64, expires_ms: u32, retrans_count: u32) -> ProcRow {
    ProcRow {
        family: Family::of(flow(peer).peer.ip),
        state: TcpState::SynRecv,
        flow: flow(peer),
        tx_queue: 0,
        rx_queue: 0,
        timer: 1,
        expires_ms,
        retrans_count,
        probe_count: 0,
        uid: 1234,
        inode: 0,
        ref_count: 0,
        full: false,
        at: Mono(100 * SECOND).plus_ms(at_ms),
    }
}

const PEER: &str = "198.51.100.7";

/// The rows as the sources show them.
fn pairs(diag: &[DiagRow], proc: &[ProcRow]) -> Pairs {
    let diag = diag.iter().map(|row| ((row.family, row.flow), row)).collect();
    Pairs::new(diag, proc.iter().map(|row| ((row.family, row.flow), row)).collect())
}

fn joined(diag: &[DiagRow], proc: &[ProcRow]) -> Vec<Request> {
    let as_of = Mono(100 * SECOND).plus_ms(100);
    let requests = pairs(diag, proc).requests(as_of);
    let (diag, proc) = (
        diag.iter().map(|row| ((row.family, row.flow), row)).collect(),
        proc.iter().map(|row| ((row.family, row.flow), row)).collect(),
    );
    assert_eq!(requests_at_once(diag, proc, as_of), requests);
    requests
}

#[test]
fn counters_belong_together_when_deadlines_differ_by_at_most_50_ms() {
    let cases = [
        // (diag at, left), (proc at, left), together
        ((0, 600), (0, 600), true),
        ((0, 600), (8, 590), true),
        // Read 400 ms apart, the same deadline.
        ((0, 600), (400, 200), true),
        ((0, 600), (400, 250), true),
        ((0, 600), (400, 251), false),
        ((0, 600), (400, 149), false),
        // The timer was armed anew between the readings, with the same time left.
        ((0, 600), (400, 600), false),
        // It is about to fire in one and has fired in the other.
        ((0, 0), (5, 1995), false),
    ];
    for ((diag_at, diag_left), (proc_at, proc_left), together) in cases {
        let requests =
            joined(&[diag(PEER, diag_at, diag_left, 2)], &[proc(PEER, proc_at, proc_left, 1)]);
        let [request] = &requests[..] else { panic!("{requests:?}") };
        let counters = request.counters;
        assert_eq!(counters.same_instant, together, "{diag_at} {diag_left} {proc_at} {proc_left}");
        assert_eq!(counters.synack_retrans_count, Some(2));
        assert_eq!(counters.timer_expiry_count, Some(1));
        assert_eq!(request.uid, Some(1234));
    }
}

#[test]
fn the_timer_is_that_at_the_end_of_the_reading() {
    let requests = joined(&[diag(PEER, 0, 600, 1)], &[proc(PEER, 40, 560, 1)]);
    assert_eq!(requests[0].counters.timer_ms, Some(500));
    let requests = joined(&[], &[proc(PEER, 0, 60, 1)]);
    assert_eq!(requests[0].counters.timer_ms, Some(0));
}

#[test]
fn rows_of_one_source_are_kept() {
    let (other, third) = ("198.51.100.8", "2001:db8::7");
    let requests = joined(
        &[diag(third, 0, 100, 0), diag(PEER, 0, 600, 1)],
        &[proc(other, 0, 600, 3), proc(third, 0, 100, 0)],
    );
    let seen: Vec<_> = requests
        .iter()
        .map(|request| {
            let counters = request.counters;
            (request.flow, counters.synack_retrans_count, counters.timer_expiry_count)
        })
        .collect();
    let expected = [
        (flow(PEER), Some(1), None),
        (flow(other), None, Some(3)),
        (flow(third), Some(0), Some(0)),
    ];
    assert_eq!(seen, expected);
    assert!(!requests[0].counters.same_instant && !requests[1].counters.same_instant);
    assert_eq!(requests[0].uid, None);
}

#[test]
fn a_row_shown_twice_counts_once() {
    let requests =
        joined(&[diag(PEER, 0, 600, 1), diag(PEER, 20, 2000, 2)], &[proc(PEER, 30, 1990, 2)]);
    assert_eq!(requests.len(), 1);
    assert_eq!(requests[0].counters.synack_retrans_count, Some(2));
    assert!(requests[0].counters.same_instant);
}

#[test]
fn the_same_peer_on_two_devices_stays_two_requests() {
    let peer = "fe80::7";
    let on = |ifindex, left| DiagRow { ifindex, ..diag(peer, 0, left, 0) };
    let requests = joined(
        &[on(2, 600), on(3, 5000), on(2, 610)],
        &[proc(peer, 0, 5000, 3), proc(peer, 0, 610, 1)],
    );
    let mut seen: Vec<_> = requests
        .iter()
        .map(|r| (r.ifindex, r.counters.timer_expiry_count, r.counters.same_instant))
        .collect();
    seen.sort_unstable();
    assert_eq!(seen, [(2, Some(1), true), (3, Some(3), true)]);
}

#[test]
fn a_family_of_listener_is_part_of_the_key() {
    let v6 = DiagRow { family: Family::V6, ..diag(PEER, 0, 600, 1) };
    let requests = joined(&[v6], &[proc(PEER, 0, 600, 1)]);
    assert_eq!(requests.len(), 2);
}

#[test]
fn a_second_look_replaces_only_what_does_not_fit() {
    let torn = || pairs(&[diag(PEER, 0, 5, 1)], &[proc(PEER, 10, 1990, 1)]);
    let sent = |pairs: &Pairs| pairs.get(0).unwrap().diag.map(|row| row.retrans_count);
    let wants_more = |pairs: &Pairs| pairs.torn() == [0];
    let mut pairs = torn();
    assert!(wants_more(&pairs));
    assert!(pairs.refresh(0, &diag(PEER, 15, 1985, 2)));
    assert_eq!(sent(&pairs), Some(2));
    assert!(!wants_more(&pairs));

    let mut pairs = torn();
    assert!(!pairs.refresh(0, &diag(PEER, 15, 3985, 3)));
    assert_eq!(sent(&pairs), Some(1));
    assert!(pairs.get(0).unwrap().proc.is_some());

    // Known to /proc only: a late counter is better than none, and says that it is late.
    let mut pairs = super::tests::pairs(&[], &[proc(PEER, 10, 1990, 1)]);
    assert!(!pairs.refresh(0, &diag(PEER, 15, 3985, 3)));
    let request = pairs.get(0).unwrap().request(Mono(0)).unwrap();
    assert_eq!(request.counters.synack_retrans_count, Some(3));
    assert!(!request.counters.same_instant);
}

#[test]
fn many_second_looks_at_once_go_to_the_requests_that_want_them() {
    let peers = ["10.0.0.1", "10.0.0.2", "10.0.0.3", "2001:db8::6", "2001:db8::7"];
    let first: Vec<DiagRow> = peers.iter().map(|peer| diag(peer, 0, 5, 1)).collect();
    // The second and the last were not torn.
    let left = |at: usize| if at % 3 == 1 { 5 } else { 1990 };
    let seen_by_proc: Vec<ProcRow> =
        peers.iter().enumerate().map(|(at, peer)| proc(peer, 0, left(at), 1)).collect();
    let mut pairs = pairs(&first, &seen_by_proc);
    assert_eq!(pairs.torn(), [0, 2, 3]);
    // In another order, one of them still torn, and one that nobody knew.
    let fresh = [("2001:db8::6", 1990), ("10.0.0.9", 7), ("10.0.0.3", 3990), ("10.0.0.1", 1990)];
    let unwanted = [diag("10.0.0.2", 0, 7, 9), diag("2001:db8::7", 0, 7, 9)];
    let fresh: Vec<DiagRow> =
        fresh.map(|(peer, left)| diag(peer, 0, left, 2)).into_iter().chain(unwanted).collect();
    pairs.refresh_all(fresh.iter().map(|row| ((row.family, row.flow), row)).collect());
    assert_eq!(pairs.torn(), [2]);
    let sent = |at| pairs.get(at).and_then(|pair| pair.diag).map(|row| row.retrans_count);
    assert_eq!(
        (0..6).map(sent).collect::<Vec<_>>(),
        [2, 1, 1, 2, 1].map(Some).into_iter().chain([None]).collect::<Vec<_>>()
    );
}

#[test]
fn requests_come_in_order_of_family_and_ends() {
    let mapped = |peer| DiagRow { family: Family::V6, ..diag(peer, 0, 600, 1) };
    let peers = ["2001:db8::7", "198.51.100.9", "198.51.100.8", "10.0.0.1", "2001:db8::6"];
    let rows: Vec<DiagRow> =
        peers.iter().flat_map(|peer| [diag(peer, 0, 600, 1), mapped(peer)]).collect();
    let seen_by_proc: Vec<ProcRow> = peers.iter().map(|peer| proc(peer, 0, 600, 1)).collect();
    let pairs = pairs(&rows, &seen_by_proc);
    let keys: Vec<_> = (0..pairs.len())
        .filter_map(|at| pairs.get(at))
        .map(|pair| (pair.family, pair.flow))
        .collect();
    // The two of IPv6 were shown twice.
    assert_eq!(keys.len(), 8);
    assert!(keys.is_sorted());
    for (at, &key) in keys.iter().enumerate() {
        let v4 = key.0 == Family::V4;
        let v6 = key.1.peer.ip.is_ipv6();
        assert_eq!(pairs.get(at).unwrap().same_instant(), v4 || v6, "{key:?}");
    }
}

#[test]
fn listeners_of_a_group_are_told_apart_by_inode() {
    let listener = |inode| DiagRow {
        state: TcpState::Listen,
        inode,
        drops_count: Some(7),
        ..diag(PEER, 0, 0, 0)
    };
    let other = |inode, ref_count| ProcRow {
        state: TcpState::Listen,
        inode,
        ref_count,
        ..proc(PEER, 0, 0, 0)
    };
    let listeners =
        join_listeners(vec![listener(12), listener(11)], vec![other(11, 43), other(13, 1)]);
    let seen: Vec<_> = listeners.iter().map(|l| (l.inode, l.ref_count, l.drops_count)).collect();
    assert_eq!(seen, [(11, Some(43), Some(7)), (12, None, Some(7)), (13, Some(1), None)]);
}

#[test]
fn probes_are_the_retransmissions_of_timers_that_send_them() {
    let row = |timer| ProcRow { timer, retrans_count: 2, probe_count: 5, ..proc(PEER, 0, 100, 0) };
    let count = |timer| socket_from_proc(&row(timer)).timer.map(|timer| timer.retrans_count);
    assert_eq!([count(0), count(1), count(2), count(4)], [None, Some(2), Some(5), Some(5)]);
}
