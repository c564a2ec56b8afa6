//! Options of a listening socket that decide about handshakes.

use std::ffi::c_int;
use std::io;
use std::os::fd::{AsFd, AsRawFd};

use libc::{
    IPPROTO_TCP, SO_ATTACH_FILTER, SO_BINDTODEVICE, SO_MARK, SOL_SOCKET, TCP_DEFER_ACCEPT,
    TCP_FASTOPEN, TCP_FASTOPEN_CONNECT, TCP_MD5SIG_EXT, c_void, sock_filter, sock_fprog, socklen_t,
};
use rustix::net::sockopt;

use super::segment::Flags;

/// What an application asks of its listener before it listens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ListenerOption {
    /// `TCP_DEFER_ACCEPT`: for this many seconds an ACK without data completes nothing.
    DeferAccept(c_int),
    /// `TCP_FASTOPEN`: this many connections may bring data with their SYN.
    FastOpen(c_int),
    /// `SO_REUSEPORT`: others of the same user may listen on the port as well.
    ReusePort,
    /// `SO_ATTACH_FILTER`: a classic BPF program drops every segment that has ACK as its only flag.
    DropBareAcks,
    /// `SO_ATTACH_FILTER`: a classic BPF program drops every segment that has SYN as its only flag.
    DropSyns,
    /// `SO_ATTACH_FILTER`: a classic BPF program drops every segment without any flag, as some port
    /// scans send them.
    DropNullSegments,
    /// `TCP_MD5SIG_EXT`: all IPv4 peers have to sign with this key (RFC 2385), at most 80 bytes.
    Md5Key(&'static [u8]),
    /// `SO_BINDTODEVICE`: what comes in by other devices is not for it, and replies leave by this one.
    BoundTo(&'static str),
    /// `SO_MARK`: replies are routed with this mark.
    Mark(u32),
    /// The socket is one of Multipath TCP (RFC 8684), which TCP clients can use too.
    Multipath,
}

impl ListenerOption {
    pub(super) fn set(self, socket: &impl AsFd) -> io::Result<()> {
        match self {
            Self::DeferAccept(seconds) => {
                set(socket, IPPROTO_TCP, TCP_DEFER_ACCEPT, &seconds.to_ne_bytes())
            }
            Self::FastOpen(most) => set(socket, IPPROTO_TCP, TCP_FASTOPEN, &most.to_ne_bytes()),
            Self::ReusePort => Ok(sockopt::set_socket_reuseport(socket, true)?),
            Self::DropBareAcks => drop_flags(socket, Flags::ACK),
            Self::DropSyns => drop_flags(socket, Flags::SYN),
            Self::DropNullSegments => drop_flags(socket, Flags::default()),
            Self::BoundTo(device) => set(socket, SOL_SOCKET, SO_BINDTODEVICE, device.as_bytes()),
            Self::Mark(mark) => set(socket, SOL_SOCKET, SO_MARK, &mark.to_ne_bytes()),
            // Not an option to be set, but another protocol of the socket.
            Self::Multipath => Ok(()),
            Self::Md5Key(key) => sign_with(socket, key),
        }
    }
}

/// `TCP_FASTOPEN_CONNECT`: `connect` waits for the first data and sends it with the SYN.
pub(super) fn connect_with_data(socket: &impl AsFd) -> io::Result<()> {
    set(socket, IPPROTO_TCP, TCP_FASTOPEN_CONNECT, &1_i32.to_ne_bytes())
}

/// `TCP_MD5SIG_EXT`: signs for all IPv4 peers, and wants their signatures (RFC 2385).
pub(super) fn sign_with(socket: &impl AsFd, key: &[u8]) -> io::Result<()> {
    set(socket, IPPROTO_TCP, TCP_MD5SIG_EXT, &md5_key(key))
}

/// `struct tcp_md5sig` of `linux/tcp.h` for any IPv4 peer: the address (128 bytes), flags, prefix
/// length, key length, interface, key.
fn md5_key(key: &[u8]) -> [u8; 216] {
    const FLAG_PREFIX: u8 = 1;
    let mut bytes = [0; 216];
    let family = libc::sa_family_t::try_from(libc::AF_INET).unwrap_or_default();
    bytes[..2].copy_from_slice(&family.to_ne_bytes());
    bytes[128] = FLAG_PREFIX;
    let length = key.len().min(80);
    bytes[130..132].copy_from_slice(&u16::try_from(length).unwrap_or_default().to_ne_bytes());
    bytes[136..136 + length].copy_from_slice(&key[..length]);
    bytes
}

/// Drops every segment with exactly these flags. A socket filter of TCP sees the segment from its TCP
/// header on; the flags are byte 13.
fn drop_flags(socket: &impl AsFd, flags: Flags) -> io::Result<()> {
    const LOAD_BYTE: u16 = 0x30;
    const JUMP_IF_EQUAL: u16 = 0x15;
    const RETURN: u16 = 0x06;
    let mut program = [
        sock_filter { code: LOAD_BYTE, jt: 0, jf: 0, k: 13 },
        sock_filter { code: JUMP_IF_EQUAL, jt: 0, jf: 1, k: flags.0.into() },
        sock_filter { code: RETURN, jt: 0, jf: 0, k: 0 },
        sock_filter { code: RETURN, jt: 0, jf: 0, k: u32::MAX },
    ];
    let len = u16::try_from(program.len()).unwrap_or_default();
    let head = sock_fprog { len, filter: program.as_mut_ptr() };
    set_value(socket, SOL_SOCKET, SO_ATTACH_FILTER, (&raw const head).cast(), size_of_val(&head))
}

fn set(socket: &impl AsFd, level: c_int, name: c_int, value: &[u8]) -> io::Result<()> {
    set_value(socket, level, name, value.as_ptr().cast(), value.len())
}

#[expect(unsafe_code, reason = "rustix has none of these options")]
fn set_value(
    socket: &impl AsFd,
    level: c_int,
    name: c_int,
    value: *const c_void,
    length: usize,
) -> io::Result<()> {
    let length = socklen_t::try_from(length).map_err(io::Error::other)?;
    // SAFETY: both callers pass a pointer to a live value of `length` bytes, which the kernel only
    // reads; the one value that points further, at a filter, outlives the call too.
    match unsafe { libc::setsockopt(socket.as_fd().as_raw_fd(), level, name, value, length) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}
