//! What happens on every busy host and is no fault of it: traffic to put into a scenario.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use crate::error::Result;
use crate::lab::ip;
use crate::namespace::Namespace;
use crate::traffic::{KernelClients, Pace, RawPeers, Script, Traffic};

/// 300 handshakes a second.
const CROWD: Pace = Pace { every: Duration::from_millis(20), burst: 6 };
/// 100 handshakes a second.
const LOSSY_CROWD: Pace = Pace { every: Duration::from_millis(20), burst: 2 };
/// One connection in this many loses its first SYN-ACK and takes a second longer.
const LOSSY: u64 = 50;
const ROUND_TRIP: Duration = Duration::from_millis(50);
const HOLD: Duration = Duration::from_millis(100);
/// One SYN to a hundred of the crowd; each leaves a row for 63 s.
pub(super) const SCAN: Pace = Pace { every: Duration::from_millis(350), burst: 1 };

/// The addresses of the scanner.
pub(super) const SCANNER: [&str; 2] = ["203.0.113.66", "203.0.113.67"];

/// Clients 100.64.0-4.1-40, whose ACK takes 50 ms: about fifteen requests are young at any time.
pub(super) fn crowd(from: &Namespace, target: SocketAddr) -> Result<Traffic> {
    let script = |_| Script::completes(ROUND_TRIP).closing_after(HOLD);
    RawPeers::new(target, addresses(64), CROWD, script).start(from)
}

/// Clients 100.65.0-4.1-40; one connection in fifty loses its first SYN-ACK. Its repeated SYN comes
/// just before the server's timer fires, or just after.
pub(super) fn lossy_crowd(from: &Namespace, target: SocketAddr) -> Result<Traffic> {
    let script = |n| {
        let script = match n % LOSSY {
            7 => Script { repeat_syn_at: vec![repeat(n)], ..Script::loses_one(ROUND_TRIP) },
            _ => Script::completes(ROUND_TRIP),
        };
        script.closing_after(HOLD)
    };
    RawPeers::new(target, addresses(65), LOSSY_CROWD, script).start(from)
}

fn repeat(n: u64) -> Duration {
    Duration::from_millis(if n % (2 * LOSSY) < LOSSY { 980 } else { 1020 })
}

fn addresses(second: u8) -> impl Iterator<Item = IpAddr> {
    (0..200_u8).map(move |n| IpAddr::from([100, second, n % 5, 1 + n / 5]))
}

/// Two addresses that send SYNs and never answer: 3 a second.
pub(super) fn scanner(from: &Namespace, target: SocketAddr) -> Result<Traffic> {
    RawPeers::new(target, SCANNER.map(ip), SCAN, |_| Script::silent()).start(from)
}

/// The host itself connects to machines that are gone, four attempts at a time to each.
pub(super) fn dead_peers(host: &Namespace, own: IpAddr, dead: &[&str]) -> Result<Vec<Traffic>> {
    let connect = |address: &&str| {
        let patient = KernelClients::new(SocketAddr::new(ip(address), 5432), [own]);
        let hasty = KernelClients {
            every: Duration::from_millis(250),
            at_once: 4,
            patience: Duration::from_secs(4),
            ..patient
        };
        hasty.start(host)
    };
    dead.iter().map(connect).collect()
}
