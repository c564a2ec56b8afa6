//! How JSON is laid out: indented as far as wanted, and with nothing in it that a terminal obeys.
//!
//! One formatter and one kind of writer for all formats: what serialises a row is compiled for each
//! pair of them.

use std::io::{self, Write};

use serde::{Serialize, Serializer};
use serde_json::ser::Formatter;

use crate::escape;

/// Writes a value with a final newline. Containers down to `broken_depth` have their items on lines
/// of their own.
pub(crate) fn write(
    out: &mut dyn Write,
    value: &impl Serialize,
    broken_depth: usize,
) -> io::Result<()> {
    let layout = Layout { broken_depth, depth: 0, filled: false };
    let mut buffer = Buffer { bytes: Vec::with_capacity(BUFFER_LEN), out };
    value.serialize(&mut serde_json::Serializer::with_formatter(&mut buffer, layout))?;
    buffer.write_all(b"\n")?;
    buffer.flush()
}

/// A string as it stands in what [`write`] writes.
pub(crate) fn string(words: &str) -> Vec<u8> {
    let mut out = Vec::new();
    // A vector takes everything.
    let _ = write(&mut out, &words, 0);
    out.truncate(out.trim_ascii_end().len());
    out
}

/// A row of a table that is JSON already, laid out as this module does: no row goes through the
/// serialiser key by key where there are a million.
#[derive(Debug)]
pub(crate) struct Written<'a>(pub(crate) &'a [u8]);

impl Serialize for Written<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(self.0)
    }
}

/// Bytes that are handed on together: more than the next buffer takes, which would copy them again.
const BUFFER_LEN: usize = 1 << 17;

/// Takes the few bytes of each bracket, key and value without a call to who knows whom.
struct Buffer<'a> {
    bytes: Vec<u8>,
    out: &'a mut dyn Write,
}

impl Write for Buffer<'_> {
    #[inline]
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.write_all(bytes).map(|()| bytes.len())
    }

    #[inline]
    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        if bytes.len() > self.bytes.capacity() - self.bytes.len() {
            return self.hand_on(bytes);
        }
        self.bytes.extend_from_slice(bytes);
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.hand_on(&[])
    }
}

impl Buffer<'_> {
    #[cold]
    fn hand_on(&mut self, more: &[u8]) -> io::Result<()> {
        self.out.write_all(&self.bytes)?;
        self.bytes.clear();
        self.out.write_all(more)
    }
}

/// Breaks lines in the outer levels.
#[derive(Debug)]
struct Layout {
    /// Containers deeper than this are written on one line.
    broken_depth: usize,
    depth: usize,
    filled: bool,
}

impl Layout {
    fn open<W: ?Sized + Write>(&mut self, out: &mut W, bracket: u8) -> io::Result<()> {
        self.depth += 1;
        self.filled = false;
        out.write_all(&[bracket])
    }

    fn next<W: ?Sized + Write>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        if !first {
            out.write_all(b",")?;
        }
        if self.depth <= self.broken_depth {
            self.line(out)
        } else if first {
            Ok(())
        } else {
            out.write_all(b" ")
        }
    }

    fn close<W: ?Sized + Write>(&mut self, out: &mut W, bracket: u8) -> io::Result<()> {
        self.depth -= 1;
        if self.depth < self.broken_depth && self.filled {
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

impl Formatter for Layout {
    /// Of [`Written`]. Nothing else is serialised as bytes: a list of numbers is a sequence.
    fn write_byte_array<W: ?Sized + Write>(&mut self, out: &mut W, row: &[u8]) -> io::Result<()> {
        out.write_all(row)
    }

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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::write;

    fn written(broken_depth: usize) -> String {
        let value = json!({"a": [], "b": [[1, 2], {"c": "\u{7f}d"}], "e": {}});
        let mut out = Vec::new();
        write(&mut out, &value, broken_depth).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn lines_are_broken_as_deep_as_wanted() {
        let row = "{\"a\": [], \"b\": [[1, 2], {\"c\": \"\\u007fd\"}], \"e\": {}}\n";
        assert_eq!(written(0), row);
        let rows = "{\n  \"a\": [],\n  \"b\": [[1, 2], {\"c\": \"\\u007fd\"}],\n  \"e\": {}\n}\n";
        assert_eq!(written(1), rows);
    }

    #[test]
    fn without_an_end_it_is_the_usual_indentation() {
        let value: serde_json::Value = serde_json::from_str(&written(0)).unwrap();
        let pretty = serde_json::to_string_pretty(&value).unwrap().replace('\u{7f}', "\\u007f");
        assert_eq!(written(usize::MAX), pretty + "\n");
    }
}
