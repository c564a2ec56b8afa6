//! Rows of net-tools, BusyBox and toybox:
//! `192.0.2.0 0.0.0.0 255.255.255.0 U 80 0 0 eth0`.

use std::net::{IpAddr, Ipv4Addr};

use ipnet::IpNet;
use synrecv_model::{Foreign, RouteKind, Text, text};

use crate::RouteRow;
use crate::format::proc_route::hops;
use crate::token::{address, link, mask, number};

/// What the numbers before the device are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Columns {
    /// `Metric Ref Use`.
    Metric,
    /// `MSS Window irtt`.
    Mss,
    /// No title says.
    Unknown,
}

/// The fields of a row.
#[derive(Debug)]
pub(super) struct Row<'a> {
    destination: &'a str,
    gateway: &'a str,
    /// `None` for IPv6, whose destination has its length behind `/`.
    mask: Option<u8>,
    flags: &'a str,
    numbers: [&'a str; 3],
    device: &'a str,
    /// The columns of `-ee` stand behind the device.
    is_extended: bool,
}

/// The local table.
const LOCAL: u32 = 255;

/// Least and most octets of a segment that are seen; a metric is seldom among them.
const MSS: std::ops::Range<u64> = 1200..9217;

/// The fields of a row of IPv4 or IPv6.
pub(super) fn row<'a>(words: &[&'a str]) -> Option<Row<'a>> {
    v4(words).or_else(|| v6(words))
}

fn v4<'a>(words: &[&'a str]) -> Option<Row<'a>> {
    let (mask, rest) = match words {
        [_, _, mask, rest @ ..] if !mask.starts_with('0') || mask.contains('.') => {
            (mask::word(mask)?, rest)
        }
        _ => return None,
    };
    let [flags, first, second, third, device, behind @ ..] = rest else {
        return None;
    };
    let numbers = [*first, *second, *third];
    let has_columns_behind = match behind {
        [] => Some(false),
        [mss, window, irtt] if [mss, window, irtt].iter().all(|word| is_count(word)) => Some(true),
        // A word of a person, or the next column of a page.
        [word, ..] if number::decimal(word).is_none() && address::ip(word).is_none() => Some(false),
        _ => None,
    }?;
    let is_destination = address::ip(words[0]).is_some() || link::is_host_name(words[0]);
    let is_gateway = address::ip(words[1]).is_some()
        || link::is_host_name(words[1])
        || ["*", "-"].contains(&words[1]);
    let is_device = ["*", "-"].contains(device) || link::is_device(device);
    let fits = is_flags(flags)
        && numbers.iter().all(|word| is_count(word))
        && is_device
        && is_destination
        && is_gateway;
    fits.then_some(Row {
        destination: words[0],
        gateway: words[1],
        mask: Some(mask),
        flags,
        numbers,
        device,
        is_extended: has_columns_behind,
    })
}

fn v6<'a>(words: &[&'a str]) -> Option<Row<'a>> {
    let [destination, gateway, flags, first, second, third, device] = words else {
        return None;
    };
    let is_v6 = |word: &str| address::net(word).is_some_and(|net| net.addr().is_ipv6());
    let is_number = |word: &str| number::decimal(word).is_some();
    let fits = destination.contains('/')
        && is_v6(destination)
        && is_v6(gateway)
        && !gateway.contains('/')
        && flags.starts_with(['U', '!'])
        && flags.chars().all(|c| "UGHSDMACaeflnRbcmp!".contains(c))
        && (is_number(first) || *first == "-1")
        && is_number(second)
        && is_number(third)
        && link::is_device(device);
    fits.then_some(Row {
        destination,
        gateway,
        mask: None,
        flags,
        numbers: [first, second, third],
        device,
        is_extended: false,
    })
}

fn is_count(word: &str) -> bool {
    word == "-" || number::decimal(word).is_some()
}

fn is_flags(word: &str) -> bool {
    word.contains(['U', '!'])
        && word.len() <= 8
        && word.chars().all(|c| "UGHRDMAC!SBIi".contains(c))
}

