//! Lines of a `/proc/net` file, each with the time at which the kernel wrote it.

use std::fs::File;
use std::io::{self, Read, Seek};
use std::ops::ControlFlow;
use std::path::PathBuf;

use rustix::io::Errno;
use synrecv_model::Mono;
use synrecv_netlink::clock;

/// The kernel writes 4 KiB at a time whatever is asked for; this leaves room for the odd line.
const BUFFER_LEN: usize = 16 * 1024;

/// The least page of any machine, which is what the kernel fills with lines before it returns.
const PAGE_LEN: usize = 4096;
/// No line of `/proc/net/tcp{,6}` is longer.
const LINE_MOST: usize = 512;

/// How sure the end of a file has to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// Read until the kernel says so.
    Confirmed,
    /// A read that left room for another line was the last. To say so once more, the kernel would
    /// walk its whole hash table again, which is half the cost of a small table.
    ShortRead,
}

/// A file that is read again and again through one buffer.
#[derive(Debug)]
pub(crate) struct ProcFile {
    path: PathBuf,
    file: Option<File>,
    buffer: Box<[u8]>,
}

impl ProcFile {
    /// Opens nothing yet.
    pub(crate) fn new(path: PathBuf) -> Self {
        Self { path, file: None, buffer: vec![0; BUFFER_LEN].into_boxed_slice() }
    }

    /// Reads the file from its start and hands over each line without its end, until `each` breaks
    /// off.
    ///
    /// # Errors
    /// When the file cannot be opened or read, or with ETIMEDOUT when `deadline` passes first; lines
    /// already handed over are then not all.
    pub(crate) fn lines(
        &mut self,
        deadline: Option<Mono>,
        end_of_file: End,
        mut each: impl FnMut(&[u8], Mono) -> ControlFlow<()>,
    ) -> io::Result<()> {
        let file = if let Some(file) = &mut self.file {
            file.rewind()?;
            file
        } else {
            self.file.insert(File::open(&self.path)?)
        };
        // Bytes at the start of the buffer that are a line without its end.
        let mut carried = 0;
        loop {
            let room = self.buffer.get_mut(carried..).unwrap_or_default();
            if room.is_empty() {
                return Err(io::Error::new(io::ErrorKind::InvalidData, "line longer than 16 KiB"));
            }
            let count = match file.read(room) {
                Ok(0) => break,
                Ok(count) => count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            let at = clock::now();
            if deadline.is_some_and(|deadline| at > deadline) {
                return Err(Errno::TIMEDOUT.into());
            }
            let filled = carried + count;
            let bytes = self.buffer.get(..filled).unwrap_or_default();
            let end = bytes.iter().rposition(|&byte| byte == b'\n').map_or(0, |last| last + 1);
            let whole = bytes.get(..end).unwrap_or_default();
            for line in whole.strip_suffix(b"\n").unwrap_or_default().split(|&byte| byte == b'\n') {
                if each(line, at).is_break() {
                    return Ok(());
                }
            }
            self.buffer.copy_within(end..filled, 0);
            carried = filled - end;
            let short = count < PAGE_LEN - LINE_MOST && carried == 0;
            if end_of_file == End::ShortRead && short {
                break;
            }
        }
        if carried > 0 {
            let _ = each(self.buffer.get(..carried).unwrap_or_default(), clock::now());
        }
        Ok(())
    }
}
