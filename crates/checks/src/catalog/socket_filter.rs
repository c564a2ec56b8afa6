//! A filter on the socket or its cgroup drops the ACK, or the SYN already.

mod syns;

use synrecv_model::view::books::Rhythm;
use synrecv_model::{
    Action, ActionLabel, CheckInfo, Class, Command, Manual, Origin, Part, Subject, Text, Value,
    Weight, text,
};

use crate::cases::{Cases, Fact};
use crate::view::View;
use crate::waiting::{Waiting, rejecting};
use crate::{Check, phrase, share};

pub(super) static CHECK: Check = Check {
    info: CheckInfo {
        id: "socket-filter",
        class: Class::Local,
        summary: "a filter on the socket or its cgroup drops the ACK",
        severity: "problem",
        needs: &[Part::Sockets, Part::Counters],
        also_reads: &[Part::Settings, Part::Replies, Part::Frames],
        ipv6: "the same",
        explains: &["ack-lost-outside", "ack-ignored-locally"],
        disproved_by: &["the listener has no filter and its cgroup has no ingress program"],
        manual: Manual {
            meaning: "A program attached to the listening socket (SO_ATTACH_FILTER, SO_ATTACH_BPF) or to its cgroup \
                      (cgroup_skb ingress) decides which packets the socket gets. It drops the bare ACK that would \
                      complete the handshake, or the SYN, so that no row is made. No TCP counter moves; only the socket's \
                      own drop counter does.",
            picture: &["ACK --> filter --> dropped, sk_drops +1, no other counter"],
            recognised: &[
                (
                    "the listener drops a packet for each SYN-ACK sent again",
                    "sockets (sock_diag), two samples",
                ),
                ("no TCP counter that stands for another cause moves", "counters"),
                (
                    "option memory of the listener is not 0: a filter is attached to the socket",
                    "sockets",
                ),
                (
                    "the listener has a filter (getsockopt); with none a program of the cgroup is left",
                    "a copy of the listener's descriptor: root or its own user",
                ),
            ],
            looks_like: &[
                ("accept-queue-full", "ListenOverflows moves"),
                ("sequence-rejected", "OutRsts or TCPACKSkippedSynRecv moves"),
                ("firewall-drops-ack", "the listener's drop counter stands still"),
            ],
            by_hand: &[
                (
                    "ss -ltnme 'sport = :PORT'",
                    "`d` in skmem grows; `o` is not 0 with a socket filter; cgroup names the cgroup",
                ),
                ("bpftool cgroup tree", "ingress programs of the listener's cgroup"),
            ],
            fix: "Ask the owner of the program, or of the container runtime, for the filter. Detach it to test.",
            references: &["socket(7): SO_ATTACH_FILTER", "bpf(2)"],
        },
    },
    examine,
};

/// Counters of every other reason for which a listener drops a packet.
const OTHER_REASONS: [&str; 9] = [
    "TcpExtListenOverflows",
    "TcpExtListenDrops",
    "TcpExtPAWSEstab",
    "TcpExtTSEcrRejected",
    "TcpExtTCPACKSkippedSynRecv",
    "TcpExtTCPMD5NotFound",
    "TcpExtTCPMD5Failure",
    "TcpExtTCPMD5Unexpected",
    "TcpExtEmbryonicRsts",
];

fn examine(view: &View<'_>, cases: &mut Cases) {
    let others: u64 = OTHER_REASONS.iter().filter_map(|name| view.delta(name)).sum();
    let candidates: Vec<Waiting<'_>> = rejecting(view)
        .into_iter()
        .filter(|listener| listener.retries > 0 && !listener.queue_was_full())
        .filter(|listener| listener.drops_rhythm != Rhythm::Misses)
        .filter(|listener| {
            // The client answers each SYN-ACK that goes out again with an ACK; each is dropped.
            listener
                .sure_drops
                .is_some_and(|drops| u64::from(drops) * 10 >= u64::from(listener.retries) * 8)
        })
        .collect();
    for listener in &candidates {
        open(view, cases, listener, others);
    }
    syns::examine(view, cases);
}

