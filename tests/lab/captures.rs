//! Captures that tcpdump takes on the hosts of a scenario while it runs, and what the doctor says of
//! the files alone.

use std::fs::{self, File};
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, Command, Output, Stdio};

use rustix::process::{Pid, Signal, kill_process};
use synrecv_faults::scenario::Scenario;
use synrecv_faults::{Namespace, Outcome, Running};
use synrecv_tests::{Scratch, doctor};

/// Devices of the server that are captured one by one.
const DEVICES_MAX: usize = 3;

/// What is recorded: handshakes, their resets, ICMP errors, ARP and ND.
const FILTER: &str = "tcp or arp or icmp or icmp6";

/// The bridge that is tapped drops SYN-ACKs behind the tap: as far as a file tells, they left, which
/// is never sure.
const TAPPED_IN_FRONT: [&str; 1] = ["bridge-drops-synack"];

/// Scenarios of which the frames on the server do not show what class of fault it is.
const BEYOND_FRAMES: &[&str] = &[
    // The next hop does not answer, and is asked for at a device that was not captured or not at all.
    "bridge-and-dead-gateway",
    "bridge-over-client",
    "bridge-over-client-v6",
    "empty-bridge-over-client",
    "listener-bound-without-route",
    "wide-mask-no-proxy",
    "wide-prefix-no-proxy-v6",
    // No request stays, or it looks like one of a client that went silent.
    "defer-accept",
    "duplicate-address-resets",
    "listener-closed-reuseport",
    "peer-resets-rst",
    "queue-full-with-cookies",
    "sequential-clients-full-queue",
    // How much a queue holds is not to be seen.
    "syn-queue-full-sysctl",
    // A segment without flags is no part of a handshake.
    "no-ack-flag",
    // Frames end in front of the tap.
    "xdp-drops-ack",
    // The server itself is the client.
    "dead-peers-of-our-own",
    "martian-own-source-accepted",
];

/// A tcpdump that writes into a file.
struct Tcpdump {
    child: Child,
    /// What it says: that it listens, and at its end how much it captured.
    said: BufReader<ChildStderr>,
    capture: Capture,
}

/// A capture file, and where it was taken.
#[derive(Debug)]
pub(crate) struct Capture {
    /// Host in the scenario.
    host: String,
    /// Device, or `any`.
    device: String,
    file: PathBuf,
    taken: Taken,
}

/// What a capture can show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Taken {
    /// All that the server sends and receives.
    OnServer,
    /// A part of it: the server has several devices.
    OnOneOfSeveral,
    /// What another host sends, receives and forwards.
    Elsewhere,
}

/// All captures of a scenario while they are taken.
pub(crate) struct Recording {
    dumps: Vec<Tcpdump>,
    scratch: Scratch,
}

/// Captures that were taken; the files go when this does.
pub(crate) struct Captures {
    all: Vec<Capture>,
    _scratch: Scratch,
}

impl Recording {
    /// Starts to record: on the server each device and `any`, on other hosts `any`. Returns when
    /// frames are being captured.
    pub(crate) fn start(running: &Running) -> Self {
        let scratch = Scratch::new();
        let server = running.server();
        let devices = devices(server);
        let on_device = if devices.len() > 1 { Taken::OnOneOfSeveral } else { Taken::OnServer };
        let devices = devices.into_iter().take(DEVICES_MAX);
        let mut places: Vec<(&Namespace, String, Taken)> =
            devices.map(|device| (server, device, on_device)).collect();
        for host in running.hosts() {
            let is_server = host.name() == server.name();
            let taken = if is_server { Taken::OnServer } else { Taken::Elsewhere };
            places.push((host, "any".to_owned(), taken));
        }
        // All are started before the first is waited for.
        let started: Vec<Tcpdump> = places
            .into_iter()
            .map(|(host, device, taken)| Tcpdump::start(host, device, taken, scratch.path()))
            .collect();
        let dumps = started.into_iter().map(Tcpdump::captures).collect();
        Self { dumps, scratch }
    }

    /// Ends the recording; the server's captures of single devices come first. With
    /// `SYNRECV_LAB_CAPTURES` they are also kept in a directory there, by the name of the scenario.
    pub(crate) fn stop(self, id: &str) -> Captures {
        for dump in &self.dumps {
            let pid = i32::try_from(dump.child.id()).ok().and_then(Pid::from_raw);
            kill_process(pid.expect("a process has an id"), Signal::INT).expect("it still runs");
        }
        let all: Vec<Capture> = self.dumps.into_iter().map(Tcpdump::finish).collect();
        if let Some(directory) = std::env::var_os("SYNRECV_LAB_CAPTURES") {
            let directory = PathBuf::from(directory).join(id);
            fs::create_dir_all(&directory).expect("the directory for captures can be written");
            for capture in &all {
                let name = capture.file.file_name().expect("a file has a name");
                fs::copy(&capture.file, directory.join(name)).expect("a copy of the capture");
            }
        }
        Captures { all, _scratch: self.scratch }
    }
}

