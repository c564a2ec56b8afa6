//! The ARP and ND tables of this network namespace, proxy entries included.
//!
//! [`parse`] turns kernel messages into [`Neighbour`](synrecv_model::Neighbour) values and is
//! always there, and so is [`MacHistory`], which finds the entries that change. [`read`] asks the kernel, over the dump transport of `synrecv-netlink`; it is
//! behind the default feature `read`. `/proc/net/arp` is never read: the kernel's cost for it
//! grows with the square of the table.

mod changes;
pub mod parse;
#[cfg(feature = "read")]
pub mod read;
#[cfg(feature = "read")]
mod watch;

pub use changes::MacHistory;
#[cfg(feature = "read")]
pub use watch::NeighbourWatch;
