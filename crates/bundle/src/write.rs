//! Writing.

use std::io::{self, BufWriter, Write};

use flate2::write::GzEncoder;
use flate2::{Compression, GzBuilder};
use serde::Serialize;
use synrecv_model::{Facts, Observation};

use crate::{Header, SCHEMA};

/// Bytes gathered before they are compressed; the serialiser writes a few at a time.
const BUFFER_BYTES: usize = 1 << 16;

#[derive(Serialize)]
struct Content<'a> {
    facts: &'a Facts,
    observation: &'a Observation,
}

/// Writes a bundle. `written_by` names the program and its version.
///
/// The same facts give the same bytes: no time and no file name goes into the gzip header.
pub fn write(
    facts: &Facts,
    observation: &Observation,
    written_by: &str,
    mut out: impl Write,
) -> io::Result<()> {
    // Not generic from here: the encoding of the whole model would be compiled for each kind of file.
    let out: &mut dyn Write = &mut out;
    let gzip: GzEncoder<_> = GzBuilder::new().mtime(0).write(out, Compression::best());
    let mut lines = BufWriter::with_capacity(BUFFER_BYTES, gzip);
    let header = Header { schema: SCHEMA.to_owned(), written_by: written_by.to_owned() };
    serde_json::to_writer(&mut lines, &header)?;
    lines.write_all(b"\n")?;
    serde_json::to_writer(&mut lines, &Content { facts, observation })?;
    lines.write_all(b"\n")?;
    let gzip = lines.into_inner().map_err(io::IntoInnerError::into_error)?;
    gzip.finish()?.flush()
}
