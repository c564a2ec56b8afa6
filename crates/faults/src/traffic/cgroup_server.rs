//! A server in a cgroup with a BPF program.

use std::fs::File;

use super::cgroup::Cgroup;
use super::{Server, Traffic};
use crate::bpf::{self, CGROUP_EGRESS, CGROUP_INGRESS, Frames};
use crate::error::Result;
use crate::namespace::Namespace;

/// What the program of a cgroup drops.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dropped {
    /// Nothing; it sees what comes in.
    Nothing,
    /// IPv4 segments that come in with ACK as their only flag.
    BareAcks,
    /// IPv4 SYN-ACKs that go out.
    SynAcks,
}

/// A server whose listener belongs to a cgroup of its own, with a program that sees each packet for
/// it, or from it (`cgroup_skb`). The socket itself has no filter.
#[derive(Debug, Clone, Copy)]
pub struct CgroupServer {
    /// The server in it.
    pub server: Server,
    /// What the program drops.
    pub drops: Dropped,
}

impl CgroupServer {
    /// Listens in `namespace` and serves until the result is dropped.
    pub fn start(self, namespace: &Namespace) -> Result<Traffic> {
        let Self { server, drops } = self;
        Traffic::start(
            namespace,
            &format!("listen on `{}` in a cgroup with a BPF program", server.local),
            move || {
                let cgroup = Cgroup::create()?;
                let (frames, side) = match drops {
                    Dropped::Nothing => (None, &CGROUP_INGRESS),
                    Dropped::BareAcks => (Some(Frames::bare_acks()), &CGROUP_INGRESS),
                    Dropped::SynAcks => (Some(Frames::bare_syn_acks()), &CGROUP_EGRESS),
                };
                let program = bpf::load(frames.as_ref(), side)?;
                let link = bpf::link(&program, side, &File::open(cgroup.path())?)?;
                let listener = cgroup.inside(|| server.listen())?;
                Ok((listener, link, cgroup))
            },
            move |(listener, _link, _cgroup), stop, counts| server.serve(listener, stop, counts),
        )
    }
}
