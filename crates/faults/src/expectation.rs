//! What a scenario should make the doctor say, and a comparison with what it said.

use serde_json::Value;

/// The right answer to a scenario.
#[derive(Debug, Clone, Copy)]
pub struct Expectation {
    /// Id of the finding that leads the verdict; `None` for a healthy host.
    pub finding: Option<&'static str>,
    /// Class of the verdict; `None` for a healthy host.
    pub class: Option<&'static str>,
    /// Confidences that are right; empty for a healthy host.
    pub confidence: &'static [&'static str],
    /// Other leading findings that are not wrong.
    pub also_accept: &'static [&'static str],
    /// Id and class of other faults that are there at once: findings of severity `problem`, each
    /// with connections of its own. Any of them may lead.
    pub also: &'static [(&'static str, &'static str)],
    /// Other findings that are there at once and only of severity `warning`, each with connections
    /// that no other fault claims. They do not lead.
    pub warnings: &'static [&'static str],
    /// The leading finding is of severity `warning`: exit status 0 with `--fail-on problem`.
    pub only_warns: bool,
    /// The fault may leave no connection in `SYN_RECV`.
    pub may_lack_rows: bool,
    /// Only `sock_diag` shows it (drops of a listener): without, an honest gap is all there can be.
    pub needs_sock_diag: bool,
    /// Only root sees it (rules, frames): without rights, an honest gap is all there can be.
    pub needs_rights: bool,
}

impl Expectation {
    /// Exit status 0, and no finding above `info`.
    pub const HEALTHY: Self = Self {
        finding: None,
        class: None,
        confidence: &[],
        also_accept: &[],
        also: &[],
        warnings: &[],
        only_warns: false,
        may_lack_rows: false,
        needs_sock_diag: false,
        needs_rights: false,
    };

    /// A fault of one cause, which explains every stuck connection.
    pub const fn fault(
        finding: &'static str,
        class: &'static str,
        confidence: &'static [&'static str],
    ) -> Self {
        Self { finding: Some(finding), class: Some(class), confidence, ..Self::HEALTHY }
    }

    /// A finding of severity `warning`, which explains every stuck connection.
    pub const fn warning(
        finding: &'static str,
        class: &'static str,
        confidence: &'static [&'static str],
    ) -> Self {
        Self { only_warns: true, ..Self::fault(finding, class, confidence) }
    }

    /// The same with other leading findings that are not wrong.
    #[must_use]
    pub const fn or(self, also_accept: &'static [&'static str]) -> Self {
        Self { also_accept, ..self }
    }

    /// The same with other faults that are there at once, each with its own connections.
    #[must_use]
    pub const fn and(self, also: &'static [(&'static str, &'static str)]) -> Self {
        Self { also, ..self }
    }

    /// The same with findings of severity `warning` beside it, each with its own connections.
    #[must_use]
    pub const fn and_warnings(self, warnings: &'static [&'static str]) -> Self {
        Self { warnings, ..self }
    }

    /// The same of a fault that leaves no stuck connection, or none for long.
    #[must_use]
    pub const fn without_rows(self) -> Self {
        Self { may_lack_rows: true, ..self }
    }

    /// The same of a fault that only `sock_diag` shows.
    #[must_use]
    pub const fn by_sock_diag(self) -> Self {
        Self { needs_sock_diag: true, ..self }
    }

    /// The same of a fault that only root sees.
    #[must_use]
    pub const fn by_rights(self) -> Self {
        Self { needs_rights: true, ..self }
    }

    /// In what an answer is dishonest where the fault cannot be seen: it may be another finding, but
    /// none that is sure, and of another class none that is likely.
    pub fn overclaims(&self, found: &Outcome) -> Vec<String> {
        let sure = found.confidence.as_deref().is_some_and(|level| level == "confirmed");
        let other = found.finding.as_deref() != self.finding
            && !self.also.iter().any(|(id, _)| found.finding.as_deref() == Some(*id));
        let likely = found.confidence.as_deref() == Some("likely");
        let elsewhere = found.class.as_deref() != self.class;
        if (sure && other) || (other && likely && elsewhere) {
            let level = found.confidence.clone().unwrap_or_default();
            return vec![format!("confidence: expected possible, found {level}")];
        }
        Vec::new()
    }

    /// The same found on less evidence: surely not `confirmed`.
    #[must_use]
    pub const fn less_sure(self) -> Self {
        Self { confidence: &["likely", "possible"], ..self }
    }

    /// Whether the doctor should complain at all.
    pub fn is_fault(&self) -> bool {
        self.finding.is_some()
    }

    /// The right exit status with `--fail-on problem`, the default.
    pub fn exit(&self) -> i32 {
        i32::from(self.is_fault() && !self.only_warns)
    }

    /// In what the outcome differs; empty when it is right.
    pub fn differences(&self, found: &Outcome) -> Vec<String> {
        let mut differences = Vec::new();
        let mut differ = |what: &str, expected: &str, found: &str| {
            differences.push(format!("{what}: expected {expected}, found {found}"));
        };
        let shown = |value: &Option<String>| value.clone().unwrap_or_else(|| "none".to_owned());
        let exit = |code: Option<i32>| code.map_or("a signal".to_owned(), |code| code.to_string());
        if found.exit != Some(self.exit()) {
            differ("exit status", &self.exit().to_string(), &exit(found.exit));
        }
        let Some(finding) = self.finding else {
            for (id, severity) in found.findings.iter().filter(|(_, level)| level != "info") {
                differ("finding", "nothing above info", &format!("{id} ({severity})"));
            }
            return differences;
        };
        let leading = found.finding.as_deref().unwrap_or_default();
        let second = self.also.iter().find(|(id, _)| *id == leading);
        if leading != finding && !self.also_accept.contains(&leading) && second.is_none() {
            differ("leading finding", finding, &shown(&found.finding));
        }
        let class = second.map(|(_, class)| *class).or(self.class);
        // Another finding that is not wrong has its own class.
        if found.class.as_deref() != class && !self.also_accept.contains(&leading) {
            differ("class", class.unwrap_or("none"), &shown(&found.class));
        }
        if !found.confidence.as_deref().is_some_and(|level| self.confidence.contains(&level)) {
            differ("confidence", &self.confidence.join(" or "), &shown(&found.confidence));
        }
        if found.stuck_count == 0 && !self.may_lack_rows {
            differ("stuck connections", "some", "0");
        }
        if found.attributed_count < found.stuck_count {
            let attributed = format!("{} of {}", found.attributed_count, found.stuck_count);
            differ("attributed connections", "all", &attributed);
        }
        let leading = (finding, if self.only_warns { "warning" } else { "problem" });
        let problems = self.also.iter().map(|(id, _)| (*id, "problem"));
        let warnings = self.warnings.iter().map(|id| (*id, "warning"));
        let all: Vec<(&str, &str)> = problems.chain(warnings).chain([leading]).collect();
        for (id, level) in all.iter().filter(|_| all.len() > 1 || self.only_warns) {
            if !found.findings.iter().any(|(found, its)| found == id && its == level) {
                differ("findings", &format!("{id} ({level})"), "it is not among them");
            }
            if all.len() == 1 {
                break;
            }
            // A fault may explain another one: the first that a connection names is its own.
            let own =
                found.claims.iter().filter(|claim| claim.first().is_some_and(|own| own == id));
            if own.count() == 0 {
                differ(&format!("connections of {id}"), "some of its own", "none");
            }
        }
        differences
    }
}

