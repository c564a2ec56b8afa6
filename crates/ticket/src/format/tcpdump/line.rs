//! What one line of tcpdump is.

use synrecv_model::PrintedPacket;

use super::error::{self, Error};
use super::segment::{self, Info};
use super::{head, resolution};
use crate::format::frames::ends::PrintedHost;
use crate::format::frames::{Body, Head, PrintedEnd, unescaped};

/// What one line is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Seen {
    Nothing,
    /// `listening on eth0, ...`: the device, unless it is all of them or a file.
    Title(Option<String>),
    /// A warning, or progress.
    Warning,
    /// `12 packets captured`.
    Footer(Footer),
    /// A line of `-x`, `-X`, `-A`.
    Payload,
    /// The first line of `-v`; the ends are on the next one.
    Head(Head),
    /// A segment.
    Segment {
        head: Head,
        src: PrintedEnd,
        dst: PrintedEnd,
        body: Body,
        field: Option<u16>,
    },
    /// A segment without its flags (`-q`).
    Quiet(Head),
    /// An ICMP error about a segment.
    Error {
        head: Head,
        from: PrintedEnd,
        to: PrintedEnd,
        error: Error,
    },
    /// ARP or neighbour discovery.
    Resolution {
        head: Head,
        packet: PrintedPacket,
    },
    /// A frame of something else.
    Other(Head),
}

/// What tcpdump says at its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Footer {
    /// Frames that were printed.
    Captured(u64),
    /// Frames that were lost.
    Dropped(u64),
    /// Anything else.
    Other,
}

/// Two ends with `>` between them.
struct Pair<'a> {
    /// Everything before them.
    before: &'a str,
    src: PrintedEnd,
    dst: PrintedEnd,
    /// The second one ends with a colon.
    closed: bool,
    /// Everything behind them.
    rest: &'a str,
}

/// Reads one line.
pub(super) fn parse(line: &str) -> Seen {
    let line = &*unescaped(line);
    let line = line.trim().trim_start_matches("^C").trim_start();
    if let Some(seen) = notice(line) {
        return seen;
    }
    if is_hex(line) {
        return Seen::Payload;
    }
    if let Some(seen) = arp(line) {
        return seen;
    }
    packet(line).unwrap_or(if is_ascii_dump(line) { Seen::Payload } else { Seen::Nothing })
}

fn packet(line: &str) -> Option<Seen> {
    let pairs = || pairs(line);
    // The innermost one counts: `IP a > b: IP c > d: Flags [S]`.
    let with_info = pairs().filter_map(|pair| segment::read(pair.rest).map(|info| (pair, info)));
    if let Some((pair, info)) = with_info.last() {
        let head = head_before(pair.before, &pair);
        let short = !matches!(&pair.rest.trim_start(), rest if rest.starts_with("Flags"));
        let is_ip = |end: &PrintedEnd| matches!(end.host, PrintedHost::Ip(_)) || end.port.is_some();
        return match info {
            Info::Quiet => Some(Seen::Quiet(head)),
            Info::Segment(_) if short && !(is_ip(&pair.src) && is_ip(&pair.dst)) => None,
            Info::Segment(body) => {
                let field = segment::checksum_field(pair.rest);
                Some(Seen::Segment { head, src: pair.src, dst: pair.dst, body, field })
            }
        };
    }
    let other = pairs().find(|pair| pair.closed);
    if let Some(pair) = other {
        let head = head_before(pair.before, &pair);
        if let Some(error) = error::read(pair.rest, head.is_v6) {
            return Some(Seen::Error { head, from: pair.src, to: pair.dst, error });
        }
        let ip = |end: &PrintedEnd| match end.host {
            PrintedHost::Ip(ip) => Some(ip),
            PrintedHost::Name(_) => None,
        };
        if let Some(packet) = resolution::nd(pair.rest, ip(&pair.src), ip(&pair.dst)) {
            return Some(Seen::Resolution { head, packet });
        }
        let has_ip = pair.before.split_whitespace().any(|word| matches!(word, "IP" | "IP6"));
        // The second line of a packet with -v.
        let alone = pair.before.trim().is_empty() && pair.src.port.is_some();
        return (has_ip || alone || head.frame_len.is_some()).then_some(Seen::Other(head));
    }
    header(line)
}

