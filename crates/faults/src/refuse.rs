//! Programs that see single system calls fail, as on a kernel or in a container that lacks them.
//!
//! A seccomp filter decides before the kernel does: nothing is loaded, opened or set, and the
//! program is told an errno of our choice.

use std::io;
use std::os::unix::process::CommandExt;
use std::process::Command;

use libc::{AF_NETLINK, AF_PACKET, NETLINK_SOCK_DIAG, SOL_NETLINK};
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter,
    SeccompRule,
};

use crate::error::{LabError, Result};

/// A system call that is made to fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// `socket(AF_NETLINK, *, NETLINK_SOCK_DIAG)`.
    SockDiag,
    /// `setsockopt(*, SOL_NETLINK, NETLINK_GET_STRICT_CHK)`, Linux 4.20.
    StrictCheck,
    /// `setsockopt(*, SOL_NETLINK, NETLINK_EXT_ACK)`, Linux 4.12.
    ExtAck,
    /// `setsockopt(*, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP)`. Groups that are joined by `bind` are
    /// behind a pointer, where no filter sees them.
    NetlinkMulticast,
    /// `pidfd_getfd`, Linux 5.6.
    PidfdGetfd,
    /// `socket(AF_PACKET, *, *)`.
    Packet,
}

/// What a refused system call fails with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefusedWith {
    /// No such file or directory: what `sock_diag` says when the module cannot be loaded.
    Enoent,
    /// Function not implemented: an old kernel, or the default of a container's filter.
    Enosys,
    /// Operation not permitted: a container's filter, or a security module.
    Eperm,
    /// Protocol not supported: a kernel built without it.
    Eprotonosupport,
}

/// Position and value of an argument: both are `int` to the kernel.
type Argument = (u8, libc::c_int);

impl Refused {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::SockDiag,
        Self::StrictCheck,
        Self::ExtAck,
        Self::NetlinkMulticast,
        Self::PidfdGetfd,
        Self::Packet,
    ];

    /// The word on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::SockDiag => "sock_diag",
            Self::StrictCheck => "strict-check",
            Self::ExtAck => "ext-ack",
            Self::NetlinkMulticast => "netlink-multicast",
            Self::PidfdGetfd => "pidfd_getfd",
            Self::Packet => "packet",
        }
    }

    /// By its name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|refused| refused.name() == name)
    }

    fn call(self) -> (i64, Vec<Argument>) {
        let option = |name| (libc::SYS_setsockopt, vec![(1, SOL_NETLINK), (2, name)]);
        match self {
            Self::SockDiag => (libc::SYS_socket, vec![(0, AF_NETLINK), (2, NETLINK_SOCK_DIAG)]),
            Self::StrictCheck => option(libc::NETLINK_GET_STRICT_CHK),
            Self::ExtAck => option(libc::NETLINK_EXT_ACK),
            Self::NetlinkMulticast => option(libc::NETLINK_ADD_MEMBERSHIP),
            Self::PidfdGetfd => (libc::SYS_pidfd_getfd, Vec::new()),
            Self::Packet => (libc::SYS_socket, vec![(0, AF_PACKET)]),
        }
    }
}

impl RefusedWith {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Enoent, Self::Enosys, Self::Eperm, Self::Eprotonosupport];

    /// As in errno(3).
    pub fn name(self) -> &'static str {
        match self {
            Self::Enoent => "ENOENT",
            Self::Enosys => "ENOSYS",
            Self::Eperm => "EPERM",
            Self::Eprotonosupport => "EPROTONOSUPPORT",
        }
    }

    /// By its name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|errno| errno.name() == name)
    }

    fn number(self) -> libc::c_int {
        match self {
            Self::Enoent => libc::ENOENT,
            Self::Enosys => libc::ENOSYS,
            Self::Eperm => libc::EPERM,
            Self::Eprotonosupport => libc::EPROTONOSUPPORT,
        }
    }
}

/// Some system calls that fail with one errno; everything else is let through.
#[derive(Clone, Debug)]
pub struct Refusal {
    program: BpfProgram,
}

impl Refusal {
    /// Makes `calls` fail with `errno`.
    ///
    /// # Errors
    /// [`LabError::Seccomp`] on an architecture for which no filter can be made.
    pub fn new(calls: &[Refused], errno: RefusedWith) -> Result<Self> {
        let program = compile(calls, errno)
            .map_err(|source| LabError::Seccomp { source: io::Error::other(source) })?;
        Ok(Self { program })
    }

    /// Holds for a command from its `exec` on, whatever its user; it cannot gain rights any more
    /// (`no_new_privs`).
    #[expect(unsafe_code, reason = "a filter of this process would hold for the lab as well")]
    pub fn impose_on(&self, command: &mut Command) {
        let program = self.program.clone();
        // SAFETY: `install` makes two system calls and an error value without allocation, which is
        // all that is allowed in the child of a process with threads.
        unsafe { command.pre_exec(move || install(&program)) };
    }

    /// Becomes the command, for which it holds. Returns only when that fails.
    ///
    /// # Errors
    /// [`LabError::Seccomp`] when the kernel takes no filter, or the command cannot be executed.
    pub fn exec(&self, command: &mut Command) -> LabError {
        self.impose_on(command);
        LabError::Seccomp { source: command.exec() }
    }
}

fn install(program: &BpfProgram) -> io::Result<()> {
    seccompiler::apply_filter(program).map_err(|error| match error {
        seccompiler::Error::Prctl(source) | seccompiler::Error::Seccomp(source) => source,
        _ => io::ErrorKind::InvalidInput.into(),
    })
}

fn compile(
    calls: &[Refused],
    errno: RefusedWith,
) -> std::result::Result<BpfProgram, seccompiler::BackendError> {
    let mut rules: std::collections::BTreeMap<i64, Vec<SeccompRule>> =
        std::collections::BTreeMap::new();
    for (call, arguments) in calls.iter().map(|refused| refused.call()) {
        let chain = rules.entry(call).or_default();
        let equal = |(position, value): Argument| {
            let value = u64::from(value.unsigned_abs());
            SeccompCondition::new(position, SeccompCmpArgLen::Dword, SeccompCmpOp::Eq, value)
        };
        // A chain without rules refuses the call whatever its arguments.
        if !arguments.is_empty() {
            let conditions: std::result::Result<_, _> = arguments.into_iter().map(equal).collect();
            chain.push(SeccompRule::new(conditions?)?);
        }
    }
    let refuse = SeccompAction::Errno(errno.number().unsigned_abs());
    let arch = std::env::consts::ARCH.try_into()?;
    SeccompFilter::new(rules, SeccompAction::Allow, refuse, arch)?.try_into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_back() {
        for refused in Refused::ALL {
            assert_eq!(Refused::from_name(refused.name()), Some(refused));
        }
        for errno in RefusedWith::ALL {
            assert_eq!(RefusedWith::from_name(errno.name()), Some(errno));
        }
        assert_eq!(Refused::from_name("tcp_diag"), None);
    }

    #[test]
    fn every_call_can_be_refused_alone_and_with_all_others() {
        for refused in Refused::ALL {
            Refusal::new(&[refused], RefusedWith::Eperm).unwrap();
        }
        Refusal::new(&Refused::ALL, RefusedWith::Enosys).unwrap();
    }

    #[test]
    fn a_command_under_it_still_runs() {
        let mut command = Command::new("true");
        Refusal::new(&Refused::ALL, RefusedWith::Enosys).unwrap().impose_on(&mut command);
        assert!(command.status().unwrap().success());
    }
}
