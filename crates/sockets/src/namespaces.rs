//! Requests in the other network namespaces of this machine, without entering them.
//!
//! `/proc/PID/net` shows the namespace of a process to anybody, while `/proc/PID/ns/net` can be
//! read only with rights over the process. A namespace is told by the inode number of its
//! `/proc/PID/net/tcp`: the kernel makes that file once for each namespace, so two processes see
//! the same number when, and only when, they share the namespace.

use std::collections::HashSet;
use std::fs;
use std::io;
use std::ops::ControlFlow;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use synrecv_model::{
    Flaw, Foreign, Gap, Mono, NamespaceCount, NamespaceSurvey, Reading, Reason, Section, TcpState,
    order,
};
use synrecv_netlink::{clock, errno_gap};

use crate::StateSet;
use crate::parse::proc_tcp;
use crate::read::{End, ProcFile};

/// Counts the requests of every other network namespace that has a process, once each.
///
/// `own_net` is a `net` directory of /proc that shows the namespace to leave out
/// (`/proc/thread-self/net`). Namespaces not reached before `deadline` make the section partial.
pub fn survey(proc_root: &Path, own_net: &Path, deadline: Mono) -> Section<NamespaceSurvey> {
    let started = clock::now();
    let mut processes = match list(proc_root) {
        Ok(processes) => processes,
        Err(error) => return Section::Missing(errno_gap("/proc", &error)),
    };
    // The process with the least pid stands for its namespace.
    order::sort(&mut processes);

    let mut survey = NamespaceSurvey::default();
    let mut seen: HashSet<u64> =
        fs::metadata(own_net.join("tcp")).iter().map(MetadataExt::ino).collect();
    let mut flaws = Vec::new();
    if seen.is_empty() {
        return Section::Missing(Gap::new(Reason::NotApplicable, "find the own network namespace"));
    }
    // With `hidepid` other users' processes are not even listed, and 1 is the first to go.
    let mut hidden = processes.first().is_none_or(|&(pid, _)| pid != 1);
    for (pid, process) in processes {
        if clock::now() > deadline {
            flaws.push(Flaw::PartMissing(Gap::new(
                Reason::TimedOut,
                "more network namespaces than could be looked into in time",
            )));
            break;
        }
        let net = process.join("net");
        match fs::metadata(net.join("tcp")) {
            Ok(metadata) if !seen.insert(metadata.ino()) => continue,
            Ok(_) => {}
            Err(error) => {
                hidden |= error.kind() == io::ErrorKind::PermissionDenied;
                continue;
            }
        }
        let Some(syn_recv_count) = count(&net, deadline, &mut flaws) else { continue };
        survey.seen_count += 1;
        if syn_recv_count > 0 {
            let comm = comm(&process);
            survey.with_requests.push(NamespaceCount { pid, comm, syn_recv_count });
        }
    }
    if hidden {
        let gap = Gap::new(Reason::NeedsRoot, "network namespaces of hidden processes");
        flaws.push(Flaw::PartMissing(gap));
    }
    let reading = Reading { source: "/proc/PID/net/tcp".into(), started, ended: clock::now() };
    Section::from_reading(survey, flaws, reading)
}

fn list(proc_root: &Path) -> io::Result<Vec<(u32, PathBuf)>> {
    let pid = |entry: &fs::DirEntry| entry.file_name().to_str()?.parse().ok();
    Ok(fs::read_dir(proc_root)?
        .flatten()
        .filter_map(|entry| Some((pid(&entry)?, entry.path())))
        .collect())
}

/// Rows in `SYN_RECV` of both families; `None` when the process went away.
fn count(net: &Path, deadline: Mono, flaws: &mut Vec<Flaw>) -> Option<u64> {
    let requests = StateSet::only(TcpState::SynRecv);
    let mut count = 0;
    let used = |name: &str, protocol| {
        let text = fs::read_to_string(net.join(name)).ok()?;
        used_count(&text, protocol)
    };
    for (name, shown, used) in [
        ("tcp", "/proc/PID/net/tcp", used("sockstat", "TCP:")),
        ("tcp6", "/proc/PID/net/tcp6", used("sockstat6", "TCP6:")),
    ] {
        // No request outlives its listener. The table of one namespace is a walk of the hash table
        // of all, and most namespaces have no socket of one family or of both.
        if used == Some(0) {
            continue;
        }
        let outcome =
            ProcFile::new(net.join(name)).lines(Some(deadline), End::Confirmed, |line, at| {
                count += u64::from(matches!(proc_tcp::row(line, requests, at), Ok(Some(_))));
                ControlFlow::Continue(())
            });
        match outcome {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                if name == "tcp" {
                    return None;
                }
            }
            Err(error) => flaws.push(Flaw::PartMissing(errno_gap(shown, &error))),
        }
    }
    Some(count)
}

/// `inuse` of a protocol in `/proc/PID/net/sockstat{,6}`: its sockets in this namespace, listeners
/// among them, requests not.
fn used_count(text: &str, protocol: &str) -> Option<u64> {
    let counts = text.lines().find_map(|line| line.strip_prefix(protocol))?;
    counts.trim_start().strip_prefix("inuse ")?.split(' ').next()?.parse().ok()
}

fn comm(process: &Path) -> Foreign {
    let bytes = fs::read(process.join("comm")).unwrap_or_default();
    let name = String::from_utf8_lossy(&bytes);
    Foreign(name.strip_suffix('\n').unwrap_or(&name).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sockets_in_use_are_those_of_one_protocol() {
        let text =
            "sockets: used 9\nTCP: inuse 4 orphan 0 tw 1 alloc 5 mem 2\nUDP: inuse 3 mem 0\n";
        assert_eq!(used_count(text, "TCP:"), Some(4));
        assert_eq!(used_count("TCP6: inuse 0\nUDP6: inuse 2\n", "TCP6:"), Some(0));
        assert_eq!(used_count("UDP6: inuse 2\n", "TCP6:"), None);
        assert_eq!(used_count("TCP6:\n", "TCP6:"), None);
    }
}
