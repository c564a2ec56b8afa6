//! Which processes hold a socket: by inode, from the descriptors in `/proc/PID/fd`.
//!
//! Every process is looked into, also when each socket has been found: a listener is often held
//! by a parent and its workers, and which of them is stopped matters. One `readlink` for each
//! descriptor is nearly all of the cost, so a few threads share the processes.

use std::collections::{HashMap, HashSet};
use std::ffi::CStr;
use std::fs;
use std::mem::MaybeUninit;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use rustix::fd::{AsFd, RawFd};
use rustix::fs::{CWD, Mode, OFlags, RawDir, openat, readlinkat_raw};
use rustix::io::Errno;
use synrecv_model::{Foreign, Gap, Listener, Owners, Process, Reason, order};

/// More threads than this gain little and would disturb a busy server.
const THREADS_MOST: usize = 4;
/// Below so many processes a thread costs more than it saves.
const PROCESSES_A_THREAD: usize = 32;
const DIRECTORY_BUFFER_LEN: usize = 8 * 1024;

/// A process and the lowest of its descriptors for one socket.
#[derive(Clone, Debug)]
pub(super) struct Holder {
    pub(super) process: Process,
    /// Number of the descriptor in that process.
    pub(super) descriptor: RawFd,
}

/// Who holds each socket, by inode, in the order of the process ids.
pub(super) type Holders = HashMap<u64, Vec<Holder>>;

/// Sets the owners of all listeners.
pub(super) fn fill(listeners: &mut [Listener], proc_root: &Path) -> Holders {
    let wanted: HashSet<u64> =
        listeners.iter().map(|listener| listener.inode).filter(|&inode| inode != 0).collect();
    let found = if wanted.is_empty() { Findings::default() } else { search(proc_root, &wanted) };
    let mut holders = Holders::new();
    for (inode, holder) in found.holders {
        holders.entry(inode).or_default().push(holder);
    }
    for known in holders.values_mut() {
        order::sort_by_key(known, |holder| holder.process.pid);
    }
    for listener in listeners {
        let known = holders.get(&listener.inode).into_iter().flatten();
        let known: Vec<Process> = known.map(|holder| holder.process.clone()).collect();
        listener.owners = match &found.gap {
            Some(gap) if known.is_empty() => Owners::Unreadable(gap.clone()),
            _ => Owners::Known(known),
        };
    }
    holders
}

#[derive(Default)]
struct Findings {
    holders: Vec<(u64, Holder)>,
    /// Why some processes could not be looked into.
    gap: Option<Gap>,
}

fn search(proc_root: &Path, wanted: &HashSet<u64>) -> Findings {
    let Ok(entries) = fs::read_dir(proc_root) else {
        let gap = Gap::new(Reason::NotApplicable, "list the processes in /proc");
        return Findings { holders: Vec::new(), gap: Some(gap) };
    };
    let processes: Vec<(u32, PathBuf)> = entries
        .flatten()
        .filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path())))
        .collect();
    let next = AtomicUsize::new(0);
    let work = || look_into(&processes, &next, wanted);
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let helpers = threads.min(THREADS_MOST).min(processes.len() / PROCESSES_A_THREAD);

    thread::scope(|scope| {
        // Where no thread can be had, this one does all the work.
        let spawn = |_| thread::Builder::new().spawn_scoped(scope, work).ok();
        let handles: Vec<_> = (1..helpers).filter_map(spawn).collect();
        let mut all = work();
        for handle in handles {
            // What a thread that died had found is unknown.
            let part = handle.join().unwrap_or_else(|_| Findings {
                holders: Vec::new(),
                gap: Some(Gap::new(Reason::NotApplicable, "the search for owners broke off")),
            });
            all.holders.extend(part.holders);
            all.gap = all.gap.or(part.gap);
        }
        // With `hidepid` other users' processes are not even listed, and 1 is the first to go.
        if !processes.iter().any(|&(pid, _)| pid == 1) {
            all.gap.get_or_insert_with(needs_root);
        }
        all
    })
}

fn needs_root() -> Gap {
    Gap::new(Reason::NeedsRoot, "descriptors of other users' processes")
}

/// Takes processes one after another until none is left.
fn look_into(processes: &[(u32, PathBuf)], next: &AtomicUsize, wanted: &HashSet<u64>) -> Findings {
    let mut findings = Findings::default();
    let mut held = Vec::new();
    while let Some((pid, path)) = processes.get(next.fetch_add(1, Ordering::Relaxed)) {
        held.clear();
        match held_sockets(path, wanted, &mut held) {
            Ok(()) => {}
            // Gone, or going: it holds nothing any more.
            Err(Errno::NOENT | Errno::SRCH) => continue,
            Err(_) => {
                findings.gap.get_or_insert_with(needs_root);
                continue;
            }
        }
        held.sort_unstable();
        held.dedup_by_key(|&mut (inode, _)| inode);
        if held.is_empty() {
            continue;
        }
        if let Some(process) = process(path, *pid) {
            findings.holders.extend(held.iter().map(|&(inode, descriptor)| {
                (inode, Holder { process: process.clone(), descriptor })
            }));
        }
    }
    findings
}

/// Adds the inodes among `wanted` that the process holds to `held`, with the descriptors.
fn held_sockets(
    process: &Path,
    wanted: &HashSet<u64>,
    held: &mut Vec<(u64, RawFd)>,
) -> Result<(), Errno> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let directory = openat(CWD, process.join("fd"), flags, Mode::empty())?;
    let mut buffer = [MaybeUninit::uninit(); DIRECTORY_BUFFER_LEN];
    let mut entries = RawDir::new(&directory, &mut buffer);
    let mut target = [0_u8; 64];
    while let Some(entry) = entries.next() {
        let entry = entry?;
        let name = entry.file_name();
        let inode = socket_inode(&directory, name, &mut target)?;
        let Some(inode) = inode.filter(|inode| wanted.contains(inode)) else { continue };
        let descriptor = name.to_str().ok().and_then(|name| name.parse().ok());
        held.extend(descriptor.map(|descriptor| (inode, descriptor)));
    }
    Ok(())
}

/// The inode when the descriptor is a socket; its link reads `socket:[INODE]`.
fn socket_inode(
    directory: impl AsFd,
    name: &CStr,
    target: &mut [u8; 64],
) -> Result<Option<u64>, Errno> {
    if name.to_bytes().starts_with(b".") {
        return Ok(None);
    }
    let len = match readlinkat_raw(directory, name, &mut target[..]) {
        Ok(len) => len,
        // Closed meanwhile.
        Err(Errno::NOENT) => return Ok(None),
        Err(error) => return Err(error),
    };
    let link = target.get(..len).and_then(|link| std::str::from_utf8(link).ok());
    let inode = link.and_then(|link| link.strip_prefix("socket:[")?.strip_suffix(']'));
    Ok(inode.and_then(|digits| digits.parse().ok()))
}

fn process(path: &Path, pid: u32) -> Option<Process> {
    let stat = procfs::process::Process::new_with_root(path.to_owned()).ok()?.stat().ok()?;
    Some(Process { pid, comm: Foreign(stat.comm), state: stat.state })
}
