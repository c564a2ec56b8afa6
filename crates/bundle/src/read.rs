//! Reading, bounded: a bundle comes from somebody else.

use std::io::{self, BufRead, BufReader, Read};

use flate2::bufread::GzDecoder;
use synrecv_model::SourceKind;

use crate::json::{self, Tokens};
use crate::{Bundle, Header, JsonError, SCHEMA, valid};

/// Uncompressed bytes that are read at most.
pub const UNCOMPRESSED_MAX_BYTES: u64 = 256 << 20;

/// The first line is shorter than this.
const HEADER_MAX_BYTES: u64 = 4 << 10;

/// Schemas of this program, whatever their version.
const SCHEMA_FAMILY: &str = "synrecv-doctor/bundle/";

/// What versions before the first frozen one wrote, each a little differently.
const NEVER_FROZEN: &str = "synrecv-doctor/bundle/0";

/// A bundle could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// The bytes could not be had.
    #[error("read the bundle")]
    Io(#[source] io::Error),
    /// The file does not begin as gzip does.
    #[error("not a bundle of `synrecv-doctor collect`: the file is not gzip")]
    NotGzip,
    /// The gzip stream ends early.
    #[error("the bundle is cut short")]
    Cut,
    /// The gzip stream is broken, or its checksum is wrong.
    #[error("the bundle is damaged: its compression is broken")]
    Damaged(#[source] io::Error),
    /// There is something behind the gzip stream.
    #[error("the bundle is damaged: there are bytes after its end")]
    TrailingBytes,
    /// The first line is not the one of a bundle.
    #[error("not a bundle: gzip, but its first line names no `{SCHEMA_FAMILY}` schema")]
    NoSchema,
    /// Written before there was a schema that stays.
    #[error(
        "the bundle has the schema `{NEVER_FROZEN}`, written by `{}`, which only that version reads; \
         this version reads `{SCHEMA}`: collect again",
        written_by.escape_debug()
    )]
    NeverFrozen {
        /// The program that wrote it.
        written_by: String,
    },
    /// Written by a later version.
    #[error(
        "the bundle has the schema `{}`, written by `{}`; this version reads `{SCHEMA}`: diagnose it \
         with a later one",
        schema.escape_debug(), written_by.escape_debug()
    )]
    OtherSchema {
        /// The schema found.
        schema: String,
        /// The program that wrote it.
        written_by: String,
    },
    /// It does not hold what its schema promises.
    #[error("the bundle, schema `{SCHEMA}` written by `{}`, does not fit its schema", written_by.escape_debug())]
    Content {
        /// The program that wrote it.
        written_by: String,
        /// Where and how.
        source: ContentError,
    },
    /// Larger than anything this program writes.
    #[error("the bundle holds more than {} MiB", UNCOMPRESSED_MAX_BYTES >> 20)]
    TooLarge,
}

/// How the content of a bundle does not fit its schema.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ContentError {
    /// Not JSON, or not of the right shape.
    #[error(transparent)]
    Json(JsonError),
    /// Of the right shape, and impossible.
    #[error("{0}")]
    Impossible(&'static str),
}

/// True when these first bytes of a file are those of gzip.
pub fn is_gzip(start: &[u8]) -> bool {
    start.starts_with(&[0x1f, 0x8b])
}

/// Reads a bundle to its end. Its facts have [`SourceKind::Bundle`] as their source.
///
/// Never panics, never reads more than [`UNCOMPRESSED_MAX_BYTES`] of content, and takes nothing that
/// could not have been collected.
pub fn read(mut file: impl Read) -> Result<Bundle, ReadError> {
    read_bounded(&mut file, UNCOMPRESSED_MAX_BYTES)
}

/// Not generic: the decoding of the whole model would be compiled for each kind of file.
fn read_bounded(file: &mut dyn Read, max_bytes: u64) -> Result<Bundle, ReadError> {
    let mut file = BufReader::new(file);
    let mut start = Vec::new();
    file.by_ref().take(2).read_to_end(&mut start).map_err(ReadError::Io)?;
    if !is_gzip(&start) {
        return Err(ReadError::NotGzip);
    }
    let file = io::Cursor::new(start).chain(file);
    let content = GzDecoder::new(file).take(max_bytes);
    let mut lines = BufReader::with_capacity(1 << 16, content);
    let header = header(&mut lines)?;
    if header.schema != SCHEMA {
        let Header { schema, written_by } = header;
        return Err(match schema.as_str() {
            NEVER_FROZEN => ReadError::NeverFrozen { written_by },
            _ => ReadError::OtherSchema { schema, written_by },
        });
    }
    let mut tokens = Tokens::new(&mut lines);
    // Reading to the end also has the checksum compared.
    let read = json::decode(&mut tokens);
    let read = read.and_then(|bundle| tokens.end().map(|()| bundle));
    if tokens.is_spent() && lines.buffer().is_empty() && lines.get_ref().limit() == 0 {
        return Err(ReadError::TooLarge);
    }
    let mut bundle: Bundle = read.map_err(|error| content_error(error, &header))?;
    let mut file = lines.into_inner().into_inner().into_inner();
    if !file.fill_buf().map_err(ReadError::Io)?.is_empty() {
        return Err(ReadError::TrailingBytes);
    }
    valid::check(&bundle).map_err(|why| ReadError::Content {
        written_by: header.written_by,
        source: ContentError::Impossible(why),
    })?;
    bundle.facts.source = SourceKind::Bundle;
    Ok(bundle)
}

fn header(lines: &mut impl BufRead) -> Result<Header, ReadError> {
    let mut line = Vec::new();
    lines.take(HEADER_MAX_BYTES).read_until(b'\n', &mut line).map_err(io_error)?;
    let mut line = line.as_slice();
    let header: Header =
        json::decode(&mut Tokens::new(&mut line)).map_err(|_| ReadError::NoSchema)?;
    if header.schema.starts_with(SCHEMA_FAMILY) { Ok(header) } else { Err(ReadError::NoSchema) }
}

/// Errors of the decoder carry kinds that errors of a file do not have.
fn io_error(error: io::Error) -> ReadError {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => ReadError::Cut,
        io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData => ReadError::Damaged(error),
        _ => ReadError::Io(error),
    }
}

fn content_error(error: JsonError, header: &Header) -> ReadError {
    let written_by = header.written_by.clone();
    match error.into_io() {
        Ok(error) => io_error(error),
        Err(error) => ReadError::Content { written_by, source: ContentError::Json(error) },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::Compression;
    use flate2::read::GzEncoder;

    #[track_caller]
    fn error_of(max_bytes: u64, blanks: u64) -> ReadError {
        let header = format!("{{\"schema\":\"{SCHEMA}\",\"written_by\":\"x\"}}\n");
        let blanks = io::repeat(b' ').take(blanks);
        let lines = header.as_bytes().chain(blanks);
        read_bounded(&mut GzEncoder::new(lines, Compression::fast()), max_bytes).unwrap_err()
    }

    #[test]
    fn a_bomb_is_not_unpacked() {
        assert!(matches!(error_of(1 << 18, 1 << 18), ReadError::TooLarge));
        assert!(matches!(error_of(1 << 18, 1 << 17), ReadError::Content { .. }));
    }
}
