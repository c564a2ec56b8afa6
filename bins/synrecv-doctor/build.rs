//! Packs the pages of `docs/` that the program prints, which `cargo xtask codegen` writes; and asks the
//! linker for short relocations where the program can apply them.

use std::error::Error;
use std::io::Write as _;
use std::path::Path;
use std::process::Command;
use std::{env, fs};

use flate2::Compression;
use flate2::write::DeflateEncoder;

fn main() -> Result<(), Box<dyn Error>> {
    pack_documents()?;
    println!("cargo::rerun-if-changed=build.rs");
    if applies_relr()? {
        // 165 KB less: a bitmap of addresses in place of 24 bytes for each.
        println!("cargo::rustc-link-arg-bins=-Wl,-z,pack-relative-relocs");
    }
    Ok(())
}

/// Writes the pages behind one another, and the Rust array of their paths and lengths.
fn pack_documents() -> Result<(), Box<dyn Error>> {
    let docs = Path::new(&env::var("CARGO_MANIFEST_DIR")?).join("../../docs");
    let out = env::var("OUT_DIR")?;
    let mut paths = Vec::new();
    for directory in ["completions", "man", "schema"] {
        println!("cargo::rerun-if-changed={}", docs.join(directory).display());
        let pages = fs::read_dir(docs.join(directory))
            .map_err(|error| format!("list `docs/{directory}`: {error}"))?;
        for page in pages {
            paths.push(format!("{directory}/{}", page?.file_name().display()));
        }
    }
    paths.sort();
    let mut index = Vec::new();
    let packed = fs::File::create(Path::new(&out).join("documents.deflate"))?;
    let mut packed = DeflateEncoder::new(packed, Compression::best());
    for path in paths {
        let page = fs::read(docs.join(&path))?;
        packed.write_all(&page)?;
        index.push((path, page.len()));
    }
    packed.finish()?;
    fs::write(Path::new(&out).join("documents.rs"), format!("{index:?}"))?;
    Ok(())
}

/// Whether the program relocates itself, by code that knows `DT_RELR`: it is linked statically with
/// the C library of this machine, glibc 2.36 or newer. Where libraries are loaded, the host that
/// loads them decides, and that may be an older one.
fn applies_relr() -> Result<bool, Box<dyn Error>> {
    let features = env::var("CARGO_CFG_TARGET_FEATURE").unwrap_or_default();
    let is_static = features.split(',').any(|feature| feature == "crt-static");
    let is_gnu = env::var("CARGO_CFG_TARGET_ENV").is_ok_and(|environment| environment == "gnu");
    if !is_static || !is_gnu || env::var("HOST")? != env::var("TARGET")? {
        return Ok(false);
    }
    // "glibc 2.36". Without the tool, or with words that it does not say, relocations are long.
    let said = Command::new("getconf").arg("GNU_LIBC_VERSION").output();
    let said = said.map(|output| String::from_utf8_lossy(&output.stdout).into_owned());
    let version = said.unwrap_or_default();
    let version = version.trim().strip_prefix("glibc ").and_then(|it| it.split_once('.'));
    let number = |text: &str| text.parse::<u32>().unwrap_or(0);
    Ok(version.is_some_and(|(major, minor)| (number(major), number(minor)) >= (2, 36)))
}
