//! Interface description blocks, options, and order of octets.

use synrecv_model::{CaptureDevice, Foreign, LinkType, Mac, Mono};

use super::super::link_type;
use crate::Tracker;

/// Octets of a device name that are kept; IFNAMSIZ is 16, other systems have longer ones.
const NAME_MAX: usize = 256;

/// Order of octets of a section.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Order {
    big_endian: bool,
}

impl Order {
    /// By the mark in a section header block.
    pub(super) fn of(block: &[u8]) -> Option<Self> {
        match block.get(8..12)? {
            [0x1a, 0x2b, 0x3c, 0x4d] => Some(Self { big_endian: true }),
            [0x4d, 0x3c, 0x2b, 0x1a] => Some(Self { big_endian: false }),
            _ => None,
        }
    }

    pub(super) fn u16(self, bytes: &[u8], at: usize) -> Option<u16> {
        let bytes = *bytes.get(at..)?.first_chunk()?;
        Some(if self.big_endian { u16::from_be_bytes(bytes) } else { u16::from_le_bytes(bytes) })
    }

    pub(super) fn u32(self, bytes: &[u8], at: usize) -> Option<u32> {
        let bytes = *bytes.get(at..)?.first_chunk()?;
        Some(if self.big_endian { u32::from_be_bytes(bytes) } else { u32::from_le_bytes(bytes) })
    }

    pub(super) fn u64(self, bytes: &[u8], at: usize) -> Option<u64> {
        let bytes = *bytes.get(at..)?.first_chunk()?;
        Some(if self.big_endian { u64::from_be_bytes(bytes) } else { u64::from_le_bytes(bytes) })
    }
}

/// Options behind the fixed part of a block, up to the one that ends them or to the first malformed
/// one.
pub(super) struct Options<'a> {
    order: Order,
    rest: &'a [u8],
}

impl<'a> Options<'a> {
    pub(super) fn new(order: Order, rest: &'a [u8]) -> Self {
        Self { order, rest }
    }
}

impl<'a> Iterator for Options<'a> {
    type Item = (u16, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let code = self.order.u16(self.rest, 0).filter(|&code| code != 0)?;
        let len = usize::from(self.order.u16(self.rest, 2)?);
        let (value, rest) = self.rest.get(4..)?.split_at_checked(len)?;
        self.rest = rest.get(len.next_multiple_of(4) - len..).unwrap_or_default();
        Some((code, value))
    }
}

/// One interface of a section.
#[derive(Debug)]
pub(super) struct Interface {
    pub(super) link: LinkType,
    /// 0 for no limit.
    pub(super) snap_len: u32,
    /// Number of the device in the tracker.
    pub(super) device: u32,
    resolution: Resolution,
    /// `if_tsoffset`, in nanoseconds.
    offset_ns: i128,
    name: Option<Foreign>,
    mac: Option<Mac>,
}

/// `if_tsresol`.
#[derive(Clone, Copy, Debug)]
enum Resolution {
    /// A tick is this many nanoseconds.
    Whole(u64),
    /// This many ticks are a nanosecond.
    Finer(u64),
    /// Two to the power of this many ticks are a second.
    Binary(u32),
}

impl Resolution {
    fn of(value: u8) -> Self {
        let exponent = u32::from(value & 0x7f);
        if value & 0x80 != 0 {
            return Self::Binary(exponent);
        }
        let power = |exponent| 10_u64.checked_pow(exponent);
        match exponent {
            0..=9 => Self::Whole(power(9 - exponent).unwrap_or(1)),
            _ => Self::Finer(power(exponent - 9).unwrap_or(u64::MAX)),
        }
    }
}

impl Interface {
    pub(super) fn read(order: Order, body: &[u8]) -> Option<Self> {
        let mut interface = Self {
            link: link_type(order.u16(body, 0)?.into()),
            snap_len: order.u32(body, 4)?,
            device: 0,
            resolution: Resolution::of(6),
            offset_ns: 0,
            name: None,
            mac: None,
        };
        for (code, value) in Options::new(order, body.get(8..)?) {
            match code {
                2 => {
                    let name = value.get(..value.len().min(NAME_MAX)).unwrap_or_default();
                    interface.name = Some(Foreign(String::from_utf8_lossy(name).into_owned()));
                }
                6 => interface.mac = Mac::from_slice(value),
                9 => {
                    interface.resolution =
                        value.first().map_or(Resolution::of(6), |&value| Resolution::of(value));
                }
                14 => {
                    let seconds = order.u64(value, 0).map_or(0, u64::cast_signed);
                    interface.offset_ns = i128::from(seconds) * 1_000_000_000;
                }
                _ => {}
            }
        }
        Some(interface)
    }

    /// Makes it a device of the capture. The same interface in a later section is the same device.
    pub(super) fn register(mut self, tracker: &mut Tracker) -> Self {
        let device = CaptureDevice {
            name: self.name.take(),
            ifindex: None,
            link: self.link,
            mac: self.mac,
            lost_count: None,
        };
        let known = tracker.devices().iter().position(|other| {
            device.name.is_some()
                && (&other.name, other.link, other.mac) == (&device.name, device.link, device.mac)
        });
        self.device = match known.and_then(|place| u32::try_from(place).ok()) {
            Some(place) => place,
            None => tracker.add_device(device),
        };
        self
    }

    /// Nanoseconds since 1970.
    pub(super) fn time(&self, ticks: u64) -> Mono {
        let ns = match self.resolution {
            Resolution::Whole(tick_ns) => ticks.saturating_mul(tick_ns),
            Resolution::Finer(ticks_in_ns) => ticks / ticks_in_ns,
            Resolution::Binary(bits) => {
                let ns = (u128::from(ticks) * 1_000_000_000).checked_shr(bits).unwrap_or(0);
                u64::try_from(ns).unwrap_or(u64::MAX)
            }
        };
        if self.offset_ns == 0 {
            return Mono(ns);
        }
        let shifted = (i128::from(ns) + self.offset_ns).clamp(0, u64::MAX.into());
        Mono(u64::try_from(shifted).unwrap_or(0))
    }
}
