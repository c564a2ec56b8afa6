//! Frames made by hand, with checksums that fit.

pub(crate) mod pcap;

use std::net::{IpAddr, SocketAddr};

use synrecv_frames::{Ending, Limits, RawFrame, Tracker};
use synrecv_model::{
    Capture, CaptureDevice, CaptureOrigin, FrameDirection, LinkType, Mono, WallClock,
};

pub(crate) const FIN: u8 = 0x01;
pub(crate) const SYN: u8 = 0x02;
pub(crate) const RST: u8 = 0x04;
pub(crate) const PSH: u8 = 0x08;
pub(crate) const ACK: u8 = 0x10;

/// MSS 1460, SACK permitted, timestamps, window scale 7: a SYN of Linux.
pub(crate) const LINUX: &[u8] = &[2, 4, 5, 180, 4, 2, 8, 10, 0, 0, 0, 9, 0, 0, 0, 8, 1, 3, 3, 7];

pub(crate) const CLIENT_MAC: [u8; 6] = [2, 0, 0, 0, 0, 1];
pub(crate) const SERVER_MAC: [u8; 6] = [2, 0, 0, 0, 0, 0x10];

/// A segment to be.
#[derive(Clone, Debug)]
pub(crate) struct Tcp {
    pub(crate) src: SocketAddr,
    pub(crate) dst: SocketAddr,
    pub(crate) seq: u32,
    pub(crate) ack: u32,
    pub(crate) flags: u8,
    pub(crate) options: Vec<u8>,
    pub(crate) payload: Vec<u8>,
    pub(crate) ttl: u8,
    pub(crate) id: u16,
}

pub(crate) fn tcp(src: &str, dst: &str, flags: u8, seq: u32, ack: u32) -> Tcp {
    Tcp {
        src: src.parse().expect("as it was made"),
        dst: dst.parse().expect("as it was made"),
        seq,
        ack,
        flags,
        options: Vec::new(),
        payload: Vec::new(),
        ttl: 64,
        id: 0,
    }
}

impl Tcp {
    pub(crate) fn options(mut self, options: &[u8]) -> Self {
        self.options = options.to_vec();
        self
    }

    pub(crate) fn payload(mut self, len: usize) -> Self {
        self.payload = vec![0x61; len];
        self
    }

    pub(crate) fn ttl(mut self, ttl: u8) -> Self {
        self.ttl = ttl;
        self
    }

    pub(crate) fn id(mut self, id: u16) -> Self {
        self.id = id;
        self
    }

    fn segment(&self) -> Vec<u8> {
        let mut segment = Vec::new();
        segment.extend(self.src.port().to_be_bytes());
        segment.extend(self.dst.port().to_be_bytes());
        segment.extend(self.seq.to_be_bytes());
        segment.extend(self.ack.to_be_bytes());
        let words = u8::try_from(5 + self.options.len() / 4).expect("as it was made");
        segment.extend([words << 4, self.flags, 0xfa, 0xf0, 0, 0, 0, 0]);
        segment.extend(&self.options);
        segment.extend(&self.payload);
        let sum = fold(self.pseudo_sum(segment.len()) + sum(&segment));
        segment[16..18].copy_from_slice(&(!sum).to_be_bytes());
        segment
    }

    fn pseudo_sum(&self, len: usize) -> u32 {
        let octets = |ip: IpAddr| match ip {
            IpAddr::V4(ip) => ip.octets().to_vec(),
            IpAddr::V6(ip) => ip.octets().to_vec(),
        };
        let len = u32::try_from(len).expect("as it was made");
        sum(&octets(self.src.ip())) + sum(&octets(self.dst.ip())) + 6 + len
    }

    /// The sum that the kernel leaves in the checksum field for the device to finish.
    pub(crate) fn unfinished(&self) -> [u8; 2] {
        fold(self.pseudo_sum(self.segment().len())).to_be_bytes()
    }

    /// From the IP header on.
    pub(crate) fn packet(&self) -> Vec<u8> {
        ip(self.src.ip(), self.dst.ip(), 6, self.ttl, self.id, &self.segment())
    }

    /// With an Ethernet header, from the client's device to the server's or back.
    pub(crate) fn ethernet(&self) -> Vec<u8> {
        let ethertype = if self.src.is_ipv4() { 0x0800 } else { 0x86dd };
        let from_server = self.src.port() < self.dst.port();
        let (src, dst) =
            if from_server { (SERVER_MAC, CLIENT_MAC) } else { (CLIENT_MAC, SERVER_MAC) };
        ethernet(src, dst, ethertype, &self.packet())
    }
}

