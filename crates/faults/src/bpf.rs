//! BPF programs that drop frames of one kind, in both instruction sets.
//!
//! The classic one is what `tc` takes as `bytecode`; the extended one is loaded with `bpf(2)`, for
//! XDP, for programs attached to a device without traffic control's own objects (tcx), and for
//! cgroups.

use std::ffi::c_int;
use std::fs::File;
use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};

/// A condition on a frame: its bytes at an offset, under a mask, have a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Test {
    /// From the start of the frame as the program sees it.
    at: i16,
    width: Width,
    /// Byte fields only.
    mask: u8,
    value: u16,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Width {
    Byte,
    /// Two bytes in network order.
    Half,
}

/// Frames of one kind: all conditions hold.
///
/// IPv4 without options and IPv6 without extension headers, in Ethernet without VLAN tags.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Frames {
    tests: Vec<Test>,
    /// Bytes that a frame has at least when all fields that are looked at are in it.
    length: i32,
}

/// Address family of frames.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Family {
    /// IPv4.
    V4,
    /// IPv6.
    V6,
}

const TCP: u16 = 6;
const SYN: u8 = 0x02;
const ACK: u8 = 0x10;

impl Frames {
    /// TCP segments to this port that have ACK and not SYN: everything of a client but its SYN and
    /// its RST.
    pub(crate) fn acks_to(family: Family, port: u16) -> Self {
        Self::segments(family, Port::Destination(port), ACK.into())
    }

    /// SYN-ACKs from this port.
    pub(crate) fn syn_acks_from(family: Family, port: u16) -> Self {
        Self::segments(family, Port::Source(port), (SYN | ACK).into())
    }

    /// IPv4 segments with ACK as their only flag, without an Ethernet header: for programs of a
    /// cgroup.
    pub(crate) fn bare_acks() -> Self {
        Self::bare(ACK)
    }

    /// IPv4 segments with SYN and ACK and no other flag, without an Ethernet header.
    pub(crate) fn bare_syn_acks() -> Self {
        Self::bare(SYN | ACK)
    }

    fn bare(flags: u8) -> Self {
        const IPV4: i16 = 20;
        let byte = |at, value| Test { at, width: Width::Byte, mask: 0xff, value };
        let tests = vec![byte(9, TCP), byte(IPV4 + 13, flags.into())];
        Self { tests, length: i32::from(IPV4) + 14 }
    }

    fn segments(family: Family, port: Port, flags: u16) -> Self {
        const ETHERNET: i16 = 14;
        let (ethertype, protocol_at, header) = match family {
            Family::V4 => (0x0800, 9, 20),
            Family::V6 => (0x86dd, 6, 40),
        };
        let tcp = ETHERNET + header;
        let (port_at, port) = match port {
            Port::Source(port) => (tcp, port),
            Port::Destination(port) => (tcp + 2, port),
        };
        let half = |at, value| Test { at, width: Width::Half, mask: 0xff, value };
        let byte = |at, mask, value| Test { at, width: Width::Byte, mask, value };
        let tests = vec![
            half(12, ethertype),
            byte(ETHERNET + protocol_at, 0xff, TCP),
            half(port_at, port),
            byte(tcp + 13, SYN | ACK, flags),
        ];
        Self { tests, length: i32::from(tcp) + 14 }
    }

    /// The classic program as `tc` takes it: the number of instructions, then `code jt jf k` of
    /// each. It returns `TC_ACT_SHOT` for these frames and `TC_ACT_OK` for all others.
    pub(crate) fn bytecode(&self) -> String {
        const LOAD_HALF: u16 = 0x28;
        const LOAD_BYTE: u16 = 0x30;
        const AND: u16 = 0x54;
        const JUMP_IF_EQUAL: u16 = 0x15;
        const RETURN: u16 = 0x06;
        const OK: i32 = 0;
        const SHOT: i32 = 2;

        let mut program = Vec::new();
        for (nth, test) in self.tests.iter().enumerate() {
            let load = if test.width == Width::Half { LOAD_HALF } else { LOAD_BYTE };
            program.push((load, 0, i32::from(test.at)));
            if test.mask != 0xff {
                program.push((AND, 0, test.mask.into()));
            }
            // Past all that follows here and the return for a match.
            let rest = self.tests[nth + 1..].iter();
            let skip = 1 + rest.map(|test| if test.mask == 0xff { 2 } else { 3 }).sum::<usize>();
            program.push((JUMP_IF_EQUAL, skip, test.value.into()));
        }
        program.push((RETURN, 0, SHOT));
        program.push((RETURN, 0, OK));
        let steps = program.iter().map(|(code, skip, k)| format!(",{code} 0 {skip} {k}"));
        format!("{}{}", program.len(), steps.collect::<String>())
    }

