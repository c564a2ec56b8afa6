//! What is done with the octets that a fuzzer makes: the whole way from a file to a diagnosis, less the
//! files. Each target is a function that must return, whatever it is given.

use std::io::Write as _;
use std::ops::ControlFlow;

use flate2::Compression;
use flate2::write::GzEncoder;
use synrecv_frames::file::read_limited;
use synrecv_frames::{Excerpt, Limits, observed, printed};
use synrecv_model::Foreign;
use synrecv_ticket::{Kind, Taken, Ticket, hosts};

/// Octets of an input behind which nothing is looked at: more of the same takes longer and finds nothing.
const INPUT_MAX: usize = 64 << 10;

/// The first line of a bundle of the schema that is read.
const HEADER: &[u8] = b"{\"schema\":\"synrecv-doctor/bundle/1\",\"written_by\":\"fuzz\"}\n";

/// Commands that print each format, by which a text begins that is nothing but its output.
const COMMANDS: &[&str] = &[
    "netstat -tanop",
    "ss -tanoemi",
    "cat /proc/net/tcp",
    "cat /proc/net/tcp6",
    "arp -an",
    "ip neigh show",
    "cat /proc/net/arp",
    "route -n",
    "netstat -rn",
    "ip -d route show table all",
    "cat /proc/net/route",
    "ip route get 192.0.2.1",
    "ip rule show",
    "ip -s -d addr show",
    "ip -j addr show",
    "ifconfig -a",
    "traceroute -n 192.0.2.1",
    "tracepath 192.0.2.1",
    "mtr -r 192.0.2.1",
    "arping -D 192.0.2.1",
    "tcpdump -nnvvXe",
    "tshark -V",
    "tshark",
    "netstat -s",
    "nstat -az",
    "cat /proc/net/netstat",
    "cat /proc/net/snmp6",
    "sysctl -a",
    "iptables -nvL --line-numbers",
    "iptables-save -c",
    "nft -a list ruleset",
    "nft -j list ruleset",
    "conntrack -L -o extended",
    "conntrack -S",
    "cat /proc/net/nf_conntrack",
    "cat /proc/net/stat/nf_conntrack",
    "dmesg -T",
    "",
];

/// A text pasted into a ticket.
pub fn ticket(input: &[u8]) {
    let Some(input) = input.get(..input.len().min(INPUT_MAX)) else { return };
    let Ok(ticket) = synrecv_ticket::read(input, synrecv_ticket::Limits::default()) else { return };
    check(&ticket);
    for host in hosts(&ticket) {
        let mut facts = host.facts;
        if host.frames.is_empty() {
            let _ = synrecv_checks::diagnose(&facts, &host.observation);
            continue;
        }
        let excerpt = Excerpt { cut: host.frames_are_cut, lost_count: None };
        let (seen, observation) =
            observed(printed(&host.frames, excerpt), Foreign("fuzz".to_owned()));
        facts.host.started_at = seen.host.started_at;
        let _ = synrecv_checks::diagnose(&facts, &observation);
        let _ = synrecv_checks::diagnose(&seen, &observation);
    }
}

/// The output of one command, chosen by the first octet.
pub fn format(input: &[u8]) {
    let Some((&first, rest)) = input.split_first() else { return };
    let command = COMMANDS[usize::from(first) % COMMANDS.len()];
    let mut text = format!("[root@web1 ~]# {command}\n").into_bytes();
    text.extend_from_slice(rest);
    ticket(&text);
}

/// A bundle: as it is, or, where it does not begin as one, the JSON behind its first line.
pub fn bundle(input: &[u8]) {
    let packed;
    let input = if synrecv_bundle::is_gzip(input) {
        input
    } else {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::none());
        let written = encoder.write_all(HEADER).and_then(|()| encoder.write_all(input));
        let Ok(all) = written.and_then(|()| encoder.finish()) else { return };
        packed = all;
        &packed
    };
    if let Ok(bundle) = synrecv_bundle::read(input) {
        let _ = synrecv_checks::diagnose(&bundle.facts, &bundle.observation);
    }
}

/// A capture file.
pub fn capture(input: &[u8]) {
    let Ok(file) = read_limited(input, Limits::FILE, |_| ControlFlow::Continue(())) else {
        return;
    };
    let (facts, observation) = observed(file, Foreign("fuzz".to_owned()));
    let _ = synrecv_checks::diagnose(&facts, &observation);
}

/// What holds for every text that was read.
fn check(ticket: &Ticket) {
    let mut last = 0;
    for (number, text, taken) in ticket.lines() {
        assert!(number >= last && number <= last + 1, "line {number} follows {last}");
        assert!(!text.trim().is_empty() || *taken != Taken::Prose, "line {number} is blank");
        last = number;
    }
    for piece in &ticket.pieces {
        let (first, end) = piece.lines;
        assert!(0 < first && first <= end && end <= last, "{first}-{end} of {last}");
        assert!(piece.repaired_count <= piece.row_count, "{piece:?}");
        assert!(piece.rejected_count == 0 || piece.cut.is_some(), "{piece:?}");
        assert!(Kind::ALL.contains(&piece.kind), "{piece:?}");
    }
}
