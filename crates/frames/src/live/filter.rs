//! Which frames the kernel hands over: a classic BPF program.
//!
//! It runs for every packet of every device, and what it lets pass is copied. That is TCP segments of
//! the handshakes that are followed, ARP, neighbour discovery, and ICMP errors that quote TCP.

mod assemble;
#[cfg(test)]
mod machine;
#[cfg(test)]
mod tests;

use std::net::IpAddr;

use libc::{
    BPF_ADD, BPF_AND, BPF_JEQ, BPF_JGT, BPF_JSET, BPF_LSH, BPF_MUL, BPF_XOR, SKF_AD_HATYPE,
    SKF_AD_IFINDEX, SKF_AD_PKTTYPE, SKF_AD_PROTOCOL, SKF_AD_RANDOM, SKF_NET_OFF,
};

use super::selection::{MULTIPLIER, Selection};
pub(super) use assemble::Instruction;
use assemble::{Program, To};

/// Octets of a frame that are kept: link-layer header with two tags, IPv6 header, and the longest TCP
/// header, or an ICMP error with the headers that it quotes.
pub(super) const SNAP: u32 = 160;

/// TCP segments that are wanted at all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Scope {
    /// Those from or to this address, or an address that shares so many leading bits with it.
    pub peer: Option<(IpAddr, u8)>,
    /// Those from or to this port.
    pub port: Option<u16>,
}

/// Ethernet types.
const IPV4: u32 = 0x0800;
const IPV6: u32 = 0x86dd;
const ARP: u32 = 0x0806;
const TAGS: [u32; 3] = [0x8100, 0x88a8, 0x9100];

/// Protocols, and the IPv6 extension headers that can precede TCP.
const ICMP: u32 = 1;
const TCP: u32 = 6;
const ICMPV6: u32 = 58;
const EXTENSIONS: [u32; 5] = [0, 43, 44, 51, 60];

/// Hardware types of devices with an Ethernet header: ARPHRD_ETHER, ARPHRD_LOOPBACK.
const ETHERNET: [u32; 2] = [1, 772];

/// `sll_pkttype` of a frame that is sent: PACKET_OUTGOING.
const OUTGOING: u32 = 4;

/// ifindex of `lo`, in every network namespace.
const LOOPBACK: u32 = 1;

/// Octets of an Ethernet header, of a tag, and of an IPv6 header.
const ETHERNET_LEN: u32 = 14;
const TAG_LEN: u32 = 4;
const IPV6_LEN: u32 = 40;

/// Octets of an ICMP header, which the quoted packet follows.
const ICMP_LEN: u32 = 8;

/// ICMP types that quote what they are about: unreachable, source quench, redirect, time exceeded,
/// parameter problem; those of ICMPv6; and neighbour solicitation, advertisement and redirect.
const ICMP_ERRORS: [u32; 5] = [3, 4, 5, 11, 12];
const ICMPV6_ERRORS: [u32; 4] = [1, 2, 3, 4];
const NEIGHBOUR_DISCOVERY: [u32; 3] = [135, 136, 137];

/// Scratch words.
const ADDRESSES: u32 = 0;
const START: u32 = 1;
const NUMBER: u32 = 2;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Label {
    SeenOnce,
    Ethernet,
    Tagged(u8),
    V4,
    V4Tcp,
    V4Icmp,
    V6,
    V6Tcp,
    V6Icmp,
    V6Extended,
    Quoted,
    /// The other end is to be looked at.
    OtherEnd,
    Wanted,
    Segment,
    WantedPort,
    Other,
    Accept,
    Drop,
}

use Label::{Accept, Drop};
use To::{At, Next};

/// The program for what is wanted and what is selected of it.
pub(super) fn program(scope: &Scope, selection: &Selection) -> Vec<Instruction> {
    let mut p = Program::new();
    seen_once(&mut p);
    link_layer(&mut p);
    version_4(&mut p, scope);
    version_6(&mut p, scope);
    segments(&mut p, scope, selection);
    p.label(Label::Other);
    if selection.others_one_in > 1 {
        p.ancillary(SKF_AD_RANDOM);
        p.jump(BPF_JGT, u32::MAX / selection.others_one_in, At(Drop), Next);
    }
    p.label(Accept);
    p.give(SNAP);
    p.label(Drop);
    p.give(0);
    p.finish()
}

