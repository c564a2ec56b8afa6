use super::Arp;
use crate::format::{Format, Sees, Table};
use crate::{Command, Content, Cut, Line, NeighbourRow, Taken};
use synrecv_model::Nud;

fn lines(text: &str) -> Vec<Line> {
    (1..)
        .zip(text.lines())
        .map(|(number, text)| Line { number, text: text.to_owned(), part_count: 1, rebuilt: false })
        .collect()
}

fn read(text: &str) -> (Table, Vec<NeighbourRow>) {
    let table = Arp.read(&lines(text), None);
    let Content::Neighbours(rows) = table.content.clone() else { panic!("not neighbours") };
    (table, rows)
}

/// Address, device, link-layer address, state, proxy.
fn shown(row: &NeighbourRow) -> String {
    format!(
        "{} {} {} {} {}",
        row.address,
        row.device.as_deref().unwrap_or("-"),
        row.mac.map_or("-".to_owned(), |mac| mac.to_string()),
        row.state.map_or("-", Nud::name),
        row.proxy
    )
}

#[test]
fn the_table_of_net_tools() {
    let (table, rows) = read(
        "\
Address                  HWtype  HWaddress           Flags Mask            Iface
192.0.2.50               ether   02:00:5e:10:00:50   CM                    eth0
192.0.2.1                ether   02:00:5e:10:00:fe   C                     eth0
192.0.2.77                       (incomplete)                              macv-long0
192.0.2.78                       (unvollständig)                          eth0
192.0.2.61               *       <from_interface>    MP                    eth0
192.0.2.60               *       <起点インタフ�MP                    eth0
192.0.2.62 ether 02:00:5e:10:00:62 CMP * a-long-devname1
_gateway                 ether   02:00:5e:10:00:fe   C                     eth0
Entries: 8\tSkipped: 0\tFound: 8",
    );
    let shown: Vec<String> = rows.iter().map(shown).collect();
    assert_eq!(
        shown,
        [
            "192.0.2.50 eth0 02:00:5e:10:00:50 permanent false",
            "192.0.2.1 eth0 02:00:5e:10:00:fe - false",
            "192.0.2.77 macv-long0 - incomplete false",
            "192.0.2.78 eth0 - incomplete false",
            "192.0.2.61 eth0 - - true",
            "192.0.2.60 eth0 - - true",
            "192.0.2.62 a-long-devname1 02:00:5e:10:00:62 permanent true",
        ]
    );
    assert_eq!(table.cut, None);
    assert!(
        matches!(&table.taken[8], Taken::Rejected(reason) if reason.spans()[0].raw().contains("name"))
    );
    assert_eq!(rows[6].line, 8);
}

#[test]
fn a_count_that_does_not_fit_is_a_cut() {
    for count in [
        "Entries: 4\tSkipped: 0\tFound: 4",
        "记录: 2\t跳过: 0\t找到: 2",
        "Einträge: 9   Ignoriert: 0   Gefunden: 9",
    ] {
        let (table, _) = read(&format!("192.0.2.1 ether 02:00:5e:10:00:fe C eth0\n{count}"));
        assert_eq!(table.cut, Some(Cut::CountLine), "{count}");
    }
}

#[test]
fn sentences_of_bsd_and_busybox() {
    let (table, rows) = read(
        "\
? (192.0.2.1) at 02:00:5e:10:00:fe [ether]  on eth0
? (192.0.2.50) at 02:00:5e:10:00:50 [ether] PERM on eth0
? (192.0.2.61) at <from_interface> PERM PUB on eth0
? (192.0.2.60) at * PERM PUP on eth0
gw.example (192.0.2.77) at <incomplete> on eth0
? (192.0.2.78) na <nekompletní>na eth0
? (192.0.2.79) auf 02:00:5e:10:00:79 [ether] auf eth0",
    );
    let shown: Vec<String> = rows.iter().map(shown).collect();
    assert_eq!(
        shown,
        [
            "192.0.2.1 eth0 02:00:5e:10:00:fe - false",
            "192.0.2.50 eth0 02:00:5e:10:00:50 permanent false",
            "192.0.2.61 eth0 - - true",
            "192.0.2.60 eth0 - - true",
            "192.0.2.77 eth0 - incomplete false",
            "192.0.2.78 eth0 - incomplete false",
            "192.0.2.79 eth0 02:00:5e:10:00:79 - false",
        ]
    );
    assert_eq!(table.foreign_system, None);
}

