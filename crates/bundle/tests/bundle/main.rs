//! Bundles: what is written is read, and nothing else is.

mod damage;
mod frozen;
mod incident;
mod redacted;
mod round_trip;
mod support;
