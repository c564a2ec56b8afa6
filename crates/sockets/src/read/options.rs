//! Options of listeners that only a holder of the socket can read.
//!
//! A copy of the descriptor is taken from a process that holds the listener (`pidfd_getfd`, Linux
//! 5.6), asked, and closed at once: as long as a copy lives, a listener that its application closes
//! stays in LISTEN.

use libc::c_int;
use rustix::fd::{AsFd, AsRawFd as _, OwnedFd};
use rustix::fs::{FileType, fstat};
use rustix::io::Errno;
use rustix::net::{AddressFamily, SocketFlags, SocketType, socket_with};
use rustix::process::{Pid, PidfdFlags, PidfdGetfdFlags, pidfd_getfd, pidfd_open};
use synrecv_model::{Listener, ListenerOptions};

use super::owners::{Holder, Holders};

/// Listeners beyond these are left unread: each costs a few system calls and a moment in which its
/// application cannot end it.
const LISTENERS_MOST: usize = 256;
/// Workers of one service have the same rights; of the parent and a few of them one will do.
const HOLDERS_TRIED: usize = 4;

/// Sets the options of the listeners whose holders may be looked into; the others have none.
pub(super) fn fill(listeners: &mut [Listener], holders: &Holders) {
    let held = listeners.iter_mut().filter_map(|listener| {
        let holders = holders.get(&listener.inode)?;
        Some((listener, holders))
    });
    let mut held = held.take(LISTENERS_MOST).peekable();
    if held.peek().is_none() {
        return;
    }
    let untouched = Untouched::read();
    for (listener, holders) in held {
        let inode = listener.inode;
        let read = |holder| read(holder, inode, untouched.as_ref()).ok();
        listener.options = holders.iter().take(HOLDERS_TRIED).find_map(read);
    }
}

/// A TCP socket that nobody has set anything on, in the network namespace of this thread.
struct Untouched {
    syn_retries: u32,
    namespace: u64,
}

impl Untouched {
    fn read() -> Option<Self> {
        let flags = SocketFlags::CLOEXEC;
        let socket = socket_with(AddressFamily::INET, SocketType::STREAM, flags, None).ok()?;
        Some(Self { syn_retries: syn_retries(&socket)?, namespace: namespace(&socket)? })
    }
}

fn read(
    holder: &Holder,
    inode: u64,
    untouched: Option<&Untouched>,
) -> Result<ListenerOptions, Errno> {
    let socket = copy(holder, inode)?;
    // The default is that of the socket's own namespace; without it, whether the value was set
    // cannot be told.
    let default = untouched.filter(|own| namespace(&socket) == Some(own.namespace));
    let syn_retries = syn_retries(&socket)
        .zip(default)
        .and_then(|(count, default)| (count != default.syn_retries).then_some(count));
    Ok(ListenerOptions {
        defer_accept_s: number(&socket, libc::IPPROTO_TCP, libc::TCP_DEFER_ACCEPT),
        syn_retries,
        fastopen_queue_max: number(&socket, libc::IPPROTO_TCP, libc::TCP_FASTOPEN),
        filter_instructions: filter_instructions(&socket),
    })
}

/// A copy of the holder's descriptor, provided that it still is that socket.
fn copy(holder: &Holder, inode: u64) -> Result<OwnedFd, Errno> {
    let pid = i32::try_from(holder.process.pid).ok().and_then(Pid::from_raw).ok_or(Errno::SRCH)?;
    let process = pidfd_open(pid, PidfdFlags::empty())?;
    let copy = pidfd_getfd(&process, holder.descriptor, PidfdGetfdFlags::empty())?;
    // Both numbers may have been given to something else meanwhile.
    let status = fstat(&copy)?;
    let same =
        FileType::from_raw_mode(status.st_mode) == FileType::Socket && status.st_ino == inode;
    same.then_some(copy).ok_or(Errno::BADF)
}

fn syn_retries(socket: &OwnedFd) -> Option<u32> {
    number(socket, libc::IPPROTO_TCP, libc::TCP_SYNCNT)
}

