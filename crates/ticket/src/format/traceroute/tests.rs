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

fn trace(text: &str) -> (TraceRow, Table) {
    let table = read(&lines(text), None);
    let Content::Trace(trace) = table.content.clone() else { panic!("{table:?}") };
    (trace, table)
}

/// Number, who answered, and how many did not.
fn hops(trace: &TraceRow) -> Vec<(u8, Vec<String>, u32)> {
    let hop = |hop: &TraceHop| {
        let answers = hop.answers.iter().map(|(ip, _)| ip.to_string()).collect();
        (hop.number, answers, hop.silent_count)
    };
    trace.hops.iter().map(hop).collect()
}

#[test]
fn linux_with_several_answers_and_codes() {
    let (trace, table) = trace(
        "traceroute to web (198.51.100.9), 30 hops max, 60 byte packets
 1  gw (192.0.2.1)  0.531 ms 192.0.2.2 (192.0.2.2)  0.517 ms *
 2  * * *
 3  198.51.100.9  1.5 ms !X  1.6 ms !X *",
    );
    let both = vec!["192.0.2.1".to_owned(), "192.0.2.2".to_owned()];
    let target = vec!["198.51.100.9".to_owned()];
    assert_eq!(hops(&trace), [(1, both, 1), (2, vec![], 3), (3, target, 1)]);
    assert_eq!(trace.hops[0].answers[0].1, Some(531));
    assert_eq!(trace.hops[2].codes, ["!X"]);
    assert_eq!((table.cut, table.foreign_system), (None, None));
}

#[test]
fn other_implementations() {
    let (gnu, _) = trace(
        "traceroute to 198.51.100.9 (198.51.100.9), 64 hops max\n  1   192.0.2.1  0.007ms  *  0.003ms",
    );
    assert_eq!(hops(&gnu), [(1, vec!["192.0.2.1".into()], 1)]);
    let (path, table) = trace(
        " 1?: [LOCALHOST]                      pmtu 1500\n 1:  192.0.2.1    0.083ms asymm  2\n 2:  no reply\n 3:  198.51.100.9  1.2ms reached\n     Resume: pmtu 1500 hops 3 back 3",
    );
    assert_eq!(path.hops.len(), 3);
    assert_eq!((path.hops[0].answers.len(), path.hops[1].silent_count), (1, 1));
    assert_eq!(table.taken.len(), 5);
    let (bsd, _) = trace(
        "traceroute to 198.51.100.9 (198.51.100.9), 64 hops max, 52 byte packets\n 1  192.0.2.1 (192.0.2.1)  1.1 ms\n    192.0.2.3 (192.0.2.3)  1.3 ms  1.2 ms",
    );
    assert_eq!(bsd.hops[0].answers.len(), 2);
}

#[test]
fn windows_in_its_languages() {
    let (trace, table) = trace(
        "Tracing route to web [198.51.100.9]
over a maximum of 30 hops:

  1    <1 ms    <1 ms    <1 ms  192.0.2.1
  2     *        *        *     Request timed out.
  3     5 ms     6 ms     5 ms  web [198.51.100.9]

Trace complete.",
    );
    assert_eq!((trace.hops.len(), table.foreign_system), (3, Some("Windows")));
    assert_eq!((trace.hops[0].answers[0].1, trace.hops[1].silent_count), (Some(1_000), 3));
    assert_eq!(trace.target.unwrap().to_string(), "198.51.100.9");
    let row = hop::read("  1    <1 毫秒   <1 毫秒   <1 毫秒 192.0.2.1").unwrap();
    assert!(row.is_windows && row.has_time);
    assert_eq!(hop::read("  2     *        *        *     请求超时。").unwrap().silent_count, 3);
}

#[test]
fn a_way_that_was_not_pasted_to_its_end() {
    let text = "traceroute to 198.51.100.9 (198.51.100.9), 30 hops max, 60 byte packets\n1 192.0.2.1 (192.0.2.1) 0.531 ms 0.517 ms 0.483 ms\n2 * * *";
    assert_eq!(trace(text).1.cut, Some(Cut::CountLine));
}

#[test]
fn what_is_no_hop() {
    for line in [
        "0 5 * * * /usr/bin/backup",
        "tcp 0 0 10.0.0.1:80 10.0.0.2:4711 SYN_RECV",
        "10.0.0.0 0.0.0.0 255.0.0.0 U 0 0 0 eth0",
        "1 packet lost",
        "64 bytes from 10.0.0.1: icmp_seq=1 ttl=64 time=0.5 ms",
    ] {
        assert_eq!(Traceroute.sees(line, false), Sees::Nothing, "{line}");
    }
}
