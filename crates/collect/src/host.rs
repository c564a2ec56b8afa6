//! The machine and the reader.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::time::{SystemTime, UNIX_EPOCH};

use rustix::process::geteuid;
use rustix::system::uname;
use rustix::thread::{CapabilitySet, capabilities};
use synrecv_model::{Capabilities, Foreign, Host, WallClock};

use crate::Place;

/// Reads who and where this is. The wall clock is read here and nowhere else: call it once a run.
pub fn host(place: &Place) -> Host {
    let names = uname();
    let sets = capabilities(None).map_or(CapabilitySet::empty(), |sets| sets.effective);
    Host {
        name: Foreign(names.nodename().to_string_lossy().into_owned()),
        kernel: Foreign(names.release().to_string_lossy().into_owned()),
        netns_inode: netns_inode(place),
        started_at: wall_clock(),
        uid: geteuid().as_raw(),
        capabilities: Capabilities {
            net_admin: sets.contains(CapabilitySet::NET_ADMIN),
            net_raw: sets.contains(CapabilitySet::NET_RAW),
            sys_admin: sets.contains(CapabilitySet::SYS_ADMIN),
            sys_ptrace: sets.contains(CapabilitySet::SYS_PTRACE),
        },
    }
}

fn netns_inode(place: &Place) -> Option<u64> {
    let path = match place {
        Place::Inside => "/proc/thread-self/ns/net".to_owned(),
        Place::Outside { pid, .. } => format!("/proc/{pid}/ns/net"),
    };
    fs::metadata(path).ok().map(|metadata| metadata.ino())
}

/// The one reading of the wall clock.
fn wall_clock() -> WallClock {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    WallClock(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}
