//! Handshakes as frames on the wire, and who claims which address by ARP and ND.
//!
//! A [`RawFrame`] comes from a capture file or from this host. The decoders take its headers apart,
//! the tracker puts the frames of one handshake together, in bounded memory whatever comes in, and
//! the result is a [`Capture`](synrecv_model::Capture). Octets of application data are never kept.

#[cfg(feature = "read")]
pub mod live;
mod raw;

pub use raw::RawFrame;
