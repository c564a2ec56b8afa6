//! What the rows of a table begin with: the kinds of their first two words.

/// Characters of a word that are looked at.
const WORD_CHARACTERS: usize = 24;

/// The kinds of the first two words of a line. Rows of one table mostly agree in it, and what goes on
/// with a row rarely looks like the start of one.
pub(super) fn of(text: &str) -> String {
    let mut shape = String::new();
    for word in text.split_whitespace().take(2) {
        push(&mut shape, word);
        shape.push(' ');
    }
    shape
}

/// Where each word of a line begins, and the kinds of it and the next one.
pub(super) fn starts(text: &str) -> Vec<(usize, String)> {
    let mut words = Vec::new();
    let mut last_end = true;
    for (at, character) in text.char_indices() {
        let is_blank = character.is_whitespace();
        if last_end && !is_blank {
            words.push(at);
        }
        last_end = is_blank;
    }
    words.into_iter().map(|at| (at, of(&text[at..]))).collect()
}

/// True when a line begins with the time of a packet, `10:00:00.000001`: that goes on with nothing.
pub(super) fn begins_with_clock(text: &str) -> bool {
    let mut words = text.split([' ', '\t']).filter(|word| !word.is_empty());
    let word = words.next().unwrap_or_default();
    // Alone, or before an address, it can be the last column of the row above.
    if !words.next().is_some_and(|next| next.starts_with(char::is_alphabetic)) {
        return false;
    }
    let Some((clock, fraction)) = word.split_once('.') else { return false };
    let is_number =
        |part: &str| part.len() == 2 && part.bytes().all(|octet| octet.is_ascii_digit());
    clock.split(':').count() == 3
        && clock.split(':').all(is_number)
        && fraction.len() >= 3
        && fraction.bytes().all(|octet| octet.is_ascii_digit())
}

/// A word that begins with a letter is a word; of others, digits and letters count as one each.
fn push(shape: &mut String, word: &str) {
    let is_mac = word.len() == 17 && word.bytes().filter(|octet| *octet == b':').count() == 5;
    if is_mac {
        shape.push('m');
        return;
    }
    if word.starts_with(char::is_alphabetic) {
        shape.push('a');
        return;
    }
    let mut last = None;
    for character in word.chars().take(WORD_CHARACTERS) {
        let kind = match character {
            '0'..='9' => '9',
            letter if letter.is_alphabetic() => 'a',
            other => other,
        };
        if last != Some(kind) {
            shape.push(kind);
        }
        last = Some(kind);
    }
}

#[cfg(test)]
mod tests {
    use super::{begins_with_clock, of};

    #[test]
    fn packets_begin_with_a_clock() {
        assert!(begins_with_clock("10:00:00.000001 IP6 (hlim 255)"));
        assert!(!begins_with_clock("10:00:00 up 3 days") && !begins_with_clock("192.0.2.1 > a"));
        assert!(!begins_with_clock("02:00:00:00:00:01.5") && !begins_with_clock(""));
    }

    #[test]
    fn rows_agree_and_what_goes_on_does_not() {
        assert_eq!(
            of("192.0.2.1  ether 02:00:00:00:00:01 C eth0"),
            of("198.51.100.77 (incomplete) eth0").replace(['(', ')'], "")
        );
        assert_eq!(
            of("10:00:00.000001 IP 192.0.2.1.80 > 192.0.2.2.4711:"),
            of("23:59:59.999999 ARP, Reply")
        );
        assert_eq!(of("  12   0.000049 192.0.2.1 → 192.0.2.2"), of("3 10.5 a"));
        assert_ne!(of("1460,sackOK,TS val 1"), of("10:00:00.000001 IP a"));
        assert_ne!(of("  12   0.000049 192.0.2.1"), of("262144"));
    }
}
