//! Programs of other packages that configure a namespace from what they read on standard input.

use std::io::{ErrorKind, Write};
use std::process::{Command, Output, Stdio};

use crate::error::{LabError, Result};
use crate::namespace::Namespace;

/// Where programs are looked for: the search path, then the places that the search path of an
/// ordinary user lacks.
const PLACES: [&str; 3] = ["", "/usr/sbin/", "/sbin/"];

/// Such a program.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Tool {
    /// File name.
    pub(crate) name: &'static str,
    /// Its package in Debian.
    pub(crate) package: &'static str,
    /// Arguments that have it read standard input.
    pub(crate) args: &'static [&'static str],
}

const IP: Tool = Tool { name: "ip", package: "iproute2", args: &["-batch", "-"] };

impl Namespace {
    /// Has `ip` do what rtnetlink has no words for here, a command a line without the name of the
    /// program.
    ///
    /// # Errors
    /// As [`Namespace::feed`].
    pub(crate) fn ip(&self, commands: &str) -> Result<()> {
        self.feed(&IP, commands)
    }

    /// Runs a program inside the namespace with this input, to its end.
    ///
    /// # Errors
    /// [`LabError::ToolMissing`] names the package to install; [`LabError::ToolRefused`] carries
    /// what the program objected to.
    pub(crate) fn feed(&self, tool: &Tool, input: &str) -> Result<()> {
        let (tool, input) = (*tool, input.to_owned());
        let output = self.run(move || {
            let mut missing = std::io::Error::from(ErrorKind::NotFound);
            for place in PLACES {
                match run(&format!("{place}{}", tool.name), tool.args, &input) {
                    Err(error) if error.kind() == ErrorKind::NotFound => missing = error,
                    other => return other,
                }
            }
            Err(missing)
        })?;
        match output {
            Ok(output) if output.status.success() => Ok(()),
            Ok(output) => Err(LabError::ToolRefused {
                program: tool.name,
                namespace: self.name().to_owned(),
                stderr: String::from_utf8_lossy(&output.stderr)
                    .lines()
                    .find(|line| !line.trim().is_empty())
                    .unwrap_or("nothing")
                    .to_owned(),
            }),
            Err(error) if error.kind() == ErrorKind::NotFound => {
                Err(LabError::ToolMissing { program: tool.name, package: tool.package })
            }
            Err(source) => Err(LabError::Run {
                program: tool.name.to_owned(),
                namespace: self.name().to_owned(),
                source,
            }),
        }
    }
}

fn run(program: &str, args: &[&str], input: &str) -> std::io::Result<Output> {
    let mut child = Command::new(program)
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()?;
    if let Some(mut stdin) = child.stdin.take() {
        match stdin.write_all(input.as_bytes()) {
            // It ended before it read everything, and says why.
            Err(error) if error.kind() == ErrorKind::BrokenPipe => {}
            other => other?,
        }
    }
    child.wait_with_output()
}
