//! Netfilter rules, loaded by `nft` or one of the two kinds of `iptables` running inside the
//! namespace.

use crate::error::Result;
use crate::namespace::Namespace;
use crate::tool::Tool;

/// Forwarded packets that conntrack calls invalid are dropped: what a stateful middlebox does to
/// a SYN-ACK whose SYN it never saw.
pub(crate) const STATEFUL_FORWARDING: &str = "\
table inet lab {
    chain forward {
        type filter hook forward priority filter; policy accept;
        ct state invalid counter drop
    }
}
";

const NFT: Tool = Tool { name: "nft", package: "nftables", args: &["-f", "-"] };

/// Which part of the kernel gets the rules of `iptables`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum IpTables {
    /// nf_tables, where `nft` lists them too.
    Nft,
    /// x_tables, where `nft` does not.
    Legacy,
    /// x_tables for IPv6.
    LegacyV6,
}

impl IpTables {
    fn tool(self) -> Tool {
        let (name, args): (_, &[&str]) = match self {
            Self::Nft => ("iptables-nft-restore", &[]),
            // One lock for the whole machine, which other labs take too.
            Self::Legacy => ("iptables-legacy-restore", &["--wait", "30"]),
            Self::LegacyV6 => ("ip6tables-legacy-restore", &["--wait", "30"]),
        };
        Tool { name, package: "iptables", args }
    }
}

impl Namespace {
    /// Loads rules written in the language of `nft -f`.
    ///
    /// # Errors
    /// [`crate::LabError::ToolMissing`] names the package to install;
    /// [`crate::LabError::ToolRefused`] carries what `nft` objected to.
    pub fn nft(&self, rules: &str) -> Result<()> {
        self.feed(&NFT, rules)
    }

    /// Loads rules written in the language of `iptables-restore`.
    ///
    /// # Errors
    /// As [`Namespace::nft`].
    pub(crate) fn iptables(&self, kind: IpTables, rules: &str) -> Result<()> {
        self.feed(&kind.tool(), rules)
    }
}