/// SO_NETNS_COOKIE, Linux 5.14: names the network namespace of a socket until the next boot.
fn namespace(socket: &OwnedFd) -> Option<u64> {
    let mut cookie = [0; 8];
    let len = get(socket, libc::SOL_SOCKET, libc::SO_NETNS_COOKIE, &mut cookie).ok()?;
    (len as usize == cookie.len()).then_some(u64::from_ne_bytes(cookie))
}

/// Asked with no room for them, the kernel answers how many there are (`sk_get_filter`).
fn filter_instructions(socket: &OwnedFd) -> Option<u32> {
    get(socket, libc::SOL_SOCKET, libc::SO_GET_FILTER, &mut []).ok()
}

/// An option that is an `int`.
fn number(socket: &OwnedFd, level: c_int, name: c_int) -> Option<u32> {
    let mut value = [0; size_of::<c_int>()];
    let len = get(socket, level, name, &mut value).ok()?;
    let value = (len as usize == value.len()).then_some(c_int::from_ne_bytes(value))?;
    u32::try_from(value).ok()
}

/// Reads an option into `value`; returns the length that the kernel reports.
#[expect(unsafe_code, reason = "rustix has none of these options")]
fn get(socket: &impl AsFd, level: c_int, name: c_int, value: &mut [u8]) -> Result<u32, Errno> {
    let mut len = libc::socklen_t::try_from(value.len()).map_err(|_| Errno::INVAL)?;
    let socket = socket.as_fd().as_raw_fd();
    let pointer = value.as_mut_ptr().cast();
    // SAFETY: `pointer` is that of `len` bytes which this function alone may write. The kernel
    // writes no more than `len` bytes; only a filter is counted in other units (8 bytes each), and
    // with room for none of them nothing is written.
    let answer = unsafe { libc::getsockopt(socket, level, name, pointer, &raw mut len) };
    if answer == 0 { Ok(len) } else { Err(last_error()) }
}

fn last_error() -> Errno {
    Errno::from_io_error(&std::io::Error::last_os_error()).unwrap_or(Errno::INVAL)
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use rustix::fd::RawFd;
    use synrecv_model::{Endpoint, Family, Foreign, Owners, Process};

    use super::*;

    /// This process as the holder of one of its own descriptors.
    fn own(descriptor: &impl AsFd) -> Holder {
        let process =
            Process { pid: std::process::id(), comm: Foreign("own".to_owned()), state: 'R' };
        Holder { process, descriptor: descriptor.as_fd().as_raw_fd() }
    }

    #[test]
    fn a_plain_listener_has_nothing_set() {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let inode = fstat(&listener).unwrap().st_ino;
        let options = read(&own(&listener), inode, Untouched::read().as_ref()).unwrap();
        assert_eq!(options.defer_accept_s, Some(0));
        assert_eq!(options.syn_retries, None);
        assert_eq!(options.filter_instructions, Some(0));
    }

    #[test]
    fn no_copy_outlives_its_reading() {
        let socket = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let address = socket.local_addr().unwrap();
        let inode = fstat(&socket).unwrap().st_ino;
        let mut listeners = [Listener {
            local: Endpoint::new(address.ip(), address.port()),
            family: Family::V4,
            bound_ifindex: 0,
            accept_queue_count: 0,
            accept_queue_max_count: None,
            ref_count: None,
            drops_count: None,
            optmem_bytes: None,
            uid: 0,
            inode,
            v6only: None,
            mark: None,
            owners: Owners::NotSought,
            options: None,
        }];
        fill(&mut listeners, &Holders::from([(inode, vec![own(&socket)])]));
        assert!(listeners[0].options.is_some());
        drop(socket);
        TcpListener::bind(address).expect("nothing listens there any more");
    }

    #[test]
    fn what_is_no_longer_that_socket_is_left_alone() {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let inode = fstat(&listener).unwrap().st_ino;
        assert_eq!(copy(&own(&listener), inode + 1).unwrap_err(), Errno::BADF);
        let file = std::fs::File::open("/proc/self/stat").unwrap();
        let inode = fstat(&file).unwrap().st_ino;
        assert_eq!(copy(&own(&file), inode).unwrap_err(), Errno::BADF);
        let gone = Holder { descriptor: RawFd::MAX, ..own(&file) };
        assert_eq!(copy(&gone, inode).unwrap_err(), Errno::BADF);
    }
}
