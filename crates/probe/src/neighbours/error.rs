//! Why an address could not be asked for.

use rustix::io::Errno;
use synrecv_model::{Foreign, Gap, Reason};

/// An address could not be asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProbeError {
    /// No socket of AF_PACKET could be made.
    #[error("open a packet socket (CAP_NET_RAW)")]
    Open(#[source] Errno),
    /// An option of the socket could not be set.
    #[error("set `{option}` on a packet socket")]
    Option {
        /// Name of the option.
        option: &'static str,
        /// Of `setsockopt`.
        source: Errno,
    },
    /// The socket could not be bound to the device.
    #[error("bind a packet socket to the device")]
    Bind(#[source] Errno),
    /// The kernel gave no random octets for a MAC.
    #[error("make up a link-layer address")]
    Random(#[source] Errno),
    /// A question could not be sent.
    #[error("send a question")]
    Send(#[source] Errno),
    /// Answers could not be read.
    #[error("read answers")]
    Receive(#[source] Errno),
    /// Somebody answers for each address that the question could have come from.
    #[error("no address is free to ask from: somebody answers for all that were tried")]
    NoSource,
    /// The asker's address and the target are of two families.
    #[error("ask from an address of the other family")]
    Families,
}

impl ProbeError {
    fn cause(self) -> Option<Errno> {
        match self {
            Self::Open(errno)
            | Self::Bind(errno)
            | Self::Random(errno)
            | Self::Send(errno)
            | Self::Receive(errno) => Some(errno),
            Self::Option { source, .. } => Some(source),
            Self::NoSource | Self::Families => None,
        }
    }

    /// The gap that it leaves among the facts.
    pub fn gap(self) -> Gap {
        let reason = match self.cause() {
            Some(Errno::PERM | Errno::ACCESS) => Reason::NeedsRoot,
            Some(Errno::AFNOSUPPORT | Errno::PROTONOSUPPORT | Errno::NOSYS | Errno::NOPROTOOPT) => {
                Reason::KernelTooOld
            }
            _ => Reason::NotApplicable,
        };
        let cause = self.cause().map_or_else(String::new, |errno| format!(": {errno}"));
        Gap::new(reason, Foreign(format!("{self}{cause}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_refused_is_not_what_is_lacking() {
        assert_eq!(ProbeError::Open(Errno::PERM).gap().reason, Reason::NeedsRoot);
        assert_eq!(ProbeError::Open(Errno::AFNOSUPPORT).gap().reason, Reason::KernelTooOld);
        assert_eq!(ProbeError::Send(Errno::NETDOWN).gap().reason, Reason::NotApplicable);
        assert_eq!(ProbeError::NoSource.gap().reason, Reason::NotApplicable);
    }
}
