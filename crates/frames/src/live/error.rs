//! Why nothing could be captured, and which gap that leaves in the observation.

use std::io;

use rustix::io::Errno;
use synrecv_model::{Gap, Reason, Text};

/// Frames of this host could not be captured.
#[derive(Debug, thiserror::Error)]
pub enum CaptureError {
    /// No socket of AF_PACKET could be made.
    #[error("open a packet socket (CAP_NET_RAW)")]
    Open(#[source] io::Error),
    /// An option of the socket could not be set.
    #[error("set `{option}` on a packet socket")]
    Option {
        /// Name of the option.
        option: &'static str,
        /// Of `setsockopt`.
        source: io::Error,
    },
    /// The ring of the socket could not be mapped.
    #[error("map the ring of a packet socket")]
    Map(#[source] io::Error),
    /// The socket could not be bound to the devices.
    #[error("bind a packet socket")]
    Bind(#[source] io::Error),
    /// No thread could be started to read the ring.
    #[error("start a thread for the capture")]
    Thread(#[source] io::Error),
}

impl CaptureError {
    fn cause(&self) -> &io::Error {
        match self {
            Self::Open(source) | Self::Map(source) | Self::Bind(source) | Self::Thread(source) => {
                source
            }
            Self::Option { source, .. } => source,
        }
    }

    /// The gap that it leaves in the observation.
    pub fn gap(&self) -> Gap {
        let reason = match (self, Errno::from_io_error(self.cause())) {
            (_, Some(Errno::PERM | Errno::ACCESS)) => Reason::NeedsRoot,
            (
                _,
                Some(Errno::NOMEM | Errno::NOBUFS | Errno::AGAIN | Errno::MFILE | Errno::NFILE),
            )
            | (Self::Thread(_), _) => Reason::NotApplicable,
            // EAFNOSUPPORT, EPROTONOSUPPORT, ENOSYS, ENOPROTOOPT, EINVAL: not offered.
            _ => Reason::KernelTooOld,
        };
        Gap::new(reason, Text::of_error(self))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_refused_is_not_what_is_lacking() {
        let open = |errno: Errno| CaptureError::Open(errno.into()).gap();
        assert_eq!(open(Errno::PERM).reason, Reason::NeedsRoot);
        for errno in [Errno::AFNOSUPPORT, Errno::PROTONOSUPPORT, Errno::NOSYS] {
            assert_eq!(open(errno).reason, Reason::KernelTooOld);
        }
        assert_eq!(CaptureError::Map(Errno::NOMEM.into()).gap().reason, Reason::NotApplicable);
    }
}
