//! One captured frame, before anything of it is understood.

use synrecv_model::{FrameDirection, LinkType, Mono};

/// A frame as a capture delivers it. Only its headers are looked at.
#[derive(Clone, Copy, Debug)]
pub struct RawFrame<'a> {
    /// When it was captured.
    pub at: Mono,
    /// Link-layer header that `bytes` starts with.
    pub link: LinkType,
    /// Device, as [`Tracker::add_device`](crate::Tracker::add_device) numbered it.
    pub device: u32,
    /// Its way, where the capture tells apart from the frame (live, pcapng flags); `None` leaves it
    /// to the cooked header.
    pub direction: Option<FrameDirection>,
    /// VLAN identifier that was taken out of the frame (PACKET_AUXDATA); the outermost one.
    pub vlan: Option<u16>,
    /// What was captured of the frame.
    pub bytes: &'a [u8],
    /// Octets of the frame on the wire.
    pub original_len: u32,
    /// The kernel says that the checksum is left to the device: TP_STATUS_CSUMNOTREADY of
    /// PACKET_AUXDATA, or VIRTIO_NET_HDR_F_NEEDS_CSUM of PACKET_VNET_HDR.
    pub checksum_not_ready: bool,
}
