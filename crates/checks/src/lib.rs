//! Judgement: which questions to ask, what the facts mean, and which cause explains what.
//!
//! Everything here is a pure function of facts and observation. Nothing is opened, printed, kept
//! between calls or timed.

mod ack_drops;
pub mod ask;
mod asked;
mod attribution;
mod captured;
mod cases;
mod catalog;
mod droppers;
mod engine;
mod ingress;
mod leads;
mod phrase;
pub mod plan;
mod rejected;
mod seen;
mod share;
mod syn_room;
mod together;
mod unasked;
mod undelivered;
mod verdict;
mod view;
mod waiting;
mod ways;

#[cfg(test)]
mod fixture;

pub use cases::{Case, Cases};
pub use catalog::{CATALOG, distance, find, nearest};
pub use engine::diagnose;
pub use seen::Seen;
pub use together::together;
pub use view::{RequestView, View};

use synrecv_model::CheckInfo;

/// A hypothesis: its metadata and the function that gathers evidence for and against it.
#[derive(Debug)]
pub struct Check {
    /// Metadata and manual.
    pub info: CheckInfo,
    /// Reads the view and opens a case for each subject that the hypothesis is about.
    pub examine: fn(&View<'_>, &mut Cases),
}
