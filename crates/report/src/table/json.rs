//! What all tables in JSON have in common: the envelope, and rows that are written as they come.

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde::{Serialize, Serializer};
use serde_json::ser::Formatter;
use synrecv_model::{Host, LinkNames, SourceKind};

use super::arp::ArpJson;
use super::interfaces::InterfacesJson;
use super::route::RoutesJson;
use super::route_get::RouteGetJson;
use super::sockets::SocketsJson;
use crate::escape;
use crate::json::{ToolJson, rfc3339};
use crate::rows::SectionRow;
use crate::{PROGRAM, VERSION};

/// Name and version of the format of tables.
pub const SCHEMA: &str = "synrecv-doctor/table/1";

/// A table.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub(super) struct TableJson<'a> {
    /// `synrecv-doctor/table/1`.
    schema: &'static str,
    /// The program.
    tool: ToolJson,
    /// Where and when it was read.
    source: TableSourceJson,
    /// How each part was read.
    sections: BTreeMap<&'static str, SectionRow>,
    /// The rows. An array is `null` when its section is missing.
    #[serde(flatten)]
    rows: RowsJson<'a>,
}

/// Where and when a table was read.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub(super) struct TableSourceJson {
    /// `live`.
    kind: &'static str,
    /// `uname -n`.
    host: String,
    /// `uname -r`.
    kernel: String,
    /// Inode of the network namespace.
    netns: Option<String>,
    /// RFC 3339 UTC.
    started_at: String,
    /// Effective uid of the reader.
    uid: u32,
    /// The reader is root.
    privileged: bool,
}

/// The rows of one table.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "table", rename_all = "kebab-case")]
pub(super) enum RowsJson<'a> {
    /// `sockets`
    Sockets(SocketsJson<'a>),
    /// `arp`
    Arp(ArpJson<'a>),
    /// `route`
    Route(RoutesJson<'a>),
    /// `route get`
    RouteGet(Box<RouteGetJson>),
    /// `interfaces`
    Interfaces(InterfacesJson<'a>),
}

/// Rows that are made from nouns while they are written.
pub(super) struct Rows<'a, T, R> {
    nouns: &'a [T],
    row: Box<dyn Fn(&T) -> R + 'a>,
}

impl<'a, T, R: 'a> Rows<'a, T, R> {
    pub(super) fn new(nouns: &'a [T], row: impl Fn(&T) -> R + 'a) -> Self {
        Self { nouns, row: Box::new(row) }
    }

    /// Rows that need device names.
    pub(super) fn named(
        nouns: &'a [T],
        names: &'a LinkNames,
        row: fn(&T, &LinkNames) -> R,
    ) -> Self {
        Self::new(nouns, move |noun| row(noun, names))
    }
}

impl<T, R> std::fmt::Debug for Rows<'_, T, R> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Rows").field("count", &self.nouns.len()).finish_non_exhaustive()
    }
}

impl<T, R: Serialize> Serialize for Rows<'_, T, R> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.nouns.iter().map(&self.row))
    }
}

/// Writes a table with a final newline: one row of the table on one line.
pub(super) fn write(
    out: &mut dyn Write,
    kind: SourceKind,
    host: &Host,
    sections: BTreeMap<&'static str, SectionRow>,
    rows: RowsJson<'_>,
) -> io::Result<()> {
    let table = TableJson {
        schema: SCHEMA,
        tool: ToolJson { name: PROGRAM, version: VERSION },
        source: TableSourceJson {
            kind: kind.name(),
            host: host.name.0.clone(),
            kernel: host.kernel.0.clone(),
            netns: host.netns_inode.map(|inode| inode.to_string()),
            started_at: rfc3339(host.started_at),
            uid: host.uid,
            privileged: host.uid == 0,
        },
        sections,
        rows,
    };
    let mut serializer = serde_json::Serializer::with_formatter(&mut *out, RowByRow::default());
    table.serialize(&mut serializer).map_err(io::Error::from)?;
    out.write_all(b"\n")
}

/// The JSON Schema of tables.
#[cfg(feature = "schema")]
pub fn schema() -> String {
    crate::schema::of::<TableJson<'static>>()
}

/// Breaks lines in the two outer levels, so that each row is one line: readable, and good for grep.
#[derive(Debug, Default)]
struct RowByRow {
    depth: usize,
    filled: bool,
}

/// Containers deeper than this are written on one line.
const BROKEN_DEPTH: usize = 2;

impl RowByRow {
    fn open<W: ?Sized + Write>(&mut self, out: &mut W, bracket: u8) -> io::Result<()> {
        self.depth += 1;
        self.filled = false;
        out.write_all(&[bracket])
    }

    fn next<W: ?Sized + Write>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        if !first {
            out.write_all(b",")?;
        }
        if self.depth <= BROKEN_DEPTH {
            self.line(out)
        } else if first {
            Ok(())
        } else {
            out.write_all(b" ")
        }
    }

    fn close<W: ?Sized + Write>(&mut self, out: &mut W, bracket: u8) -> io::Result<()> {
        self.depth -= 1;
        if self.depth < BROKEN_DEPTH && self.filled {
            self.line(out)?;
        }
        self.filled = true;
        out.write_all(&[bracket])
    }

    fn line<W: ?Sized + Write>(&self, out: &mut W) -> io::Result<()> {
        out.write_all(b"\n")?;
        (0..self.depth).try_for_each(|_| out.write_all(b"  "))
    }
}

impl Formatter for RowByRow {
    fn write_string_fragment<W: ?Sized + Write>(
        &mut self,
        out: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        out.write_all(escape::json(fragment).as_bytes())
    }

    fn begin_array<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.open(out, b'[')
    }

    fn end_array<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.close(out, b']')
    }

    fn begin_array_value<W: ?Sized + Write>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        self.next(out, first)
    }

    fn end_array_value<W: ?Sized + Write>(&mut self, _out: &mut W) -> io::Result<()> {
        self.filled = true;
        Ok(())
    }

    fn begin_object<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.open(out, b'{')
    }

    fn end_object<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.close(out, b'}')
    }

    fn begin_object_key<W: ?Sized + Write>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        self.next(out, first)
    }

    fn begin_object_value<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        out.write_all(b": ")
    }

    fn end_object_value<W: ?Sized + Write>(&mut self, _out: &mut W) -> io::Result<()> {
        self.filled = true;
        Ok(())
    }
}
