//! The bytes of a JSON document, token by token. Nothing here is generic: it is compiled once.

use std::io::{self, Read};

use super::Error;

/// Containers that may lie in one another.
const DEPTH_MAX: u8 = 100;

/// Bytes read at once.
const CHUNK_BYTES: usize = 1 << 14;

/// Reads tokens. After an error it must not be read on.
pub(crate) struct Tokens<'a> {
    source: &'a mut dyn Read,
    chunk: Box<[u8]>,
    /// Bytes of the chunk that are filled, and those of them that are read.
    filled: usize,
    at: usize,
    /// Bytes before the chunk.
    passed: u64,
    depth: u8,
    /// The string that was read last.
    text: Vec<u8>,
}

/// An integer.
#[derive(Clone, Copy, Debug)]
pub(super) enum Integer {
    Positive(u64),
    Negative(i64),
}

impl<'a> Tokens<'a> {
    pub(crate) fn new(source: &'a mut dyn Read) -> Self {
        let chunk = vec![0; CHUNK_BYTES].into_boxed_slice();
        Self { source, chunk, filled: 0, at: 0, passed: 0, depth: 0, text: Vec::new() }
    }

    /// Bytes that were read as tokens.
    pub(crate) fn position(&self) -> u64 {
        self.passed + self.at as u64
    }

    /// True when all bytes that were taken from the source were read as tokens.
    pub(crate) fn is_spent(&self) -> bool {
        self.at == self.filled
    }

    /// Nothing but blanks to the end of the source.
    pub(crate) fn end(&mut self) -> Result<(), Error> {
        match self.blanks()? {
            None => Ok(()),
            Some(_) => Err(Error::new("something behind the document")),
        }
    }

    /// False at the end of the source.
    #[cold]
    fn refill(&mut self) -> Result<bool, Error> {
        self.passed += self.filled as u64;
        (self.filled, self.at) = (0, 0);
        loop {
            match self.source.read(&mut self.chunk) {
                Ok(count) => {
                    self.filled = count.min(self.chunk.len());
                    return Ok(count > 0);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(Error::io(error)),
            }
        }
    }

    fn peek(&mut self) -> Result<Option<u8>, Error> {
        if self.at == self.filled && !self.refill()? {
            return Ok(None);
        }
        Ok(self.chunk.get(self.at).copied())
    }

    fn next(&mut self) -> Result<u8, Error> {
        let byte = self.peek()?.ok_or_else(Error::ended)?;
        self.at += 1;
        Ok(byte)
    }

    /// The next byte that is no blank, not yet read.
    fn blanks(&mut self) -> Result<Option<u8>, Error> {
        loop {
            match self.peek()? {
                Some(b' ' | b'\n' | b'\r' | b'\t') => self.at += 1,
                other => return Ok(other),
            }
        }
    }

    /// The first byte of the next token, not yet read.
    pub(super) fn token(&mut self) -> Result<u8, Error> {
        self.blanks()?.ok_or_else(Error::ended)
    }

    /// Reads a token of one byte.
    pub(super) fn expect(&mut self, byte: u8) -> Result<(), Error> {
        if self.token()? != byte {
            return Err(Error::new(format!("expected `{}`", char::from(byte))));
        }
        self.at += 1;
        Ok(())
    }

    /// Reads an opening bracket.
    pub(super) fn open(&mut self, bracket: u8) -> Result<(), Error> {
        self.expect(bracket)?;
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return Err(Error::new("containers too deep"));
        }
        Ok(())
    }

    /// Goes to the next item of a container: false when there is none, and its bracket is read.
    pub(super) fn more(&mut self, is_first: bool, bracket: u8) -> Result<bool, Error> {
        if self.token()? == bracket {
            self.at += 1;
            self.depth -= 1;
            return Ok(false);
        }
        if !is_first {
            self.expect(b',')?;
        }
        Ok(true)
    }

    /// Reads `null`, `true` or `false`.
    pub(super) fn word(&mut self, word: &'static str) -> Result<(), Error> {
        self.token()?;
        for byte in word.bytes() {
            if self.next()? != byte {
                return Err(Error::new(format!("expected `{word}`")));
            }
        }
        Ok(())
    }

    pub(super) fn boolean(&mut self) -> Result<bool, Error> {
        let is_true = match self.token()? {
            b't' => true,
            b'f' => false,
            _ => return Err(Error::new("expected `true` or `false`")),
        };
        self.word(if is_true { "true" } else { "false" })?;
        Ok(is_true)
    }

    /// Reads what a number can be made of.
    fn number(&mut self) -> Result<(), Error> {
        self.token()?;
        self.text.clear();
        while let Some(byte @ (b'0'..=b'9' | b'.' | b'e' | b'E' | b'+' | b'-')) = self.peek()? {
            self.text.push(byte);
            self.at += 1;
        }
        Ok(())
    }

    /// A number without fraction and exponent.
    pub(super) fn integer(&mut self) -> Result<Integer, Error> {
        self.number()?;
        self.integer_in_text()
    }

