//! What all tables in JSON have in common: the envelope, and rows that are written as they come.

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde::ser::SerializeSeq as _;
use serde::{Serialize, Serializer};
use synrecv_model::{Host, LinkNames, SourceKind};

use super::arp::ArpJson;
use super::handshakes::HandshakesJson;
use super::interfaces::InterfacesJson;
use super::probe::ProbeJson;
use super::route::RoutesJson;
use super::route_get::RouteGetJson;
use super::sockets::SocketsJson;
use super::trace::TraceJson;
use crate::json::{self, ToolJson, Written, known_time, known_words};
use crate::rows::{SectionRow, known_uid};
use crate::{PROGRAM, VERSION};

/// Name and version of the format of tables.
pub const SCHEMA: &str = "synrecv-doctor/table/1";

/// Each row of a table is one line: readable, and good for grep.
const BROKEN_DEPTH: usize = 2;

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
    /// `live`, `bundle`, `capture` or `ticket`.
    kind: &'static str,
    /// `uname -n`.
    host: String,
    /// `uname -r`.
    kernel: Option<String>,
    /// Inode of the network namespace.
    netns: Option<String>,
    /// RFC 3339 UTC.
    started_at: Option<String>,
    /// Effective uid of the reader.
    uid: Option<u32>,
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
    /// `handshakes`: `sockets` of a capture
    Handshakes(HandshakesJson<'a>),
    /// `arp`
    Arp(ArpJson<'a>),
    /// `arp --probe`
    Probe(ProbeJson),
    /// `route`
    Route(RoutesJson<'a>),
    /// `route get`
    RouteGet(Box<RouteGetJson>),
    /// `interfaces`
    Interfaces(InterfacesJson<'a>),
    /// `trace`
    Trace(Box<TraceJson>),
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

/// Adds a row, in JSON of one line.
type Append<'a, T> = dyn Fn(&T, &mut Vec<u8>) + 'a;

/// Rows that are written by hand, because there can be a million of them.
pub(super) struct WrittenRows<'a, T> {
    nouns: &'a [T],
    append: Box<Append<'a, T>>,
}

impl<'a, T> WrittenRows<'a, T> {
    /// `append` adds a row, in JSON of one line.
    pub(super) fn new(nouns: &'a [T], append: impl Fn(&T, &mut Vec<u8>) + 'a) -> Self {
        Self { nouns, append: Box::new(append) }
    }
}

impl<T> std::fmt::Debug for WrittenRows<'_, T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WrittenRows").field("count", &self.nouns.len()).finish_non_exhaustive()
    }
}

impl<T> Serialize for WrittenRows<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut row = Vec::new();
        let mut rows = serializer.serialize_seq(Some(self.nouns.len()))?;
        for noun in self.nouns {
            row.clear();
            (self.append)(noun, &mut row);
            rows.serialize_element(&Written(&row))?;
        }
        rows.end()
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
            kernel: known_words(&host.kernel),
            netns: host.netns_inode.map(|inode| inode.to_string()),
            started_at: known_time(host.started_at),
            uid: known_uid(host.uid),
            privileged: host.uid == 0,
        },
        sections,
        rows,
    };
    json::write(out, &table, BROKEN_DEPTH)
}

/// The JSON Schema of tables.
#[cfg(feature = "schema")]
pub fn schema() -> String {
    crate::schema::of::<TableJson<'static>>()
}