pub(crate) fn sum(bytes: &[u8]) -> u32 {
    bytes.chunks(2).map(|pair| u32::from(pair[0]) << 8 | pair.get(1).map_or(0, |&b| b.into())).sum()
}

pub(crate) fn fold(mut sum: u32) -> u16 {
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    u16::try_from(sum).expect("as it was made")
}

/// An IP packet of either family.
pub(crate) fn ip(
    src: IpAddr,
    dst: IpAddr,
    protocol: u8,
    ttl: u8,
    id: u16,
    payload: &[u8],
) -> Vec<u8> {
    let mut packet = Vec::new();
    match (src, dst) {
        (IpAddr::V4(src), IpAddr::V4(dst)) => {
            packet.extend([0x45, 0]);
            packet.extend(u16::try_from(20 + payload.len()).expect("as it was made").to_be_bytes());
            packet.extend(id.to_be_bytes());
            packet.extend([0x40, 0, ttl, protocol, 0, 0]);
            packet.extend(src.octets());
            packet.extend(dst.octets());
        }
        (IpAddr::V6(src), IpAddr::V6(dst)) => {
            packet.extend([0x60, 0, 0, 0]);
            packet.extend(u16::try_from(payload.len()).expect("as it was made").to_be_bytes());
            packet.extend([protocol, ttl]);
            packet.extend(src.octets());
            packet.extend(dst.octets());
        }
        _ => panic!("two families in one packet"),
    }
    packet.extend(payload);
    packet
}

pub(crate) fn ethernet(src: [u8; 6], dst: [u8; 6], ethertype: u16, payload: &[u8]) -> Vec<u8> {
    let mut frame = Vec::new();
    frame.extend(dst);
    frame.extend(src);
    frame.extend(ethertype.to_be_bytes());
    frame.extend(payload);
    frame
}

/// A tracker that is fed at times given in milliseconds.
pub(crate) struct Wire {
    pub(crate) tracker: Tracker,
}

impl Wire {
    pub(crate) fn new() -> Self {
        Self::with(Limits::FILE, LinkType::Ethernet)
    }

    pub(crate) fn with(limits: Limits, link: LinkType) -> Self {
        let mut tracker = Tracker::new(limits);
        for _ in 0..2 {
            let (name, mac) = (None, None);
            tracker.add_device(CaptureDevice { name, ifindex: None, link, mac, lost_count: None });
        }
        Self { tracker }
    }

    pub(crate) fn at(&mut self, ms: u64, segment: &Tcp) -> &mut Self {
        self.raw(ms, LinkType::Ethernet, &segment.ethernet())
    }

    /// At the second device.
    pub(crate) fn elsewhere(&mut self, ms: u64, segment: &Tcp) -> &mut Self {
        let bytes = segment.ethernet();
        self.tracker.push(&RawFrame { device: 1, ..raw(ms, LinkType::Ethernet, &bytes) });
        self
    }

    pub(crate) fn raw(&mut self, ms: u64, link: LinkType, bytes: &[u8]) -> &mut Self {
        self.tracker.push(&raw(ms, link, bytes));
        self
    }

    pub(crate) fn directed(
        &mut self,
        ms: u64,
        direction: FrameDirection,
        segment: &Tcp,
    ) -> &mut Self {
        let bytes = segment.ethernet();
        let direction = Some(direction);
        self.tracker.push(&RawFrame { direction, ..raw(ms, LinkType::Ethernet, &bytes) });
        self
    }

    /// What was seen when the capture ends at this time.
    pub(crate) fn until(&self, ms: u64) -> Capture {
        self.tracker.capture(&Ending {
            origin: CaptureOrigin::File,
            started_at: WallClock(0),
            started: None,
            ended: Some(time(ms)),
            lost_count: None,
            truncated: false,
        })
    }
}

/// Times start somewhere.
pub(crate) fn time(ms: u64) -> Mono {
    Mono(1_700_000_000_000_000_000).plus_ms(ms)
}

pub(crate) fn raw(ms: u64, link: LinkType, bytes: &[u8]) -> RawFrame<'_> {
    RawFrame {
        at: time(ms),
        link,
        device: 0,
        direction: None,
        vlan: None,
        bytes,
        original_len: u32::try_from(bytes.len()).expect("as it was made"),
        checksum_not_ready: false,
    }
}
