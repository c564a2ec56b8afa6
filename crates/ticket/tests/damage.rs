//! Nothing that can be pasted makes the reader panic or lose a line.

mod support;

use support::{fixtures, ticket};
use synrecv_ticket::{Cut, Limits, Taken, Unreadable, read, read_all};

/// Octets at the end of a fixture before each of which it is cut.
const TAIL_OCTETS: usize = 20;

/// Other places where a fixture is cut.
const CUTS: usize = 10;

/// Damaged copies of each fixture.
const COPIES: u64 = 12;

/// Reads, and checks what holds for every text.
fn check(name: &str, bytes: &[u8]) {
    let ticket = ticket(bytes);
    let mut last = 0;
    for (number, text, taken) in ticket.lines() {
        assert!(number >= last && number <= last + 1, "{name}: line {number} follows {last}");
        assert_eq!(text, text.trim_end(), "{name}: blanks at the end of line {number}");
        let is_blank = text.trim().is_empty();
        assert!(!is_blank || *taken != Taken::Prose, "{name}: line {number} is blank");
        last = number;
    }
    for piece in &ticket.pieces {
        let (first, end) = piece.lines;
        assert!(0 < first && first <= end && end <= last, "{name}: {first}-{end} of {last}");
        assert!(piece.repaired_count <= piece.row_count, "{name}: {piece:?}");
        assert!(piece.rejected_count == 0 || piece.cut.is_some(), "{name}: {piece:?}");
    }
}

/// Numbers that are the same in every run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: usize) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).expect("31 bits") % end.max(1)
    }
}

#[test]
fn a_text_can_end_anywhere() {
    for (name, bytes) in fixtures() {
        let step = (bytes.len() / CUTS).max(1);
        let tail = bytes.len().saturating_sub(TAIL_OCTETS)..bytes.len();
        for end in (0..bytes.len()).step_by(step).chain(tail) {
            check(&name, &bytes[..end]);
        }
    }
}

#[test]
fn octets_and_lines_can_be_anything() {
    for (name, bytes) in fixtures() {
        let mut numbers = Numbers(0x0005_deec_e66d);
        for copy in 0..COPIES {
            let mut damaged = bytes.clone();
            for _ in 0..=(copy % 4) {
                if damaged.is_empty() {
                    continue;
                }
                let (at, other) = (numbers.below(damaged.len()), numbers.below(damaged.len()));
                let (start, end) = (at.min(other), at.max(other).min(at.min(other) + 200));
                match numbers.below(6) {
                    0 => damaged[at] = u8::try_from(numbers.below(256)).expect("an octet"),
                    1 => drop(damaged.drain(start..end)),
                    2 => {
                        let part = damaged[start..end].to_vec();
                        damaged.splice(other..other, part);
                    }
                    3 => damaged.insert(at, b'\n'),
                    4 => damaged.retain(|octet| *octet != b' '),
                    _ => damaged
                        .iter_mut()
                        .skip(at)
                        .filter(|octet| **octet == b'\n')
                        .take(3)
                        .for_each(|octet| *octet = b' '),
                }
            }
            check(&name, &damaged);
        }
    }
}

#[test]
fn hostile_texts_are_prose() {
    let long = "0.0.0.0:80".repeat(2000);
    let brackets = "[(<{".repeat(4000);
    let prompts = "root@a:~# ".repeat(1500);
    let signs = "$ arp # arp > arp ".repeat(900);
    let rows = "tcp 0 0 0.0.0.0:80 ".repeat(800);
    for text in [
        &long,
        &brackets,
        &prompts,
        &signs,
        &rows,
        "\u{1b}[",
        "\u{1b}]0;",
        "\\",
        "|",
        ">",
        "- ",
        "&gt;",
        "1:",
        "$",
    ] {
        check("hostile", text.as_bytes());
        check("hostile", format!("{text}\n{text}\n\n{text}").as_bytes());
    }
}

#[test]
fn what_is_too_large_is_not_read() {
    let limits = Limits { octets: 100, lines: 10, line_octets: 20, rows: 5, pieces: 5 };
    assert!(matches!(
        read([b'a'; 101], limits),
        Err(Unreadable::TooLarge { limit: 100, unit: "octets" })
    ));
    assert!(matches!(
        read([b'\n'; 20], limits),
        Err(Unreadable::TooLarge { limit: 10, unit: "lines" })
    ));
    let ticket = read([b'a'; 50], limits).expect("one line");
    assert_eq!(ticket.long_lines_count, 1);
    assert_eq!(ticket.lines().map(|(_, text, _)| text.len()).collect::<Vec<_>>(), [20]);
    assert!(read(b"", limits).expect("nothing").pieces.is_empty());
}

#[test]
fn what_is_too_much_is_left_out_and_told() {
    let row = |at: u32| format!("? (192.0.2.{at}) at 02:00:00:00:00:{at:02x} [ether] on eth0\n");
    let text: String = (1..=9).map(row).collect();
    let limits = Limits { rows: 5, ..Limits::default() };
    let ticket = read(&text, limits).expect("small");
    let [piece] = ticket.pieces.as_slice() else { panic!("{:?}", ticket.pieces) };
    assert_eq!((piece.row_count, piece.cut, piece.lines), (5, Some(Cut::TooLong), (1, 9)));

    let text = (1..=4).map(row).fold(String::new(), |text, row| text + "$ arp -an\n" + &row + "\n");
    let limits = Limits { pieces: 3, ..Limits::default() };
    let ticket = read(&text, limits).expect("small");
    assert_eq!((ticket.pieces.len(), ticket.dropped_pieces_count), (3, 1));
    let garbage = "what is this, 12.5 of something else: nothing\n".repeat(250_000);
    assert!(read(&garbage, Limits::default()).expect("small").skipped_lines_count > 1_000);
}

#[test]
fn texts_are_joined_and_no_output_goes_on_into_the_next() {
    let first = "[root@web1 ~]# arp -an\n? (192.0.2.1) at 02:00:00:00:00:01 [ether] on eth0\n";
    let second = "? (192.0.2.2) at 02:00:00:00:00:02 [ether] on eth0\n";
    let ticket = read_all([first, second], Limits::default()).expect("small");
    let lines: Vec<_> = ticket.pieces.iter().map(|piece| piece.lines).collect();
    assert_eq!((lines, &ticket.text_starts[..]), (vec![(1, 2), (3, 3)], &[1, 3][..]));
    assert_eq!(ticket.pieces[1].command, None);
    assert_eq!(ticket.lines().count(), 3);
    let limits = Limits { octets: first.len() + 9, ..Limits::default() };
    assert!(read_all([first, second], limits).is_err());
}
