//! Manual pages and completions. A test of the doctor writes them, as only the doctor knows its command
//! line; its build script packs them into it.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use crate::cargo::{self, cargo};

/// The test that compares the pages, or with `UPDATE=1` writes them.
const TEST: &str = "documents::tests::pages_say_what_the_command_line_says";

/// Where the pages are, below docs/.
const DIRECTORIES: [&str; 2] = ["completions", "man"];

/// Writes the pages, or with `check` only has them compared; adds those that differ to `stale`.
pub(super) fn settle(docs: &Path, check: bool, stale: &mut Vec<String>) -> Result<()> {
    let mut test = cargo(["test", "--quiet", "--package", "synrecv-doctor", "--bin"]);
    test.args(["synrecv-doctor", "--", "--exact", TEST]);
    if check {
        // The test has said which.
        if cargo::run(test).is_err() {
            stale.push("a page in docs/man or docs/completions, as said above".to_owned());
        }
        return Ok(());
    }
    let before = contents(docs)?;
    cargo::run({
        test.env("UPDATE", "1");
        test
    })?;
    let after = contents(docs)?;
    stale.extend(before.keys().filter(|&path| !after.contains_key(path)).cloned());
    let differs = |(path, page): &(&String, &Vec<u8>)| before.get(*path) != Some(*page);
    stale.extend(after.iter().filter(differs).map(|(path, _)| path.clone()));
    Ok(())
}

/// The pages by their paths.
fn contents(docs: &Path) -> Result<BTreeMap<String, Vec<u8>>> {
    let mut contents = BTreeMap::new();
    for directory in DIRECTORIES {
        let path = docs.join(directory);
        fs::create_dir_all(&path).with_context(|| format!("make `docs/{directory}`"))?;
        let pages = fs::read_dir(&path).with_context(|| format!("list `docs/{directory}`"))?;
        for page in pages {
            let page = page?;
            let name = format!("docs/{directory}/{}", page.file_name().display());
            contents.insert(name, fs::read(page.path())?);
        }
    }
    Ok(contents)
}
