//! `synrecv-lab list`.

use std::fmt::Write;
use std::process::ExitCode;

use anyhow::Result;
use synrecv_faults::scenario;

use crate::output;

pub(crate) fn list() -> Result<ExitCode> {
    let widest = scenario::all().map(|scenario| scenario.id.len()).max().unwrap_or(0);
    let mut text = String::new();
    for scenario in scenario::all() {
        writeln!(text, "{:widest$}  {}", scenario.id, scenario.title)?;
        let expected = match (scenario.expect.finding, scenario.expect.class) {
            (Some(finding), Some(class)) => {
                let mut expected = format!("expected: {finding}, class {class}");
                for (also, class) in scenario.expect.also {
                    let _ = write!(expected, "; and {also}, class {class}");
                }
                for also in scenario.expect.warnings {
                    let _ = write!(expected, "; and the warning {also}");
                }
                if scenario.expect.only_warns {
                    expected.push_str(", a warning");
                }
                expected
            }
            _ => "expected: nothing above info".to_owned(),
        };
        writeln!(text, "{:widest$}  {expected}", "")?;
    }
    output::say(&text)?;
    Ok(ExitCode::SUCCESS)
}
