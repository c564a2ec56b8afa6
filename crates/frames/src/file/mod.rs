//! Capture files: pcap and pcapng, plain or gzip, from any reader.
//!
//! The records are read by hand. A reader of blocks is two hundred lines, runs at the speed of the
//! copy out of the page cache, and knows the number of the packet that is damaged.

mod pcap;
mod pcapng;
mod source;

use std::cell::Cell;
use std::io::{self, Read};
use std::ops::ControlFlow;
use std::rc::Rc;

use flate2::read::MultiGzDecoder;
use synrecv_model::{Capture, CaptureOrigin, Foreign, LinkType, Text, WallClock, text};

use self::source::{Counting, Source};
use crate::{Ending, Limits, Progress, Tracker};

/// A packet longer than this is taken for damage. The largest that Linux can capture has 512 KiB.
const PACKET_MAX: usize = 4 << 20;

/// Octets between two reports of progress.
const REPORT_EVERY: u64 = 16 << 20;

/// Where the packets of a file end too early, and why.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Damage {
    /// The file was cut, or is still being written.
    #[error("the capture ends in the middle of packet {packet}")]
    Cut {
        /// The first packet that is not whole, counted from 1.
        packet: u64,
    },
    /// A record has an impossible length.
    #[error("packet {packet} of the capture claims to have {len} octets")]
    PacketLength {
        /// The packet, counted from 1.
        packet: u64,
        /// What its header says.
        len: u32,
    },
    /// A block of a pcapng file is malformed.
    #[error("the capture is damaged before packet {packet}: {what}")]
    Block {
        /// The packet that would have come next, counted from 1.
        packet: u64,
        /// What is wrong.
        what: &'static str,
    },
    /// The bytes could not be had; a broken gzip stream too.
    #[error("read packet {packet} of the capture")]
    Io {
        /// The packet, counted from 1.
        packet: u64,
        /// Why.
        source: io::Error,
    },
    /// It is the text of a tool, and rows are missing from it.
    #[error("the text holds a part of the capture")]
    Excerpt,
    /// The caller had enough.
    #[error("reading was stopped before packet {packet} of the capture")]
    Stopped {
        /// The packet, counted from 1.
        packet: u64,
    },
}

/// Nothing of a capture could be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// The bytes could not be had.
    #[error("read the capture")]
    Io(#[source] io::Error),
    /// It begins with something else.
    #[error("not a capture: the file begins neither as pcap nor as pcapng")]
    NotACapture,
    /// It ends within its header.
    #[error("the capture ends in its header")]
    CutHeader,
}

/// What was read of a file.
#[derive(Debug)]
pub struct CaptureFile {
    /// Everything up to the end, or to the damage.
    pub capture: Capture,
    /// Why there is no more.
    pub damage: Option<Damage>,
}

/// How far the reading is.
#[derive(Clone, Copy, Debug)]
pub struct FileProgress {
    /// Octets of the input that were consumed; of a compressed file, compressed ones.
    pub input_bytes: u64,
    /// What was found so far.
    pub found: Progress,
}

/// True when a file that begins like this is a capture. 512 octets are enough, compressed or not.
pub fn is_capture(beginning: &[u8]) -> bool {
    let mut inner = [0; 4];
    if is_gzip(beginning) {
        let mut unpacked = MultiGzDecoder::new(beginning);
        return unpacked.read_exact(&mut inner).is_ok() && is_plain(inner);
    }
    beginning.first_chunk().is_some_and(|&magic| is_plain(magic))
}

fn is_gzip(beginning: &[u8]) -> bool {
    beginning.starts_with(&[0x1f, 0x8b])
}

fn is_plain(magic: [u8; 4]) -> bool {
    magic == pcapng::SECTION || pcap::Format::of(magic).is_some()
}

/// Reads a capture to its end.
///
/// `report` is called every 16 MiB; [`ControlFlow::Break`] ends the reading there.
///
/// # Errors
/// When there is not even the beginning of a capture. What comes later is [`CaptureFile::damage`].
pub fn read(
    input: impl Read,
    report: impl FnMut(FileProgress) -> ControlFlow<()>,
) -> Result<CaptureFile, OpenError> {
    read_limited(input, Limits::FILE, report)
}

