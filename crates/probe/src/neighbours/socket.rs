//! A packet socket on one device, for one family: sends questions, hears answers.

use std::ffi::{c_int, c_long};
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::ptr;

use libc::{SOL_PACKET, SOL_SOCKET, packet_mreq, sock_filter, sock_fprog, sockaddr_ll, socklen_t};
use rustix::io::Errno;
use rustix::net::{AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType, socket_with};
use synrecv_model::Family;

use super::error::ProbeError;
use super::filter::{self, SNAP};
use super::wire::{ARP, IPV6};

/// SIOCGSTAMPNS_OLD of `asm-generic/sockios.h`: when the frame that was read last arrived, as two
/// `long`s.
const LAST_STAMP: libc::Ioctl = 0x8907;

/// The socket. The device is promiscuous for as long as it is there, if that was wanted.
#[derive(Debug)]
pub(super) struct Port(OwnedFd);

impl Port {
    /// Opens it on a device. `hears_all`: answers to a MAC that is not the device's are wanted, which
    /// the device would not let pass.
    ///
    /// The socket takes nothing before it is bound, and has its filter by then.
    pub(super) fn open(ifindex: u32, family: Family, hears_all: bool) -> Result<Self, ProbeError> {
        let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
        let socket = socket_with(AddressFamily::PACKET, SocketType::RAW, flags, None)
            .map_err(ProbeError::Open)?;
        let (protocol, filter) = match family {
            Family::V4 => (ARP, filter::arp()),
            Family::V6 => (IPV6, filter::discovery()),
        };
        attach(&socket, filter)?;
        if hears_all {
            let membership = packet_mreq {
                mr_ifindex: ifindex.cast_signed(),
                mr_type: u16::try_from(libc::PACKET_MR_PROMISC).unwrap_or_default(),
                mr_alen: 0,
                mr_address: [0; 8],
            };
            let option = (libc::PACKET_ADD_MEMBERSHIP, "PACKET_ADD_MEMBERSHIP");
            set(&socket, SOL_PACKET, option, &membership)?;
        }
        bind(&socket, ifindex, protocol).map_err(ProbeError::Bind)?;
        let port = Self(socket);
        // The kernel stamps frames from the first time on that it was asked for a stamp.
        let _ = port.last_stamp();
        Ok(port)
    }

    pub(super) fn send(&self, frame: &[u8]) -> Result<(), ProbeError> {
        rustix::net::send(&self.0, frame, SendFlags::empty()).map(drop).map_err(ProbeError::Send)
    }

    /// Hands over each frame that has arrived, with its stamp in nanoseconds of the wall clock.
    pub(super) fn drain(&self, mut look: impl FnMut(&[u8], Option<u64>)) -> Result<(), ProbeError> {
        let mut buffer = [0_u8; SNAP as usize];
        loop {
            match rustix::net::recv(&self.0, &mut buffer, RecvFlags::empty()) {
                Ok((len, _)) => look(&buffer[..len], self.last_stamp()),
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN) => return Ok(()),
                Err(errno) => return Err(ProbeError::Receive(errno)),
            }
        }
    }

    #[expect(unsafe_code, reason = "rustix does not know this request")]
    fn last_stamp(&self) -> Option<u64> {
        let mut stamp: [c_long; 2] = [0; 2];
        // SAFETY: the kernel writes two longs, for which there is room.
        let answer = unsafe { libc::ioctl(self.0.as_raw_fd(), LAST_STAMP, stamp.as_mut_ptr()) };
        let [seconds, nanos] = stamp.map(|part| u64::try_from(part).unwrap_or(0));
        (answer == 0).then(|| seconds.saturating_mul(1_000_000_000).saturating_add(nanos))
    }
}

impl AsFd for Port {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

fn attach(socket: &OwnedFd, mut filter: Vec<sock_filter>) -> Result<(), ProbeError> {
    let len = u16::try_from(filter.len()).expect("a filter has some instructions only");
    let program = sock_fprog { len, filter: filter.as_mut_ptr() };
    set(socket, SOL_SOCKET, (libc::SO_ATTACH_FILTER, "SO_ATTACH_FILTER"), &program)
}

#[expect(unsafe_code, reason = "rustix has no address of packet sockets")]
fn bind(socket: &OwnedFd, ifindex: u32, protocol: u16) -> Result<(), Errno> {
    let address = sockaddr_ll {
        sll_family: u16::try_from(libc::AF_PACKET).unwrap_or_default(),
        sll_protocol: protocol.to_be(),
        sll_ifindex: ifindex.cast_signed(),
        sll_hatype: 0,
        sll_pkttype: 0,
        sll_halen: 0,
        sll_addr: [0; 8],
    };
    let len = length_of::<sockaddr_ll>();
    // SAFETY: the kernel reads `len` octets of the address, and keeps no pointer to it.
    let answer = unsafe { libc::bind(socket.as_raw_fd(), (&raw const address).cast(), len) };
    if answer == 0 { Ok(()) } else { Err(last_errno()) }
}

/// Sets an option to a value of the type that the kernel has for it.
#[expect(unsafe_code, reason = "rustix has none of these options")]
fn set<T>(
    socket: &OwnedFd,
    level: c_int,
    (option, name): (c_int, &'static str),
    value: &T,
) -> Result<(), ProbeError> {
    // SAFETY: the kernel reads as many octets as the value has, and what a filter points to, which
    // `attach` keeps alive; it keeps no pointer.
    let answer = unsafe {
        let value = ptr::from_ref(value).cast();
        libc::setsockopt(socket.as_raw_fd(), level, option, value, length_of::<T>())
    };
    if answer == 0 {
        Ok(())
    } else {
        Err(ProbeError::Option { option: name, source: last_errno() })
    }
}

fn last_errno() -> Errno {
    Errno::from_io_error(&io::Error::last_os_error()).unwrap_or(Errno::INVAL)
}

fn length_of<T>() -> socklen_t {
    socklen_t::try_from(size_of::<T>()).expect("options are short")
}
