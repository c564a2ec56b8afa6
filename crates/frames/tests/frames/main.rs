//! Captures, from frames to facts.

mod claims;
mod damage;
mod files;
mod handshakes;
mod layers;
mod observed;
mod places;
mod recorded;
mod room;
mod support;
