//! What the targets of x_tables do with a packet.

use super::RuleVerdict;

/// Targets after which the next rule is looked at.
const CONTINUING: &[&str] = &[
    "AUDIT",
    "CHECKSUM",
    "CLASSIFY",
    "CONNMARK",
    "CONNSECMARK",
    "CT",
    "DSCP",
    "ECN",
    "HL",
    "HMARK",
    "IDLETIMER",
    "LED",
    "LOG",
    "MARK",
    "NFLOG",
    "NOTRACK",
    "RATEEST",
    "SECMARK",
    "SET",
    "TCPMSS",
    "TCPOPTSTRIP",
    "TEE",
    "TOS",
    "TRACE",
    "TTL",
    "ULOG",
];
/// Targets that set up a translation and let the packet pass.
const TRANSLATING: &[&str] = &["DNAT", "MASQUERADE", "NETMAP", "REDIRECT", "SNAT"];
/// Targets that take the packet over, or decide by what is not listed.
const DECIDING: &[&str] = &["BALANCE", "CLUSTERIP", "SYNPROXY", "TARPIT", "TPROXY"];

impl RuleVerdict {
    /// What a target of x_tables does, by the name that `iptables -j` takes; `None` for a name that
    /// is none of a target of the kernel's: a chain, or a target of another module.
    pub fn of_xt_target(name: &str) -> Option<Self> {
        Some(match name {
            "ACCEPT" => Self::Accept,
            "DROP" => Self::Drop,
            "REJECT" => Self::Reject,
            "RETURN" => Self::Return,
            "QUEUE" | "NFQUEUE" => Self::Queue,
            _ if CONTINUING.contains(&name) => Self::Continue,
            _ if TRANSLATING.contains(&name) => Self::Accept,
            _ if DECIDING.contains(&name) => Self::Unknown,
            _ => return None,
        })
    }
}
