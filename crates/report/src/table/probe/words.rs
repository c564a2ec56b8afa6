//! What an answer means, in a sentence.

use std::net::IpAddr;

use synrecv_model::view::probe::{Answerer, ProbeView, ProbeWord};
use synrecv_model::{ProbePurpose, ProbeSender, Probed, Severity};

use super::whose::Faces;
use crate::table::counted;

/// How much the answers for an address matter.
pub(super) fn severity(view: &ProbeView<'_>, faces: &Faces<'_>) -> Option<Severity> {
    let is_unused = view.probed.purpose == ProbePurpose::Unused;
    let is_gateway = |answerer: &Answerer| faces.whose(view.probed, answerer.mac).is_gateway();
    match view.word {
        ProbeWord::OneOwner => is_unused.then_some(Severity::Info),
        ProbeWord::Nobody => (!is_unused).then_some(Severity::Warning),
        ProbeWord::Proxy if view.is_by_design() => None,
        ProbeWord::Proxy if view.proxies().all(is_gateway) => Some(Severity::Info),
        ProbeWord::DuplicateAddress | ProbeWord::Proxy => Some(Severity::Warning),
    }
}

/// The verdict in few words.
pub(super) fn verdict(view: &ProbeView<'_>) -> String {
    let is_unused = view.probed.purpose == ProbePurpose::Unused;
    let words = match view.word {
        ProbeWord::OneOwner if view.is_own => "this host's own, nobody else answers",
        ProbeWord::OneOwner if is_unused => "one owner, so in use",
        ProbeWord::OneOwner => "one owner",
        ProbeWord::DuplicateAddress if view.is_own => "duplicate address, of this host",
        ProbeWord::DuplicateAddress => "duplicate address",
        ProbeWord::Proxy if view.is_by_design() => "proxy, by design",
        ProbeWord::Proxy => "proxy",
        ProbeWord::Nobody => "nobody",
    };
    words.to_owned()
}

/// Addresses of the same meaning that are named one by one.
const NAMED_MAX: usize = 4;

