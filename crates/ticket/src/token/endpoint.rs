//! An address with a port.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::service;

/// One end of a socket, as printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct End<'a> {
    /// What stands before the port.
    pub(crate) host: Host<'a>,
    /// The port.
    pub(crate) port: Port<'a>,
    /// Device or scope behind `%`.
    pub(crate) device: Option<&'a str>,
    /// The address stands in brackets.
    pub(crate) in_brackets: bool,
}

/// What stands before a port.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Host<'a> {
    /// An address; v4-mapped ones are IPv6 here.
    Ip(IpAddr),
    /// `*`.
    Any,
    /// `localhost` of some family; IPv6 when the name says so.
    Localhost {
        /// `ip6-localhost`, `localhost6`.
        is_v6: bool,
    },
    /// A name that resolves to an address only on the host where it was printed.
    Name(&'a str),
    /// The start of an address.
    Cut(&'a str),
}

/// What stands behind an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Port<'a> {
    /// A number, or a name that is known here.
    Number(u16),
    /// `*`.
    Any,
    /// A name that is not known here.
    Name(&'a str),
}

/// `192.0.2.1:80`, `:::80`, `[::]:*`, `*:http`, `fe80::1%eth0:22`: the port is behind the last
/// colon.
pub(crate) fn colon(word: &str) -> Option<End<'_>> {
    let (before, port) = word.rsplit_once(':')?;
    end(before, port)
}

/// `192.0.2.1.80`, `*.80`, `fe80::1%lo0.1024`: the port is behind the last dot, as BSD prints it.
pub(crate) fn dot(word: &str) -> Option<End<'_>> {
    let (before, port) = word.rsplit_once('.')?;
    end(before, port)
}

fn end<'a>(before: &'a str, port: &'a str) -> Option<End<'a>> {
    let port = self::port(port)?;
    let (bare, device, in_brackets) = match before.strip_prefix('[') {
        Some(rest) => {
            let (inside, behind) = rest.split_once(']')?;
            let (bare, scope) = scoped(inside);
            match behind.strip_prefix('%') {
                Some(device) => (bare, Some(device), true),
                None if behind.is_empty() => (bare, scope, true),
                None => return None,
            }
        }
        None => {
            let (bare, device) = scoped(before);
            (bare, device, false)
        }
    };
    let host = self::host(bare)?;
    let fits = match host {
        Host::Ip(ip) => !in_brackets || ip.is_ipv6(),
        Host::Any | Host::Cut(_) => true,
        Host::Localhost { .. } | Host::Name(_) => !in_brackets,
    };
    (fits && device != Some("")).then_some(End { host, port, device, in_brackets })
}

fn scoped(text: &str) -> (&str, Option<&str>) {
    match text.split_once('%') {
        Some((address, device)) => (address, Some(device)),
        None => (text, None),
    }
}

fn host(text: &str) -> Option<Host<'_>> {
    if text == "*" {
        return Some(Host::Any);
    }
    if let Ok(ip) = text.parse() {
        return Some(Host::Ip(ip));
    }
    let digits_only = text.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    let is_start_of_v6 =
        text.contains(':') && text.bytes().all(|b| b.is_ascii_hexdigit() || b == b':' || b == b'.');
    if is_start_of_v6 || (digits_only && is_start_of_v4(text)) {
        return Some(Host::Cut(text));
    }
    // Names are cut, too: `localhost.localdo`.
    match text {
        "localhost" | "localhost4" => return Some(Host::Localhost { is_v6: false }),
        "ip6-localhost" | "ip6-loopback" | "localhost6" => {
            return Some(Host::Localhost { is_v6: true });
        }
        _ if text.len() > "localhost.".len() && "localhost.localdomain".starts_with(text) => {
            return Some(Host::Localhost { is_v6: false });
        }
        _ => {}
    }
    is_name(text).then_some(Host::Name(text))
}

fn is_start_of_v4(text: &str) -> bool {
    text.split('.').count() <= 4
        && text.contains('.')
        && text.split('.').all(|octet| octet.is_empty() || octet.parse::<u8>().is_ok())
}

fn is_name(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.first().is_some_and(u8::is_ascii_alphanumeric)
        && bytes.iter().any(u8::is_ascii_alphabetic)
        && bytes.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_'))
}

/// A port: a number without zeros in front, `*`, or the name of a service.
pub(crate) fn port(text: &str) -> Option<Port<'_>> {
    if text == "*" {
        return Some(Port::Any);
    }
    if let Some(number) = number(text) {
        return Some(Port::Number(number));
    }
    let bytes = text.as_bytes();
    let is_name = bytes.first().is_some_and(u8::is_ascii_alphanumeric)
        && bytes.iter().any(u8::is_ascii_alphabetic)
        && bytes
            .iter()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'+' | b'/'));
    is_name.then(|| service::port(text).map_or(Port::Name(text), Port::Number))
}

