//! Forty columns: no line is longer, unless it is one word or lies in columns of data.

use crate::run;

const WIDTH: usize = 40;

/// First words of commands, which are for copying.
const COMMANDS: [&str; 5] = ["$", "ip", "sysctl", "explain:", "ticket:"];

/// Lines that could have been broken at a blank and were not.
fn too_long(text: &str) -> Vec<&str> {
    let breakable = |line: &str| {
        let words = line.trim_start();
        let first = words.split(' ').next().unwrap_or_default();
        // Two blanks within a line make columns.
        let is_data = words.contains("  ") || COMMANDS.contains(&first);
        // What hangs below a mark or number is indented by it.
        let indent = line.len() - words.len() + first.chars().count() + 1;
        let longest = words.split(' ').map(|word| word.chars().count()).max().unwrap_or(0);
        !is_data && line.chars().count() > WIDTH && longest + indent <= WIDTH
    };
    text.lines().filter(|line| breakable(line)).collect()
}

#[test]
fn prose_keeps_to_the_width() {
    for args in [
        &["demo", "--quiet"][..],
        &["demo"],
        &["demo", "-v"],
        &["explain", "bad-netmask"],
        &["sockets"],
        &["sockets", "--observe", "100ms"],
        &["arp"],
        &["route"],
        &["route", "get", "192.0.2.1", "--from", "127.0.0.1"],
        &["route", "get", "192.0.2.1", "--from", "192.0.2.2"],
        &["route", "get", "2001:db8::1"],
        &["interfaces"],
    ] {
        let said = run(&[args, &["--width", "40", "--color", "never"]].concat());
        assert_eq!(too_long(&said.out), [""; 0], "{args:?}:\n{}", said.out);
    }
}
