//! Why a dump or look-up failed, and which gap that leaves in the facts.

use std::io;

use rustix::io::Errno;
use synrecv_model::{Gap, Reason, Text, text};

/// A netlink operation that failed.
#[derive(Debug, thiserror::Error)]
pub enum NetlinkError {
    /// No socket of this protocol could be made.
    #[error("open a netlink socket for `{protocol}`")]
    Open {
        /// Name of the protocol.
        protocol: &'static str,
        /// Of `socket`, `bind` or `getsockname`.
        source: io::Error,
    },
    /// An option of the socket could not be set.
    #[error("set `{option}` on a netlink socket")]
    Option {
        /// Name of the option.
        option: &'static str,
        /// Of `setsockopt`.
        source: io::Error,
    },
    /// The request could not be sent.
    #[error("send request `{kind}` to `{protocol}`")]
    Send {
        /// Name of the protocol.
        protocol: &'static str,
        /// `nlmsg_type` of the request.
        kind: u16,
        /// Of `send`.
        source: io::Error,
    },
    /// Nothing could be received.
    #[error("receive from `{protocol}`")]
    Receive {
        /// Name of the protocol.
        protocol: &'static str,
        /// Of `recvfrom` or `epoll_wait`.
        source: io::Error,
    },
    /// The kernel refused the request, or ended a dump with an error.
    #[error("ask `{protocol}` for `{kind}`{}", hint(extended.as_ref()))]
    Refused {
        /// Name of the protocol.
        protocol: &'static str,
        /// `nlmsg_type` of the request.
        kind: u16,
        /// The kernel's explanation (`NLMSGERR_ATTR_MSG`), where it gave one.
        extended: Option<String>,
        /// The kernel's errno.
        source: io::Error,
    },
    /// Nothing came within the time-out.
    #[error("wait for `{protocol}`: no answer in {timeout_ms} ms")]
    TimedOut {
        /// Name of the protocol.
        protocol: &'static str,
        /// The time-out.
        timeout_ms: u64,
    },
}

fn hint(extended: Option<&String>) -> String {
    extended.map(|words| format!(" ({words})")).unwrap_or_default()
}

impl NetlinkError {
    /// The errno behind it; `None` for a time-out.
    pub fn errno(&self) -> Option<Errno> {
        match self {
            Self::Open { source, .. }
            | Self::Option { source, .. }
            | Self::Send { source, .. }
            | Self::Receive { source, .. }
            | Self::Refused { source, .. } => Errno::from_io_error(source),
            Self::TimedOut { .. } => None,
        }
    }

    /// The gap that it leaves in the facts.
    pub fn gap(&self) -> Gap {
        let reason = match self {
            Self::TimedOut { .. } => Reason::TimedOut,
            _ => self.errno().map_or(Reason::NotApplicable, reason_of),
        };
        Gap::new(reason, Text::of_error(self))
    }
}

fn reason_of(errno: Errno) -> Reason {
    match errno {
        Errno::PERM | Errno::ACCESS => Reason::NeedsRoot,
        Errno::TIMEDOUT | Errno::AGAIN | Errno::INTR | Errno::BUSY | Errno::SRCH => {
            Reason::TimedOut
        }
        // ENOENT, EPROTONOSUPPORT, EAFNOSUPPORT, EOPNOTSUPP, ENOSYS, EINVAL: not offered.
        _ => Reason::KernelTooOld,
    }
}

/// The gap left by a failed file or system call; `what` was being read.
pub fn errno_gap(what: &'static str, error: &io::Error) -> Gap {
    let reason = match error.kind() {
        io::ErrorKind::NotFound => Reason::KernelTooOld,
        _ => Errno::from_io_error(error).map_or(Reason::NotApplicable, reason_of),
    };
    Gap::new(reason, text!["read ", what, ": ", Text::of_error(error)])
}
