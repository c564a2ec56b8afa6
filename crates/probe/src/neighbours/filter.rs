//! Which frames the kernel hands over: classic BPF programs, in force before a socket is bound.

use libc::{BPF_ABS, BPF_B, BPF_H, BPF_JEQ, BPF_JMP, BPF_K, BPF_LD, BPF_RET, sock_filter};

use super::wire::{ADVERTISEMENT, ARP, ARP_REPLY, HOP_LIMIT, ICMPV6, IPV6, SOLICITATION};

/// Octets that pass of a frame: more than an advertisement with the options that are in use.
pub(super) const SNAP: u32 = 256;

/// A comparison: octets from where, how many, and what they may be.
type Test<'a> = (u32, u32, &'a [u32]);

/// Lets ARP replies pass.
pub(super) fn arp() -> Vec<sock_filter> {
    program(&[(BPF_H, 12, &[u32::from(ARP)]), (BPF_H, 20, &[u32::from(ARP_REPLY)])])
}

/// Lets neighbour advertisements and solicitations pass that no router passed on.
pub(super) fn discovery() -> Vec<sock_filter> {
    program(&[
        (BPF_H, 12, &[u32::from(IPV6)]),
        (BPF_B, 20, &[u32::from(ICMPV6)]),
        (BPF_B, 21, &[u32::from(HOP_LIMIT)]),
        (BPF_B, 54, &[u32::from(ADVERTISEMENT), u32::from(SOLICITATION)]),
    ])
}

/// What meets all tests passes.
fn program(tests: &[Test<'_>]) -> Vec<sock_filter> {
    let short = |count: usize| u8::try_from(count).expect("there are some tests only");
    let mut left: usize = tests.iter().map(|(_, _, wanted)| 1 + wanted.len()).sum();
    let mut program = Vec::with_capacity(left + 2);
    for (size, at, wanted) in tests {
        program.push(instruction(BPF_LD | size | BPF_ABS, *at, (0, 0)));
        left -= 1;
        for (place, value) in wanted.iter().enumerate() {
            let others = wanted.len() - 1 - place;
            left -= 1;
            // To the next test over the other values; or, after the last value, to the last
            // instruction over the rest of the tests and the one that lets pass.
            let fails = if others > 0 { 0 } else { left + 1 };
            let ways = (short(others), short(fails));
            program.push(instruction(BPF_JMP | BPF_JEQ | BPF_K, *value, ways));
        }
    }
    program.push(instruction(BPF_RET | BPF_K, SNAP, (0, 0)));
    program.push(instruction(BPF_RET | BPF_K, 0, (0, 0)));
    program
}

fn instruction(code: u32, k: u32, (jt, jf): (u8, u8)) -> sock_filter {
    let code = u16::try_from(code).expect("operations are numbers of 16 bits");
    sock_filter { code, jt, jf, k }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Octets that pass, as the kernel runs it.
    fn run(program: &[sock_filter], frame: &[u8]) -> u32 {
        let (mut at, mut a) = (0, 0);
        loop {
            let sock_filter { code, jt, jf, k } = program[at];
            let code = u32::from(code);
            at += 1;
            if code & 7 == BPF_RET {
                return k;
            }
            if code & 7 == BPF_JMP {
                at += usize::from(if a == k { jt } else { jf });
                continue;
            }
            let len = if code & 0x18 == BPF_B { 1 } else { 2 };
            let from = k as usize;
            let Some(octets) = frame.get(from..from + len) else { return 0 };
            a = octets.iter().fold(0, |value, octet| value << 8 | u32::from(*octet));
        }
    }

    fn arp_frame(operation: u8) -> Vec<u8> {
        let mut frame = vec![0; 42];
        frame[12..14].copy_from_slice(&[8, 6]);
        frame[21] = operation;
        frame
    }

    fn nd_frame(kind: u8, hop_limit: u8) -> Vec<u8> {
        let mut frame = vec![0; 86];
        frame[12..14].copy_from_slice(&[0x86, 0xdd]);
        frame[20..22].copy_from_slice(&[58, hop_limit]);
        frame[54] = kind;
        frame
    }

    #[test]
    fn answers_pass_and_nothing_else() {
        let passes = |program: &[sock_filter], frame: &[u8]| run(program, frame) == SNAP;
        assert!(passes(&arp(), &arp_frame(2)) && !passes(&arp(), &arp_frame(1)));
        assert!(!passes(&arp(), &nd_frame(136, 255)) && !passes(&arp(), &arp_frame(2)[..21]));
        let nd = discovery();
        assert!(passes(&nd, &nd_frame(136, 255)) && passes(&nd, &nd_frame(135, 255)));
        assert!(!passes(&nd, &nd_frame(134, 255)) && !passes(&nd, &nd_frame(137, 255)));
        assert!(!passes(&nd, &nd_frame(136, 254)) && !passes(&nd, &nd_frame(136, 255)[..54]));
    }
}
