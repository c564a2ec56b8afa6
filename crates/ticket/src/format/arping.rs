//! `arping` of iputils, Thomas Habets and BusyBox: every answer, where a table keeps one.

use std::net::IpAddr;

use synrecv_model::{Foreign, Mac, Text, text};

use super::{Format, Sees, Table};
use crate::token::{address, link, number};
use crate::{Answer, Command, Content, Kind, Line, Name, Taken};

/// Answers to ARP questions.
#[derive(Debug)]
pub(super) struct Arping;

impl Format for Arping {
    fn kind(&self) -> Kind {
        Kind::Arping
    }

    fn is_printed_by(&self, command: &Command) -> bool {
        matches!(command.program.as_str(), "arping" | "arping2")
    }

    fn sees(&self, line: &str, inside: bool) -> Sees {
        let words: Vec<&str> = line.split_whitespace().collect();
        if title(&words).is_some() {
            Sees::Title
        } else if answer(&words).is_some() {
            Sees::Row
        } else if inside && is_aside(&words) {
            Sees::Aside
        } else {
            Sees::Nothing
        }
    }

    fn read(&self, lines: &[Line], command: Option<&Command>) -> Table {
        let mut device = command.and_then(asked_device);
        let mut rows: Vec<Answer> = Vec::new();
        let mut target: Option<IpAddr> = None;
        let mut asked_count = 0_u32;
        let taken = lines.iter().map(|line| {
            let words: Vec<&str> = line.text.split_whitespace().collect();
            if let Some((asked, name)) = title(&words) {
                target = Some(asked);
                device = name.or_else(|| device.take());
                asked_count += 1;
                return Taken::Title;
            }
            match answer(&words) {
                Some((address, mac, delay_us)) => {
                    let row = Answer {
                        line: line.number,
                        address,
                        mac,
                        delay_us,
                        device: device.clone(),
                    };
                    let reading = reading(&row);
                    rows.push(row);
                    Taken::Row(reading)
                }
                None if is_aside(&words) => Taken::Aside("a question without an answer, or counts"),
                None => Taken::Rejected(text!["not an answer of arping"]),
            }
        });
        let taken = taken.collect();
        let mut notes = Vec::new();
        if rows.is_empty() && asked_count > 0 {
            notes.push(match target {
                Some(target) => text!["nobody answered for ", target],
                None => text!["nobody answered"],
            });
        }
        let mut table = Table::new(Content::Answers(rows), taken);
        table.notes = notes;
        table
    }
}

/// `ARPING 192.0.2.1 from 192.0.2.10 eth0`: what is asked for, and by which device.
fn title(words: &[&str]) -> Option<(IpAddr, Option<Name>)> {
    let ["ARPING", target, rest @ ..] = words else {
        return None;
    };
    let target = address::ip(target)?;
    let device = match rest {
        ["from", _, device, ..] => Some(*device).filter(|word| link::is_device(word)),
        _ => None,
    };
    Some((target, device.map(str::to_owned)))
}

/// Who answered for which address, after how many microseconds.
fn answer(words: &[&str]) -> Option<(IpAddr, Mac, Option<u32>)> {
    match words {
        // `Unicast reply from 192.0.2.1 [02:00:5E:10:00:FE]  0.524ms`.
        ["Unicast" | "Broadcast", "reply" | "request", "from", address, mac, rest @ ..] => {
            let delay = rest.iter().find_map(|word| duration(word.strip_suffix("ms")?, 1_000));
            Some((address::ip(address)?, bracketed(mac)?, delay))
        }
        // `42 bytes from 02:00:5e:10:00:fe (192.0.2.1): index=0 time=1.204 msec`.
        [_, "bytes", "from", first, second, rest @ ..] => {
            let (mac, address) = match (link::mac(first), address::ip(first)) {
                (Some(mac), _) => (mac, address::ip(bare(second))?),
                (None, Some(address)) => (link::mac(bare(second))?, address),
                (None, None) => return None,
            };
            let at = rest.iter().position(|word| word.starts_with("time="));
            let delay = at.and_then(|at| {
                let unit = match *rest.get(at + 1)? {
                    "usec" => 1,
                    "msec" => 1_000,
                    "sec" => 1_000_000,
                    _ => return None,
                };
                duration(rest[at].strip_prefix("time=")?, unit)
            });
            Some((address, mac, delay))
        }
        _ => None,
    }
}

fn bare(word: &str) -> &str {
    word.trim_end_matches(':').trim_start_matches('(').trim_end_matches(')')
}

fn bracketed(word: &str) -> Option<Mac> {
    link::mac(word.strip_prefix('[')?.strip_suffix(']')?)
}

/// `0.524` in units of so many microseconds.
fn duration(word: &str, unit: u64) -> Option<u32> {
    let (whole, part) = word.split_once('.').unwrap_or((word, ""));
    let mut microseconds = number::decimal(whole)?.checked_mul(unit)?;
    let mut unit = unit;
    for digit in part.bytes() {
        unit /= 10;
        microseconds = microseconds
            .checked_add(u64::from(digit.checked_sub(b'0').filter(|digit| *digit < 10)?) * unit)?;
    }
    microseconds.try_into().ok()
}

