//! How many routes this host has, all read to rows: `cargo run --release --example routes`.

use std::error::Error;
use std::io::{Write as _, stdout};

use synrecv_model::{Family, Section};

fn main() -> Result<(), Box<dyn Error>> {
    let section = synrecv_routes::read::routes();
    if let Section::Missing(gap) = &section {
        return Err(format!("routes not read: {}", gap.reason.word()).into());
    }
    let mut out = stdout().lock();
    for (family, name) in [(Family::V4, "IPv4"), (Family::V6, "IPv6")] {
        let all = section.data().into_iter().flatten();
        writeln!(out, "{:>9} of {name}", all.filter(|route| route.family == family).count())?;
    }
    if !section.flaws().is_empty() {
        writeln!(out, "The table is not whole: {:?}", section.flaws())?;
    }
    Ok(())
}
