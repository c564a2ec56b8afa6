//! Requests whose local address has left this host: a service address that moved away.

use std::collections::BTreeMap;
use std::net::IpAddr;

use synrecv_model::{
    Action, ActionLabel, CheckInfo, Class, Command, Manual, Origin, Part, Severity, Subject, Text,
    Value, Weight, text,
};

use crate::cases::{Cases, Fact};
use crate::view::View;
use crate::{Check, phrase};

pub(super) static CHECK: Check = Check {
    info: CheckInfo {
        id: "local-address-gone",
        class: Class::Output,
        summary: "the local address of open handshakes has left this host",
        severity: "info",
        needs: &[Part::Sockets, Part::Addresses, Part::Routes],
        also_reads: &[Part::Counters, Part::Replies],
        ipv6: "SYN-ACKs still leave from the address that is gone, so the rows live their whole schedule",
        explains: &[
            "bad-netmask",
            "overlapping-route",
            "asymmetric-route",
            "accept-queue-full",
            "ack-lost-outside",
        ],
        disproved_by: &["the address is configured on this host"],
        manual: Manual {
            meaning: "A service address was taken away (a failover, a container that stopped) while handshakes to it were \
                      open. Over IPv4 the kernel does not send from an address it does not have, unless the listener is \
                      transparent (IP_TRANSPARENT): the requests end at their next timer. Over IPv6 it goes on \
                      sending until they are used up. Clients reach the new owner with their next SYN.",
            picture: &[],
            recognised: &[
                (
                    "the local address of the row is not among this host's addresses, nor in a local route",
                    "addresses, routes",
                ),
                ("IPv4: the rows end within seconds and no new ones come", "sockets"),
            ],
            looks_like: &[("synack-dropped-here", "the address is still here")],
            by_hand: &[
                ("ip addr | grep LOCAL", "the address is not there"),
                ("nstat -az IpOutNoRoutes", "grows by one for each SYN-ACK that cannot be sent"),
            ],
            fix: "Nothing, when the address was meant to move. Else give it back.",
            references: &["ip-address(8)"],
        },
    },
    examine,
};

fn examine(view: &View<'_>, cases: &mut Cases) {
    let mut groups: BTreeMap<IpAddr, Vec<usize>> = BTreeMap::new();
    let mut last = None;
    for index in view.stuck(|_| true) {
        let local = view.requests()[index].local().ip;
        // A flood has half a million requests to a few addresses.
        let is_gone = match last {
            Some((same, is_gone)) if same == local => is_gone,
            _ => view.is_gone(local),
        };
        last = Some((local, is_gone));
        if is_gone {
            groups.entry(local).or_default().push(index);
        }
    }
    for (local, requests) in groups {
        cases
            .about(Subject::Host)
            .severity(Severity::Info)
            .headline(text![
                phrase::waiting(view, &requests),
                ", and that address has left this host"
            ])
            .summary(text![local, " is not an address of this host any more"])
            .arg("local", Value::Ip(local))
            .affects(requests.iter().copied())
            // Decisive: whatever this host sends, answers go to whoever has the address now.
            .supports(
                Weight::Decisive,
                Fact::new(
                    Origin::Address,
                    "address-not-here",
                    text!["no device has ", local, ", and no local route holds it"],
                )
                .with("local", Value::Ip(local))
                .recheck(format!("ip addr show to {local}")),
            )
            .action(Action {
                id: "meant-to-move",
                label: ActionLabel::Investigate,
                text: text!["nothing, when ", local, " was meant to move to another host"],
                commands: vec![Command(format!("ip addr show to {local}"))],
                verify: Text::new(),
            });
    }
}

#[cfg(test)]
mod tests {
    use synrecv_model::Severity;

    use crate::fixture::HostFixture;

    #[test]
    fn rows_of_an_address_that_moved_away_are_no_fault() {
        let judged = HostFixture::new()
            .device(2, "ps0")
            .address(2, "10.1.0.10/24")
            .listener("0.0.0.0:80", 0, 128)
            .stuck_request("10.1.0.50:80", "10.9.0.7:4000", (2, 2))
            .diagnose();
        let finding = judged.finding("local-address-gone").unwrap();
        assert_eq!(finding.severity, Severity::Info);
        assert_eq!(judged.leading(), Some("local-address-gone"));
    }

    #[test]
    fn rows_of_an_own_address_are_judged_by_others() {
        let judged = HostFixture::new()
            .device(2, "ps0")
            .address(2, "10.1.0.10/24")
            .listener("0.0.0.0:80", 0, 128)
            .stuck_request("10.1.0.10:80", "10.9.0.7:4000", (2, 2))
            .diagnose();
        assert!(judged.finding("local-address-gone").is_none());
    }
}