fn open(view: &View<'_>, cases: &mut Cases, waiting: &Waiting<'_>, others: u64) {
    let listener = waiting.listener;
    let drops = waiting.drops.unwrap_or(0);
    let filter = listener.options.and_then(|options| options.filter_instructions);
    let instructions = filter.filter(|&count| count > 0);
    // Without a filter what takes option memory are keys.
    let attached = listener.optmem_bytes.filter(|&bytes| bytes > 0 && filter != Some(0));
    // Weak: a filter of the cgroup moves no counter, and an ACK outside the window hardly ever one.
    let worth = waiting.worth(waiting.sure_drops.unwrap_or(0).into());
    let weight = if attached.is_some() { worth } else { Weight::Weak };
    let case = cases.about(Subject::Listener(listener.local));
    if worth == Weight::Weak {
        case.severity(share::severity(view, &waiting.requests).0);
    }
    case.headline(text![
        phrase::stuck(view, &waiting.requests),
        ": the ACK arrives and a filter drops it",
    ])
    .summary(match attached.or(instructions) {
        Some(_) => text!["a filter is attached to the socket of ", listener.local],
        None => text!["a program on the cgroup of ", listener.local, " drops its packets"],
    })
    .arg("local", Value::Endpoint(listener.local))
    .arg("drops_delta_count", Value::Number(drops.into()))
    .arg("optmem_bytes", phrase::number(listener.optmem_bytes))
    .affects(waiting.requests.iter().copied())
    .supports(
        weight,
        Fact::new(
            Origin::Queue,
            "drops-without-a-counter",
            text![
                ":",
                listener.local.port,
                " dropped ",
                phrase::count(drops as usize, "packet", "packets"),
                " while ",
                phrase::count(waiting.retries as usize, "SYN-ACK was", "SYN-ACKs were"),
                if others == 0 {
                    " sent again, and no counter of another cause moved"
                } else {
                    " sent again; counters of other causes moved too"
                },
            ],
        )
        .with("drops_delta_count", Value::Number(drops.into()))
        .with("synack_sent_again_count", Value::Number(waiting.retries.into()))
        .recheck(format!("ss -ltnm 'sport = :{}'", listener.local.port)),
    );
    if let Some(bytes) = attached {
        case.supports(
            Weight::Strong,
            Fact::new(
                Origin::Sockets,
                "option-memory",
                text![
                    "the listener holds ",
                    bytes,
                    " bytes of option memory: a filter or a key is attached to it",
                ],
            )
            .with("optmem_bytes", Value::Number(bytes.into()))
            .recheck(format!("ss -ltnm 'sport = :{}'", listener.local.port)),
        );
    }
    if let Some(count) = filter {
        // Decisive: there is a filter, the listener drops what answers each SYN-ACK, and no counter
        // of another reason moved.
        let weight = match count {
            0 => Weight::Weak,
            _ if others == 0 => Weight::Decisive,
            _ => Weight::Strong,
        };
        let says = match count {
            0 => text!["the socket has no filter of its own: a program on its cgroup is left"],
            _ => text![
                "the socket has a filter of ",
                phrase::count(count as usize, "instruction", "instructions"),
            ],
        };
        case.supports(
            weight,
            Fact::new(Origin::Sockets, "listener-option", says)
                .with("filter_instructions_count", Value::Number(count.into())),
        );
    }
    case.action(Action {
        id: "see-filters",
        label: ActionLabel::Investigate,
        text: text!["find the program: on the socket (ask its owner) or on the cgroup"],
        commands: vec![
            Command(format!("ss -ltnpe 'sport = :{}'", listener.local.port)),
            Command("bpftool cgroup tree".to_owned()),
        ],
        verify: Text::new(),
    });
}

#[cfg(test)]
mod tests {
    use synrecv_model::{Confidence, ListenerOptions};

    use crate::fixture::HostFixture;

    fn host() -> HostFixture {
        HostFixture::new()
            .device(2, "ps0")
            .address(2, "10.1.0.10/24")
            .listener("10.1.0.10:80", 0, 128)
            .stuck_request("10.1.0.10:80", "10.9.0.7:4000", (2, 2))
    }

    #[test]
    fn drops_beside_option_memory_are_a_filter_on_the_socket() {
        let judged = host().listener_drops(3).option_memory(296).diagnose();
        assert_eq!(judged.leading(), Some("socket-filter"));
        assert_eq!(judged.finding("socket-filter").unwrap().confidence, Confidence::Likely);
    }

    #[test]
    fn drops_that_no_counter_explains_can_be_a_filter_of_the_cgroup() {
        let judged = host().listener_drops(3).diagnose();
        assert_eq!(judged.finding("socket-filter").unwrap().confidence, Confidence::Possible);
    }

    fn filter_of(instructions: u32) -> ListenerOptions {
        ListenerOptions { filter_instructions: Some(instructions), ..ListenerOptions::default() }
    }

    #[test]
    fn drops_beside_a_filter_are_confirmed() {
        let judged = host().listener_drops(3).option_memory(296).options(filter_of(4)).diagnose();
        assert_eq!(judged.finding("socket-filter").unwrap().confidence, Confidence::Confirmed);
    }

    #[test]
    fn option_memory_without_a_filter_is_none() {
        let judged = host().listener_drops(3).option_memory(136).options(filter_of(0)).diagnose();
        assert_eq!(judged.finding("socket-filter").unwrap().confidence, Confidence::Possible);
    }

    #[test]
    fn a_filter_that_drops_nothing_is_none() {
        let judged = host().listener_drops(0).options(filter_of(4)).diagnose();
        assert!(judged.finding("socket-filter").is_none());
    }

    #[test]
    fn drops_that_a_counter_explains_are_not() {
        let judged = host().listener_drops(3).counter_moved("TcpExtPAWSEstab", 3).diagnose();
        assert_eq!(judged.leading(), Some("timestamp-rejected"));
    }

    #[test]
    fn drops_that_repeated_syns_explain_are_not() {
        let judged = host().listener_drops(3).counter_moved("TcpExtTCPSynRetrans", 9).diagnose();
        assert!(judged.finding("socket-filter").is_none());
    }

    #[test]
    fn a_listener_that_drops_nothing_has_no_filter_in_the_way() {
        let judged = host().listener_drops(0).diagnose();
        assert!(judged.finding("socket-filter").is_none());
    }
}
