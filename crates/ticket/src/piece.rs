//! What was found in a text.

use synrecv_model::Text;

use crate::record::Record;
use crate::{Command, Content, Kind};

/// A line after encodings, terminal residue and quoting were taken off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Its number in the input, from 1; of a line that was put together again, that of its first part.
    pub number: u32,
    /// The text, without line end and trailing blanks.
    pub text: String,
    /// Lines of the input that it was put together from, or 1.
    pub part_count: u32,
    /// It was found by splitting a line that held several rows, or had lost its blanks.
    pub rebuilt: bool,
}

/// What was made of one line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Taken {
    /// No output of a tool that is known here.
    Prose,
    /// Nothing on it.
    Blank,
    /// A prompt with a command.
    Prompt,
    /// A title or the first line of an output.
    Title,
    /// A row, and what was read from it.
    Row(Text),
    /// A row that was put together from several lines, or split out of one; and what was read.
    Repaired(Text),
    /// It belongs to the row above; what was read from it, if anything.
    More(Option<Text>),
    /// It belongs to the output and holds nothing that is used: a footer, a warning, a row of
    /// another protocol.
    Aside(&'static str),
    /// A row of the output that could not be read, and why. Nothing of it is used.
    Rejected(Text),
}

/// The output of one command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// Which tool printed it.
    pub kind: Kind,
    /// First and last line in the input, from 1.
    pub lines: (u32, u32),
    /// The command line before it.
    pub command: Option<Command>,
    /// What was read.
    pub content: Content,
    /// Rows that were read.
    pub row_count: u32,
    /// Rows that could not be read.
    pub rejected_count: u32,
    /// Rows that were put together or split.
    pub repaired_count: u32,
    /// Why rows are missing from it; absence in it proves nothing then.
    pub cut: Option<Cut>,
    /// Not printed by a tool of Linux: only sockets and ARP are used.
    pub foreign_system: Option<&'static str>,
    /// What a reader must know about it: the main table only, no counters, names for numbers.
    pub notes: Vec<Text>,
}

/// Why rows are missing from an output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// `...`, `-- More --`, `[snip]`.
    Marked,
    /// The last row is incomplete.
    LastRow,
    /// It says that there are more rows than were pasted.
    CountLine,
    /// The command was piped through `grep`, `head` and their like, or asked for one part.
    Filtered,
    /// Some of its rows could not be read.
    Unreadable,
    /// It is longer than what is read of a text.
    TooLong,
    /// Sockets in SYN_RECV were not asked for: `netstat -l`, `ss` without `-a`.
    WithoutRequests,
}

/// A text, taken apart.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ticket {
    pub(crate) record: Record,
    /// The outputs that were found, in order.
    pub pieces: Vec<Piece>,
    /// Number of the first line of each text that it was read from; more than one only of several.
    pub text_starts: Vec<u32>,
    /// Lines that were longer than permitted. What stood behind the limit was not read.
    pub long_lines_count: u32,
    /// Lines among so many that are nothing known that they were not looked at. An output that
    /// begins among them was missed.
    pub skipped_lines_count: u32,
    /// Outputs behind so many that they are not used.
    pub dropped_pieces_count: u32,
}

impl Ticket {
    /// Every line of the input in order: its number from 1, its text after terminal residue and
    /// quoting were taken off, and what was made of it. A line that was split comes once for each
    /// part. Readings are kept for the first 50,000 rows, and are empty behind them.
    pub fn lines(&self) -> impl Iterator<Item = (u32, &str, &Taken)> {
        self.record.lines()
    }
}
