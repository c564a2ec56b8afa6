//! Questions to the network, asked only when the user wants it: who answers for an address, and by
//! which way does a packet leave. Nothing else of the doctor sends a packet.

pub mod neighbours;
pub mod trace;
