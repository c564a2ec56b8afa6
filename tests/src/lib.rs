//! What several tests need: where the workspace is, the doctor freshly built, and a place for files.

pub mod leak;
pub mod schema;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

/// The root directory of the workspace.
pub fn workspace_root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the package lies in the workspace")
}

/// The cargo that runs these tests.
pub fn cargo() -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(workspace_root());
    command
}

/// The `synrecv-doctor` of this profile, brought up to date once per test run.
///
/// A binary of another package has no `CARGO_BIN_EXE_` variable, and one that merely lies there may
/// be older than the sources under test.
///
/// # Panics
/// When it does not build.
pub fn doctor() -> &'static Path {
    static DOCTOR: OnceLock<PathBuf> = OnceLock::new();
    DOCTOR.get_or_init(|| {
        let profile_dir = profile_dir();
        let target_dir = profile_dir.parent().expect("a profile's directory has a parent");
        let mut build = cargo();
        // The selection that `cargo xtask test` builds, so that this finds everything built.
        build.args(["build", "--quiet", "--workspace", "--bins", "--target-dir"]);
        build.arg(target_dir);
        if profile_dir.ends_with("release") {
            build.arg("--release");
        }
        let status = build.status().expect("cargo can be started");
        assert!(status.success(), "cargo could not build synrecv-doctor ({status})");
        let doctor = profile_dir.join("synrecv-doctor");
        assert!(doctor.is_file(), "`{}` was built elsewhere", doctor.display());
        doctor
    })
}

/// The directory that cargo puts binaries of this profile into: test executables are in its
/// subdirectory `deps`.
fn profile_dir() -> PathBuf {
    let own = std::env::current_exe().expect("a test knows its own path");
    let deps = own.parent().expect("an executable lies in a directory");
    let profile = if deps.ends_with("deps") { deps.parent() } else { Some(deps) };
    profile.expect("`deps` lies in the profile's directory").to_owned()
}

/// A directory for the files of one test, removed at its end.
#[derive(Debug)]
pub struct Scratch(PathBuf);

impl Scratch {
    /// A new, empty directory.
    ///
    /// # Panics
    /// When it cannot be made.
    #[expect(clippy::new_without_default, reason = "making a directory is no default value")]
    pub fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("synrecv-tests-{}-{number}", std::process::id());
        let path = std::env::temp_dir().join(name);
        fs::create_dir(&path).expect("the directory for temporary files can be written");
        Self(path)
    }

    /// Its path.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Names of the files in it, sorted, hidden ones too.
    ///
    /// # Panics
    /// When it cannot be read.
    pub fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(&self.0).expect("the directory is there");
        let mut names: Vec<String> = entries
            .map(|entry| entry.expect("an entry can be read").file_name().into_string())
            .map(|name| name.expect("the test uses plain names"))
            .collect();
        names.sort();
        names
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What is left in the directory for temporary files harms nobody.
        let _ = fs::remove_dir_all(&self.0);
    }
}
