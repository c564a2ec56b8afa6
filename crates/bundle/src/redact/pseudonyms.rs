//! What stands for what.

use std::borrow::Cow;
use std::net::IpAddr;

use ipnet::IpNet;
use synrecv_model::{Endpoint, Flow, Foreign, Mac, Span, Text};

use super::address::Addresses;
use super::key::{Key, Prf};
use super::known::Known;
use super::mac::Macs;
use super::names::{Kind, Names, find_word, holds_word};
use super::prose::{self, Found};
use super::{Mode, rule_text};

/// Devices whose names say nothing of a host.
const PLAIN_DEVICES: [&str; 2] = ["lo", "any"];

/// How devices of containers, virtual machines and tunnels are called by what makes them.
const VIRTUAL_DEVICES: [&str; 14] = [
    "docker", "br-", "virbr", "lxcbr", "lxdbr", "cni", "cbr", "flannel", "podman", "weave", "cali",
    "vxlan", "tun", "wg",
];

/// Chains and tables that are called the same everywhere.
const PLAIN_CHAINS: [&str; 5] = ["INPUT", "OUTPUT", "FORWARD", "PREROUTING", "POSTROUTING"];
const PLAIN_TABLES: [&str; 5] = ["filter", "nat", "mangle", "raw", "security"];

/// Prefixes of a device's name before its link-layer address, as `systemd.net-naming-scheme` has them.
const NAMED_BY_MAC: [&str; 5] = ["enx", "wlx", "wwx", "slx", "ibx"];

/// Words of log prefixes that say nothing of who wrote them.
const LOG_WORDS: [&str; 26] = [
    "accept",
    "accepted",
    "allow",
    "block",
    "blocked",
    "conntrack",
    "ct",
    "denied",
    "deny",
    "drop",
    "dropped",
    "firewall",
    "forward",
    "fwd",
    "in",
    "input",
    "iptables",
    "martian",
    "new",
    "nft",
    "out",
    "output",
    "reject",
    "rejected",
    "state",
    "ufw",
];

/// Prefixes that stand for a range of addresses in text at most; more are not written out.
const PREFIXES_MAX: usize = 8;

/// Pseudonyms of one document. With the same key, the next document has the same ones.
#[derive(Debug)]
pub struct Pseudonyms {
    addresses: Addresses,
    names: Names,
    known: Known,
    mode: Mode,
}

impl Pseudonyms {
    pub(super) fn new(key: &Key, mode: Mode, known: Known) -> Self {
        let prf = Prf::new(key);
        let macs = Macs::new(prf.clone(), mode.keep_vendor);
        let addresses = Addresses::new(prf.clone(), macs, &known.on_link);
        Self { addresses, names: Names::new(prf), known, mode }
    }

    /// Of an address.
    pub fn ip(&self, ip: IpAddr) -> IpAddr {
        self.addresses.ip(ip)
    }

    /// Of a prefix: it holds the pseudonyms of what it held.
    pub fn net(&self, net: IpNet) -> IpNet {
        self.addresses.net(net)
    }

    /// Of a link-layer address.
    pub fn mac(&self, mac: Mac) -> Mac {
        self.addresses.mac(mac)
    }

    /// Of an address with its port, which stays.
    pub fn endpoint(&self, endpoint: Endpoint) -> Endpoint {
        Endpoint { ip: self.ip(endpoint.ip), port: endpoint.port }
    }

    /// Of the two ends of a connection.
    pub fn flow(&self, flow: Flow) -> Flow {
        Flow { local: self.endpoint(flow.local), peer: self.endpoint(flow.peer) }
    }

    /// Of the name of a device.
    pub fn device(&self, device: &Foreign) -> Foreign {
        let name = &device.0;
        if PLAIN_DEVICES.contains(&name.as_str()) {
            return device.clone();
        }
        if !self.mode.strict
            && let Some((scheme, mac)) = mac_in_name(name)
        {
            let octets = self.mac(mac).to_string().replace(':', "");
            return Foreign(format!("{scheme}{octets}"));
        }
        let image = self.named(Kind::Device, name);
        // What a device is for is told by nothing else in pasted text.
        let stem = VIRTUAL_DEVICES.iter().find(|stem| name.starts_with(**stem));
        match (stem, image.0.strip_prefix(Kind::Device.word())) {
            (Some(stem), Some(number)) if image.0 != *name => {
                Foreign(format!("{}{number}", stem.trim_end_matches('-')))
            }
            _ => image,
        }
    }