/// As [`read`], with other limits.
///
/// # Errors
/// As [`read`].
pub fn read_limited(
    input: impl Read,
    limits: Limits,
    report: impl FnMut(FileProgress) -> ControlFlow<()>,
) -> Result<CaptureFile, OpenError> {
    let consumed = Rc::new(Cell::new(0));
    let mut input = Counting { input, count: Rc::clone(&consumed) };
    let mut beginning = [0; 2];
    let len = fill(&mut input, &mut beginning).map_err(OpenError::Io)?;
    let whole = beginning.get(..len).unwrap_or_default().chain(input);
    let sink = Sink { tracker: Tracker::new(limits), consumed, report, next_report: REPORT_EVERY };
    if is_gzip(&beginning) {
        sink.drain(Source::new(MultiGzDecoder::new(whole)))
    } else {
        sink.drain(Source::new(whole))
    }
}

fn fill(input: &mut impl Read, mut place: &mut [u8]) -> io::Result<usize> {
    let mut len = 0;
    while !place.is_empty() {
        match input.read(place) {
            Ok(0) => break,
            Ok(read) => {
                len += read;
                place = place.get_mut(read..).unwrap_or_default();
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(len)
}

/// Takes the packets of a file.
struct Sink<F> {
    tracker: Tracker,
    consumed: Rc<Cell<u64>>,
    report: F,
    next_report: u64,
}

impl<F: FnMut(FileProgress) -> ControlFlow<()>> Sink<F> {
    fn drain(mut self, mut source: Source<impl Read>) -> Result<CaptureFile, OpenError> {
        source.ensure(4).map_err(OpenError::Io)?;
        let Some(&magic) = source.ready().first_chunk() else {
            return Err(OpenError::NotACapture);
        };
        let ended = if magic == pcapng::SECTION {
            pcapng::read(&mut source, &mut self)?
        } else if let Some(format) = pcap::Format::of(magic) {
            pcap::read(&mut source, format, &mut self)?
        } else {
            return Err(OpenError::NotACapture);
        };
        let damage = ended.err();
        let lost = self.tracker.devices().iter().filter_map(|device| device.lost_count);
        let lost_count = lost.reduce(u64::saturating_add);
        let started_ms = self.tracker.first().0 / 1_000_000;
        let ending = Ending {
            origin: CaptureOrigin::File,
            started_at: WallClock(i64::try_from(started_ms).unwrap_or(i64::MAX)),
            started: None,
            ended: None,
            lost_count,
            truncated: damage.is_some(),
        };
        Ok(CaptureFile { capture: self.tracker.capture(&ending), damage })
    }

    /// Number of the packet that comes next, counted from 1.
    fn next_packet(&self) -> u64 {
        self.tracker.progress().frame_count + 1
    }

    /// To be called now and then.
    fn report(&mut self) -> Result<(), Damage> {
        let input_bytes = self.consumed.get();
        if input_bytes < self.next_report {
            return Ok(());
        }
        self.next_report = input_bytes + REPORT_EVERY;
        let progress = FileProgress { input_bytes, found: self.tracker.progress() };
        match (self.report)(progress) {
            ControlFlow::Continue(()) => Ok(()),
            ControlFlow::Break(()) => Err(Damage::Stopped { packet: self.next_packet() }),
        }
    }

    fn io(&self) -> impl FnOnce(io::Error) -> Damage {
        let packet = self.next_packet();
        // flate2 reports a compressed file that ends early like this.
        move |source| match source.kind() {
            io::ErrorKind::UnexpectedEof => Damage::Cut { packet },
            _ => Damage::Io { packet, source },
        }
    }
}

/// LINKTYPE_* of the tcpdump group. Classic pcap has in its upper bits what does not matter here.
fn link_type(number: u32) -> LinkType {
    match number & 0xffff {
        0 | 108 => LinkType::Loopback,
        1 => LinkType::Ethernet,
        // 101; 12 and 14 are DLT_RAW of Linux and OpenBSD; IPv4 and IPv6.
        12 | 14 | 101 | 228 | 229 => LinkType::RawIp,
        113 => LinkType::CookedV1,
        276 => LinkType::CookedV2,
        other => LinkType::Other(other),
    }
}

impl Damage {
    /// For people.
    pub fn text(&self) -> Text {
        match self {
            Self::Cut { packet } => text!["the capture ends in the middle of packet ", *packet],
            Self::PacketLength { packet, len } => {
                text!["packet ", *packet, " of the capture claims to have ", *len, " octets"]
            }
            Self::Block { packet, what } => {
                text!["the capture is damaged before packet ", *packet, ": ", *what]
            }
            Self::Io { packet, source } => {
                let why = Foreign(source.to_string());
                text!["packet ", *packet, " of the capture could not be read: ", why]
            }
            Self::Excerpt => text!["the text holds a part of the capture"],
            Self::Stopped { packet } => {
                text!["reading was stopped before packet ", *packet, " of the capture"]
            }
        }
    }
}
