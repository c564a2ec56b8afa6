//! A packet socket whose frames the kernel writes into memory that is shared with it (TPACKET_V3).
//!
//! Reading them one by one is no substitute: on two cores a socket with `recvmmsg` took 1,400 ns of
//! CPU time a frame and slowed the sender to 115,000 frames/s, a ring took 45 ns at 200,000. Without
//! CAP_NET_ADMIN the receive buffer of a socket (`net.core.rmem_max`) holds some 500 frames, and half
//! of them were lost; the size of a ring has no such limit.

use std::ffi::c_int;
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::ptr::{self, NonNull};
use std::sync::atomic::{AtomicU32, Ordering};

use libc::{SOL_PACKET, SOL_SOCKET, sock_filter, sock_fprog, sockaddr_ll, socklen_t};
use rustix::io::Errno;
use rustix::net::{AddressFamily, SocketFlags, SocketType, socket_with};

use super::error::CaptureError;
use super::filter::Instruction;

/// Octets of a block: a multiple of the page size, small enough to be found in one piece.
const BLOCK_LEN: usize = 128 << 10;

/// Blocks of a ring, and of the one that is made when there is no memory for it. 4 MiB hold some
/// 20,000 frames: a tenth of a second of 200,000 a second.
const BLOCKS: [usize; 2] = [32, 8];

/// A block is handed over when it is full, or after so many milliseconds.
pub(super) const RETIRE_MS: u32 = 20;

/// The socket and its ring.
#[derive(Debug)]
pub(super) struct Ring {
    socket: OwnedFd,
    memory: NonNull<u8>,
    blocks: usize,
    /// The block that the kernel hands over next.
    next: usize,
}

#[expect(unsafe_code, reason = "the mapping belongs to the ring alone, on whatever thread it is")]
// SAFETY: `memory` is reached by methods of `Ring` only, which is not `Sync`.
unsafe impl Send for Ring {}

impl Ring {
    /// Captures what the filter lets pass, on one device or, with 0, on all.
    ///
    /// The socket takes nothing before it is bound, and has its filter by then.
    pub(super) fn open(filter: &[Instruction], ifindex: u32) -> Result<Self, CaptureError> {
        let socket = socket_with(
            AddressFamily::PACKET,
            SocketType::RAW,
            SocketFlags::CLOEXEC | SocketFlags::NONBLOCK,
            None,
        )
        .map_err(|errno| CaptureError::Open(errno.into()))?;
        attach(&socket, filter)?;
        // `enum tpacket_versions`
        let version = libc::tpacket_versions::TPACKET_V3 as c_int;
        set(&socket, SOL_PACKET, libc::PACKET_VERSION, &version, "PACKET_VERSION")?;
        let blocks = allocate(&socket)?;
        let memory = map(&socket, blocks * BLOCK_LEN).map_err(CaptureError::Map)?;
        let ring = Self { socket, memory, blocks, next: 0 };
        bind(&ring.socket, ifindex).map_err(CaptureError::Bind)?;
        Ok(ring)
    }

    /// Another filter, from the next packet on.
    pub(super) fn filter(&self, filter: &[Instruction]) -> Result<(), CaptureError> {
        attach(&self.socket, filter)
    }

    /// Frames that found no room since this was asked last.
    pub(super) fn lost(&self) -> io::Result<u32> {
        let mut counts = libc::tpacket_stats_v3 { tp_packets: 0, tp_drops: 0, tp_freeze_q_cnt: 0 };
        get(&self.socket, SOL_PACKET, libc::PACKET_STATISTICS, &mut counts)?;
        Ok(counts.tp_drops)
    }

    /// Looks at the next block that the kernel has handed over and gives it back; false when there is
    /// none.
    #[expect(unsafe_code, reason = "the ring is memory that the kernel writes to")]
    pub(super) fn take(&mut self, look: impl FnOnce(&[u8])) -> bool {
        // SAFETY: `next` is less than `blocks`, so that this is within the mapping.
        let block = unsafe { self.memory.add(self.next * BLOCK_LEN) };
        // SAFETY: blocks are aligned to pages. Of `struct tpacket_block_desc`, the status follows
        // two words; both sides access it as one.
        let status = unsafe { AtomicU32::from_ptr(block.add(8).cast().as_ptr()) };
        if status.load(Ordering::Acquire) & libc::TP_STATUS_USER == 0 {
            return false;
        }
        // SAFETY: the whole block is mapped, and the kernel does not write to it before the status
        // gives it back, for which the slice is gone.
        look(unsafe { std::slice::from_raw_parts(block.as_ptr(), BLOCK_LEN) });
        status.store(libc::TP_STATUS_KERNEL, Ordering::Release);
        self.next = (self.next + 1) % self.blocks;
        true
    }
}

