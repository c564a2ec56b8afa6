//! `ip neigh`, in words, brief, as JSON, and by BusyBox.

use synrecv_model::{Foreign, Nud, Text, text};

use super::arp::reading;
use super::ip_command::{IpCommand, Object};
use super::json::{self, Members, Told};
use super::table::words;
use super::{Format, Sees, Table};
use crate::token::{address, link, number};
use crate::{Command, Content, Cut, Kind, Line, NeighbourRow, Taken};

/// The neighbour tables, by `ip neigh`.
#[derive(Debug)]
pub(super) struct IpNeigh;

impl Format for IpNeigh {
    fn kind(&self) -> Kind {
        Kind::IpNeigh
    }

    fn is_printed_by(&self, command: &Command) -> bool {
        IpCommand::new(command).is_some_and(|asked| asked.object == Object::Neighbour)
    }

    fn sees(&self, line: &str, inside: bool) -> Sees {
        let words = words(line);
        match entry(&words, inside) {
            Some(_) => Sees::Row,
            None if inside && is_remark(&words) => Sees::Aside,
            None => json::sees(line, inside, Told::Neighbours),
        }
    }

    fn split(&self, line: &str) -> Option<Vec<String>> {
        split(line)
    }

    fn read(&self, lines: &[Line], command: Option<&Command>) -> Table {
        let asked = command.and_then(IpCommand::new);
        let device = asked.as_ref().and_then(|asked| asked.value("dev"));
        let mut rows: Vec<NeighbourRow> = Vec::new();
        let mut take = |line: u32, mut entry: NeighbourRow| {
            entry.line = line;
            entry.device = entry.device.take().or_else(|| device.map(str::to_owned));
            let reading = reading(&entry);
            rows.push(entry);
            reading
        };
        let (taken, mut cut) = if json::is_json(lines) {
            json::read(lines, |line, members| Ok(take(line, from_json(members)?)))
        } else {
            let taken = lines.iter().map(|line| {
                let words = words(&line.text);
                match entry(&words, true) {
                    Some(entry) => Taken::Row(take(line.number, entry)),
                    None if is_remark(&words) => Taken::Aside("an answer without entries"),
                    None => Taken::Rejected(text!["not an entry of a neighbour table"]),
                }
            });
            (taken.collect(), None)
        };
        let part = asked.is_some_and(|asked| {
            asked
                .words
                .iter()
                .any(|word| !matches!(word.as_str(), "all" | "nud" | "show" | "proxy"))
        });
        cut = cut.or(part.then_some(Cut::Filtered));
        let mut table = Table::new(Content::Neighbours(rows), taken);
        table.cut = cut;
        table.notes.push(text!["a neighbour table holds one link-layer address for each address"]);
        table
    }
}

/// The state that a word of `ip neigh` means.
fn nud(word: &str) -> Option<Nud> {
    Some(match word {
        "PERMANENT" => Nud::Permanent,
        "NOARP" => Nud::NoArp,
        "REACHABLE" => Nud::Reachable,
        "STALE" => Nud::Stale,
        "DELAY" => Nud::Delay,
        "PROBE" => Nud::Probe,
        "FAILED" => Nud::Failed,
        "INCOMPLETE" => Nud::Incomplete,
        "NONE" => Nud::None,
        _ => return None,
    })
}

/// `1/2/3`: seconds since used, confirmed, updated; `probes` can stand behind without a blank.
fn ages(word: &str) -> Option<[u32; 3]> {
    let mut parts =
        word.strip_suffix("probes").unwrap_or(word).split('/').map(|part| part.parse().ok());
    Some([parts.next()??, parts.next()??, parts.next()??])
}

fn empty(address: std::net::IpAddr) -> NeighbourRow {
    NeighbourRow {
        line: 0,
        address,
        device: None,
        mac: None,
        state: None,
        router: false,
        proxy: false,
        ages_s: None,
        probes_count: None,
    }
}

