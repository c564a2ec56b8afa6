//! Which processes hold a socket: by inode, from the descriptors in `/proc/PID/fd`.
//!
//! Every process is looked into, also when each socket has been found: a listener is often held
//! by a parent and its workers, and which of them is stopped matters. One `readlink` for each
//! descriptor is nearly all of the cost, so a few threads share the processes, and of a process with a
//! hundred thousand connections only the descriptors are looked at among which listeners are: a process
//! opens, inherits or is handed its listeners as the lowest numbers that are free, mostly before it has
//! any connection. The others are looked at where a listener would have no holder else.

use std::collections::{HashMap, HashSet};
use std::ffi::CStr;
use std::fs;
use std::mem::MaybeUninit;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use rustix::fd::{AsFd, OwnedFd, RawFd};
use rustix::fs::{CWD, Mode, OFlags, RawDir, openat, readlinkat_raw};
use rustix::io::Errno;
use synrecv_model::{Foreign, Gap, Listener, Owners, Process, Reason, order};

/// More threads than this gain little and would disturb a busy server.
const THREADS_MOST: usize = 4;
/// Below so many processes a thread costs more than it saves.
const PROCESSES_A_THREAD: usize = 32;
/// Descriptors without a listener among them after which a search breaks off.
const IN_VAIN_MOST: usize = 256;
/// Searches broken off for each thread; each keeps a descriptor of our own open.
const HALFWAY_MOST: usize = 64;
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
        order::sort_by_key(known, |holder| (holder.process.pid, holder.descriptor));
        known.dedup_by_key(|holder| holder.process.pid);
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
    /// Processes with descriptors that were not looked at.
    halfway: Vec<Search>,
}

/// Looks into all processes, and to the end where there are listeners that nobody was found for.
fn search(proc_root: &Path, wanted: &HashSet<u64>) -> Findings {
    let mut found = look_into_all(proc_root, wanted);
    let mut halfway = std::mem::take(&mut found.halfway);
    order::sort_by_key(&mut halfway, |search| search.pid);
    for mut search in halfway {
        let known: HashSet<u64> = found.holders.iter().map(|&(inode, _)| inode).collect();
        if wanted.is_subset(&known) {
            break;
        }
        found.add(&mut search, wanted, usize::MAX);
    }
    found
}

fn look_into_all(proc_root: &Path, wanted: &HashSet<u64>) -> Findings {
    let Ok(entries) = fs::read_dir(proc_root) else {
        let gap = Gap::new(Reason::NotApplicable, "list the processes in /proc");
        return Findings { gap: Some(gap), ..Findings::default() };
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
                gap: Some(Gap::new(Reason::NotApplicable, "the search for owners broke off")),
                ..Findings::default()
            });
            all.holders.extend(part.holders);
            all.halfway.extend(part.halfway);
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
    while let Some((pid, path)) = processes.get(next.fetch_add(1, Ordering::Relaxed)) {
        let mut search = match Search::start(*pid, path) {
            Ok(search) => search,
            Err(error) => {
                findings.note(error);
                continue;
            }
        };
        let halfway = findings.halfway.len() < HALFWAY_MOST;
        let patience = if halfway { IN_VAIN_MOST } else { usize::MAX };
        if !findings.add(&mut search, wanted, patience) {
            findings.halfway.push(search);
        }
    }
    findings
}

impl Findings {
    /// Searches on, as [`Search::go_on`], and adds what was found; true when nothing is left of it.
    fn add(&mut self, search: &mut Search, wanted: &HashSet<u64>, patience: usize) -> bool {
        let mut held = Vec::new();
        let at_end = match search.go_on(wanted, patience, &mut held) {
            Ok(at_end) => at_end,
            Err(error) => {
                self.note(error);
                return true;
            }
        };
        held.sort_unstable();
        held.dedup_by_key(|&mut (inode, _)| inode);
        if let Some(process) = (!held.is_empty()).then(|| process(search)).flatten() {
            self.holders.extend(held.iter().map(|&(inode, descriptor)| {
                (inode, Holder { process: process.clone(), descriptor })
            }));
        }
        at_end
    }

    /// A process that is gone, or going, holds nothing any more; any other was refused.
    fn note(&mut self, error: Errno) {
        if !matches!(error, Errno::NOENT | Errno::SRCH) {
            self.gap.get_or_insert_with(needs_root);
        }
    }
}

