//! Text for people, made of spans that say where each piece came from.
//!
//! A literal can only be made from a `&'static str` or a number, so a string from outside (a
//! process name, an interface alias, pasted text) cannot pass as our own words. The renderer
//! escapes each span for the format it writes.

use std::borrow::Cow;
use std::fmt;
use std::net::IpAddr;

use ipnet::IpNet;

use crate::{Endpoint, Mac};

/// A piece of text with its origin.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Span {
    /// Our own words, or a number.
    Literal(Cow<'static, str>),
    /// A string from outside; may hold any character.
    Foreign(String),
    /// An address, prefix, MAC or endpoint in canonical form.
    Address(String),
    /// A command that the reader can run.
    Command(String),
}

impl Span {
    /// The characters, not escaped.
    pub fn raw(&self) -> &str {
        match self {
            Self::Literal(text) => text,
            Self::Foreign(text) | Self::Address(text) | Self::Command(text) => text,
        }
    }
}

/// A string from outside the program: process name, device name, alias, host name, pasted text.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Foreign(pub String);

/// A command line to show to the reader.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Command(pub String);

/// A sequence of spans. Build it with [`text!`](crate::text).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Text(Vec<Span>);

impl Text {
    /// Without spans.
    pub fn new() -> Self {
        Self::default()
    }

    /// An error and its causes, with colons between them: each is a piece of its own, so that none is
    /// cut for the length of another.
    pub fn of_error(error: &dyn std::error::Error) -> Self {
        let causes = std::iter::successors(Some(error), |&error| error.source());
        Self::join(causes.map(|cause| Foreign(cause.to_string())), ": ")
    }

    /// Appends one piece.
    pub fn push(&mut self, piece: impl Into<Text>) {
        self.0.extend(piece.into().0);
    }

    /// The spans in order.
    pub fn spans(&self) -> &[Span] {
        &self.0
    }

    /// True when there is nothing to show.
    pub fn is_empty(&self) -> bool {
        self.0.iter().all(|span| span.raw().is_empty())
    }

    /// The pieces with `separator` between them.
    pub fn join<T: Into<Text>>(
        pieces: impl IntoIterator<Item = T>,
        separator: &'static str,
    ) -> Self {
        let mut text = Self::new();
        for piece in pieces {
            if !text.0.is_empty() {
                text.push(separator);
            }
            text.push(piece);
        }
        text
    }
}

/// Builds a [`Text`] from pieces: `text!["prefix /", 16, " on ", device]`.
#[macro_export]
macro_rules! text {
    ($($piece:expr),+ $(,)?) => {{
        let mut text = $crate::Text::new();
        $(text.push($piece);)+
        text
    }};
}

impl From<Span> for Text {
    fn from(span: Span) -> Self {
        Self(vec![span])
    }
}

impl From<&'static str> for Text {
    fn from(words: &'static str) -> Self {
        Span::Literal(Cow::Borrowed(words)).into()
    }
}

impl From<Foreign> for Text {
    fn from(foreign: Foreign) -> Self {
        Span::Foreign(foreign.0).into()
    }
}

impl From<&Foreign> for Text {
    fn from(foreign: &Foreign) -> Self {
        Span::Foreign(foreign.0.clone()).into()
    }
}

impl From<Command> for Text {
    fn from(command: Command) -> Self {
        Span::Command(command.0).into()
    }
}

impl From<&Command> for Text {
    fn from(command: &Command) -> Self {
        Span::Command(command.0.clone()).into()
    }
}

impl From<&Text> for Text {
    fn from(text: &Text) -> Self {
        text.clone()
    }
}

macro_rules! numbers {
    ($($number:ty),*) => {$(
        impl From<$number> for Text {
            fn from(number: $number) -> Self {
                Span::Literal(Cow::Owned(number.to_string())).into()
            }
        }
    )*};
}
numbers!(u8, u16, u32, u64, usize, i32, i64);

macro_rules! addresses {
    ($($address:ty),*) => {$(
        impl From<$address> for Text {
            fn from(address: $address) -> Self {
                Span::Address(address.to_string()).into()
            }
        }
    )*};
}
addresses!(IpAddr, IpNet, Endpoint, Mac);

impl fmt::Display for Foreign {
    /// As one word of a command line: quoted for the shell unless every character is harmless. A
    /// device may be called `$(reboot)`. Reports and JSON take the span or the string instead.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let harmless = |c: char| c.is_alphanumeric() || "_-.:@%+=,/".contains(c);
        if !self.0.is_empty() && self.0.chars().all(harmless) {
            return f.write_str(&self.0);
        }
        if self.0.chars().all(|c| c == ' ' || c.is_ascii_graphic()) {
            return write!(f, "'{}'", self.0.replace('\'', "'\\''"));
        }
        f.write_str("$'")?;
        for &byte in self.0.as_bytes() {
            match byte {
                b'\'' | b'\\' => write!(f, "\\{}", char::from(byte))?,
                b' '..=b'~' => write!(f, "{}", char::from(byte))?,
                _ => write!(f, "\\x{byte:02x}")?,
            }
        }
        f.write_str("'")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn foreign_strings_stay_marked() {
        let text = text!["process ", Foreign("a\u{1b}[31m".into()), " has ", 3_u32, " rows"];
        assert!(matches!(&text.spans()[1], Span::Foreign(raw) if raw.contains('\u{1b}')));
        assert!(matches!(&text.spans()[3], Span::Literal(n) if n == "3"));
    }

    #[test]
    fn a_strange_name_is_one_word_of_a_command() {
        let word = |raw: &str| Foreign(raw.to_owned()).to_string();
        assert_eq!(word("eth0.100@if3"), "eth0.100@if3");
        assert_eq!(word("$(reboot)"), "'$(reboot)'");
        assert_eq!(word("a'b;c"), "'a'\\''b;c'");
        assert_eq!(word("e\u{1b}'0"), "$'e\\x1b\\'0'");
        assert_eq!(word(""), "''");
    }

    #[test]
    fn join_separates() {
        let joined = Text::join(["a", "b"], ", ");
        let raw: String = joined.spans().iter().map(Span::raw).collect();
        assert_eq!(raw, "a, b");
    }
}