impl Tcpdump {
    fn start(host: &Namespace, device: String, taken: Taken, directory: &Path) -> Self {
        let file = directory.join(format!("{}-{device}.pcap", host.name()));
        let output = File::create(&file).expect("a file in a directory of our own");
        let mut command = Command::new("tcpdump");
        // `-p`: the device stays as it is, for the doctor looks at it at the same time. `-U`: frames
        // are written as they come, so that nothing is lost when it ends.
        command.args(["-n", "-p", "-s", "160", "-U", "-w", "-", "-i", &device, FILTER]);
        command.stdin(Stdio::null()).stdout(output).stderr(Stdio::piped());
        let mut child = host.spawn(command, None).expect("tcpdump is installed: cargo xtask test");
        let said = BufReader::new(child.stderr.take().expect("standard error is a pipe"));
        let capture = Capture { host: host.name().to_owned(), device, file, taken };
        Self { child, said, capture }
    }

    /// Waits until it says that it listens.
    fn captures(mut self) -> Self {
        let mut all = String::new();
        loop {
            let mut line = String::new();
            let len = self.said.read_line(&mut line).expect("tcpdump writes text");
            all.push_str(&line);
            assert!(len > 0, "tcpdump ended: {all}");
            if line.contains("listening on") {
                return self;
            }
        }
    }

    fn finish(mut self) -> Capture {
        let mut said = String::new();
        self.said.read_to_string(&mut said).expect("tcpdump writes text");
        let status = self.child.wait().expect("it is our child");
        assert!(status.success(), "tcpdump: {status}: {said}");
        self.capture
    }
}

/// Devices of a host but the loopback one.
fn devices(host: &Namespace) -> Vec<String> {
    let table = host.run(|| fs::read_to_string("/proc/thread-self/net/dev"));
    let table = table.expect("the host is up").expect("a namespace has a table of devices");
    let names = table.lines().filter_map(|line| Some(line.split_once(':')?.0.trim().to_owned()));
    names.filter(|name| name != "lo").collect()
}

/// What came of one capture.
pub(crate) struct Judged {
    /// `capture of HOST, DEVICE`.
    pub(crate) mode: String,
    /// It was taken on the server and belongs into the table.
    pub(crate) of_server: bool,
    /// What the doctor said.
    pub(crate) answer: Output,
    /// It says no more than that it cannot tell, which is all that these frames allow.
    pub(crate) is_gap: bool,
    /// What is wrong; empty when it is right, or a gap.
    pub(crate) differences: Vec<String>,
}

impl Captures {
    /// Has the doctor judge each file.
    pub(crate) fn judge(&self, scenario: &Scenario) -> Vec<Judged> {
        self.all.iter().map(|capture| capture.judge(scenario)).collect()
    }
}

impl Capture {
    fn judge(&self, scenario: &Scenario) -> Judged {
        let mut command = Command::new(doctor());
        let answer = command.arg(&self.file).args(["--format", "json"]).output();
        let answer = answer.expect("the doctor can be started");
        let (is_gap, differences) = match Outcome::from_report(&answer.stdout, answer.status.code())
        {
            Some(found) => self.compare(scenario, &found),
            None => (false, vec![format!("no report ({})", answer.status)]),
        };
        let mode = format!("capture of {}, {}", self.host, self.device);
        Judged { mode, of_server: self.taken != Taken::Elsewhere, answer, is_gap, differences }
    }

    /// Whether the answer is a gap, and what is wrong with it.
    fn compare(&self, scenario: &Scenario, found: &Outcome) -> (bool, Vec<String>) {
        let expect = &scenario.expect;
        let is_beyond = BEYOND_FRAMES.contains(&scenario.id);
        if !expect.is_fault() {
            // Elsewhere it looks like a host that does not answer, which is no more than possible.
            let unanswered =
                self.taken == Taken::Elsewhere && found.confidence.as_deref() == Some("possible");
            let unexplained = found.status.as_deref() == Some("unexplained");
            let is_gap = is_beyond && (unexplained || unanswered);
            return (is_gap, if is_gap { Vec::new() } else { expect.differences(found) });
        }
        let mut classes = expect.also.iter().map(|(_, class)| Some(*class)).chain([expect.class]);
        let right = classes.any(|class| class == found.class.as_deref());
        let level = found.confidence.as_deref();
        // What a capture calls a wrong way may have a cause that only tables show.
        let in_front =
            TAPPED_IN_FRONT.contains(&scenario.id) && found.class.as_deref() == Some("path");
        let too_sure = match self.taken {
            _ if in_front => level == Some("confirmed"),
            // What the server does is not in such a file.
            Taken::Elsewhere => matches!(level, Some("likely" | "confirmed")),
            _ => !right && matches!(level, Some("likely" | "confirmed")),
        };
        // The tap is behind what drops SYN-ACKs here, and before what drops SYNs.
        let shown = self.taken == Taken::OnServer
            && !is_beyond
            && !matches!(expect.class, Some("output" | "refused"));
        if too_sure || (shown && !right) {
            let (class, level) = (found.class.as_deref(), level.unwrap_or("-"));
            let expected = expect.class.unwrap_or("none");
            let found = class.unwrap_or("none");
            let words =
                format!("class by the file alone: expected {expected}, found {found} ({level})");
            return (false, vec![words]);
        }
        (!right, Vec::new())
    }
}
