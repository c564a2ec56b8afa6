//! What to do about a prefix that does not fit, in an order that keeps the default route.

use ipnet::IpNet;
use synrecv_model::{Action, ActionLabel, Address, Command, Text, text};

use crate::cases::Case;
use crate::phrase;
use crate::view::{RequestView, View};

/// Steps from finding the right prefix to making it permanent.
///
/// `prefix` is what the kernel takes for on-link, `right_len` the length to suggest, `sample` a stuck
/// connection to verify with, `machine` the one that answers for others.
pub(super) fn give(
    view: &View<'_>,
    case: &mut Case,
    address: &Address,
    prefix: IpNet,
    right_len: u8,
    sample: &RequestView<'_>,
    machine: Option<Text>,
) {
    let dev = view.dev(address.ifindex);
    let ip = address.address;
    let wider = right_len < address.prefix_len;
    case.action(Action {
        id: "settle-prefix",
        label: ActionLabel::Investigate,
        text: text![
            "find out the right prefix before changing it: /",
            right_len,
            " fits what was seen; ask the network team, or compare a healthy server of this subnet",
        ],
        commands: vec![Command(format!("ip addr show dev {dev}"))],
        verify: Text::new(),
    });
    if address.prefix() == prefix || wider {
        let family = if ip.is_ipv4() { "" } else { "-6 " };
        let broadcast = if ip.is_ipv4() { " brd +" } else { "" };
        case.action(Action {
            id: "replace-prefix",
            label: ActionLabel::Disruptive,
            text: text![
                "add the right prefix, then delete the wrong one; the other order drops the default route",
            ],
            commands: vec![
                Command(format!("ip {family}addr add {ip}/{right_len}{broadcast} dev {dev}")),
                Command(format!("ip {family}addr del {ip}/{} dev {dev}", address.prefix_len)),
            ],
            verify: text![
                Command(phrase::route_get(sample)),
                if wider { " no longer shows `via`" } else { " shows `via` the gateway" },
                "; stuck connections complete at their next retry",
            ],
        });
    } else {
        case.action(Action {
            id: "correct-route",
            label: ActionLabel::Investigate,
            text: text![
                "no address has the prefix ",
                prefix,
                ": find out who made the route (a router advertisement, a script) and correct it there",
            ],
            commands: vec![Command(format!("ip -d route show {prefix} dev {dev}"))],
            verify: Text::new(),
        });
    }
    case.action(Action {
        id: "make-permanent",
        label: ActionLabel::Safe,
        text: text![
            "change it where it is configured (netplan, ifcfg, NetworkManager, DHCP or router advertisement)",
        ],
        commands: vec![],
        verify: Text::new(),
    });
    if let Some(machine) = machine {
        case.action(Action {
            id: "stop-proxy-arp",
            label: ActionLabel::Investigate,
            text: text![
                "tell the owner of ",
                machine,
                " that it answers ARP for addresses it does not own",
            ],
            commands: vec![],
            verify: Text::new(),
        });
    }
}
