//! The plain output of other tools, taken on the server of a scenario and pasted into one text: what
//! can be seen in it leads to the same finding.

use std::fmt::Write as _;
use std::process::{Command, Output, Stdio};

use synrecv_faults::scenario::Scenario;
use synrecv_faults::{Namespace, Outcome, Running};
use synrecv_tests::{Scratch, doctor};

use crate::captures::Judged;

/// What a customer is asked for, without captures and without rules of netfilter.
const OUTPUTS: &[&str] = &[
    "ss -tanoem",
    "netstat -anto",
    "ip addr",
    "ip route show table all",
    "ip rule",
    "ip -6 rule",
    "ip -s neigh",
    "arp -n",
    "route -n",
    "sysctl -a",
];

/// Read twice: what moves in between tells most.
const COUNTERS: &str = "nstat -asz";

/// Text as it would be pasted, prompts and all.
pub(crate) struct Ticket {
    text: String,
}

impl Ticket {
    /// The counters as they are before anything else is looked at.
    pub(crate) fn start(running: &Running) -> Self {
        let mut ticket = Self { text: "The clients hang, please help:\n\n".to_owned() };
        ticket.paste(running.server(), COUNTERS);
        ticket
    }

    fn paste(&mut self, server: &Namespace, line: &str) {
        let mut words = line.split_whitespace();
        let mut command = Command::new(words.next().expect("a command has a name"));
        command.args(words).env("LC_ALL", "C").env("PATH", search_path());
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        let child = server.spawn(command, None);
        let child = child.unwrap_or_else(|error| panic!("`{line}`: {error}: cargo xtask test"));
        let output = child.wait_with_output().expect("it is our child");
        let said = String::from_utf8_lossy(&output.stdout);
        let kept = said.lines().filter(|words| line != "sysctl -a" || is_asked(words));
        let _ = writeln!(self.text, "root@server:~# {line}");
        for words in kept {
            let _ = writeln!(self.text, "{words}");
        }
    }

    /// Takes the rest, and has the doctor judge all of it, in no namespace of the scenario.
    pub(crate) fn judge(mut self, running: &Running, scenario: &Scenario) -> Judged {
        let server = running.server();
        for line in OUTPUTS {
            self.paste(server, line);
        }
        self.paste(server, COUNTERS);
        let scratch = Scratch::new();
        let file = scratch.path().join("ticket.txt");
        std::fs::write(&file, &self.text).expect("a file in a directory of our own");
        if let Some(directory) = std::env::var_os("SYNRECV_LAB_CAPTURES") {
            let directory = std::path::PathBuf::from(directory).join(scenario.id);
            std::fs::create_dir_all(&directory).expect("the directory can be written");
            std::fs::copy(&file, directory.join("ticket.txt")).expect("a copy of the ticket");
        }
        let answer = Command::new(doctor()).args(["--format", "json"]).arg(&file).output();
        let answer = answer.expect("the doctor can be started");
        let (is_gap, differences) = compare(scenario, &answer);
        Judged { mode: "pasted".to_owned(), of_server: true, answer, is_gap, differences }
    }
}

/// `arp` and `route` are where administrators' programs are.
fn search_path() -> std::ffi::OsString {
    let mut path = std::env::var_os("PATH").unwrap_or_default();
    path.push(":/usr/sbin:/sbin");
    path
}

/// Settings that bear on handshakes.
fn is_asked(line: &str) -> bool {
    let keys = [
        "rp_filter",
        "proxy_arp",
        "arp_ignore",
        "arp_announce",
        "arp_filter",
        "syncookies",
        "synack_retries",
        "somaxconn",
        "max_syn_backlog",
        "abort_on_overflow",
        "nf_conntrack_count",
        "nf_conntrack_max",
        "accept_local",
        "src_valid_mark",
    ];
    keys.iter().any(|key| line.contains(key))
}

/// Right, or no more than that it cannot tell. A text has one moment, so what is found in it is less
/// sure; what is wrong must not be likely, and a healthy host has no finding.
fn compare(scenario: &Scenario, answer: &Output) -> (bool, Vec<String>) {
    let Some(found) = Outcome::from_report(&answer.stdout, answer.status.code()) else {
        return (false, vec![format!("no report ({})", answer.status)]);
    };
    let expect = &scenario.expect;
    if !expect.is_fault() {
        let is_gap = found.status.as_deref() == Some("unexplained");
        let alarms: Vec<String> = found
            .findings
            .iter()
            .filter(|(_, severity)| severity != "info")
            .map(|(id, severity)| format!("a healthy host: {id} ({severity})"))
            .collect();
        return (is_gap && alarms.is_empty(), alarms);
    }
    let leading = found.finding.as_deref().unwrap_or_default();
    let named = expect.finding == Some(leading)
        || expect.also_accept.contains(&leading)
        || expect.also.iter().any(|(id, _)| *id == leading);
    if named { (false, Vec::new()) } else { (true, expect.overclaims(&found)) }
}
