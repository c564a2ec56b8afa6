//! Pages of `docs/` that are printed as they are: JSON Schemas, completions, manual pages. They are
//! written when the program changes, and built in; what writes them weighs six times as much.

use std::io::Read as _;

use anyhow::{Context as _, Result};
use flate2::bufread::DeflateDecoder;

/// All pages, one behind the other, deflated by the build script.
const PACKED: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/documents.deflate"));

/// Path below `docs/` and bytes of each, in the same order.
const INDEX: &[(&str, usize)] = &include!(concat!(env!("OUT_DIR"), "/documents.rs"));

/// A page by its path below `docs/`; `None` when there is no such page.
pub(crate) fn page(path: &str) -> Result<Option<String>> {
    let mut start = 0;
    for &(name, length) in INDEX {
        if name == path {
            let mut pages = String::new();
            DeflateDecoder::new(PACKED)
                .take((start + length) as u64)
                .read_to_string(&mut pages)
                .context("unpack the pages built in")?;
            return Ok(pages.get(start..).map(str::to_owned));
        }
        start += length;
    }
    Ok(None)
}

/// Path of the manual page of a subcommand below `docs/`; the main page without words.
pub(crate) fn man_path(words: &[impl AsRef<str>]) -> String {
    let words = words.iter().map(AsRef::as_ref);
    let name: Vec<&str> = std::iter::once(synrecv_report::PROGRAM).chain(words).collect();
    format!("man/{}.1", name.join("-"))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::path::Path;
    use std::{env, fs};

    use clap::{Command, CommandFactory as _, ValueEnum as _};
    use clap_complete::{Shell, generate};
    use clap_mangen::Man;

    use super::{man_path, page};
    use crate::cli::Cli;
    use crate::cmd::completions;

    /// What is made from the command line, by path below `docs/`.
    fn made() -> BTreeMap<String, String> {
        let mut pages = BTreeMap::new();
        for &shell in completions::Shell::value_variants() {
            let name = shell.to_possible_value().unwrap();
            let generator = Shell::from_str(name.get_name(), false).unwrap();
            let mut script = Vec::new();
            generate(generator, &mut Cli::command(), synrecv_report::PROGRAM, &mut script);
            pages.insert(shell.path().to_owned(), String::from_utf8(script).unwrap());
        }
        let mut root = Cli::command();
        // Gives subcommands their full names (`synrecv-doctor-explain`).
        root.build();
        add_man(&mut pages, &mut Vec::new(), &root);
        pages
    }

    fn add_man(pages: &mut BTreeMap<String, String>, words: &mut Vec<String>, command: &Command) {
        let mut roff = Vec::new();
        Man::new(command.clone()).render(&mut roff).unwrap();
        pages.insert(man_path(words), String::from_utf8(roff).unwrap());
        for below in command.get_subcommands().filter(|below| below.get_name() != "help") {
            words.push(below.get_name().to_owned());
            add_man(pages, words, below);
            words.pop();
        }
    }

    /// `cargo xtask codegen` runs this with `UPDATE=1`, which writes the pages.
    #[test]
    fn pages_say_what_the_command_line_says() {
        let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs");
        let made = made();
        let mut written = BTreeMap::new();
        for directory in ["completions", "man"] {
            for entry in fs::read_dir(docs.join(directory)).unwrap() {
                let name = format!("{directory}/{}", entry.unwrap().file_name().display());
                let page = fs::read_to_string(docs.join(&name)).unwrap();
                written.insert(name, page);
            }
        }
        if env::var_os("UPDATE").is_some_and(|value| value == "1") {
            for gone in written.keys().filter(|&name| !made.contains_key(name)) {
                fs::remove_file(docs.join(gone)).unwrap();
            }
            for (name, page) in made.iter().filter(|&(name, page)| written.get(name) != Some(page))
            {
                fs::write(docs.join(name), page).unwrap();
            }
            return;
        }
        let names = |pages: &BTreeMap<String, String>| pages.keys().cloned().collect::<Vec<_>>();
        assert_eq!(names(&made), names(&written), "run `cargo xtask codegen`");
        for (name, page) in made {
            assert!(page == written[&name], "docs/{name} is stale: run `cargo xtask codegen`");
        }
    }

    #[test]
    fn what_is_packed_is_what_is_written() {
        let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs");
        assert!(super::INDEX.len() > 15, "{:?}", super::INDEX);
        for &(name, _) in super::INDEX {
            let written = fs::read_to_string(docs.join(name)).unwrap();
            assert!(page(name).unwrap().unwrap() == written, "{name}");
        }
        assert_eq!(page("man/nothing.1").unwrap(), None);
    }
}
