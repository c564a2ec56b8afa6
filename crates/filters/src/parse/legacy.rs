//! x_tables: the answers to `IPT_SO_GET_INFO` and `IPT_SO_GET_ENTRIES`, and to those of IPv6, see
//! `linux/netfilter_ipv4/ip_tables.h` and `linux/netfilter_ipv6/ip6_tables.h`.

use std::collections::HashMap;
use std::net::IpAddr;

use synrecv_model::{
    BaseChain, ChainKind, FilterChain, FilterFamily, FilterRule, FilterSystem, Foreign, Hook,
    RuleVerdict, Term, Test,
};
use synrecv_netlink::Undecodable;

use super::fields::{at, text, u16_at, u32_at};
use super::nft::{address, prefix_len, verdict_text};
use super::words::{PROTOCOLS, word};
use super::{UNKNOWN, inet_hook, xt};

/// `struct ipt_getinfo`, `struct ip6t_getinfo`.
pub const INFO_LEN: usize = 84;
/// What comes before the entries in `struct ipt_get_entries`, `struct ip6t_get_entries`.
pub const ENTRIES_AT: usize = 40;

const NAME_LEN: usize = 32;
const HOOKS: usize = 5;
/// `struct xt_entry_match`, `struct xt_entry_target`.
const EXTENSION_LEN: usize = 32;

/// Of the inverting flags of an entry.
const INVERTS_IN: u8 = 0x01;
const INVERTS_OUT: u8 = 0x02;
const INVERTS_SOURCE: u8 = 0x08;
const INVERTS_DESTINATION: u8 = 0x10;
const INVERTS_FRAGMENT: u8 = 0x20;
const INVERTS_PROTOCOL: u8 = 0x40;

/// Where the fields of an entry are.
struct Layout {
    family: FilterFamily,
    ip_version: u8,
    address_len: usize,
    /// Names of devices, then their masks.
    devices: usize,
    protocol: usize,
    flags: usize,
    target: usize,
    packets: usize,
    len: usize,
    goto: u8,
    /// Flags that ask for what is not decoded: fragments, the type of service.
    other: u8,
}

/// `struct ipt_entry`
const IPV4: Layout = Layout {
    family: FilterFamily::Ip,
    ip_version: 4,
    address_len: 4,
    devices: 16,
    protocol: 80,
    flags: 82,
    target: 88,
    packets: 96,
    len: 112,
    goto: 0x02,
    other: 0x01,
};
/// `struct ip6t_entry`
const IPV6: Layout = Layout {
    family: FilterFamily::Ip6,
    ip_version: 6,
    address_len: 16,
    devices: 64,
    protocol: 128,
    flags: 131,
    target: 140,
    packets: 152,
    len: 168,
    goto: 0x04,
    other: 0x02,
};

/// Bytes of all entries of a table, from its `IPT_SO_GET_INFO`.
pub fn entries_len(info: &[u8]) -> Option<usize> {
    usize::try_from(u32_at(info, 80)?).ok()
}

/// The chains of a table. `entries` is the whole answer, with what comes before the entries.
///
/// # Errors
/// When the table is not one that the kernel could have made: it is all or nothing, because its
/// pieces are found by offsets.
pub fn table(ip_version: u8, info: &[u8], entries: &[u8]) -> Result<Vec<FilterChain>, Undecodable> {
    let layout = if ip_version == 4 { &IPV4 } else { &IPV6 };
    parse(layout, info, entries).ok_or_else(|| Undecodable::new("iptables table of another shape"))
}

/// An entry by its place in the table.
struct Entry<'a> {
    offset: usize,
    bytes: &'a [u8],
    target_offset: usize,
}

impl<'a> Entry<'a> {
    fn parse(layout: &Layout, table: &'a [u8], offset: usize) -> Option<Self> {
        let rest = table.get(offset..)?;
        let target_offset = usize::from(u16_at(rest, layout.target)?);
        let bytes = rest.get(..usize::from(u16_at(rest, layout.target + 2)?))?;
        let fits = layout.len <= target_offset && target_offset + EXTENSION_LEN <= bytes.len();
        fits.then_some(Self { offset, bytes, target_offset })
    }

    fn target(&self) -> &'a [u8] {
        self.bytes.get(self.target_offset..).unwrap_or_default()
    }

    /// The verdict of a standard target, which has no name.
    fn verdict(&self) -> Option<i32> {
        let target = self.target();
        let is_standard = target.get(2) == Some(&0);
        at(target, EXTENSION_LEN).filter(|_| is_standard).map(i32::from_ne_bytes)
    }

    /// The name of the chain that begins after it.
    fn chain_head(&self) -> Option<String> {
        let target = self.target();
        (extension_name(target)? == "ERROR").then(|| target.get(EXTENSION_LEN..).map(text))?
    }

    fn end(&self) -> usize {
        self.offset + self.bytes.len()
    }
}

fn extension_name(extension: &[u8]) -> Option<String> {
    extension.get(2..31).map(text)
}

