//! What the network says about a stuck client when it is asked.

use std::collections::BTreeSet;

use synrecv_model::view::probe::ProbeWord;
use synrecv_model::{Origin, Value, Weight, text};

use super::super::suspects::Suspects;
use crate::asked;
use crate::cases::{Case, Fact};
use crate::view::View;

impl Suspects {
    /// Who answers for a stuck client when the wire is asked aloud.
    pub(super) fn argue_answers(&self, view: &View<'_>, case: &mut Case, affected: &[usize]) {
        let mut seen = BTreeSet::new();
        for &index in affected {
            let peer = view.requests()[index].peer();
            if !seen.insert(peer) {
                continue;
            }
            let Some(probe) = asked::asked(view, self.ifindex, peer) else { continue };
            let fact = asked::answers_fact(view, &probe);
            match probe.word {
                // Decisive: the replies go to a machine that answers for addresses of others, the
                // gateway is another, and this prefix alone makes the kernel ask for the client.
                ProbeWord::Proxy if self.asked.contains(&index) => {
                    case.supports(Weight::Decisive, fact);
                }
                ProbeWord::Proxy | ProbeWord::Nobody => {
                    case.supports(Weight::Strong, fact);
                }
                // Decisive: it is on this wire and says so itself.
                ProbeWord::OneOwner => {
                    case.refutes(Weight::Decisive, fact);
                }
                ProbeWord::DuplicateAddress => {}
            }
        }
    }

    /// A host that is on this wire has no router before it.
    pub(super) fn argue_trace(&self, view: &View<'_>, case: &mut Case) {
        if let Some((index, router)) = self.first_hop {
            let peer = view.requests()[index].peer();
            // Decisive: the client is behind a router that is not the gateway, and the kernel takes it
            // for a neighbour.
            case.supports(
                Weight::Decisive,
                Fact::new(
                    Origin::Probe,
                    "reply-taken-by",
                    text![
                        "a packet to ",
                        peer,
                        " that lives for one hop ends at ",
                        router,
                        ", which takes the replies: the client is not on this wire",
                    ],
                )
                .with("peer", Value::Ip(peer))
                .with("router", Value::Ip(router))
                .recheck(format!("ping -c 1 -t 1 {peer}")),
            );
            return;
        }
        let Some(&(index, router)) = self.traced.first() else { return };
        let peer = view.requests()[index].peer();
        case.supports(
            Weight::Strong,
            Fact::new(
                Origin::Route,
                "router-before-client",
                text!["the way to ", peer, " leads through ", router, ": it is not on this wire"],
            )
            .with("peer", Value::Ip(peer))
            .with("router", Value::Ip(router))
            .recheck(format!("traceroute -n {peer}")),
        );
    }
}
