//! The column `Info` of a segment: `64866 > http [SYN, ACK] Seq=0 Ack=1 Win=5840 Len=0 MSS=1460`.

use synrecv_model::Checksum;

use crate::format::frames::ends::is_port;
use crate::format::frames::{ACK, Body, FIN, PSH, RST, SYN, URG, leading, sacked, stamped};

/// What stands between the ends in a row, in versions old and new.
pub(super) const ARROWS: [&str; 7] = ["→", "->", ">", "⟶", "➔", "⇒", "=>"];

/// What `Info` says of a segment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Info<'a> {
    pub(super) src_port: String,
    pub(super) dst_port: String,
    pub(super) body: Body,
    /// What stands before it: the other columns.
    pub(super) before: &'a str,
    /// What stands behind it and is no field of it: the other columns, if they do.
    pub(super) behind: String,
}

/// Finds `Info` of a segment in a row.
pub(super) fn read(line: &str) -> Option<Info<'_>> {
    line.match_indices('[').find_map(|(at, _)| {
        let (list, rest) = line.get(at + 1..)?.split_once(']')?;
        let flags = flags(list)?;
        let before = line.get(..at)?.trim_end();
        let mut words = before.split_whitespace().rev();
        let (dst, arrow, src) = (words.next()?, words.next()?, words.next()?);
        let (src_port, dst_port) = (port(src)?, port(dst)?);
        if !ARROWS.contains(&arrow) {
            return None;
        }
        let has_fields = rest.contains("Seq=") || rest.contains("Win=") || rest.contains("Len=");
        let is_number = |port: &str| port.bytes().all(|octet| octet.is_ascii_digit());
        if !(has_fields || is_number(&src_port) || is_number(&dst_port)) {
            return None;
        }
        let mut before = before
            .get(..before.rfind(src).filter(|_| src != dst).or_else(|| nth_last(before, src))?)?;
        let mut body = fields(flags, rest);
        while let Some((rest, note)) = last_note(before) {
            body.renews |= note.contains("numbers reused");
            if note.contains("CHECKSUM INCORRECT") {
                // That of a sender which leaves it to its device is called so too.
                body.checksum = Checksum::Unverified;
            }
            before = rest;
        }
        Some(Info { src_port, dst_port, body, before, behind: behind(rest) })
    })
}

/// The words behind the last field.
fn behind(rest: &str) -> String {
    let words: Vec<&str> = rest.split_whitespace().collect();
    let is_field = |word: &&str| word.contains('=') || word.starts_with("SACK_PERM");
    let fields = words.iter().rposition(is_field).map_or(0, |last| last + 1);
    words.get(fields..).unwrap_or_default().join(" ")
}

/// Where the last but one occurrence of a word begins.
fn nth_last(text: &str, word: &str) -> Option<usize> {
    let last = text.rfind(word)?;
    text.get(..last)?.rfind(word)
}

/// `... [TCP Retransmission]`: the text before the last note, and the note.
fn last_note(text: &str) -> Option<(&str, &str)> {
    let text = text.trim_end();
    let inner = text.strip_suffix(']')?;
    let at = inner.rfind('[')?;
    Some((inner.get(..at)?, inner.get(at + 1..)?))
}

/// `80`, `http`, `http(80)`.
fn port(word: &str) -> Option<String> {
    let word = word.trim_start_matches(['"', '\'', '`', '|']);
    let number = word.split_once('(').map(|(_, number)| number.trim_end_matches(')'));
    let word = number.filter(|number| number.parse::<u16>().is_ok()).unwrap_or(word);
    (is_port(word) && !word.is_empty()).then(|| word.to_owned())
}

/// `SYN, ACK`; `None` when there is anything else in it.
pub(super) fn flags(list: &str) -> Option<u8> {
    if matches!(list.trim(), "<None>" | "None") {
        return Some(0);
    }
    if list.len() > 64 {
        return None;
    }
    list.split([',', ' ', '+', '/']).filter(|flag| !flag.is_empty()).try_fold(
        None,
        |flags: Option<u8>, flag| {
            let flag = match flag {
                "SYN" => SYN,
                "ACK" => ACK,
                "FIN" => FIN,
                "RST" => RST,
                "PSH" => PSH,
                "URG" => URG,
                "ECE" | "ECN" | "CWR" | "NS" | "AE" | "Reserved" => 0,
                _ => return None,
            };
            Some(Some(flags.unwrap_or(0) | flag))
        },
    )?
}