/// A packet of `lo` comes by when it is sent and when it is received; the latter is enough.
fn seen_once(p: &mut Program<Label>) {
    p.ancillary(SKF_AD_PKTTYPE);
    p.jump(BPF_JEQ, OUTGOING, Next, At(Label::SeenOnce));
    p.ancillary(SKF_AD_IFINDEX);
    p.jump(BPF_JEQ, LOOPBACK, At(Drop), Next);
    p.label(Label::SeenOnce);
}

/// Finds the IP header: from here on X is where it starts.
///
/// Without an Ethernet header that is what the kernel calls the network header. Such offsets do not
/// serve for all frames: they read what lies in one piece only, and some drivers cut within headers.
fn link_layer(p: &mut Program<Label>) {
    p.ancillary(SKF_AD_HATYPE);
    one_of(p, ETHERNET, Label::Ethernet);
    p.set_x(SKF_NET_OFF.cast_unsigned());
    p.ancillary(SKF_AD_PROTOCOL);
    p.jump(BPF_JEQ, IPV4, At(Label::V4), Next);
    p.jump(BPF_JEQ, IPV6, At(Label::V6), At(Drop));

    // The outermost tag is in the frame only when it is sent by a device that cannot add it.
    p.label(Label::Ethernet);
    for tags in 0..=2_u8 {
        p.label(Label::Tagged(tags));
        let header = ETHERNET_LEN + TAG_LEN * u32::from(tags);
        p.set_x(header);
        p.half_at(header - 2);
        p.jump(BPF_JEQ, IPV4, At(Label::V4), Next);
        p.jump(BPF_JEQ, IPV6, At(Label::V6), Next);
        p.jump(BPF_JEQ, ARP, At(Label::Other), Next);
        if tags < 2 {
            one_of(p, TAGS, Label::Tagged(tags + 1));
        }
        p.go(Drop);
    }
}

fn version_4(p: &mut Program<Label>, scope: &Scope) {
    p.label(Label::V4);
    // Not the first fragment: no ports.
    p.half(6);
    p.jump(BPF_JSET, 0x1fff, At(Drop), Next);
    p.octet(9);
    p.jump(BPF_JEQ, TCP, At(Label::V4Tcp), Next);
    p.jump(BPF_JEQ, ICMP, At(Label::V4Icmp), At(Drop));

    p.label(Label::V4Icmp);
    skip_header(p);
    p.octet(0);
    one_of(p, ICMP_ERRORS, Label::Quoted);
    p.go(Drop);
    p.label(Label::Quoted);
    p.octet(ICMP_LEN + 9);
    p.jump(BPF_JEQ, TCP, At(Label::Other), At(Drop));

    p.label(Label::V4Tcp);
    match scope.peer {
        Some((IpAddr::V4(peer), len)) => {
            let peer = [peer.to_bits()];
            either_end(p, [12, 16], &peer, len);
        }
        Some((IpAddr::V6(_), _)) => p.go(Drop),
        None => {}
    }
    fold(p, 12, 2);
    skip_header(p);
    p.go(Label::Segment);
}

