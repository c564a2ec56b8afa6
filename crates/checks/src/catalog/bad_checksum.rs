//! The ACK arrives with a wrong TCP checksum.

use synrecv_model::{CheckInfo, Class, Manual, Part};

use crate::Check;
use crate::rejected::{self, Rejection};
use crate::waiting::{Counter, Drop};

pub(super) static CHECK: Check = Check {
    info: CheckInfo {
        id: "bad-checksum",
        class: Class::Local,
        summary: "ACKs arrive with a wrong TCP checksum",
        severity: "problem",
        needs: &[Part::Sockets, Part::Counters],
        also_reads: &[Part::Settings],
        ipv6: "the same",
        explains: &["ack-lost-outside", "ack-ignored-locally"],
        disproved_by: &["InCsumErrors stands still while SYN-ACKs are sent again"],
        manual: Manual {
            meaning: "The client's ACK reaches this host and its TCP checksum is wrong, so TCP drops it before it looks \
                      for a socket. Something rewrites or damages packets on the way: a NAT or tunnel that does not \
                      correct the checksum, an offload that was meant to fill it in and did not.",
            picture: &["ACK --> wrong checksum --> dropped, InCsumErrors +1"],
            recognised: &[
                ("TcpInCsumErrors moves while SYN-ACKs are sent again", "counters, two samples"),
                ("the listener's drop counter stands still", "sockets (sock_diag)"),
            ],
            looks_like: &[("ack-lost-outside", "InCsumErrors stands still")],
            by_hand: &[
                ("nstat -az TcpInCsumErrors", "run twice; it grows"),
                (
                    "tcpdump -vvni DEV 'tcp port PORT'",
                    "`cksum ... (incorrect)` on packets that come in",
                ),
            ],
            fix: "Find the box that rewrites the packets. On virtual networks try without checksum offload on the \
                  sending side (ethtool -K DEV tx off).",
            references: &[
                "RFC 9293 section 3.1 (checksum)",
                "Documentation/networking/checksum-offloads.rst",
            ],
        },
    },
    examine: |view, cases| rejected::examine(view, cases, &REJECTION),
};

const REJECTION: Rejection = Rejection {
    counters: &["TcpInCsumErrors"],
    counter: Counter::Specific,
    drop: Drop::NotCounted,
    effect: "the ACK arrives and its checksum is wrong",
    cause: "something between the client and here damages packets, or does not fill in their checksum",
    look: "look for `incorrect` checksums on packets that come in",
};

#[cfg(test)]
mod tests {
    use synrecv_model::Confidence;

    use crate::fixture::HostFixture;

    fn host() -> HostFixture {
        HostFixture::new()
            .device(2, "ps0")
            .address(2, "10.1.0.10/24")
            .listener("10.1.0.10:80", 0, 128)
            .stuck_request("10.1.0.10:80", "10.9.0.7:4000", (2, 2))
    }

    #[test]
    fn moved_checksum_errors_and_a_still_listener_make_it_likely() {
        let judged = host().listener_drops(0).counter_moved("TcpInCsumErrors", 4).diagnose();
        assert_eq!(judged.leading(), Some("bad-checksum"));
        assert_eq!(judged.finding("bad-checksum").unwrap().confidence, Confidence::Likely);
    }

    #[test]
    fn errors_on_a_host_whose_listener_drops_have_another_cause() {
        let judged = host().listener_drops(4).counter_moved("TcpInCsumErrors", 4).diagnose();
        assert!(judged.finding("bad-checksum").is_none());
    }

    #[test]
    fn old_errors_are_history() {
        let judged = host().listener_drops(0).counter_moved("TcpInCsumErrors", 0).diagnose();
        assert!(judged.finding("bad-checksum").is_none());
    }
}
