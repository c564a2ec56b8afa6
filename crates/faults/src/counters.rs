//! Counters of a namespace, for waiting until something happened there.

use crate::error::{LabError, Result};
use crate::namespace::Namespace;

const EXTENDED: &str = "/proc/thread-self/net/netstat";
const STANDARD: &str = "/proc/thread-self/net/snmp";

impl Namespace {
    /// A counter since the namespace began, of `/proc/net/netstat` for groups whose name ends in
    /// `Ext`, such as `TcpExt` and `ListenOverflows`, and of `/proc/net/snmp` for others, such as
    /// `Tcp` and `OutRsts`; 0 for one that this kernel does not have.
    pub fn counter(&self, group: &str, name: &str) -> Result<u64> {
        let path = if group.ends_with("Ext") { EXTENDED } else { STANDARD };
        let text = self
            .run(move || std::fs::read_to_string(path))?
            .map_err(|source| LabError::Read { path, namespace: self.name().to_owned(), source })?;
        Ok(value(&text, group, name).unwrap_or(0))
    }
}

/// Each group is two lines that begin with its name: the names, then the values.
fn value(text: &str, group: &str, name: &str) -> Option<u64> {
    let mut lines = text.lines().filter_map(|line| line.strip_prefix(group)?.strip_prefix(':'));
    let at = lines.next()?.split_ascii_whitespace().position(|word| word == name)?;
    lines.next()?.split_ascii_whitespace().nth(at)?.parse().ok()
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
}
