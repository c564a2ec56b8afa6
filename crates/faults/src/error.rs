//! What can go wrong while a fault is built, kept alive, or looked at.

use std::io;
use std::time::Duration;

/// Why a lab operation failed.
#[derive(Debug, thiserror::Error)]
pub enum LabError {
    /// `unshare(CLONE_NEWNET)` was refused, usually for want of `CAP_SYS_ADMIN`.
    #[error("create the network namespace `{namespace}` (needs root)")]
    CreateNamespace {
        /// Name of the namespace inside the lab.
        namespace: String,
        /// What the kernel or the runtime answered.
        #[source]
        source: io::Error,
    },
    /// The thread that holds the namespace ended, so nothing can be run in it any more.
    #[error("the thread of the network namespace `{namespace}` is gone")]
    NamespaceGone {
        /// Name of the namespace inside the lab.
        namespace: String,
    },
    /// A link, address, route or rule could not be made.
    #[error("{doing} in `{namespace}`")]
    Configure {
        /// What was being done, in the words of `ip`.
        doing: String,
        /// Name of the namespace inside the lab.
        namespace: String,
        /// The kernel's answer.
        #[source]
        source: io::Error,
    },
    /// A setting under `/proc/sys` could not be written.
    #[error("write `{value}` to `/proc/sys/{key}` in `{namespace}`")]
    Sysctl {
        /// Path below `/proc/sys`.
        key: String,
        /// What was to be written.
        value: String,
        /// Name of the namespace inside the lab.
        namespace: String,
        /// The kernel's answer.
        #[source]
        source: io::Error,
    },
    /// A program that configures the namespace is not installed.
    #[error("run `{program}`: not installed; it is in `{package}` (apt-get install {package})")]
    ToolMissing {
        /// The program.
        program: &'static str,
        /// Its package in Debian.
        package: &'static str,
    },
    /// Such a program ran and refused what it was given.
    #[error("configure `{namespace}`: {program} said `{stderr}`")]
    ToolRefused {
        /// The program.
        program: &'static str,
        /// Name of the namespace inside the lab.
        namespace: String,
        /// The first line of what it wrote to its standard error.
        stderr: String,
    },
    /// The kernel refused a BPF program, or to attach it to a device.
    #[error("{doing} in `{namespace}`")]
    Bpf {
        /// What was being done.
        doing: &'static str,
        /// Name of the namespace inside the lab.
        namespace: String,
        /// The kernel's answer.
        #[source]
        source: io::Error,
    },
    /// A traffic generator or server could not open its sockets.
    #[error("{doing} in `{namespace}`")]
    Traffic {
        /// What was being done.
        doing: String,
        /// Name of the namespace inside the lab.
        namespace: String,
        /// The kernel's answer.
        #[source]
        source: io::Error,
    },
    /// A program could not be started inside a namespace, or its output not read.
    #[error("run `{program}` in `{namespace}`")]
    Run {
        /// The program as it was asked for.
        program: String,
        /// Name of the namespace inside the lab.
        namespace: String,
        /// The kernel's answer.
        #[source]
        source: io::Error,
    },
    /// A filter of system calls could not be made or installed, or the program under it not be
    /// executed.
    #[error("run a program with refused system calls")]
    Seccomp {
        /// What the compiler of the filter or the kernel answered.
        #[source]
        source: io::Error,
    },
    /// A file of the kernel could not be read.
    #[error("read `{path}` in `{namespace}`")]
    Read {
        /// Which file.
        path: &'static str,
        /// Name of the namespace inside the lab.
        namespace: String,
        /// The kernel's answer.
        #[source]
        source: io::Error,
    },
    /// The scenario was built, but what it is meant to show did not appear in time.
    #[error("wait for {expected}: after {} s there was {seen}", waited.as_secs())]
    NotReady {
        /// What the scenario waits for.
        expected: String,
        /// What there was instead when the deadline passed.
        seen: String,
        /// How long it was waited for.
        waited: Duration,
    },
}

/// Result of a lab operation.
pub type Result<T, E = LabError> = std::result::Result<T, E>;
