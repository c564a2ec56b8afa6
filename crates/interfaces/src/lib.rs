//! Network devices, addresses and the settings of this network namespace that decide about
//! replies.
//!
//! [`conf`] works out which setting is in force and is always there. With the default feature
//! `read`, `parse` decodes link and address messages with the types of `netlink-packet-route`,
//! attribute by attribute, and `read` asks the kernel over the dump transport of
//! `synrecv-netlink` and through `/proc/sys`. `/sys/class/net` is never read: it shows the
//! namespace of whoever mounted it.

pub mod conf;
#[cfg(feature = "read")]
pub mod parse;
#[cfg(feature = "read")]
pub mod read;
#[cfg(feature = "read")]
mod sysctl;
