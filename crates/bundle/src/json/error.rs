//! What is wrong with a JSON document.

use std::borrow::Cow;
use std::{fmt, io};

/// The document is not JSON, or not of the right shape, or could not be read.
#[derive(Debug)]
pub struct Error(Box<Inner>);

#[derive(Debug)]
struct Inner {
    what: What,
    /// Bytes of the document before it.
    at: Option<u64>,
}

#[derive(Debug)]
enum What {
    Io(io::Error),
    /// The source ends within the document.
    Ended,
    Other(Cow<'static, str>),
}

impl Error {
    fn of(what: What) -> Self {
        Self(Box::new(Inner { what, at: None }))
    }

    #[cold]
    pub(super) fn new(what: impl Into<Cow<'static, str>>) -> Self {
        Self::of(What::Other(what.into()))
    }

    #[cold]
    pub(super) fn io(error: io::Error) -> Self {
        Self::of(What::Io(error))
    }

    #[cold]
    pub(super) fn ended() -> Self {
        Self::of(What::Ended)
    }

    /// Where it is.
    pub(super) fn at(mut self, position: u64) -> Self {
        self.0.at = Some(position);
        self
    }

    /// The error of the source, if that is what it is; otherwise itself.
    pub(crate) fn into_io(self) -> Result<io::Error, Self> {
        match *self.0 {
            Inner { what: What::Io(error), .. } => Ok(error),
            inner => Err(Self(Box::new(inner))),
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0.what {
            What::Io(error) => error.fmt(f)?,
            What::Ended => f.write_str("it ends too early")?,
            What::Other(what) => f.write_str(what)?,
        }
        match self.0.at {
            Some(at) => write!(f, ", at byte {at}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Error {}

impl serde::de::Error for Error {
    #[cold]
    fn custom<T: fmt::Display>(what: T) -> Self {
        Self::new(what.to_string())
    }
}
