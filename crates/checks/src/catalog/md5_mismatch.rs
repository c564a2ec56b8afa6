//! TCP-MD5: the ACK is not signed, signed with another key, or signed without need.

use synrecv_model::{CheckInfo, Class, Manual, Part};

use crate::Check;
use crate::rejected::{self, Rejection};
use crate::waiting::{Counter, Drop};

pub(super) static CHECK: Check = Check {
    info: CheckInfo {
        id: "md5-mismatch",
        class: Class::Local,
        summary: "ACKs arrive whose TCP-MD5 signature does not fit",
        severity: "problem",
        needs: &[Part::Sockets, Part::Counters],
        also_reads: &[Part::Settings],
        ipv6: "the same",
        explains: &["ack-lost-outside", "ack-ignored-locally"],
        disproved_by: &["the TCPMD5 counters stand still while SYN-ACKs are sent again"],
        manual: Manual {
            meaning: "Both ends of a BGP or LDP session sign their segments with a shared key (TCP-MD5). The ACK came \
                      without signature, with one made by another key, or signed although no key is set here. TCP \
                      drops it in silence.",
            picture: &["ACK without the right signature --> dropped, TCPMD5* +1"],
            recognised: &[
                (
                    "TCPMD5NotFound, TCPMD5Failure or TCPMD5Unexpected moves",
                    "counters, two samples",
                ),
                ("the listener's drop counter moves as much", "sockets (sock_diag)"),
            ],
            looks_like: &[("socket-filter", "no counter moves")],
            by_hand: &[(
                "nstat -az 'TcpExtTCPMD5*'",
                "run twice; NotFound: not signed, Failure: another key, Unexpected: no key here",
            )],
            fix: "Set the same key on both ends for these addresses, or on neither.",
            references: &["RFC 2385", "tcp(7): TCP_MD5SIG"],
        },
    },
    examine: |view, cases| rejected::examine(view, cases, &REJECTION),
};

const REJECTION: Rejection = Rejection {
    counters: &["TcpExtTCPMD5NotFound", "TcpExtTCPMD5Failure", "TcpExtTCPMD5Unexpected"],
    counter: Counter::Specific,
    drop: Drop::Counted,
    effect: "the ACK arrives and its TCP-MD5 signature does not fit",
    cause: "the two ends do not share one TCP-MD5 key",
    look: "look for the md5 option on SYN and ACK",
};

#[cfg(test)]
mod tests {
    use crate::fixture::HostFixture;

    #[test]
    fn a_failed_signature_leads() {
        let judged = HostFixture::new()
            .device(2, "ps0")
            .address(2, "10.1.0.10/24")
            .listener("10.1.0.10:179", 0, 128)
            .stuck_request("10.1.0.10:179", "10.9.0.7:4000", (2, 2))
            .listener_drops(3)
            .counter_moved("TcpExtTCPMD5Failure", 3)
            .diagnose();
        assert_eq!(judged.leading(), Some("md5-mismatch"));
    }
}
