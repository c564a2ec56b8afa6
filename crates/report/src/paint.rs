//! Colour, decided once for the whole run.

use owo_colors::{OwoColorize as _, Style as Colour};
use synrecv_model::Severity;

/// Writes marks and headings in colour, or not at all.
#[derive(Clone, Copy, Debug, Default)]
pub struct Paint {
    /// Whether escape sequences are written.
    pub colour: bool,
}

impl Paint {
    fn with(self, colour: Colour, words: &str) -> String {
        if self.colour { words.style(colour).to_string() } else { words.to_owned() }
    }

    /// A section heading.
    pub fn heading(self, words: &str) -> String {
        self.with(Colour::new().bold(), words)
    }

    /// A mark or word of this severity.
    pub fn severity(self, severity: Severity, words: &str) -> String {
        let colour = match severity {
            Severity::Problem => Colour::new().red().bold(),
            Severity::Warning => Colour::new().yellow().bold(),
            Severity::Info => Colour::new().cyan(),
        };
        self.with(colour, words)
    }

    /// Good news.
    pub fn good(self, words: &str) -> String {
        self.with(Colour::new().green().bold(), words)
    }

    /// Less important words.
    pub fn dim(self, words: &str) -> String {
        self.with(Colour::new().dimmed(), words)
    }
}
