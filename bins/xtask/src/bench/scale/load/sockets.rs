//! Requests by injected SYNs, and connected sockets over the loopback device.

use std::net::{IpAddr, SocketAddr};
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use rustix::net::{
    AddressFamily, SendFlags, SocketFlags, SocketType, ipproto, sendto, socket_with,
};
use synrecv_faults::Namespace;
use synrecv_faults::traffic::{Flags, Segment};

use super::plus;
use crate::bench::crowd::Crowd;
use crate::bench::scale::wire;

const PATIENCE: Duration = Duration::from_mins(3);
/// SYNs that are sent between two looks at the clock.
const BURST: u32 = 2_000;
/// The first port that a peer uses.
const FIRST_PORT: u32 = 20_000;
/// Sends SYNs until so many requests are held.
pub(super) fn request(
    server: &Namespace,
    flooder: &Namespace,
    target: SocketAddr,
    wanted: u32,
    peers: u32,
) -> Result<()> {
    let began = Instant::now();
    let raw = flooder.run(|| {
        let raw = SocketType::RAW;
        socket_with(AddressFamily::INET, raw, SocketFlags::CLOEXEC, Some(ipproto::RAW))
    })?;
    let raw = Arc::new(raw.context("open a raw socket")?);
    let mut next = 0;
    loop {
        let held = server.run(wire::count_requests)??;
        let missing = u64::from(wanted).saturating_sub(held);
        if missing == 0 {
            return Ok(());
        }
        // What was lost on the way is made up for by further connections.
        let until = next + u32::try_from(missing)?;
        while next < until {
            if began.elapsed() > PATIENCE {
                bail!("only {held} of {wanted} requests are held");
            }
            let burst = next..until.min(next + BURST);
            next = burst.end;
            let raw = Arc::clone(&raw);
            flooder.run(move || burst.for_each(|number| syn(&raw, number, target, peers)))?;
        }
    }
}

fn syn(raw: &OwnedFd, number: u32, target: SocketAddr, peers: u32) {
    let ip = IpAddr::V4(plus(wire::FIRST_PEER, number % peers));
    let port = FIRST_PORT + number / peers;
    let Ok(port) = u16::try_from(port) else { return };
    let mut segment = Segment::new(SocketAddr::new(ip, port), target, Flags::SYN);
    segment.sequence = number;
    // MSS 1460
    segment.options = vec![2, 4, 0x05, 0xb4];
    if let Some(packet) = segment.encode() {
        // A packet that cannot be sent is lost, as on any network.
        let _ = sendto(raw, &packet, SendFlags::empty(), &SocketAddr::new(target.ip(), 0));
    }
}

/// Opens so many sockets, both ends of each connection in the namespace.
pub(super) fn connect(server: &Namespace, wanted: u32) -> Result<Crowd> {
    Crowd::connected(server, wanted / 2)
}
