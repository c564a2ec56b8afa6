//! Packets in the log: those that a rule logged before it dropped them, and those that TCP complained of.

use synrecv_model::{
    Endpoint, Event, Foreign, Origin, Subject, TcpState, Text, Value, Weight, text,
};

use crate::cases::{Cases, Fact};
use crate::phrase;
use crate::view::View;

const SYN: u8 = 0x02;
const RST: u8 = 0x04;
const ACK: u8 = 0x10;

/// What rules are made to write before they drop.
const DROPS: [&str; 11] = [
    "drop",
    "block",
    "deny",
    "denied",
    "reject",
    "refuse",
    "discard",
    "banned",
    "shorewall",
    "invalid",
    "_reject",
];

/// A segment that was logged.
#[derive(Clone, Copy, Debug)]
struct Logged<'a> {
    line: u32,
    prefix: &'a Foreign,
    from: Endpoint,
    to: Endpoint,
    flags: u8,
    is_in: bool,
    is_out: bool,
}

impl Logged<'_> {
    fn is(&self, flags: u8) -> bool {
        self.flags & (SYN | RST | ACK) == flags
    }

    fn says_drop(&self) -> bool {
        let words = self.prefix.0.to_ascii_lowercase();
        DROPS.iter().any(|word| words.contains(word))
    }

    fn fact(&self, name: &'static str, what: Text) -> Fact {
        Fact::new(
            Origin::Log,
            name,
            text!["the log says `", self.prefix.clone(), "` of ", what, " (line ", self.line, ")"],
        )
        .with("line", Value::Number(self.line.into()))
    }
}

fn logged<'a>(view: &View<'a>) -> impl Iterator<Item = Logged<'a>> {
    view.messages().filter_map(|message| {
        let Event::Logged { prefix, in_device, out_device, source, destination, flags } =
            &message.event
        else {
            return None;
        };
        Some(Logged {
            line: message.line,
            prefix,
            from: (*source)?,
            to: (*destination)?,
            flags: (*flags)?,
            is_in: in_device.is_some(),
            is_out: out_device.is_some(),
        })
    })
}

/// SYNs to this host that a rule logged as dropped.
pub(super) fn firewall_drops_syn(view: &View<'_>, cases: &mut Cases) {
    let is_dropped = |one: &Logged<'_>| one.is(SYN) && one.is_in && !one.is_out && one.says_drop();
    let all: Vec<Logged<'_>> = logged(view).filter(is_dropped).collect();
    let listens = |one: &&Logged<'_>| {
        let listeners = view.sockets().map_or(&[][..], |sockets| &sockets.listeners);
        listeners.iter().any(|listener| listener.accepts(one.to))
    };
    let wanted = all.iter().find(listens);
    let again = all.iter().find(|one| {
        all.iter()
            .any(|other| other.line != one.line && (other.from, other.to) == (one.from, one.to))
    });
    let Some(one) = wanted.or(again).or(all.first()) else { return };
    // Each listener on the internet is asked for by scanners on ports that nobody offers.
    let is_service = wanted.is_some();
    if !is_service && again.is_none() && !super::is_trouble(view) {
        return;
    }
    let same = all.iter().filter(|other| other.to == one.to).count();
    let case = cases.about(Subject::Host);
    case.headline(text!["SYNs to ", one.to, " are dropped by a rule of this host"])
        .summary(text!["the rule that logs `", one.prefix.clone(), "` drops them"])
        .arg("port", Value::Number(one.to.port.into()))
        .supports(
            if is_service { Weight::Strong } else { Weight::Weak },
            one.fact(
                "syn-logged",
                text![phrase::count(same, "SYN", "SYNs"), " to ", one.to, ", as of ", one.from.ip],
            )
            .recheck("nft list ruleset; iptables-save -c"),
        );
    if is_service {
        case.supports(
            Weight::Weak,
            Fact::new(Origin::Sockets, "somebody-listens", text!["a socket listens on ", one.to]),
        );
    }
}

