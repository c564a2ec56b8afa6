//! Facts and observation in one file, to be judged elsewhere.
//!
//! A bundle is gzip around two lines of JSON. The first is small and says what the second is:
//!
//! ```text
//! {"schema":"synrecv-doctor/bundle/1","written_by":"synrecv-doctor 0.1.0"}
//! {"facts":{…},"observation":{…}}
//! ```
//!
//! Every later version reads schema 1. Within it, fields are added, each with a default for what was
//! written without it, and readers pass over fields that they do not know; nothing is removed, renamed
//! or given another meaning, and no enum gets a variant. `docs/bundle.md` says how the next schema
//! comes about.
#![warn(missing_docs)]

mod json;
mod read;
pub mod redact;
mod valid;
mod write;

pub use json::Error as JsonError;
pub use read::{ReadError, UNCOMPRESSED_MAX_BYTES, is_gzip, read};
pub use write::write;

use serde::{Deserialize, Serialize};
use synrecv_model::{Facts, Observation};

/// Name and version of the format.
pub const SCHEMA: &str = "synrecv-doctor/bundle/1";

/// What a bundle holds.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Bundle {
    /// What was read. [`read()`] gives facts whose source is a bundle.
    pub facts: Facts,
    /// What was seen over time.
    pub observation: Observation,
}

/// The first line.
#[derive(Debug, Serialize, Deserialize)]
struct Header {
    schema: String,
    written_by: String,
}
