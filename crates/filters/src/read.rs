//! What the kernel holds for the calling thread's network namespace now.
//!
//! Nothing is made by looking: no module is loaded, no table instantiated, no hook registered.

mod device;
mod legacy;
mod nft;
mod sockopt;

use std::fs;
use std::path::Path;

use synrecv_model::{FilterChain, Flaw, Gap, Reading, Reason, Section};
use synrecv_netlink::clock;

pub use device::device_filters;

/// Whether nf_tables may be asked for its rules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NfTables {
    /// Asking loads nothing.
    Ask,
    /// It is certain that it is neither loaded nor built in, so that there are no rules.
    Absent,
    /// Asking could load it.
    Refused(Gap),
}

impl From<Result<(), Gap>> for NfTables {
    fn from(allowed: Result<(), Gap>) -> Self {
        match allowed {
            Ok(()) => Self::Ask,
            Err(gap) => Self::Refused(gap),
        }
    }
}

/// Chains of one system, and what is wrong with them.
type Chains = (Vec<FilterChain>, Vec<Flaw>);

/// Reads the chains and rules of nftables and of `iptables-legacy`. Blocks for the time of the dumps.
///
/// `proc_net` is `/proc/thread-self/net` of the namespace. Needs CAP_NET_ADMIN over the namespace
/// wherever there is something to list.
pub fn netfilter(proc_net: &Path, nf_tables: impl Into<NfTables>) -> Section<Vec<FilterChain>> {
    let started = clock::now();
    let nft = match nf_tables.into() {
        NfTables::Absent => Ok(Chains::default()),
        _ if has_nfnetlink(proc_net) == Some(false) => Ok(Chains::default()),
        NfTables::Ask => nft::chains(),
        NfTables::Refused(gap) => Err(gap),
    };
    let (chains, flaws) = match (nft, legacy::chains(proc_net)) {
        (Err(gap), Err(_)) => return Section::Missing(gap),
        // What one system holds says nothing about the other.
        (Ok((chains, mut flaws)), Err(gap)) | (Err(gap), Ok((chains, mut flaws))) => {
            flaws.push(Flaw::PartMissing(gap));
            (chains, flaws)
        }
        (Ok((mut chains, mut flaws)), Ok((others, more))) => {
            chains.extend(others);
            flaws.extend(more);
            (chains, flaws)
        }
    };
    let reading = Reading { source: "netfilter".into(), started, ended: clock::now() };
    Section::from_reading(chains, flaws, reading)
}

/// Whether the kernel's end of nfnetlink exists: nf_tables has no other way in. `None` when the list
/// of sockets cannot be read.
fn has_nfnetlink(proc_net: &Path) -> Option<bool> {
    const NETLINK_NETFILTER: &str = "12";
    const KERNEL: &str = "0";
    let sockets = fs::read_to_string(proc_net.join("netlink")).ok()?;
    // sk Eth Pid ...
    let is_ours = |line: &str| {
        let mut fields = line.split_ascii_whitespace().skip(1);
        fields.next() == Some(NETLINK_NETFILTER) && fields.next() == Some(KERNEL)
    };
    Some(sockets.lines().any(is_ours))
}

/// What a user without rights misses.
fn needs_root() -> Gap {
    Gap::new(
        Reason::NeedsRoot,
        "listing the rules of nftables and iptables needs CAP_NET_ADMIN; root sees each rule with \
         its counter",
    )
}
