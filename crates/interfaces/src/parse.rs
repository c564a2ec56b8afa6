//! Link and address messages to nouns.
//!
//! Each attribute is decoded by itself with the types of `netlink-packet-route`, and only those
//! that the nouns need: an attribute that its version does not know cannot cost the row. Names
//! are taken as bytes, because they need not be UTF-8.

mod address;
mod link;
mod traffic;

pub use address::address;
pub use link::{LinkRow, link};
pub use traffic::traffic;

use netlink_packet_core::{DecodeError, NlaBuffer, NlasIterator};
use synrecv_model::Foreign;
use synrecv_netlink::Undecodable;

/// The attributes that follow a fixed part of `fixed_len` bytes.
fn attributes(
    payload: &[u8],
    fixed_len: usize,
) -> impl Iterator<Item = Result<NlaBuffer<&[u8]>, Undecodable>> {
    let rest = payload.get(fixed_len..).unwrap_or_default();
    NlasIterator::new(rest).map(|attribute| attribute.map_err(undecodable))
}

#[expect(clippy::needless_pass_by_value, reason = "the shape that `map_err` wants")]
fn undecodable(error: DecodeError) -> Undecodable {
    Undecodable::new(Foreign(error.to_string()))
}

/// Text up to the first NUL; bytes that are not UTF-8 are replaced.
fn text(value: &[u8]) -> Foreign {
    let end = value.iter().position(|&byte| byte == 0).unwrap_or(value.len());
    Foreign(String::from_utf8_lossy(&value[..end]).into_owned())
}

#[cfg(test)]
mod fixture {
    /// The payloads of a file of hexadecimal lines; lines with `#` tell where they come from.
    pub(super) fn payloads(text: &str) -> Vec<Vec<u8>> {
        let octet = |pair: &[u8]| u8::from_str_radix(str::from_utf8(pair).unwrap(), 16).unwrap();
        text.lines()
            .filter(|line| !line.starts_with('#'))
            .map(|line| line.as_bytes().chunks(2).map(octet).collect())
            .collect()
    }

    /// Hands over every way to cut each payload short, and each payload with one octet bent.
    pub(super) fn damaged(text: &str, mut each: impl FnMut(&[u8])) {
        for payload in payloads(text) {
            (0..payload.len()).for_each(|len| each(&payload[..len]));
            for place in 0..payload.len() {
                for value in [0, 1, 3, 5, 0x7f, 0xff] {
                    let mut bent = payload.clone();
                    bent[place] = value;
                    each(&bent);
                }
            }
        }
    }
}
