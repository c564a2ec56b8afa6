//! nf_tables: payloads of `NFNL_SUBSYS_NFTABLES` messages, see `linux/netfilter/nf_tables.h`.

mod condition;
mod load;
mod lookup;
mod register;
mod rule;
mod selector;
mod set;
mod statement;
mod value;

use std::collections::HashMap;

use synrecv_model::{
    BaseChain, ChainKind, FilterChain, FilterFamily, FilterSystem, Foreign, Hook, RuleVerdict,
    order,
};
use synrecv_netlink::{Attributes, Undecodable};

use self::set::Set;
use super::fields::Fields;

pub(super) use self::set::verdict_text;
pub use self::value::DeviceNames;
pub(super) use self::value::{address, prefix_len};

/// `struct nfgenmsg`.
const HEADER_LEN: usize = 4;

const NFT_TABLE_F_DORMANT: u32 = 0x1;
const NFPROTO_INET: u8 = 1;
const NFPROTO_ARP: u8 = 3;
const NFPROTO_NETDEV: u8 = 5;

/// Elements of all sets together that are kept at most.
const ELEMENTS_MAX: usize = 65_536;

/// Family, table and name of a chain or set.
type Name = (u8, String, String);

/// A set whose elements are to be read: NFT_MSG_GETSETELEM.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetName {
    /// `nfgen_family` of its table.
    pub family: u8,
    /// NFTA_SET_ELEM_LIST_TABLE
    pub table: String,
    /// NFTA_SET_ELEM_LIST_SET
    pub name: String,
}

/// Everything that nf_tables holds, put together from messages. They have to come in this order:
/// tables, chains, sets, elements, rules.
#[derive(Debug, Default)]
pub struct Ruleset {
    dormant: Vec<(u8, String)>,
    chains: Vec<FilterChain>,
    places: HashMap<Name, usize>,
    sets: HashMap<Name, Set>,
    element_count: usize,
}

/// Splits off `nfgen_family`.
fn message(payload: &[u8]) -> Result<(u8, Fields<'_>), Undecodable> {
    let Some(([family, ..], attributes)) = payload.split_first_chunk::<HEADER_LEN>() else {
        return Err(Undecodable::new("nftables message shorter than its header"));
    };
    Ok((*family, Fields::new(attributes)?))
}

/// A text attribute that has to be there.
fn needed(fields: &Fields<'_>, kind: usize, what: &'static str) -> Result<String, Undecodable> {
    fields.text(kind).ok_or_else(|| Undecodable::new(what))
}

/// The generation of the ruleset: it grows with every change. NFT_MSG_NEWGEN.
pub fn generation(payload: &[u8]) -> Result<u32, Undecodable> {
    let (_, fields) = message(payload)?;
    fields.be32(1).ok_or_else(|| Undecodable::new("nftables generation without NFTA_GEN_ID"))
}

impl Ruleset {
    /// NFT_MSG_NEWTABLE.
    pub fn table(&mut self, payload: &[u8]) -> Result<(), Undecodable> {
        let (family, fields) = message(payload)?;
        let name = needed(&fields, 1, "nftables table without a name")?;
        if fields.be32(2).unwrap_or(0) & NFT_TABLE_F_DORMANT != 0 {
            self.dormant.push((family, name));
        }
        Ok(())
    }

    /// NFT_MSG_NEWCHAIN.
    pub fn chain(&mut self, payload: &[u8]) -> Result<(), Undecodable> {
        let (family, fields) = message(payload)?;
        let table = needed(&fields, 1, "nftables chain without a table")?;
        let name = needed(&fields, 3, "nftables chain without a name")?;
        let dormant = self.dormant.iter().any(|(f, t)| (*f, t) == (family, &table));
        let base = match fields.nested(4)? {
            Some(hook) if !dormant => Some(base_chain(family, &fields, &hook)?),
            _ => None,
        };
        self.places.insert((family, table.clone(), name.clone()), self.chains.len());
        self.chains.push(FilterChain {
            system: FilterSystem::Nftables,
            family: FilterFamily::from_number(family),
            table: Foreign(table),
            name: Foreign(name),
            base,
            rules: Vec::new(),
        });
        Ok(())
    }

    /// NFT_MSG_NEWSET.
    pub fn set(&mut self, payload: &[u8]) -> Result<(), Undecodable> {
        let (family, fields) = message(payload)?;
        let table = needed(&fields, 1, "nftables set without a table")?;
        let name = needed(&fields, 2, "nftables set without a name")?;
        self.sets.insert((family, table, name), Set::parse(&fields)?);
        Ok(())
    }

    /// The sets whose elements say what rules do: anonymous ones, verdict maps, and named ones of
    /// which the kernel says that they are small.
    pub fn wanted(&self) -> Vec<SetName> {
        let wanted = self.sets.iter().filter(|(_, set)| set.is_wanted());
        let mut names: Vec<SetName> = wanted
            .map(|((family, table, name), _)| SetName {
                family: *family,
                table: table.clone(),
                name: name.clone(),
            })
            .collect();
        order::sort_by(&mut names, |one, other| {
            (one.family, &one.table, &one.name).cmp(&(other.family, &other.table, &other.name))
        });
        names
    }

