//! Every check has its file, every file its check, and every finding its page.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use synrecv_checks::CATALOG;
use synrecv_tests::workspace_root;

/// Names of the files in a directory with this suffix, without it.
fn stems(directory: &Path, suffix: &str) -> BTreeSet<String> {
    let entries = fs::read_dir(directory).expect("the directory is there");
    entries
        .map(|entry| entry.expect("an entry can be read").file_name().into_string())
        .filter_map(|name| name.ok()?.strip_suffix(suffix).map(str::to_owned))
        .collect()
}

#[test]
fn a_check_is_a_file_with_its_name() {
    let files = stems(&workspace_root().join("crates/checks/src/catalog"), ".rs");
    let ids: BTreeSet<String> =
        CATALOG.iter().map(|check| check.info.id.replace('-', "_")).collect();
    assert_eq!(files, ids);
}

#[test]
fn a_finding_has_a_page() {
    let pages = stems(&workspace_root().join("docs/findings"), ".md");
    let ids: BTreeSet<String> = CATALOG.iter().map(|check| check.info.id.to_owned()).collect();
    assert_eq!(pages, ids, "run `cargo xtask codegen`");
}

#[test]
fn explained_findings_exist() {
    let ids: BTreeSet<&str> = CATALOG.iter().map(|check| check.info.id).collect();
    for check in CATALOG {
        assert!(!check.info.explains.contains(&check.info.id), "{} explains itself", check.info.id);
    }
    // An id may be explained before its check is written; a misspelt one is near an existing id.
    for explained in CATALOG.iter().flat_map(|check| check.info.explains) {
        let near = synrecv_checks::nearest(explained);
        let misspelt = near.is_some_and(|near| synrecv_checks::distance(explained, near) <= 2);
        assert!(ids.contains(explained) || !misspelt, "`{explained}`: did you mean {near:?}?");
    }
}