    /// The integer that was read last, as a number or as a string that is a key.
    pub(super) fn integer_in_text(&self) -> Result<Integer, Error> {
        let digits = self.text.strip_prefix(b"-");
        let is_negative = digits.is_some();
        let (digits, rest) = whole(digits.unwrap_or(&self.text));
        let digits = str::from_utf8(digits).ok().filter(|_| rest.is_empty());
        let number = digits.and_then(|digits| digits.parse::<u64>().ok());
        let integer = number.and_then(|number| {
            if is_negative {
                0_i64.checked_sub_unsigned(number).map(Integer::Negative)
            } else {
                Some(Integer::Positive(number))
            }
        });
        integer.ok_or_else(|| Error::new("expected an integer of 64 bits"))
    }

    /// Reads a string.
    pub(super) fn string(&mut self) -> Result<&str, Error> {
        if self.token()? != b'"' {
            return Err(Error::new("expected a string"));
        }
        self.at += 1;
        self.text.clear();
        loop {
            self.run();
            match self.next()? {
                b'"' => break,
                b'\\' => self.escape()?,
                byte @ 0..b' ' => {
                    return Err(Error::new(format!("byte {byte} in a string, not escaped")));
                }
                byte => self.text.push(byte),
            }
        }
        self.text()
    }

    /// The string that was read last.
    pub(super) fn text(&self) -> Result<&str, Error> {
        str::from_utf8(&self.text).map_err(|_| Error::new("a string that is not UTF-8"))
    }

    /// Takes the plain bytes that the chunk still holds.
    fn run(&mut self) {
        let rest = &self.chunk[self.at..self.filled];
        let is_special = |&byte: &u8| byte == b'"' || byte == b'\\' || byte < b' ';
        let length = rest.iter().position(is_special).unwrap_or(rest.len());
        self.text.extend_from_slice(&rest[..length]);
        self.at += length;
    }

    fn escape(&mut self) -> Result<(), Error> {
        let byte = match self.next()? {
            byte @ (b'"' | b'\\' | b'/') => byte,
            b'b' => 8,
            b'f' => 12,
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            b'u' => {
                let letter = self.escaped_letter()?;
                self.text.extend_from_slice(letter.encode_utf8(&mut [0; 4]).as_bytes());
                return Ok(());
            }
            _ => return Err(Error::new("an escape that JSON does not know")),
        };
        self.text.push(byte);
        Ok(())
    }

    /// Behind `\u`.
    fn escaped_letter(&mut self) -> Result<char, Error> {
        let first = self.hexadecimal()?;
        let code = if (0xd800..0xdc00).contains(&first) {
            let second =
                if self.next()? == b'\\' && self.next()? == b'u' { self.hexadecimal()? } else { 0 };
            let low = second.checked_sub(0xdc00).filter(|low| *low < 0x400);
            low.map_or(first, |low| 0x1_0000 + ((first - 0xd800) << 10) + low)
        } else {
            first
        };
        char::from_u32(code).ok_or_else(|| Error::new("half of a surrogate pair"))
    }

    fn hexadecimal(&mut self) -> Result<u32, Error> {
        let mut code = 0;
        for _ in 0..4 {
            let digit = char::from(self.next()?).to_digit(16);
            code = code * 16 + digit.ok_or_else(|| Error::new("expected a hexadecimal digit"))?;
        }
        Ok(code)
    }

    /// Reads a value of any kind, and forgets it.
    pub(super) fn skip(&mut self) -> Result<(), Error> {
        match self.token()? {
            b'"' => self.string().map(drop),
            b't' | b'f' => self.boolean().map(drop),
            b'n' => self.word("null"),
            b'[' => self.skip_items(b'[', b']'),
            b'{' => self.skip_items(b'{', b'}'),
            _ => {
                self.number()?;
                let is_number = is_number(&self.text);
                is_number.then_some(()).ok_or_else(|| Error::new("expected a value"))
            }
        }
    }

    /// As deep as [`Tokens::open`] lets it.
    fn skip_items(&mut self, open: u8, close: u8) -> Result<(), Error> {
        self.open(open)?;
        let mut is_first = true;
        while self.more(is_first, close)? {
            if open == b'{' {
                self.string()?;
                self.expect(b':')?;
            }
            self.skip()?;
            is_first = false;
        }
        Ok(())
    }
}

/// The digits at the start, of which the first is no zero but alone; and the rest.
fn whole(text: &[u8]) -> (&[u8], &[u8]) {
    if text.first() == Some(&b'0') { text.split_at(1) } else { digits(text) }
}

/// The digits at the start, and the rest.
fn digits(text: &[u8]) -> (&[u8], &[u8]) {
    text.split_at(text.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(text.len()))
}

/// A number with or without fraction and exponent.
fn is_number(text: &[u8]) -> bool {
    let (number, mut rest) = whole(text.strip_prefix(b"-").unwrap_or(text));
    let mut is_number = !number.is_empty();
    if let Some(behind) = rest.strip_prefix(b".") {
        let (fraction, behind) = digits(behind);
        (is_number, rest) = (is_number && !fraction.is_empty(), behind);
    }
    if let [b'e' | b'E', behind @ ..] = rest {
        let signed = behind.strip_prefix(b"+").or_else(|| behind.strip_prefix(b"-"));
        let (exponent, behind) = digits(signed.unwrap_or(behind));
        (is_number, rest) = (is_number && !exponent.is_empty(), behind);
    }
    is_number && rest.is_empty()
}