/// What the names mean that `/etc/networks` of most systems holds.
fn network(name: &str) -> Option<IpAddr> {
    Some(IpAddr::V4(match name {
        "default" => Ipv4Addr::UNSPECIFIED,
        "loopback" => Ipv4Addr::new(127, 0, 0, 0),
        "link-local" => Ipv4Addr::new(169, 254, 0, 0),
        _ => return None,
    }))
}

impl Row<'_> {
    /// True when the first number can be nothing but a metric, or the last nothing but a count of uses.
    pub(super) fn shows_metric(&self) -> bool {
        let value = |at: usize| number::decimal(self.numbers[at]).unwrap_or(0);
        self.is_extended || (value(0) > 0 && !MSS.contains(&value(0))) || value(2) > 0
    }

    /// The route; `None` for the entry of IPv6 that says that there is nothing more.
    pub(super) fn route(&self, columns: Columns) -> Result<Option<RouteRow>, Text> {
        match self.mask {
            Some(len) => self.route_v4(len, columns).map(Some),
            None => self.route_v6(),
        }
    }

    fn route_v4(&self, len: u8, columns: Columns) -> Result<RouteRow, Text> {
        let destination = address::ip(self.destination)
            .or_else(|| network(self.destination))
            .ok_or_else(|| {
                text![
                    "the name ",
                    Foreign(self.destination.to_owned()),
                    " in place of a destination, which route -n prints"
                ]
            })?;
        let net =
            IpNet::new(destination, len).map_err(|_| text!["the destination is not of IPv4"])?;
        if net.addr() != net.network() {
            return Err(text!["the destination has bits outside of its mask"]);
        }
        let kind = match () {
            () if self.flags.contains('!') => RouteKind::Unreachable,
            () if self.device == "*" => RouteKind::Blackhole,
            () => RouteKind::Unicast,
        };
        let is_none = |word: &str| matches!(word, "*" | "-" | "default");
        let gateway = address::ip(self.gateway).filter(|gateway| !gateway.is_unspecified());
        let is_named = address::ip(self.gateway).is_none() && !is_none(self.gateway);
        let is_unicast = kind == RouteKind::Unicast;
        if is_unicast && gateway.is_none() && !is_named && self.flags.contains('G') {
            return Err(text!["the gateway is of IPv6 and is not printed"]);
        }
        let has_metric = self.is_extended || columns == Columns::Metric;
        let mut hops = hops(kind, gateway, self.device);
        for hop in &mut hops {
            hop.gateway_name = is_named.then(|| self.gateway.to_owned());
        }
        Ok(RouteRow {
            line: 0,
            kind,
            destination: net.trunc(),
            hops,
            metric: number::any32(self.numbers[0]).filter(|_| has_metric),
            table: None,
            prefsrc: None,
            on_link: is_unicast && gateway.is_none() && !is_named,
            protocol: None,
            nexthop_id: None,
        })
    }

    fn route_v6(&self) -> Result<Option<RouteRow>, Text> {
        let destination = address::prefix(self.destination).ok_or_else(|| text!["no prefix"])?;
        let is_end = self.flags.contains('!') && self.numbers[0] == "-1";
        if is_end {
            return Ok(None);
        }
        let gateway = address::ip(self.gateway).filter(|gateway| !gateway.is_unspecified());
        let is_host = destination.prefix_len() == 128;
        let kind = match () {
            () if self.flags.contains('!') => RouteKind::Unreachable,
            () if destination.addr().is_multicast() => RouteKind::Multicast,
            () if is_host
                && gateway.is_none()
                && (self.device == "lo" || self.flags.contains(['n', 'l'])) =>
            {
                RouteKind::Local
            }
            () => RouteKind::Unicast,
        };
        let is_of_local = matches!(kind, RouteKind::Local | RouteKind::Multicast);
        Ok(Some(RouteRow {
            line: 0,
            kind,
            destination,
            hops: hops(kind, gateway, self.device),
            metric: number::any32(self.numbers[0]),
            table: is_of_local.then_some(LOCAL),
            prefsrc: None,
            on_link: kind == RouteKind::Unicast && gateway.is_none(),
            protocol: None,
            nexthop_id: None,
        }))
    }
}
