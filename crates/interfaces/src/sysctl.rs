//! Numbers in `/proc/sys`, which shows the network namespace of the reading thread.

use std::fs;
use std::io;
use std::path::Path;

use synrecv_model::{Flaw, Foreign, Gap, Reason, text};

use crate::conf::InetConf;

/// Settings of the namespace, by sysctl name.
const VALUES: [&str; 22] = [
    "net.core.somaxconn",
    "net.ipv4.fib_multipath_hash_policy",
    "net.ipv4.ip_forward",
    "net.ipv4.neigh.default.gc_thresh1",
    "net.ipv4.neigh.default.gc_thresh2",
    "net.ipv4.neigh.default.gc_thresh3",
    "net.ipv4.tcp_abort_on_overflow",
    "net.ipv4.tcp_fwmark_accept",
    "net.ipv4.tcp_l3mdev_accept",
    "net.ipv4.tcp_max_syn_backlog",
    "net.ipv4.tcp_migrate_req",
    "net.ipv4.tcp_synack_retries",
    "net.ipv4.tcp_syncookies",
    "net.ipv6.conf.all.forwarding",
    "net.ipv6.fib_multipath_hash_policy",
    "net.ipv6.neigh.default.gc_thresh3",
    "net.netfilter.nf_conntrack_checksum",
    "net.netfilter.nf_conntrack_count",
    "net.netfilter.nf_conntrack_log_invalid",
    "net.netfilter.nf_conntrack_max",
    "net.netfilter.nf_conntrack_tcp_be_liberal",
    "net.netfilter.nf_conntrack_tcp_loose",
];

/// Reads files below `root` and keeps what went wrong.
#[derive(Debug)]
pub(crate) struct Sysctls<'a> {
    root: &'a Path,
    flaws: Vec<Flaw>,
}

impl<'a> Sysctls<'a> {
    pub(crate) fn new(root: &'a Path) -> Self {
        Self { root, flaws: Vec::new() }
    }

    /// One number; `None` when the kernel does not have it, or a flaw tells why it was not read.
    pub(crate) fn number(&mut self, name: &str) -> Option<i64> {
        let path = self.root.join(name.replace('.', "/"));
        let content = match fs::read_to_string(path) {
            Ok(content) => content,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return None,
            Err(error) => {
                let reason = match error.kind() {
                    io::ErrorKind::PermissionDenied => Reason::NeedsRoot,
                    _ => Reason::NotApplicable,
                };
                self.flaw(reason, name, error.to_string());
                return None;
            }
        };
        let number = content.trim().parse().ok();
        if number.is_none() {
            self.flaw(Reason::NotApplicable, name, format!("`{}` is no number", content.trim()));
        }
        number
    }

    fn flaw(&mut self, reason: Reason, name: &str, why: String) {
        let detail = text!["read ", Foreign(name.to_owned()), ": ", Foreign(why)];
        self.flaws.push(Flaw::PartMissing(Gap::new(reason, detail)));
    }

    /// `net.ipv4.conf.all`, the half of an effective setting that no link message carries.
    pub(crate) fn all_devices(&mut self) -> InetConf {
        let mut value = |name: &str| {
            let number = self.number(&format!("net.ipv4.conf.all.{name}"))?;
            u32::try_from(number).ok()
        };
        InetConf {
            forwarding: value("forwarding"),
            rp_filter: value("rp_filter"),
            proxy_arp: value("proxy_arp"),
            arp_ignore: value("arp_ignore"),
            arp_announce: value("arp_announce"),
            arp_filter: value("arp_filter"),
            accept_local: value("accept_local"),
            route_localnet: value("route_localnet"),
            src_valid_mark: value("src_valid_mark"),
            log_martians: value("log_martians"),
        }
    }

    /// The settings of the namespace that this kernel has.
    pub(crate) fn values(&mut self) -> impl Iterator<Item = (&'static str, i64)> {
        VALUES.into_iter().filter_map(|name| Some((name, self.number(name)?)))
    }

    pub(crate) fn into_flaws(self) -> Vec<Flaw> {
        self.flaws
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missing_is_no_flaw_and_nonsense_is() {
        let root = std::env::temp_dir().join(format!("synrecv-sysctl-{}", std::process::id()));
        fs::create_dir_all(root.join("net/ipv4/conf/all")).unwrap();
        fs::write(root.join("net/ipv4/ip_forward"), "1\n").unwrap();
        fs::write(root.join("net/ipv4/tcp_syncookies"), "yes\n").unwrap();
        fs::write(root.join("net/ipv4/conf/all/rp_filter"), "2\n").unwrap();
        let mut sysctls = Sysctls::new(&root);
        let values: Vec<_> = sysctls.values().collect();
        let all = sysctls.all_devices();
        let flaws = sysctls.into_flaws();
        fs::remove_dir_all(&root).unwrap();
        assert_eq!(values, [("net.ipv4.ip_forward", 1)]);
        assert_eq!((all.rp_filter, all.proxy_arp), (Some(2), None));
        assert_eq!(flaws.len(), 1);
    }
}
