//! Sequence numbers and timestamps that count from the start of their connection.
//!
//! On the wire they tell how long a host has been up, and which captures are of one connection.

use synrecv_model::{End, FrameKind, HandshakeFrame};

/// ACK among the flags of TCP.
const ACK: u8 = 0x10;

/// Where the numbers of one end begin.
#[derive(Clone, Copy, Debug, Default)]
struct Start {
    seq: u32,
    timestamp: u32,
}

/// Makes the numbers of one handshake relative: the first SYN and the first SYN-ACK have sequence
/// number 0, the first timestamp of each end is 1.
pub(super) fn count_from_start(frames: &mut [HandshakeFrame]) {
    let client = start_of(frames, End::Client, FrameKind::Syn);
    let server = start_of(frames, End::Server, FrameKind::SynAck);
    for frame in frames {
        let (own, other) = match frame.sender {
            End::Client => (client, server),
            End::Server => (server, client),
        };
        frame.seq = frame.seq.wrapping_sub(own.seq);
        // Without the flag the number means nothing.
        let acknowledges = frame.flags & ACK != 0;
        frame.ack = if acknowledges { frame.ack.wrapping_sub(other.seq) } else { 0 };
        let relative = |number: u32| number.wrapping_sub(other.seq);
        frame.options.dsack =
            frame.options.dsack.map(|(left, right)| (relative(left), relative(right)));
        if let Some(timestamps) = &mut frame.options.timestamps {
            timestamps.value = timestamps.value.wrapping_sub(own.timestamp).wrapping_add(1);
            // 0 echoes nothing.
            if timestamps.echo != 0 {
                timestamps.echo = timestamps.echo.wrapping_sub(other.timestamp).wrapping_add(1);
            }
        }
    }
}

/// Where the numbers of an end begin: in its first frame of this kind, else in its first one, else in
/// what the other end acknowledges.
fn start_of(frames: &[HandshakeFrame], end: End, kind: FrameKind) -> Start {
    let own = || frames.iter().filter(|frame| frame.sender == end);
    let other = || frames.iter().filter(|frame| frame.sender != end);
    let is_segment = |frame: &&HandshakeFrame| !matches!(frame.kind, FrameKind::Icmp { .. });
    let acknowledged = || {
        let ack = other().find(|frame| frame.flags & ACK != 0).map(|frame| frame.ack);
        ack.map(|ack| ack.wrapping_sub(1))
    };
    let seq = own().find(|frame| frame.kind == kind).or_else(|| own().find(is_segment));
    let seq = seq.map(|frame| frame.seq).or_else(acknowledged);
    let seq = seq.or_else(|| own().map(|frame| frame.seq).next());
    let stamps = |frame: &HandshakeFrame| frame.options.timestamps;
    let echoed = || other().filter_map(stamps).map(|stamps| stamps.echo).find(|&echo| echo != 0);
    let timestamp = own().find_map(stamps).map(|stamps| stamps.value).or_else(echoed);
    Start { seq: seq.unwrap_or(0), timestamp: timestamp.unwrap_or(0) }
}