/// An entry. `inside` of a table, less is asked of a row.
fn entry(words: &[&str], inside: bool) -> Option<NeighbourRow> {
    let (first, rest) = words.split_first()?;
    let mut entry = empty(address::ip(first)?);
    if brief(rest, inside, &mut entry) {
        return Some(entry);
    }
    let mut has_link_layer = false;
    let mut unknown_count = 0;
    let mut rest = rest.iter().copied();
    while let Some(word) = rest.next() {
        match word {
            "dev" => {
                let device = rest.next().filter(|word| link::is_device(word))?;
                entry.device = Some(device.to_owned());
            }
            "lladdr" => {
                entry.mac = rest.next().and_then(link::mac).filter(|mac| !mac.is_zero());
                has_link_layer = true;
            }
            "router" => entry.router = true,
            "proxy" => entry.proxy = true,
            "extern_learn" | "extern_valid" | "managed" | "offload" | "sticky" | "self" => {}
            "ref" | "proto" | "protocol" | "nhid" | "vlan" => {
                rest.next();
            }
            "used" => {
                let word = rest.next()?;
                entry.ages_s = Some(ages(word)?);
                if word.ends_with("probes") {
                    entry.probes_count = rest.next().and_then(number::any32);
                }
            }
            "probes" => entry.probes_count = rest.next().and_then(number::any32),
            // Of a route.
            "via" | "scope" | "src" | "metric" | "from" | "uid" | "table" | "cache" | "onlink" => {
                return None;
            }
            // Several words are several bits: the last is the state that holds.
            word => match nud(word) {
                Some(state) => entry.state = Some(state),
                // The next entry.
                None if address::net(word).is_some() => return None,
                None => unknown_count += 1,
            },
        }
    }
    let is_told =
        entry.state.is_some() || entry.proxy || (has_link_layer && entry.device.is_some());
    let fits = if inside {
        is_told || has_link_layer
    } else {
        unknown_count == 0 && is_told && (has_link_layer || entry.device.is_some())
    };
    fits.then_some(entry)
}

/// Fills in what stands without keywords (`-br`): device and link-layer address, either of which
/// may be missing. False when the row is not of that shape.
fn brief(rest: &[&str], inside: bool, entry: &mut NeighbourRow) -> bool {
    let (device, mac) = match rest {
        [device, last] if link::is_device(device) => (Some(*device), link::mac(last)),
        [only] if inside && link::mac(only).is_some() => (None, link::mac(only)),
        [only] if inside && link::is_device(only) && nud(only).is_none() && *only != "proxy" => {
            entry.device = Some((*only).to_owned());
            return true;
        }
        _ => return false,
    };
    if let Some(mac) = mac {
        entry.mac = Some(mac).filter(|mac| !mac.is_zero());
        entry.device = device.map(str::to_owned);
    }
    mac.is_some()
}

fn is_remark(words: &[&str]) -> bool {
    matches!(
        words,
        ["Error:", ..] | ["RTNETLINK", "answers:", ..] | ["Dump", "terminated"] | ["[]"]
    )
}

/// An entry of `ip -j neigh`.
fn from_json(members: &Members) -> Result<NeighbourRow, Text> {
    let word = json::string(members, "dst").unwrap_or_default();
    let address = address::ip(word)
        .ok_or_else(|| text!["no address of a neighbour but ", Foreign(word.to_owned())])?;
    let mut entry = empty(address);
    entry.device = json::string(members, "dev").map(str::to_owned);
    entry.mac = json::string(members, "lladdr").and_then(link::mac).filter(|mac| !mac.is_zero());
    entry.state = json::strings(members, "state").filter_map(nud).last();
    entry.router = json::has(members, "router");
    entry.proxy = json::has(members, "proxy");
    let age = |key| json::number32(members, key);
    entry.ages_s =
        age("used").zip(age("confirmed")).zip(age("updated")).map(|((a, b), c)| [a, b, c]);
    entry.probes_count = age("probes");
    Ok(entry)
}

/// Several entries in one line: each ends with its state.
fn split(line: &str) -> Option<Vec<String>> {
    let words: Vec<&str> = line.split_whitespace().collect();
    let ends = |at: usize| {
        let next = words.get(at + 1);
        nud(words[at]).is_some() && next.is_none_or(|word| nud(word).is_none())
    };
    if words.iter().filter(|word| nud(word).is_some()).count() < 2 {
        return None;
    }
    let mut parts = Vec::new();
    let mut start = 0;
    let mut rows_count = 0;
    for at in 0..words.len() {
        if !ends(at) {
            continue;
        }
        let part = &words[start..=at];
        // Text before the first entry.
        let row_at = (0..part.len()).find(|row_at| entry(&part[*row_at..], false).is_some())?;
        if row_at > 0 {
            parts.push(part[..row_at].join(" "));
        }
        parts.push(part[row_at..].join(" "));
        rows_count += 1;
        start = at + 1;
    }
    if start < words.len() {
        parts.push(words[start..].join(" "));
    }
    (rows_count >= 2).then_some(parts)
}

#[cfg(test)]
mod tests;
