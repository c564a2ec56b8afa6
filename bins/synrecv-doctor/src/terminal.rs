//! The terminal: width, colour, and messages on standard error.

use std::env;
use std::io::{self, IsTerminal as _, Write as _};

use rustix::termios::tcgetwinsize;

use crate::cli::Color;

/// Columns where nothing says otherwise.
const WIDTH_DEFAULT: usize = 100;

/// Width of standard output: the terminal's, within reason, or 100.
pub(crate) fn width() -> usize {
    let stdout = io::stdout();
    if !stdout.is_terminal() {
        return WIDTH_DEFAULT;
    }
    match tcgetwinsize(stdout) {
        Ok(size) if size.ws_col > 0 => {
            usize::from(size.ws_col).max(synrecv_report::layout::WIDTH_MIN)
        }
        _ => WIDTH_DEFAULT,
    }
}

/// The one decision about colour: flag, then NO_COLOR, CLICOLOR_FORCE, terminal.
pub(crate) fn colour(flag: Color) -> bool {
    let set = |name: &str| env::var_os(name).is_some_and(|value| !value.is_empty());
    match flag {
        Color::Always => true,
        Color::Never => false,
        Color::Auto if set("NO_COLOR") => false,
        Color::Auto
            if set("CLICOLOR_FORCE")
                && env::var_os("CLICOLOR_FORCE").is_some_and(|value| value != "0") =>
        {
            true
        }
        Color::Auto => {
            io::stdout().is_terminal() && env::var_os("TERM").is_none_or(|term| term != "dumb")
        }
    }
}

/// One message on standard error. When that is closed there is nobody to tell.
pub(crate) fn complain(message: &str) {
    let _ = writeln!(io::stderr(), "synrecv-doctor: {message}");
}

/// The line that is rewritten while observing; silent unless standard error is a terminal.
#[derive(Debug)]
pub(crate) struct Progress {
    shown: bool,
    wanted: bool,
}

impl Progress {
    pub(crate) fn new(quiet: bool) -> Self {
        Self { shown: false, wanted: !quiet && io::stderr().is_terminal() }
    }

    pub(crate) fn show(&mut self, line: &str) {
        if self.wanted {
            let _ = write!(io::stderr(), "\r\x1b[K{line}");
            let _ = io::stderr().flush();
            self.shown = true;
        }
    }
}

impl Progress {
    /// Takes the line away.
    pub(crate) fn clear(&mut self) {
        if std::mem::take(&mut self.shown) {
            let _ = write!(io::stderr(), "\r\x1b[K");
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.clear();
    }
}
