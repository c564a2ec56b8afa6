//! A network namespace that lives exactly as long as its holder.
//!
//! Each namespace is one dedicated thread which unshared it and then serves closures. Nothing is
//! mounted or named, so a panic, Ctrl-C or SIGKILL leaves nothing behind: threads and descriptors
//! end with the process, and the kernel takes down a namespace that nobody holds.

use std::fs::File;
use std::io;
use std::os::fd::{AsRawFd, RawFd};
use std::sync::mpsc;
use std::sync::{Arc, Mutex};
use std::thread::{Builder, JoinHandle};

use rtnetlink::Handle;
use tokio::runtime::Runtime;

use crate::error::{LabError, Result};

type Job = Box<dyn FnOnce(&Inside) + Send>;

/// What a closure running inside a namespace can use.
///
/// Sockets, `/proc/sys/net` and `/proc/thread-self/net` of the thread belong to the namespace;
/// `/proc/net` does not (it follows the main thread).
#[derive(Debug)]
pub(crate) struct Inside {
    runtime: Runtime,
    netlink: Handle,
}

impl Inside {
    /// Runs netlink requests to completion on the namespace's own connection.
    pub(crate) fn netlink<T, F>(&self, request: impl FnOnce(Handle) -> F) -> T
    where
        F: Future<Output = T>,
    {
        self.runtime.block_on(request(self.netlink.clone()))
    }
}

/// A network namespace held by a thread. Clones share it; it ends with the last of them.
#[derive(Clone)]
pub struct Namespace {
    holder: Arc<Holder>,
}

impl std::fmt::Debug for Namespace {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Namespace").field("name", &self.holder.name).finish_non_exhaustive()
    }
}

struct Holder {
    name: String,
    /// The open `/proc/thread-self/ns/net` of the thread, good for `IFLA_NET_NS_FD` and `setns`.
    descriptor: File,
    jobs: Mutex<Option<mpsc::Sender<Job>>>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Drop for Holder {
    fn drop(&mut self) {
        let slot = |poisoned: std::sync::PoisonError<_>| poisoned.into_inner();
        drop(self.jobs.lock().unwrap_or_else(slot).take());
        let slot = |poisoned: std::sync::PoisonError<_>| poisoned.into_inner();
        if let Some(thread) = self.thread.lock().unwrap_or_else(slot).take()
            && thread.thread().id() != std::thread::current().id()
        {
            // A panic of the thread was already reported by the panic hook.
            let _ = thread.join();
        }
    }
}

impl Namespace {
    /// Makes a new, empty network namespace. `name` is its host name too, so that nothing recorded
    /// in it names the machine it was recorded on.
    pub(crate) fn create(name: &str) -> Result<Self> {
        let failed = |source| LabError::CreateNamespace { namespace: name.to_owned(), source };
        let (jobs, inbox) = mpsc::channel::<Job>();
        let (ready, opened) = mpsc::channel();
        let host_name = name.to_owned();
        let thread = Builder::new()
            .name(format!("ns-{name}"))
            .spawn(move || match enter(&host_name) {
                Ok((descriptor, inside)) => {
                    if ready.send(Ok(descriptor)).is_ok() {
                        for job in inbox {
                            job(&inside);
                        }
                    }
                }
                Err(error) => drop(ready.send(Err(error))),
            })
            .map_err(failed)?;
        let descriptor = opened
            .recv()
            .map_err(|_| LabError::NamespaceGone { namespace: name.to_owned() })?
            .map_err(failed)?;
        let holder = Holder {
            name: name.to_owned(),
            descriptor,
            jobs: Mutex::new(Some(jobs)),
            thread: Mutex::new(Some(thread)),
        };
        Ok(Self { holder: Arc::new(holder) })
    }

    /// Name inside the lab, such as `server`.
    pub fn name(&self) -> &str {
        &self.holder.name
    }

    /// Runs a closure on the thread of this namespace and waits for its value.
    ///
    /// Threads and processes started by the closure are in the namespace too. The closure must not
    /// call [`Namespace::run`] of the same namespace, which would wait for itself.
    ///
    /// # Errors
    /// [`LabError::NamespaceGone`] when the thread ended, that is, when a closure panicked.
    pub fn run<T, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce() -> T + Send + 'static,
    {
        self.inside(move |_| work())
    }

    pub(crate) fn inside<T, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&Inside) -> T + Send + 'static,
    {
        let gone = || LabError::NamespaceGone { namespace: self.holder.name.clone() };
        let (answer, answered) = mpsc::channel();
        let job: Job = Box::new(move |inside| drop(answer.send(work(inside))));
        let jobs = self.holder.jobs.lock().map_err(|_| gone())?.clone().ok_or_else(gone)?;
        jobs.send(job).map_err(|_| gone())?;
        answered.recv().map_err(|_| gone())
    }

    /// The descriptor of the namespace, for `IFLA_NET_NS_FD`. Valid while this value lives.
    pub(crate) fn raw_fd(&self) -> RawFd {
        self.holder.descriptor.as_raw_fd()
    }
}

fn enter(host_name: &str) -> io::Result<(File, Inside)> {
    unshare_network_and_name()?;
    rustix::system::sethostname(host_name.as_bytes())?;
    let descriptor = File::open("/proc/thread-self/ns/net")?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
    let netlink = runtime.block_on(async {
        let (connection, netlink, _) = rtnetlink::new_connection()?;
        tokio::spawn(connection);
        Ok::<_, io::Error>(netlink)
    })?;
    Ok((descriptor, Inside { runtime, netlink }))
}

#[expect(unsafe_code, reason = "rustix has no safe unshare, because of CLONE_FILES")]
fn unshare_network_and_name() -> io::Result<()> {
    use rustix::thread::{UnshareFlags, unshare_unsafe};
    // SAFETY: only CLONE_FILES endangers I/O safety; these two move this thread to new namespaces
    // and leave descriptors and memory as they are.
    Ok(unsafe { unshare_unsafe(UnshareFlags::NEWNET | UnshareFlags::NEWUTS) }?)
}
