//! A server in a cgroup with a BPF program.

use std::fs::File;

use super::cgroup::Cgroup;
use super::{Server, Traffic};
use crate::bpf::{self, CGROUP_INGRESS, Frames};
use crate::error::Result;
use crate::namespace::Namespace;

/// A server whose listener belongs to a cgroup of its own, with a program that sees each packet for
/// it (`cgroup_skb`, ingress). The socket itself has no filter.
#[derive(Debug, Clone, Copy)]
pub struct CgroupServer {
    /// The server in it.
    pub server: Server,
    /// Whether the program drops IPv4 segments that have ACK as their only flag; else it drops
    /// nothing.
    pub drops_bare_acks: bool,
}

impl CgroupServer {
    /// Listens in `namespace` and serves until the result is dropped.
    pub fn start(self, namespace: &Namespace) -> Result<Traffic> {
        let Self { server, drops_bare_acks } = self;
        Traffic::start(
            namespace,
            &format!("listen on `{}` in a cgroup with a BPF program", server.local),
            move || {
                let cgroup = Cgroup::create()?;
                let dropped = drops_bare_acks.then(Frames::bare_acks);
                let program = bpf::load(dropped.as_ref(), &CGROUP_INGRESS)?;
                let link = bpf::link(&program, &CGROUP_INGRESS, &File::open(cgroup.path())?)?;
                let listener = cgroup.inside(|| server.listen())?;
                Ok((listener, link, cgroup))
            },
            move |(listener, _link, _cgroup), stop, counts| server.serve(listener, stop, counts),
        )
    }
}
