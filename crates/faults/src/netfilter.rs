//! Netfilter rules, loaded by `nft` running inside the namespace.

use std::io::{ErrorKind, Write};
use std::process::{Command, Stdio};

use crate::error::{LabError, Result};
use crate::namespace::Namespace;

/// Where `nft` is looked for: the search path, then the places that the search path of an
/// ordinary user lacks.
const PLACES: [&str; 3] = ["nft", "/usr/sbin/nft", "/sbin/nft"];

/// Forwarded packets that conntrack calls invalid are dropped: what a stateful middlebox does to
/// a SYN-ACK whose SYN it never saw.
pub(crate) const STATEFUL_FORWARDING: &str = "\
table inet lab {
    chain forward {
        type filter hook forward priority filter; policy accept;
        ct state invalid counter drop
    }
}
";

impl Namespace {
    /// Loads rules written in the language of `nft -f`.
    ///
    /// # Errors
    /// [`LabError::NftMissing`] names the package to install; [`LabError::Nft`] carries what `nft`
    /// objected to.
    pub fn nft(&self, rules: &str) -> Result<()> {
        let rules = rules.to_owned();
        let output = self.run(move || {
            let mut missing = std::io::Error::from(ErrorKind::NotFound);
            for program in PLACES {
                match feed(program, &rules) {
                    Err(error) if error.kind() == ErrorKind::NotFound => missing = error,
                    other => return other,
                }
            }
            Err(missing)
        })?;
        match output {
            Ok(output) if output.status.success() => Ok(()),
            Ok(output) => Err(LabError::Nft {
                namespace: self.name().to_owned(),
                stderr: String::from_utf8_lossy(&output.stderr)
                    .lines()
                    .find(|line| !line.trim().is_empty())
                    .unwrap_or("nothing")
                    .to_owned(),
            }),
            Err(error) if error.kind() == ErrorKind::NotFound => Err(LabError::NftMissing),
            Err(source) => Err(LabError::Run {
                program: "nft".to_owned(),
                namespace: self.name().to_owned(),
                source,
            }),
        }
    }
}

fn feed(program: &str, rules: &str) -> std::io::Result<std::process::Output> {
    let mut child = Command::new(program)
        .args(["-f", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()?;
    if let Some(mut stdin) = child.stdin.take() {
        stdin.write_all(rules.as_bytes())?;
    }
    child.wait_with_output()
}