/// The descriptors of one process, lowest first.
struct Search {
    pid: u32,
    process: PathBuf,
    /// `/proc/PID/fd`, read up to where the search stands.
    directory: OwnedFd,
}

impl Search {
    fn start(pid: u32, process: &Path) -> Result<Self, Errno> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let directory = openat(CWD, process.join("fd"), flags, Mode::empty())?;
        Ok(Self { pid, process: process.to_owned(), directory })
    }

    /// Adds the inodes among `wanted` that the process holds to `held`, with the descriptors. Stops
    /// after `patience` descriptors one behind the other that are none of them; true at the end.
    fn go_on(
        &mut self,
        wanted: &HashSet<u64>,
        patience: usize,
        held: &mut Vec<(u64, RawFd)>,
    ) -> Result<bool, Errno> {
        let mut buffer = [MaybeUninit::uninit(); DIRECTORY_BUFFER_LEN];
        let mut entries = RawDir::new(&self.directory, &mut buffer);
        let mut target = [0_u8; 64];
        let mut in_vain = 0;
        // What is in the buffer would be lost.
        while in_vain < patience || !entries.is_buffer_empty() {
            let Some(entry) = entries.next() else { return Ok(true) };
            let entry = entry?;
            let name = entry.file_name();
            let inode = socket_inode(&self.directory, name, &mut target)?;
            in_vain += 1;
            let Some(inode) = inode.filter(|inode| wanted.contains(inode)) else { continue };
            in_vain = 0;
            let descriptor = name.to_str().ok().and_then(|name| name.parse().ok());
            held.extend(descriptor.map(|descriptor| (inode, descriptor)));
        }
        Ok(false)
    }
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

fn process(search: &Search) -> Option<Process> {
    let path = search.process.clone();
    let stat = procfs::process::Process::new_with_root(path).ok()?.stat().ok()?;
    Some(Process { pid: search.pid, comm: Foreign(stat.comm), state: stat.state })
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    /// A /proc of processes with these links, of which each is a descriptor.
    fn proc_with(name: &str, processes: &[(u32, Vec<String>)]) -> PathBuf {
        let root = std::env::temp_dir().join(format!("owners-{name}-{}", std::process::id()));
        for (pid, links) in processes {
            let process = root.join(pid.to_string());
            fs::create_dir_all(process.join("fd")).unwrap();
            fs::copy("/proc/self/stat", process.join("stat")).unwrap();
            for (link, descriptor) in links.iter().zip(0..) {
                symlink(link, process.join(format!("fd/{descriptor}"))).unwrap();
            }
        }
        root
    }

    fn pids(found: &Findings, inode: u64) -> Vec<u32> {
        let of_inode = found.holders.iter().filter(|(held, _)| *held == inode);
        let mut pids: Vec<u32> = of_inode.map(|(_, holder)| holder.process.pid).collect();
        order::sort(&mut pids);
        pids
    }

    #[test]
    fn a_socket_behind_a_thousand_others_is_found() {
        let crowd = |first: u64| (first..first + 3_000).map(|inode| format!("socket:[{inode}]"));
        let links = [(1, vec!["/dev/null".to_owned()]), (7, crowd(10_000).collect())];
        let root = proc_with("far", &links);
        let found = search(&root, &HashSet::from([12_999, 10_000, 10_700]));
        fs::remove_dir_all(&root).unwrap();
        assert!(found.gap.is_none() && found.halfway.is_empty());
        for inode in [12_999, 10_000, 10_700] {
            assert!(pids(&found, inode).contains(&7), "{inode}");
        }
    }

    #[test]
    fn all_holders_among_the_first_are_found() {
        let links = |count: u64| {
            let others = (0..count).map(|inode| format!("socket:[{}]", 50_000 + inode));
            std::iter::once("socket:[42]".to_owned()).chain(others).collect::<Vec<_>>()
        };
        let root = proc_with("all", &[(1, links(3)), (8, links(200)), (9, links(0))]);
        let found = search(&root, &HashSet::from([42]));
        fs::remove_dir_all(&root).unwrap();
        assert_eq!(pids(&found, 42), [1, 8, 9]);
    }
}
