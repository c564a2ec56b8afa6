//! Why nothing could be asked.

use std::error::Error as _;
use std::io;
use std::net::IpAddr;

use synrecv_model::{Foreign, Gap, Reason, Text, TraceMethod, text};

/// A trace could not be made.
#[derive(Debug, thiserror::Error)]
pub enum TraceError {
    /// The rights do not suffice for the method.
    #[error("{} needs {needs}", method.name())]
    NotPermitted {
        /// What the questions are made of.
        method: TraceMethod,
        /// What would suffice.
        needs: &'static str,
    },
    /// No socket of the method.
    #[error("open a socket for {}", method.name())]
    Open {
        /// What the questions are made of.
        method: TraceMethod,
        /// Why.
        source: io::Error,
    },
    /// The kernel does not know an option that is needed.
    #[error("set `{option}`")]
    Option {
        /// Its name.
        option: &'static str,
        /// Why.
        source: io::Error,
    },
    /// The source address cannot be used.
    #[error("send from `{from}`")]
    Bind {
        /// The address.
        from: IpAddr,
        /// Why.
        source: io::Error,
    },
    /// There is no way to the target.
    #[error("find a way to `{target}`")]
    Connect {
        /// The address.
        target: IpAddr,
        /// Why.
        source: io::Error,
    },
    /// Every question was refused by this host itself.
    #[error("send to `{target}`")]
    Send {
        /// The address.
        target: IpAddr,
        /// Why, the last time.
        source: io::Error,
    },
    /// Answers could not be waited for.
    #[error("wait for answers")]
    Wait(#[source] io::Error),
}

impl TraceError {
    /// As the reason of a section that is missing.
    pub fn gap(&self) -> Gap {
        let what: Text = match self {
            Self::NotPermitted { method, needs } => {
                return Gap::new(Reason::NeedsRoot, text![method.name(), " needs ", *needs]);
            }
            Self::Open { method, .. } => text!["open a socket for ", method.name()],
            Self::Option { option, .. } => text!["set ", *option],
            Self::Bind { from, .. } => text!["send from ", *from],
            Self::Connect { target, .. } => text!["find a way to ", *target],
            Self::Send { target, .. } => text!["send to ", *target],
            Self::Wait(_) => text!["wait for answers"],
        };
        let cause = self.source().map(ToString::to_string);
        let cause = cause.map_or_else(Text::new, |cause| text![": ", Foreign(cause)]);
        Gap::new(Reason::NotApplicable, text![what, cause])
    }
}
