//! States of TCP, as tools of any system and language print them.

use synrecv_model::TcpState;

/// The state that a word is the name of.
pub(crate) fn state(word: &str) -> Option<TcpState> {
    let plain = |byte: u8| if byte == b'-' { b'_' } else { byte.to_ascii_uppercase() };
    let is_name =
        |known: &str| known.len() == word.len() && word.bytes().map(plain).eq(known.bytes());
    if let Some((_, state)) = NAMES.iter().find(|(known, _)| is_name(known)) {
        return Some(*state);
    }
    if word.is_ascii() {
        return None;
    }
    let name = word.replace('-', "_");
    // A wrong guess at the encoding spoils only the letters that are not ASCII.
    let skeleton = ascii(&name);
    TRANSLATED
        .iter()
        .find(|(known, _)| *known == name || (skeleton.len() >= 3 && ascii(known) == skeleton))
        .map(|(_, state)| *state)
}

/// The state at the start of a text, and what is behind it. A state can be of two words.
pub(crate) fn leading(text: &str) -> Option<(TcpState, &str)> {
    let text = text.trim_start();
    let end = |text: &str| text.find(char::is_whitespace).unwrap_or(text.len());
    let first = end(text);
    let (word, behind) = text.split_at(first);
    if let Some(state) = state(word) {
        return Some((state, behind));
    }
    let second = behind.trim_start();
    let (other, rest) = second.split_at(end(second));
    if !(word.is_ascii() && other.is_ascii())
        && let Some(state) = state(&format!("{word} {other}"))
    {
        return Some((state, rest));
    }
    // A remark or a full stop stands directly behind it.
    let ends =
        |rest: &str| !rest.starts_with(|c: char| c.is_ascii_alphanumeric() || "_-".contains(c));
    prefix(text).filter(|(_, rest)| ends(rest))
}

/// The state whose name a text without blanks begins with, and what is behind it. Only names that
/// no other one continues.
pub(crate) fn prefix(text: &str) -> Option<(TcpState, &str)> {
    let names = NAMES.iter().chain(TRANSLATED);
    let fits = names.filter(|(name, _)| {
        text.len() >= name.len()
            && text.is_char_boundary(name.len())
            && text
                .bytes()
                .zip(name.bytes())
                .all(|(have, want)| have == want || (have == b'-' && want == b'_'))
    });
    let (name, state) = fits.max_by_key(|(name, _)| name.len())?;
    Some((*state, &text[name.len()..]))
}

/// True for the start of the name of a state, as a cut row ends.
pub(crate) fn is_start(word: &str) -> bool {
    let name = word.replace('-', "_");
    name.len() >= 2 && NAMES.iter().any(|(known, _)| known.starts_with(&name))
}

fn ascii(text: &str) -> String {
    text.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '_' || *c == ' ').collect()
}

use TcpState::{
    Close, CloseWait, Closing, Established, FinWait1, FinWait2, LastAck, Listen, SynRecv, SynSent,
    TimeWait,
};

/// Linux, BusyBox and toybox; `ss`, its `-` as `_`; BSD and macOS; Windows, which is translated in
/// German; net-tools in German, Czech and Portuguese.
const NAMES: &[(&str, TcpState)] = &[
    ("ESTABLISHED", Established),
    ("ESTAB", Established),
    ("VERBUNDEN", Established),
    ("SPOJENO", Established),
    ("ESTABELECIDA", Established),
    ("ESTABELECIDO", Established),
    ("HERGESTELLT", Established),
    ("SYN_SENT", SynSent),
    ("SYN_ENVIADO", SynSent),
    ("SYN_GESENDET", SynSent),
    ("SYN_RECV", SynRecv),
    ("SYN_RCVD", SynRecv),
    ("SYN_RECEIVED", SynRecv),
    ("SYN_RECEBIDO", SynRecv),
    ("SYN_EMPFANGEN", SynRecv),
    ("FIN_WAIT1", FinWait1),
    ("FIN_WAIT_1", FinWait1),
    ("ESPERA_FIN1", FinWait1),
    ("FIN_WARTEN_1", FinWait1),
    ("FIN_WAIT2", FinWait2),
    ("FIN_WAIT_2", FinWait2),
    ("ESPERA_FIN2", FinWait2),
    ("FIN_WARTEN_2", FinWait2),
    ("TIME_WAIT", TimeWait),
    ("WARTEND", TimeWait),
    ("CLOSE", Close),
    ("CLOSED", Close),
    ("UNCONN", Close),
    ("BOUND", Close),
    ("BOUND_INACTIVE", Close),
    ("FECHAR", Close),
    ("CLOSE_WAIT", CloseWait),
    ("ESPERANDO_FECHAR", CloseWait),
    ("SCHLIESSEN_WARTEN", CloseWait),
    ("LAST_ACK", LastAck),
    ("LETZTE_ACK", LastAck),
    ("LISTEN", Listen),
    ("LISTENING", Listen),
    ("CLOSING", Closing),
    ("FECHANDO", Closing),
];

/// Names with letters that are not ASCII.
const TRANSLATED: &[(&str, TcpState)] = &[
    ("NASLOUCHÁ", Listen),
    ("OUÇA", Listen),
    ("ABHÖREN", Listen),
    ("ZAVŘEN", Close),
    ("ZAVÍRÁ", Closing),
    ("POSLEDNÍ ACK", LastAck),
    ("ÚLTIMO_ACK", LastAck),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_many_tools() {
        for (word, is) in [
            ("SYN_RECV", SynRecv),
            ("SYN-RECV", SynRecv),
            ("syn-recv", SynRecv),
            ("SYN_RCVD", SynRecv),
            ("SYN_RECEIVED", SynRecv),
            ("SYN_RECEBIDO", SynRecv),
            ("OUÇA", Listen),
            ("OU\u{fffd}A", Listen),
            ("NASLOUCHÁ", Listen),
            ("FIN-WAIT-1", FinWait1),
            ("FIN_WAIT2", FinWait2),
            ("LISTENING", Listen),
            ("ESTAB", Established),
            ("VERBUNDEN", Established),
        ] {
            assert_eq!(state(word), Some(is), "{word}");
        }
        for word in ["", "-", "SYN", "UNKNOWN", "80", "é", "(LISTEN)"] {
            assert_eq!(state(word), None, "{word}");
        }
    }

    #[test]
    fn a_state_of_two_words() {
        assert_eq!(leading("POSLEDNÍ ACK  12/a"), Some((LastAck, "  12/a")));
        assert_eq!(leading("  LISTEN 12/a"), Some((Listen, " 12/a")));
        assert_eq!(leading("LISTEN"), Some((Listen, "")));
        assert_eq!(leading("SYN_RECV，而"), Some((SynRecv, "，而")));
        assert_eq!(leading("LISTEN12/a"), None);
        assert_eq!(leading("12/a LISTEN"), None);
        assert_eq!(leading(""), None);
    }

    #[test]
    fn a_state_without_blanks_behind_it() {
        assert_eq!(prefix("SYN_RECVtcp00"), Some((SynRecv, "tcp00")));
        assert_eq!(prefix("SYN-RECV00192"), Some((SynRecv, "00192")));
        assert_eq!(prefix("CLOSE_WAIT-"), Some((CloseWait, "-")));
        assert_eq!(prefix("FIN_WAIT212/a"), Some((FinWait2, "12/a")));
        assert_eq!(prefix("LISTEN状态"), Some((Listen, "状态")));
        assert_eq!(prefix("状态"), None);
        assert!(is_start("SYN_RE") && is_start("ESTA") && !is_start("S") && !is_start("-"));
    }
}
