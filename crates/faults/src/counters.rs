//! Counters of a namespace, for waiting until something happened there.

use crate::error::{LabError, Result};
use crate::namespace::Namespace;

const EXTENDED: &str = "/proc/thread-self/net/netstat";
const STANDARD: &str = "/proc/thread-self/net/snmp";
const STANDARD_V6: &str = "/proc/thread-self/net/snmp6";

impl Namespace {
    /// A counter since the namespace began, of `/proc/net/netstat` for groups whose name ends in
    /// `Ext`, such as `TcpExt` and `ListenOverflows`, and of `/proc/net/snmp` for others, such as
    /// `Tcp` and `OutRsts`; those whose group ends in `6`, such as `Ip6` and `InReceives`, are of
    /// `/proc/net/snmp6`. 0 for one that this kernel does not have.
    pub fn counter(&self, group: &str, name: &str) -> Result<u64> {
        let path = match group {
            _ if group.ends_with("Ext") => EXTENDED,
            _ if group.ends_with('6') => STANDARD_V6,
            _ => STANDARD,
        };
        let text = self
            .run(move || std::fs::read_to_string(path))?
            .map_err(|source| LabError::Read { path, namespace: self.name().to_owned(), source })?;
        let value = if path == STANDARD_V6 { value_v6 } else { value };
        Ok(value(&text, group, name).unwrap_or(0))
    }
}

/// Each group is two lines that begin with its name: the names, then the values.
fn value(text: &str, group: &str, name: &str) -> Option<u64> {
    let mut lines = text.lines().filter_map(|line| line.strip_prefix(group)?.strip_prefix(':'));
    let at = lines.next()?.split_ascii_whitespace().position(|word| word == name)?;
    lines.next()?.split_ascii_whitespace().nth(at)?.parse().ok()
}

/// Each counter is a line: group and name in one word, then the value.
fn value_v6(text: &str, group: &str, name: &str) -> Option<u64> {
    let of_name = |line: &str| -> Option<u64> {
        let rest = line.strip_prefix(group)?.strip_prefix(name)?;
        rest.starts_with(char::is_whitespace).then(|| rest.trim().parse().ok())?
    };
    text.lines().find_map(of_name)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "TcpExt: SyncookiesSent ListenOverflows ListenDrops\n\
                        TcpExt: 0 611 640\nIpExt: InNoRoutes InOctets\nIpExt: 3 4\n";

    #[test]
    fn values_are_found_by_group_and_name() {
        assert_eq!(value(TEXT, "TcpExt", "ListenOverflows"), Some(611));
        assert_eq!(value(TEXT, "IpExt", "InNoRoutes"), Some(3));
        assert_eq!(value(TEXT, "IpExt", "ListenOverflows"), None);
        assert_eq!(value("", "TcpExt", "ListenOverflows"), None);
    }

    #[test]
    fn values_of_ipv6_are_found() {
        let text = "Ip6InReceives                   \t34\nIp6InDelivers                   \t30\n";
        assert_eq!(value_v6(text, "Ip6", "InDelivers"), Some(30));
        assert_eq!(value_v6(text, "Ip6", "InDeliver"), None);
        assert_eq!(value_v6("", "Ip6", "InReceives"), None);
    }
}
