//! Routes, next-hop objects and policy rules of this network namespace, and the kernel's own
//! answer to "which way would a reply leave?".
//!
//! [`parse`] turns kernel messages into the nouns of `synrecv-model` and is always there. `read`,
//! behind the default feature of that name, asks the kernel:
//!
//! - tables, rules, next-hop objects and batches of look-ups go by the dump transport of
//!   `synrecv-netlink`, which counts what was lost and knows every rule selector;
//! - the one interactive look-up of `route get` goes by `rtnetlink` and `netlink-packet-route`.

pub mod parse;
#[cfg(feature = "read")]
pub mod read;
