//! TCP headers.

use synrecv_model::{Checksum, FrameDirection, FrameKind, TcpOptions, TcpTimestamps};

use super::{Ip, Node, Sighting, be16, be32, checksum, ip};

const FIN: u8 = 0x01;
const SYN: u8 = 0x02;
const RST: u8 = 0x04;
const ACK: u8 = 0x10;

/// A segment; options and checksum are looked at when asked for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Segment<'a> {
    pub(crate) src: Node,
    pub(crate) dst: Node,
    pub(crate) seq: u32,
    /// Acknowledgement number; 0 without the flag.
    pub(crate) ack: u32,
    pub(crate) flags: u8,
    /// `None` when the capture ends before it.
    window: Option<u16>,
    header_len: usize,
    pub(crate) payload_len: u32,
    /// The segment, as much as was captured.
    bytes: &'a [u8],
}

impl Sighting {
    #[inline]
    pub(super) fn new(
        (src, dst): (Node, Node),
        (seq, ack): (u32, u32),
        flags: u8,
        direction: FrameDirection,
    ) -> Self {
        let has_ack = flags & ACK != 0;
        let ack = if has_ack { ack } else { 0 };
        Self { src, dst, seq, ack, is_syn: flags & (SYN | RST) == SYN, has_ack, direction }
    }
}

impl<'a> Segment<'a> {
    /// `None` when the flags were not captured, or when the header is malformed.
    #[inline]
    pub(super) fn decode(ip: &Ip<'a>) -> Option<Self> {
        let bytes = ip.payload;
        let fixed: &[u8; 14] = bytes.first_chunk()?;
        let flags = fixed[13];
        let header_len = usize::from(fixed[12] >> 4) * 4;
        if header_len < 20 {
            return None;
        }
        let ack = u32::from_be_bytes([fixed[8], fixed[9], fixed[10], fixed[11]]);
        Some(Self {
            src: Node { ip: ip.src, port: u16::from_be_bytes([fixed[0], fixed[1]]) },
            dst: Node { ip: ip.dst, port: u16::from_be_bytes([fixed[2], fixed[3]]) },
            seq: u32::from_be_bytes([fixed[4], fixed[5], fixed[6], fixed[7]]),
            ack: if flags & ACK == 0 { 0 } else { ack },
            flags,
            window: be16(bytes, 14),
            header_len,
            payload_len: u32::try_from(ip.payload_len.checked_sub(header_len)?).ok()?,
            bytes,
        })
    }

    /// One of which only these fields are known. `numbers` are those of the sequence and of the
    /// acknowledgement.
    pub(crate) fn of_fields(
        (src, dst): (Node, Node),
        numbers: (u32, u32),
        flags: u8,
        payload_len: u32,
    ) -> Self {
        let (seq, ack) = numbers;
        let ack = if flags & ACK == 0 { 0 } else { ack };
        Self { src, dst, seq, ack, flags, window: None, header_len: 20, payload_len, bytes: &[] }
    }

    #[inline]
    pub(crate) fn kind(&self) -> FrameKind {
        match (self.flags & (SYN | ACK), self.flags & (FIN | RST)) {
            (_, flags) if flags & RST != 0 => FrameKind::Rst,
            (SYN, _) => FrameKind::Syn,
            (flags, _) if flags & SYN != 0 => FrameKind::SynAck,
            (_, FIN) => FrameKind::Fin,
            _ if self.payload_len > 0 => FrameKind::Data,
            _ => FrameKind::Ack,
        }
    }

    pub(crate) fn sighting(&self, direction: FrameDirection) -> Sighting {
        Sighting::new((self.src, self.dst), (self.seq, self.ack), self.flags, direction)
    }

    pub(crate) fn has_ack(&self) -> bool {
        self.flags & ACK != 0
    }

    pub(crate) fn is_fin(&self) -> bool {
        self.flags & FIN != 0
    }

    /// Window, not scaled; 0 when it was not captured.
    pub(crate) fn window(&self) -> u16 {
        self.window.unwrap_or(0)
    }

    /// State of the checksum. `not_ready` is what the kernel says.
    pub(crate) fn checksum(&self, ip: &Ip<'_>, not_ready: bool) -> Checksum {
        if not_ready {
            return Checksum::Unfinished;
        }
        let (true, Some(field)) = (ip.is_whole(), be16(self.bytes, 16)) else {
            return Checksum::Unverified;
        };
        let pseudo = checksum::pseudo_header(ip, ip::TCP);
        if checksum::fold(pseudo + checksum::sum(self.bytes)) == 0xffff {
            Checksum::Good
        } else if field == checksum::fold(pseudo) {
            // CHECKSUM_PARTIAL: the stack leaves the sum of the pseudo header, not inverted.
            Checksum::Unfinished
        } else {
            Checksum::Bad
        }
    }

    /// The options, as far as they were captured and make sense.
    pub(crate) fn options(&self) -> TcpOptions {
        let mut options = TcpOptions::default();
        let area = self.bytes.get(20..).unwrap_or_default();
        let (mut rest, whole) = match area.get(..self.header_len - 20) {
            Some(area) => (area, true),
            None => (area, false),
        };
        options.incomplete = !whole;
        loop {
            let (&kind, after) = match rest.split_first() {
                None | Some((0, _)) => return options,
                Some((1, after)) => {
                    rest = after;
                    continue;
                }
                Some(found) => found,
            };
            // The length counts kind and length too.
            let body = after
                .split_first()
                .and_then(|(&len, after)| after.split_at_checked(usize::from(len).checked_sub(2)?));
            let Some((body, after)) = body else {
                options.incomplete = true;
                return options;
            };
            self.read_option(kind, body, &mut options);
            rest = after;
        }
    }

    fn read_option(&self, kind: u8, body: &[u8], options: &mut TcpOptions) {
        match (kind, body.len()) {
            (2, 2) => options.mss = be16(body, 0),
            (3, 1) => options.window_scale = body.first().copied(),
            (4, 0) => options.sack_permitted = true,
            (5, 8..) => {
                let block = be32(body, 0).zip(be32(body, 4));
                // Below what is acknowledged: received before.
                options.dsack = block.filter(|&(_, end)| !after(end, self.ack));
            }
            (8, 8) => {
                options.timestamps = be32(body, 0)
                    .zip(be32(body, 4))
                    .map(|(value, echo)| TcpTimestamps { value, echo });
            }
            (19, 16) => options.md5 = true,
            (29, _) => options.ao = true,
            (30, _) => options.mptcp = true,
            (34, _) => options.fast_open = true,
            // Fast Open before it had a number of its own: 254 with its magic (RFC 6994).
            (254, 2..) if be16(body, 0) == Some(0xf989) => options.fast_open = true,
            _ => {}
        }
    }
}

/// True when sequence number `a` comes after `b`.
pub(crate) fn after(a: u32, b: u32) -> bool {
    let distance = a.wrapping_sub(b);
    distance != 0 && distance < 1 << 31
}
