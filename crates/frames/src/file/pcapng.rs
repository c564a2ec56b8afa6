//! pcapng: sections of blocks (draft-ietf-opsawg-pcapng).

mod interface;

use std::io::Read;
use std::ops::ControlFlow;

use synrecv_model::{FrameDirection, Mono};

use self::interface::{Interface, Options, Order};
use super::source::Source;
use super::{Damage, FileProgress, OpenError, PACKET_MAX, Sink};
use crate::tracker::Batch;
use crate::{RawFrame, Tracker};

/// Type of a section header block, the same in both orders of octets.
pub(super) const SECTION: [u8; 4] = [0x0a, 0x0d, 0x0d, 0x0a];

/// Type and length before a block, and the length again behind it.
const FRAME_LEN: usize = 12;

/// A block that matters has at most so many octets around its packet.
const BLOCK_MAX: usize = PACKET_MAX + (64 << 10);

/// Interfaces of one section.
const INTERFACES_MAX: usize = 65_536;

/// Everything that the blocks before say about the ones that follow.
struct Section {
    order: Order,
    interfaces: Vec<Interface>,
    /// For blocks that carry no time.
    last: Mono,
}

/// Why no more blocks are taken out of the buffer.
#[derive(Debug)]
enum Pause {
    /// The next one needs so many octets in it.
    Needs(usize),
    /// The next one does not matter, and has so many octets.
    Skip(usize),
    /// The next one is too long to be one.
    TooLong(u32),
    /// The next one is malformed.
    Malformed(&'static str),
}

/// Reads all blocks; the inner result says where they end too early.
pub(super) fn read(
    source: &mut Source<impl Read>,
    sink: &mut Sink<impl FnMut(FileProgress) -> ControlFlow<()>>,
) -> Result<Result<(), Damage>, OpenError> {
    if !source.ensure(FRAME_LEN + 16).map_err(OpenError::Io)? {
        return Err(OpenError::CutHeader);
    }
    let order = Order::of(source.ready()).ok_or(OpenError::NotACapture)?;
    let mut section = Section { order, interfaces: Vec::new(), last: Mono(0) };
    Ok(blocks(source, &mut section, sink))
}

fn blocks(
    source: &mut Source<impl Read>,
    section: &mut Section,
    sink: &mut Sink<impl FnMut(FileProgress) -> ControlFlow<()>>,
) -> Result<(), Damage> {
    loop {
        let mut batch = Batch::new();
        let (taken, pause) = section.take(source.ready(), &mut batch, &mut sink.tracker);
        batch.flush(&mut sink.tracker);
        source.consume(taken);
        sink.report()?;
        let packet = sink.next_packet();
        let there = match pause {
            Pause::Needs(len) => source.ensure(len).map_err(sink.io())?,
            Pause::Skip(len) => {
                if !source.skip(len).map_err(sink.io())? {
                    return Err(Damage::Cut { packet });
                }
                true
            }
            Pause::TooLong(len) => return Err(Damage::PacketLength { packet, len }),
            Pause::Malformed(what) => return Err(Damage::Block { packet, what }),
        };
        if !there {
            return if source.is_empty() { Ok(()) } else { Err(Damage::Cut { packet }) };
        }
    }
}

const INTERFACE: u32 = 1;
const OBSOLETE_PACKET: u32 = 2;
const SIMPLE_PACKET: u32 = 3;
const STATISTICS: u32 = 5;
const ENHANCED_PACKET: u32 = 6;

fn matters(kind: u32) -> bool {
    [INTERFACE, OBSOLETE_PACKET, SIMPLE_PACKET, STATISTICS, ENHANCED_PACKET].contains(&kind)
}

/// A packet as its block describes it.
struct Packet<'a> {
    interface: usize,
    /// In units of the interface; `None` in simple packet blocks.
    ticks: Option<u64>,
    original_len: u32,
    bytes: &'a [u8],
    options: &'a [u8],
}

