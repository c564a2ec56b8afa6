//! Sockets that send with a TTL of our choice and hear what comes back.

use std::io;
use std::mem::size_of;
use std::net::{IpAddr, SocketAddr, SocketAddrV6};
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::ptr;

use libc::c_int;
use rustix::net::sockopt::{set_ip_ttl, set_ipv6_unicast_hops, socket_error};
use rustix::net::{
    AddressFamily, Protocol, SendFlags, SocketFlags, SocketType, bind, connect, getsockname, send,
    socket_with,
};
use synrecv_model::TraceMethod;

use super::error::TraceError;

/// The two ends of a trace; ports are 0 where there are none.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ends {
    pub(super) local: SocketAddr,
    pub(super) target: SocketAddr,
}

impl Ends {
    pub(super) fn is_v4(&self) -> bool {
        self.target.is_ipv4()
    }
}

/// An address with the device that a link-local one needs.
pub(super) fn end(ip: IpAddr, port: u16, ifindex: u32) -> SocketAddr {
    match ip {
        IpAddr::V6(ip) if ip.is_unicast_link_local() => {
            SocketAddrV6::new(ip, port, 0, ifindex).into()
        }
        _ => SocketAddr::new(ip, port),
    }
}

/// Opens a socket that reports errors and TTLs. It does not block.
pub(super) fn open(
    v4: bool,
    kind: SocketType,
    protocol: Protocol,
    method: TraceMethod,
) -> Result<OwnedFd, TraceError> {
    let family = if v4 { AddressFamily::INET } else { AddressFamily::INET6 };
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    let socket = socket_with(family, kind, flags, Some(protocol))
        .map_err(|errno| TraceError::Open { method, source: errno.into() })?;
    set(&socket, libc::SOL_SOCKET, libc::SO_TIMESTAMPNS, 1, "SO_TIMESTAMPNS")?;
    if v4 {
        set(&socket, libc::IPPROTO_IP, libc::IP_RECVERR, 1, "IP_RECVERR")?;
        set(&socket, libc::IPPROTO_IP, libc::IP_RECVTTL, 1, "IP_RECVTTL")?;
    } else {
        set(&socket, libc::IPPROTO_IPV6, libc::IPV6_RECVERR, 1, "IPV6_RECVERR")?;
        set(&socket, libc::IPPROTO_IPV6, libc::IPV6_RECVHOPLIMIT, 1, "IPV6_RECVHOPLIMIT")?;
        // A label of its own for each socket would make routers that share load by it choose anew.
        // Kernels before 3.17 make none.
        let _ = set(&socket, libc::IPPROTO_IPV6, libc::IPV6_AUTOFLOWLABEL, 0, "");
    }
    Ok(socket)
}

/// Binds and connects, and gives the ends that came of it.
pub(super) fn join(
    socket: &OwnedFd,
    from: Option<SocketAddr>,
    target: SocketAddr,
) -> Result<Ends, TraceError> {
    if let Some(from) = from {
        bind(socket, &from)
            .map_err(|errno| TraceError::Bind { from: from.ip(), source: errno.into() })?;
    }
    let refused = |source| TraceError::Connect { target: target.ip(), source };
    connect(socket, &target).map_err(|errno| refused(errno.into()))?;
    let local = name(socket).map_err(refused)?;
    Ok(Ends { local, target })
}

/// The local end of a socket.
pub(super) fn name(socket: &OwnedFd) -> io::Result<SocketAddr> {
    let name = getsockname(socket)?;
    SocketAddr::try_from(name).map_err(|_| io::ErrorKind::InvalidData.into())
}

/// The source address that the kernel gives to packets to `target`. Sends nothing.
pub(super) fn source_of(
    from: Option<SocketAddr>,
    target: SocketAddr,
    method: TraceMethod,
) -> Result<SocketAddr, TraceError> {
    let socket = open(target.is_ipv4(), SocketType::DGRAM, rustix::net::ipproto::UDP, method)?;
    Ok(join(&socket, from, target)?.local)
}

/// TTL of what is sent from now on.
pub(super) fn set_ttl(socket: &OwnedFd, v4: bool, ttl: u8) -> io::Result<()> {
    if v4 { set_ip_ttl(socket, ttl.into()) } else { set_ipv6_unicast_hops(socket, Some(ttl)) }
        .map_err(Into::into)
}

/// Sends on a connected socket with this TTL.
pub(super) fn send_with_ttl(socket: &OwnedFd, v4: bool, ttl: u8, data: &[u8]) -> io::Result<()> {
    set_ttl(socket, v4, ttl)?;
    // An ICMP error that came meanwhile is what the next call fails with. It is in the queue too.
    for _ in 0..2 {
        let _ = socket_error(socket);
        if send(socket, data, SendFlags::empty()).is_ok() {
            return Ok(());
        }
    }
    let _ = socket_error(socket);
    send(socket, data, SendFlags::empty()).map(drop).map_err(Into::into)
}

#[expect(unsafe_code, reason = "rustix has none of these options")]
fn set(
    socket: impl AsFd,
    level: c_int,
    option: c_int,
    value: c_int,
    name: &'static str,
) -> Result<(), TraceError> {
    let len = libc::socklen_t::try_from(size_of::<c_int>()).expect("options are short");
    // SAFETY: the kernel reads as many octets as the value has, and keeps no pointer to it.
    let answer = unsafe {
        let value = ptr::from_ref(&value).cast();
        libc::setsockopt(socket.as_fd().as_raw_fd(), level, option, value, len)
    };
    if answer == 0 {
        return Ok(());
    }
    Err(TraceError::Option { option: name, source: io::Error::last_os_error() })
}
