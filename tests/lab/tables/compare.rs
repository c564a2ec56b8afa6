//! Two views of one table, compared row by row and field by field.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::Value;

/// A row: the fields that both views have, by name.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Row(BTreeMap<&'static str, String>);

impl Row {
    /// Adds a field; an empty value is as good as none.
    pub(super) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        let value = value.into();
        if !value.is_empty() {
            self.0.insert(name, value);
        }
        self
    }

    /// A field that is a number.
    pub(super) fn number(&self, name: &str) -> Option<u64> {
        self.0.get(name)?.parse().ok()
    }

    /// Adds a field of a JSON row when it is there.
    pub(super) fn field(self, name: &'static str, row: &Value, from: &str) -> Self {
        self.with(name, shown(&row[from]))
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, value) in &self.0 {
            write!(f, "{name}={value} ")?;
        }
        Ok(())
    }
}

/// A JSON value in short; `null` and absent are nothing.
pub(super) fn shown(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// Fails with every row that only one of the views has.
pub(super) fn assert_equal(what: &str, mut ours: Vec<Row>, mut theirs: Vec<Row>, origin: &str) {
    let count = (ours.len(), theirs.len());
    ours.sort();
    theirs.sort();
    let mut left = theirs;
    let mut only_ours = Vec::new();
    for row in ours {
        match left.binary_search(&row) {
            Ok(at) => drop(left.remove(at)),
            Err(_) => only_ours.push(row),
        }
    }
    let lines = |rows: &[Row], mark: char| {
        rows.iter().map(|row| format!("{mark} {row}")).collect::<Vec<_>>().join("\n")
    };
    assert!(
        only_ours.is_empty() && left.is_empty(),
        "{what}, {} rows of the doctor and {} of the other view; only the doctor's are +, only \
         the other's -\n{}\n{}\n{origin}",
        count.0,
        count.1,
        lines(&only_ours, '+'),
        lines(&left, '-'),
    );
}