fn is_aside(words: &[&str]) -> bool {
    matches!(
        words,
        ["Sent" | "Received", _, ..]
            | ["Timeout"]
            | ["---", _, "statistics", "---"]
            | ["rtt", ..]
            | [_, "packets", "transmitted,", ..]
    ) || words.first().is_some_and(|word| *word == "arping:")
}

/// `-I eth0` of iputils and BusyBox, `-i eth0` of Habets.
fn asked_device(command: &Command) -> Option<Name> {
    let at = command.args.iter().position(|arg| arg == "-I" || arg == "-i")?;
    command.args.get(at + 1).filter(|word| link::is_device(word)).cloned()
}

fn reading(row: &Answer) -> Text {
    let mut reading = text![row.address, " is ", row.mac];
    if let Some(delay) = row.delay_us {
        reading.push(text![" after ", delay, " us"]);
    }
    if let Some(device) = &row.device {
        reading.push(text![" on ", Foreign(device.clone())]);
    }
    reading
}

#[cfg(test)]
mod tests {
    use super::Arping;
    use crate::format::fixture::read;
    use crate::format::{Format, Sees};
    use crate::{Answer, Content, Taken};

    fn rows(command: Option<&str>, text: &str) -> Vec<Answer> {
        let table = read(&Arping, command, text);
        assert!(
            table.taken.iter().all(|taken| !matches!(taken, Taken::Rejected(_))),
            "{:?}",
            table.taken
        );
        match table.content {
            Content::Answers(rows) => rows,
            other => panic!("{other:?}"),
        }
    }

    fn shown(row: &Answer) -> String {
        format!("{} {} {:?} {:?}", row.address, row.mac, row.delay_us, row.device)
    }

    #[test]
    fn answers_of_iputils_and_busybox() {
        let rows = rows(
            None,
            "\
ARPING 192.0.2.20 from 192.0.2.10 eth0
Unicast reply from 192.0.2.20 [02:00:5E:10:00:FE]  0.556ms
Unicast reply from 192.0.2.20 [02:00:5e:10:00:2a] 5.163ms
Broadcast reply from 192.0.2.20 [02:00:5E:10:00:2A]  12ms
Sent 2 probes (1 broadcast(s))
Received 3 response(s) (0 request(s), 0 broadcast(s))",
        );
        assert_eq!(
            rows.iter().map(shown).collect::<Vec<_>>(),
            [
                "192.0.2.20 02:00:5e:10:00:fe Some(556) Some(\"eth0\")",
                "192.0.2.20 02:00:5e:10:00:2a Some(5163) Some(\"eth0\")",
                "192.0.2.20 02:00:5e:10:00:2a Some(12000) Some(\"eth0\")",
            ]
        );
    }

    #[test]
    fn answers_of_habets() {
        let rows = rows(
            Some("arping -c 2 -i eth0 192.0.2.20"),
            "\
ARPING 192.0.2.20
60 bytes from 02:00:5e:10:00:fe (192.0.2.20): index=0 time=1.204 msec
42 bytes from 192.0.2.20 (02:00:5e:10:00:2a): index=1 time=520.000 usec
Timeout

--- 192.0.2.20 statistics ---
3 packets transmitted, 2 packets received,  33% unanswered (0 extra)
rtt min/avg/max/std-dev = 0.520/0.862/1.204/0.342 ms"
                .replace("\n\n", "\n")
                .as_str(),
        );
        assert_eq!(
            rows.iter().map(shown).collect::<Vec<_>>(),
            [
                "192.0.2.20 02:00:5e:10:00:fe Some(1204) Some(\"eth0\")",
                "192.0.2.20 02:00:5e:10:00:2a Some(520) Some(\"eth0\")",
            ]
        );
    }

    #[test]
    fn no_answer_is_a_fact() {
        let table = read(
            &Arping,
            None,
            "ARPING 192.0.2.123 from 192.0.2.10 eth0\nSent 2 probes (2 broadcast(s))\nReceived 0 response(s)",
        );
        assert_eq!((table.content, table.notes.len()), (Content::Answers(Vec::new()), 1));
        for line in [
            "64 bytes from 192.0.2.20: icmp_seq=1 ttl=64 time=0.045 ms",
            "64 bytes from host (192.0.2.20): icmp_seq=1 ttl=64 time=0.045 ms",
            "Sent 2 probes (2 broadcast(s))",
            "rtt min/avg/max/mdev = 0.045/0.045/0.045/0.000 ms",
            "3 packets transmitted, 2 received, 33% packet loss, time 2003ms",
        ] {
            assert_eq!(Arping.sees(line, false), Sees::Nothing, "{line}");
        }
    }
}
