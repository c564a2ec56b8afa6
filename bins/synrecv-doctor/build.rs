//! Deflates the JSON Schemas of `docs/schema`, which `cargo xtask codegen` writes, for `schema`; and
//! asks the linker for short relocations where the program can apply them.

use std::error::Error;
use std::io::Write as _;
use std::path::Path;
use std::process::Command;
use std::{env, fs};

use flate2::Compression;
use flate2::write::DeflateEncoder;

fn main() -> Result<(), Box<dyn Error>> {
    pack_schemas()?;
    println!("cargo::rerun-if-changed=build.rs");
    if applies_relr()? {
        // 165 KB less: a bitmap of addresses in place of 24 bytes for each.
        println!("cargo::rustc-link-arg-bins=-Wl,-z,pack-relative-relocs");
    }
    Ok(())
}

fn pack_schemas() -> Result<(), Box<dyn Error>> {
    let schemas = Path::new(&env::var("CARGO_MANIFEST_DIR")?).join("../../docs/schema");
    let out = env::var("OUT_DIR")?;
    for format in ["report", "table"] {
        let schema = schemas.join(format!("{format}.json"));
        println!("cargo::rerun-if-changed={}", schema.display());
        let schema = fs::read(&schema)
            .map_err(|error| format!("read `docs/schema/{format}.json`: {error}"))?;
        let packed = fs::File::create(Path::new(&out).join(format!("{format}.json.deflate")))?;
        let mut packed = DeflateEncoder::new(packed, Compression::best());
        packed.write_all(&schema)?;
        packed.finish()?;
    }
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
