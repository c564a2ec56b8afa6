//! The table of connection tracking is full, and new connections are dropped.

use synrecv_model::{
    Action, ActionLabel, CheckInfo, Class, Command, Manual, Origin, Part, Severity, Subject, Text,
    Value, Weight, text,
};

use crate::cases::{Cases, Fact};
use crate::undelivered::{Version, undelivered};
use crate::view::View;
use crate::{Check, share};

pub(super) static CHECK: Check = Check {
    info: CheckInfo {
        id: "conntrack-full",
        class: Class::Refused,
        summary: "the table of connection tracking is full; SYNs are dropped",
        severity: "problem",
        needs: &[Part::Counters],
        also_reads: &[Part::Settings],
        ipv6: "the same table",
        explains: &["firewall-drops-syn"],
        disproved_by: &["`drop` of conntrack -S stands still while clients fail to connect"],
        manual: Manual {
            meaning: "Connection tracking makes an entry for each new connection. When the table holds nf_conntrack_max \
                      entries and none can be dropped early, the packet is dropped: no SYN comes to TCP, no row is made.",
            picture: &["SYN  client --> X   PREROUTING of this host: table full"],
            recognised: &[
                ("`drop` of connection tracking grows", "counters"),
                ("the number of entries is at nf_conntrack_max", "counters, settings"),
                ("`nf_conntrack: table full, dropping packet` in the kernel's log", "root"),
            ],
            looks_like: &[
                ("firewall-drops-syn", "a rule counts the SYNs; `drop` stands still"),
                ("syn-queue-full", "ListenDrops grows"),
            ],
            by_hand: &[
                ("conntrack -S", "`drop` and `early_drop` grow"),
                ("sysctl net.netfilter.nf_conntrack_count net.netfilter.nf_conntrack_max", "equal"),
            ],
            fix: "Raise nf_conntrack_max (about 320 bytes an entry; containers cannot: it is set in the first network \
                  namespace for all), shorten timeouts, or keep busy ports out of it by \
                  `notrack` in both directions.",
            references: &["Documentation/networking/nf_conntrack-sysctl.rst"],
        },
    },
    examine,
};

fn examine(view: &View<'_>, cases: &mut Cases) {
    let dropped = view.conntrack_delta(|cpu| cpu.drop_count).unwrap_or(0);
    if dropped == 0 {
        return;
    }
    let early = view.conntrack_delta(|cpu| cpu.early_drop_count).unwrap_or(0);
    let entries = view.counters().and_then(|(_, now)| {
        now.conntrack.as_ref()?.first().map(|cpu| u64::from(cpu.entries_count))
    });
    let setting = |name: &str| {
        let value = view.settings()?.values.get(name)?;
        u64::try_from(*value).ok()
    };
    let max = setting("net.netfilter.nf_conntrack_max");
    let full = entries.zip(max).is_some_and(|(entries, max)| entries * 20 >= max * 19);
    // Packets that the host itself sends meet the full table too, and are then none that came in.
    let came_in = came_in(view).map_or(dropped, |most| dropped.min(most));
    let small = share::is_small(view, came_in);
    let case = cases.about(Subject::Host);
    case.severity(if small { Severity::Info } else { Severity::Problem })
        .headline(if small && came_in < dropped {
            text![dropped, " packets of new connections were dropped, hardly any of which came in"]
        } else {
            text![dropped, " packets of new connections were dropped before TCP"]
        })
        .summary(text!["the table of connection tracking has no room"])
        .arg("dropped_count", Value::Number(dropped))
        .supports(
            // The same counter moves when memory for an entry cannot be had.
            Weight::Strong,
            Fact::new(
                Origin::Conntrack,
                "dropped-by-conntrack",
                text!["connection tracking dropped ", dropped, " packets while watching"],
            )
            .with("drop_delta_count", Value::Number(dropped))
            .with("early_drop_delta_count", Value::Number(early))
            .recheck("conntrack -S"),
        );
    if let (Some(entries), Some(max)) = (entries, max) {
        // Decisive: no entry can be made in a full table.
        case.supports(
            if full { Weight::Decisive } else { Weight::Weak },
            Fact::new(
                Origin::Conntrack,
                "table-fill",
                text!["it holds ", entries, " entries of ", max, " (nf_conntrack_max)"],
            )
            .with("entry_count", Value::Number(entries))
            .with("max_count", Value::Number(max))
            .recheck("sysctl net.netfilter.nf_conntrack_count net.netfilter.nf_conntrack_max"),
        );
    }
    case.action(Action {
        id: "raise-limit",
        label: ActionLabel::Safe,
        text: text![
            "raise the limit, which is set in the first network namespace for all of them; an entry \
             costs about 320 bytes of kernel memory"
        ],
        commands: max
            .map(|max| Command(format!("sysctl -w net.netfilter.nf_conntrack_max={}", 2 * max)))
            .into_iter()
            .collect(),
        verify: text![Command("conntrack -S".to_owned()), ": `drop` stands still"],
    })
    .action(Action {
        id: "who-fills-it",
        label: ActionLabel::Investigate,
        text: text!["find out who fills it: one source, one port, one state that is never left"],
        commands: vec![Command(
            "conntrack -L -p tcp -o extended | awk '{print $6}' | sort | uniq -c".to_owned(),
        )],
        verify: Text::new(),
    });
}

/// How many packets came in while watching and were not delivered, at most all of which the full table
/// dropped.
fn came_in(view: &View<'_>) -> Option<u64> {
    let v6 = undelivered(view, Version::V6).unwrap_or(0);
    Some(undelivered(view, Version::V4)? + v6)
}

#[cfg(test)]
mod tests {
    use synrecv_model::{Confidence, Severity};

    use crate::fixture::HostFixture;

    fn host() -> HostFixture {
        HostFixture::new().device(2, "ps0").address(2, "10.1.0.10/24").passive_opens(1)
    }

    #[test]
    fn drops_are_a_problem() {
        let judged = host().conntrack_moved(0, 12).diagnose();
        assert_eq!(judged.leading(), Some("conntrack-full"));
        let finding = judged.finding("conntrack-full").unwrap();
        assert_eq!((finding.confidence, finding.severity), (Confidence::Likely, Severity::Problem));
    }

    #[test]
    fn what_the_host_itself_begins_is_no_problem_of_its_clients() {
        let books = |delivered| {
            let host = host().conntrack_moved(0, 60).counter_moved("IpInReceives", 500);
            host.counter_moved("IpInDelivers", delivered).diagnose()
        };
        let severity = |delivered| books(delivered).finding("conntrack-full").unwrap().severity;
        assert_eq!(severity(500), Severity::Info);
        assert_eq!(severity(450), Severity::Problem);
    }

    #[test]
    fn invalid_packets_are_another_story() {
        assert!(host().conntrack_moved(12, 0).diagnose().finding("conntrack-full").is_none());
    }
}