/// What the doctor said: its exit status and the leading values of its JSON report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// Exit status; `None` when a signal ended it.
    pub exit: Option<i32>,
    /// `verdict.status`.
    pub status: Option<String>,
    /// `verdict.finding`.
    pub finding: Option<String>,
    /// `verdict.class`.
    pub class: Option<String>,
    /// `verdict.confidence`.
    pub confidence: Option<String>,
    /// `verdict.stuck_count`.
    pub stuck_count: u64,
    /// Connections that are not too early to judge and belong to a finding.
    pub attributed_count: u64,
    /// Id and severity of every finding.
    pub findings: Vec<(String, String)>,
    /// For each connection that is not too early to judge, the finding that it belongs to, then those
    /// that this one explains.
    pub claims: Vec<Vec<String>>,
}

impl Outcome {
    /// Reads a report of the schema `synrecv-doctor/report/1`. `None` when the text is none.
    pub fn from_report(report: &[u8], exit: Option<i32>) -> Option<Self> {
        let report: Value = serde_json::from_slice(report).ok()?;
        if report["schema"] != "synrecv-doctor/report/1" {
            return None;
        }
        let word = |value: &Value| value.as_str().map(str::to_owned);
        let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
        let verdict = &report["verdict"];
        let claims: Vec<Vec<String>> = list(&report["connections"])
            .iter()
            .filter(|row| row["reading"] != "too-early")
            .map(|row| list(&row["findings"]).iter().filter_map(word).collect())
            .collect();
        let attributed = claims.iter().filter(|claim| !claim.is_empty()).count();
        Some(Self {
            exit,
            status: word(&verdict["status"]),
            finding: word(&verdict["finding"]),
            class: word(&verdict["class"]),
            confidence: word(&verdict["confidence"]),
            stuck_count: verdict["stuck_count"].as_u64().unwrap_or(0),
            attributed_count: u64::try_from(attributed).unwrap_or(u64::MAX),
            findings: list(&report["findings"])
                .iter()
                .filter_map(|finding| Some((word(&finding["id"])?, word(&finding["severity"])?)))
                .collect(),
            claims,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FAULT: Expectation = Expectation::fault("bad-netmask", "path", &["likely"]);

    fn report(finding: &str, stuck: u64) -> Outcome {
        let text = format!(
            r#"{{"schema": "synrecv-doctor/report/1",
                "verdict": {{"status": "problem", "class": "path", "finding": "{finding}",
                             "confidence": "likely", "stuck_count": {stuck}}},
                "findings": [{{"id": "{finding}", "severity": "problem"}}],
                "connections": [{{"reading": "client-repeats-syn", "findings": ["{finding}"]}},
                                {{"reading": "too-early", "findings": ["{finding}"]}},
                                {{"reading": "no-repeat-seen", "findings": []}}]}}"#
        );
        Outcome::from_report(text.as_bytes(), Some(1)).unwrap()
    }

    #[test]
    fn the_right_answer_has_no_differences() {
        assert_eq!(FAULT.differences(&report("bad-netmask", 1)), Vec::<String>::new());
    }

    #[test]
    fn another_finding_and_rows_without_one_are_named() {
        let differences = FAULT.differences(&report("proxy-arp", 2));
        assert_eq!(
            differences,
            [
                "leading finding: expected bad-netmask, found proxy-arp",
                "attributed connections: expected all, found 1 of 2",
            ]
        );
    }

    #[test]
    fn faults_at_once_have_connections_of_their_own() {
        const TWO: Expectation = FAULT.and(&[("accept-queue-full", "local")]);
        let mut found = report("bad-netmask", 1);
        assert_eq!(
            TWO.differences(&found),
            [
                "findings: expected accept-queue-full (problem), found it is not among them",
                "connections of accept-queue-full: expected some of its own, found none",
            ]
        );
        found.findings.push(("accept-queue-full".to_owned(), "problem".to_owned()));
        found.claims.push(vec!["accept-queue-full".to_owned()]);
        assert_eq!(TWO.differences(&found), Vec::<String>::new());
        found.claims[2].insert(0, "bad-netmask".to_owned());
        assert_eq!(
            TWO.differences(&found),
            ["connections of accept-queue-full: expected some of its own, found none"]
        );
    }

    #[test]
    fn any_of_several_faults_may_lead_with_its_class() {
        const TWO: Expectation = FAULT.and(&[("accept-queue-full", "local")]);
        let mut found = report("bad-netmask", 1);
        found.findings.push(("accept-queue-full".to_owned(), "problem".to_owned()));
        found.claims.push(vec!["accept-queue-full".to_owned()]);
        found.finding = Some("accept-queue-full".to_owned());
        assert_eq!(TWO.differences(&found), ["class: expected local, found path"]);
        found.class = Some("local".to_owned());
        assert_eq!(TWO.differences(&found), Vec::<String>::new());
    }

    #[test]
    fn a_warning_fails_nothing() {
        const WARNING: Expectation = Expectation::warning("bad-netmask", "path", &["likely"]);
        let found = report("bad-netmask", 1);
        assert_eq!(
            WARNING.differences(&found),
            [
                "exit status: expected 0, found 1",
                "findings: expected bad-netmask (warning), found it is not among them",
            ]
        );
        let findings = vec![("bad-netmask".to_owned(), "warning".to_owned())];
        let found = Outcome { exit: Some(0), findings, ..found };
        assert_eq!(WARNING.differences(&found), Vec::<String>::new());
    }

    #[test]
    fn warnings_beside_a_fault_have_connections_of_their_own() {
        const TWO: Expectation = FAULT.and_warnings(&["defer-accept"]);
        let mut found = report("bad-netmask", 1);
        found.findings.push(("defer-accept".to_owned(), "warning".to_owned()));
        found.claims.push(vec!["defer-accept".to_owned()]);
        assert_eq!(TWO.differences(&found), Vec::<String>::new());
        found.findings[1].1 = "problem".to_owned();
        assert_eq!(
            TWO.differences(&found),
            ["findings: expected defer-accept (warning), found it is not among them"]
        );
    }

    #[test]
    fn some_faults_leave_no_connection() {
        assert_eq!(FAULT.differences(&report("bad-netmask", 0)).len(), 1);
        assert_eq!(FAULT.without_rows().differences(&report("bad-netmask", 0)).len(), 0);
    }

    #[test]
    fn a_healthy_host_has_no_problem() {
        let differences = Expectation::HEALTHY.differences(&report("proxy-arp", 0));
        assert_eq!(
            differences,
            [
                "exit status: expected 0, found 1",
                "finding: expected nothing above info, found proxy-arp (problem)",
            ]
        );
    }

    #[test]
    fn other_output_is_no_report() {
        assert_eq!(Outcome::from_report(b"State Recv-Q", Some(0)), None);
        assert_eq!(Outcome::from_report(b"{}", Some(0)), None);
    }
}