fn version_6(p: &mut Program<Label>, scope: &Scope) {
    p.label(Label::V6);
    p.octet(6);
    p.jump(BPF_JEQ, TCP, At(Label::V6Tcp), Next);
    p.jump(BPF_JEQ, ICMPV6, At(Label::V6Icmp), Next);
    one_of(p, EXTENSIONS, Label::V6Extended);
    p.go(Drop);

    // Rare: the ends are not looked for behind it. Each of these headers starts with the next type.
    p.label(Label::V6Extended);
    p.octet(IPV6_LEN);
    p.jump(BPF_JEQ, TCP, At(Label::Other), At(Drop));

    p.label(Label::V6Icmp);
    p.octet(IPV6_LEN);
    one_of(p, NEIGHBOUR_DISCOVERY, Label::Other);
    one_of(p, ICMPV6_ERRORS, Label::Quoted);
    p.go(Drop);
    p.label(Label::Quoted);
    p.octet(IPV6_LEN + ICMP_LEN + 6);
    p.jump(BPF_JEQ, TCP, At(Label::Other), At(Drop));

    p.label(Label::V6Tcp);
    match scope.peer {
        Some((IpAddr::V6(peer), len)) => {
            let octets = peer.octets();
            let words: Vec<u32> = octets
                .chunks_exact(4)
                .map(|word| u32::from_be_bytes([word[0], word[1], word[2], word[3]]))
                .collect();
            either_end(p, [8, 24], &words, len);
        }
        Some((IpAddr::V4(_), _)) => p.go(Drop),
        None => {}
    }
    fold(p, 8, 8);
    p.with(BPF_ADD, IPV6_LEN);
    p.move_to_x();
    p.go(Label::Segment);
}

/// X is where the TCP header starts, the first scratch word what the addresses fold to.
fn segments(p: &mut Program<Label>, scope: &Scope, selection: &Selection) {
    p.label(Label::Segment);
    if let Some(port) = scope.port {
        p.half(0);
        p.jump(BPF_JEQ, port.into(), At(Label::WantedPort), Next);
        p.half(2);
        p.jump(BPF_JEQ, port.into(), Next, At(Drop));
        p.label(Label::WantedPort);
    }
    if selection.one_in > 1 {
        p.half(0);
        p.keep(NUMBER);
        p.half(2);
        p.recall_x(NUMBER);
        p.with_x(BPF_XOR);
        p.with(BPF_LSH, 16);
        p.recall_x(ADDRESSES);
        p.with_x(BPF_XOR);
        for number in &selection.followed {
            p.jump(BPF_JEQ, *number, At(Accept), Next);
        }
        p.with(BPF_MUL, MULTIPLIER);
        p.jump(BPF_JGT, selection.limit(), At(Drop), Next);
    }
    p.go(Accept);
}

/// Goes to `label` when A is one of these.
fn one_of<const N: usize>(p: &mut Program<Label>, values: [u32; N], label: Label) {
    for value in values {
        p.jump(BPF_JEQ, value, At(label), Next);
    }
}

/// X is behind the IPv4 header that it was the start of.
fn skip_header(p: &mut Program<Label>) {
    p.octet(0);
    p.with(BPF_AND, 0x0f);
    p.with(BPF_LSH, 2);
    p.with_x(BPF_ADD);
    p.move_to_x();
}

/// Drops what neither comes from nor goes to the prefix. `ends` are the offsets of both addresses.
fn either_end(p: &mut Program<Label>, ends: [u32; 2], prefix: &[u32], len: u8) {
    let otherwise = [At(Label::OtherEnd), At(Drop)];
    for (end, otherwise) in ends.into_iter().zip(otherwise) {
        let mut left = u32::from(len);
        for (word, at) in prefix.iter().zip((end..).step_by(4)) {
            let bits = left.min(32);
            left -= bits;
            if bits > 0 {
                let mask = u32::MAX << (32 - bits);
                p.word(at);
                p.with(BPF_AND, mask);
                p.jump(BPF_JEQ, word & mask, Next, otherwise);
            }
        }
        p.go(Label::Wanted);
        p.label(Label::OtherEnd);
    }
    p.label(Label::Wanted);
}

/// Folds so many words from `at` on into the first scratch word; X stays, A is X.
fn fold(p: &mut Program<Label>, at: u32, words: u32) {
    p.keep_x(START);
    p.word(at);
    for word in 1..words {
        p.keep(ADDRESSES);
        p.recall_x(START);
        p.word(at + 4 * word);
        p.recall_x(ADDRESSES);
        p.with_x(BPF_XOR);
    }
    p.keep(ADDRESSES);
    p.recall_x(START);
    p.recall(START);
}
