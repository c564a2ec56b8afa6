//! The arrows between packages, compared with the block in docs/architecture.md.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use cargo_metadata::{DependencyKind, MetadataCommand};
use synrecv_tests::workspace_root;

/// What a package may depend on.
#[derive(Debug, PartialEq, Eq)]
enum Allowed {
    Anything,
    Only(BTreeSet<String>),
}

/// Reads the fenced block `arrows`: `name -> name name`, `*` for anything.
fn documented(document: &str) -> BTreeMap<String, Allowed> {
    let block = document
        .split_once("```arrows\n")
        .and_then(|(_, rest)| rest.split_once("```"))
        .map(|(block, _)| block)
        .expect("docs/architecture.md has a block `arrows`");
    let mut arrows = BTreeMap::new();
    for line in block.lines() {
        let (from, to) = line.split_once("->").unwrap_or_else(|| panic!("not an arrow: {line}"));
        let to = to.trim();
        let allowed = if to == "*" {
            Allowed::Anything
        } else {
            Allowed::Only(to.split_whitespace().map(str::to_owned).collect())
        };
        let before = arrows.insert(from.trim().to_owned(), allowed);
        assert_eq!(before, None, "two lines for {from}");
    }
    arrows
}

/// The name of a package of ours in the document.
fn short(package: &str) -> String {
    package.strip_prefix("synrecv-").unwrap_or(package).to_owned()
}

/// Every package of the workspace with the packages of the workspace that it is built from. What
/// only its tests use is no arrow.
fn built() -> BTreeMap<String, BTreeSet<String>> {
    let metadata = MetadataCommand::new()
        .manifest_path(workspace_root().join("Cargo.toml"))
        .no_deps()
        .exec()
        .expect("cargo metadata describes the workspace");
    let own: BTreeSet<String> = metadata.packages.iter().map(|p| p.name.to_string()).collect();
    metadata
        .packages
        .iter()
        .map(|package| {
            let arrows = package
                .dependencies
                .iter()
                .filter(|dependency| dependency.kind != DependencyKind::Development)
                .filter(|dependency| own.contains(&dependency.name))
                .map(|dependency| short(&dependency.name))
                .collect();
            (short(&package.name), arrows)
        })
        .collect()
}

#[test]
fn arrows_are_the_documented_ones() {
    let path = workspace_root().join("docs/architecture.md");
    let documented = documented(&fs::read_to_string(path).expect("the document is there"));
    let built = built();
    let mut differences = Vec::new();
    for (package, arrows) in &built {
        match documented.get(package) {
            None => differences.push(format!("{package}: not in the document")),
            Some(Allowed::Anything) => {}
            Some(Allowed::Only(allowed)) => {
                let new = arrows.difference(allowed);
                differences.extend(new.map(|to| format!("{package} -> {to}: not allowed")));
                let gone = allowed.difference(arrows);
                differences.extend(gone.map(|to| format!("{package} -> {to}: does not exist")));
            }
        }
    }
    let gone = documented.keys().filter(|package| !built.contains_key(*package));
    differences.extend(gone.map(|package| format!("{package}: documented and does not exist")));
    assert!(differences.is_empty(), "\n{}", differences.join("\n"));
}

#[test]
fn every_package_takes_the_lints_of_the_workspace() {
    // They hold what no search of the sources could decide: no unwrap outside tests, no printing
    // and no exit in libraries, no unsafe code.
    let root = fs::read_to_string(workspace_root().join("Cargo.toml")).expect("it is there");
    for lint in ["unwrap_used", "print_stdout", "print_stderr", "exit", "todo", "unsafe_code"] {
        assert!(root.contains(&format!("\n{lint} = ")), "the workspace has no lint `{lint}`");
    }
    let metadata = MetadataCommand::new()
        .manifest_path(workspace_root().join("Cargo.toml"))
        .no_deps()
        .exec()
        .expect("cargo metadata describes the workspace");
    for package in metadata.packages {
        let manifest = fs::read_to_string(&package.manifest_path).expect("it is there");
        let inherits = manifest.contains("[lints]\nworkspace = true");
        assert!(inherits, "{} does not take the lints of the workspace", package.name);
    }
}

#[test]
fn the_block_is_read() {
    let read = documented("text\n```arrows\na ->\nb -> a\nc -> *\n```\nmore");
    assert_eq!(read["a"], Allowed::Only(BTreeSet::new()));
    assert_eq!(read["b"], Allowed::Only(BTreeSet::from(["a".to_owned()])));
    assert_eq!(read["c"], Allowed::Anything);
}