    /// True when no more elements are kept.
    pub fn is_full(&self) -> bool {
        self.element_count >= ELEMENTS_MAX
    }

    /// NFT_MSG_NEWSETELEM: some elements of a set.
    pub fn elements(&mut self, payload: &[u8]) -> Result<(), Undecodable> {
        let (family, fields) = message(payload)?;
        let table = needed(&fields, 1, "nftables elements without a table")?;
        let name = needed(&fields, 2, "nftables elements without a set")?;
        let Some(set) = self.sets.get_mut(&(family, table, name)) else {
            return Err(Undecodable::new("elements of an unknown nftables set"));
        };
        if let Some(list) = fields.bytes(3) {
            self.element_count += set.add(list)?;
        }
        Ok(())
    }

    /// Says that all elements of a set were handed over.
    pub fn elements_end(&mut self, of: &SetName) {
        let name = (of.family, of.table.clone(), of.name.clone());
        if let Some(set) = self.sets.get_mut(&name) {
            set.settle();
        }
    }

    /// NFT_MSG_NEWRULE.
    pub fn rule(&mut self, payload: &[u8], devices: DeviceNames<'_>) -> Result<(), Undecodable> {
        let (family, fields) = message(payload)?;
        let table = needed(&fields, 1, "nftables rule without a table")?;
        let chain = needed(&fields, 2, "nftables rule without a chain")?;
        let place = self.places.get(&(family, table.clone(), chain));
        let Some(chain) = place.and_then(|&place| self.chains.get_mut(place)) else {
            return Err(Undecodable::new("rule of an unknown nftables chain"));
        };
        let scope = rule::Scope { family, table: &table, sets: &self.sets, devices };
        chain.rules.extend(rule::parse(&fields, &scope)?);
        Ok(())
    }

    /// The chains with their rules, in the kernel's order.
    pub fn into_chains(self) -> Vec<FilterChain> {
        self.chains
    }
}

fn base_chain(family: u8, chain: &Fields<'_>, hook: &Fields<'_>) -> Result<BaseChain, Undecodable> {
    let number = hook.be32(1);
    let known = match (family, number) {
        (NFPROTO_NETDEV, Some(0)) | (NFPROTO_INET, Some(5)) => Some(Hook::Ingress),
        (NFPROTO_NETDEV, Some(1)) => Some(Hook::Egress),
        (NFPROTO_NETDEV, _) => None,
        // NF_ARP_IN, NF_ARP_OUT, NF_ARP_FORWARD
        (NFPROTO_ARP, Some(0)) => Some(Hook::Input),
        (NFPROTO_ARP, Some(1)) => Some(Hook::Output),
        (NFPROTO_ARP, Some(2)) => Some(Hook::Forward),
        (_, number) => number.and_then(super::inet_hook),
    };
    let hook_of = known.ok_or_else(|| Undecodable::new("nftables chain at an unknown hook"))?;
    let kind = match chain.text(7).as_deref() {
        Some("filter") => ChainKind::Filter,
        Some("nat") => ChainKind::Nat,
        Some("route") => ChainKind::Route,
        _ => return Err(Undecodable::new("nftables chain of an unknown type")),
    };
    let mut devices: Vec<Foreign> = hook.text(3).map(Foreign).into_iter().collect();
    if let Some(list) = hook.bytes(4) {
        devices.clear();
        for device in Attributes::new(list) {
            let device = device?;
            // NFTA_DEVICE_PREFIX, else NFTA_DEVICE_NAME.
            let any = if device.kind == 2 { "*" } else { "" };
            devices.push(Foreign(device.text() + any));
        }
    }
    Ok(BaseChain {
        hook: hook_of,
        priority: hook.be32(2).map_or(0, u32::cast_signed),
        kind,
        // NF_DROP; a chain without a policy accepts.
        policy: match chain.be32(5) {
            Some(0) => RuleVerdict::Drop,
            _ => RuleVerdict::Accept,
        },
        policy_packet_count: chain.nested(8)?.and_then(|counters| counters.be64(2)),
        devices,
    })
}

/// `NFTA_DATA_VERDICT`.
fn verdict(bytes: &[u8]) -> Result<RuleVerdict, Undecodable> {
    let fields = Fields::new(bytes)?;
    let chain = || needed(&fields, 2, "nftables verdict without its chain").map(Foreign);
    Ok(match fields.be32(1).map(u32::cast_signed) {
        Some(0) => RuleVerdict::Drop,
        Some(1) => RuleVerdict::Accept,
        // The number of the queue is above.
        Some(code) if code > 0 && code & 0xff == 3 => RuleVerdict::Queue,
        Some(-1) => RuleVerdict::Continue,
        Some(-3) => RuleVerdict::Jump(chain()?),
        Some(-4) => RuleVerdict::Goto(chain()?),
        Some(-5) => RuleVerdict::Return,
        _ => RuleVerdict::Unknown,
    })
}
