//! A machine for filters, so that tests need no kernel.

use libc::{
    BPF_ABS, BPF_ADD, BPF_ALU, BPF_AND, BPF_B, BPF_H, BPF_IMM, BPF_IND, BPF_JA, BPF_JEQ, BPF_JGT,
    BPF_JMP, BPF_JSET, BPF_LD, BPF_LDX, BPF_LSH, BPF_MEM, BPF_MISC, BPF_MUL, BPF_RET, BPF_ST,
    BPF_STX, BPF_W, BPF_X, BPF_XOR, SKF_AD_HATYPE, SKF_AD_IFINDEX, SKF_AD_OFF, SKF_AD_PKTTYPE,
    SKF_AD_PROTOCOL, SKF_AD_RANDOM, SKF_NET_OFF,
};

use super::Instruction;

/// A packet as the kernel shows it to a filter.
#[derive(Clone, Debug)]
pub(super) struct Packet {
    /// From the link-layer header on, where the device has one.
    pub(super) octets: Vec<u8>,
    /// Where the network header starts.
    pub(super) network: usize,
    pub(super) hardware: u32,
    pub(super) protocol: u32,
    pub(super) ifindex: u32,
    pub(super) direction: u32,
    pub(super) random: u32,
}

impl Packet {
    /// What lies at an offset; `None` ends the program as the kernel does: nothing passes.
    fn load(&self, offset: u32, size: usize) -> Option<u32> {
        let signed = offset.cast_signed();
        let at = if signed >= 0 {
            usize::try_from(offset).ok()?
        } else if signed >= SKF_AD_OFF {
            return Some(match signed - SKF_AD_OFF {
                SKF_AD_HATYPE => self.hardware,
                SKF_AD_IFINDEX => self.ifindex,
                SKF_AD_PKTTYPE => self.direction,
                SKF_AD_PROTOCOL => self.protocol,
                SKF_AD_RANDOM => self.random,
                other => panic!("ancillary {other}"),
            });
        } else {
            self.network + usize::try_from(signed - SKF_NET_OFF).ok()?
        };
        let octets = self.octets.get(at..at + size)?;
        Some(octets.iter().fold(0, |value, octet| value << 8 | u32::from(*octet)))
    }
}

/// Octets that pass.
pub(super) fn run(program: &[Instruction], packet: &Packet) -> u32 {
    let (mut a, mut x, mut memory, mut at) = (0_u32, 0_u32, [0_u32; 16], 0_usize);
    loop {
        let Instruction { code, jt, jf, k } = program[at];
        at += 1;
        let code = u32::from(code);
        match code & 0x07 {
            BPF_LD => {
                let size = match code & 0x18 {
                    BPF_B => 1,
                    BPF_H => 2,
                    _ => 4,
                };
                let loaded = match code & 0xe0 {
                    BPF_ABS => packet.load(k, size),
                    BPF_IND => packet.load(x.wrapping_add(k), size),
                    BPF_MEM => Some(memory[k as usize]),
                    mode => panic!("load {mode:#x}"),
                };
                let Some(loaded) = loaded else { return 0 };
                a = loaded;
            }
            BPF_LDX => {
                assert_eq!(code & 0x18, BPF_W);
                x = match code & 0xe0 {
                    BPF_IMM => k,
                    BPF_MEM => memory[k as usize],
                    mode => panic!("load X {mode:#x}"),
                };
            }
            BPF_ST => memory[k as usize] = a,
            BPF_STX => memory[k as usize] = x,
            BPF_ALU => {
                let operand = if code & BPF_X == 0 { k } else { x };
                a = match code & 0xf0 {
                    BPF_ADD => a.wrapping_add(operand),
                    BPF_AND => a & operand,
                    BPF_LSH => a << operand,
                    BPF_MUL => a.wrapping_mul(operand),
                    BPF_XOR => a ^ operand,
                    operation => panic!("operation {operation:#x}"),
                };
            }
            BPF_JMP => {
                let holds = match code & 0xf0 {
                    BPF_JA => {
                        at += k as usize;
                        continue;
                    }
                    BPF_JEQ => a == k,
                    BPF_JGT => a > k,
                    BPF_JSET => a & k != 0,
                    condition => panic!("condition {condition:#x}"),
                };
                at += usize::from(if holds { jt } else { jf });
            }
            BPF_RET => return k,
            BPF_MISC => x = a,
            class => panic!("class {class}"),
        }
    }
}
