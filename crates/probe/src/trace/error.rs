//! Why nothing could be asked.

use std::io;
use std::net::IpAddr;

use synrecv_model::TraceMethod;

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
