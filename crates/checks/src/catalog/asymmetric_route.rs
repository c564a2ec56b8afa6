//! The SYN-ACK leaves by another way than the SYN came by, and connections die of it.

mod by_frames;
mod one_of_several;
mod other_device;
mod past_the_wire;

use synrecv_model::{CheckInfo, Class, Manual, Part};

use crate::Check;
use crate::cases::Cases;
use crate::view::View;

pub(super) static CHECK: Check = Check {
    info: CheckInfo {
        id: "asymmetric-route",
        class: Class::Path,
        summary: "the SYN-ACK leaves by another way than the SYN came by",
        severity: "problem",
        needs: &[Part::Sockets],
        also_reads: &[
            Part::Replies,
            Part::Addresses,
            Part::Links,
            Part::Counters,
            Part::Routes,
            Part::Rules,
            Part::Neighbours,
            Part::Frames,
        ],
        ipv6: "the same",
        explains: &["synack-lost-outside", "peer-resets"],
        disproved_by: &[
            "the SYN of a stuck client arrives by the device that its SYN-ACK leaves by (capture)",
            "other clients of the same address complete by the same way out",
        ],
        manual: Manual {
            meaning: "The SYN comes in by one device or router, the SYN-ACK leaves by another: the kernel routes the \
                      reply by destination, not back to where the SYN came from. Asymmetry alone is harmless. It breaks \
                      handshakes when a machine on the way out keeps state (firewall, NAT, load balancer) and never saw \
                      the SYN, or when it refuses the source address.",
            picture: &[
                "SYN      client --> router b --> dev 1 (owns the address)",
                "SYN-ACK  client  X  router a <-- dev 0 (default route)",
            ],
            recognised: &[
                (
                    "the address that clients connect to belongs to one device, the reply leaves by another",
                    "routes, addresses",
                ),
                (
                    "the client repeats its SYN: SYN-ACKs sent again exceed the timer's expiries",
                    "sockets",
                ),
                (
                    "addresses whose replies leave by their own device complete handshakes",
                    "sockets",
                ),
                (
                    "of several equal ways out, all stuck clients have one, all connected another",
                    "routes, sockets",
                ),
            ],
            looks_like: &[
                ("synack-lost-outside", "the reply leaves by the device that owns the address"),
                ("bad-netmask", "same device, but straight to the wire instead of the gateway"),
                (
                    "rp-filter-drop",
                    "this host refuses the SYN itself: no SYN_RECV, IPReversePathFilter moves",
                ),
            ],
            by_hand: &[
                (
                    "ip route get CLIENT from SERVER",
                    "the device of the reply; compare with `ip addr`",
                ),
                (
                    "ip rule",
                    "without a rule for the source address, `main` decides by destination alone",
                ),
                (
                    "tcpdump -eni any 'tcp[tcpflags] & tcp-syn != 0'",
                    "device of the SYN, device of the SYN-ACK",
                ),
            ],
            fix: "Send replies back by the device that owns the address: a table with that device's default route and a \
                  rule for the source address. Or let only one device be reached from outside.",
            references: &["ip-rule(8)", "RFC 3704", "RFC 1122 section 3.3.4.2"],
        },
    },
    examine,
};

fn examine(view: &View<'_>, cases: &mut Cases) {
    other_device::examine(view, cases);
    one_of_several::examine(view, cases);
    past_the_wire::examine(view, cases);
    by_frames::strengthen(view, cases);
    by_frames::examine(view, cases);
}
