//! The prefix of an address does not fit its wire: too wide, and clients behind the router look like
//! neighbours; too narrow, and neighbours look like clients behind the router.

mod advice;
mod claim;
mod suspects;
mod too_narrow;
mod too_wide;

use synrecv_model::{CheckInfo, Class, Manual, Part};

use crate::Check;
use crate::cases::Cases;
use crate::view::View;

pub(super) static CHECK: Check = Check {
    info: CheckInfo {
        id: "bad-netmask",
        class: Class::Path,
        summary: "the prefix of an address does not fit its wire",
        severity: "problem",
        needs: &[
            Part::Sockets,
            Part::Replies,
            Part::Neighbours,
            Part::Addresses,
            Part::Routes,
            Part::Links,
        ],
        also_reads: &[Part::Counters, Part::Frames, Part::Probes],
        ipv6: "the same; what is on-link comes from the prefix route, not from the address",
        explains: &[
            "proxy-arp",
            "neighbour-unresolved",
            "asymmetric-route",
            "synack-lost-outside",
            "duplicate-address",
            "neighbour-wrong",
        ],
        disproved_by: &[
            "an ACK from one of these clients in a capture on this device",
            "the SYNs arrive with the full TTL (64, 128 or 255): the client is on this wire",
            "the network team confirms that the prefix is meant to be this wide",
        ],
        manual: Manual {
            meaning: "Too wide: an interface has a prefix with too few 1 bits. The kernel takes hosts behind the router for \
                      neighbours on its own wire and asks for them by ARP instead of using the gateway. If a machine \
                      answers for them (proxy ARP), replies go to that machine. When it keeps state (load balancer, \
                      firewall) and never saw the SYN, it drops the SYN-ACK. If nobody answers, the SYN-ACK is never \
                      sent. Too narrow: hosts on the same wire are answered through the \
                      gateway; a stateful gateway drops a SYN-ACK whose SYN it never saw.",
            picture: &[
                "SYN      client --> router ----------------> server",
                "SYN-ACK  client  X  load balancer <--------- server   both answer ARP; this one is faster",
            ],
            recognised: &[
                (
                    "the reply to a stuck client leaves without a gateway, by the prefix of an address",
                    "routes",
                ),
                (
                    "stuck clients share a MAC that is not the gateway's, or do not answer ARP",
                    "neighbours",
                ),
                (
                    "a narrower prefix holds this host, its gateway and its neighbours, and no stuck client",
                    "addresses",
                ),
                (
                    "the client repeats its SYN: SYN-ACKs sent again exceed the timer's expiries",
                    "sockets",
                ),
            ],
            looks_like: &[
                (
                    "asymmetric-route",
                    "the reply leaves by another device or gateway; the prefix is right",
                ),
                ("synack-lost-outside", "clients have their own MACs, or the gateway's"),
                ("accept-queue-full", "both retry counters are equal, ListenOverflows moves"),
            ],
            by_hand: &[
                (
                    "ip -4 addr show dev DEV",
                    "the prefix length; compare with a healthy server of the subnet",
                ),
                (
                    "ip route get CLIENT from SERVER",
                    "a client behind the router must show `via GATEWAY`",
                ),
                ("ip neigh show dev DEV", "clients of another subnet, all with one MAC"),
                (
                    "tcpdump -eni DEV 'tcp[tcpflags] & tcp-syn != 0'",
                    "source MAC of the SYN, destination MAC of the SYN-ACK",
                ),
            ],
            fix: "Add the address with the right prefix first, delete the wrong one second: the other order drops \
                  the default route. Then correct it where it is configured. Turn proxy ARP off on machines that \
                  are not meant to answer for others.",
            references: &[
                "ip-address(8)",
                "RFC 1027 (proxy ARP)",
                "RFC 4861 section 5.2 (next-hop determination)",
            ],
        },
    },
    examine,
};

fn examine(view: &View<'_>, cases: &mut Cases) {
    too_wide::examine(view, cases);
    too_narrow::examine(view, cases);
}