    /// Of text for people.
    pub fn text(&self, text: &Text) -> Text {
        let mut out = Text::new();
        for span in text.spans() {
            out.push(match span {
                Span::Literal(words) => Span::Literal(match self.prose(words) {
                    Cow::Borrowed(_) => words.clone(),
                    Cow::Owned(words) => Cow::Owned(words),
                }),
                Span::Foreign(words) => Span::Foreign(self.foreign(words)),
                Span::Address(words) => Span::Address(self.prose(words).into_owned()),
                Span::Command(words) => Span::Command(self.foreign(words)),
            });
        }
        out
    }

    pub(super) fn ranges(&self, range: (IpAddr, IpAddr)) -> Vec<IpNet> {
        self.addresses.range(range)
    }

    /// Of the name of a host, which may also be an address.
    pub fn host(&self, name: &Foreign) -> Foreign {
        match name.0.parse() {
            Ok(ip) => Foreign(self.ip(ip).to_string()),
            Err(_) => Foreign(self.names.name(Kind::Host, &name.0)),
        }
    }

    pub(super) fn alias(&self, alias: &Foreign) -> Foreign {
        Foreign(self.names.name(Kind::Alias, &alias.0))
    }

    pub(super) fn note(&self, note: &str) -> String {
        self.names.name(Kind::Note, note)
    }

    /// Of what a rule writes before each packet that it logs: words that everybody uses there say
    /// what the packet met, and stay.
    pub(super) fn log_prefix(&self, prefix: &str) -> String {
        let is_common = |word: &&str| {
            let lower = word.to_ascii_lowercase();
            lower.contains("invalid") || LOG_WORDS.contains(&lower.as_str())
        };
        let words = || prefix.split(|letter: char| !letter.is_alphanumeric());
        let words = || words().filter(|word| !word.is_empty());
        if words().all(|word| is_common(&word)) {
            return prefix.to_owned();
        }
        let note = self.note(prefix);
        // A longer word that only contains it may say more.
        let common = words().filter(is_common).map(|word| match word.to_ascii_lowercase() {
            lower if lower.contains("invalid") => "INVALID",
            _ => word,
        });
        std::iter::once(note.as_str()).chain(common).collect::<Vec<_>>().join(" ")
    }

    pub(super) fn process(&self, comm: &Foreign) -> Foreign {
        self.named(Kind::Process, &comm.0)
    }

    pub(super) fn program(&self, name: &Foreign) -> Foreign {
        self.named(Kind::Program, &name.0)
    }

    pub(super) fn set(&self, name: &str) -> String {
        self.named(Kind::Set, name).0
    }

    pub(super) fn table(&self, table: &Foreign) -> Foreign {
        if PLAIN_TABLES.contains(&table.0.as_str()) {
            return table.clone();
        }
        self.named(Kind::Table, &table.0)
    }

    pub(super) fn chain(&self, chain: &Foreign) -> Foreign {
        if PLAIN_CHAINS.iter().any(|plain| chain.0.eq_ignore_ascii_case(plain)) {
            return chain.clone();
        }
        self.named(Kind::Chain, &chain.0)
    }

    /// The same where it can also be a target of iptables, such as `ACCEPT`.
    pub(super) fn chain_in_text(&self, chain: &str) -> String {
        let is_chain = self.known.chains.contains(chain);
        if is_chain { self.chain(&Foreign(chain.to_owned())).0 } else { self.without_names(chain) }
    }

    /// Of the label of an address: the name of its device, and what follows a colon.
    pub(super) fn label(&self, label: &Foreign) -> Foreign {
        match label.0.split_once(':') {
            Some((device, rest)) if rest.bytes().all(|digit| digit.is_ascii_digit()) => {
                Foreign(format!("{}:{rest}", self.device(&Foreign(device.to_owned()))))
            }
            _ => self.device(label),
        }
    }

    /// Of devices that a rule names; a name that ends in `*` stands for all that begin so.
    pub(super) fn devices(&self, patterns: &[Foreign]) -> Vec<Foreign> {
        let mut out = Vec::new();
        for pattern in patterns {
            let Some(start) = pattern.0.strip_suffix(['*', '+']) else {
                out.push(self.device(pattern));
                continue;
            };
            let meant = self.known.devices.iter().filter(|name| name.starts_with(start));
            let meant: Vec<Foreign> = meant.map(|name| Foreign(name.clone())).collect();
            let images: Vec<Foreign> = meant.iter().map(|name| self.device(name)).collect();
            let shows = self.mode.strict || self.shows_host(start);
            if !shows && meant == images {
                out.push(pattern.clone());
            } else if images.is_empty() {
                // It fits no device of this host, and neither does its pseudonym.
                out.push(Foreign(self.names.name(Kind::Device, &pattern.0)));
            } else {
                out.extend(images);
            }
        }
        out
    }

