//! What tcpdump prints of a segment behind its ends, in the forms of versions 3 and 4.

use synrecv_model::{Checksum, TcpOptions};

use super::damage;
use crate::format::frames::{ACK, Body, FIN, PSH, RST, SYN, URG, leading, sacked, stamped};

/// What stands behind the ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Info {
    /// A segment.
    Segment(Body),
    /// `tcp 0`: the flags are left out (`-q`).
    Quiet,
}

/// Reads what stands behind the ends; `None` when it is no segment of TCP.
pub(super) fn read(rest: &str) -> Option<Info> {
    let rest = rest.trim_start();
    if let Some(len) = rest.strip_prefix("tcp ") {
        let words = len.split_whitespace().count();
        return (words <= 2 && leading::<u32>(len).is_some()).then_some(Info::Quiet);
    }
    if let Some(info) = rest.strip_prefix("Flags") {
        let (flags, info) = bracketed(info.trim_start())?;
        let body = modern(flags, info);
        // Whole rows have the number that their flag promises; one that was put together wrongly
        // has lost it.
        let is_damaged = !body.cut
            && (damage::is_torn(info)
                || (flags & ACK != 0 && body.ack.is_none() && body.window.is_some()));
        return (!is_damaged).then_some(Info::Segment(body));
    }
    if let Some((flags, info)) = bracketed(rest) {
        let mut body = modern(flags, info);
        body.options.incomplete = true;
        // People shorten rows like this; nothing is missing behind the flags.
        body.cut = false;
        return Some(Info::Segment(body));
    }
    old(rest).map(Info::Segment)
}

/// `[S.], more`: the flags, and what follows.
fn bracketed(text: &str) -> Option<(u8, &str)> {
    let (letters, rest) = text.strip_prefix('[')?.split_once(']')?;
    let flags = letters_of(letters)?;
    let implied = if letters.contains('.') { ACK } else { 0 };
    Some((flags | implied, rest))
}

/// The flags of letters; `None` when there are others among them.
fn letters_of(letters: &str) -> Option<u8> {
    if letters.trim() == "none" {
        return Some(0);
    }
    if letters.is_empty() || letters.len() > 9 {
        return None;
    }
    letters.chars().try_fold(0, |flags, letter| {
        let flag = match letter {
            'F' => FIN,
            'S' => SYN,
            'R' => RST,
            'P' => PSH,
            'U' => URG,
            '.' | 'E' | 'W' | 'e' | ' ' => 0,
            _ => return None,
        };
        Some(flags | flag)
    })
}

/// `, cksum 0x1 (correct), seq 1:5, ack 1, win 46, options [...], length 4`.
fn modern(flags: u8, info: &str) -> Body {
    let mut body = Body::new(flags);
    // Where a row was put together, any blanks may stand before the list.
    let list = info
        .split_once("options")
        .and_then(|(fields, list)| Some((fields, list.trim_start().strip_prefix('[')?)));
    let (fields, options) = match list {
        Some((fields, options)) => (fields, Some(options)),
        None => (info, None),
    };
    numbers(fields, &mut body);
    let behind = match options {
        Some(options) => {
            let (list, behind) = options
                .split_once(']')
                .map_or((options, None), |(list, behind)| (list, Some(behind)));
            body.options = read_options(list, body.ack);
            body.options.incomplete |= behind.is_none();
            behind.unwrap_or_default()
        }
        None => fields,
    };
    let length = behind.split_once("length ").and_then(|(_, length)| leading::<u32>(length));
    body.payload_len = length.or(body.payload_len);
    if options.is_none() && length.is_some() {
        body.options.incomplete = info.contains("[|");
    }
    body.cut = length.is_none() && !info.contains("[|");
    if body.cut && options.is_none() && !info.trim_end().ends_with(',') {
        // The last number may have lost digits.
        body.window = None;
    }
    body
}