/// The first line of `-v`: a header and no ends.
fn header(line: &str) -> Option<Seen> {
    let has = |wanted: &str| line.contains(wanted);
    let is_header = (has("(tos ") && has("ttl")) || (has("hlim ") && has("next-header"));
    is_header.then(|| {
        let head = head::read(line, true);
        let other = has("proto ") && !has("TCP (6)") && !has("ICMP (1)") && !has("UDP (17)");
        if other { Seen::Other(head) } else { Seen::Head(head) }
    })
}

/// What stands before a pair. The line begins with it, unless there is prose or an outer packet.
fn head_before(before: &str, pair: &Pair<'_>) -> Head {
    let outer = pairs(before).last().is_some();
    let first = before.split_whitespace().next().unwrap_or_default();
    let exact = first.starts_with(|c: char| c.is_ascii_digit())
        || matches!(first, "In" | "Out" | "IP" | "IP6");
    let mut head = head::read(before, exact);
    if outer {
        head = head.inner();
    }
    let is_v6 = |end: &PrintedEnd| matches!(end.host, PrintedHost::Ip(ip) if ip.is_ipv6());
    head.is_v6 |= is_v6(&pair.src) || is_v6(&pair.dst);
    head
}

/// All pairs of ends of a line, in order.
fn pairs(line: &str) -> impl Iterator<Item = Pair<'_>> {
    line.match_indices(" > ").filter_map(move |(at, separator)| {
        let (before, behind) = (line.get(..at)?, line.get(at + separator.len()..)?.trim_start());
        let left = before.split_whitespace().next_back()?;
        let right = behind.split_whitespace().next()?;
        let rest = behind.get(right.len()..)?;
        Some(Pair {
            before: before.get(..before.rfind(left)?)?,
            src: PrintedEnd::dotted(left)?,
            dst: PrintedEnd::dotted(right)?,
            closed: right.ends_with(':'),
            rest,
        })
    })
}

fn arp(line: &str) -> Option<Seen> {
    let at = ["ARP", "arp ", "Request who-has", "Reply "]
        .into_iter()
        .find_map(|word| line.find(word))?;
    let packet = resolution::arp(line.get(at..)?)?;
    let before = line.get(..at)?;
    let head = head::read(before, before.starts_with(|c: char| c.is_ascii_digit()));
    Some(Seen::Resolution { head, packet })
}

/// What tcpdump says besides frames.
fn notice(line: &str) -> Option<Seen> {
    let bare = line.strip_prefix("tcpdump: ").unwrap_or(line);
    if let Some(device) = bare.strip_prefix("listening on ") {
        let device = device.split([',', ' ']).next().filter(|device| *device != "any");
        return Some(Seen::Title(device.map(str::to_owned)));
    }
    if bare.starts_with("verbose output suppressed") || line.starts_with("reading from file ") {
        return Some(Seen::Title(None));
    }
    if line.starts_with("tcpdump: ")
        || line.starts_with("Warning: interface names")
        || line.starts_with("dropped privs to ")
    {
        return Some(Seen::Warning);
    }
    let (count, what) = line.split_once(' ')?;
    let count: u64 = count.parse().ok()?;
    let what = what.strip_prefix("packets ").or_else(|| what.strip_prefix("packet "))?;
    match what.trim_end() {
        "captured" => Some(Seen::Footer(Footer::Captured(count))),
        "dropped by kernel" | "dropped by interface" => Some(Seen::Footer(Footer::Dropped(count))),
        "received by filter" => Some(Seen::Footer(Footer::Other)),
        _ => None,
    }
}

/// `0x0010:  9f63 fac6`.
fn is_hex(line: &str) -> bool {
    line.strip_prefix("0x").and_then(|rest| rest.split_once(':')).is_some_and(|(offset, _)| {
        (3..=8).contains(&offset.len()) && offset.bytes().all(|octet| octet.is_ascii_hexdigit())
    })
}

