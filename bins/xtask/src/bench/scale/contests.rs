//! Who runs against whom.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Result;

use super::load::Load;
use super::race::Contestant;

/// Nobody waits longer for a program whose cost grows with the square of the rows.
const SHORT: Duration = Duration::from_secs(20);

pub(super) const RAW_SOCKETS: &str = "raw drain of sock_diag";
pub(super) const RAW_LISTENERS: &str = "raw drain of sock_diag, listeners";
pub(super) const RAW_PROC: &str = "raw read of /proc/net/tcp";
pub(super) const RAW_ROUTES: &str = "raw dump of routes";
pub(super) const RAW_NEIGHBOURS: &str = "raw dump of neighbours";
pub(super) const RAW_LOOK_UPS: &str = "raw look-ups of 100,000 peers, 64 in flight";

pub(super) const SOCKETS: &str = "sockets --all --source diag";
pub(super) const SOCKETS_JSON: &str = "sockets --all --source diag --format json";
pub(super) const REQUESTS: &str = "sockets --state syn-recv";
pub(super) const LISTENERS: &str = "sockets --state listen";
/// Reads routes as `route` does, and writes how many there are.
pub(super) const ROUTE_ROWS: &str = "routes read to rows";
pub(super) const ROUTES: &str = "route";
pub(super) const ROUTES_JSON: &str = "route --format json";
pub(super) const NEIGHBOURS: &str = "arp";
pub(super) const DIAGNOSE: &str = "diagnose --observe 0";
pub(super) const DIAGNOSE_JSON: &str = "diagnose --observe 0 --format json";
pub(super) const SMALL: &str = "small host: sockets --source diag";
pub(super) const SMALL_SS: &str = "small host: ss -tan";

/// The programs of this workspace that take part.
#[derive(Clone, Debug)]
pub(super) struct Own {
    pub(super) doctor: PathBuf,
    /// `crates/routes/examples/routes.rs`; needed for routes.
    pub(super) route_rows: Option<PathBuf>,
}

/// Everybody, on one part of the load or on the whole host.
pub(super) fn all(own: &Own, contest: Option<Load>) -> Result<Vec<Contestant>> {
    let mut entries = ours(own, contest)?;
    let doctor = &own.doctor;
    let others = match contest {
        Some(Load::Sockets) => vec![
            Contestant::doctor(SOCKETS_JSON, doctor, &words(SOCKETS_JSON)),
            Contestant::tool("ss -tan"),
            Contestant::tool("ss -tln"),
            Contestant::tool("netstat -ant").within(SHORT),
        ],
        Some(Load::Routes) => vec![
            Contestant::tool("ip route"),
            Contestant::tool("ip -j route"),
            Contestant::tool("route -n").within(SHORT),
            Contestant::tool("netstat -rn").within(SHORT),
        ],
        Some(Load::Neighbours) => {
            vec![Contestant::tool("ip neigh"), Contestant::tool("arp -n").within(SHORT)]
        }
        None => vec![Contestant::doctor(DIAGNOSE_JSON, doctor, &judging(DIAGNOSE_JSON))],
    };
    entries.extend(others);
    Ok(entries)
}

/// The doctor and the limit.
pub(super) fn ours(own: &Own, contest: Option<Load>) -> Result<Vec<Contestant>> {
    let doctor = &own.doctor;
    let table = |name| Contestant::doctor(name, doctor, &words(name));
    Ok(match contest {
        Some(Load::Sockets) => vec![
            Contestant::drain(RAW_SOCKETS, "sockets")?,
            Contestant::drain(RAW_LISTENERS, "listeners")?,
            Contestant::drain(RAW_PROC, "proc")?,
            table(SOCKETS),
            table(REQUESTS),
            table(LISTENERS),
        ],
        Some(Load::Routes) => {
            let mut entries = vec![Contestant::drain(RAW_ROUTES, "routes")?];
            let rows = own.route_rows.iter();
            entries.extend(rows.map(|program| Contestant::own(ROUTE_ROWS, program)));
            entries.extend([table(ROUTES), table(ROUTES_JSON)]);
            entries
        }
        Some(Load::Neighbours) => {
            vec![Contestant::drain(RAW_NEIGHBOURS, "neighbours")?, table(NEIGHBOURS)]
        }
        None => vec![
            Contestant::drain(RAW_LOOK_UPS, "look-ups")?,
            Contestant::doctor(DIAGNOSE, doctor, &judging(DIAGNOSE)),
        ],
    })
}

/// On a host with some hundred sockets.
pub(super) fn small(doctor: &Path) -> Vec<Contestant> {
    vec![
        Contestant::doctor(SMALL, doctor, &["sockets", "--source", "diag"]),
        Contestant::tool("ss -tan").called(SMALL_SS),
    ]
}

fn words(name: &str) -> Vec<&str> {
    name.split(' ').collect()
}

fn judging(name: &str) -> Vec<&str> {
    let mut words = words(name);
    words.extend(["--fail-on", "never"]);
    words
}
