//! A flood whose 100,000 requests are all held: how long the doctor takes beyond its watching, and
//! how much memory.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use synrecv_faults::traffic::{App, Pace, RawPeers, Script, Server, Traffic};
use synrecv_faults::{End, Lab, Namespace, NewRoute, cable, mac};

use super::watch;

const SOURCE_COUNT: u32 = 100_000;
/// 198.18.0.1, of the network for benchmarks (RFC 2544).
const FIRST_SOURCE: Ipv4Addr = Ipv4Addr::new(198, 18, 0, 1);
/// 50,000 SYNs a second.
const PACE: Pace = Pace { every: Duration::from_millis(10), burst: 500 };
const BACKLOG: i32 = 4_000_000;
const PATIENCE: Duration = Duration::from_mins(1);
pub(super) const OBSERVE: Duration = Duration::from_secs(5);

/// What one run took.
pub(super) struct Flooded {
    /// Wall time beyond the time of watching.
    pub(super) beyond: Duration,
    /// `VmHWM`, in KiB.
    pub(super) peak_kib: u64,
    pub(super) held_count: usize,
}

/// Runs `diagnose` beside the flood, with this value of `tcp_syncookies`.
pub(super) fn diagnose(doctor: &Path, syncookies: &str) -> Result<Flooded> {
    let mut lab = Lab::new()?;
    let (server, _traffic) = build(&mut lab, syncookies)?;
    let mut held_count = 0;
    let began = Instant::now();
    while held_count < SOURCE_COUNT as usize {
        if began.elapsed() > PATIENCE {
            bail!("only {held_count} of {SOURCE_COUNT} requests are held");
        }
        sleep(Duration::from_millis(200));
        held_count = server.requests()?.len();
    }
    let (took, peak_kib) = measured(&server, doctor)?;
    Ok(Flooded { beyond: took.saturating_sub(OBSERVE), peak_kib, held_count })
}

/// A server that holds any number of requests, and where they come from.
pub(super) struct Listening {
    pub(super) server: Namespace,
    pub(super) flooder: Namespace,
    /// The program that listens.
    pub(super) app: Traffic,
    pub(super) target: SocketAddr,
}

/// The sources are routed to a bridge without ports, which takes every SYN-ACK. On a device with an
/// end, so many that are sent again at once overrun its queue, and the kernel drops their requests.
pub(super) fn listening(lab: &mut Lab, syncookies: &str) -> Result<Listening> {
    let (server, flooder) = (lab.host("server")?, lab.host("flooder")?);
    cable(
        End { namespace: &server, device: "ps0", mac: mac(0x10) },
        End { namespace: &flooder, device: "eth0", mac: mac(0x20) },
    )?;
    server.address("ps0", "10.1.0.10/24".parse()?)?;
    flooder.address("eth0", "10.1.0.2/24".parse()?)?;
    server.bridge("sink")?;
    server.address("sink", "10.8.0.10/24".parse()?)?;
    server.neighbour("sink", "10.8.0.1".parse()?, mac(0x99))?;
    server.route(NewRoute::to("198.18.0.0/15".parse()?).via("10.8.0.1".parse()?))?;
    for (key, value) in [
        ("net/core/somaxconn", BACKLOG.to_string().as_str()),
        ("net/ipv4/tcp_max_syn_backlog", BACKLOG.to_string().as_str()),
        ("net/ipv4/tcp_synack_retries", "40"),
        ("net/ipv4/tcp_syncookies", syncookies),
    ] {
        server.sysctl(key, value)?;
    }
    let target = SocketAddr::from(([10, 1, 0, 10], 80));
    let app = Server::new(target, BACKLOG, App::Accepts).start(&server)?;
    Ok(Listening { server, flooder, app, target })
}

fn build(lab: &mut Lab, syncookies: &str) -> Result<(Namespace, Vec<Traffic>)> {
    let Listening { server, flooder, app, target } = listening(lab, syncookies)?;
    let sources = (0..SOURCE_COUNT).map(|n| Ipv4Addr::from(u32::from(FIRST_SOURCE) + n).into());
    let flood = RawPeers::new(target, sources, PACE, |_| Script::silent());
    let flood = flood.at_most(SOURCE_COUNT.into()).start(&flooder)?;
    Ok((server, vec![flood, app]))
}

/// Wall time and largest resident set of one run.
fn measured(server: &Namespace, doctor: &Path) -> Result<(Duration, u64)> {
    let mut command = Command::new(doctor);
    command.args(["diagnose", "--fail-on", "never", "--observe"]);
    command.arg(OBSERVE.as_secs().to_string());
    command.stdin(Stdio::null()).stdout(Stdio::null());
    let began = Instant::now();
    let child = server.spawn(command, None)?;
    let peak_kib = watch::peak_kib(child, "`diagnose`")?;
    Ok((began.elapsed(), peak_kib))
}
