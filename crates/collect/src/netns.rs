//! Network namespaces: finding the one that is meant, and entering it.

use std::fs::File;
use std::io;
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};
use std::thread;

use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};
use synrecv_model::{Foreign, Gap, Reason, text};

/// A network namespace as named by the user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// A name of `ip netns`.
    Name(String),
    /// A file that is a namespace: `/proc/PID/ns/net`, `/run/netns/NAME`.
    Path(PathBuf),
    /// The namespace of a process.
    Pid(u32),
}

impl Target {
    /// Digits are a process id, anything with a slash is a path, the rest a name.
    pub fn parse(text: &str) -> Self {
        if let Ok(pid) = text.parse() {
            Self::Pid(pid)
        } else if text.contains('/') {
            Self::Path(text.into())
        } else {
            Self::Name(text.to_owned())
        }
    }

    fn path(&self) -> PathBuf {
        match self {
            Self::Name(name) => Path::new("/run/netns").join(name),
            Self::Path(path) => path.clone(),
            Self::Pid(pid) => PathBuf::from(format!("/proc/{pid}/ns/net")),
        }
    }
}

/// Where the reader stands.
#[derive(Clone, Debug)]
pub enum Place {
    /// In the namespace in question: netlink and `/proc/thread-self/net` show it.
    Inside,
    /// Outside, without the right to enter: only `/proc/PID/net` can be read.
    Outside {
        /// The process.
        pid: u32,
        /// Why the rest is missing.
        gap: Gap,
    },
}

impl Place {
    /// The `net` directory of /proc that shows the namespace.
    pub fn proc_net(&self) -> PathBuf {
        match self {
            Self::Inside => PathBuf::from("/proc/thread-self/net"),
            Self::Outside { pid, .. } => PathBuf::from(format!("/proc/{pid}/net")),
        }
    }

    /// Why netlink cannot be asked, when it cannot.
    pub fn gap(&self) -> Option<&Gap> {
        match self {
            Self::Inside => None,
            Self::Outside { gap, .. } => Some(gap),
        }
    }
}

/// A namespace could not be entered.
#[derive(Debug, thiserror::Error)]
pub enum EnterError {
    /// There is no such namespace or process, or it may not be looked at.
    #[error("open network namespace `{}`", path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It may not be entered.
    #[error("enter network namespace `{}`", path.display())]
    Enter {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// No thread could be started.
    #[error("start a thread for the network namespace")]
    Thread(#[source] io::Error),
}

/// Runs `work` on a thread of its own in the namespace: the thread enters first, so that every socket
/// and runtime that `work` makes belongs to it.
///
/// Without a target it runs on the calling thread: memory that a thread of its own gives back stays
/// with that thread, which is 20 MiB under a flood of 100,000.
pub fn run<R: Send>(
    target: Option<&Target>,
    work: impl FnOnce(Place) -> R + Send,
) -> Result<R, EnterError> {
    let Some(target) = target else { return Ok(work(Place::Inside)) };
    thread::scope(|scope| {
        let worker = thread::Builder::new()
            .name("netns".to_owned())
            .spawn_scoped(scope, move || Ok(work(enter(target)?)))
            .map_err(EnterError::Thread)?;
        // A panic of the worker is a panic of the program; the caller reports it.
        worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}

fn enter(target: &Target) -> Result<Place, EnterError> {
    let path = target.path();
    let outcome = File::open(&path)
        .map_err(|source| EnterError::Open { path: path.clone(), source })
        .and_then(|file| {
            move_into_link_name_space(file.as_fd(), Some(LinkNameSpaceType::Network))
                .map_err(|errno| EnterError::Enter { path: path.clone(), source: errno.into() })
        });
    match (outcome, target) {
        (Ok(()), _) => Ok(Place::Inside),
        (Err(error), Target::Pid(pid)) if is_denied(&error) => {
            Ok(Place::Outside { pid: *pid, gap: denied(*pid) })
        }
        (Err(error), _) => Err(error),
    }
}

fn is_denied(error: &EnterError) -> bool {
    let (EnterError::Open { source, .. } | EnterError::Enter { source, .. }) = error else {
        return false;
    };
    source.kind() == io::ErrorKind::PermissionDenied
}

fn denied(pid: u32) -> Gap {
    Gap::new(
        Reason::NeedsRoot,
        text![
            "entering the network namespace of pid ",
            Foreign(pid.to_string()),
            " needs CAP_SYS_ADMIN"
        ],
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_pids_and_slashes_paths() {
        assert_eq!(Target::parse("4711"), Target::Pid(4711));
        assert_eq!(Target::parse("blue"), Target::Name("blue".into()));
        assert_eq!(Target::parse("/proc/1/ns/net"), Target::Path("/proc/1/ns/net".into()));
        assert_eq!(Target::parse("blue").path(), Path::new("/run/netns/blue"));
    }

    #[test]
    fn a_namespace_that_is_not_there_is_named() {
        let error = run(Some(&Target::parse("no-such-namespace")), |_| ()).unwrap_err();
        assert_eq!(error.to_string(), "open network namespace `/run/netns/no-such-namespace`");
    }
}
