//! A router that answers neighbour solicitations for a whole prefix, as ndppd and appliances do.
//!
//! The kernel answers only for addresses that were listed one by one.

use std::io;
use std::net::{Ipv6Addr, SocketAddrV6};
use std::num::NonZeroU32;
use std::os::fd::{AsFd, OwnedFd};
use std::time::{Duration, Instant};

use ipnet::Ipv6Net;
use rustix::event::PollFlags;
use rustix::net::{
    AddressFamily, Protocol, RecvFlags, SendFlags, SocketFlags, SocketType, ipproto, netdevice,
    sockopt,
};

use super::{Stop, Traffic};
use crate::configure::MacBytes;
use crate::error::Result;
use crate::namespace::Namespace;

/// Answers for every address of a prefix, whether anybody has it or not.
#[derive(Debug, Clone)]
pub struct NdResponder {
    /// Device of the router.
    pub device: String,
    /// MAC address of the device, which it answers with.
    pub mac: MacBytes,
    /// The addresses that it answers for.
    pub net: Ipv6Net,
    /// MAC address of the one host of the scenario whose questions it answers; those of stations that
    /// no scenario has, whose MAC does not begin with 02, it answers too.
    pub asker: MacBytes,
}

const ETHERNET_HEADER: usize = 14;
const IPV6_HEADER: usize = 40;

impl NdResponder {
    /// Answers in `namespace` until the result is dropped.
    pub fn start(self, namespace: &Namespace) -> Result<Traffic> {
        let device = self.device.clone();
        Traffic::start(
            namespace,
            &format!("answer for `{}` on `{device}`", self.net),
            move || open(&device),
            move |wire, stop, _| self.answer_all(&wire, stop),
        )
    }

    fn answer_all(&self, wire: &Wire, stop: &Stop) {
        let mut frame = [0; 2048];
        while !stop.is_raised() {
            let until = Instant::now() + Duration::from_secs(1);
            if stop.wait(&[(wire.heard.as_fd(), PollFlags::IN)], until) != [true] {
                continue;
            }
            while let Ok((length, _)) =
                rustix::net::recv(&wire.heard, &mut frame, RecvFlags::empty())
            {
                if let Some((asker, target)) = self.question(&frame[..length]) {
                    let to = SocketAddrV6::new(asker, 0, 0, wire.index);
                    // One that is lost is made up for by the answer to the next question.
                    let _ = rustix::net::sendto(
                        &wire.out,
                        &self.answer(target),
                        SendFlags::empty(),
                        &to,
                    );
                }
            }
        }
    }

    /// Who asks in this frame, and for whom, when it is a question to be answered.
    fn question(&self, frame: &[u8]) -> Option<(Ipv6Addr, Ipv6Addr)> {
        const NEXT_HEADER: usize = 6;
        const ICMPV6: u8 = 58;
        const NEIGHBOUR_SOLICITATION: u8 = 135;
        let packet = frame.get(ETHERNET_HEADER..)?;
        let message = packet.get(IPV6_HEADER..)?;
        let is_question =
            packet[NEXT_HEADER] == ICMPV6 && *message.first()? == NEIGHBOUR_SOLICITATION;
        let address = |bytes: Option<&[u8]>| {
            let bytes: [u8; 16] = bytes?.try_into().ok()?;
            Some(Ipv6Addr::from(bytes))
        };
        let asker = address(packet.get(8..24))?;
        let target = address(message.get(8..24))?;
        let is_asker = frame[6..12] == self.asker || frame[6] != self.asker[0];
        let wanted = is_asker && self.net.contains(&target);
        (is_question && wanted && !asker.is_unspecified()).then_some((asker, target))
    }

    /// The ICMPv6 message; the kernel fills in the checksum.
    fn answer(&self, target: Ipv6Addr) -> Vec<u8> {
        // Type, code, checksum; router and solicited, but not override.
        let mut message = vec![136, 0, 0, 0, 0xc0, 0, 0, 0];
        message.extend(target.octets());
        // Target link-layer address, in units of 8 bytes.
        message.extend([2, 1]);
        message.extend(self.mac);
        message
    }
}

/// The packet socket that hears questions, and the raw socket that answers.
struct Wire {
    heard: OwnedFd,
    out: OwnedFd,
    index: u32,
}

fn open(device: &str) -> io::Result<Wire> {
    const ETH_P_IPV6: u16 = 0x86dd;
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    let socket = rustix::net::socket_with;
    let out = socket(AddressFamily::INET6, SocketType::RAW, flags, Some(ipproto::ICMPV6))?;
    // Hosts believe only what no router can have forwarded.
    sockopt::set_ipv6_unicast_hops(&out, Some(255))?;
    let index = netdevice::name_to_index(&out, device)?;
    let listened = NonZeroU32::new(ETH_P_IPV6.to_be().into()).map(Protocol::from_raw);
    let heard = socket(AddressFamily::PACKET, SocketType::RAW, flags, listened)?;
    Ok(Wire { heard, out, index })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn responder() -> NdResponder {
        NdResponder {
            device: "lb0".to_owned(),
            mac: [2, 0, 0, 0, 0, 2],
            net: "2001:db8:4:5::/64".parse().unwrap(),
            asker: [2, 0, 0, 0, 0, 0x10],
        }
    }

    fn solicitation(target: &str) -> Vec<u8> {
        let target: Ipv6Addr = target.parse().unwrap();
        let asker: Ipv6Addr = "2001:db8:4::10".parse().unwrap();
        let mut frame = vec![0x33, 0x33, 0xff, 0, 0, 0x11, 2, 0, 0, 0, 0, 0x10, 0x86, 0xdd];
        frame.extend([0x60, 0, 0, 0, 0, 32, 58, 255]);
        frame.extend(asker.octets());
        frame.extend([0; 16]);
        frame.extend([135, 0, 0, 0, 0, 0, 0, 0]);
        frame.extend(target.octets());
        frame.extend([1, 1, 2, 0, 0, 0, 0, 0x10]);
        frame
    }

    #[test]
    fn questions_for_the_prefix_are_answered() {
        let (asker, target) = responder().question(&solicitation("2001:db8:4:5::11")).unwrap();
        assert_eq!(asker.to_string(), "2001:db8:4::10");
        assert_eq!(target.to_string(), "2001:db8:4:5::11");
        let answer = responder().answer(target);
        assert_eq!(answer.len(), 32);
        assert_eq!(answer[..5], [136, 0, 0, 0, 0xc0]);
        assert_eq!(answer[8..24], target.octets());
    }

    #[test]
    fn other_questions_and_askers_are_not() {
        assert_eq!(responder().question(&solicitation("2001:db8:4:6::11")), None);
        let mut frame = solicitation("2001:db8:4:5::11");
        frame[11] = 0x20;
        assert_eq!(responder().question(&frame), None);
    }

    #[test]
    fn no_truncation_panics() {
        let frame = solicitation("2001:db8:4:5::11");
        for length in 0..frame.len() {
            let _ = responder().question(&frame[..length]);
        }
    }
}
