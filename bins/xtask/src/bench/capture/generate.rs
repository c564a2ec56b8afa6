//! A capture of a gibibyte: a SYN flood among the traffic of connections that were there before.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use anyhow::{Context, Result};

/// SYNs, each of a flow of its own.
pub(in crate::bench) const SYN_COUNT: u32 = 380_000;

/// Packets in all.
const PACKET_COUNT: u32 = 1_200_000;

/// Octets of the file.
const FILE_LEN: u64 = 1 << 30;

/// Connections that carry the rest.
const CONNECTION_COUNT: u32 = 2_000;

/// What comes of the SYNs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::bench) enum Flood {
    /// No SYN-ACK is seen: 380,000 packets of the flood.
    Unanswered,
    /// Each SYN is answered: 760,000.
    Answered,
}

impl Flood {
    pub(in crate::bench) fn name(self) -> &'static str {
        match self {
            Self::Unanswered => "no SYN answered",
            Self::Answered => "each SYN answered",
        }
    }
}

const HEADER_LEN: u64 = 24;
const RECORD_LEN: u64 = 16;
/// Ethernet, IPv4, TCP, and 20 octets of options.
const SYN_LEN: u64 = 14 + 20 + 40;

/// Writes the capture.
pub(in crate::bench) fn write(path: &Path, flood: Flood) -> Result<()> {
    let file = File::create(path).with_context(|| format!("create `{}`", path.display()))?;
    let mut out = BufWriter::with_capacity(1 << 20, file);
    packets(&mut out, flood)
        .and_then(|()| out.flush())
        .with_context(|| format!("write `{}`", path.display()))
}

fn packets(out: &mut impl Write, flood: Flood) -> io::Result<()> {
    out.write_all(&0xa1b2_c3d4_u32.to_le_bytes())?;
    out.write_all(&[2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0])?;
    out.write_all(&262_144_u32.to_le_bytes())?;
    out.write_all(&1_u32.to_le_bytes())?;

    let of_flood = u64::from(SYN_COUNT) * if flood == Flood::Answered { 2 } else { 1 };
    let of_data = u64::from(PACKET_COUNT) - of_flood;
    let left = FILE_LEN - HEADER_LEN - of_flood * (SYN_LEN + RECORD_LEN);
    let data_len = usize::try_from(left / of_data - RECORD_LEN).unwrap_or(0);
    let payload = vec![0x5a; data_len.saturating_sub(54)];
    let mut clock = Clock(0);
    let (mut made, mut sent) = (0, 0);
    // Bresenham: data packets evenly between those of the flood.
    for syn in 0..SYN_COUNT {
        let client = client(syn);
        out.write_all(&frame(&mut clock, client, SERVER, Tcp::syn(syn), &[]))?;
        if flood == Flood::Answered {
            out.write_all(&frame(&mut clock, SERVER, client, Tcp::synack(syn), &[]))?;
        }
        made += 1;
        while sent < of_data * made / u64::from(SYN_COUNT) {
            let number = u32::try_from(sent).unwrap_or(u32::MAX);
            let peer = End { ip: 0x0a01_0000 + number % CONNECTION_COUNT, port: 40_000 };
            out.write_all(&frame(&mut clock, peer, SERVER, Tcp::data(number), &payload))?;
            sent += 1;
        }
    }
    Ok(())
}

#[derive(Clone, Copy)]
struct End {
    ip: u32,
    port: u16,
}

const SERVER: End = End { ip: 0xc000_0201, port: 443 };

/// Any address and port; the multiplier is odd, so no two are the same.
fn client(number: u32) -> End {
    let ip = number.wrapping_mul(2_654_435_761);
    End { ip, port: 1_024 + u16::try_from(number % 60_000).unwrap_or(0) }
}

/// Microseconds since the first packet.
struct Clock(u32);

#[derive(Clone, Copy)]
struct Tcp {
    seq: u32,
    ack: u32,
    flags: u8,
    options: &'static [u8],
}

/// Of a Linux client: MSS, SACK permitted, timestamps, window scale.
const SYN_OPTIONS: &[u8] = &[2, 4, 5, 180, 4, 2, 8, 10, 0, 0, 0, 9, 0, 0, 0, 0, 1, 3, 3, 7];

impl Tcp {
    fn syn(number: u32) -> Self {
        Self { seq: number, ack: 0, flags: 0x02, options: SYN_OPTIONS }
    }

    fn synack(number: u32) -> Self {
        Self { seq: !number, ack: number + 1, flags: 0x12, options: SYN_OPTIONS }
    }

    fn data(number: u32) -> Self {
        Self { seq: number, ack: 1, flags: 0x18, options: &[] }
    }
}

/// A record with its header.
fn frame(clock: &mut Clock, src: End, dst: End, tcp: Tcp, payload: &[u8]) -> Vec<u8> {
    clock.0 += 10;
    let tcp_len = 20 + tcp.options.len() + payload.len();
    let len = u32::try_from(14 + 20 + tcp_len).unwrap_or(0);
    let mut bytes = Vec::with_capacity(16 + 54 + 20 + payload.len());
    for word in [1_800_000_000 + clock.0 / 1_000_000, clock.0 % 1_000_000, len, len] {
        bytes.extend(word.to_le_bytes());
    }
    bytes.extend([2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0]);
    bytes.extend([0x45, 0]);
    bytes.extend(u16::try_from(20 + tcp_len).unwrap_or(0).to_be_bytes());
    bytes.extend([0, 0, 0x40, 0, 63, 6, 0, 0]);
    bytes.extend(src.ip.to_be_bytes());
    bytes.extend(dst.ip.to_be_bytes());
    bytes.extend(src.port.to_be_bytes());
    bytes.extend(dst.port.to_be_bytes());
    bytes.extend(tcp.seq.to_be_bytes());
    bytes.extend(tcp.ack.to_be_bytes());
    let words = u8::try_from(5 + tcp.options.len() / 4).unwrap_or(5);
    bytes.extend([words << 4, tcp.flags, 0xff, 0xff, 0, 0, 0, 0]);
    bytes.extend(tcp.options);
    bytes.extend(payload);
    bytes
}
