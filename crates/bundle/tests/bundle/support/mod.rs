//! What the tests share: a host, damage, and the bytes of a bundle.

mod damage;
mod filter;
mod frame;
mod host;
mod sockets;
mod ticket;

pub(crate) use damage::Damage;
pub(crate) use host::full;

use std::io::Read as _;

use synrecv_model::{Facts, Observation};

/// The bytes of a bundle.
pub(crate) fn bundle(facts: &Facts, observation: &Observation) -> Vec<u8> {
    let mut bytes = Vec::new();
    synrecv_bundle::write(facts, observation, "test 1.0", &mut bytes).expect("memory takes it");
    bytes
}

/// The lines inside.
pub(crate) fn lines(bundle: &[u8]) -> Vec<u8> {
    let mut lines = Vec::new();
    flate2::read::GzDecoder::new(bundle).read_to_end(&mut lines).expect("gzip");
    lines
}

/// Puts lines into gzip.
pub(crate) fn gzip(lines: &[u8]) -> Vec<u8> {
    let mut packed = Vec::new();
    let mut encoder = flate2::read::GzEncoder::new(lines, flate2::Compression::none());
    encoder.read_to_end(&mut packed).expect("memory takes it");
    packed
}