/// ACKs of a request that a rule logged as dropped.
pub(super) fn firewall_drops_ack(view: &View<'_>, cases: &mut Cases) {
    let found = logged(view)
        .filter(|one| one.is(ACK) && one.is_in && !one.is_out && one.says_drop())
        .find_map(|one| {
            let stuck = view.stuck(|request| {
                request.local() == one.to && request.track.flow.peer.ip == one.from.ip
            });
            (!stuck.is_empty()).then_some((one, stuck))
        });
    let Some((one, stuck)) = found else { return };
    let all = view.stuck(|request| request.local() == one.to);
    cases
        .about(Subject::Host)
        .headline(text![phrase::stuck(view, &all), ": the ACK arrives and a rule drops it"])
        .summary(text!["the rule that logs `", one.prefix.clone(), "` drops ACKs to ", one.to])
        .affects(all)
        .supports(
            Weight::Strong,
            one.fact(
                "ack-logged",
                text!["an ACK of ", one.from.ip, ", which has ", stuck.len(), " open here"],
            )
            .recheck("nft list ruleset; iptables-save -c"),
        );
}

/// SYN-ACKs that a rule logged on their way out.
pub(super) fn synack_dropped_here(view: &View<'_>, cases: &mut Cases) {
    let mut leaving =
        logged(view).filter(|one| one.is(SYN | ACK) && one.is_out && !one.is_in && one.says_drop());
    let Some(one) = leaving.next() else { return };
    let all = view.stuck(|request| request.local() == one.from);
    cases
        .about(Subject::Host)
        .headline(text!["SYN-ACKs of ", one.from, " are dropped inside this host"])
        .summary(text!["the rule that logs `", one.prefix.clone(), "` drops them on the way out"])
        .arg("stage", Value::Word("output-rule"))
        .affects(all)
        .supports(
            Weight::Strong,
            one.fact("synack-logged", text!["a SYN-ACK of ", one.from, " to ", one.to])
                .recheck("nft list ruleset; iptables-save -c"),
        );
}

/// Segments whose signature TCP did not accept.
pub(super) fn md5_mismatch(view: &View<'_>, cases: &mut Cases) {
    let complaint = |one: &Logged<'_>| one.prefix.0.to_ascii_lowercase().contains("md5");
    let Some(one) = view
        .messages()
        .filter_map(|message| match &message.event {
            Event::Logged { prefix, source: Some(from), destination: Some(to), flags, .. } => {
                Some(Logged {
                    line: message.line,
                    prefix,
                    from: *from,
                    to: *to,
                    flags: flags.unwrap_or_default(),
                    is_in: true,
                    is_out: false,
                })
            }
            _ => None,
        })
        .find(complaint)
    else {
        return;
    };
    let all = view.stuck(|request| request.peer() == one.from.ip);
    // A port of a connection that this host opened is no service.
    let opened = view.sockets().is_some_and(|sockets| {
        sockets
            .others
            .iter()
            .any(|socket| socket.state == TcpState::SynSent && socket.flow.peer.ip == one.from.ip)
    });
    let case = cases.about(Subject::Host);
    case.headline(text!["segments of ", one.from.ip, " are dropped for their signature"])
        .summary(text!["TCP-MD5 of ", one.from.ip, " and of ", one.to, " do not fit"])
        .arg("peer", Value::Ip(one.from.ip))
        .affects(all)
        // Strong: it is TCP itself that says so; when it was, the line need not tell.
        .supports(
            Weight::Strong,
            one.fact("signature-refused", text!["a segment of ", one.from, " to ", one.to])
                .recheck("nstat -az 'TcpExtTCPMD5*'"),
        );
    if opened {
        case.supports(
            Weight::Weak,
            Fact::new(
                Origin::Sockets,
                "own-connect-waits",
                text!["the connection that this host opens to ", one.from.ip, " waits, too"],
            ),
        );
    }
}
