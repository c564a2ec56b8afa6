//! What the network would tell if it were asked, where nobody wanted that.

use synrecv_model::{
    Command, Confidence, Diagnosis, Facts, NotChecked, Reason, SourceKind, Text, text,
};

use crate::plan;
use crate::view::View;

/// The first questions that `--probe` would ask; nothing where it would ask none, or where the cause
/// is sure without.
pub(crate) fn unasked(facts: &Facts, view: &View<'_>, diagnosis: &Diagnosis) -> Option<NotChecked> {
    let gap = facts.probed.gap().filter(|gap| gap.reason == Reason::NeedsProbe)?;
    if diagnosis.verdict.confidence == Some(Confidence::Confirmed) {
        return None;
    }
    let wanted = plan::probes_of(view, facts, diagnosis);
    let mut detail = Text::new();
    if let Some(question) = wanted.questions.first() {
        detail.push(text!["who answers for ", question.address, ", now"]);
    }
    if let Some(flow) = wanted.first_hops.first() {
        let joint = if detail.is_empty() { "" } else { "; " };
        detail.push(text![joint, "which machine takes replies to ", flow.peer.ip]);
    }
    if detail.is_empty() {
        return None;
    }
    detail.push(text![" (", &gap.detail, "): "]);
    // A file has no network to ask.
    detail.push(match facts.source {
        SourceKind::Live => text!["add --probe"],
        SourceKind::Bundle | SourceKind::Capture | SourceKind::Ticket => {
            text!["on the host run ", Command("synrecv-doctor --probe".to_owned())]
        }
    });
    Some(NotChecked { check: "probes", reason: gap.reason.clone(), detail })
}

#[cfg(test)]
mod tests {
    use crate::fixture::HostFixture;

    /// A server with a wide prefix.
    fn wide() -> HostFixture {
        HostFixture::new()
            .device(2, "ps0")
            .address(2, "192.168.4.10/22")
            .default_route(2, "192.168.4.1")
            .neighbour(2, "192.168.4.1", "02:00:00:00:00:01")
            .listener("192.168.4.10:80", 0, 128)
            .not_asked()
    }

    /// A client beyond the router, whose entry has the MAC of another machine.
    fn stuck(host: HostFixture, peer: &str) -> HostFixture {
        host.stuck_request("192.168.4.10:80", &format!("{peer}:4000"), (4, 1))
            .on_link(2, "192.168.4.0/22")
            .neighbour(2, peer, "02:00:00:00:00:02")
    }

    #[test]
    fn what_the_network_would_tell_is_said() {
        let host = stuck(stuck(wide(), "192.168.5.11"), "192.168.5.12");
        let missing = host.diagnose().missing("probes").unwrap();
        assert_eq!(
            missing,
            "who answers for 192.168.5.11, now; which machine takes replies to 192.168.5.11 \
             (not asked for): add --probe"
        );
    }

    #[test]
    fn nobody_is_first_where_nothing_leaves() {
        let host = wide()
            .stuck_request("192.168.4.10:80", "192.168.5.11:4000", (0, 2))
            .on_link(2, "192.168.4.0/22")
            .unresolved(2, "192.168.5.11");
        let missing = host.diagnose().missing("probes").unwrap();
        assert_eq!(missing, "who answers for 192.168.5.11, now (not asked for): add --probe");
    }

    #[test]
    fn in_a_file_the_host_is_named() {
        let host = stuck(wide(), "192.168.5.11").saved();
        let missing = host.diagnose().missing("probes").unwrap();
        assert!(missing.ends_with("on the host run synrecv-doctor --probe"), "{missing}");
    }

    #[test]
    fn nothing_is_missing_where_an_answer_would_change_nothing() {
        assert_eq!(wide().diagnose().missing("probes"), None, "nothing is stuck");
        let silent = wide()
            .stuck_request("192.168.4.10:80", "192.168.4.20:4000", (4, 4))
            .on_link(2, "192.168.4.0/22");
        assert_eq!(silent.diagnose().missing("probes"), None, "the client does not repeat");
        let asked = stuck(stuck(wide(), "192.168.5.11"), "192.168.5.12").asked(
            2,
            "192.168.5.11",
            &["02:00:00:00:00:02"],
        );
        assert_eq!(asked.diagnose().missing("probes"), None, "it was asked");
        let sure = stuck(stuck(wide(), "192.168.5.11"), "192.168.5.12")
            .traced("192.168.5.11", &["192.168.4.2"]);
        assert_eq!(sure.diagnose().missing("probes"), None, "the cause is sure");
    }
}
