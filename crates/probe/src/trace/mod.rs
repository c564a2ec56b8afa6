//! The way to a host.

mod schedule;