/// What the answers mean, for addresses that were named and whose verdict does not say it all; those of
/// the same meaning together.
pub(super) fn meanings(views: &[ProbeView<'_>], faces: &Faces<'_>) -> Vec<String> {
    let mut all: Vec<(String, Vec<IpAddr>)> = Vec::new();
    for view in views {
        let Some(words) = meaning(view, faces) else { continue };
        let target = view.probed.target;
        match all.iter_mut().find(|(known, _)| *known == words) {
            Some((_, targets)) => targets.push(target),
            None => all.push((words, vec![target])),
        }
    }
    let sentence = |(words, targets): (String, Vec<IpAddr>)| {
        let shown: Vec<String> = targets.iter().take(NAMED_MAX).map(IpAddr::to_string).collect();
        let more = match targets.len().saturating_sub(NAMED_MAX) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        format!("{}{more}: {words}.", shown.join(", "))
    };
    all.into_iter().map(sentence).collect()
}

fn meaning(view: &ProbeView<'_>, faces: &Faces<'_>) -> Option<String> {
    if view.probed.purpose == ProbePurpose::Unused {
        return None;
    }
    let target = view.probed.target;
    let words = match view.word {
        ProbeWord::OneOwner => return None,
        ProbeWord::Nobody => nobody(view, faces),
        ProbeWord::DuplicateAddress if view.is_own => format!(
            "this host has it, and {} {} that it is theirs",
            named(view, faces, |_| true),
            if view.answerers.len() == 1 { "says" } else { "say" }
        ),
        ProbeWord::DuplicateAddress => format!(
            "{} say that it is theirs; packets go to whichever the kernel heard {}",
            named(view, faces, |_| true),
            // An owner's answer replaces the entry in ND, and in ARP within a second it does not.
            if target.is_ipv4() { "first, or asked again" } else { "last" }
        ),
        ProbeWord::Proxy => proxy(view, faces),
    };
    Some(words)
}

/// Silence may be the network's: answers to a made-up MAC do not come everywhere. That some did on the
/// same wire, or that the kernel got none either, tells.
fn nobody(view: &ProbeView<'_>, faces: &Faces<'_>) -> String {
    let probed = view.probed;
    let count = usize::from(probed.question_count);
    let silence = format!("no answer to {}", counted(count, "question", "questions"));
    let same_wire = |other: &Probed| {
        other.ifindex == probed.ifindex && other.target.is_ipv4() == probed.target.is_ipv4()
    };
    let is_heard =
        faces.views.iter().any(|other| same_wire(other.probed) && !other.probed.answers.is_empty());
    let is_unresolved = faces.neighbours.iter().any(|entry| {
        (entry.ifindex, entry.address) == (probed.ifindex, probed.target)
            && entry.state.is_unresolved()
    });
    let is_device = matches!(probed.sender, ProbeSender::Device(_));
    if is_heard || is_unresolved || is_device {
        format!("{silence}: no packet to it can leave this way")
    } else {
        format!(
            "{silence}: nobody has it, or the network lets no answer to a made-up MAC pass, which \
             --own-mac would tell"
        )
    }
}

fn proxy(view: &ProbeView<'_>, faces: &Faces<'_>) -> String {
    let proxies = named(view, faces, |answerer| answerer.is_proxy);
    let answer = if view.proxies().count() == 1 { "answers" } else { "answer" };
    let shown_by = shown_by(view, faces);
    let mut parts = vec![format!("{proxies} {answer} for addresses of others{shown_by}")];
    if view.is_by_design() {
        parts.push("this is how the network is built".to_owned());
        return parts.join("; ");
    }
    if let (Some(lead), Some(first)) = (view.lead_us, view.answerers.first()) {
        parts.push(format!(
            "{} was first {} of {} times, by {}, and the kernel takes the first",
            first.mac,
            first.first_count,
            view.probed.question_count,
            delays(lead)
        ));
    }
    let owners: Vec<String> = view.owners().map(|owner| owner.mac.to_string()).collect();
    parts.push(if owners.is_empty() {
        "nobody says that it is his own".to_owned()
    } else {
        format!("its owner answers too: {}", owners.join(", "))
    });
    parts.join("; ")
}

/// What shows that they are proxies.
fn shown_by(view: &ProbeView<'_>, faces: &Faces<'_>) -> String {
    let answered = |other: &&ProbeView<'_>| {
        other.probed.purpose == ProbePurpose::Unused
            && other.probed.ifindex == view.probed.ifindex
            && view.proxies().any(|it| other.answerers.iter().any(|one| one.mac == it.mac))
    };
    let unused: Vec<String> =
        faces.views.iter().filter(answered).map(|view| view.probed.target.to_string()).collect();
    if !unused.is_empty() {
        return format!(", also for {}", unused.join(", "));
    }
    if view.proxies().all(|proxy| proxy.overrides == Some(false)) {
        return " (an owner would set the override flag)".to_owned();
    }
    String::new()
}

/// The MACs of some of those who answered, each with what is known about it.
fn named(view: &ProbeView<'_>, faces: &Faces<'_>, wanted: impl Fn(&Answerer) -> bool) -> String {
    let names: Vec<String> = view
        .answerers
        .iter()
        .filter(|answerer| wanted(answerer))
        .map(|answerer| {
            let whose = faces.whose(view.probed, answerer.mac).words();
            if whose.is_empty() {
                answerer.mac.to_string()
            } else {
                format!("{} ({whose})", answerer.mac)
            }
        })
        .collect();
    match names.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        _ => names.concat(),
    }
}

/// Microseconds as milliseconds, or as a range of them.
pub(super) fn delays((least, most): (u32, u32)) -> String {
    let shown = |us: u32| match us {
        0..100 => "<0.1".to_owned(),
        100..10_000 => format!("{}.{}", us / 1_000, us % 1_000 / 100),
        _ => (us / 1_000).to_string(),
    };
    let (least, most) = (shown(least), shown(most));
    if least == most { format!("{least} ms") } else { format!("{least}-{most} ms") }
}

/// What silence may mean where somebody answers the kernel.
pub(super) fn unheard(addresses: &[IpAddr]) -> Option<String> {
    let shown: Vec<String> = addresses.iter().map(ToString::to_string).collect();
    (!shown.is_empty()).then(|| {
        format!(
            "No answer came to the made-up MAC, though {} answered this host's own questions just now: \
             the network seems to let no frames to such a MAC pass (port security, a hypervisor, a \
             macvlan device). --own-mac asks with the MAC of the device.",
            shown.join(", ")
        )
    })
}
