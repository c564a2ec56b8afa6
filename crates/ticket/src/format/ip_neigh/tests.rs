use super::{IpNeigh, split};
use crate::format::fixture::read;
use crate::format::{Format, Sees};
use crate::{Content, Cut, NeighbourRow};
use synrecv_model::Nud;

fn rows(command: Option<&str>, text: &str) -> Vec<NeighbourRow> {
    match read(&IpNeigh, command, text).content {
        Content::Neighbours(rows) => rows,
        other => panic!("{other:?}"),
    }
}

/// Address, device, link-layer address, state, flags, ages, probes.
fn shown(row: &NeighbourRow) -> String {
    format!(
        "{} {} {} {}{}{} {:?} {:?}",
        row.address,
        row.device.as_deref().unwrap_or("-"),
        row.mac.map_or("-".to_owned(), |mac| mac.to_string()),
        row.state.map_or("-", Nud::name),
        if row.router { " router" } else { "" },
        if row.proxy { " proxy" } else { "" },
        row.ages_s,
        row.probes_count,
    )
}

#[test]
fn entries_in_words() {
    let rows = rows(
        None,
        "\
192.0.2.50 dev eth0 lladdr 02:00:5e:10:00:50 PERMANENT
192.0.2.51 dev eth0 lladdr 02:00:5e:10:00:51 extern_learn  used 51/111/51probes 0 STALE
192.0.2.77 dev eth0  ref 1 used 0/60/0probes 4 INCOMPLETE
192.0.2.78 dev macv-long0  used 0/0/0 probes 6 FAILED
2001:db8::50 dev eth0 lladdr 02:00:5e:10:00:50 router STALE
192.0.2.60 dev eth0 proxy
10.8.0.1 dev tun0 lladdr 192.0.2.9 NOARP",
    );
    assert_eq!(
        rows.iter().map(shown).collect::<Vec<_>>(),
        [
            "192.0.2.50 eth0 02:00:5e:10:00:50 permanent None None",
            "192.0.2.51 eth0 02:00:5e:10:00:51 stale Some([51, 111, 51]) Some(0)",
            "192.0.2.77 eth0 - incomplete Some([0, 60, 0]) Some(4)",
            "192.0.2.78 macv-long0 - failed Some([0, 0, 0]) Some(6)",
            "2001:db8::50 eth0 02:00:5e:10:00:50 stale router None None",
            "192.0.2.60 eth0 - - proxy None None",
            "10.8.0.1 tun0 - noarp None None",
        ]
    );
}

#[test]
fn a_device_in_the_command_is_left_out_of_rows() {
    let text = "192.0.2.50 lladdr 02:00:5e:10:00:50 PERMANENT\n192.0.2.77 INCOMPLETE\n192.0.2.9 used 1/1/1probes 1 STALE";
    let table = read(&IpNeigh, Some("ip neigh show dev eth0"), text);
    assert_eq!(table.cut, Some(Cut::Filtered));
    let devices: Vec<_> =
        rows(Some("ip neigh show dev eth0"), text).into_iter().map(|row| row.device).collect();
    assert_eq!(devices, vec![Some("eth0".to_owned()); 3]);
    let brief = rows(Some("ip -br n s dev eth0"), "192.0.2.50   02:00:5e:10:00:50\n192.0.2.77");
    assert_eq!(shown(&brief[0]), "192.0.2.50 eth0 02:00:5e:10:00:50 - None None");
}

#[test]
fn brief_entries() {
    let rows = rows(
        Some("ip -br neigh"),
        "\
192.0.2.50                              eth0             02:00:5e:10:00:50
2001:db8::50                            eth0             02:00:5e:10:00:50
192.0.2.77                              eth0",
    );
    assert_eq!(rows.len(), 3);
    assert_eq!(shown(&rows[2]), "192.0.2.77 eth0 - - None None");
}

#[test]
fn entries_as_json() {
    let compact = r#"[{"dst":"192.0.2.1","dev":"eth0","lladdr":"02:00:5e:10:00:fe","refcnt":1,"used":0,"confirmed":2,"updated":3,"probes":1,"state":["REACHABLE"]},{"dst":"192.0.2.60","dev":"eth0","proxy":null},{"dst":"2001:db8::50","dev":"eth0","lladdr":"02:00:5e:10:00:50","router":null,"state":["STALE"]}]"#;
    let expected = [
        "192.0.2.1 eth0 02:00:5e:10:00:fe reachable Some([0, 2, 3]) Some(1)",
        "192.0.2.60 eth0 - - proxy None None",
        "2001:db8::50 eth0 02:00:5e:10:00:50 stale router None None",
    ];
    assert_eq!(rows(None, compact).iter().map(shown).collect::<Vec<_>>(), expected);
    // Wrapped at 80 columns, in the middle of strings too.
    let wrapped: Vec<String> =
        compact.as_bytes().chunks(80).map(|c| String::from_utf8_lossy(c).into_owned()).collect();
    assert_eq!(rows(None, &wrapped.join("\n")).iter().map(shown).collect::<Vec<_>>(), expected);
    let cut = read(&IpNeigh, None, &compact[..200]);
    assert_eq!(cut.cut, Some(Cut::LastRow));
    assert!(matches!(cut.content, Content::Neighbours(rows) if rows.len() == 2));
    let pretty = "[ {\n        \"dst\": \"192.0.2.60\",\n        \"dev\": \"eth0\",\n        \"proxy\": null\n    },{\n        \"dst\": \"192.0.2.9\",\n        \"dev\": \"eth0\",\n        \"state\": [ \"FAILED\" ]\n    } ]";
    let pretty = rows(None, pretty);
    assert_eq!(pretty.iter().map(|row| row.line).collect::<Vec<_>>(), [1, 5]);
}

#[test]
fn rows_of_others_are_not_entries() {
    for line in [
        "192.0.2.77 dev eth0 src 192.0.2.10 uid 0",
        "10.71.0.7 dev eth0 scope link",
        "192.0.2.1 via 192.0.2.2 dev eth0",
        "192.0.2.0/24 dev eth0 proto kernel scope link src 192.0.2.10",
        "192.0.2.1 is REACHABLE",
        "192.0.2.1 FAILED",
        "192.0.2.1 ether 02:00:5e:10:00:fe C eth0",
        "default via 192.0.2.1 dev eth0",
        r#"[{"dst":"default","gateway":"192.0.2.1","dev":"eth0","flags":[]}]"#,
    ] {
        assert_eq!(IpNeigh.sees(line, false), Sees::Nothing, "{line}");
    }
}

#[test]
fn entries_that_lost_their_line_ends() {
    let parts = split(
        "ip neigh 192.0.2.1 dev eth0 lladdr 02:00:5e:10:00:fe REACHABLE 192.0.2.77 dev eth0 FAILED",
    );
    assert_eq!(
        parts,
        Some(vec![
            "ip neigh".to_owned(),
            "192.0.2.1 dev eth0 lladdr 02:00:5e:10:00:fe REACHABLE".to_owned(),
            "192.0.2.77 dev eth0 FAILED".to_owned(),
        ])
    );
    assert_eq!(split("192.0.2.1 dev eth0 FAILED"), None);
}
