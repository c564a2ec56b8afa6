//! Socket options whose question and answer share a buffer of any length.

use std::io;

use libc::c_int;
use rustix::fd::{AsFd, AsRawFd};
use rustix::io::Errno;

/// Asks for an option; the answer takes the place of the question, of the same length.
///
/// # Errors
/// What the kernel says; `EINVAL` for an answer of another length.
#[expect(unsafe_code, reason = "rustix has no option with a buffer of the caller's length")]
pub(super) fn get(
    socket: &impl AsFd,
    level: c_int,
    name: c_int,
    value: &mut [u8],
) -> Result<(), Errno> {
    let asked = libc::socklen_t::try_from(value.len()).map_err(|_| Errno::INVAL)?;
    let mut len = asked;
    let socket = socket.as_fd().as_raw_fd();
    let pointer = value.as_mut_ptr().cast();
    // SAFETY: `pointer` is that of `len` bytes which this function alone may read and write, and the
    // kernel writes no more than `len` bytes.
    let answer = unsafe { libc::getsockopt(socket, level, name, pointer, &raw mut len) };
    match answer {
        0 if len == asked => Ok(()),
        0 => Err(Errno::INVAL),
        _ => Err(Errno::from_io_error(&io::Error::last_os_error()).unwrap_or(Errno::INVAL)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_of_another_length_is_refused() {
        let socket = std::net::UdpSocket::bind(("127.0.0.1", 0)).unwrap();
        let ask = |value: &mut [u8]| get(&socket, libc::SOL_SOCKET, libc::SO_TYPE, value);
        let mut value = [0; 4];
        assert_eq!(ask(&mut value), Ok(()));
        assert_eq!(c_int::from_ne_bytes(value), libc::SOCK_DGRAM);
        assert_eq!(ask(&mut [0; 8]), Err(Errno::INVAL));
        assert_eq!(get(&socket, libc::SOL_SOCKET, -1, &mut value), Err(Errno::NOPROTOOPT));
    }
}
