//! Names that `ip` prints for numbers of routes and rules.

use synrecv_model::{Foreign, RouteKind, Text, text};

/// A table, by number or by a name of `/etc/iproute2/rt_tables`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct TableName {
    /// Its number; of a name that not every host has, one made from the name.
    pub(super) number: u32,
    /// The name that the number was made from.
    pub(super) made_from: Option<String>,
}

impl TableName {
    /// The table that a word means.
    ///
    /// The same name gives the same number in every output, far above those that people give.
    pub(super) fn new(word: &str) -> Self {
        let number = match word {
            "unspec" => Some(0),
            "default" => Some(253),
            "main" => Some(254),
            "local" => Some(255),
            other => crate::token::number::any32(other),
        };
        match number {
            Some(number) => Self { number, made_from: None },
            // FNV-1a.
            None => {
                let hash = word.bytes().fold(0x811c_9dc5_u32, |hash, octet| {
                    (hash ^ u32::from(octet)).wrapping_mul(0x0100_0193)
                });
                Self { number: 0x8000_0000 | hash, made_from: Some(word.to_owned()) }
            }
        }
    }

    /// What a reader must know of a number that was made.
    pub(super) fn note(&self) -> Option<Text> {
        let name = self.made_from.as_ref()?;
        Some(text![
            "table ",
            Foreign(name.clone()),
            " is printed by name; ",
            self.number,
            " stands for its number"
        ])
    }
}

/// `rtm_protocol` by the names of `/etc/iproute2/rt_protos`.
pub(super) fn protocol(word: &str) -> Option<u8> {
    Some(match word {
        "unspec" | "none" => 0,
        "redirect" => 1,
        "kernel" => 2,
        "boot" => 3,
        "static" => 4,
        "gated" => 8,
        "ra" => 9,
        "mrt" => 10,
        "zebra" => 11,
        "bird" => 12,
        "dnrouted" => 13,
        "xorp" => 14,
        "ntk" => 15,
        "dhcp" => 16,
        "mrouted" => 17,
        "keepalived" => 18,
        "babel" => 42,
        "ovn" => 84,
        "openr" => 99,
        "bgp" => 186,
        "isis" => 187,
        "ospf" => 188,
        "rip" => 189,
        "eigrp" => 192,
        other => return crate::token::number::decimal(other)?.try_into().ok(),
    })
}

/// The type that stands before a destination, in words or by number (`-N`).
pub(super) fn kind(word: &str) -> Option<RouteKind> {
    Some(match word {
        "unicast" => RouteKind::Unicast,
        "local" => RouteKind::Local,
        "broadcast" => RouteKind::Broadcast,
        "anycast" => RouteKind::Anycast,
        "multicast" => RouteKind::Multicast,
        "blackhole" => RouteKind::Blackhole,
        "unreachable" => RouteKind::Unreachable,
        "prohibit" => RouteKind::Prohibit,
        "throw" => RouteKind::Throw,
        "nat" => RouteKind::Nat,
        other => match crate::token::number::decimal(other)? {
            number @ 1..=10 => RouteKind::from_number(u8::try_from(number).ok()?),
            _ => return None,
        },
    })
}

#[cfg(test)]
mod tests {
    use super::{TableName, kind, protocol};
    use synrecv_model::RouteKind;

    #[test]
    fn tables_by_name_and_number() {
        assert_eq!(TableName::new("main").number, 254);
        assert_eq!(TableName::new("52").number, 52);
        assert_eq!(TableName::new("0x100").number, 256);
        let named = TableName::new("vpn");
        assert_eq!(named, TableName::new("vpn"));
        assert_ne!(named.number, TableName::new("isp2").number);
        assert!(named.number >= 0x8000_0000 && named.note().is_some());
        assert!(TableName::new("main").note().is_none());
    }

    #[test]
    fn protocols_and_types() {
        assert_eq!(protocol("dhcp"), Some(16));
        assert_eq!(protocol("4"), Some(4));
        assert_eq!(protocol("own"), None);
        assert_eq!(kind("7"), Some(RouteKind::Unreachable));
        assert_eq!(kind("default"), None);
        assert_eq!(kind("11"), None);
    }
}
