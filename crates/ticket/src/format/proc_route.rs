//! `/proc/net/route` and `/proc/net/ipv6_route` as they are.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::IpNet;
use synrecv_model::{RouteKind, text};

use super::route::reading;
use super::table::{reads_file, words};
use super::{Format, Sees, Table};
use crate::token::{link, mask, number};
use crate::{Command, Content, HopRow, Kind, Line, RouteRow, Taken};

/// The files.
#[derive(Debug)]
pub(super) struct ProcRoute;

/// RTF_GATEWAY.
const GATEWAY: u32 = 0x2;

/// RTF_REJECT: unreachable or prohibit; IPv6 has blackhole here too.
const REJECT: u32 = 0x200;

/// RTF_LOCAL, of IPv6.
const LOCAL: u32 = 0x8000_0000;

/// RTF_ANYCAST, of IPv6.
const ANYCAST: u32 = 0x0010_0000;

/// The local table.
const TABLE_LOCAL: u32 = 255;

impl Format for ProcRoute {
    fn kind(&self) -> Kind {
        Kind::Proc
    }

    fn is_printed_by(&self, command: &Command) -> bool {
        reads_file(command, "net/route") || reads_file(command, "net/ipv6_route")
    }

    fn sees(&self, line: &str, _inside: bool) -> Sees {
        let words = words(line);
        if is_title(&words) {
            Sees::Title
        } else if fields(&words).is_some() || is_v6(&words) {
            Sees::Row
        } else {
            Sees::Nothing
        }
    }

    fn read(&self, lines: &[Line], _command: Option<&Command>) -> Table {
        let mut rows: Vec<RouteRow> = Vec::new();
        // The file has the order of octets of the host that wrote it.
        let is_swapped = |line: &Line| {
            fields(&words(&line.text)).is_none_or(|fields| {
                mask::len(Ipv4Addr::from_bits(fields.mask.swap_bytes())).is_some()
            })
        };
        let swaps = lines.iter().all(is_swapped);
        let mut has_v6 = false;
        let mut has_v4 = false;
        let taken = lines.iter().map(|line| {
            let words = words(&line.text);
            if is_title(&words) {
                has_v4 = true;
                return Taken::Title;
            }
            let read = match fields(&words) {
                Some(fields) => {
                    has_v4 = true;
                    fields.route(swaps)
                }
                None if is_v6(&words) => {
                    has_v6 = true;
                    match v6(&words) {
                        Some(V6::End) => return Taken::Aside("the end of the table of IPv6"),
                        Some(V6::Route(route)) => Ok(route),
                        None => Err("a field that is no number"),
                    }
                }
                None => Err("not a route of /proc/net/route"),
            };
            match read {
                Ok(mut route) => {
                    route.line = line.number;
                    let reading = reading(&route);
                    rows.push(route);
                    Taken::Row(reading)
                }
                Err(reason) => Taken::Rejected(text![reason]),
            }
        });
        let taken = taken.collect();
        let mut table = Table::new(Content::Routes(rows), taken);
        if has_v4 {
            table
                .notes
                .push(text!["/proc/net/route holds the main table only, without source addresses"]);
        }
        if has_v6 {
            table.notes.push(text!["/proc/net/ipv6_route holds all tables and does not name them"]);
        }
        table
    }
}

fn is_title(words: &[&str]) -> bool {
    words.contains(&"Iface") && words.contains(&"RefCnt") && words.contains(&"Mask")
}

/// The fields of a row of IPv4, in the order of octets that the file has.
struct Fields<'a> {
    device: &'a str,
    destination: u32,
    gateway: u32,
    flags: u32,
    metric: u32,
    mask: u32,
}

fn fields<'a>(words: &[&'a str]) -> Option<Fields<'a>> {
    let [device, destination, gateway, flags, counts @ ..] = words else {
        return None;
    };
    let [ref_count, use_count, metric, mask, rest @ ..] = counts else {
        return None;
    };
    let octets =
        |word: &str| (word.len() == 8).then(|| u32::from_str_radix(word, 16).ok()).flatten();
    let all_numbers = [ref_count, use_count]
        .iter()
        .chain(&rest.iter().collect::<Vec<_>>())
        .all(|word| number::decimal(word).is_some());
    let fits = all_numbers
        && rest.len() <= 4
        && flags.len() == 4
        && (*device == "*" || link::is_device(device));
    fits.then_some(())?;
    Some(Fields {
        device,
        destination: octets(destination)?,
        gateway: octets(gateway)?,
        flags: u32::from_str_radix(flags, 16).ok()?,
        metric: number::any32(metric)?,
        mask: octets(mask)?,
    })
}