/// Octets as text, most of which are dots.
fn is_ascii_dump(line: &str) -> bool {
    let dots = line.bytes().filter(|octet| *octet == b'.').count();
    // Line feeds among the octets leave shreds.
    let shred = (1..=3).contains(&line.len())
        && line.bytes().all(|octet| octet.is_ascii_alphanumeric() || octet == b'{');
    // Text of a request, or octets without a blank between them.
    let text =
        line.starts_with("HTTP/1.") || line.ends_with(" HTTP/1.1") || line.ends_with(" HTTP/1.0");
    let header = line.split_once(": ").is_some_and(|(name, _)| HEADERS.contains(&name));
    let unbroken = line.contains("..") && !line.contains(' ');
    shred
        || text
        || header
        || unbroken
        || line.starts_with("E.")
        || line.starts_with("`.")
        || (dots > 0 && dots * 3 >= line.len())
}

/// Headers of HTTP that stand in the payload of many captures.
const HEADERS: [&str; 20] = [
    "Host",
    "User-Agent",
    "Accept",
    "Accept-Encoding",
    "Accept-Language",
    "Accept-Ranges",
    "Connection",
    "Keep-Alive",
    "Content-Type",
    "Content-Length",
    "Cache-Control",
    "Cookie",
    "Date",
    "ETag",
    "Last-Modified",
    "Location",
    "Referer",
    "Server",
    "Set-Cookie",
    "Transfer-Encoding",
];

/// Words that a row can go on with where it was broken.
const CONTINUATIONS: [&str; 14] = [
    "options", "win", "ack", "seq", "length", "nop", "TS", "val", "ecr", "wscale", "mss", "sackOK",
    "cksum", "Flags",
];

/// A row that was broken goes on with this line.
pub(super) fn is_continuation(line: &str) -> bool {
    let first = line.split([' ', ',']).find(|word| !word.is_empty()).unwrap_or_default();
    CONTINUATIONS.contains(&first)
        || line.contains("link-address option")
        || line.contains(", win ")
        || line.contains(", length ")
        || first.starts_with('<')
        || first.starts_with("[nop")
        || first.starts_with("[mss")
}

/// Takes a line apart that holds several rows.
pub(super) fn split(line: &str) -> Option<Vec<String>> {
    // Two flags at least.
    let marks = line.matches(" > ").count();
    if marks < 2 {
        return None;
    }
    let line = &*unescaped(line);
    let mut starts: Vec<usize> = Vec::new();
    let mut floor = 0;
    for pair in pairs(line) {
        let is_row = segment::read(pair.rest).is_some()
            || (pair.closed && error::read(pair.rest, false).is_some());
        if !is_row
            || pairs(pair.before.get(floor..).unwrap_or_default())
                .next()
                .is_some_and(|outer| segment::read(outer.rest).is_none())
        {
            continue;
        }
        starts.push(floor + start_of(pair.before.get(floor..).unwrap_or_default()));
        floor = line.len() - pair.rest.len();
    }
    if starts.len() < 2 {
        return None;
    }
    let mut parts = Vec::new();
    let before = line.get(..*starts.first()?)?.trim();
    if !before.is_empty() {
        parts.push(before.to_owned());
    }
    let ends = starts.iter().skip(1).copied().chain([line.len()]);
    for (start, end) in starts.iter().zip(ends) {
        parts.push(line.get(*start..end)?.trim().to_owned());
    }
    Some(parts)
}

/// Where the words that belong to a row begin in the text before its ends.
fn start_of(before: &str) -> usize {
    let mut start = before.len();
    let mut words = before.split_whitespace().rev();
    let mut place = before.len();
    for _ in 0..24 {
        let Some(word) = words.next() else { break };
        let Some(at) = before.get(..place).and_then(|text| text.rfind(word)) else { break };
        place = at;
        let bare = word.trim_matches(['`', '|', '(', ')', ',', ':', '"']);
        let is_time = crate::format::frames::clock::stamp(&[bare]).is_some();
        let belongs = is_time
            || matches!(bare, "IP" | "IP6" | "In" | "Out" | "B" | "M" | "P" | "..." | "…")
            || bare.parse::<synrecv_model::Mac>().is_ok();
        if belongs {
            start = at;
        } else if before.get(at..).is_some_and(|text| {
            let next = text.split_whitespace().nth(1);
            matches!(next, Some("In" | "Out"))
        }) {
            // The device.
            start = at;
        } else if !matches!(
            bare,
            ">" | "ethertype" | "IPv4" | "IPv6" | "0x0800" | "0x86dd" | "length" | "ifindex"
        ) && bare.parse::<u32>().is_err()
        {
            break;
        }
        if is_time {
            break;
        }
    }
    start
}
