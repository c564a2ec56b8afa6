//! What people read: results on standard output, progress and complaints on standard error.

use std::io::{self, ErrorKind, Write};

/// Writes to standard output. A closed pipe is no error: nobody wants the rest.
pub(crate) fn say(text: &str) -> io::Result<()> {
    say_bytes(text.as_bytes())
}

/// As [`say`], for bytes of another program.
pub(crate) fn say_bytes(bytes: &[u8]) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    match stdout.write_all(bytes).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        other => other,
    }
}

/// Writes a line to standard error.
pub(crate) fn complain(line: &str) {
    // There is no other place to say that standard error is gone.
    let _ = writeln!(io::stderr().lock(), "{line}");
}
