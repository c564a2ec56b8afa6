//! Classic pcap: a header of 24 octets, then records.

use std::io::Read;
use std::ops::ControlFlow;

use synrecv_model::{CaptureDevice, LinkType, Mono};

use super::source::Source;
use super::{Damage, FileProgress, OpenError, PACKET_MAX, Sink, link_type};
use crate::RawFrame;
use crate::tracker::Batch;

const HEADER_LEN: usize = 24;
const RECORD_LEN: usize = 16;

/// Order of octets, and unit of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Format {
    big_endian: bool,
    /// Nanoseconds in the unit of the fraction.
    unit_ns: u32,
}

impl Format {
    /// By the first four octets of the file.
    pub(super) fn of(magic: [u8; 4]) -> Option<Self> {
        let (big_endian, unit_ns) = match magic {
            [0xa1, 0xb2, 0xc3, 0xd4] => (true, 1_000),
            [0xd4, 0xc3, 0xb2, 0xa1] => (false, 1_000),
            [0xa1, 0xb2, 0x3c, 0x4d] => (true, 1),
            [0x4d, 0x3c, 0xb2, 0xa1] => (false, 1),
            _ => return None,
        };
        Some(Self { big_endian, unit_ns })
    }

    fn u32(self, bytes: [u8; 4]) -> u32 {
        if self.big_endian { u32::from_be_bytes(bytes) } else { u32::from_le_bytes(bytes) }
    }
}

/// The header of one record.
struct Record {
    at: Mono,
    captured_len: u32,
    original_len: u32,
}

impl Record {
    fn read(format: Format, bytes: &[u8; RECORD_LEN]) -> Self {
        let (words, _) = bytes.as_chunks::<4>();
        let word = |at: usize| words.get(at).map_or(0, |&word| format.u32(word));
        let fraction = u64::from(word(1)) * u64::from(format.unit_ns);
        Self {
            at: Mono(u64::from(word(0)) * 1_000_000_000 + fraction),
            captured_len: word(2),
            original_len: word(3),
        }
    }
}

/// Reads all records; the inner result says where they end too early.
pub(super) fn read(
    source: &mut Source<impl Read>,
    format: Format,
    sink: &mut Sink<impl FnMut(FileProgress) -> ControlFlow<()>>,
) -> Result<Result<(), Damage>, OpenError> {
    source.ensure(HEADER_LEN).map_err(OpenError::Io)?;
    let header: &[u8; HEADER_LEN] = source.ready().first_chunk().ok_or(OpenError::CutHeader)?;
    let number = header.last_chunk().copied().unwrap_or_default();
    let link = link_type(format.u32(number));
    source.consume(HEADER_LEN);
    let device = sink.tracker.add_device(CaptureDevice {
        name: None,
        ifindex: None,
        link,
        mac: None,
        lost_count: None,
    });
    Ok(records(source, format, (link, device), sink))
}

fn records(
    source: &mut Source<impl Read>,
    format: Format,
    (link, device): (LinkType, u32),
    sink: &mut Sink<impl FnMut(FileProgress) -> ControlFlow<()>>,
) -> Result<(), Damage> {
    loop {
        let mut taken = 0;
        let mut wanted = RECORD_LEN;
        let mut frames = Batch::new();
        // Those that are in the buffer as a whole, without a look at anything else.
        while let Some((header, rest)) = source.ready()[taken..].split_first_chunk() {
            let record = Record::read(format, header);
            let len = usize::try_from(record.captured_len).unwrap_or(usize::MAX);
            if len > PACKET_MAX {
                frames.flush(&mut sink.tracker);
                let packet = sink.next_packet();
                return Err(Damage::PacketLength { packet, len: record.captured_len });
            }
            wanted = RECORD_LEN + len;
            let Some(bytes) = rest.get(..len) else { break };
            let frame = RawFrame {
                at: record.at,
                link,
                device,
                direction: None,
                vlan: None,
                bytes,
                original_len: record.original_len,
                checksum_not_ready: false,
            };
            frames.push(frame, &mut sink.tracker);
            taken += wanted;
            wanted = RECORD_LEN;
        }
        frames.flush(&mut sink.tracker);
        source.consume(taken);
        sink.report()?;
        if !source.ensure(wanted).map_err(sink.io())? {
            let packet = sink.next_packet();
            return if source.is_empty() { Ok(()) } else { Err(Damage::Cut { packet }) };
        }
    }
}
