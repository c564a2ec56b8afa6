//! Puts a classic BPF program together: instructions, and jumps to labels further on.

use libc::{
    BPF_ABS, BPF_ALU, BPF_B, BPF_H, BPF_IMM, BPF_IND, BPF_JA, BPF_JMP, BPF_K, BPF_LD, BPF_LDX,
    BPF_MEM, BPF_MISC, BPF_RET, BPF_ST, BPF_STX, BPF_TAX, BPF_W, BPF_X, SKF_AD_OFF,
};

/// One instruction, `struct sock_filter`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::live) struct Instruction {
    /// Operation.
    pub(in crate::live) code: u16,
    /// Instructions skipped when a condition holds.
    pub(in crate::live) jt: u8,
    /// Instructions skipped when it does not.
    pub(in crate::live) jf: u8,
    /// Operand.
    pub(in crate::live) k: u32,
}

/// Where a jump leads.
#[derive(Clone, Copy, Debug)]
pub(super) enum To<L> {
    /// The next instruction.
    Next,
    /// A label further on.
    At(L),
}

/// Instructions of which some still wait for their labels.
#[derive(Debug)]
pub(super) struct Program<L> {
    instructions: Vec<Instruction>,
    /// Instruction, way out of it, and where that leads.
    open: Vec<(usize, Way, L)>,
}

#[derive(Clone, Copy, Debug)]
enum Way {
    Holds,
    Fails,
    Always,
}

impl<L: Copy + PartialEq + std::fmt::Debug> Program<L> {
    pub(super) fn new() -> Self {
        Self { instructions: Vec::new(), open: Vec::new() }
    }

    fn push(&mut self, code: u32, k: u32) {
        let code = u16::try_from(code).expect("operations are numbers of 16 bits");
        self.instructions.push(Instruction { code, jt: 0, jf: 0, k });
    }

    /// A = an octet at X + `k`.
    pub(super) fn octet(&mut self, k: u32) {
        self.push(BPF_LD | BPF_B | BPF_IND, k);
    }

    /// A = two octets at X + `k`.
    pub(super) fn half(&mut self, k: u32) {
        self.push(BPF_LD | BPF_H | BPF_IND, k);
    }

    /// A = four octets at X + `k`.
    pub(super) fn word(&mut self, k: u32) {
        self.push(BPF_LD | BPF_W | BPF_IND, k);
    }

    /// A = two octets at `k`.
    pub(super) fn half_at(&mut self, k: u32) {
        self.push(BPF_LD | BPF_H | BPF_ABS, k);
    }

    /// A = what the kernel knows about the packet, `SKF_AD_*`.
    pub(super) fn ancillary(&mut self, what: i32) {
        self.push(BPF_LD | BPF_W | BPF_ABS, (SKF_AD_OFF + what).cast_unsigned());
    }

    /// X = `k`.
    pub(super) fn set_x(&mut self, k: u32) {
        self.push(BPF_LDX | BPF_W | BPF_IMM, k);
    }

    /// X = A.
    pub(super) fn move_to_x(&mut self) {
        self.push(BPF_MISC | BPF_TAX, 0);
    }

    /// Scratch word `at` = A.
    pub(super) fn keep(&mut self, at: u32) {
        self.push(BPF_ST, at);
    }

    /// Scratch word `at` = X.
    pub(super) fn keep_x(&mut self, at: u32) {
        self.push(BPF_STX, at);
    }

    /// A = scratch word `at`.
    pub(super) fn recall(&mut self, at: u32) {
        self.push(BPF_LD | BPF_MEM, at);
    }

    /// X = scratch word `at`.
    pub(super) fn recall_x(&mut self, at: u32) {
        self.push(BPF_LDX | BPF_MEM, at);
    }

    /// A = A `operation` `k`.
    pub(super) fn with(&mut self, operation: u32, k: u32) {
        self.push(BPF_ALU | operation | BPF_K, k);
    }

    /// A = A `operation` X.
    pub(super) fn with_x(&mut self, operation: u32) {
        self.push(BPF_ALU | operation | BPF_X, 0);
    }

    /// Ends: so many octets of the frame pass.
    pub(super) fn give(&mut self, octets: u32) {
        self.push(BPF_RET | BPF_K, octets);
    }

    /// Goes on at a label.
    pub(super) fn go(&mut self, to: L) {
        self.open.push((self.instructions.len(), Way::Always, to));
        self.push(BPF_JMP | BPF_JA, 0);
    }

    /// Compares A with `k`.
    pub(super) fn jump(&mut self, condition: u32, k: u32, holds: To<L>, fails: To<L>) {
        let here = self.instructions.len();
        for (way, to) in [(Way::Holds, holds), (Way::Fails, fails)] {
            if let To::At(label) = to {
                self.open.push((here, way, label));
            }
        }
        self.push(BPF_JMP | condition | BPF_K, k);
    }

    /// Jumps to `label` so far lead here.
    pub(super) fn label(&mut self, label: L) {
        let target = self.instructions.len();
        let Self { instructions, open } = self;
        open.retain(|&(from, way, to)| {
            if to != label {
                return true;
            }
            let skipped = target - from - 1;
            let near = || u8::try_from(skipped).expect("conditions lead no further than 255");
            match way {
                Way::Holds => instructions[from].jt = near(),
                Way::Fails => instructions[from].jf = near(),
                Way::Always => {
                    instructions[from].k = u32::try_from(skipped).expect("programs are short");
                }
            }
            false
        });
    }

    pub(super) fn finish(self) -> Vec<Instruction> {
        assert!(self.open.is_empty(), "a jump leads nowhere: {:?}", self.open);
        self.instructions
    }
}
