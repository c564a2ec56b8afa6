//! Ends of segments as printed: numbers, names, placeholders.

use std::net::IpAddr;

use synrecv_model::{Endpoint, Family, Foreign, Mac, Text, canonical_ip, stand_in, text};

use crate::token::service;

/// Notes about names at most.
const NOTES_MAX: usize = 8;

/// Ports that stand for a name which is not known: above those that systems choose for clients.
const PORT_STAND_IN: u16 = 61_001;

/// One end as printed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PrintedEnd {
    pub(crate) host: PrintedHost,
    /// Number or name; `None` where there is none.
    pub(crate) port: Option<String>,
}

/// A host as printed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum PrintedHost {
    /// Its address.
    Ip(IpAddr),
    /// Its name, or a placeholder that somebody put there.
    Name(String),
}

impl PrintedHost {
    /// Reads an address, or the name of a host.
    pub(crate) fn read(word: &str) -> Option<Self> {
        let bare = word.trim_matches(['[', ']']);
        let bare = bare.split_once('%').map_or(bare, |(address, _)| address);
        if let Ok(ip) = bare.parse::<IpAddr>() {
            return Some(Self::Ip(canonical_ip(ip)));
        }
        is_name(word).then(|| Self::Name(word.to_owned()))
    }

    /// The address; that of a stand-in for a name.
    pub(crate) fn ip(&self, is_v6: bool, names: &mut Names) -> IpAddr {
        match self {
            Self::Ip(ip) => *ip,
            Self::Name(name) => {
                let ip = stand_in(name, if is_v6 { Family::V6 } else { Family::V4 });
                names.host(name, ip);
                ip
            }
        }
    }

    /// As printed.
    pub(crate) fn text(&self) -> Text {
        match self {
            Self::Ip(ip) => text![*ip],
            Self::Name(name) => text![Foreign(name.clone())],
        }
    }
}

impl PrintedEnd {
    /// Reads `10.0.0.1.80`, `2001:db8::1.http`, `server.example.80`, with or without a port.
    pub(crate) fn dotted(word: &str) -> Option<Self> {
        let word = word.trim_start_matches(['(', '"', '`', '\'', '|', '*']);
        let word = word.trim_end_matches([':', ',', ';', ')', '"', '`', '\'']);
        if word.is_empty() || word.parse::<Mac>().is_ok() {
            return None;
        }
        if let Some((host, port)) = word.rsplit_once('.')
            && is_port(port)
            && !is_masked(word)
            && word.parse::<IpAddr>().is_err()
            && let Some(host) = PrintedHost::read(host)
        {
            return Some(Self { host, port: Some(port.to_owned()) });
        }
        // `10.0.0.1:80` is not what tools print here, and what people write.
        if let Some((host, port)) = word.rsplit_once(':')
            && is_port(port)
            && (host.ends_with(']') || !host.contains(':'))
            && let Some(host) = PrintedHost::read(host)
        {
            return Some(Self { host, port: Some(port.to_owned()) });
        }
        Some(Self { host: PrintedHost::read(word)?, port: None })
    }

    /// The noun; 0 for a port that is not printed.
    pub(crate) fn endpoint(&self, is_v6: bool, names: &mut Names) -> Endpoint {
        let ip = self.host.ip(is_v6, names);
        Endpoint::new(ip, self.port.as_deref().map_or(0, |port| names.port(port)))
    }

    /// As printed.
    pub(crate) fn text(&self) -> Text {
        let mut text = self.host.text();
        if let Some(port) = &self.port {
            text.push(" port ");
            text.push(Foreign(port.clone()));
        }
        text
    }
}

/// Names that were met in place of numbers.
#[derive(Clone, Debug, Default)]
pub(crate) struct Names {
    hosts: Vec<(String, IpAddr)>,
    ports: Vec<(String, u16)>,
}

impl Names {
    fn host(&mut self, name: &str, ip: IpAddr) {
        if self.hosts.len() < NOTES_MAX && !self.hosts.iter().any(|known| known.1 == ip) {
            self.hosts.push((name.to_owned(), ip));
        }
    }

