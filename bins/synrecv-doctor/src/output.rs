//! Where reports go: standard output, and files that appear whole or not at all.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use rustix::fs::{Access, access};

/// A report could not be written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum OutputError {
    #[error("write standard output")]
    Stdout(#[source] io::Error),
    #[error("write `{}`", path.display())]
    File { path: PathBuf, source: io::Error },
}

/// Writes to standard output. A closed pipe is the reader's choice, not an error.
pub(crate) fn stdout(content: &str) -> Result<(), OutputError> {
    stdout_with(|out| out.write_all(content.as_bytes()))
}

/// Streams to standard output through a buffer.
pub(crate) fn stdout_with(
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> Result<(), OutputError> {
    let mut out = io::BufWriter::with_capacity(1 << 16, io::stdout().lock());
    match write(&mut out).and_then(|()| out.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        outcome => outcome.map_err(OutputError::Stdout),
    }
}

/// `Err` when a file certainly cannot be made there; asked before work whose result would be lost.
pub(crate) fn can_hold(path: &Path) -> Result<(), OutputError> {
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    let directory = directory.unwrap_or(Path::new("."));
    access(directory, Access::WRITE_OK | Access::EXEC_OK)
        .map_err(|errno| OutputError::File { path: path.to_owned(), source: errno.into() })
}

/// Writes a file readable by its owner only, under a temporary name beside it, then renames it.
pub(crate) fn file(path: &Path, content: &[u8]) -> Result<(), OutputError> {
    file_with(path, |file| file.write_all(content))
}

/// As [`file()`], for content that is made while it is written.
pub(crate) fn file_with(
    path: &Path,
    write: impl FnOnce(&mut File) -> io::Result<()>,
) -> Result<(), OutputError> {
    let failed = |source| OutputError::File { path: path.to_owned(), source };
    let name = path.file_name().ok_or_else(|| failed(io::ErrorKind::InvalidInput.into()))?;
    let mut hidden = std::ffi::OsString::from(".");
    hidden.push(name);
    hidden.push(format!(".{}", std::process::id()));
    let temporary = path.with_file_name(hidden);
    let written = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&temporary)
        .and_then(|mut file| write(&mut file).and_then(|()| file.sync_all()))
        .and_then(|()| fs::rename(&temporary, path));
    written.map_err(|source| {
        let _ = fs::remove_file(&temporary);
        failed(source)
    })
}
