//! What TCP writes of segments whose signature does not fit: `TCP: MD5 Hash failed for (192.0.2.1,
//! 30121)->(192.0.2.2, 179) L3 index 0`, since Linux 6.7 `TCP: MD5 Hash not found for
//! 192.0.2.1.30121->192.0.2.2.179 [S] L3 index 0`, `[2001:db8::1]:30121->[2001:db8::2]:179`.

use std::net::IpAddr;

use crate::LoggedPacket;

/// The segment with the words about it in front.
pub(super) fn signature(text: &str) -> Option<LoggedPacket> {
    let at = text.find("MD5 Hash").or_else(|| text.find("MD5 hash"))?;
    let (before, after) = text.split_once("->")?;
    if before.len() < at {
        return None;
    }
    let start = match before.rfind('(').filter(|_| before.ends_with(')')) {
        Some(bracket) => bracket,
        None => before.rfind(' ')? + 1,
    };
    let (source, from) = end(before.get(start..)?)?;
    let after = match after.strip_prefix('(') {
        Some(inner) => inner.split(')').next()?,
        None => after.split_ascii_whitespace().next()?,
    };
    let (destination, to) = end(after)?;
    let words = before.get(..start)?.trim_end();
    let words = words.strip_suffix(" for").unwrap_or(words).trim_end_matches(':');
    let words = words.rsplit(": ").next().unwrap_or(words);
    Some(LoggedPacket {
        prefix: words.trim().to_owned(),
        source: Some(source),
        destination: Some(destination),
        ports: Some((from, to)),
        is_tcp: true,
        ..LoggedPacket::default()
    })
}

/// `(192.0.2.1, 179)`, `[2001:db8::1]:179`, `192.0.2.1.179`, `2001:db8::1.179`.
fn end(word: &str) -> Option<(IpAddr, u16)> {
    let word = word.trim_matches(['(', ')']);
    let (address, port) = word
        .split_once(", ")
        .or_else(|| word.strip_prefix('[')?.split_once("]:"))
        .or_else(|| word.rsplit_once('.'))?;
    Some((address.parse().ok()?, port.trim().parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::signature;

    #[test]
    fn all_kernels_are_read() {
        for (text, words, ends) in [
            (
                "TCP: MD5 Hash failed for (192.0.2.1, 30121)->(192.0.2.2, 179) L3 index 0",
                "MD5 Hash failed",
                "192.0.2.1 192.0.2.2 (30121, 179)",
            ),
            (
                "TCP: MD5 Hash NOT found but expected from (192.0.2.1, 5)->(192.0.2.2, 179)",
                "MD5 Hash NOT found but expected from",
                "192.0.2.1 192.0.2.2 (5, 179)",
            ),
            (
                "MD5 Hash mismatch for [2001:db8::1]:5->[2001:db8::2]:179 L3 index 0",
                "MD5 Hash mismatch",
                "2001:db8::1 2001:db8::2 (5, 179)",
            ),
            (
                "TCP: Unexpected MD5 Hash found for 192.0.2.1.5->192.0.2.2.179 [S] L3 index 0",
                "Unexpected MD5 Hash found",
                "192.0.2.1 192.0.2.2 (5, 179)",
            ),
        ] {
            let packet = signature(text).expect(text);
            let read = format!(
                "{} {} {:?}",
                packet.source.unwrap(),
                packet.destination.unwrap(),
                packet.ports.unwrap()
            );
            assert_eq!((packet.prefix.as_str(), read.as_str()), (words, ends));
        }
    }

    #[test]
    fn words_about_it_are_no_message() {
        for text in [
            "the MD5 Hash of a->b is wrong",
            "MD5 Hash failed for (192.0.2.1",
            "MD5 Hash failed for (192.0.2.1, 30121)->(",
            "a->b MD5 Hash",
        ] {
            assert_eq!(signature(text), None, "{text}");
        }
    }
}
