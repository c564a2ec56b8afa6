//! Capture files instead of the running host.

use std::fs;
use std::path::PathBuf;
use std::process::Stdio;

use serde_json::Value;
use synrecv_tests::Scratch;
use synrecv_tests::schema::violations;

use crate::{Said, doctor_with, run};

const SERVER: [u8; 4] = [192, 0, 2, 80];
const CLIENT: [u8; 4] = [198, 51, 100, 7];
const SYN: u8 = 2;
const SYN_ACK: u8 = 18;
const ACK: u8 = 16;
const HEADER: usize = 24;
/// A record of the file: its header, then Ethernet, IPv4 and TCP without options.
const RECORD: usize = 16 + 14 + 20 + 20;

/// A file without packets.
fn empty() -> Vec<u8> {
    let words = [0xa1b2_c3d4_u32, 0x0002_0004, 0, 0, 262_144, 1];
    words.into_iter().flat_map(u32::to_le_bytes).collect()
}

/// A SYN every second, each with its SYN-ACK to another MAC.
fn pcap(seconds: u32) -> Vec<u8> {
    let mut file = empty();
    for second in 0..seconds {
        record(&mut file, (second, 0), SYN);
        record(&mut file, (second, 40), SYN_ACK);
    }
    file
}

fn record(file: &mut Vec<u8>, (second, us): (u32, u32), flags: u8) {
    for word in [1_700_000_000 + second, us, 54, 54] {
        file.extend(word.to_le_bytes());
    }
    let from_client = flags != SYN_ACK;
    let (to_mac, from_mac, from, to, ports, ttl) = if from_client {
        (0x10, 0x01, CLIENT, SERVER, [40_000_u16, 80], 63)
    } else {
        (0x02, 0x10, SERVER, CLIENT, [80, 40_000], 64)
    };
    file.extend([2, 0, 0, 0, 0, to_mac, 2, 0, 0, 0, 0, from_mac, 8, 0]);
    file.extend([0x45, 0, 0, 40, 0, 0, 0x40, 0, ttl, 6, 0, 0]);
    file.extend(from);
    file.extend(to);
    file.extend(ports.into_iter().flat_map(u16::to_be_bytes));
    let (sequence, acknowledged) = match flags {
        SYN => (100_u32, 0_u32),
        SYN_ACK => (900, 101),
        _ => (101, 901),
    };
    file.extend(sequence.to_be_bytes());
    file.extend(acknowledged.to_be_bytes());
    file.extend([0x50, flags, 0xfa, 0xf0, 0, 0, 0, 0]);
}

struct File {
    path: PathBuf,
    _scratch: Scratch,
}

impl File {
    fn new(content: &[u8]) -> Self {
        let scratch = Scratch::new();
        let path = scratch.path().join("server.pcap");
        fs::write(&path, content).expect("a directory of our own");
        Self { path, _scratch: scratch }
    }

    fn name(&self) -> &str {
        self.path.to_str().expect("a plain name")
    }
}

fn json(said: &Said) -> Value {
    serde_json::from_str(&said.out).unwrap_or_else(|error| panic!("{error}: {said:?}"))
}

#[test]
fn a_capture_is_diagnosed_by_name_and_from_a_pipe() {
    let file = File::new(&pcap(6));
    let by_name = run(&[file.name(), "--format", "json"]);
    let report = json(&by_name);
    assert_eq!(violations(&json(&run(&["schema", "report"])), &report), [""; 0]);
    assert_eq!(report["source"]["kind"], "capture");
    assert_eq!(report["facts"]["capture"]["received_count"], 12);
    assert_eq!(report["facts"]["capture"]["outcomes"]["ack-missing"], 1);
    let mut piped = doctor_with(&["diagnose", "-", "--format", "json"]);
    piped.stdin(Stdio::from(fs::File::open(&file.path).unwrap()));
    let piped = Said::from(piped.output().expect("the doctor can be started"));
    let unnamed = by_name.out.replace("server.pcap", "standard input");
    assert_eq!(piped.out, unnamed);
    let text = run(&[file.name()]);
    let first = text.out.lines().next().unwrap_or_default();
    assert!(first.contains("capture server.pcap  2023-11-14 22:13:20Z  5.0 s"), "{text:?}");
}