impl Fields<'_> {
    fn route(&self, swaps: bool) -> Result<RouteRow, &'static str> {
        let address =
            |octets: u32| Ipv4Addr::from_bits(if swaps { octets.swap_bytes() } else { octets });
        let len =
            mask::len(address(self.mask)).ok_or("the ones of the mask do not stand together")?;
        let destination =
            IpNet::new(address(self.destination).into(), len).map_err(|_| "no prefix")?;
        let gateway = address(self.gateway);
        let gateway = (!gateway.is_unspecified()).then_some(IpAddr::V4(gateway));
        let kind = match () {
            () if self.flags & REJECT != 0 => RouteKind::Unreachable,
            () if self.device == "*" => RouteKind::Blackhole,
            () => RouteKind::Unicast,
        };
        if kind == RouteKind::Unicast && gateway.is_none() && self.flags & GATEWAY != 0 {
            return Err("the gateway is of IPv6 and is not printed");
        }
        Ok(RouteRow {
            line: 0,
            kind,
            destination: destination.trunc(),
            hops: hops(kind, gateway, self.device),
            metric: Some(self.metric),
            table: None,
            prefsrc: None,
            on_link: kind == RouteKind::Unicast && gateway.is_none(),
            protocol: None,
            nexthop_id: None,
        })
    }
}

/// The only way out, or none.
pub(super) fn hops(kind: RouteKind, gateway: Option<IpAddr>, device: &str) -> Vec<HopRow> {
    if !matches!(
        kind,
        RouteKind::Unicast | RouteKind::Local | RouteKind::Multicast | RouteKind::Anycast
    ) {
        return Vec::new();
    }
    let device = link::is_device(device).then(|| device.to_owned());
    vec![HopRow { gateway, device, weight: 1, ..HopRow::default() }]
}

/// What a row of IPv6 is.
enum V6 {
    Route(RouteRow),
    /// The entry that says that there is nothing more.
    End,
}

fn is_v6(words: &[&str]) -> bool {
    let lens = words.iter().take(9).map(|word| word.len());
    words.len() == 10
        && lens.eq([32, 2, 32, 2, 32, 8, 8, 8, 8])
        && words[..9].iter().all(|word| word.bytes().all(|octet| octet.is_ascii_hexdigit()))
}

fn v6(words: &[&str]) -> Option<V6> {
    let address = |word: &str| u128::from_str_radix(word, 16).ok().map(Ipv6Addr::from_bits);
    let hex = |word: &str| u32::from_str_radix(word, 16).ok();
    let destination =
        IpNet::new(address(words[0])?.into(), u8::from_str_radix(words[1], 16).ok()?).ok()?;
    let gateway = address(words[4])?;
    let (metric, flags, device) = (hex(words[5])?, hex(words[8])?, words[9]);
    if metric == u32::MAX && flags & REJECT != 0 {
        return Some(V6::End);
    }
    let gateway = (!gateway.is_unspecified()).then_some(IpAddr::V6(gateway));
    let kind = match () {
        () if flags & REJECT != 0 => RouteKind::Unreachable,
        () if flags & LOCAL != 0 => RouteKind::Local,
        () if flags & ANYCAST != 0 => RouteKind::Anycast,
        () if destination.addr().is_multicast() => RouteKind::Multicast,
        () => RouteKind::Unicast,
    };
    let is_of_local = matches!(kind, RouteKind::Local | RouteKind::Anycast | RouteKind::Multicast);
    Some(V6::Route(RouteRow {
        line: 0,
        kind,
        destination: destination.trunc(),
        hops: hops(kind, gateway, device),
        metric: Some(metric),
        table: is_of_local.then_some(TABLE_LOCAL),
        prefsrc: None,
        on_link: kind == RouteKind::Unicast && gateway.is_none(),
        protocol: None,
        nexthop_id: None,
    }))
}

#[cfg(test)]
mod tests;
