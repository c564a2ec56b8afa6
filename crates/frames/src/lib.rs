//! Handshakes as frames on the wire, and who claims which address by ARP and ND.
//!
//! A [`RawFrame`] comes from a capture file or from this host; text of tools is [`printed`]. The decoders take its headers apart,
//! the [`Tracker`] puts the frames of one handshake together, in bounded memory whatever comes in,
//! and the result is a [`Capture`](synrecv_model::Capture). Application data is never kept.

mod decode;
pub mod file;
#[cfg(feature = "read")]
pub mod live;
mod observed;
mod printed;
mod raw;
mod tracker;
mod vantage;

pub use observed::observed;
pub use printed::{Excerpt, printed};
pub use raw::RawFrame;
pub use tracker::{Ending, Limits, Progress, Tracker};
