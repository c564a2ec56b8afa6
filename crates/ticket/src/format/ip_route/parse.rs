//! One line of `ip route` or `ip route get`.

use std::net::IpAddr;

use ipnet::IpNet;
use synrecv_model::{Family, RouteKind, Text, text};

use crate::format::route_names::{TableName, kind, protocol};
use crate::token::{address, link, number};
use crate::{HopRow, Name, RouteRow};

/// What a line says, before it is known whether its family and its ways out are printed elsewhere.
#[derive(Clone, Debug, Default)]
pub(in crate::format) struct Parsed {
    /// Type, where a word says it.
    pub(in crate::format) kind: Option<RouteKind>,
    /// `None` for `default`.
    pub(in crate::format) destination: Option<IpNet>,
    /// Ways out; the first also of what stands on the line of the route itself.
    pub(in crate::format) hops: Vec<HopRow>,
    pub(in crate::format) metric: Option<u32>,
    pub(in crate::format) table: Option<TableName>,
    pub(in crate::format) prefsrc: Option<IpAddr>,
    pub(in crate::format) protocol: Option<u8>,
    pub(in crate::format) nexthop_id: Option<u32>,
    /// The family, where something other than the destination tells it.
    pub(in crate::format) family: Option<Family>,
    /// `from`: of a question, or of an IPv6 route by source.
    pub(in crate::format) from: Option<IpNet>,
    pub(in crate::format) iif: Option<Name>,
    pub(in crate::format) mark: Option<u32>,
    /// A word that only an answer has: `uid`, `cache`, `mark`, `iif`.
    pub(in crate::format) is_answer: bool,
    /// `proto` or `scope`, which answers of IPv4 do not have.
    pub(in crate::format) is_listed: bool,
    /// `scope link`: the destination is on the wire of a device, which a command can have named.
    pub(in crate::format) is_scope_link: bool,
    /// A second destination follows: the line holds several routes.
    pub(in crate::format) is_joined: bool,
    /// Words that are no part of a route.
    pub(in crate::format) unknown_count: usize,
}

/// Keys of one value that is not used.
const VALUED: [&str; 30] = [
    "mtu",
    "advmss",
    "window",
    "rtt",
    "rttvar",
    "rto_min",
    "hoplimit",
    "initcwnd",
    "initrwnd",
    "quickack",
    "congctl",
    "features",
    "expires",
    "error",
    "realm",
    "realms",
    "tos",
    "dsfield",
    "users",
    "age",
    "ssthresh",
    "cwnd",
    "reordering",
    "pref",
    "ttl-propagate",
    "oif",
    "ipproto",
    "sport",
    "dport",
    "used",
];

/// Words that stand alone.
const FLAGS: [&str; 12] = [
    "pervasive",
    "offload",
    "trap",
    "offload_failed",
    "rt_offload",
    "rt_trap",
    "rt_offload_failed",
    "unresolved",
    "notify",
    "\\",
    "fastopen_no_cookie",
    "lock",
];

/// Keys whose value is used.
const USED: [&str; 12] = [
    "via", "dev", "weight", "src", "from", "metric", "table", "proto", "scope", "nhid", "inet",
    "inet6",
];

/// True when the last word is a key, and the line below begins with its value: a terminal or a mail
/// broke the line between them.
pub(in crate::format) fn is_open(words: &[&str], below: &[&str]) -> bool {
    let (Some(key), Some(value)) = (words.get(1..).and_then(<[&str]>::last), below.first()) else {
        return false;
    };
    let takes_address = matches!(*key, "via" | "src" | "from" | "inet" | "inet6");
    if takes_address {
        return address::ip(value).is_some();
    }
    let is_key = *key == "nexthop" || USED.contains(key) || VALUED.contains(key);
    is_key && line(below).is_none()
}

/// True for words that can only go on with a route: keys with values, perhaps behind the value of a
/// key on the line above.
pub(in crate::format) fn goes_on(words: &[&str]) -> bool {
    let is_key = |word: &&str| {
        USED.contains(word)
            || VALUED.contains(word)
            || ["onlink", "linkdown", "dead"].contains(word)
    };
    let keys = match words {
        [first, ..] if is_key(first) => words,
        [value, rest @ ..] if protocol(value).is_some() || SCOPES.contains(value) => rest,
        _ => return false,
    };
    let mut parsed = Parsed::default();
    parsed.keys(keys);
    keys.first().is_some_and(is_key)
        && parsed.unknown_count == 0
        && !parsed.is_joined
        && !parsed.is_answer
}