/// `Seq=0 Ack=1 Win=5840 Len=0 MSS=1460 WS=128 SACK_PERM TSval=1 TSecr=2 SLE=0 SRE=1`.
fn fields(flags: u8, rest: &str) -> Body {
    let mut body = Body::new(flags);
    body.relative = true;
    let field = |names: &[&str]| {
        rest.split([' ', ',', '"']).find_map(|word| {
            let (name, value) = word.split_once('=')?;
            names.contains(&name).then_some(value)
        })
    };
    let number = |names: &[&str]| field(names).and_then(leading::<u32>);
    body.seq = number(&["Seq"]);
    body.ack = number(&["Ack"]).filter(|_| flags & ACK != 0);
    body.payload_len = number(&["Len"]);
    body.cut = body.payload_len.is_none();
    if flags & SYN != 0 {
        // The windows of other segments are shown scaled.
        body.window = number(&["Win"]).and_then(|window| u16::try_from(window).ok());
    }
    let options = &mut body.options;
    options.incomplete = body.cut;
    options.mss = number(&["MSS"]).and_then(|mss| u16::try_from(mss).ok());
    options.sack_permitted = rest.contains("SACK_PERM");
    let is_old = rest.contains("TSV=");
    options.window_scale = number(&["WS"]).map(|scale| {
        // Versions that write TSV show the shift, later ones the factor.
        let shift = if is_old && scale <= 14 { scale } else { scale.checked_ilog2().unwrap_or(0) };
        u8::try_from(shift).unwrap_or(14)
    });
    stamped(options, number(&["TSval", "TSV"]), number(&["TSecr", "TSER"]));
    let block = number(&["SLE"]).zip(number(&["SRE"]));
    sacked(options, block, body.ack);
    options.md5 = rest.contains("MD5");
    options.fast_open = rest.contains("TFO=");
    body
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_old_and_new() {
        let old = read("TCP 74 64866 > http [SYN] Seq=0 Win=5840 Len=0 MSS=1460 WS=8 SACK_PERM=1 TSval=988669132 TSecr=0").unwrap();
        assert_eq!(
            (old.src_port.as_str(), old.dst_port.as_str(), old.body.flags),
            ("64866", "http", SYN)
        );
        assert_eq!((old.before.trim(), old.body.options.window_scale), ("TCP 74", Some(3)));
        let again = read("TCP 74 [TCP Out-Of-Order] [TCP Retransmission] 80 → 43313 [SYN, ACK] Seq=0 Ack=1 Win=65160 Len=0 MSS=1460 SACK_PERM WS=1024").unwrap();
        assert_eq!((again.before.trim(), again.body.flags), ("TCP 74", SYN | ACK));
        assert_eq!(again.body.options.window_scale, Some(10));
        let dup =
            read("66 [TCP Dup ACK 3#1] 64866 > http [ACK] Seq=1 Ack=1 Win=5840 Len=0 SLE=0 SRE=1")
                .unwrap();
        assert_eq!((dup.body.options.dsack, dup.body.window), (Some((0, 1)), None));
        let cut = read("TCP 54 http > 64866 [RST] Seq=1 W").unwrap();
        assert!(cut.body.cut && cut.body.flags == RST);
        assert!(
            read("[TCP Port numbers reused] 80 -> 80 [SYN] Seq=0 Win=1 Len=0").unwrap().body.renews
        );
        assert_eq!(
            read("10 http(80) > x11(6000) [PSH, ACK] Seq=1 Ack=1 Win=1 Len=5").unwrap().dst_port,
            "6000"
        );
        for other in ["a > b [SYN]", "see [SYN, ACK]", "1 > 2 [more]", "[", "]["] {
            assert!(read(other).is_none(), "{other}");
        }
    }
}
