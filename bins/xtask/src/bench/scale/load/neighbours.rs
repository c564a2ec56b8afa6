//! Neighbours of a flat network. Permanent and externally learned entries do not count against the
//! limit that the whole machine shares.

use std::net::Ipv4Addr;

use anyhow::{Result, bail};
use synrecv_faults::Namespace;
use synrecv_netlink::RequestBuilder;

use super::{SINK, index_of, plus};
use crate::bench::scale::wire::{self, Changes, REQUEST};

/// `RTM_NEWNEIGH`
const NEW_NEIGHBOUR: u16 = 28;
/// `NLM_F_CREATE | NLM_F_REPLACE`
const CREATE: u16 = 0x400 | 0x100;
const AF_INET: u8 = 2;
const NUD_STALE: u16 = 0x04;
const NUD_PERMANENT: u16 = 0x80;
const NTF_EXT_LEARNED: u8 = 0x10;
const FIRST: Ipv4Addr = Ipv4Addr::new(172, 16, 1, 0);

/// Enters so many neighbours, two of three permanent.
pub(super) fn add(server: &Namespace, wanted: u32) -> Result<()> {
    let entered = server.run(move || {
        let device = index_of(SINK)?;
        let mut changes = Changes::open()?;
        for number in 0..wanted {
            changes.make(&neighbour(number, device))?;
        }
        changes.flush()?;
        wire::count_neighbours()
    })??;
    if entered < u64::from(wanted) {
        bail!("only {entered} of {wanted} neighbours were entered");
    }
    Ok(())
}

/// `struct ndmsg` with `NDA_DST` and `NDA_LLADDR`
fn neighbour(number: u32, device: u32) -> Vec<u8> {
    let (state, flags) =
        if number % 3 < 2 { (NUD_PERMANENT, 0) } else { (NUD_STALE, NTF_EXT_LEARNED) };
    let mut fixed = [0; 12];
    fixed[0] = AF_INET;
    fixed[4..8].copy_from_slice(&device.to_ne_bytes());
    fixed[8..10].copy_from_slice(&state.to_ne_bytes());
    fixed[10] = flags;
    let [_, a, b, c] = number.to_be_bytes();
    RequestBuilder::new(&fixed)
        .ip(1, plus(FIRST, number).into())
        .attribute(2, &[2, 0xaa, 0, a, b, c])
        .message(NEW_NEIGHBOUR, REQUEST | CREATE, 0)
}
