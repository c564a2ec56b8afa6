//! The kernel has no room for the entry of the reply's next hop.

use synrecv_model::view::RetryReading;
use synrecv_model::{
    Action, ActionLabel, CheckInfo, Class, Command, Manual, Origin, Part, Severity, Subject, Text,
    Value, Weight, text,
};

use crate::cases::{Cases, Fact};
use crate::view::{RequestView, View};
use crate::{Check, phrase};

pub(super) static CHECK: Check = Check {
    info: CheckInfo {
        id: "neighbour-table-full",
        class: Class::Path,
        summary: "the neighbour table has no room for the reply's next hop",
        severity: "problem",
        needs: &[Part::Counters],
        also_reads: &[Part::Sockets, Part::Replies, Part::Neighbours, Part::Settings],
        ipv6: "a table of its own, with limits of its own",
        explains: &["neighbour-unresolved", "synack-dropped-here", "synack-lost-outside"],
        disproved_by: &["table_fulls of /proc/net/stat/arp_cache (ndisc_cache) stands still"],
        manual: Manual {
            meaning: "One table for the whole machine holds the neighbours of all network namespaces, at most gc_thresh3 that \
                      are not permanent. When it is full, no entry for the next hop can be made and the SYN-ACK cannot be \
                      sent. Flat networks and many containers fill it.",
            picture: &["SYN --> server     no entry for the next hop can be made: SYN-ACK dropped"],
            recognised: &[
                ("table_fulls grows", "/proc/net/stat/arp_cache, first network namespace only"),
                ("the next hop of stuck requests has no entry", "neighbours, replies"),
                ("`neighbour: arp_cache: neighbor table overflow!` in the kernel's log", "root"),
            ],
            looks_like: &[
                ("neighbour-unresolved", "there is an entry: INCOMPLETE or FAILED"),
                ("synack-dropped-here", "a filter ends it; the next hop has an entry"),
            ],
            by_hand: &[
                ("cat /proc/net/stat/arp_cache", "table_fulls, the last column, grows"),
                ("sysctl net.ipv4.neigh.default.gc_thresh3", "the limit"),
                ("ip neigh show nud all | wc -l", "entries of this namespace"),
            ],
            fix: "Raise gc_thresh1, 2 and 3 in the first network namespace; they count for all. Find what fills the table: \
                  a scan of a wide prefix, a bad netmask.",
            references: &["arp(7): gc_thresh3", "Documentation/networking/ip-sysctl.rst"],
        },
    },
    examine,
};

struct Table {
    fulls: &'static str,
    entries: &'static str,
    limit: &'static str,
    file: &'static str,
    v6: bool,
}

const TABLES: [Table; 2] = [
    Table {
        fulls: "ArpCacheTableFulls",
        entries: "ArpCacheEntries",
        limit: "net.ipv4.neigh.default.gc_thresh3",
        file: "arp_cache",
        v6: false,
    },
    Table {
        fulls: "NdiscCacheTableFulls",
        entries: "NdiscCacheEntries",
        limit: "net.ipv6.neigh.default.gc_thresh3",
        file: "ndisc_cache",
        v6: true,
    },
];

fn examine(view: &View<'_>, cases: &mut Cases) {
    for table in &TABLES {
        let fulls = view.delta(table.fulls).unwrap_or(0);
        if fulls > 0 {
            report(view, cases, table, fulls);
        }
    }
}

fn report(view: &View<'_>, cases: &mut Cases, table: &Table, fulls: u64) {
    let requests = view.stuck(|request| {
        request.peer().is_ipv6() == table.v6
            && matches!(
                request.reading,
                RetryReading::KilledAtFirstTimer | RetryReading::ClientRepeatsSyn
            )
            && lacks_next_hop(request)
    });
    let entries = view.counters().and_then(|(_, now)| now.get(table.entries));
    let limit = view.settings().and_then(|settings| settings.values.get(table.limit).copied());
    let case = cases.about(Subject::Host);
    case.severity(if requests.is_empty() { Severity::Warning } else { Severity::Problem })
        .headline(if requests.is_empty() {
            text![fulls, " neighbours could not be entered: the table is full"]
        } else {
            text![
                phrase::stuck(view, &requests),
                ": the next hop finds no room in the neighbour table"
            ]
        })
        .summary(text![
            "the neighbour table of this machine is full",
            limit.map_or_else(Text::new, |limit| text![" (gc_thresh3 ", limit, ")"]),
        ])
        .arg("table_fulls_delta_count", Value::Number(fulls))
        .affects(requests.iter().copied())
        // Decisive: the kernel counts entries that it could not make (`neigh_alloc`).
        .supports(
            Weight::Decisive,
            Fact::new(Origin::Arp, "table-fulls", text!["table_fulls +", fulls, " while watching"])
                .with("table_fulls_delta_count", Value::Number(fulls))
                .with("entry_count", phrase::number(entries))
                .recheck(format!("cat /proc/net/stat/{}", table.file)),
        );
    let doubled = limit.map_or(8_192, |limit| 2 * limit);
    case.action(Action {
        id: "raise-limit",
        label: ActionLabel::Safe,
        text: text!["raise the limit in the first network namespace; it counts for all of them"],
        commands: vec![Command(format!("sysctl -w {}={doubled}", table.limit))],
        verify: text!["table_fulls stands still"],
    })
    .action(Action {
        id: "who-fills-it",
        label: ActionLabel::Investigate,
        text: text!["find out what fills it: a scan, a prefix that is too wide, many containers"],
        commands: vec![Command(
            "ip neigh show nud all | awk '{print $3}' | sort | uniq -c".to_owned(),
        )],
        verify: Text::new(),
    });
}

fn lacks_next_hop(request: &RequestView<'_>) -> bool {
    request.reply.is_some_and(|reply| reply.resolved.is_ok()) && request.next_hop.is_none()
}

#[cfg(test)]
mod tests {
    use synrecv_model::{Confidence, Severity};

    use crate::fixture::HostFixture;

    fn host() -> HostFixture {
        HostFixture::new()
            .device(2, "ps0")
            .address(2, "10.1.0.10/24")
            .default_route(2, "10.1.0.1")
            .listener("10.1.0.10:80", 0, 128)
            .dying_request("10.1.0.10:80", "198.51.100.7:4000")
            .via(2, "10.1.0.1")
    }

    #[test]
    fn a_full_table_without_the_next_hop_is_confirmed() {
        let judged = host().counter_moved("ArpCacheTableFulls", 7).diagnose();
        let finding = judged.finding("neighbour-table-full").unwrap();
        assert_eq!(finding.confidence, Confidence::Confirmed);
        assert_eq!(judged.leading(), Some("neighbour-table-full"));
    }

    #[test]
    fn a_full_table_beside_a_known_next_hop_harms_others() {
        let judged = host()
            .neighbour(2, "10.1.0.1", "02:00:00:00:00:01")
            .counter_moved("ArpCacheTableFulls", 7)
            .diagnose();
        let finding = judged.finding("neighbour-table-full").unwrap();
        assert_eq!((finding.severity, finding.affected.len()), (Severity::Warning, 0));
    }

    #[test]
    fn a_table_with_room_is_no_case() {
        let judged = host().counter_moved("ArpCacheTableFulls", 0).diagnose();
        assert!(judged.finding("neighbour-table-full").is_none());
    }
}
