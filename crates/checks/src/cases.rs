//! What a check says: cases with evidence on both sides.

use synrecv_model::{
    Action, Class, Command, Confidence, Evidence, Origin, Severity, Stance, Subject, Text, Value,
    Weight,
};

/// The cases that one check opened.
#[derive(Debug, Default)]
pub struct Cases(pub(crate) Vec<Case>);

impl Cases {
    /// Opens a case about `subject`.
    pub fn about(&mut self, subject: Subject) -> &mut Case {
        self.0.push(Case::new(subject));
        self.0.last_mut().expect("one was just pushed")
    }
}

/// One hypothesis about one subject.
#[derive(Debug)]
pub struct Case {
    pub(crate) subject: Subject,
    pub(crate) severity: Severity,
    pub(crate) class: Option<Class>,
    pub(crate) headline: Text,
    pub(crate) summary: Text,
    pub(crate) args: Vec<(&'static str, Value)>,
    pub(crate) evidence: Vec<Evidence>,
    pub(crate) affected: Vec<usize>,
    pub(crate) actions: Vec<Action>,
}

impl Case {
    fn new(subject: Subject) -> Self {
        Self {
            subject,
            severity: Severity::Problem,
            class: None,
            headline: Text::new(),
            summary: Text::new(),
            args: Vec::new(),
            evidence: Vec::new(),
            affected: Vec::new(),
            actions: Vec::new(),
        }
    }

    /// What it costs; `Problem` unless said otherwise.
    pub fn severity(&mut self, severity: Severity) -> &mut Self {
        self.severity = severity;
        self
    }

    /// Class, where it differs from the catalogue's.
    pub fn class(&mut self, class: Class) -> &mut Self {
        self.class = Some(class);
        self
    }

    /// The effect, seen from the connections; a sentence without full stop.
    pub fn headline(&mut self, text: Text) -> &mut Self {
        self.headline = text;
        self
    }

    /// The cause; a sentence without full stop.
    pub fn summary(&mut self, text: Text) -> &mut Self {
        self.summary = text;
        self
    }

    /// A named argument.
    pub fn arg(&mut self, name: &'static str, value: Value) -> &mut Self {
        self.args.push((name, value));
        self
    }

    /// Connections that the hypothesis accounts for, as indexes into the view's requests.
    pub fn affects(&mut self, requests: impl IntoIterator<Item = usize>) -> &mut Self {
        self.affected.extend(requests);
        self
    }

    /// A step of what to do.
    pub fn action(&mut self, action: Action) -> &mut Self {
        self.actions.push(action);
        self
    }

    /// Connections that the hypothesis accounts for.
    pub(crate) fn affected(&self) -> &[usize] {
        &self.affected
    }

    /// Evidence for.
    pub fn supports(&mut self, weight: Weight, fact: Fact) -> &mut Self {
        self.evidence.push(fact.weighed(Stance::For, weight));
        self
    }

    /// Evidence against.
    pub fn refutes(&mut self, weight: Weight, fact: Fact) -> &mut Self {
        self.evidence.push(fact.weighed(Stance::Against, weight));
        self
    }

    pub(crate) fn weight(&self) -> Weighed {
        weigh(&self.evidence)
    }
}

/// A fact before a check says which side it is on.
#[derive(Debug)]
pub struct Fact {
    origin: Origin,
    name: &'static str,
    values: Vec<(&'static str, Value)>,
    text: Text,
    recheck: Vec<Command>,
}

impl Fact {
    /// A fact with its stable name and its sentence.
    pub fn new(origin: Origin, name: &'static str, text: Text) -> Self {
        Self { origin, name, values: Vec::new(), text, recheck: Vec::new() }
    }

    /// A typed value; the unit is in the name.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: Value) -> Self {
        self.values.push((name, value));
        self
    }

    /// A command that shows the same without this program.
    #[must_use]
    pub fn recheck(mut self, command: impl Into<String>) -> Self {
        self.recheck.push(Command(command.into()));
        self
    }

    fn weighed(self, stance: Stance, weight: Weight) -> Evidence {
        let Self { origin, name, values, text, recheck } = self;
        Evidence { origin, name, values, text, stance, weight, recheck }
    }
}

/// What the evidence of a case amounts to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Weighed {
    /// Nothing supports it.
    Unsupported,
    /// Something nothing else can be speaks against it.
    RuledOut,
    /// A finding.
    Holds(Confidence),
}

/// The heaviest piece on each side decides; weak pieces do not add up.
pub(crate) fn weigh(evidence: &[Evidence]) -> Weighed {
    let heaviest = |stance| {
        evidence.iter().filter(|piece| piece.stance == stance).map(|piece| piece.weight).max()
    };
    match (heaviest(Stance::For), heaviest(Stance::Against)) {
        (Some(Weight::Decisive), Some(Weight::Decisive)) => Weighed::Holds(Confidence::Possible),
        (_, Some(Weight::Decisive)) => Weighed::RuledOut,
        (None, _) => Weighed::Unsupported,
        (Some(Weight::Decisive), _) => Weighed::Holds(Confidence::Confirmed),
        (Some(Weight::Strong), None | Some(Weight::Weak)) => Weighed::Holds(Confidence::Likely),
        (Some(_), _) => Weighed::Holds(Confidence::Possible),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use synrecv_model::text;

    fn verdict(pieces: &[(Stance, Weight)]) -> Weighed {
        let evidence: Vec<Evidence> = pieces
            .iter()
            .map(|&(stance, weight)| {
                Fact::new(Origin::Sockets, "x", text!["x"]).weighed(stance, weight)
            })
            .collect();
        weigh(&evidence)
    }

    #[test]
    fn the_heaviest_piece_on_each_side_decides() {
        use Stance::{Against, For};
        use Weight::{Decisive, Strong, Weak};
        assert_eq!(verdict(&[]), Weighed::Unsupported);
        assert_eq!(verdict(&[(For, Weak); 9]), Weighed::Holds(Confidence::Possible));
        assert_eq!(verdict(&[(For, Strong)]), Weighed::Holds(Confidence::Likely));
        assert_eq!(
            verdict(&[(For, Strong), (Against, Strong)]),
            Weighed::Holds(Confidence::Possible)
        );
        assert_eq!(verdict(&[(For, Strong), (Against, Decisive)]), Weighed::RuledOut);
        assert_eq!(verdict(&[(For, Decisive)]), Weighed::Holds(Confidence::Confirmed));
        assert_eq!(
            verdict(&[(For, Decisive), (Against, Decisive)]),
            Weighed::Holds(Confidence::Possible)
        );
        assert_eq!(verdict(&[(Against, Strong)]), Weighed::Unsupported);
    }
}