/// `S 1:1(0) ack 2 win 5840 <mss 1460> (DF)`.
fn old(rest: &str) -> Option<Body> {
    let (letters, info) = rest.split_once(' ').unwrap_or((rest, ""));
    if letters.contains(' ') {
        return None;
    }
    let mut body = Body::new(letters_of(letters)?);
    let fields = info.split(['<', '(']).next().unwrap_or_default();
    let first = info.split_whitespace().next().unwrap_or_default();
    let is_info = span(first).is_some()
        || matches!(first, "ack" | "win" | "[tcp" | "[bad" | "urg")
        || (first.is_empty() && letters != ".");
    if !is_info {
        return None;
    }
    numbers(info.split('<').next().unwrap_or(fields), &mut body);
    if body.ack.is_some() {
        body.flags |= ACK;
    }
    if info.contains("[bad tcp cksum") {
        body.checksum = Checksum::Bad;
    } else if info.contains("[tcp sum ok]") {
        body.checksum = Checksum::Good;
    }
    if let Some((_, options)) = info.split_once('<') {
        let (list, whole) =
            options.split_once('>').map_or((options, false), |(list, _)| (list, true));
        body.options = read_options(list, body.ack);
        body.options.incomplete |= !whole;
        body.cut = !whole;
    } else {
        body.options.incomplete = info.contains("[|");
        body.cut = body.window.is_none() && !info.contains("[|");
    }
    if body.payload_len.is_none() && !body.cut {
        body.payload_len = Some(0);
    }
    Some(body)
}

/// The numbers before the options.
fn numbers(fields: &str, body: &mut Body) {
    let mut words = fields.split([' ', ',', '\t']).filter(|word| !word.is_empty());
    while let Some(word) = words.next() {
        match word {
            "seq" => {
                if let Some((from, to, _)) = words.next().and_then(span_or_number) {
                    body.seq = Some(from);
                    body.payload_len = Some(to.wrapping_sub(from));
                }
            }
            "ack" => {
                body.ack = words.next().and_then(leading);
                body.flags |= ACK;
            }
            "win" => body.window = words.next().and_then(leading),
            "cksum" => read_checksum(&mut words, body),
            other => {
                if let Some((from, _, len)) = span(other) {
                    body.seq = Some(from);
                    body.payload_len = Some(len);
                }
            }
        }
    }
}

/// `0x143c (incorrect -> 0xcd22)`. A checksum that is left to the device is called incorrect too:
/// which of the two it is, who knows the ends can tell.
fn read_checksum<'a>(words: &mut impl Iterator<Item = &'a str>, body: &mut Body) {
    words.next();
    body.checksum = match words.next().map(|word| word.trim_matches(['(', ')'])) {
        Some("correct") => Checksum::Good,
        Some("incorrect") => Checksum::Bad,
        _ => Checksum::Unverified,
    };
}

/// The field of the checksum as printed: `cksum 0x143c`.
pub(super) fn checksum_field(info: &str) -> Option<u16> {
    let (_, field) = info.split_once("cksum 0x")?;
    u16::from_str_radix(field.get(..4)?, 16).ok()
}

/// `1:121(120)` of old versions: from, to, octets.
fn span(word: &str) -> Option<(u32, u32, u32)> {
    let (from, rest) = word.split_once(':')?;
    let (to, len) = rest.split_once('(')?;
    let len = len.split_once(')')?.0;
    Some((from.parse().ok()?, to.parse().ok()?, len.parse().ok()?))
}

/// `1:121` or `1`.
fn span_or_number(word: &str) -> Option<(u32, u32, u32)> {
    match word.split_once(':') {
        Some((from, to)) => {
            let (from, to) = (from.parse::<u32>().ok()?, leading::<u32>(to)?);
            Some((from, to, to.wrapping_sub(from)))
        }
        None => leading::<u32>(word).map(|number| (number, number, 0)),
    }
}

/// `mss 1460,sackOK,TS val 1 ecr 0,nop,wscale 7`.
fn read_options(list: &str, ack: Option<u32>) -> TcpOptions {
    let mut options = TcpOptions::default();
    for option in list.split(',') {
        let words: Vec<&str> = option.split_whitespace().take(8).collect();
        match *words.as_slice() {
            ["mss", value, ..] => options.mss = value.parse().ok(),
            ["wscale", value, ..] => options.window_scale = value.parse().ok(),
            ["sackOK" | "sackOk", ..] => options.sack_permitted = true,
            ["TS" | "ts", "val", value, "ecr", echo, ..] | ["timestamp", value, echo, ..] => {
                stamped(&mut options, value.parse().ok(), echo.parse().ok());
            }
            ["sack", ..] => sacked(&mut options, block(option), ack),
            ["nop" | "eol", ..] => {}
            [word, ..] if word.starts_with("md5") => options.md5 = true,
            [word, ..] if word.starts_with("mptcp") => options.mptcp = true,
            [word, ..] if word.starts_with("tfo") || word.starts_with("exp-tfo") => {
                options.fast_open = true;
            }
            [word, ..] if word.starts_with("tcp-ao") || word == "unknown-29" => options.ao = true,
            // Cut short: `TS val 12`, `mss`, `...`.
            ["TS" | "ts" | "timestamp" | "mss" | "wscale" | "..." | "…", ..] => {
                options.incomplete = true;
            }
            _ => {}
        }
    }
    options
}

