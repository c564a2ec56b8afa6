//! Every TCP socket of a network namespace, both families, in any state.
//!
//! The kernel shows a request (`SYN_RECV`) in two places with one retry counter in each: `sock_diag`
//! has the SYN-ACKs sent again, `/proc/net/tcp{,6}` the expiries of the timer. [`parse`] reads
//! either format, [`join`] puts the rows together where they show the same state of the timer,
//! and [`read`] asks the running kernel.
//!
//! `sock_diag` is never asked for `INET_DIAG_INFO`: to root it would bring TCP-MD5 keys.

pub mod join;
#[cfg(feature = "read")]
pub mod namespaces;
pub mod parse;
#[cfg(feature = "read")]
pub mod read;
mod states;

#[cfg(feature = "read")]
pub use read::{Sampler, SocketQuery, Wanted};
pub use states::StateSet;
