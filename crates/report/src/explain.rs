//! The manual of a finding, and the list of checks.

use std::fmt::Write as _;

use synrecv_model::CheckInfo;

use crate::Style;
use crate::layout::{Column, table, wrap};

/// The manual page of one finding.
pub fn manual(info: &CheckInfo, style: Style) -> String {
    let mut out = String::new();
    let heading = |out: &mut String, words: &str| {
        let _ = writeln!(out, "\n{}", style.paint.heading(words));
    };
    let _ = writeln!(out, "{}   {}", style.paint.heading(info.id), info.severity);
    out.push_str(&wrap("  ", info.summary, style.width));
    heading(&mut out, "WHAT IT MEANS");
    out.push_str(&wrap("  ", info.manual.meaning, style.width));
    if !info.manual.picture.is_empty() {
        out.push('\n');
        for line in info.manual.picture {
            let _ = writeln!(out, "      {line}");
        }
    }
    heading(&mut out, "HOW IT IS RECOGNISED");
    for (sign, needs) in info.manual.recognised {
        out.push_str(&wrap("  - ", &format!("{sign} (needs: {needs})"), style.width));
    }
    if !info.manual.looks_like.is_empty() {
        heading(&mut out, "LOOKS LIKE IT BUT IS NOT");
        for (other, difference) in info.manual.looks_like {
            out.push_str(&wrap(&format!("  {other:<20} "), difference, style.width));
        }
    }
    heading(&mut out, "WOULD DISPROVE IT");
    for fact in info.disproved_by {
        out.push_str(&wrap("  - ", fact, style.width));
    }
    heading(&mut out, "CHECK BY HAND");
    for (command, see) in info.manual.by_hand {
        let _ = writeln!(out, "  $ {command}");
        out.push_str(&wrap("      ", see, style.width));
    }
    heading(&mut out, "WHAT TO DO");
    out.push_str(&wrap("  ", info.manual.fix, style.width));
    if !info.explains.is_empty() {
        heading(&mut out, "EXPLAINS");
        out.push_str(&wrap("  ", &info.explains.join(", "), style.width));
    }
    heading(&mut out, "IPV6");
    out.push_str(&wrap("  ", info.ipv6, style.width));
    if !info.manual.references.is_empty() {
        heading(&mut out, "SEE ALSO");
        out.push_str(&wrap("  ", &info.manual.references.join("; "), style.width));
    }
    out
}

const COLUMNS: &[Column] = &[
    Column::left("ID"),
    Column::left("CLASS"),
    Column::left("NEEDS"),
    Column::left("WHAT").optional(),
];

/// All checks, one line each.
pub fn list<'a>(checks: impl IntoIterator<Item = &'a CheckInfo>, style: Style) -> String {
    let rows: Vec<Vec<String>> = checks
        .into_iter()
        .map(|info| {
            let needs: Vec<&str> = info.needs.iter().map(|part| part.name()).collect();
            vec![
                info.id.to_owned(),
                info.class.name().unwrap_or("latent").to_owned(),
                needs.join(" "),
                info.summary.to_owned(),
            ]
        })
        .collect();
    table(COLUMNS, &rows, "", style.width)
}
