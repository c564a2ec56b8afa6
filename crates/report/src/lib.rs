//! Renders model values as text, Markdown and JSON. Knows no check and judges nothing.
//!
//! Every renderer writes into a `std::fmt::Write` or `std::io::Write` that it is given; nothing here
//! prints. Foreign strings pass through [`escape`], which depends on the format being written.

mod capture;
mod clock;
mod digits;
pub mod escape;
pub mod explain;
pub mod json;
mod ladder;
pub mod layout;
pub mod markdown;
mod paint;
pub mod rows;
#[cfg(feature = "schema")]
mod schema;
pub mod table;
pub mod text;

pub use paint::Paint;

use ipnet::IpNet;
use synrecv_model::{Diagnosis, Facts, Observation};

/// Version of this program, as in reports.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Name of this program, as in reports.
pub const PROGRAM: &str = "synrecv-doctor";

/// Everything that a report is made of.
#[derive(Clone, Copy, Debug)]
pub struct Report<'a> {
    /// What was concluded.
    pub diagnosis: &'a Diagnosis,
    /// What it was concluded from.
    pub facts: &'a Facts,
    /// What was seen over time.
    pub observation: &'a Observation,
    /// The peers that were asked for: of one of them the handshake is drawn.
    pub peer: Option<IpNet>,
}

/// How text is laid out.
#[derive(Clone, Copy, Debug)]
pub struct Style {
    /// Columns of the output; lines are broken there where that is possible.
    pub width: usize,
    /// Whether marks are coloured. Colour never carries meaning alone.
    pub paint: Paint,
    /// 0: the usual report; less: the verdict line only; more: everything.
    pub verbosity: i8,
}
