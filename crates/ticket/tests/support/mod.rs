//! The fixtures, and how they are read.

use std::fs;
use std::path::Path;

use synrecv_ticket::{Limits, Ticket, read};

/// Names and bytes of all fixtures, by name.
pub(crate) fn fixtures() -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data");
    let entries = fs::read_dir(folder).expect("the folder of fixtures");
    let mut all: Vec<(String, Vec<u8>)> = entries
        .map(|entry| entry.expect("an entry of the folder").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "txt"))
        .map(|path| {
            let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
            (name, fs::read(&path).expect("a fixture"))
        })
        .collect();
    all.sort();
    all
}

pub(crate) fn ticket(bytes: &[u8]) -> Ticket {
    read(bytes, Limits::default()).expect("within the limits")
}
