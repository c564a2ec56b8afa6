//! Traffic control.

use synrecv_filters::parse::device::{FilterPlace, filter, qdisc};
use synrecv_model::{DeviceFilter, Direction};
use synrecv_netlink::RequestBuilder;

use crate::messages;

const HEX: &str = include_str!("../../testdata/tc.hex");

fn payloads(kind: &str) -> Vec<Vec<u8>> {
    let wanted = messages(HEX).into_iter().filter(|(of, _)| *of == kind);
    wanted.map(|(_, payload)| payload).collect()
}

const ANYWHERE: FilterPlace =
    FilterPlace { ifindex: 3, parent: 0xffff_fff2, direction: Direction::In };

#[test]
fn only_some_disciplines_have_places_for_filters() {
    let read = |payload: &Vec<u8>| qdisc(payload).expect("a qdisc");
    let places: Vec<_> = payloads("qdisc").iter().flat_map(read).collect();
    let place = |ifindex, parent, direction| FilterPlace { ifindex, parent, direction };
    assert_eq!(
        places,
        [
            place(3, 0xffff_fff2, Direction::In),
            place(3, 0xffff_fff3, Direction::Out),
            place(5, 0xffff_fff2, Direction::In),
            place(7, 0x0001_0000, Direction::Out),
        ]
    );
    let mut request = [0; 20];
    request[4] = 3;
    request[12..16].copy_from_slice(&0xffff_fff2_u32.to_ne_bytes());
    assert_eq!(ANYWHERE.request(), request);
}

#[test]
fn heads_and_hash_tables_are_no_filters() {
    let read = |payload: &Vec<u8>| filter(payload, ANYWHERE).expect("a filter");
    let found: Vec<DeviceFilter> = payloads("filter").iter().filter_map(read).collect();
    let kinds: Vec<&str> = found.iter().map(|filter| filter.kind.0.as_str()).collect();
    assert_eq!(kinds, ["bpf", "u32", "bpf", "u32"]);
    let direct: Vec<bool> = found.iter().map(|filter| filter.direct_action).collect();
    assert_eq!(direct, [true, false, false, false]);
    // `mirred` counts what it could not send.
    let dropped: Vec<_> = found.iter().map(|filter| filter.dropped_count).collect();
    assert_eq!(dropped, [None, Some(0), None, None]);
    assert!(found.iter().all(|filter| !filter.drops));
}

/// A `matchall` filter with one action.
fn with_action(kind: &str, options: RequestBuilder, drops: u32) -> DeviceFilter {
    let queue: Vec<u8> = [0, 0, drops, 0, 0].iter().flat_map(|n: &u32| n.to_ne_bytes()).collect();
    let statistics = RequestBuilder::new(&[]).attribute(3, &queue).into_payload();
    let action = RequestBuilder::new(&[])
        .attribute(1, format!("{kind}\0").as_bytes())
        .attribute(2, &options.into_payload())
        .attribute(4, &statistics)
        .into_payload();
    let actions = RequestBuilder::new(&[]).attribute(1, &action).into_payload();
    let matchall = RequestBuilder::new(&[]).attribute(2, &actions).into_payload();
    let mut header = [0; 20];
    header[8] = 1;
    let payload = RequestBuilder::new(&header).attribute(1, b"matchall\0").attribute(2, &matchall);
    filter(&payload.into_payload(), ANYWHERE).expect("a filter").expect("no head")
}

/// The kernel of the samples has neither `gact` nor `police`: these are made by `linux/pkt_cls.h`
/// and `linux/tc_act/tc_gact.h`.
#[test]
fn actions_that_drop() {
    let words = |words: &[u32]| words.iter().flat_map(|w| w.to_ne_bytes()).collect::<Vec<u8>>();
    let gact = |action| RequestBuilder::new(&[]).attribute(2, &words(&[1, 0, action, 1, 1]));
    let (shot, ok) = (2, 0);
    let dropping = with_action("gact", gact(shot), 7);
    assert!(dropping.drops && dropping.can_drop());
    assert_eq!(dropping.dropped_count, Some(7));
    assert!(!with_action("gact", gact(ok), 0).can_drop());
    assert!(with_action("gact", gact(ok).attribute(3, &words(&[0, shot])), 0).drops);
    let police = |action| RequestBuilder::new(&[]).attribute(1, &words(&[1, action, 0, 0]));
    assert!(with_action("police", police(shot), 0).drops);
    assert!(!with_action("police", police(ok), 0).drops);
    assert!(with_action("bpf", RequestBuilder::new(&[]), 0).can_drop());
}

#[test]
fn damaged_messages_do_no_harm() {
    for payload in payloads("filter") {
        for at in 0..payload.len() {
            let mut damaged = payload.clone();
            damaged[at] ^= 0xff;
            let _ = filter(&damaged, ANYWHERE);
            let _ = filter(&payload[..at], ANYWHERE);
        }
    }
    for payload in payloads("qdisc") {
        for at in 0..payload.len() {
            let _ = qdisc(&payload[..at]);
        }
    }
}