    pub(super) fn rule_text(&self, text: &str) -> String {
        rule_text::replaced(self, text)
    }

    pub(super) fn known(&self) -> &Known {
        &self.known
    }

    /// A string that nobody has read: addresses, names of users and of this host are replaced.
    pub(super) fn foreign(&self, text: &str) -> String {
        self.without_names(&self.prose(text))
    }

    /// The same of text whose addresses are pseudonyms already.
    pub(super) fn without_names(&self, text: &str) -> String {
        let mut out = text.to_owned();
        for word in &self.known.host_words {
            out = replace_words(&out, word, || self.names.name(Kind::Host, word));
        }
        if self.mode.strict {
            // Of `eth0` and `eth0.100` the longer one first.
            let mut devices: Vec<&String> = self.known.devices.iter().collect();
            devices.sort_by_key(|device| std::cmp::Reverse(device.len()));
            for device in devices {
                out = replace_words(&out, device, || self.device(&Foreign(device.to_owned())).0);
            }
            for comm in &self.known.processes {
                out = replace_words(&out, comm, || self.names.name(Kind::Process, comm));
            }
        }
        self.users(out)
    }

    /// Addresses in text.
    pub(super) fn prose<'t>(&self, text: &'t str) -> Cow<'t, str> {
        prose::replaced(text, &mut |found, before| self.found(found, before))
    }

    /// What stands for something that was found in text, as text.
    pub(super) fn found(&self, found: Found, before: &str) -> String {
        match found {
            Found::Ip(ip) => self.ip(ip).to_string(),
            Found::Net(net) => self.net(net).to_string(),
            Found::Mac(mac) => self.mac(mac).to_string(),
            // Bits in the middle of an address have no pseudonym.
            Found::Masked(ip, mask) if self.ip(ip) == ip => format!("{ip}/{mask}"),
            Found::Masked(_, mask) => format!(".../{mask}"),
            Found::Range(low, high) => {
                let nets = self.ranges((low, high));
                if nets.len() > PREFIXES_MAX {
                    return "...".to_owned();
                }
                let list: Vec<String> = nets.iter().map(written).collect();
                let is_in_list = before.rfind('{') > before.rfind('}');
                if nets.len() == 1 || is_in_list {
                    list.join(", ")
                } else {
                    format!("{{ {} }}", list.join(", "))
                }
            }
        }
    }

    /// A name that stays, but for strictness, and unless it shows what must not be seen.
    fn named(&self, kind: Kind, name: &str) -> Foreign {
        if self.mode.strict || self.shows_host(name) {
            Foreign(self.names.name(kind, name))
        } else {
            Foreign(name.to_owned())
        }
    }

    /// True when a name contains that of the host, or an address of any kind.
    fn shows_host(&self, name: &str) -> bool {
        let lower = || name.to_ascii_lowercase();
        self.known.host_words.iter().any(|word| holds_word(name, word))
            || matches!(self.prose(name), Cow::Owned(image) if image != name)
            || (name.len() >= 12 && self.known.mac_digits.iter().any(|mac| lower().contains(mac)))
    }

    /// Users by the paths of their files.
    fn users(&self, text: String) -> String {
        const HOME: &str = "/home/";
        let Some((before, after)) = text.split_once(HOME) else { return text };
        let end = after.find(|letter: char| "/:`'\" ".contains(letter)).unwrap_or(after.len());
        let (user, rest) = after.split_at(end);
        let user = self.names.name(Kind::User, user);
        format!("{before}{HOME}{user}{}", self.users(rest.to_owned()))
    }
}

/// An address alone without the length of its prefix.
fn written(net: &IpNet) -> String {
    if net.prefix_len() == net.max_prefix_len() { net.addr().to_string() } else { net.to_string() }
}

/// `enx0123456789ab`.
fn mac_in_name(name: &str) -> Option<(&'static str, Mac)> {
    let scheme = NAMED_BY_MAC.into_iter().find(|scheme| name.starts_with(scheme))?;
    let digits = name.get(scheme.len()..).filter(|digits| digits.len() == 12)?;
    let octets = digits.as_bytes().chunks(2).map(|pair| std::str::from_utf8(pair).unwrap_or(""));
    let mac = octets.collect::<Vec<_>>().join(":").parse().ok()?;
    Some((scheme, mac))
}

/// Replaces a word wherever it stands.
fn replace_words(text: &str, word: &str, image: impl Fn() -> String) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((start, end)) = find_word(rest, word) {
        out.push_str(rest.get(..start).unwrap_or_default());
        out.push_str(&image());
        rest = rest.get(end..).unwrap_or_default();
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests;