#[test]
fn the_handshake_of_a_peer_is_drawn() {
    let file = File::new(&pcap(6));
    let said = run(&[file.name(), "--peer", "198.51.100.0/24", "--width", "80"]);
    let title = "HANDSHAKE  198.51.100.7:40000 to 192.0.2.80:80\n";
    assert!(said.out.contains(title), "{said:?}");
    assert!(said.out.contains("SYN ------------>  from 02:00:00:00:00:01   63"), "{said:?}");
    assert!(said.out.contains("<-------- SYN-ACK  to 02:00:00:00:00:02     64"), "{said:?}");
    let other = run(&[file.name(), "--peer", "203.0.113.1"]);
    assert!(!other.out.contains("HANDSHAKE"), "{other:?}");
}

#[test]
fn its_handshakes_are_a_table() {
    let file = File::new(&pcap(6));
    let said = run(&["sockets", file.name(), "--width", "160"]);
    assert_eq!(said.code, Some(0), "{said:?}");
    assert!(said.out.contains("198.51.100.7:40000  192.0.2.80:80  ack-missing    6"), "{said:?}");
    let table = json(&run(&["sockets", file.name(), "--format", "json"]));
    assert_eq!(violations(&json(&run(&["schema", "table"])), &table), [""; 0]);
    assert_eq!(
        (&table["table"], &table["handshakes"][0]["syn_count"]),
        (&"handshakes".into(), &6.into())
    );
    let other = json(&run(&["sockets", file.name(), "--port", "443", "--format", "json"]));
    assert_eq!(other["handshakes"], Value::Array(Vec::new()));
}

#[test]
fn what_comes_before_the_damage_is_used() {
    let whole = pcap(6);
    let file = File::new(&whole[..HEADER + 10 * RECORD + 20]);
    let report = json(&run(&[file.name(), "--format", "json"]));
    assert_eq!(report["facts"]["capture"]["received_count"], 10);
    assert_eq!(report["facts"]["capture"]["truncated"], true);
    let text = run(&[file.name()]).out;
    assert!(text.contains("frames (not-in-input): the capture ends in the middle of packet 11"));
    let table = run(&["sockets", file.name()]);
    assert!(table.out.contains("the capture ends in the middle of packet 11"), "{table:?}");

    let mut damaged = whole;
    damaged[HEADER + 2 * RECORD + 8..][..4].copy_from_slice(&[0xff; 4]);
    let text = run(&[File::new(&damaged).name()]).out;
    assert!(text.contains("packet 3 of the capture claims to have 4294967295 octets"), "{text}");
}

#[test]
fn where_nothing_can_be_read_the_status_says_so() {
    let whole = pcap(1);
    for (len, complaint) in [
        (HEADER + 20, "packet 1"),
        (HEADER - 4, "header"),
        (2, "not a capture"),
        (0, "not a capture"),
    ] {
        let file = File::new(&whole[..len]);
        let said = run(&[file.name()]);
        assert_eq!((said.code, &said.out[..]), (Some(4), ""), "{len}: {said:?}");
        assert!(said.err.contains(complaint) && said.err.contains(file.name()), "{said:?}");
    }
    // A capture without frames is one that was read.
    assert_eq!(run(&[File::new(&whole[..HEADER]).name()]).code, Some(0));
}

#[test]
fn options_of_the_running_host_do_not_apply() {
    let file = File::new(&pcap(1));
    let name = file.name();
    for args in [
        &[name, "--observe", "1s"][..],
        &[name, "--capture", "on"],
        &[name, "--netns", "1"],
        &["sockets", name, "--observe", "1s"],
        &["sockets", name, "--all"],
        &["sockets", name, "--source", "diag"],
    ] {
        assert_eq!(run(args).code, Some(2), "{args:?}");
    }
}

/// A kernel before 3.1 with a full accept queue: the schedule starts at 3 s, each SYN-ACK is answered.
#[test]
fn an_old_kernel_that_ignores_its_acks_is_named_and_no_prefix_is_blamed() {
    let mut file = empty();
    record(&mut file, (0, 0), SYN);
    for second in [0, 3, 9, 21, 45, 93] {
        record(&mut file, (second, 40), SYN_ACK);
        record(&mut file, (second, 240), ACK);
    }
    let report = json(&run(&[File::new(&file).name(), "--format", "json"]));
    assert_eq!(report["verdict"]["finding"], "ack-ignored-locally", "{report:#}");
    assert_eq!(report["verdict"]["class"], "local", "{report:#}");
    let findings = report["findings"].as_array().expect("a list");
    assert!(findings.iter().all(|finding| finding["id"] != "bad-netmask"), "{report:#}");
    let texts = report["findings"][0]["evidence"].to_string();
    assert!(texts.contains("3 s"), "{texts}");
}
