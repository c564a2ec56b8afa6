//! What can drop a packet on this host: netfilter rules and filters of traffic control.
//!
//! [`parse`] turns kernel messages into [`FilterChain`](synrecv_model::FilterChain) and
//! [`DeviceFilter`](synrecv_model::DeviceFilter) values and is always there, as is [`moved`], which
//! compares two readings. [`read`] asks the kernel; it is behind the default feature `read`.
//!
//! Not seen, because the kernel lists them nowhere that is read here: BPF programs attached to
//! netfilter hooks or by TCX and netkit links, rules of `ebtables-legacy` and `arptables-legacy`.
//! XDP programs are properties of links.

mod moved;
pub mod parse;
#[cfg(feature = "read")]
pub mod read;

pub use moved::moved;
