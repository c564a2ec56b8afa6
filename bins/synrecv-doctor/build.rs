//! Deflates the JSON Schemas of `docs/schema`, which `cargo xtask codegen` writes, for `schema`.

use std::error::Error;
use std::io::Write as _;
use std::path::Path;
use std::{env, fs};

use flate2::Compression;
use flate2::write::DeflateEncoder;

fn main() -> Result<(), Box<dyn Error>> {
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
