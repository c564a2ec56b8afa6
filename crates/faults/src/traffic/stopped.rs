//! An application that was stopped while it listens: a process in state `T`.

use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use super::{App, Server, Stop, Traffic};
use crate::error::Result;
use crate::namespace::Namespace;
use crate::process::tie_to_parent;

/// A process that has the only descriptor of a listener and was sent `SIGSTOP`.
#[derive(Debug, Clone, Copy)]
pub struct StoppedServer {
    /// Address and port to listen on.
    pub local: SocketAddr,
    /// Argument of `listen(2)`.
    pub backlog: i32,
}

impl StoppedServer {
    /// Listens in `namespace` until the result is dropped; nothing is ever accepted.
    pub fn start(self, namespace: &Namespace) -> Result<Traffic> {
        Traffic::start(
            namespace,
            &format!("listen on `{}` in a stopped process", self.local),
            move || {
                let listener = Server::new(self.local, self.backlog, App::Stuck).listen()?;
                // Any program that leaves its standard input alone.
                let mut command = Command::new("sleep");
                command.arg("86400").stdin(listener).stdout(Stdio::null());
                tie_to_parent(&mut command);
                let child = command.spawn()?;
                let id = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
                id.map_or(Ok(()), |id| kill_process(id, Signal::STOP))?;
                Ok(child)
            },
            |child, stop, _| keep(child, stop),
        )
    }
}

fn keep(mut child: Child, stop: &Stop) {
    while !stop.is_raised() {
        stop.wait(&[], Instant::now() + Duration::from_secs(1));
    }
    // It may have been killed already, with the thread that started it.
    let _ = child.kill();
    let _ = child.wait();
}