impl AsFd for Ring {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

impl Drop for Ring {
    #[expect(unsafe_code, reason = "the mapping ends with the ring")]
    fn drop(&mut self) {
        // SAFETY: mapped by `open` with this length, and no reference to it outlives `take`.
        unsafe { libc::munmap(self.memory.as_ptr().cast(), self.blocks * BLOCK_LEN) };
    }
}

/// Has the kernel make the ring; returns the number of blocks.
fn allocate(socket: &OwnedFd) -> Result<usize, CaptureError> {
    let [wanted, least] = BLOCKS;
    match request(socket, wanted) {
        Err(CaptureError::Option { source, .. }) if is_short_of_memory(&source) => {
            request(socket, least)
        }
        made => made,
    }
}

fn request(socket: &OwnedFd, blocks: usize) -> Result<usize, CaptureError> {
    let count = |n: usize| u32::try_from(n).expect("a ring of some MiB");
    // Of no meaning in this version; it has to divide the block.
    let frame_len = 2_048;
    let request = libc::tpacket_req3 {
        tp_block_size: count(BLOCK_LEN),
        tp_block_nr: count(blocks),
        tp_frame_size: count(frame_len),
        tp_frame_nr: count(BLOCK_LEN / frame_len * blocks),
        tp_retire_blk_tov: RETIRE_MS,
        tp_sizeof_priv: 0,
        tp_feature_req_word: 0,
    };
    set(socket, SOL_PACKET, libc::PACKET_RX_RING, &request, "PACKET_RX_RING")?;
    Ok(blocks)
}

fn is_short_of_memory(error: &io::Error) -> bool {
    matches!(Errno::from_io_error(error), Some(Errno::NOMEM | Errno::NOBUFS))
}

#[expect(unsafe_code, reason = "rustix maps memory without `unsafe` no more than libc does")]
fn map(socket: &OwnedFd, len: usize) -> io::Result<NonNull<u8>> {
    // SAFETY: a new mapping at an address of the kernel's choice touches no other memory.
    let address = unsafe {
        let access = libc::PROT_READ | libc::PROT_WRITE;
        libc::mmap(ptr::null_mut(), len, access, libc::MAP_SHARED, socket.as_raw_fd(), 0)
    };
    if address == libc::MAP_FAILED {
        return Err(io::Error::last_os_error());
    }
    NonNull::new(address.cast()).ok_or_else(|| Errno::NOMEM.into())
}

#[expect(unsafe_code, reason = "rustix has no address of packet sockets")]
fn bind(socket: &OwnedFd, ifindex: u32) -> io::Result<()> {
    let every_protocol = u16::try_from(libc::ETH_P_ALL).unwrap_or_default();
    let address = sockaddr_ll {
        sll_family: u16::try_from(libc::AF_PACKET).unwrap_or_default(),
        sll_protocol: every_protocol.to_be(),
        sll_ifindex: ifindex.cast_signed(),
        sll_hatype: 0,
        sll_pkttype: 0,
        sll_halen: 0,
        sll_addr: [0; 8],
    };
    let len = length_of::<sockaddr_ll>();
    // SAFETY: the kernel reads `len` octets of the address, and keeps no pointer to it.
    let answer = unsafe { libc::bind(socket.as_raw_fd(), (&raw const address).cast(), len) };
    if answer == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

fn attach(socket: &OwnedFd, filter: &[Instruction]) -> Result<(), CaptureError> {
    let mut filter: Vec<sock_filter> = filter
        .iter()
        .map(|&Instruction { code, jt, jf, k }| sock_filter { code, jt, jf, k })
        .collect();
    let len = u16::try_from(filter.len()).expect("a filter is shorter than 4,096 instructions");
    let program = sock_fprog { len, filter: filter.as_mut_ptr() };
    set(socket, SOL_SOCKET, libc::SO_ATTACH_FILTER, &program, "SO_ATTACH_FILTER")
}

/// Sets an option to a value of the type that the kernel has for it.
#[expect(unsafe_code, reason = "rustix has none of these options")]
fn set<T>(
    socket: &OwnedFd,
    level: c_int,
    option: c_int,
    value: &T,
    name: &'static str,
) -> Result<(), CaptureError> {
    // SAFETY: the kernel reads as many octets as the value has, and what a filter points to, which
    // `attach` keeps alive; it keeps no pointer.
    let answer = unsafe {
        let value = ptr::from_ref(value).cast();
        libc::setsockopt(socket.as_raw_fd(), level, option, value, length_of::<T>())
    };
    if answer == 0 {
        return Ok(());
    }
    Err(CaptureError::Option { option: name, source: io::Error::last_os_error() })
}

/// Reads an option into a value of the type that the kernel has for it, made of integers alone.
#[expect(unsafe_code, reason = "rustix has none of these options")]
fn get<T: Copy>(socket: &OwnedFd, level: c_int, option: c_int, value: &mut T) -> io::Result<()> {
    let mut len = length_of::<T>();
    // SAFETY: the kernel writes no more than `len` octets, and every pattern of them is a value.
    let answer = unsafe {
        let value = ptr::from_mut(value).cast();
        libc::getsockopt(socket.as_raw_fd(), level, option, value, &raw mut len)
    };
    if answer == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

fn length_of<T>() -> socklen_t {
    socklen_t::try_from(size_of::<T>()).expect("options are short")
}