/// A port as tools print it: decimal, without zeros in front.
pub(crate) fn number(text: &str) -> Option<u16> {
    let plain = text.bytes().all(|b| b.is_ascii_digit()) && (text == "0" || !text.starts_with('0'));
    text.parse().ok().filter(|_| plain)
}

impl End<'_> {
    /// True when it names an address of the IPv6 form, mapped ones included.
    pub(crate) fn is_v6(&self) -> bool {
        match self.host {
            Host::Ip(ip) => ip.is_ipv6(),
            Host::Localhost { is_v6 } => is_v6,
            Host::Cut(text) => text.contains(':'),
            Host::Any | Host::Name(_) => false,
        }
    }

    /// The address; `*` and `localhost` are of the given family. `None` for a name or a part of an
    /// address.
    pub(crate) fn ip(&self, v6: bool) -> Option<IpAddr> {
        match self.host {
            Host::Ip(ip) => Some(ip),
            Host::Any if v6 => Some(Ipv6Addr::UNSPECIFIED.into()),
            Host::Any => Some(Ipv4Addr::UNSPECIFIED.into()),
            Host::Localhost { is_v6 } if v6 || is_v6 => Some(Ipv6Addr::LOCALHOST.into()),
            Host::Localhost { .. } => Some(Ipv4Addr::LOCALHOST.into()),
            Host::Name(_) | Host::Cut(_) => None,
        }
    }

    /// True when both parts are numbers or `*`.
    pub(crate) fn is_numeric(&self) -> bool {
        matches!(self.host, Host::Ip(_) | Host::Any)
            && matches!(self.port, Port::Number(_) | Port::Any)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> Host<'_> {
        Host::Ip(text.parse().expect("address"))
    }

    #[test]
    fn ends_with_a_colon() {
        for (word, host, port, device) in [
            ("192.0.2.1:80", ip("192.0.2.1"), Port::Number(80), None),
            (":::80", ip("::"), Port::Number(80), None),
            ("::1:631", ip("::1"), Port::Number(631), None),
            ("[::]:*", ip("::"), Port::Any, None),
            ("*:http", Host::Any, Port::Number(80), None),
            ("*:nosuchname", Host::Any, Port::Name("nosuchname"), None),
            ("::ffff:192.0.2.1:80", ip("::ffff:192.0.2.1"), Port::Number(80), None),
            ("fe80::1%eth0:22", ip("fe80::1"), Port::Number(22), Some("eth0")),
            ("[fe80::1]%eth0.5:22", ip("fe80::1"), Port::Number(22), Some("eth0.5")),
            ("[fe80::1%12]:80", ip("fe80::1"), Port::Number(80), Some("12")),
            ("192.0.2.7%if415659752:22", ip("192.0.2.7"), Port::Number(22), Some("if415659752")),
            ("localhost:ipp", Host::Localhost { is_v6: false }, Port::Number(631), None),
            ("localhost.localdo:53", Host::Localhost { is_v6: false }, Port::Number(53), None),
            ("db-1.example:ssh", Host::Name("db-1.example"), Port::Number(22), None),
            ("2001:db8:aaaa:bbbb:8080", Host::Cut("2001:db8:aaaa:bbbb"), Port::Number(8080), None),
            ("::ffff:198.51.100.:9090", Host::Cut("::ffff:198.51.100."), Port::Number(9090), None),
        ] {
            let end = colon(word).expect(word);
            assert_eq!((end.host, end.port, end.device), (host, port, device), "{word}");
        }
        let bad = [
            "",
            ":",
            ":80",
            "80",
            "12:30:",
            "00:58x:y",
            "192.0.2.1:080",
            "192.0.2.1:70000",
            "[192.0.2.1]:80",
            "a b:80",
            "x%:80",
        ];
        for word in bad {
            assert_eq!(colon(word), None, "{word}");
        }
    }

    #[test]
    fn ends_with_a_dot() {
        for (word, host, port) in [
            ("192.0.2.1.80", ip("192.0.2.1"), Port::Number(80)),
            ("*.22", Host::Any, Port::Number(22)),
            ("*.*", Host::Any, Port::Any),
            ("::1.631", ip("::1"), Port::Number(631)),
            ("fe80::1%lo0.1024", ip("fe80::1"), Port::Number(1024)),
            ("2001:db8:b6c0:2.50743", Host::Cut("2001:db8:b6c0:2"), Port::Number(50743)),
        ] {
            let end = dot(word).expect(word);
            assert_eq!((end.host, end.port), (host, port), "{word}");
        }
    }
}
