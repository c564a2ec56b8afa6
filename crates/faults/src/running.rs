//! A scenario that was built: its server, its traffic, and the condition that it shows.

use std::net::IpAddr;
use std::process::{Child, Command, Output};
use std::sync::Arc;
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::error::{LabError, Result};
use crate::lab::Lab;
use crate::namespace::Namespace;
use crate::rows::RequestRow;
use crate::traffic::{Counts, Traffic};

/// What a scenario shows once it works, judged from the server's requests.
pub struct Condition {
    expected: String,
    parts: Vec<Part>,
}

type Part = Box<dyn Fn(&[RequestRow]) -> bool + Send + Sync>;

impl std::fmt::Debug for Condition {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Condition").field("expected", &self.expected).finish_non_exhaustive()
    }
}

impl Condition {
    fn new(expected: String, part: Part) -> Self {
        Self { expected, parts: vec![part] }
    }

    /// Each of these clients has a request whose SYN-ACK timer fired at least once.
    pub fn stuck_peers(peers: impl IntoIterator<Item = IpAddr>) -> Self {
        let peers: Vec<IpAddr> = peers.into_iter().collect();
        let expected = format!("a stuck request of each of {} clients", peers.len());
        let stuck = move |rows: &[RequestRow]| {
            peers.iter().all(|peer| {
                rows.iter().any(|row| row.peer.ip() == *peer && row.timer_expiry_count > 0)
            })
        };
        Self::new(expected, Box::new(stuck))
    }

    /// At least `least` requests on this local port have a timer that fired at least once.
    pub fn stuck_on_port(port: u16, least: usize) -> Self {
        let expected = format!("{least} stuck requests on port {port}");
        let stuck = move |rows: &[RequestRow]| {
            let stuck = |row: &&RequestRow| row.local.port() == port && row.timer_expiry_count > 0;
            rows.iter().filter(stuck).count() >= least
        };
        Self::new(expected, Box::new(stuck))
    }

    /// This traffic completed at least `least` handshakes.
    pub fn completed(traffic: &Traffic, least: u64) -> Self {
        let counts: Arc<Counts> = Arc::clone(traffic.counts());
        let expected = format!("{least} completed handshakes");
        Self::new(expected, Box::new(move |_| counts.completed() >= least))
    }

    /// No request has a timer that fired.
    pub fn nobody_stuck() -> Self {
        let calm = |rows: &[RequestRow]| rows.iter().all(|row| row.timer_expiry_count == 0);
        Self::new("no stuck request".to_owned(), Box::new(calm))
    }

    /// Accept queues of this host overflowed at least `least` times, `TcpExt.ListenOverflows`.
    pub fn overflowed(host: &Namespace, least: u64) -> Self {
        Self::counted(host, ("TcpExt", "ListenOverflows"), least)
    }

    /// This counter, of a group such as `TcpExt` or `Tcp`, reached at least `least` on this host.
    pub fn counted(
        host: &Namespace,
        (group, name): (&'static str, &'static str),
        least: u64,
    ) -> Self {
        let host = host.clone();
        let counted =
            move |_: &[RequestRow]| host.counter(group, name).is_ok_and(|count| count >= least);
        Self::new(format!("{least} of {group}.{name}"), Box::new(counted))
    }

    /// At least `least` packets that this host received reached no protocol: group `Ip` or `Ip6`,
    /// `InReceives` less `InDelivers`.
    pub fn undelivered(host: &Namespace, group: &'static str, least: u64) -> Self {
        let host = host.clone();
        let lost = move |_: &[RequestRow]| {
            // In this order what arrives in between only makes the difference smaller.
            let received = host.counter(group, "InReceives");
            let delivered = host.counter(group, "InDelivers");
            matches!((received, delivered), (Ok(received), Ok(delivered))
                if received.saturating_sub(delivered) >= least)
        };
        Self::new(format!("{least} packets of {group} received and not delivered"), Box::new(lost))
    }

    /// Both this and the other.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.expected = format!("{} and {}", self.expected, other.expected);
        self.parts.extend(other.parts);
        self
    }

    fn holds(&self, rows: &[RequestRow]) -> bool {
        self.parts.iter().all(|part| part(rows))
    }
}

/// What the build function of a scenario hands over.
#[derive(Debug)]
pub struct Stage {
    /// The host that the doctor looks at.
    pub server: Namespace,
    /// Servers and clients, stopped in this order at the end.
    pub traffic: Vec<Traffic>,
    /// When the scenario is ready to be looked at.
    pub shows: Condition,
}

/// A scenario that is up. Dropping it stops the traffic and then ends all its namespaces.
#[derive(Debug)]
pub struct Running {
    stage: Stage,
    lab: Lab,
}

/// How often the server's requests are looked at while waiting.
const LOOK_EVERY: Duration = Duration::from_millis(50);

impl Running {
    pub(crate) fn new(stage: Stage, lab: Lab) -> Self {
        Self { stage, lab }
    }

    /// The namespace of the server.
    pub fn server(&self) -> &Namespace {
        &self.stage.server
    }

    /// All hosts of the scenario, in the order in which they were made.
    pub fn hosts(&self) -> &[Namespace] {
        self.lab.hosts()
    }

    /// The traffic, in the order in which the scenario started it.
    pub fn traffic(&self) -> &[Traffic] {
        &self.stage.traffic
    }

    /// Waits until the scenario shows what it is meant to show; returns how long that took.
    ///
    /// # Errors
    /// [`LabError::NotReady`] when `limit` passes first, with what there was instead.
    pub fn wait_ready(&self, limit: Duration) -> Result<Duration> {
        let began = Instant::now();
        loop {
            let rows = self.stage.server.requests()?;
            if self.stage.shows.holds(&rows) {
                return Ok(began.elapsed());
            }
            if began.elapsed() >= limit {
                return Err(LabError::NotReady {
                    expected: self.stage.shows.expected.clone(),
                    seen: self.described(&rows),
                    waited: began.elapsed(),
                });
            }
            sleep(LOOK_EVERY);
        }
    }

    fn described(&self, rows: &[RequestRow]) -> String {
        let stuck = rows.iter().filter(|row| row.timer_expiry_count > 0).count();
        let completed: Vec<String> = self
            .stage
            .traffic
            .iter()
            .map(|traffic| traffic.counts().completed().to_string())
            .collect();
        format!(
            "{} requests, {stuck} of them stuck, and handshakes completed: {}",
            rows.len(),
            completed.join(", ")
        )
    }

    /// Starts a command in the server's namespace; see [`Namespace::spawn`].
    pub fn spawn_in_server(&self, command: Command, uid: Option<u32>) -> Result<Child> {
        self.stage.server.spawn(command, uid)
    }

    /// Runs a command in the server's namespace to its end; see [`Namespace::output`]. Several may
    /// run at once.
    pub fn output_in_server(&self, command: Command, uid: Option<u32>) -> Result<Output> {
        self.stage.server.output(command, uid)
    }
}