/// Names of scopes.
const SCOPES: [&str; 5] = ["link", "host", "global", "site", "nowhere"];

/// A way out of which nothing is known yet.
fn hop() -> HopRow {
    HopRow { weight: 1, ..HopRow::default() }
}

/// Reads the words of a line that begins with a destination, or with a type.
pub(in crate::format) fn line(words: &[&str]) -> Option<Parsed> {
    let mut parsed = Parsed::default();
    let (first, mut rest) = words.split_first()?;
    let mut destination = *first;
    if let Some(kind) = kind(first) {
        parsed.kind = Some(kind);
        let (next, behind) = rest.split_first()?;
        (destination, rest) = (*next, behind);
    }
    if destination != "default" {
        let net = address::net(destination)?;
        parsed.destination = Some(net.trunc());
        parsed.family = Some(Family::of(net.addr()));
    }
    parsed.keys(rest);
    Some(parsed).filter(|parsed| !parsed.is_joined)
}

/// Reads `nexthop via 192.0.2.1 dev eth0 weight 1`.
pub(in crate::format) fn nexthop(words: &[&str]) -> Option<Parsed> {
    let mut parsed = Parsed::default();
    let (_, rest) = words.split_first().filter(|(first, _)| **first == "nexthop")?;
    parsed.hops.push(hop());
    parsed.keys(rest);
    let is_way = parsed.hops.iter().any(HopRow::is_way);
    (is_way && !parsed.is_joined).then_some(parsed)
}

impl Parsed {
    /// The way out that words are about: the last, or the only one.
    fn hop(&mut self) -> &mut HopRow {
        if self.hops.is_empty() {
            self.hops.push(hop());
        }
        let last = self.hops.len() - 1;
        &mut self.hops[last]
    }

    fn keys(&mut self, words: &[&str]) {
        let mut rest = words.iter().copied().peekable();
        while let Some(word) = rest.next() {
            match word {
                "via" => {
                    // `via inet6 fe80::1` of an IPv4 route.
                    let family = rest.next_if(|next| matches!(*next, "inet" | "inet6"));
                    let word = rest.next().unwrap_or_default();
                    let gateway = address::ip(word);
                    // `ip -r` prints names.
                    let name = link::is_host_name(word) && gateway.is_none();
                    self.unknown_count += usize::from(gateway.is_none() && !name);
                    self.hop().gateway_name = name.then(|| word.to_owned());
                    if family.is_none()
                        && let Some(gateway) = gateway
                    {
                        self.family = self.family.or(Some(Family::of(gateway)));
                    }
                    self.hop().gateway = gateway;
                }
                "dev" => match rest.next().filter(|word| link::is_device(word)) {
                    Some(device) => self.hop().device = Some(device.to_owned()),
                    None => self.unknown_count += 1,
                },
                "nexthop" => self.hops.push(hop()),
                "weight" => self.hop().weight = rest.next().and_then(number::any32).unwrap_or(1),
                "onlink" => self.hop().onlink = true,
                "linkdown" => self.hop().linkdown = true,
                "dead" => self.hop().dead = true,
                "src" => {
                    self.prefsrc = rest.next().and_then(address::ip);
                    self.unknown_count += usize::from(self.prefsrc.is_none());
                    self.family = self.family.or(self.prefsrc.map(Family::of));
                }
                "from" => {
                    self.from = rest.next().and_then(address::net);
                    self.unknown_count += usize::from(self.from.is_none());
                }
                "metric" => self.metric = rest.next().and_then(number::any32),
                "table" => self.table = rest.next().map(TableName::new),
                "proto" => {
                    self.is_listed = true;
                    self.protocol = rest.next().and_then(protocol);
                }
                "scope" => {
                    self.is_listed = true;
                    self.is_scope_link =
                        rest.next().is_some_and(|word| word == "link" || word == "253");
                }
                "nhid" => self.nexthop_id = rest.next().and_then(number::any32),
                "uid" => {
                    self.is_answer = true;
                    rest.next();
                }
                "mark" => {
                    self.is_answer = true;
                    self.mark = rest.next().and_then(number::any32);
                }
                "iif" => {
                    self.is_answer = true;
                    self.iif = rest.next().filter(|word| link::is_device(word)).map(str::to_owned);
                }
                "cache" => self.is_answer = true,
                // `<local>`, `<local,brd>` behind `cache`.
                word if word.starts_with('<') && self.is_answer => {}
                // Its values have the names of other keys: `encap ip id 0 src 10.0.0.1 dst 10.0.0.2`.
                "encap" => {
                    while rest.next_if(|next| !matches!(*next, "via" | "dev" | "nexthop")).is_some()
                    {
                    }
                }
                word if VALUED.contains(&word) => {
                    if word == "pref" {
                        self.family = self.family.or(Some(Family::V6));
                    }
                    rest.next_if(|next| *next == "lock");
                    rest.next();
                }
                word if FLAGS.contains(&word) => {}
                // The next route, whose words must not be taken for those of this one.
                word if word == "default" || address::net(word).is_some() => {
                    self.is_joined = true;
                    return;
                }
                _ => self.unknown_count += 1,
            }
        }
    }

