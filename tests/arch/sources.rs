//! Habits that no lint of the compiler knows.

use std::fs;
use std::path::{Path, PathBuf};

use synrecv_tests::workspace_root;

const LINES_MAX: usize = 400;

/// Longer files, and why they are.
const LONG: &[(&str, &str)] = &[
    ("tests/lab/scenarios.rs", "half of it is the list of scenarios, one line each"),
    (
        "crates/ticket/src/rows.rs",
        "one type for each kind of row, with a line of words for each field",
    ),
    ("crates/ticket/src/text/prompt.rs", "one short function for each shape of a prompt"),
    ("crates/ticket/src/text/segment.rs", "one walk over the lines, whose steps share its state"),
];

struct Source {
    /// Path below the root of the workspace.
    path: String,
    text: String,
}

fn sources() -> Vec<Source> {
    let root = workspace_root();
    let mut found = Vec::new();
    for top in ["crates", "bins", "tests"] {
        gather(&root.join(top), &mut found);
    }
    assert!(found.len() > 50, "only {} sources found", found.len());
    let source = |path: PathBuf| Source {
        path: path.strip_prefix(root).expect("below the root").to_string_lossy().into_owned(),
        text: fs::read_to_string(&path).expect("a source can be read"),
    };
    found.into_iter().map(source).collect()
}

fn gather(directory: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(directory).expect("the directory is there") {
        let path = entry.expect("an entry can be read").path();
        if path.is_dir() {
            gather(&path, found);
        } else if path.extension().is_some_and(|suffix| suffix == "rs") {
            found.push(path);
        }
    }
}

/// Fails with all places in which `wrong` holds for the code of a line, without its comment.
fn nowhere(what: &str, wrong: impl Fn(&str) -> bool) {
    nowhere_but("(nowhere)", what, wrong);
}

/// The same, but for sources below one directory.
fn nowhere_but(exempt: &str, what: &str, wrong: impl Fn(&str) -> bool) {
    let mut places = Vec::new();
    for source in sources().into_iter().filter(|source| !source.path.starts_with(exempt)) {
        for (number, line) in source.text.lines().enumerate() {
            let code = line.split("//").next().unwrap_or_default();
            if wrong(code) {
                places.push(format!("{}:{}: {}", source.path, number + 1, line.trim()));
            }
        }
    }
    assert!(places.is_empty(), "{what}:\n{}", places.join("\n"));
}

#[test]
fn no_file_is_long_without_a_reason() {
    let sources = sources();
    for source in &sources {
        let lines = source.text.lines().count();
        let listed = LONG.iter().any(|(path, _)| *path == source.path);
        assert!(lines <= LINES_MAX || listed, "{} has {lines} lines", source.path);
        assert!(lines > LINES_MAX || !listed, "{} is no longer long", source.path);
    }
    for (path, reason) in LONG {
        assert!(sources.iter().any(|source| source.path == *path), "{path} does not exist");
        assert!(!reason.is_empty(), "{path} is long without a reason");
    }
}

#[test]
fn the_quadratic_table_is_never_opened() {
    // The pieces are apart so that this file does not find itself. Text for people may name the
    // file; a path that is opened ends its literal there.
    let end_of_path = concat!("net/", "arp\"");
    let opens = |code: &str| code.contains(end_of_path);
    // `crates/ticket` reads text, also that of this file, and opens nothing.
    nowhere_but("crates/ticket/", "the kernel walks this file quadratically", opens);
}

#[test]
fn no_test_is_switched_off() {
    let ignore = concat!("#[", "ignore");
    nowhere("a test that does not run shows nothing", |code| code.contains(ignore));
}

#[test]
fn no_lint_about_unwrap_is_lifted() {
    let lifted = concat!("clippy::", "unwrap_used");
    nowhere("unwrap outside tests", |code| code.contains(lifted));
}
