//! The page of scenarios: what can be built on this machine, and the right answer to it.

use std::fmt::Write as _;
use std::path::PathBuf;

use synrecv_faults::scenario::{self, Scenario};

use super::{Pages, escaped};

const INTRODUCTION: &str = "\
# Scenarios

Each is built in network namespaces by `synrecv-lab up SCENARIO` or `synrecv-lab run SCENARIO` (as root), and the lab
tests ask that the doctor finds what the table says, as root and without rights.

| scenario | what is the matter | expected finding | class | confidence |
|---|---|---|---|---|
";

pub(super) fn add(pages: &mut Pages) {
    let mut out = INTRODUCTION.to_owned();
    for scenario in scenario::all() {
        out.push_str(&row(scenario));
    }
    for scenario in scenario::all() {
        let story = escaped(scenario.story);
        let picture = scenario.picture.trim_matches('\n');
        // Writing to a String does not fail.
        let _ = write!(out, "\n## {}\n\n{story}\n\n```text\n{picture}\n```\n", scenario.id);
    }
    pages.insert(PathBuf::from("scenarios.md"), out);
}

fn row(scenario: &Scenario) -> String {
    let expect = &scenario.expect;
    let finding = match expect.finding {
        Some(id) => {
            let all = std::iter::once(&id).chain(expect.also_accept);
            all.map(|id| format!("`{id}`")).collect::<Vec<_>>().join(" or ")
        }
        None => "none above info".to_owned(),
    };
    format!(
        "| [{id}](#{id}) | {} | {finding} | {} | {} |\n",
        escaped(scenario.title),
        expect.class.unwrap_or("-"),
        if expect.is_fault() { expect.confidence.join(" or ") } else { "-".to_owned() },
        id = scenario.id,
    )
}
