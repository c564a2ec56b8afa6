//! What a socket has received: packets, and the errors that came back by ICMP.

use std::io;
use std::mem::size_of;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::os::fd::{AsFd, AsRawFd};
use std::ptr;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use libc::{c_int, iovec, msghdr};

/// Longest beginning of a packet that is looked at: IPv4 header, TCP header, and some more.
const PACKET_LEN: usize = 128;

/// Room for an error with the address of who reports it, and a TTL.
const CONTROL_LEN: usize = 256;

/// `struct cmsghdr`: length, level, type.
const HEADER_LEN: usize = size_of::<usize>() + 8;

/// One thing that was received.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Received {
    /// The packet without what is below the socket's protocol; of an error, what it quotes of ours.
    pub(super) data: Vec<u8>,
    /// TTL or hop limit of the packet, or of the ICMP packet that brought the error.
    pub(super) ttl: Option<u8>,
    /// The error; `None` of an ordinary packet.
    pub(super) error: Option<Reported>,
    /// How long it lay there before it was taken.
    pub(super) age: Duration,
}

/// An error of the queue, `struct sock_extended_err`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Reported {
    /// `ee_type`
    pub(super) kind: u8,
    /// `ee_code`
    pub(super) code: u8,
    /// SO_EE_OFFENDER: who sent the ICMP packet; `None` for an error of this host.
    pub(super) from: Option<IpAddr>,
}

/// Takes the next error of the queue of a socket, or `None`.
pub(super) fn next_error(socket: impl AsFd) -> io::Result<Option<Received>> {
    receive(socket, libc::MSG_ERRQUEUE)
}

/// Takes the next packet, or `None`.
pub(super) fn next_packet(socket: impl AsFd) -> io::Result<Option<Received>> {
    receive(socket, 0)
}

#[expect(unsafe_code, reason = "rustix passes over control messages that it does not know")]
fn receive(socket: impl AsFd, flags: c_int) -> io::Result<Option<Received>> {
    let mut data = vec![0_u8; PACKET_LEN];
    let mut control = Control([0; CONTROL_LEN]);
    let mut into = iovec { iov_base: data.as_mut_ptr().cast(), iov_len: data.len() };
    // SAFETY: all zeros are a value of this structure of numbers and pointers.
    let mut message: msghdr = unsafe { std::mem::zeroed() };
    message.msg_iov = ptr::from_mut(&mut into);
    message.msg_iovlen = 1;
    message.msg_control = control.0.as_mut_ptr().cast();
    message.msg_controllen = CONTROL_LEN as _;
    let flags = flags | libc::MSG_DONTWAIT;
    // SAFETY: the kernel writes no more than the lengths of the two buffers, which outlive the call.
    let len =
        unsafe { libc::recvmsg(socket.as_fd().as_raw_fd(), ptr::from_mut(&mut message), flags) };
    let Ok(len) = usize::try_from(len) else {
        let error = io::Error::last_os_error();
        return match error.kind() {
            io::ErrorKind::WouldBlock => Ok(None),
            _ => Err(error),
        };
    };
    data.truncate(len);
    // A length of zero, which is behind what the kernel wrote, ends them.
    let told = understand(&control.0);
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let age = told.arrived.and_then(|arrived| since_epoch.checked_sub(arrived));
    let age = age.unwrap_or_default();
    Ok(Some(Received { data, ttl: told.ttl, error: told.error, age }))
}

/// Aligned as `struct cmsghdr` has to be.
#[repr(align(8))]
struct Control([u8; CONTROL_LEN]);

/// What control messages tell.
#[derive(Debug, Default, PartialEq, Eq)]
struct Told {
    ttl: Option<u8>,
    error: Option<Reported>,
    /// SCM_TIMESTAMPNS: when the packet arrived, since the epoch.
    arrived: Option<Duration>,
}

fn understand(mut control: &[u8]) -> Told {
    let mut told = Told::default();
    while let Some((len, rest)) = control.split_first_chunk::<{ size_of::<usize>() }>() {
        let len = usize::from_ne_bytes(*len);
        let (Some(level), Some(kind)) = (int(rest, 0), int(rest, 4)) else { break };
        let Some(payload) = control.get(HEADER_LEN..len) else { break };
        match (level, kind) {
            (libc::IPPROTO_IP, libc::IP_TTL) | (libc::IPPROTO_IPV6, libc::IPV6_HOPLIMIT) => {
                told.ttl = int(payload, 0).and_then(|ttl| u8::try_from(ttl).ok());
            }
            (libc::IPPROTO_IP, libc::IP_RECVERR) | (libc::IPPROTO_IPV6, libc::IPV6_RECVERR) => {
                told.error = reported(payload);
            }
            (libc::SOL_SOCKET, libc::SCM_TIMESTAMPNS) => told.arrived = time(payload),
            _ => {}
        }
        match control.get(len.next_multiple_of(size_of::<usize>())..) {
            Some(rest) => control = rest,
            None => break,
        }
    }
    told
}

