//! Which processes hold a socket: by inode, from the descriptors in `/proc/PID/fd`.
//!
//! Every process is looked into, also when each socket has been found: a listener is often held
//! by a parent and its workers, and which of them is stopped matters.

use std::collections::HashMap;
use std::ffi::CStr;
use std::fs;
use std::path::Path;

use rustix::fs::{CWD, Dir, Mode, OFlags, openat, readlinkat_raw};
use rustix::io::Errno;
use synrecv_model::{Foreign, Gap, Listener, Owners, Process, Reason};

/// Sets the owners of all listeners.
pub(super) fn fill(listeners: &mut [Listener], proc_root: &Path) {
    let inodes = listeners.iter().map(|listener| listener.inode).filter(|&inode| inode != 0);
    let mut holders: HashMap<u64, Vec<Process>> = inodes.map(|inode| (inode, Vec::new())).collect();
    let unreadable = if holders.is_empty() { None } else { search(proc_root, &mut holders) };
    for listener in listeners {
        let found = holders.get(&listener.inode).cloned().unwrap_or_default();
        listener.owners = match &unreadable {
            Some(gap) if found.is_empty() => Owners::Unreadable(gap.clone()),
            _ => Owners::Known(found),
        };
    }
}

/// Looks into every process; returns why some could not be looked into.
fn search(proc_root: &Path, holders: &mut HashMap<u64, Vec<Process>>) -> Option<Gap> {
    let Ok(entries) = fs::read_dir(proc_root) else {
        return Some(Gap::new(Reason::NotApplicable, "list the processes in /proc"));
    };
    let mut unreadable = false;
    let mut found = Vec::new();
    for entry in entries.flatten() {
        let Some(pid) = entry.file_name().to_str().and_then(|name| name.parse::<u32>().ok()) else {
            continue;
        };
        found.clear();
        match held_sockets(&entry.path(), holders, &mut found) {
            Ok(()) => {}
            // Gone, or going: it holds nothing any more.
            Err(Errno::NOENT | Errno::SRCH) => continue,
            Err(_) => {
                unreadable = true;
                continue;
            }
        }
        if found.is_empty() {
            continue;
        }
        let Some(process) = process(&entry.path(), pid) else { continue };
        found.sort_unstable();
        found.dedup();
        for inode in &found {
            holders.entry(*inode).or_default().push(process.clone());
        }
    }
    unreadable.then(|| Gap::new(Reason::NeedsRoot, "descriptors of other users' processes"))
}

/// Adds the inodes among `wanted` that the process holds to `found`.
fn held_sockets(
    process: &Path,
    wanted: &HashMap<u64, Vec<Process>>,
    found: &mut Vec<u64>,
) -> Result<(), Errno> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let directory = openat(CWD, process.join("fd"), flags, Mode::empty())?;
    let mut target = [0_u8; 64];
    for entry in Dir::read_from(&directory)? {
        let entry = entry?;
        let Some(inode) = socket_inode(&directory, entry.file_name(), &mut target)? else {
            continue;
        };
        if wanted.contains_key(&inode) {
            found.push(inode);
        }
    }
    Ok(())
}

/// The inode when the descriptor is a socket; its link reads `socket:[INODE]`.
fn socket_inode(
    directory: &impl rustix::fd::AsFd,
    name: &CStr,
    target: &mut [u8; 64],
) -> Result<Option<u64>, Errno> {
    let len = match readlinkat_raw(directory, name, &mut target[..]) {
        Ok(len) => len,
        // Closed meanwhile; `.` and `..` are no links.
        Err(Errno::NOENT | Errno::INVAL) => return Ok(None),
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
