//! A host that asks for a neighbour again and again, and so makes itself known to it.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::os::fd::OwnedFd;
use std::time::Duration;

use rustix::net::{AddressFamily, SendFlags, SocketFlags, SocketType, ipproto, sockopt};

use super::{Stop, Traffic};
use crate::error::Result;
use crate::namespace::Namespace;

/// Forgets a neighbour and asks for it anew, by ARP or ND, as a host does whose entry expired. The
/// neighbour enters the address and the MAC of the one who asks.
#[derive(Debug, Clone)]
pub struct Asker {
    /// Device of the asking host.
    pub device: String,
    /// Its own address, which it asks with.
    pub own: IpAddr,
    /// The neighbour that it asks for.
    pub target: IpAddr,
    /// Time from one question to the next; the first is asked at once.
    pub every: Duration,
}

impl Asker {
    /// Asks from `namespace` until the result is dropped.
    pub fn start(self, namespace: &Namespace) -> Result<Traffic> {
        let (own, host) = (self.own, namespace.clone());
        Traffic::start(
            namespace,
            &format!("ask for the neighbour `{}`", self.target),
            move || open(own),
            move |socket, stop, _| self.keep_asking(&socket, &host, stop),
        )
    }

    fn keep_asking(&self, socket: &OwnedFd, host: &Namespace, stop: &Stop) {
        while !stop.is_raised() {
            self.ask(socket, host);
            stop.pause(self.every);
        }
    }

    /// Asks once; the socket is one of [`open`] of its own address.
    pub(super) fn ask(&self, socket: &OwnedFd, host: &Namespace) {
        // There is none before the first question.
        let _ = host.forget_neighbour(&self.device, self.target);
        let target = SocketAddr::new(self.target, 0);
        // The kernel asks for the neighbour and then sends this. One that is lost is made up for
        // by the next.
        let _ = rustix::net::sendto(socket, nothing(self.own), SendFlags::empty(), &target);
    }
}

/// An echo reply that nobody asked for, which every host ignores. In IPv6 the kernel fills in the
/// checksum.
fn nothing(own: IpAddr) -> &'static [u8] {
    match own {
        IpAddr::V4(_) => &[0, 0, 0xff, 0xff, 0, 0, 0, 0],
        IpAddr::V6(_) => &[129, 0, 0, 0, 0, 0, 0, 0],
    }
}

/// A socket with this address, which the host must have.
pub(super) fn open(own: IpAddr) -> io::Result<OwnedFd> {
    let (family, protocol) = match own {
        IpAddr::V4(_) => (AddressFamily::INET, ipproto::ICMP),
        IpAddr::V6(_) => (AddressFamily::INET6, ipproto::ICMPV6),
    };
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    let socket = rustix::net::socket_with(family, SocketType::RAW, flags, Some(protocol))?;
    if own.is_ipv6() {
        // An address that was just added may be tentative for another moment.
        sockopt::set_ipv6_freebind(&socket, true)?;
    }
    rustix::net::bind(&socket, &SocketAddr::new(own, 0))?;
    Ok(socket)
}
