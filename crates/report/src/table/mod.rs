//! One table each: sockets, neighbours, routes, interfaces, as text and as `synrecv-doctor/table/1`.
//!
//! Rows are written as they come, so that a table of any size needs no second copy in memory.

mod arp;
mod columns;
#[cfg(test)]
mod fixture;
mod handshakes;
mod interfaces;
mod json;
mod probe;
mod route;
mod route_get;
mod sockets;
mod trace;

use std::fmt::{self, Display};
use std::io::{self, Write};

use synrecv_model::Section;

use crate::Style;
use crate::digits::decimal;
use crate::layout::wrap;
use crate::rows::{flaw_text, gap_text};

pub use arp::ArpTable;
pub use handshakes::HandshakesTable;
pub use interfaces::InterfacesTable;
pub use json::SCHEMA;
#[cfg(feature = "schema")]
pub use json::schema;
pub use probe::{ProbeSent, ProbeTable};
pub use route::RouteTable;
pub use route_get::RouteGet;
pub use sockets::{SocketsTable, Watched};
pub use trace::TraceTable;

/// What a section lacks, one paragraph each; nothing for one that was read in full.
fn shortcomings<T>(
    out: &mut dyn Write,
    name: &str,
    section: &Section<T>,
    style: Style,
) -> io::Result<()> {
    if let Some(gap) = section.gap() {
        let words = format!("{name} not read: {}", gap_text(gap));
        out.write_all(wrap(" ?  ", &words, style.width).as_bytes())?;
    }
    for flaw in section.flaws() {
        let words = format!("{name} incomplete: {}", flaw_text(flaw));
        out.write_all(wrap(" ?  ", &words, style.width).as_bytes())?;
    }
    Ok(())
}

/// An explanation below a table.
fn legend(out: &mut dyn Write, words: &str, style: Style) -> io::Result<()> {
    out.write_all(wrap("", words, style.width).as_bytes())
}

fn heading(out: &mut dyn Write, words: &str, style: Style) -> io::Result<()> {
    writeln!(out, "{}", style.paint.heading(words))
}

/// A time in at most five columns: `3.2s`, `45s`, `12m`, `5h`, `30d`.
fn duration(ms: u64) -> String {
    let mut text = Vec::new();
    lasting(&mut text, ms);
    String::from_utf8(text).unwrap_or_default()
}

/// Appends the same to a cell.
fn lasting(out: &mut Vec<u8>, ms: u64) {
    let s = ms / 1000;
    let (count, unit) = match s {
        0..600 => (s, b's'),
        600..7_200 => (s / 60, b'm'),
        7_200..172_800 => (s / 3_600, b'h'),
        _ => (s / 86_400, b'd'),
    };
    decimal(out, count);
    if s < 10 {
        out.push(b'.');
        decimal(out, ms % 1000 / 100);
    }
    out.push(unit);
}

/// A number, or `?` for one that is not known.
fn or_unknown<T: Display>(value: Option<T>) -> Or<T> {
    Or { value, or: "?" }
}

/// A cell, or `-` where there is nothing to say.
fn or_none<T: Display>(value: Option<T>) -> Or<T> {
    Or { value, or: "-" }
}

/// A value, or what stands for none.
#[derive(Clone, Copy, Debug)]
struct Or<T> {
    value: Option<T>,
    or: &'static str,
}

impl<T: Display> Display for Or<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.value {
            Some(value) => value.fmt(f),
            None => f.write_str(self.or),
        }
    }
}

/// `1 route`, `2 routes`.
fn counted(count: usize, one: &str, several: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { several })
}