/// `struct timespec`, of longs.
fn time(octets: &[u8]) -> Option<Duration> {
    let long = |octets: &[u8]| octets.first_chunk().map(|octets| isize::from_ne_bytes(*octets));
    let seconds = long(octets)?;
    let nanoseconds = long(octets.get(size_of::<isize>()..)?)?;
    let nanoseconds = u32::try_from(nanoseconds).ok().filter(|&ns| ns < 1_000_000_000)?;
    Some(Duration::new(u64::try_from(seconds).ok()?, nanoseconds))
}

fn int(octets: &[u8], at: usize) -> Option<i32> {
    octets.get(at..)?.first_chunk().map(|octets| i32::from_ne_bytes(*octets))
}

/// `struct sock_extended_err`, then `struct sockaddr_in` or `sockaddr_in6`.
fn reported(octets: &[u8]) -> Option<Reported> {
    const LEN: usize = size_of::<libc::sock_extended_err>();
    let &[origin, kind, code, _] = octets.get(4..)?.first_chunk()?;
    let from = match octets.get(LEN..) {
        Some(offender) if matches!(origin, libc::SO_EE_ORIGIN_ICMP | libc::SO_EE_ORIGIN_ICMP6) => {
            address(offender)
        }
        _ => None,
    };
    Some(Reported { kind, code, from })
}

fn address(octets: &[u8]) -> Option<IpAddr> {
    let family = octets.first_chunk().map(|family| u16::from_ne_bytes(*family))?;
    match i32::from(family) {
        // After family and port.
        libc::AF_INET => octets.get(4..)?.first_chunk::<4>().map(|ip| Ipv4Addr::from(*ip).into()),
        // After the flow label too.
        libc::AF_INET6 => octets.get(8..)?.first_chunk::<16>().map(|ip| Ipv6Addr::from(*ip).into()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn control(level: i32, kind: i32, payload: &[u8]) -> Vec<u8> {
        let len = HEADER_LEN + payload.len();
        let mut all = len.to_ne_bytes().to_vec();
        all.extend(level.to_ne_bytes());
        all.extend(kind.to_ne_bytes());
        all.extend(payload);
        all.resize(len.next_multiple_of(size_of::<usize>()), 0);
        all
    }

    /// Time exceeded from 10.0.1.2, as Linux 6.18 gives it for UDP.
    fn time_exceeded() -> Vec<u8> {
        let mut error = 113_u32.to_ne_bytes().to_vec();
        error.extend([libc::SO_EE_ORIGIN_ICMP, 11, 0, 0]);
        error.extend([0; 8]);
        error.extend(2_u16.to_ne_bytes());
        error.extend([0, 0, 10, 0, 1, 2, 0, 0, 0, 0, 0, 0, 0, 0]);
        let time = [1_700_000_000_isize, 5_000].map(isize::to_ne_bytes).concat();
        let mut all = control(libc::SOL_SOCKET, libc::SCM_TIMESTAMPNS, &time);
        all.extend(control(libc::IPPROTO_IP, libc::IP_TTL, &64_i32.to_ne_bytes()));
        all.extend(control(libc::IPPROTO_IP, libc::IP_RECVERR, &error));
        all
    }

    #[test]
    fn an_error_names_who_reports_it() {
        let from = Some(Ipv4Addr::new(10, 0, 1, 2).into());
        let error = Some(Reported { kind: 11, code: 0, from });
        let arrived = Some(Duration::new(1_700_000_000, 5_000));
        assert_eq!(understand(&time_exceeded()), Told { ttl: Some(64), error, arrived });
    }

    #[test]
    fn an_error_of_this_host_names_nobody() {
        let mut error = 90_u32.to_ne_bytes().to_vec();
        error.extend([libc::SO_EE_ORIGIN_LOCAL, 0, 0, 0]);
        error.extend([0; 24]);
        let found = understand(&control(libc::IPPROTO_IPV6, libc::IPV6_RECVERR, &error)).error;
        assert_eq!(found, Some(Reported { kind: 0, code: 0, from: None }));
    }

    #[test]
    fn an_address_of_ipv6_follows_its_flow_label() {
        let mut octets = 10_u16.to_ne_bytes().to_vec();
        octets.extend([0; 6]);
        octets.extend("fd00::2".parse::<Ipv6Addr>().unwrap().octets());
        assert_eq!(address(&octets), Some("fd00::2".parse().unwrap()));
        assert_eq!(address(&octets[..23]), None);
    }

    #[test]
    fn whatever_is_cut_off_does_no_harm() {
        let whole = time_exceeded();
        for len in 0..whole.len() {
            let told = understand(&whole[..len]);
            assert!(told.error.is_none() || len >= whole.len() - 16, "{len}");
        }
        // Lengths that cannot be.
        for len in [0_usize, 1, 15, usize::MAX] {
            let mut damaged = whole.clone();
            damaged[..size_of::<usize>()].copy_from_slice(&len.to_ne_bytes());
            assert_eq!(understand(&damaged), Told::default());
        }
    }
}
