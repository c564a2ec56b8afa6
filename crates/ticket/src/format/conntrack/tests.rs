use synrecv_model::{Endpoint, TrackedState};

use super::*;

fn lines(text: &str) -> Vec<Line> {
    let line = |(number, text): (u32, &str)| Line {
        number,
        text: text.to_owned(),
        part_count: 1,
        rebuilt: false,
    };
    (1..).zip(text.lines()).map(line).collect()
}

fn read(text: &str) -> (Vec<TrackedRow>, Table) {
    let table = Conntrack.read(&lines(text), None);
    let Content::Tracked(rows) = &table.content else { panic!() };
    (rows.clone(), table)
}

fn end(text: &str, port: u16) -> Endpoint {
    Endpoint::new(text.parse().unwrap(), port)
}

#[test]
fn an_entry_without_reply() {
    let text = "ipv4     2 tcp      6 42 SYN_SENT src=10.0.0.2 dst=10.0.0.1 sport=53906 dport=22 [UNREPLIED] \
                src=10.0.0.1 dst=10.0.0.2 sport=22 dport=53906 mark=7 zone=3 use=2";
    assert_eq!(Conntrack.sees(text, false), Sees::Row);
    let (rows, _) = read(text);
    let [row] = rows.as_slice() else { panic!("{rows:?}") };
    assert_eq!(row.entry.state, TrackedState::SynSent);
    assert!(!row.entry.seen_reply && !row.entry.assured && !row.entry.is_translated());
    assert_eq!(row.entry.original, (end("10.0.0.2", 53906), end("10.0.0.1", 22)));
    assert_eq!((row.entry.timeout_s, row.mark, row.zone), (42, Some(7), Some(3)));
}

#[test]
fn translated_and_counted() {
    let text = "tcp      6 431999 ESTABLISHED src=2001:db8::2 dst=2001:db8::1 sport=1 dport=80 packets=5 bytes=300 \
                src=2001:db8::9 dst=2001:db8::2 sport=8080 dport=1 packets=4 bytes=200 [ASSURED] mark=0 use=1";
    let (rows, _) = read(text);
    assert!(rows[0].entry.is_translated() && rows[0].entry.assured && rows[0].entry.seen_reply);
    assert_eq!(rows[0].packets_count, Some([5, 4]));
    assert_eq!(rows[0].entry.reply.0, end("2001:db8::9", 8080));
}

#[test]
fn events_and_other_protocols() {
    let text = "    [NEW] tcp      6 120 SYN_SENT src=10.0.0.2 dst=10.0.0.1 sport=1 dport=2 [UNREPLIED] src=10.0.0.1 dst=10.0.0.2 sport=2 dport=1\n\
                [DESTROY] tcp      6 src=10.0.0.2 dst=10.0.0.1 sport=1 dport=2 src=10.0.0.1 dst=10.0.0.2 sport=2 dport=1\n\
                [1700000000.123456]\t [UPDATE] tcp      6 60 SYN_RECV src=10.0.0.2 dst=10.0.0.1 sport=1 dport=2 src=10.0.0.1 dst=10.0.0.2 sport=2 dport=1\n\
                udp      17 29 src=10.0.0.2 dst=10.0.0.1 sport=1 dport=53 src=10.0.0.1 dst=10.0.0.2 sport=53 dport=1 mark=0 use=1\n\
                tcp 6 432000 ESTABLISHED src=client dst=10.0.0.1 sport=1 dport=80 src=10.0.0.1 dst=client sport=80 dport=1";
    let (rows, table) = read(text);
    assert_eq!(rows.len(), 2);
    assert!(rows.iter().all(|row| row.event));
    let kinds: Vec<bool> =
        table.taken.iter().map(|taken| matches!(taken, Taken::Aside(_))).collect();
    assert_eq!(kinds, [false, true, false, true, false]);
    assert!(matches!(table.taken[4], Taken::Rejected(_)));
}

#[test]
fn the_count_tells_what_is_missing() {
    let text = "tcp 6 1 CLOSE src=10.0.0.2 dst=10.0.0.1 sport=1 dport=2 src=10.0.0.1 dst=10.0.0.2 sport=2 dport=1\n\
                conntrack v1.4.7 (conntrack-tools): 3 flow entries have been shown.";
    let (rows, table) = read(text);
    assert_eq!((rows.len(), table.cut), (1, Some(Cut::CountLine)));
    let (rows, table) = read(text.lines().nth(1).unwrap().replace('3', "0").as_str());
    assert_eq!((rows.len(), table.cut), (0, None));
}

#[test]
fn the_number_of_entries() {
    let args = vec!["-C".to_owned()];
    let command = Command { program: "conntrack".to_owned(), args, ..Command::default() };
    let table = Conntrack.read(&lines("65536"), Some(&command));
    let Content::Settings(rows) = &table.content else { panic!() };
    assert_eq!(
        (rows[0].key.as_str(), rows[0].value.as_str()),
        ("net.netfilter.nf_conntrack_count", "65536")
    );
}

#[test]
fn statistics() {
    let read = |text: &str| {
        let table = ConntrackStatistics.read(&lines(text), None);
        let Content::ConntrackCpus(rows) = table.content else { panic!() };
        (rows, table.taken)
    };
    let text = "cpu=0   \tfound=0 invalid=12 insert=0 insert_failed=1 drop=4294967295 early_drop=2 error=0 search_restart=5 clash_resolve=0 chaintoolong=0 \n\
                cpu=1 found=0 searched=0 invalid=1";
    let (rows, taken) = read(text);
    let cpu = rows[0].1;
    assert_eq!((cpu.invalid_count, cpu.insert_failed_count, cpu.early_drop_count), (12, 1, 2));
    assert_eq!((rows.len(), cpu.drop_count), (1, u32::MAX));
    assert!(matches!(taken[1], Taken::Rejected(_)));
    let text = "entries  clashres found new invalid ignore delete chainlength insert insert_failed drop early_drop icmp_error  expect_new expect_create expect_delete search_restart\n\
                00000002  00000000 00000000 00000000 0000000a 00000000 00000000 00000000 00000000 00000001 00000000 00000000 00000000  00000000 00000000 00000000 00000000";
    let (rows, _) = read(text);
    assert_eq!((rows[0].1.entries_count, rows[0].1.invalid_count), (2, 10));
}

#[test]
fn prose_is_not_claimed() {
    for line in [
        "tcp src=a",
        "the entry src=1.2.3.4 dst=5.6.7.8 is gone",
        "conntrack v1.4.7 (conntrack-tools)",
        "12",
    ] {
        assert_eq!(Conntrack.sees(line, false), Sees::Nothing, "{line}");
    }
}
