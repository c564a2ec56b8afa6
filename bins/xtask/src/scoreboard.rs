//! The table of scenarios: what the doctor said in each, as root, without rights, without
//! `sock_diag`, and of captures.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};
use synrecv_faults::scenario;

use crate::{cargo, output};

const HEADINGS: [&str; 9] =
    ["SCENARIO", "MODE", "FINDING", "CLASS", "CONFIDENCE", "ATTRIBUTED", "EXIT", "ABOVE INFO", ""];

/// Columns of a line that a lab test leaves behind, tab between them: scenario, mode, finding,
/// class, confidence, attributed, exit status, findings above `info`, and `right`, `gap` (cannot be
/// found in this mode, and nothing sure is claimed) or `WRONG`.
const COLUMNS: usize = HEADINGS.len();

/// Column of the number of findings above `info`.
const ABOVE_INFO: usize = 7;

/// Where `--record` writes the table.
const RESULTS: &str = "docs/results.md";

/// Prints the table and, as its last line, how many findings above `info` healthy hosts got. With
/// `record` it is also written to the documents.
///
/// # Errors
/// When a scenario left no line, or one was wrong.
pub(crate) fn show(directory: &Path, record: bool) -> Result<()> {
    let mut rows = vec![HEADINGS.map(str::to_owned).to_vec()];
    let mut false_alarms = 0;
    let mut faults = Vec::new();
    for scenario in scenario::all() {
        let path = directory.join(scenario.id);
        let Ok(text) = fs::read_to_string(&path) else {
            faults.push(format!("{} left no result", scenario.id));
            continue;
        };
        for line in text.lines() {
            let row: Vec<String> = line.split('\t').map(str::to_owned).collect();
            if row.len() != COLUMNS {
                bail!("`{}` holds a line that is no result: `{line}`", path.display());
            }
            if !scenario.expect.is_fault() {
                false_alarms += row[ABOVE_INFO]
                    .parse::<u32>()
                    .with_context(|| format!("read the findings above info in `{line}`"))?;
            }
            if !matches!(row[COLUMNS - 1].as_str(), "right" | "gap") {
                faults.push(format!("{} {} is wrong", row[0], row[1]));
            }
            rows.push(row);
        }
    }
    output::heading("scenarios");
    output::say(&output::table(&rows).join("\n"));
    output::say(&format!("false alarms: {false_alarms}"));
    if record {
        let page = page(&rows, false_alarms);
        fs::write(cargo::root().join(RESULTS), page).context("write the table of scenarios")?;
    }
    if !faults.is_empty() {
        bail!("the lab: {}", faults.join("; "));
    }
    Ok(())
}

/// The table as Markdown, without what differs from run to run: counts of connections.
fn page(rows: &[Vec<String>], false_alarms: u32) -> String {
    let mut page = String::from(
        "<!-- Written by `cargo xtask test --record`. -->\n\n# What the doctor says in each scenario\n\n\
         Each scenario is built once on a live kernel and diagnosed at the same time as root, as uid 65534 without\n\
         capabilities, and as root without sock_diag; then from what tcpdump captured on the server meanwhile, on\n\
         single devices and on `any`, by the file alone; from the output of other tools, pasted into one text; and as root\n\
         once more, asking the network (`--probe`). What each scenario is: [scenarios](scenarios.md).\n\
         `gap`: this way the fault does not show, and the doctor claims nothing sure. Of a capture the class counts.\n\n\
         | scenario | mode | finding | class | confidence | exit status | |\n|---|---|---|---|---|---:|---|\n",
    );
    for row in rows.iter().skip(1) {
        let cells = [0, 1, 2, 3, 4, 6, 8].map(|column| row[column].as_str());
        let _ = writeln!(page, "| {} |", cells.join(" | "));
    }
    let _ = writeln!(page, "\nFalse alarms on healthy hosts: {false_alarms}");
    page.push_str(&pasted(rows));
    page
}

/// What the outputs that a customer is asked for can show, and what they cannot, beside what root sees
/// on the host at the same time.
fn pasted(rows: &[Vec<String>]) -> String {
    let of_mode = |mode: &'static str| rows.iter().filter(move |row| row[1] == mode);
    let finding = |row: &Vec<String>| row[2] != "-";
    let live = |scenario: &str| of_mode("root").find(|row| row[0] == scenario);
    // Where both find nothing there is nothing to show.
    let told = of_mode("pasted").filter(|row| finding(row) || live(&row[0]).is_some_and(finding));
    let (gaps, shown): (Vec<_>, Vec<_>) = told.partition(|row| row[COLUMNS - 1] == "gap");
    let mut section = String::from(
        "\n## What pasted outputs can and cannot show\n\n\
         `ss`, `netstat`, `ip`, `arp`, `route` and `sysctl`, and `nstat` twice, taken on the server of each scenario and\n\
         pasted into one text: without frames, rules of netfilter and messages of the kernel, and of one moment only. Of each\n\
         fault: what root finds on the host, and what the text leads to. Scenarios in which both find nothing are left out.\n",
    );
    for (heading, rows) in [("They can show", &shown), ("They cannot show", &gaps)] {
        let _ = write!(
            section,
            "\n### {heading}: {}\n\n| scenario | on the host, as root | pasted | confidence |\n|---|---|---|---|\n",
            rows.len()
        );
        for row in rows {
            let on_host = live(&row[0]).map_or("-", |row| row[2].as_str());
            let _ = writeln!(section, "| {} | {on_host} | {} | {} |", row[0], row[2], row[4]);
        }
    }
    section
}
