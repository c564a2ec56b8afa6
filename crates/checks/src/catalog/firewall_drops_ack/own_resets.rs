//! A rule answers the ACK with a reset: the request is gone at once, and TCP thinks that the client
//! reset it.

use std::collections::BTreeSet;

use synrecv_model::{
    Action, ActionLabel, Endpoint, Hook, Origin, RuleVerdict, Subject, Text, Value, Weight, text,
};

use crate::cases::{Cases, Fact};
use crate::droppers::{Dropper, local_ack_droppers};
use crate::phrase;
use crate::view::View;

const HOOKS: [Hook; 2] = [Hook::Prerouting, Hook::Input];

pub(super) fn examine(view: &View<'_>, cases: &mut Cases) {
    let resets = view.delta("TcpExtEmbryonicRsts").unwrap_or(0);
    if resets == 0 {
        return;
    }
    let locals: BTreeSet<Endpoint> =
        view.observation().ended_young.iter().map(|flow| flow.local).collect();
    let rejecting = local_ack_droppers(view, &HOOKS, &locals).unwrap_or_default();
    let guilty = rejecting
        .iter()
        .filter(|dropper| dropper.stop.rule.is_some_and(|rule| rule.verdict == RuleVerdict::Reject))
        .find(|dropper| dropper.matched.is_some_and(|count| count * 2 >= resets));
    if let Some(dropper) = guilty {
        report(cases, dropper, resets);
    }
}

fn report(cases: &mut Cases, dropper: &Dropper<'_>, resets: u64) {
    cases
        .about(Subject::Host)
        .headline(text![
            phrase::count(usize::try_from(resets).unwrap_or(usize::MAX), "handshake", "handshakes"),
            " were reset by a packet filter of this host",
        ])
        .summary(text![dropper.name(), " answers the client's ACK with a reset"])
        .arg("chain", Value::Foreign(dropper.stop.chain.name.clone()))
        .arg("table", Value::Foreign(dropper.stop.chain.table.clone()))
        .arg("hook", Value::Word(dropper.stop.hook.name()))
        .arg("reset_count", Value::Number(resets))
        .supports(
            Weight::Strong,
            dropper.fact(text![" while ", resets, " requests ended by a reset"]),
        )
        .supports(
            Weight::Weak,
            Fact::new(
                Origin::Counters,
                "embryonic-resets",
                text!["EmbryonicRsts +", resets, " while watching"],
            )
            .with("embryonic_rsts_delta_count", Value::Number(resets))
            .recheck("nstat -az TcpExtEmbryonicRsts"),
        )
        .action(Action {
            id: "see-rule",
            label: ActionLabel::Investigate,
            text: text!["look at the rule and watch its counter"],
            commands: vec![dropper.listing()],
            verify: Text::new(),
        });
}
