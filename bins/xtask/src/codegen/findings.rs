//! One page a finding: what `explain` prints, as Markdown.

use std::fmt::Write as _;
use std::path::Path;

use synrecv_checks::CATALOG;
use synrecv_model::CheckInfo;

use super::{Pages, escaped};

/// Where the pages are, below docs/.
pub(super) const DIRECTORY: &str = "findings";

pub(super) fn add(pages: &mut Pages) {
    for check in CATALOG {
        let path = Path::new(DIRECTORY).join(format!("{}.md", check.info.id));
        pages.insert(path, page(&check.info));
    }
}

fn page(info: &CheckInfo) -> String {
    let manual = &info.manual;
    let mut out = String::new();
    let class = info.class.name().unwrap_or("latent");
    // Writing to a String does not fail.
    let _ = writeln!(out, "# {}\n\n{}.\n", info.id, sentence(info.summary));
    let _ = writeln!(out, "Class: {class}. Severity: {}.\n", escaped(info.severity));
    let _ = writeln!(out, "## What it means\n\n{}\n", escaped(manual.meaning));
    if !manual.picture.is_empty() {
        let _ = writeln!(out, "```text\n{}\n```\n", manual.picture.join("\n"));
    }
    let _ = writeln!(out, "## How it is recognised\n");
    for (sign, needs) in manual.recognised {
        let _ = writeln!(out, "- {} (needs: {})", escaped(sign), escaped(needs));
    }
    if !manual.looks_like.is_empty() {
        let _ = writeln!(out, "\n## Looks like it but is not\n");
        for (other, difference) in manual.looks_like {
            let _ = writeln!(out, "- {}: {}", linked(other), escaped(difference));
        }
    }
    let _ = writeln!(out, "\n## Would disprove it\n");
    for fact in info.disproved_by {
        let _ = writeln!(out, "- {}", escaped(fact));
    }
    let _ = writeln!(out, "\n## Check by hand\n");
    for (command, see) in manual.by_hand {
        let _ = writeln!(out, "- `{command}`: {}", escaped(see));
    }
    let _ = writeln!(out, "\n## What to do\n\n{}", escaped(manual.fix));
    if !info.explains.is_empty() {
        let all: Vec<String> = info.explains.iter().map(|id| linked(id)).collect();
        let _ = writeln!(out, "\n## Explains\n\n{}", all.join(", "));
    }
    let _ = writeln!(out, "\n## Over IPv6\n\n{}", escaped(info.ipv6));
    if !manual.references.is_empty() {
        let _ = writeln!(out, "\n## See also\n");
        for reference in manual.references {
            let _ = writeln!(out, "- {}", escaped(reference));
        }
    }
    out
}

/// The id, linked when it has a page.
fn linked(id: &str) -> String {
    match synrecv_checks::find(id) {
        Some(_) => format!("[{id}]({id}.md)"),
        None => escaped(id),
    }
}

/// With a capital first letter.
fn sentence(words: &str) -> String {
    let mut letters = words.chars();
    let first = letters.next().map(|letter| letter.to_uppercase().to_string());
    escaped(&(first.unwrap_or_default() + letters.as_str()))
}
