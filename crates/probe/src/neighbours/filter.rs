//! Which frames the kernel hands over: classic BPF programs, in force before a socket is bound.

use libc::{BPF_ABS, BPF_B, BPF_H, BPF_JEQ, BPF_JMP, BPF_K, BPF_LD, BPF_RET, sock_filter};

use super::wire::{ADVERTISEMENT, ARP, ARP_REPLY, HOP_LIMIT, ICMPV6, IPV6};

/// Octets that pass of a frame: more than an advertisement with the options that are in use.
pub(super) const SNAP: u32 = 256;

/// A comparison: octets from where, how many, and what they have to be.
type Test = (u32, u32, u32);

/// Lets ARP replies pass.
pub(super) fn arp() -> Vec<sock_filter> {
    program(&[(BPF_H, 12, ARP.into()), (BPF_H, 20, ARP_REPLY.into())])
}

/// Lets neighbour advertisements pass that no router passed on.
pub(super) fn advertisements() -> Vec<sock_filter> {
    program(&[
        (BPF_H, 12, IPV6.into()),
        (BPF_B, 20, ICMPV6.into()),
        (BPF_B, 21, HOP_LIMIT.into()),
        (BPF_B, 54, ADVERTISEMENT.into()),
    ])
}

/// What meets all tests passes.
fn program(tests: &[Test]) -> Vec<sock_filter> {
    let mut left = tests.len();
    let mut program = Vec::with_capacity(2 * left + 2);
    for (size, at, wanted) in tests {
        left -= 1;
        program.push(instruction(BPF_LD | size | BPF_ABS, *at, 0));
        // To the last instruction: the rest of the tests, and the one that lets pass.
        let skipped = u8::try_from(2 * left + 1).expect("there are some tests only");
        program.push(instruction(BPF_JMP | BPF_JEQ | BPF_K, *wanted, skipped));
    }
    program.push(instruction(BPF_RET | BPF_K, SNAP, 0));
    program.push(instruction(BPF_RET | BPF_K, 0, 0));
    program
}

fn instruction(code: u32, k: u32, jf: u8) -> sock_filter {
    let code = u16::try_from(code).expect("operations are numbers of 16 bits");
    sock_filter { code, jt: 0, jf, k }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Octets that pass, as the kernel runs it.
    fn run(program: &[sock_filter], frame: &[u8]) -> u32 {
        let (mut at, mut a) = (0, 0);
        loop {
            let sock_filter { code, jf, k, .. } = program[at];
            let code = u32::from(code);
            at += 1;
            if code & 7 == BPF_RET {
                return k;
            }
            if code & 7 == BPF_JMP {
                at += if a == k { 0 } else { usize::from(jf) };
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
        let nd = advertisements();
        assert!(passes(&nd, &nd_frame(136, 255)) && !passes(&nd, &nd_frame(135, 255)));
        assert!(!passes(&nd, &nd_frame(136, 254)) && !passes(&nd, &nd_frame(136, 255)[..54]));
    }
}