    /// True when the line names a way out, or says that there is none.
    pub(in crate::format) fn has_way(&self) -> bool {
        self.is_dead_end() || self.nexthop_id.is_some() || self.hops.iter().any(HopRow::is_way)
    }

    /// Types that send nothing.
    fn is_dead_end(&self) -> bool {
        matches!(
            self.kind,
            Some(
                RouteKind::Blackhole
                    | RouteKind::Unreachable
                    | RouteKind::Prohibit
                    | RouteKind::Throw
            )
        )
    }

    /// True for a single address without what only a table prints.
    pub(in crate::format) fn looks_asked(&self) -> bool {
        let is_host = self.destination.is_some_and(|net| net.prefix_len() == net.max_prefix_len());
        let is_old_answer = self.prefsrc.is_some()
            && !self.is_listed
            && self.metric.is_none()
            && self.nexthop_id.is_none();
        is_host && self.has_way() && (self.is_answer || self.from.is_some() || is_old_answer)
    }

    /// The route, in a table of this family where the line does not say; `device` is the one that
    /// the command named and rows leave out.
    pub(in crate::format) fn route(
        mut self,
        line: u32,
        family: Family,
        device: Option<&str>,
    ) -> Result<RouteRow, Text> {
        let destination = self
            .destination
            .unwrap_or_else(|| address::everything(self.family.unwrap_or(family) == Family::V6));
        let kind = self.kind.unwrap_or(RouteKind::Unicast);
        if let Some(device) = device {
            if self.hops.is_empty() {
                self.hops.push(hop());
            }
            for hop in &mut self.hops {
                hop.device.get_or_insert_with(|| device.to_owned());
            }
        }
        if self.is_dead_end() {
            // IPv6 names `lo` here.
            self.hops.clear();
        }
        let is_device_left_out = self.is_scope_link && self.hops.is_empty() && !self.is_dead_end();
        // With ways of their own on lines below, the line of the route has none.
        self.hops.retain(HopRow::is_way);
        if is_device_left_out {
            self.hops.push(hop());
        }
        if self.hops.is_empty() && !self.is_dead_end() && self.nexthop_id.is_none() {
            return Err(text!["no way out is printed"]);
        }
        let has_gateway = self.hops.iter().any(HopRow::has_gateway);
        let is_of_local = matches!(
            kind,
            RouteKind::Local | RouteKind::Broadcast | RouteKind::Anycast | RouteKind::Multicast
        );
        Ok(RouteRow {
            line,
            kind,
            destination,
            on_link: kind == RouteKind::Unicast && !self.hops.is_empty() && !has_gateway,
            hops: self.hops,
            metric: self.metric,
            table: self.table.map(|table| table.number).or(is_of_local.then_some(255)),
            prefsrc: self.prefsrc,
            protocol: self.protocol,
            nexthop_id: self.nexthop_id,
        })
    }
}
