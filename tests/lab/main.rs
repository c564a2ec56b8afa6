//! The doctor against a live kernel, in network namespaces of our own.
//!
//! Left out of a plain `cargo test` (feature `lab`); without the rights to make namespaces they
//! fail and say so.

mod advice;
mod arp_probe;
mod bundles;
mod captures;
mod churn;
mod elsewhere;
mod fib;
mod hooks;
mod inside;
mod live_capture;
mod options;
mod pasted;
mod peeking;
mod probed;
mod refusals;
mod scenarios;
mod tables;
mod trace;
mod unchanged;
mod vanishing;