#[test]
fn macos_and_windows() {
    let (table, rows) = read(
        "\
? (192.0.2.1) at 0:a:5e:10:0:fe on en0 ifscope [ethernet]
? (192.0.2.9) at (incomplete) on en0 ifscope [ethernet]
? (224.0.0.251) at 1:0:5e:0:0:fb on en0 ifscope permanent [ethernet]",
    );
    assert_eq!(
        rows.iter().map(shown).collect::<Vec<_>>(),
        [
            "192.0.2.1 en0 00:0a:5e:10:00:fe - false",
            "192.0.2.9 en0 - incomplete false",
            "224.0.0.251 en0 01:00:5e:00:00:fb permanent false",
        ]
    );
    assert_eq!(table.foreign_system, Some("BSD or macOS"));
    let (table, rows) = read(
        "\
接口: 192.0.2.10 --- 0x3
  Internet 地址         物理地址              类型
  192.0.2.1             02-00-5e-10-00-fe     动态
  192.0.2.255           ff-ff-ff-ff-ff-ff     静态
Interface: 198.51.100.10 --- 0xb
  Internet Address      Physical Address      Type
  198.51.100.1          02-00-5E-10-00-01     dynamic",
    );
    assert_eq!(
        rows.iter().map(shown).collect::<Vec<_>>(),
        [
            "192.0.2.1 0x3 02:00:5e:10:00:fe - false",
            "192.0.2.255 0x3 ff:ff:ff:ff:ff:ff permanent false",
            "198.51.100.1 0xb 02:00:5e:10:00:01 - false",
        ]
    );
    assert_eq!(table.foreign_system, Some("Windows"));
}

#[test]
fn prose_and_rows_of_others_are_not_entries() {
    for line in [
        "the gateway (192.0.2.1) at the end of the wire",
        "192.0.2.1 dev eth0 lladdr 02:00:5e:10:00:fe REACHABLE",
        "192.0.2.1 eth0 02:00:5e:10:00:fe",
        "1 192.0.2.1 (192.0.2.1) 0.531 ms 0.517 ms 0.483 ms",
        "192.0.2.1 (the router) eth0",
        "192.0.2.0 0.0.0.0 255.255.255.0 U 80 0 0 eth0",
        "IP address       HW type     Flags       HW address            Mask     Device",
        "192.0.2.50       0x1         0x6         02:00:5e:10:00:50     *        eth0",
    ] {
        assert_eq!(Arp.sees(line, false), Sees::Nothing, "{line}");
    }
}

#[test]
fn lost_blanks_and_line_ends() {
    assert_eq!(
        Arp.split("192.0.2.165ether18:db:f2:46:2b:9cCeno1np0"),
        Some(vec!["192.0.2.165 ether 18:db:f2:46:2b:9c C eno1np0".to_owned()])
    );
    let parts = Arp.split("Address HWtype HWaddress Flags Mask Iface 192.0.2.1 ether 02:00:5e:10:00:fe C eth0 192.0.2.77 (incomplete) eth0 192.0.2.2 ether 02:00:5e:10:00:02 C eth0 done");
    assert_eq!(parts.map(|parts| parts.len()), Some(5));
    assert_eq!(Arp.split("192.0.2.1 ether 02:00:5e:10:00:fe C eth0"), None);
}

#[test]
fn a_question_about_one_host_is_a_part() {
    let asked = |args: &[&str]| {
        let args = args.iter().map(|arg| (*arg).to_owned()).collect();
        let command = Command { program: "arp".to_owned(), args, ..Command::default() };
        Arp.read(&lines("192.0.2.9 (192.0.2.9) -- no entry"), Some(&command)).cut
    };
    assert_eq!(asked(&["-n", "192.0.2.9"]), Some(Cut::Filtered));
    assert_eq!(asked(&["-n", "-i", "eth0"]), Some(Cut::Filtered));
    assert_eq!(asked(&["-n", "-H", "ether"]), None);
}
