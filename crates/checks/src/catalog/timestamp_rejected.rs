//! The ACK's timestamps are not acceptable: older than the SYN's, or an echo never sent.

use synrecv_model::{CheckInfo, Class, Manual, Part};

use crate::Check;
use crate::rejected::{self, Rejection};
use crate::waiting::{Counter, Drop};

pub(super) static CHECK: Check = Check {
    info: CheckInfo {
        id: "timestamp-rejected",
        class: Class::Local,
        summary: "ACKs arrive with timestamps that are not acceptable",
        severity: "problem",
        needs: &[Part::Sockets, Part::Counters],
        also_reads: &[Part::Settings],
        ipv6: "the same",
        explains: &["ack-lost-outside", "sequence-rejected", "ack-ignored-locally"],
        disproved_by: &["PAWSEstab and TSEcrRejected stand still while SYN-ACKs are sent again"],
        manual: Manual {
            meaning: "The ACK carries a timestamp older than the SYN's (PAWS), or echoes one that this host never sent. \
                      TCP takes it for a stray packet of the past and drops it, with a challenge ACK at most twice a \
                      second. A middlebox that rewrites timestamps on one direction only does that, and so do several \
                      machines behind one translated address.",
            picture: &["ACK TSval < SYN TSval --> dropped, PAWSEstab +1"],
            recognised: &[
                (
                    "PAWSEstab or TSEcrRejected moves while SYN-ACKs are sent again",
                    "counters, two samples",
                ),
                ("the listener's drop counter moves as much", "sockets (sock_diag)"),
            ],
            looks_like: &[("sequence-rejected", "neither of the two counters moves")],
            by_hand: &[
                ("nstat -az TcpExtPAWSEstab TcpExtTSEcrRejected", "run twice; it grows"),
                ("tcpdump -vni DEV 'tcp port PORT'", "TS val and ecr of SYN and ACK"),
            ],
            fix: "Find the box that rewrites timestamps. To test: clients without timestamps (net.ipv4.tcp_timestamps = 0 \
                  on the client) complete.",
            references: &["RFC 7323 section 5"],
        },
    },
    examine: |view, cases| rejected::examine(view, cases, &REJECTION),
};

const REJECTION: Rejection = Rejection {
    counters: &["TcpExtPAWSEstab", "TcpExtTSEcrRejected"],
    counter: Counter::Specific,
    drop: Drop::Counted,
    effect: "the ACK arrives and its timestamps are not acceptable",
    cause: "the ACK carries a timestamp older than the SYN's, or echoes one that was never sent",
    look: "compare TS val and ecr of SYN, SYN-ACK and ACK",
};

#[cfg(test)]
mod tests {
    use crate::fixture::HostFixture;

    fn host() -> HostFixture {
        HostFixture::new()
            .device(2, "ps0")
            .address(2, "10.1.0.10/24")
            .listener("10.1.0.10:80", 0, 128)
            .stuck_request("10.1.0.10:80", "10.9.0.7:4000", (2, 2))
    }

    #[test]
    fn rejected_timestamps_lead() {
        let judged = host()
            .listener_drops(4)
            .counter_moved("TcpExtPAWSEstab", 4)
            .counter_moved("TcpExtTCPACKSkippedSynRecv", 2)
            .diagnose();
        assert_eq!(judged.leading(), Some("timestamp-rejected"));
    }

    #[test]
    fn rejections_of_established_connections_are_not_ours() {
        let judged = host().listener_drops(0).counter_moved("TcpExtPAWSEstab", 4).diagnose();
        assert!(judged.finding("timestamp-rejected").is_none());
    }
}
