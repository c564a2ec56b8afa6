//! Programs run inside a namespace; they never outlive it.

use std::fs::File;
use std::io::{self, Read};
use std::os::fd::AsRawFd;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output};

use rustix::process::{Signal, getpid, getppid, set_parent_process_death_signal};

use crate::error::{LabError, Result};
use crate::namespace::Namespace;

/// An executable opened before rights are dropped.
///
/// For another user it is executed through its descriptor, so that one who may not search the
/// directories on its path can still run it.
#[derive(Debug)]
pub struct Program {
    path: PathBuf,
    file: File,
    is_script: bool,
}

impl Program {
    /// Opens an executable by its path.
    pub fn open(path: &Path) -> io::Result<Self> {
        let mut file = File::open(path)?;
        let mut magic = [0; 2];
        let read = file.read(&mut magic)?;
        Ok(Self { path: path.to_owned(), file, is_script: magic[..read] == *b"#!" })
    }

    /// Finds an executable as a shell does: by path when the name has a slash, else in `PATH`.
    pub fn find(name: &Path) -> io::Result<Self> {
        if name.components().count() > 1 {
            return Self::open(name);
        }
        let path = std::env::var_os("PATH").unwrap_or_default();
        std::env::split_paths(&path)
            .map(|directory| directory.join(name))
            .find(|candidate| candidate.is_file())
            .ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))
            .and_then(|found| Self::open(&found))
    }

    /// A command that runs it as `uid`; by its path when the user stays the same, so that it has
    /// its own name in lists of processes. The program must live until the command was started.
    pub fn command(&self, uid: Option<u32>) -> Command {
        // The interpreter of a script is handed its path and opens it anew.
        if uid.is_none() || self.is_script {
            return Command::new(&self.path);
        }
        let mut command = Command::new(format!("/proc/self/fd/{}", self.file.as_raw_fd()));
        command.arg0(&self.path);
        command
    }
}

impl Namespace {
    /// Starts a command inside the namespace, as user and group `uid` without capabilities and
    /// supplementary groups when one is given. It is killed when the namespace ends, also when
    /// that is because this process was killed.
    pub fn spawn(&self, mut command: Command, uid: Option<u32>) -> Result<Child> {
        if let Some(uid) = uid {
            command.uid(uid).gid(uid);
        }
        let program = described(&command);
        tie_to_parent(&mut command);
        self.run(move || command.spawn())?.map_err(|source| self.run_failed(program, source))
    }

    /// Runs a command inside the namespace to its end and collects what it writes, as for
    /// [`Namespace::spawn`].
    pub fn output(&self, mut command: Command, uid: Option<u32>) -> Result<Output> {
        let program = described(&command);
        command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
        let child = self.spawn(command, uid)?;
        child.wait_with_output().map_err(|source| self.run_failed(program, source))
    }

    fn run_failed(&self, program: String, source: io::Error) -> LabError {
        LabError::Run { program, namespace: self.name().to_owned(), source }
    }
}

fn described(command: &Command) -> String {
    command.get_program().to_string_lossy().into_owned()
}

/// Has the kernel kill the child when the thread that started it ends: the thread of the
/// namespace, which ends with the namespace or with this process, however it dies.
#[expect(unsafe_code, reason = "only between fork and exec can a child ask for its parent's death")]
pub(crate) fn tie_to_parent(command: &mut Command) {
    let parent = getpid();
    let tie = move || {
        set_parent_process_death_signal(Some(Signal::KILL))?;
        // The parent may have died before the request was made.
        if getppid() == Some(parent) { Ok(()) } else { Err(io::ErrorKind::BrokenPipe.into()) }
    };
    // SAFETY: the closure makes two system calls and an error value without allocation, which is
    // all that is allowed in the child of a process with threads.
    unsafe { command.pre_exec(tie) };
}
