//! A control group (cgroup2) of one scenario, for programs that are attached to it.
//!
//! Unlike a namespace its directory does not end with its holder. So a child process that outlives
//! this one by a moment waits for its end, however it comes, and removes the directory.

use std::fs;
use std::io::{self, PipeWriter, pipe};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

/// Waits until nobody can write to its standard input, then removes the directory; for 10 s while
/// it is still busy.
const REMOVE_AFTERWARDS: &str = "\
read -r _
tries=0
while [ -d \"$1\" ] && ! rmdir \"$1\" && [ $tries -lt 100 ]; do
    tries=$((tries + 1))
    sleep 0.1
done";

/// A cgroup beneath that of this process, threaded, so that single threads can enter it. It is
/// removed when this value is dropped or the process ends.
#[derive(Debug)]
pub(super) struct Cgroup {
    parent: PathBuf,
    path: PathBuf,
    remover: Child,
    /// While it is open the remover waits.
    alive: Option<PipeWriter>,
}

impl Cgroup {
    pub(super) fn create() -> io::Result<Self> {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let parent = own_directory()?;
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = parent.join(format!("synrecv-lab-{}-{number}", std::process::id()));
        let (ended, alive) = pipe()?;
        let remover = Command::new("sh")
            .args(["-c", REMOVE_AFTERWARDS, "sh"])
            .arg(&path)
            .stdin(ended)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            // Not reached by what ends this process from a terminal.
            .process_group(0)
            .spawn()?;
        let cgroup = Self { parent, path, remover, alive: Some(alive) };
        fs::create_dir(&cgroup.path)?;
        fs::write(cgroup.path.join("cgroup.type"), "threaded")?;
        Ok(cgroup)
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Runs a closure with this thread in the cgroup. Sockets that it makes belong to the cgroup for
    /// good.
    pub(super) fn inside<T>(&self, work: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
        enter(&self.path)?;
        let made = work();
        enter(&self.parent)?;
        made
    }
}

impl Drop for Cgroup {
    fn drop(&mut self) {
        drop(self.alive.take());
        let _ = self.remover.wait();
    }
}

/// Moves the calling thread.
fn enter(directory: &Path) -> io::Result<()> {
    fs::write(directory.join("cgroup.threads"), "0")
}

fn own_directory() -> io::Result<PathBuf> {
    let mounts = fs::read_to_string("/proc/thread-self/mountinfo")?;
    let cgroups = fs::read_to_string("/proc/thread-self/cgroup")?;
    directory(&mounts, &cgroups)
        .ok_or_else(|| io::Error::other("no cgroup2 file system shows this process"))
}

/// The directory of a thread, of its `mountinfo` and `cgroup` below `/proc`.
fn directory(mounts: &str, cgroups: &str) -> Option<PathBuf> {
    let own = cgroups.lines().find_map(|line| line.strip_prefix("0::"))?;
    let below = |line: &str| {
        // id, parent, device, root, mount point, options, optional fields, -, type, source, ...
        let (mount, file_system) = line.split_once(" - ")?;
        let mut fields = mount.split(' ').skip(3);
        let (root, point) = (fields.next()?, fields.next()?);
        let inside = Path::new(own).strip_prefix(root).ok()?;
        file_system.starts_with("cgroup2 ").then(|| Path::new(point).join(inside))
    };
    mounts.lines().find_map(below)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HYBRID: &str = "\
31 24 0:27 / /sys/fs/cgroup ro,nosuid - tmpfs tmpfs ro,mode=755
32 31 0:28 / /sys/fs/cgroup/unified rw,nosuid shared:9 - cgroup2 cgroup2 rw
33 31 0:29 / /sys/fs/cgroup/cpu rw,nosuid shared:10 - cgroup cgroup rw,cpu
";

    #[test]
    fn the_own_directory_is_below_the_mount_point() {
        let of = |own: &str| directory(HYBRID, &format!("4:memory:/x\n0::{own}\n"));
        assert_eq!(of("/"), Some("/sys/fs/cgroup/unified".into()));
        assert_eq!(of("/a.slice/b.scope"), Some("/sys/fs/cgroup/unified/a.slice/b.scope".into()));
    }

    #[test]
    fn a_mounted_part_shows_only_what_is_in_it() {
        let part = "40 31 0:28 /a.slice /mnt rw - cgroup2 cgroup2 rw\n";
        assert_eq!(directory(part, "0::/a.slice/b\n"), Some("/mnt/b".into()));
        assert_eq!(directory(part, "0::/c\n"), None);
        assert_eq!(directory(HYBRID, "4:memory:/x\n"), None);
        assert_eq!(directory("", "0::/\n"), None);
    }
}