    /// The extended program for a kind of context. Empty of conditions it matches every frame that
    /// is long enough.
    fn instructions(&self, context: &Context) -> Vec<u8> {
        const LOAD_WORD: u8 = 0x61;
        const LOAD_HALF: u8 = 0x69;
        const LOAD_BYTE: u8 = 0x71;
        const MOVE: u8 = 0xbf;
        const MOVE_VALUE: u8 = 0xb7;
        const ADD_VALUE: u8 = 0x07;
        const AND_VALUE: u8 = 0x57;
        const JUMP_IF_GREATER: u8 = 0x2d;
        const JUMP_IF_NOT_VALUE: u8 = 0x55;
        const EXIT: u8 = 0x95;

        // r1 the context, r2 the start of the frame, r3 its end, r4 what must be in it, r5 a field.
        let mut program = vec![
            step(LOAD_WORD, 2, 1, context.data, 0),
            step(LOAD_WORD, 3, 1, context.data_end, 0),
            step(MOVE, 4, 2, 0, 0),
            step(ADD_VALUE, 4, 0, 0, self.length),
            step(JUMP_IF_GREATER, 4, 3, 0, 0),
        ];
        let mut jumps = vec![program.len() - 1];
        for test in &self.tests {
            let (load, value) = match test.width {
                Width::Byte => (LOAD_BYTE, test.value),
                // Loaded in the order of the host.
                Width::Half => (LOAD_HALF, test.value.to_be()),
            };
            program.push(step(load, 5, 2, test.at, 0));
            if test.mask != 0xff {
                program.push(step(AND_VALUE, 5, 0, 0, test.mask.into()));
            }
            jumps.push(program.len());
            program.push(step(JUMP_IF_NOT_VALUE, 5, 0, 0, value.into()));
        }
        program.push(step(MOVE_VALUE, 0, 0, 0, context.drop));
        program.push(step(EXIT, 0, 0, 0, 0));
        let pass = program.len();
        program.push(step(MOVE_VALUE, 0, 0, 0, context.pass));
        program.push(step(EXIT, 0, 0, 0, 0));
        for at in jumps {
            let over = i16::try_from(pass - at - 1).unwrap_or(i16::MAX);
            program[at][2..4].copy_from_slice(&over.to_ne_bytes());
        }
        program.concat()
    }
}

#[derive(Debug, Clone, Copy)]
enum Port {
    Source(u16),
    Destination(u16),
}

/// `struct bpf_insn`: opcode, destination and source register, offset, constant.
fn step(code: u8, to: u8, from: u8, offset: i16, value: i32) -> [u8; 8] {
    let registers = if cfg!(target_endian = "little") { from << 4 | to } else { to << 4 | from };
    let mut bytes = [code, registers, 0, 0, 0, 0, 0, 0];
    bytes[2..4].copy_from_slice(&offset.to_ne_bytes());
    bytes[4..].copy_from_slice(&value.to_ne_bytes());
    bytes
}

/// What a program finds and returns at a place where it can be attached.
#[derive(Debug)]
pub(crate) struct Context {
    /// `enum bpf_prog_type`
    program_type: u32,
    /// `enum bpf_attach_type`
    attach_type: u32,
    /// Offsets of `data` and `data_end` in the context.
    data: i16,
    data_end: i16,
    drop: i32,
    pass: i32,
}

/// `struct xdp_md`, `XDP_DROP`, `XDP_PASS`.
pub(crate) const XDP: Context =
    Context { program_type: 6, attach_type: 37, data: 0, data_end: 4, drop: 1, pass: 2 };

/// `struct __sk_buff`, `TCX_DROP`, `TCX_PASS`; at the ingress of a device.
pub(crate) const TCX_INGRESS: Context =
    Context { program_type: 3, attach_type: 46, data: 76, data_end: 80, drop: 2, pass: 0 };

/// `struct __sk_buff`, from the IP header on; what sockets of a cgroup receive.
pub(crate) const CGROUP_INGRESS: Context =
    Context { program_type: 8, attach_type: 0, data: 76, data_end: 80, drop: 0, pass: 1 };

/// The same of what sockets of a cgroup send.
pub(crate) const CGROUP_EGRESS: Context = Context { attach_type: 1, ..CGROUP_INGRESS };

/// Name of the programs, at most 15 bytes.
const NAME: &[u8] = b"lab_filter";

