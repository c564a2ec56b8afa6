//! What the kernel wrote into its log.

use std::net::IpAddr;

use crate::{Endpoint, Foreign, Mac};

/// A line of the log that bears on handshakes.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Message {
    /// Line in the input, from 1.
    pub line: u32,
    /// What it says.
    pub event: Event,
}

/// What a line of the log says.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Event {
    /// `nf_conntrack: table full, dropping packet`
    ConntrackFull,
    /// `neighbour: arp_cache: neighbor table overflow!`
    NeighbourTableFull,
    /// `Possible SYN flooding on port N`
    SynFlooding {
        /// Port of the listener.
        port: u16,
        /// It says that it sends cookies.
        cookies: bool,
    },
    /// `martian source A from B, on dev D`: the source B is not acceptable on D.
    MartianSource {
        /// Destination of the packet.
        destination: IpAddr,
        /// Its source.
        source: IpAddr,
        /// Device that it came by.
        device: Foreign,
    },
    /// The kernel's answer to `ip route get DESTINATION from SOURCE iif DEVICE`: it would not take the
    /// packet (EXDEV, EINVAL).
    InputRefused {
        /// Source of the packet that was asked about.
        source: IpAddr,
        /// Its destination.
        destination: IpAddr,
        /// Device that it would come by.
        device: Foreign,
    },
    /// Somebody else uses an address of this host.
    AddressConflict {
        /// The address.
        address: IpAddr,
        /// Link-layer address of the other one, where it is told.
        mac: Option<Mac>,
    },
    /// A LOG rule of netfilter matched a TCP segment.
    Logged {
        /// Text that the rule puts before it.
        prefix: Foreign,
        /// Device it came by.
        in_device: Option<Foreign>,
        /// Device it was to leave by.
        out_device: Option<Foreign>,
        /// Source; the port is 0 where it is not told.
        source: Option<Endpoint>,
        /// Destination.
        destination: Option<Endpoint>,
        /// TCP flags: FIN is 1, SYN 2, RST 4, PSH 8, ACK 16; `None` for another protocol.
        flags: Option<u8>,
    },
    /// A connection of a load balancer, `ipvsadm -lnc`.
    Balanced {
        /// Its state there: `SYN_RECV`.
        state: Foreign,
        /// Who opened it.
        client: Endpoint,
        /// The address that is shared.
        service: Endpoint,
        /// The server that was chosen.
        server: Endpoint,
    },
}
