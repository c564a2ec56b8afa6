//! One device that carries several VLANs: the SYN comes in with one tag, the SYN-ACK leaves with another.

use synrecv_model::view::RetryReading;
use synrecv_model::{
    Action, ActionLabel, Command, Handshake, Origin, SourceKind, Subject, Text, Value, Weight, text,
};

use crate::cases::{Cases, Fact};
use crate::phrase;
use crate::view::View;

/// Tags of the SYN and of the SYN-ACK, outermost first, where they differ.
fn tags(handshake: &Handshake) -> Option<(&[u16], &[u16])> {
    let syn = handshake.syns().last()?;
    let synack = handshake.synacks().last()?;
    (syn.vlans != synack.vlans).then_some((&syn.vlans, &synack.vlans))
}

/// The SYN came by one VLAN and the SYN-ACK left by another.
pub(crate) fn changes_vlan(view: &View<'_>, handshake: &Handshake) -> bool {
    // Where several devices were captured one shows the tag and the one above it does not.
    let one_device = view.capture().is_some_and(|capture| capture.devices.len() == 1);
    view.source() == SourceKind::Capture && one_device && tags(handshake).is_some()
}

/// The client has no SYN-ACK, and it left by another VLAN.
pub(super) fn asymmetric_route(view: &View<'_>, cases: &mut Cases) {
    let lost = view.stuck(|request| {
        let seen = request.seen.as_deref();
        request.reading == RetryReading::ClientRepeatsSyn
            && seen.is_some_and(|seen| changes_vlan(view, seen.handshake))
    });
    let Some(&first) = lost.first() else { return };
    let request = &view.requests()[first];
    let seen = request.seen.as_deref();
    let Some((from, to)) = seen.and_then(|seen| tags(seen.handshake)) else { return };
    cases
        .about(Subject::Host)
        .headline(text![
            phrase::stuck(view, &lost),
            ": the SYN came by one VLAN, the SYN-ACK left by another",
        ])
        .summary(text!["SYNs come by ", name(from), ", SYN-ACKs leave by ", name(to)])
        .arg("syn_vlans", list(from))
        .arg("synack_vlans", list(to))
        .affects(lost.iter().copied())
        // Strong: another VLAN is another interface of this host, whose route the reply took.
        .supports(
            Weight::Strong,
            Fact::new(
                Origin::Frames,
                "other-vlan",
                text![
                    "the SYN of ",
                    request.peer(),
                    " came by ",
                    name(from),
                    ", its SYN-ACK left by ",
                    name(to),
                    ", and the client repeats its SYN",
                ],
            )
            .recheck(format!("tcpdump -eni DEV 'vlan and host {}'", request.peer())),
        )
        .action(Action {
            id: "see-reply-route",
            label: ActionLabel::Investigate,
            text: text!["on the host: by which interface does the reply leave, and why"],
            commands: vec![
                Command(phrase::route_get(request)),
                Command("ip -d link; ip addr; ip route; ip rule".to_owned()),
            ],
            verify: Text::new(),
        });
}

fn name(vlans: &[u16]) -> Text {
    if vlans.is_empty() {
        return text!["no VLAN"];
    }
    text!["VLAN ", Text::join(vlans.iter().map(|&vlan| u64::from(vlan)), " in ")]
}

fn list(vlans: &[u16]) -> Value {
    Value::List(vlans.iter().map(|&vlan| Value::Number(vlan.into())).collect())
}

#[cfg(test)]
mod tests {
    use synrecv_model::{Confidence, End, FrameKind, Place};

    use crate::fixture::{Frames, HostFixture, Judged};

    fn tagged(vlan: u16) -> Judged {
        let frames = Frames { synack: None, ..Frames::default() };
        HostFixture::new()
            .stuck_request("10.1.0.10:80", "198.51.100.7:4000", (4, 1))
            .frames(frames)
            .one_device()
            .frame((End::Client, FrameKind::Syn), 10, |syn| syn.vlans = vec![5])
            .frame((End::Server, FrameKind::SynAck), 11, |synack| synack.vlans = vec![vlan])
            .synacks(3)
            .file(Place::Server)
    }

    #[test]
    fn another_tag_is_another_way() {
        let judged = tagged(6);
        assert_eq!(judged.leading(), Some("asymmetric-route"));
        let finding = judged.finding("asymmetric-route").unwrap();
        assert_eq!(finding.confidence, Confidence::Likely);
    }

    #[test]
    fn the_same_tag_is_the_same_way() {
        assert!(tagged(5).finding("asymmetric-route").is_none());
    }
}
