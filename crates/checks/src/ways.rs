//! What holds for every hypothesis about the way of the SYN-ACK.

use synrecv_model::{
    ChainKind, Class, FilterChain, Hook, NotChecked, Origin, Reason, Weight, text,
};

use crate::Check;
use crate::captured::changes_vlan;
use crate::cases::{Case, Fact};
use crate::seen::{seen, ways};
use crate::view::View;

/// Path findings that do not depend on where the SYN-ACK is sent.
const ANY_WAY: [&str; 4] =
    ["synack-lost-outside", "neighbour-unresolved", "neighbour-table-full", "local-address-gone"];

/// Adds to a case about a wrong way what frames and rules of this host say against it.
pub(crate) fn argue(view: &View<'_>, check: &Check, case: &mut Case) {
    if check.info.class != Class::Path || ANY_WAY.contains(&check.info.id) {
        return;
    }
    let requests = case.affected().to_vec();
    let back: Vec<bool> = seen(view, &requests)
        .map(|seen| seen.goes_back() && !changes_vlan(view, seen.handshake))
        .collect();
    if !back.is_empty() && back.iter().all(|back| *back) {
        if let Some(fact) = ways(view, &requests) {
            // Decisive: the SYN-ACK is seen to go to where the SYN came from.
            case.refutes(Weight::Decisive, fact);
        }
    } else if back.is_empty()
        && !requests.is_empty()
        && let Some(chain) = rerouting(view)
    {
        case.refutes(
            Weight::Strong,
            Fact::new(
                Origin::Filter,
                "rerouted-in-output",
                text![
                    "chain ",
                    chain.name.clone(),
                    " of table ",
                    chain.family.name(),
                    " ",
                    chain.table.clone(),
                    " can send replies another way than the look-up says",
                ],
            )
            .recheck(chain.system.listing(chain)),
        );
    }
}

/// A chain with rules that looks the route up anew for packets that it changes.
fn rerouting<'a>(view: &View<'a>) -> Option<&'a FilterChain> {
    view.filters().iter().find(|chain| {
        !chain.rules.is_empty()
            && chain
                .base
                .as_ref()
                .is_some_and(|base| base.hook == Hook::Output && base.kind == ChainKind::Route)
    })
}

/// Says that the look-up of replies has a limit here.
pub(crate) fn limit(view: &View<'_>) -> Option<NotChecked> {
    let chain = rerouting(view)?;
    view.stuck(|_| true).first()?;
    Some(NotChecked {
        check: "reply-route",
        reason: Reason::NotApplicable,
        detail: text![
            "chain ",
            chain.name.clone(),
            " of table ",
            chain.family.name(),
            " ",
            chain.table.clone(),
            " changes packets of OUTPUT; the way of replies is looked up anew behind it",
        ],
    })
}