/// Loads the program that drops these frames, or with `None` one that passes all, into the kernel,
/// which keeps it as long as the descriptor or an attachment lives.
///
/// # Errors
/// The kernel's answer to `BPF_PROG_LOAD`.
pub(crate) fn load(frames: Option<&Frames>, context: &Context) -> io::Result<OwnedFd> {
    const PROG_LOAD: c_int = 5;
    let pass = [step(0xb7, 0, 0, 0, context.pass), step(0x95, 0, 0, 0, 0)].concat();
    let program = frames.map_or(pass, |frames| frames.instructions(context));
    let license = c"Dual MIT/GPL";

    // `union bpf_attr` of BPF_PROG_LOAD up to expected_attach_type.
    let mut attributes = [0; 72];
    let count = u32::try_from(program.len() / 8).unwrap_or_default();
    attributes[..4].copy_from_slice(&context.program_type.to_ne_bytes());
    attributes[4..8].copy_from_slice(&count.to_ne_bytes());
    attributes[8..16].copy_from_slice(&address(program.as_ptr()));
    attributes[16..24].copy_from_slice(&address(license.as_ptr()));
    attributes[48..48 + NAME.len()].copy_from_slice(NAME);
    attributes[68..].copy_from_slice(&context.attach_type.to_ne_bytes());
    let descriptor = bpf(PROG_LOAD, &attributes)?;
    drop(program);
    Ok(owned(descriptor))
}

/// Attaches a program to a cgroup, where it stays as long as the result is open.
///
/// # Errors
/// The kernel's answer to `BPF_LINK_CREATE`: `EINVAL` before Linux 5.7.
pub(crate) fn link(program: &OwnedFd, context: &Context, cgroup: &File) -> io::Result<OwnedFd> {
    const LINK_CREATE: c_int = 28;
    let mut attributes = [0; 72];
    attributes[..4].copy_from_slice(&program.as_raw_fd().to_ne_bytes());
    attributes[4..8].copy_from_slice(&cgroup.as_raw_fd().to_ne_bytes());
    attributes[8..12].copy_from_slice(&context.attach_type.to_ne_bytes());
    bpf(LINK_CREATE, &attributes).map(owned)
}

#[expect(unsafe_code, reason = "a descriptor that the kernel just gave")]
fn owned(descriptor: c_int) -> OwnedFd {
    // SAFETY: both callers have it from a command that returns a new descriptor, which nobody else
    // has.
    unsafe { OwnedFd::from_raw_fd(descriptor) }
}

/// Attaches a program to a device, where it stays until the device ends.
///
/// # Errors
/// The kernel's answer to `BPF_PROG_ATTACH`: `EINVAL` before Linux 6.6.
pub(crate) fn attach(program: &OwnedFd, context: &Context, ifindex: u32) -> io::Result<()> {
    const PROG_ATTACH: c_int = 8;
    let mut attributes = [0; 72];
    attributes[..4].copy_from_slice(&ifindex.to_ne_bytes());
    attributes[4..8].copy_from_slice(&program.as_raw_fd().to_ne_bytes());
    attributes[8..12].copy_from_slice(&context.attach_type.to_ne_bytes());
    bpf(PROG_ATTACH, &attributes).map(drop)
}

fn address<T>(pointer: *const T) -> [u8; 8] {
    (pointer.addr() as u64).to_ne_bytes()
}

#[expect(unsafe_code, reason = "neither libc nor rustix has bpf(2)")]
fn bpf(command: c_int, attributes: &[u8; 72]) -> io::Result<c_int> {
    // SAFETY: the kernel reads the attributes and what they point to, which all callers keep alive
    // beyond the call, and writes nothing: no log was asked for.
    let answer =
        unsafe { libc::syscall(libc::SYS_bpf, command, attributes.as_ptr(), attributes.len()) };
    match c_int::try_from(answer) {
        Ok(answer) if answer >= 0 => Ok(answer),
        _ => Err(io::Error::last_os_error()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytecode_is_what_tc_lists() {
        assert_eq!(
            Frames::acks_to(Family::V4, 80).bytecode(),
            "11,40 0 0 12,21 0 8 2048,48 0 0 23,21 0 6 6,40 0 0 36,21 0 4 80,\
             48 0 0 47,84 0 0 18,21 0 1 16,6 0 0 2,6 0 0 0"
        );
        let v6 = Frames::syn_acks_from(Family::V6, 443).bytecode();
        assert!(v6.contains("40 0 0 54,21 0 4 443,48 0 0 67,84 0 0 18,21 0 1 18,"), "{v6}");
    }

    #[test]
    fn jumps_of_the_extended_program_end_where_it_passes() {
        let bytes = Frames::acks_to(Family::V4, 80).instructions(&XDP);
        let steps: Vec<&[u8]> = bytes.chunks_exact(8).collect();
        let pass = steps.len() - 2;
        assert_eq!(steps[pass], step(0xb7, 0, 0, 0, 2));
        for (at, bytes) in
            steps.iter().enumerate().filter(|(_, bytes)| matches!(bytes[0], 0x2d | 0x55))
        {
            let over = i16::from_ne_bytes([bytes[2], bytes[3]]);
            assert_eq!(at + 1 + usize::try_from(over).unwrap(), pass);
        }
    }
}