impl Section {
    /// Takes the blocks that are in the buffer as a whole; how many octets they have, and what is
    /// the matter with the next one.
    fn take<'a>(
        &mut self,
        ready: &'a [u8],
        batch: &mut Batch<'a>,
        tracker: &mut Tracker,
    ) -> (usize, Pause) {
        let mut taken = 0;
        loop {
            let rest = ready.get(taken..).unwrap_or_default();
            match self.next(rest, batch, tracker) {
                Ok(len) => taken += len,
                Err(pause) => return (taken, pause),
            }
        }
    }

    /// Takes one block, and returns its octets.
    fn next<'a>(
        &mut self,
        rest: &'a [u8],
        batch: &mut Batch<'a>,
        tracker: &mut Tracker,
    ) -> Result<usize, Pause> {
        if rest.len() < FRAME_LEN {
            return Err(Pause::Needs(FRAME_LEN));
        }
        if rest.starts_with(&SECTION) {
            let mark = "a section without its byte-order mark";
            self.order = Order::of(rest).ok_or(Pause::Malformed(mark))?;
            self.interfaces.clear();
        }
        let kind = self.order.u32(rest, 0).unwrap_or(0);
        let claimed = self.order.u32(rest, 4).unwrap_or(0);
        let len = usize::try_from(claimed).unwrap_or(usize::MAX);
        // The standard has multiples of four; some writers do not pad.
        if len < FRAME_LEN {
            return Err(Pause::Malformed("a block shorter than its own header"));
        }
        let matters = matters(kind);
        if matters && len > BLOCK_MAX {
            return Err(Pause::TooLong(claimed));
        }
        let Some(block) = rest.get(..len) else {
            return Err(if matters { Pause::Needs(len) } else { Pause::Skip(len) });
        };
        if matters {
            if self.order.u32(block, len - 4) != Some(claimed) {
                return Err(Pause::Malformed("the two lengths of a block differ"));
            }
            let body = block.get(8..len - 4).unwrap_or_default();
            self.block(kind, body, batch, tracker).map_err(Pause::Malformed)?;
        }
        Ok(len)
    }

    fn block<'a>(
        &mut self,
        kind: u32,
        body: &'a [u8],
        batch: &mut Batch<'a>,
        tracker: &mut Tracker,
    ) -> Result<(), &'static str> {
        let order = self.order;
        let longer = "a packet longer than its block";
        let packet = match kind {
            INTERFACE => {
                if self.interfaces.len() >= INTERFACES_MAX {
                    return Err("more interfaces than a host can have");
                }
                let interface = Interface::read(order, body).ok_or("an interface cut short")?;
                self.interfaces.push(interface.register(tracker));
                return Ok(());
            }
            STATISTICS => {
                self.statistics(body, tracker);
                return Ok(());
            }
            ENHANCED_PACKET => enhanced(order, body).ok_or(longer)?,
            OBSOLETE_PACKET => obsolete(order, body).ok_or(longer)?,
            _ => self.simple(body).ok_or("a packet cut short")?,
        };
        let interface =
            self.interfaces.get(packet.interface).ok_or("a packet of an undeclared interface")?;
        if let Some(ticks) = packet.ticks {
            self.last = interface.time(ticks);
        }
        let frame = RawFrame {
            at: self.last,
            link: interface.link,
            device: interface.device,
            direction: direction(self.order, packet.options),
            vlan: None,
            bytes: packet.bytes,
            original_len: packet.original_len,
            checksum_not_ready: false,
        };
        batch.push(frame, tracker);
        Ok(())
    }

    /// The packet starts right away, and has as many octets as the snapshot length allowed.
    fn simple<'a>(&self, body: &'a [u8]) -> Option<Packet<'a>> {
        let original_len = self.order.u32(body, 0)?;
        let snapped = match self.interfaces.first().map_or(0, |first| first.snap_len) {
            0 => original_len,
            snap_len => original_len.min(snap_len),
        };
        let rest = body.get(4..)?;
        let bytes = rest.get(..usize::try_from(snapped).ok()?)?;
        Some(Packet { interface: 0, ticks: None, original_len, bytes, options: &[] })
    }

    fn statistics(&self, body: &[u8], tracker: &mut Tracker) {
        let number = self.order.u32(body, 0).and_then(|number| usize::try_from(number).ok());
        let Some(interface) = number.and_then(|number| self.interfaces.get(number)) else { return };
        let mut lost = None;
        for (code, value) in Options::new(self.order, body.get(12..).unwrap_or_default()) {
            // isb_ifdrop and isb_osdrop: totals up to now.
            if let (4 | 5 | 7, Some(count)) = (code, self.order.u64(value, 0)) {
                let more = if code == 4 { 0 } else { count };
                lost = Some(u64::saturating_add(lost.unwrap_or(0), more));
            }
        }
        let device = usize::try_from(interface.device).unwrap_or(usize::MAX);
        if let (Some(device), Some(_)) = (tracker.devices_mut().get_mut(device), lost) {
            device.lost_count = lost;
        }
    }
}

fn enhanced(order: Order, body: &[u8]) -> Option<Packet<'_>> {
    let ticks = u64::from(order.u32(body, 4)?) << 32 | u64::from(order.u32(body, 8)?);
    let (bytes, options) = data(order, body, 12)?;
    Some(Packet {
        interface: usize::try_from(order.u32(body, 0)?).ok()?,
        ticks: Some(ticks),
        original_len: order.u32(body, 16)?,
        bytes,
        options,
    })
}

fn obsolete(order: Order, body: &[u8]) -> Option<Packet<'_>> {
    Some(Packet { interface: usize::from(order.u16(body, 0)?), ..enhanced(order, body)? })
}

/// The packet whose captured length is at `at`, and the options behind it.
fn data(order: Order, body: &[u8], at: usize) -> Option<(&[u8], &[u8])> {
    let len = usize::try_from(order.u32(body, at)?).ok()?;
    let (bytes, rest) = body.get(at + 8..)?.split_at_checked(len)?;
    let padding = len.next_multiple_of(4) - len;
    Some((bytes, rest.get(padding..).unwrap_or_default()))
}

/// epb_flags, and pack_flags of the obsolete block: the lowest two bits are the direction.
fn direction(order: Order, options: &[u8]) -> Option<FrameDirection> {
    if options.is_empty() {
        return None;
    }
    let (_, flags) = Options::new(order, options).find(|&(code, _)| code == 2)?;
    let flags = order.u32(flags, 0)?;
    // The next three: how it came to be received; 4 is "promiscuous", to somebody else.
    match (flags & 3, flags >> 2 & 7) {
        (1, 4) => Some(FrameDirection::OtherHost),
        (1, _) => Some(FrameDirection::In),
        (2, _) => Some(FrameDirection::Out),
        _ => None,
    }
}