fn parse(layout: &Layout, info: &[u8], answer: &[u8]) -> Option<Vec<FilterChain>> {
    let name = text(info.get(..NAME_LEN)?);
    let table = answer.get(ENTRIES_AT..)?;
    let valid = u32_at(info, NAME_LEN)?;
    // Where the chain of a hook begins, and where its policy is.
    let mut starts = HashMap::new();
    for hook in (0..HOOKS).filter(|hook| valid & 1 << hook != 0) {
        let offset =
            |of: usize| u32_at(info, of + 4 * hook).and_then(|at| usize::try_from(at).ok());
        starts.insert(offset(36)?, (inet_hook(u32::try_from(hook).ok()?)?, offset(56)?));
    }
    let entries = entries(layout, table, entries_len(info)?)?;
    let heads = entries.iter().filter_map(|entry| Some((entry.end(), entry.chain_head()?)));
    let names: HashMap<usize, String> = heads.collect();

    let mut chains: Vec<FilterChain> = Vec::new();
    let mut policy_at = None;
    // The last entry only ends the table.
    for entry in entries.iter().take(entries.len().saturating_sub(1)) {
        if let Some(chain) = entry.chain_head() {
            end_called(&mut chains);
            chains.push(chain_of(layout, &name, chain, None));
            continue;
        }
        if let Some(&(hook, policy)) = starts.get(&entry.offset) {
            let base = base(&name, hook);
            chains.push(chain_of(layout, &name, hook.name().to_uppercase(), Some(base)));
            policy_at = Some(policy);
        }
        let chain = chains.last_mut()?;
        let rule = rule(layout, entry, &names, chain.rules.len() as u64 + 1)?;
        match &mut chain.base {
            Some(base) if policy_at == Some(entry.offset) => {
                base.policy = rule.verdict;
                base.policy_packet_count = rule.packet_count;
            }
            _ => chain.rules.push(rule),
        }
    }
    end_called(&mut chains);
    Some(chains)
}

/// Takes off the return that ends every chain which is jumped to.
fn end_called(chains: &mut [FilterChain]) {
    if let Some(chain) = chains.last_mut().filter(|chain| chain.base.is_none()) {
        chain.rules.pop();
    }
}

fn entries<'a>(layout: &Layout, table: &'a [u8], len: usize) -> Option<Vec<Entry<'a>>> {
    let table = table.get(..len)?;
    let mut entries = Vec::new();
    let mut offset = 0;
    while offset < len {
        // An entry is never empty, so that this ends.
        let entry = Entry::parse(layout, table, offset)?;
        offset = entry.end();
        entries.push(entry);
    }
    Some(entries)
}

fn chain_of(layout: &Layout, table: &str, name: String, base: Option<BaseChain>) -> FilterChain {
    FilterChain {
        system: FilterSystem::XTables,
        family: layout.family,
        table: Foreign(table.to_owned()),
        name: Foreign(name),
        base,
        rules: Vec::new(),
    }
}

/// How a table is bound to a hook, but for its policy. `NF_IP_PRI_*`.
fn base(table: &str, hook: Hook) -> BaseChain {
    let (priority, kind) = match (table, hook) {
        ("raw", _) => (-300, ChainKind::Filter),
        ("mangle", Hook::Output) => (-150, ChainKind::Route),
        ("mangle", _) => (-150, ChainKind::Filter),
        ("nat", Hook::Prerouting | Hook::Output) => (-100, ChainKind::Nat),
        ("nat", _) => (100, ChainKind::Nat),
        ("security", _) => (50, ChainKind::Filter),
        _ => (0, ChainKind::Filter),
    };
    let policy = RuleVerdict::Accept;
    BaseChain { hook, priority, kind, policy, policy_packet_count: None, devices: Vec::new() }
}

/// Collects options in the order of `iptables-save`, and their terms.
#[derive(Default)]
struct Options {
    words: Vec<String>,
    terms: Vec<Term>,
}

impl Options {
    fn add(&mut self, negated: bool, words: String, test: Test) {
        self.words.push(if negated { format!("! {words}") } else { words });
        let negated = negated && test != Test::Other;
        self.terms.push(Term { negated, test });
    }
}

