//! How much work goes into lines that turn out to be nothing.
//!
//! A line that no format knows costs the most: it is tried alone, with its neighbours, and without
//! what may stand around it. A ticket has few of them between its outputs. A text of nothing else gets
//! less work the longer it lasts.

/// What a line costs besides its octets.
const LINE: usize = 64;

/// Octets of lines without anything known between them that are tried in every way.
const FULL_IN_A_ROW: usize = 384 << 10;

/// Octets that are tried in every way in all.
const FULL: usize = 2 << 20;

/// Octets that are shown to every format in all.
const PLAIN: usize = 4 << 20;

/// Octets of lines that only belong to an output, without a row of it, that are tried in every way.
const BESIDE: usize = 4 << 20;

/// Of the lines behind them, one in so many is.
const SAMPLED: usize = 64;

/// Encoded files are broken at 64 or 76 octets; what loses all its blanks keeps dots and colons.
const ENCODED_OCTETS: usize = 60;

/// What is done with a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Level {
    /// Everything that can make it known.
    Full,
    /// It is shown to every format as it is.
    Plain,
    /// Nothing beyond what the lines before it call for.
    Little,
}

/// The work that was for nothing.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Effort {
    in_a_row: usize,
    full: usize,
    plain: usize,
    lines: usize,
    beside: usize,
}

impl Effort {
    /// What the next line is worth.
    pub(super) fn level(self) -> Level {
        if self.in_a_row <= FULL_IN_A_ROW && self.full <= FULL {
            Level::Full
        } else if self.plain <= PLAIN || self.lines.is_multiple_of(SAMPLED) {
            Level::Plain
        } else {
            Level::Little
        }
    }

    /// A line was nothing.
    pub(super) fn fail(&mut self, octets: usize) {
        let cost = LINE + octets;
        match self.level() {
            Level::Full => self.full += cost,
            Level::Plain => self.plain += cost,
            Level::Little => {}
        }
        self.in_a_row += cost;
        self.lines += 1;
    }

    /// A line belongs to an output, and is no row of it.
    pub(super) fn pass(&mut self, octets: usize) {
        self.beside += LINE + octets;
    }

    /// There were so many of those that no more is looked for behind them.
    pub(super) fn is_weary(self) -> bool {
        self.beside > BESIDE
    }

    /// A line was something.
    pub(super) fn succeed(&mut self) {
        self.in_a_row = 0;
    }
}

/// A line of base64 or the like: one long word without anything that stands between fields.
pub(super) fn is_encoded(text: &str) -> bool {
    let is_inner = |octet: u8| octet.is_ascii_alphanumeric() || matches!(octet, b'+' | b'/');
    let word = text.trim_end_matches('=');
    word.len() >= ENCODED_OCTETS && word.bytes().all(is_inner)
}

#[cfg(test)]
mod tests {
    use super::{Effort, FULL, Level, SAMPLED, is_encoded};

    #[test]
    fn work_gets_less_and_comes_back() {
        let mut effort = Effort::default();
        assert_eq!(effort.level(), Level::Full);
        while effort.level() == Level::Full {
            effort.fail(1000);
        }
        assert!(effort.full < FULL);
        effort.succeed();
        assert_eq!(effort.level(), Level::Full);
    }

    #[test]
    fn encoded_files_are_no_output() {
        let word = "dGNwICAgICAgICAwICAgICAgMCAxOTIuMC4yLjE6ODAgICAgICAgICAgICAgMTk4";
        assert!(is_encoded(word) && is_encoded(&format!("{word}==")));
        assert!(!is_encoded(&word[..40]), "a short word");
        assert!(!is_encoded(&format!("{word}.")) && !is_encoded(&format!("a {word}")));
    }

    #[test]
    fn garbage_without_end_is_sampled() {
        let mut effort = Effort::default();
        for _ in 0..100_000 {
            effort.fail(1000);
        }
        let mut plain = 0;
        for _ in 0..SAMPLED * 10 {
            plain += usize::from(effort.level() == Level::Plain);
            effort.fail(1000);
        }
        assert_eq!(plain, 10);
        effort.succeed();
        while effort.level() == Level::Full {
            effort.fail(1000);
        }
        effort.fail(1000);
        assert_eq!(effort.level(), Level::Little);
    }
}
