//! The way to a host: questions with a small TTL, and who says that they went no further.
//!
//! All questions of a trace have the same addresses and ports (ICMP: identifier and checksum), so that
//! routers which share load send them the same way. What tells them apart is in the datagram (UDP),
//! the sequence number (ICMP, TCP), or there is one at a time only (TCP without rights).
//!
//! UDP needs no rights: IP_RECVERR gives the errors to the socket that asked. TCP without rights asks
//! one by one with `connect`; with CAP_NET_RAW several at a time. ICMP needs a ping socket or
//! CAP_NET_RAW. Sends when told to and not before: [`Tracer::open`] sends nothing, and says at most
//! how much will be sent.

mod connect;
mod drive;
mod error;
mod first_hop;
mod icmp;
mod octets;
mod queue;
mod schedule;
mod socket;
mod syn;
mod udp;
mod wire;

use std::net::IpAddr;

use synrecv_model::{PathTrace, TraceMethod};

use drive::{Ended, Running, drive};
pub use error::TraceError;
pub use first_hop::{FirstHop, FirstHopQuestion, first_hop, first_hop_bound};
use schedule::Pace;
use wire::Wire;

/// Destination port of UDP where none is named: that of traceroute(8), where nobody listens.
const PORT_UDP: u16 = 33_434;

/// Destination port of TCP where none is named.
const PORT_TCP: u16 = 80;

/// What is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TraceQuestion {
    /// Where to.
    pub target: IpAddr,
    /// Device of a link-local target, 0 for others.
    pub ifindex: u32,
    /// Source address; `None` leaves it to the kernel.
    pub from: Option<IpAddr>,
    /// What the questions are made of.
    pub method: TraceMethod,
    /// Destination port; `None` for 33434 (UDP) or 80 (TCP). ICMP has none.
    pub port: Option<u16>,
}

/// A trace that has its socket and has not sent anything yet.
pub struct Tracer {
    method: TraceMethod,
    wire: Box<dyn Wire>,
    one_by_one: bool,
}

impl std::fmt::Debug for Tracer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let ends = self.wire.ends();
        f.debug_struct("Tracer")
            .field("method", &self.method)
            .field("ends", &ends)
            .finish_non_exhaustive()
    }
}

impl Tracer {
    /// Opens what the method needs, in the network namespace of the calling thread. Sends nothing.
    ///
    /// # Errors
    /// [`TraceError::NotPermitted`] where rights are missing, [`TraceError::Connect`] where the host
    /// knows no way to the target, [`TraceError::Bind`] where the source is no address of it.
    pub fn open(question: &TraceQuestion) -> Result<Self, TraceError> {
        let TraceQuestion { target, ifindex, from, method, port } = *question;
        let from = from.map(|from| socket::end(from, 0, ifindex));
        let target = |port| socket::end(target, port, ifindex);
        let (wire, one_by_one): (Box<dyn Wire>, bool) = match method {
            TraceMethod::Udp => {
                let target = target(port.unwrap_or(PORT_UDP));
                (Box::new(udp::Udp::open(from, target, Pace::SIDE_BY_SIDE)?), false)
            }
            TraceMethod::Icmp => (Box::new(icmp::Icmp::open(from, target(0))?), false),
            TraceMethod::Tcp => {
                let target = target(port.unwrap_or(PORT_TCP));
                match syn::Syn::open(from, target) {
                    Ok(wire) => (Box::new(wire), false),
                    Err(error) if icmp::is_denied(&error) => {
                        (Box::new(connect::Connect::open(from, target)?), true)
                    }
                    Err(error) => return Err(error),
                }
            }
        };
        Ok(Self { method, wire, one_by_one })
    }

    /// The most questions that will be sent. For TCP, the kernel sends a reset for each that the
    /// target accepts.
    pub fn bound(&self) -> u32 {
        Pace::SIDE_BY_SIDE.bound().max(self.wire.pace().bound())
    }

    /// The most questions to one hop.
    pub fn asked_max(&self) -> u8 {
        schedule::ASKED_MAX
    }

    /// Largest TTL.
    pub fn distance_max(&self) -> u8 {
        self.wire.pace().distance_max
    }

    /// Questions a second, after the first 16.
    pub fn rate(&self) -> u32 {
        drive::RATE
    }

    /// Source and destination port; `None` for ICMP.
    pub fn ports(&self) -> Option<(u16, u16)> {
        let ends = self.wire.ends();
        (self.method != TraceMethod::Icmp).then(|| (ends.local.port(), ends.target.port()))
    }

    /// One question at a time, because the rights do not suffice for several.
    pub fn is_one_by_one(&self) -> bool {
        self.one_by_one
    }

    /// Asks, and waits for answers: milliseconds where every hop answers, some seconds where the last
    /// ones are silent, never longer than a minute.
    ///
    /// # Errors
    /// [`TraceError::Send`] when this host refused to send every question.
    pub fn run(self) -> Result<PathTrace, TraceError> {
        let (ends, ports) = (self.wire.ends(), self.ports());
        let mut traces = [Running::new(self.wire)];
        drive(&mut traces).map_err(TraceError::Wait)?;
        let [trace] = traces;
        let Ended { outcome, refused } = trace.end();
        let target = ends.target.ip();
        if let Some(source) = refused {
            return Err(TraceError::Send { target, source });
        }
        Ok(PathTrace {
            target,
            source: ends.local.ip(),
            method: self.method,
            ports,
            hops: outcome.hops,
            end: outcome.end,
            sent_count: outcome.sent_count,
            unattributed_count: outcome.unattributed_count,
        })
    }
}