fn rule(
    layout: &Layout,
    entry: &Entry<'_>,
    chains: &HashMap<usize, String>,
    handle: u64,
) -> Option<FilterRule> {
    let mut options = Options::default();
    header(layout, entry.bytes, &mut options)?;

    let mut offset = layout.len;
    while offset < entry.target_offset {
        let rest = entry.bytes.get(offset..entry.target_offset)?;
        let extension = rest.get(..usize::from(u16_at(rest, 0)?))?;
        let info = extension.get(EXTENSION_LEN..)?;
        let revision = extension.get(31).copied().unwrap_or(0).into();
        let name = extension_name(extension)?;
        let found = xt::matched(&name, revision, info, Some(layout.ip_version));
        options.words.push(found.text);
        options.terms.extend(found.terms);
        offset += extension.len();
    }

    let target = entry.target();
    let verdict = match entry.verdict() {
        Some(code) => {
            let flags = entry.bytes.get(layout.flags)?;
            let verdict = standard(code, entry, chains, flags & layout.goto != 0);
            let word = match &verdict {
                RuleVerdict::Continue => None,
                RuleVerdict::Jump(Foreign(chain)) => Some(format!("-j {chain}")),
                RuleVerdict::Goto(Foreign(chain)) => Some(format!("-g {chain}")),
                verdict => Some(format!("-j {}", verdict_text(verdict).to_uppercase())),
            };
            options.words.extend(word);
            verdict
        }
        None => {
            let revision = target.get(31).copied().unwrap_or(0).into();
            let info = target.get(EXTENSION_LEN..)?;
            let name = extension_name(target)?;
            let (words, verdict) = xt::target(&name, revision, info, Some(layout.ip_version));
            options.words.push(words);
            verdict
        }
    };
    Some(FilterRule {
        handle,
        text: Foreign(options.words.join(" ")),
        terms: options.terms,
        verdict,
        packet_count: Some(u64::from_ne_bytes(at(entry.bytes, layout.packets)?)),
    })
}

/// `XT_STANDARD_TARGET`: a verdict, negative and one less, or the offset of a chain.
fn standard(
    code: i32,
    entry: &Entry<'_>,
    chains: &HashMap<usize, String>,
    goto: bool,
) -> RuleVerdict {
    match code {
        -1 => RuleVerdict::Drop,
        -2 => RuleVerdict::Accept,
        -4 => RuleVerdict::Queue,
        -5 => RuleVerdict::Return,
        _ => match usize::try_from(code) {
            Ok(next) if next == entry.end() => RuleVerdict::Continue,
            Ok(start) => match chains.get(&start).cloned().map(Foreign) {
                Some(chain) if goto => RuleVerdict::Goto(chain),
                Some(chain) => RuleVerdict::Jump(chain),
                None => RuleVerdict::Unknown,
            },
            Err(_) => RuleVerdict::Unknown,
        },
    }
}

/// `struct ipt_ip`, `struct ip6t_ip6`.
fn header(layout: &Layout, bytes: &[u8], options: &mut Options) -> Option<()> {
    let (flags, inverted) = (*bytes.get(layout.flags)?, *bytes.get(layout.flags + 1)?);
    let has = |flag: u8| inverted & flag != 0;
    let piece = |index: usize| {
        bytes.get(index * layout.address_len..).and_then(|rest| rest.get(..layout.address_len))
    };
    let mut prefix =
        |index, negated: bool, option: &str, test: fn(Vec<(IpAddr, IpAddr)>) -> Test| {
            let (first, mask) = (piece(index)?, piece(index + 2)?);
            if mask.iter().all(|byte| *byte == 0) && !negated {
                return Some(());
            }
            let low = address(first)?;
            let last: Vec<u8> = first.iter().zip(mask).map(|(byte, mask)| byte | !mask).collect();
            let (mask, test) = match prefix_len(mask) {
                Some(len) => (len.to_string(), test(vec![(low, address(&last)?)])),
                None => (address(mask)?.to_string(), Test::Other),
            };
            options.add(negated, format!("{option} {low}/{mask}"), test);
            Some(())
        };
    prefix(0, has(INVERTS_SOURCE), "-s", Test::Source)?;
    prefix(1, has(INVERTS_DESTINATION), "-d", Test::Destination)?;

    let mut device = |index: usize, negated: bool, option: &str, test: fn(Vec<Foreign>) -> Test| {
        let name = bytes.get(layout.devices + 16 * index..)?.get(..16)?;
        let mask = bytes.get(layout.devices + 16 * (index + 2)..)?.get(..16)?;
        let len = mask.iter().take_while(|byte| **byte != 0).count();
        if len > 0 {
            // The mask covers the NUL of a whole name, and not the `+` of the start of one.
            let start = name.get(..len)?;
            let any = |mark| if start.contains(&0) { "" } else { mark };
            let name = text(start);
            let devices = vec![Foreign(format!("{name}{}", any("*")))];
            options.add(negated, format!("{option} {name}{}", any("+")), test(devices));
        }
        Some(())
    };
    device(0, has(INVERTS_IN), "-i", Test::InDevice)?;
    device(1, has(INVERTS_OUT), "-o", Test::OutDevice)?;

    let protocol = u16_at(bytes, layout.protocol)?;
    if protocol != 0 {
        let name = word(PROTOCOLS, protocol.into());
        let test = u8::try_from(protocol).map_or(Test::Other, |one| Test::Protocol(vec![one]));
        options.add(has(INVERTS_PROTOCOL), format!("-p {name}"), test);
    }
    if flags & layout.other != 0 {
        match layout.ip_version {
            4 => options.add(has(INVERTS_FRAGMENT), "-f".to_owned(), Test::Other),
            _ => options.terms.push(UNKNOWN),
        }
    }
    Some(())
}