    /// The number of a port.
    pub(crate) fn port(&mut self, printed: &str) -> u16 {
        if let Ok(number) = printed.parse() {
            return number;
        }
        if let Some(number) = service::port(&printed.to_ascii_lowercase()) {
            return number;
        }
        let hash = printed
            .bytes()
            .fold(7_u32, |hash, octet| hash.wrapping_mul(16_777_619) ^ u32::from(octet));
        let span = u32::from(u16::MAX - PORT_STAND_IN);
        let number = PORT_STAND_IN + u16::try_from(hash % span).unwrap_or(0);
        if self.ports.len() < NOTES_MAX && !self.ports.iter().any(|known| known.1 == number) {
            self.ports.push((printed.to_owned(), number));
        }
        number
    }

    /// What a reader must know of them.
    pub(crate) fn notes(&self) -> Vec<Text> {
        let hosts = self.hosts.iter().map(|(name, ip)| {
            text![Foreign(name.clone()), " has no address in the text; ", *ip, " stands for it"]
        });
        let ports = self.ports.iter().map(|(name, number)| {
            text![
                "the number of port ",
                Foreign(name.clone()),
                " is not known; ",
                *number,
                " stands for it"
            ]
        });
        hosts.chain(ports).collect()
    }
}

/// A port or the name of a service.
pub(crate) fn is_port(word: &str) -> bool {
    if word.bytes().all(|octet| octet.is_ascii_digit()) {
        return word.parse::<u16>().is_ok();
    }
    let mut chars = word.chars();
    chars.next().is_some_and(|c| c.is_ascii_alphabetic())
        && word.len() <= 32
        && chars.all(|c| c.is_ascii_alphanumeric() || "-_+".contains(c))
}

/// An IPv4 address of which parts were made unreadable: `x.x.x.10`.
fn is_masked(word: &str) -> bool {
    let parts: Vec<&str> = word.split('.').take(5).collect();
    let is_part = |part: &&str| {
        let number = part.parse::<u8>().is_ok();
        number || (part.len() <= 3 && part.chars().all(|c| matches!(c, 'x' | 'X' | '*' | '?')))
    };
    parts.len() == 4 && parts.iter().all(is_part)
}

fn is_name(word: &str) -> bool {
    let allowed = |c: char| c.is_alphanumeric() || "._-<>*?[]{}@#$&".contains(c);
    word.len() <= 255
        && word.chars().all(allowed)
        && word.chars().any(|c| c.is_alphabetic() || c == '*')
        && !word.contains("->")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_as_tools_print_them() {
        let read = |word: &str| {
            let end = PrintedEnd::dotted(word).unwrap();
            (end.endpoint(false, &mut Names::default()).to_string(), end.port)
        };
        assert_eq!(read("10.0.0.1.80:").0, "10.0.0.1:80");
        assert_eq!(read("10.0.0.1.http:").0, "10.0.0.1:80");
        assert_eq!(read("10.0.0.1:").1, None);
        assert_eq!(read("2001:db8::1.80").0, "[2001:db8::1]:80");
        assert_eq!(read("fe80::1%eth0.4711:").0, "[fe80::1]:4711");
        assert_eq!(read("10.0.0.1:80").0, "10.0.0.1:80");
        assert_eq!(read("x.x.x.10").1, None);
        assert_eq!(read("x.x.x.10.443").1.unwrap(), "443");
        assert_eq!(read("web-1.example.ssh:").1.unwrap(), "ssh");
        assert!(PrintedEnd::dotted("02:00:00:00:00:01,").is_none());
        assert!(PrintedEnd::dotted("").is_none());
    }

    #[test]
    fn names_are_told() {
        let mut names = Names::default();
        let end = PrintedEnd::dotted("IP_SERVER.unheard-of").unwrap();
        let endpoint = end.endpoint(false, &mut names);
        assert!(synrecv_model::is_stand_in(endpoint.ip) && endpoint.port >= PORT_STAND_IN);
        assert_eq!(names.notes().len(), 2);
    }
}
