//! Output of other tools, pasted into a ticket, as facts.
//!
//! `bytes -> text -> lines -> pieces -> rows -> facts`; every stage keeps the number of the line that
//! it came from. Rows are read by content, never by column: blanks get lost, titles are translated,
//! tools lay out by the width of a terminal.

mod command;
mod format;
mod host;
mod kind;
mod piece;
mod record;
mod rows;
mod text;
mod token;

pub use command::Command;
pub use host::{PastedHost, hosts};
pub use kind::Kind;
pub use piece::{Cut, Line, Piece, Taken, Ticket};
pub use rows::{
    AddressRow, Answer, Content, CounterRow, FloodReaction, HopRow, LinkRow, LoggedPacket, Message,
    Name, NeighbourRow, PrintedTimer, Process, RouteGetRow, RouteRow, Said, SettingRow, SocketRow,
    TraceHop, TraceRow, TrackedRow, UnitOfCounters,
};
pub use text::{Limits, Unreadable, read, read_all};
