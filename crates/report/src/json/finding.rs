use std::collections::BTreeMap;

use serde::Serialize;
use synrecv_model::{Action, Class, Evidence, Finding, Value, order};

use crate::escape::plain;

/// A finding.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct FindingJson {
    /// Id; never changes its meaning.
    pub id: &'static str,
    /// Class; `null` for latent findings.
    pub class: Option<&'static str>,
    /// `problem`, `warning` or `info`.
    pub severity: &'static str,
    /// `confirmed`, `likely` or `possible`.
    pub confidence: &'static str,
    /// One sentence; can change at any time.
    pub summary: String,
    /// Arguments by name.
    pub args: BTreeMap<&'static str, ValueJson>,
    /// What supports it, heaviest first.
    pub evidence: Vec<EvidenceJson>,
    /// What speaks against it, heaviest first.
    pub against: Vec<EvidenceJson>,
    /// What would disprove it.
    pub disproved_by: Vec<&'static str>,
    /// Findings that this one explains.
    pub explains: Vec<FindingJson>,
    /// Connections it accounts for.
    pub affected_count: usize,
    /// What to do, in this order.
    pub actions: Vec<ActionJson>,
    /// Where its manual is.
    pub docs: String,
}

/// A typed value.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(untagged)]
pub enum ValueJson {
    /// Looked for and unknown.
    Null(()),
    /// A number; its unit is in the name.
    Number(u64),
    /// Yes or no.
    Flag(bool),
    /// An address, a name, or a word.
    String(String),
    /// Several values.
    List(Vec<ValueJson>),
}

impl From<&Value> for ValueJson {
    fn from(value: &Value) -> Self {
        match value {
            Value::Number(number) => Self::Number(*number),
            Value::Flag(flag) => Self::Flag(*flag),
            Value::Ip(ip) => Self::String(ip.to_string()),
            Value::Net(net) => Self::String(net.to_string()),
            Value::Mac(mac) => Self::String(mac.to_string()),
            Value::Endpoint(end) => Self::String(end.to_string()),
            Value::Word(word) => Self::String((*word).to_owned()),
            Value::Foreign(foreign) => Self::String(foreign.0.clone()),
            Value::List(values) => Self::List(values.iter().map(Self::from).collect()),
            Value::Unknown => Self::Null(()),
        }
    }
}

/// One piece of evidence.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct EvidenceJson {
    /// Where it was read.
    pub from: &'static str,
    /// Name of the fact.
    pub fact: &'static str,
    /// `weak`, `strong` or `decisive`.
    pub weight: &'static str,
    /// Its values.
    pub values: BTreeMap<&'static str, ValueJson>,
    /// The sentence; can change at any time.
    pub text: String,
    /// Commands that show the same.
    pub recheck: Vec<String>,
}

impl EvidenceJson {
    fn new(piece: &Evidence) -> Self {
        Self {
            from: piece.origin.name(),
            fact: piece.name,
            weight: match piece.weight {
                synrecv_model::Weight::Weak => "weak",
                synrecv_model::Weight::Strong => "strong",
                synrecv_model::Weight::Decisive => "decisive",
            },
            values: values(&piece.values),
            text: plain(&piece.text),
            recheck: piece.recheck.iter().map(|command| command.0.clone()).collect(),
        }
    }
}

/// One step of what to do.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ActionJson {
    /// Name of the step.
    pub id: &'static str,
    /// `safe`, `disruptive` or `investigate`.
    pub label: &'static str,
    /// The step as a sentence.
    pub text: String,
    /// Commands in order.
    pub commands: Vec<String>,
    /// How to see that it worked.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub verify: String,
}

impl ActionJson {
    fn new(action: &Action) -> Self {
        Self {
            id: action.id,
            label: action.label.name(),
            text: plain(&action.text),
            commands: action.commands.iter().map(|command| command.0.clone()).collect(),
            verify: plain(&action.verify),
        }
    }
}

impl FindingJson {
    pub(super) fn new(finding: &Finding) -> Self {
        Self {
            id: finding.id,
            class: Class::name(finding.class),
            severity: finding.severity.name(),
            confidence: finding.confidence.name(),
            summary: plain(&finding.summary),
            args: values(&finding.args),
            evidence: finding.evidence.iter().map(EvidenceJson::new).collect(),
            against: finding.against.iter().map(EvidenceJson::new).collect(),
            disproved_by: finding.disproved_by.clone(),
            explains: finding.explains.iter().map(Self::new).collect(),
            affected_count: finding.affected.len(),
            actions: finding.actions.iter().map(ActionJson::new).collect(),
            docs: format!("docs/findings/{}.md", finding.id),
        }
    }
}

fn values(pairs: &[(&'static str, Value)]) -> BTreeMap<&'static str, ValueJson> {
    order::map(pairs.iter().map(|(name, value)| (*name, ValueJson::from(value))))
}