/// `{0:1}`: the first block.
fn block(option: &str) -> Option<(u32, u32)> {
    let (_, rest) = option.split_once('{')?;
    let (from, to) = rest.split_once('}')?.0.split_once(':')?;
    Some((from.trim().parse().ok()?, to.trim().parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(rest: &str) -> Body {
        match read(rest) {
            Some(Info::Segment(body)) => body,
            other => panic!("{rest}: {other:?}"),
        }
    }

    #[test]
    fn version_4() {
        let synack = body(
            "Flags [S.], cksum 0x22d1 (incorrect -> 0xdad8), seq 2362380835, ack 3015779398, win 65160, options [mss 1460,sackOK,TS val 1520436725 ecr 1166379139,nop,wscale 10], length 0",
        );
        assert_eq!(
            (synack.flags, synack.seq, synack.ack),
            (SYN | ACK, Some(2_362_380_835), Some(3_015_779_398))
        );
        assert_eq!((synack.options.mss, synack.options.window_scale), (Some(1460), Some(10)));
        assert_eq!(
            (synack.checksum, synack.payload_len, synack.cut),
            (Checksum::Bad, Some(0), false)
        );
        let data = body(
            "Flags [P.], seq 1:121, ack 1, win 46, options [nop,nop,TS val 1 ecr 2], length 120: HTTP: GET / HTTP/1.1",
        );
        assert_eq!((data.flags, data.seq, data.payload_len), (PSH | ACK, Some(1), Some(120)));
        let dsack = body(
            "Flags [.], ack 1, win 502, options [nop,nop,TS val 3 ecr 2,nop,nop,sack 1 {0:1}], length 0",
        );
        assert_eq!((dsack.seq, dsack.options.dsack), (None, Some((0, 1))));
        let sack = body("Flags [.], ack 1, win 502, options [nop,nop,sack 1 {10:20}], length 0");
        assert_eq!(sack.options.dsack, None);
        assert_eq!(body("Flags [R], seq 1, win 0, length 0").flags, RST);
        assert_eq!(body("Flags [SEW], seq 1, win 0, length 0").flags, SYN);
        assert_eq!(body("Flags [none], win 0, length 0").flags, 0);
    }

    #[test]
    fn version_3() {
        let syn = body(
            "S 3988660144:3988660144(0) win 5840 <mss 1460,sackOK,timestamp 11188916 0,nop,wscale 7>",
        );
        assert_eq!((syn.flags, syn.seq, syn.window), (SYN, Some(3_988_660_144), Some(5840)));
        let synack = body("S 1138135305:1138135305(0) ack 3988660145 win 5792 <mss 1460> (DF)");
        assert_eq!((synack.flags, synack.ack, synack.cut), (SYN | ACK, Some(3_988_660_145), false));
        let ack = body(". ack 1 win 46 <nop,nop,timestamp 11188916 344190994>");
        assert_eq!(
            (ack.flags, ack.ack, ack.options.timestamps.unwrap().echo),
            (ACK, Some(1), 344_190_994)
        );
        let data = body("P 1:121(120) ack 1 win 46");
        assert_eq!((data.flags, data.payload_len), (PSH | ACK, Some(120)));
        let dup = body(". ack 1 win 46 <nop,nop,sack sack 1 {0:1} >");
        assert_eq!(dup.options.dsack, Some((0, 1)));
        assert_eq!(body("R 1:1(0) win 0").flags, RST);
        assert_eq!(body("S [tcp sum ok] 5:5(0) win 0").checksum, Checksum::Good);
    }

    #[test]
    fn short_and_cut_forms() {
        assert_eq!(body("[S.]").flags, SYN | ACK);
        assert!(!body("[S]").cut);
        let cut = body("Flags [S.], seq 1577311852, ack 4238710312, win 64240, options [mss 14");
        assert!(cut.cut && cut.options.incomplete);
        assert!(body(". ack 1 win 46 <nop,nop,timest").cut);
        assert_eq!(read("Flags [.], ac k 1, win 63, length 0"), None);
        assert_eq!(read("tcp 0"), Some(Info::Quiet));
        for other in
            ["UDP, length 10", "ICMP echo request", "S", "Server is down", "[more]", "P is", ""]
        {
            let read = read(other);
            assert!(read.is_none() || other == "S", "{other}: {read:?}");
        }
    }
}
