//! Capture files made by hand.

/// Order of octets of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    Big,
    Little,
}

impl Order {
    pub(crate) fn u16(self, number: u16) -> [u8; 2] {
        if self == Self::Big { number.to_be_bytes() } else { number.to_le_bytes() }
    }

    pub(crate) fn u32(self, number: u32) -> [u8; 4] {
        if self == Self::Big { number.to_be_bytes() } else { number.to_le_bytes() }
    }

    pub(crate) fn u64(self, number: u64) -> [u8; 8] {
        if self == Self::Big { number.to_be_bytes() } else { number.to_le_bytes() }
    }
}

/// Magic number of classic pcap with microseconds.
pub(crate) const MICRO: u32 = 0xa1b2_c3d4;
/// And with nanoseconds.
pub(crate) const NANO: u32 = 0xa1b2_3c4d;

/// Classic pcap. Packets are seconds, fraction, what was captured, and octets on the wire.
pub(crate) fn classic(
    order: Order,
    magic: u32,
    link: u32,
    packets: &[(u32, u32, &[u8], u32)],
) -> Vec<u8> {
    let mut file = Vec::new();
    file.extend(order.u32(magic));
    file.extend(order.u16(2));
    file.extend(order.u16(4));
    for word in [0, 0, 262_144, link] {
        file.extend(order.u32(word));
    }
    for (seconds, fraction, bytes, original_len) in packets {
        let captured = u32::try_from(bytes.len()).expect("as it was made");
        for word in [*seconds, *fraction, captured, *original_len] {
            file.extend(order.u32(word));
        }
        file.extend(*bytes);
    }
    file
}

/// A pcapng file, block by block.
pub(crate) struct Ng {
    order: Order,
    pub(crate) file: Vec<u8>,
}

impl Ng {
    pub(crate) fn new(order: Order) -> Self {
        let mut ng = Self { order, file: Vec::new() };
        ng.section(order);
        ng
    }

    pub(crate) fn section(&mut self, order: Order) -> &mut Self {
        self.order = order;
        let mut body = order.u32(0x1a2b_3c4d).to_vec();
        body.extend(order.u16(1));
        body.extend(order.u16(0));
        body.extend(order.u64(u64::MAX));
        self.block(0x0a0d_0d0a, &body)
    }

    pub(crate) fn block(&mut self, kind: u32, body: &[u8]) -> &mut Self {
        let len = u32::try_from(12 + body.len().next_multiple_of(4)).expect("as it was made");
        self.file.extend(self.order.u32(kind));
        self.file.extend(self.order.u32(len));
        self.file.extend(body);
        self.file.resize(self.file.len().next_multiple_of(4), 0);
        self.file.extend(self.order.u32(len));
        self
    }

    pub(crate) fn options(&self, options: &[(u16, &[u8])]) -> Vec<u8> {
        let mut bytes = Vec::new();
        for (code, value) in options {
            bytes.extend(self.order.u16(*code));
            bytes.extend(self.order.u16(u16::try_from(value.len()).expect("as it was made")));
            bytes.extend(*value);
            bytes.resize(bytes.len().next_multiple_of(4), 0);
        }
        if !options.is_empty() {
            bytes.extend([0; 4]);
        }
        bytes
    }

    pub(crate) fn interface(
        &mut self,
        link: u16,
        snap: u32,
        options: &[(u16, &[u8])],
    ) -> &mut Self {
        let mut body = self.order.u16(link).to_vec();
        body.extend([0, 0]);
        body.extend(self.order.u32(snap));
        body.extend(self.options(options));
        self.block(1, &body)
    }

    pub(crate) fn enhanced(
        &mut self,
        interface: u32,
        ticks: u64,
        bytes: &[u8],
        options: &[(u16, &[u8])],
    ) -> &mut Self {
        let len = u32::try_from(bytes.len()).expect("as it was made");
        let mut body = Vec::new();
        let (high, low) =
            (u32::try_from(ticks >> 32).expect("as it was made"), (ticks & 0xffff_ffff) as u32);
        for word in [interface, high, low, len, len] {
            body.extend(self.order.u32(word));
        }
        body.extend(bytes);
        body.resize(body.len().next_multiple_of(4), 0);
        body.extend(self.options(options));
        self.block(6, &body)
    }

    /// The block that the enhanced one replaced.
    pub(crate) fn obsolete(&mut self, interface: u16, ticks: u64, bytes: &[u8]) -> &mut Self {
        let len = u32::try_from(bytes.len()).expect("as it was made");
        let mut body = self.order.u16(interface).to_vec();
        body.extend(self.order.u16(0xffff));
        let (high, low) =
            (u32::try_from(ticks >> 32).expect("as it was made"), (ticks & 0xffff_ffff) as u32);
        for word in [high, low, len, len] {
            body.extend(self.order.u32(word));
        }
        body.extend(bytes);
        self.block(2, &body)
    }

    pub(crate) fn simple(&mut self, bytes: &[u8], original_len: u32) -> &mut Self {
        let mut body = self.order.u32(original_len).to_vec();
        body.extend(bytes);
        self.block(3, &body)
    }

    pub(crate) fn statistics(&mut self, interface: u32, options: &[(u16, &[u8])]) -> &mut Self {
        let mut body = Vec::new();
        for word in [interface, 0, 0] {
            body.extend(self.order.u32(word));
        }
        body.extend(self.options(options));
        self.block(5, &body)
    }
}
