//! Which kernel interfaces may be asked without loading a module.
//!
//! Asking `sock_diag` for TCP makes the kernel load `tcp_diag` and `inet_diag` when they are modules
//! that are not loaded. A doctor does not change its patient.

use std::fs;

use synrecv_model::{Gap, Reason, text};

/// What is known about the modules of the running kernel.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Modules {
    /// Contents of /proc/modules; `None` when the kernel has no module support (no such file).
    pub loaded: Option<String>,
    /// Contents of modules.builtin of the running kernel, where it is installed.
    pub builtin: Option<String>,
}

/// Whether modules may be loaded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ModulePolicy {
    /// Nothing that would load a module is asked.
    #[default]
    LoadNothing,
    /// The user allowed it (`--load-modules`).
    MayLoad,
}

impl Modules {
    /// Of the running kernel.
    pub fn read(release: &str) -> Self {
        Self {
            loaded: fs::read_to_string("/proc/modules").ok(),
            builtin: fs::read_to_string(format!("/lib/modules/{release}/modules.builtin")).ok(),
        }
    }

    /// `Ok` when asking for what `module` serves loads nothing.
    pub fn allows(&self, module: &'static str, policy: ModulePolicy) -> Result<(), Gap> {
        let here = self.has_loaded(module) || self.has_built_in(module) == Some(true);
        if here || policy == ModulePolicy::MayLoad {
            return Ok(());
        }
        Err(Gap::new(
            Reason::NeedsModule(module.into()),
            text!["asking would load the kernel module ", module, " (--load-modules permits it)"],
        ))
    }

    /// True when it is certain that the running kernel does not have `module` now, so that nothing can
    /// be in its tables.
    pub fn lack(&self, module: &str) -> bool {
        !self.has_loaded(module) && self.has_built_in(module) == Some(false)
    }

    /// A kernel without module support has everything that it will ever have.
    fn has_loaded(&self, module: &str) -> bool {
        self.loaded.as_ref().is_none_or(|loaded| {
            loaded.lines().any(|line| line.split(' ').next().is_some_and(|name| name == module))
        })
    }

    /// `None` when the list is not installed.
    fn has_built_in(&self, module: &str) -> Option<bool> {
        let list = self.builtin.as_ref()?;
        Some(list.lines().any(|path| {
            let file = path.rsplit('/').next().unwrap_or(path);
            file.split(".ko").next().is_some_and(|name| name.replace('-', "_") == module)
        }))
    }

    /// `Ok` when TCP sockets can be asked for by sock_diag without loading anything.
    pub fn allow_sock_diag(&self, policy: ModulePolicy) -> Result<(), Gap> {
        self.allows("tcp_diag", policy)?;
        self.allows("inet_diag", policy)
    }

    /// `Ok` when conntrack entries can be asked for by nfnetlink without loading anything.
    pub fn allow_conntrack(&self, policy: ModulePolicy) -> Result<(), Gap> {
        self.allows("nfnetlink", policy)?;
        self.allows("nf_conntrack_netlink", policy)
    }

    /// `Ok` when the rules of nf_tables can be asked for by nfnetlink without loading anything.
    pub fn allow_nf_tables(&self, policy: ModulePolicy) -> Result<(), Gap> {
        self.allows("nfnetlink", policy)?;
        self.allows("nf_tables", policy)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(loaded: Option<&str>, builtin: Option<&str>, policy: ModulePolicy, allowed: bool) {
        let modules = Modules {
            loaded: loaded.map(ToOwned::to_owned),
            builtin: builtin.map(ToOwned::to_owned),
        };
        assert_eq!(modules.allow_sock_diag(policy).is_ok(), allowed, "{modules:?}");
    }

    #[test]
    fn asked_only_when_nothing_is_loaded_by_it() {
        use ModulePolicy::{LoadNothing, MayLoad};
        let both = "tcp_diag 16384 0 - Live 0x0\ninet_diag 24576 1 tcp_diag, Live 0x0\n";
        let one = "inet_diag 24576 0 - Live 0x0\n";
        let built = "kernel/net/ipv4/tcp_diag.ko\nkernel/net/ipv4/inet_diag.ko\n";
        check(None, None, LoadNothing, true);
        check(Some(both), None, LoadNothing, true);
        check(Some(one), None, LoadNothing, false);
        check(Some(one), None, MayLoad, true);
        check(Some(""), Some(built), LoadNothing, true);
        check(Some(""), None, LoadNothing, false);
        check(Some("xtcp_diag 1\nxinet_diag 1\n"), None, LoadNothing, false);
    }

    #[test]
    fn what_a_kernel_certainly_lacks_needs_two_lists() {
        let of = |loaded: Option<&str>, builtin: Option<&str>| Modules {
            loaded: loaded.map(ToOwned::to_owned),
            builtin: builtin.map(ToOwned::to_owned),
        };
        let built = "kernel/net/netfilter/nf_tables.ko\n";
        assert!(of(Some("inet_diag 1\n"), Some("")).lack("nf_tables"));
        assert!(!of(Some("nf_tables 1\n"), Some("")).lack("nf_tables"));
        assert!(!of(Some(""), Some(built)).lack("nf_tables"));
        assert!(!of(Some(""), None).lack("nf_tables"));
        assert!(!of(None, None).lack("nf_tables"));
    }

    #[test]
    fn netfilter_needs_its_own_modules_and_nfnetlink() {
        let policy = ModulePolicy::LoadNothing;
        let of = |loaded: &str| Modules { loaded: Some(loaded.to_owned()), builtin: None };
        let all = of("nfnetlink 1\nnf_tables 1\nnf_conntrack_netlink 1\n");
        assert!(all.allow_nf_tables(policy).is_ok() && all.allow_conntrack(policy).is_ok());
        let some = of("nfnetlink 1\nnf_conntrack 1\n");
        assert!(some.allow_nf_tables(policy).is_err());
        let gap = some.allow_conntrack(policy).unwrap_err();
        assert_eq!(gap.reason, Reason::NeedsModule("nf_conntrack_netlink".into()));
        assert!(of("").allow_nf_tables(ModulePolicy::MayLoad).is_ok());
    }

    #[test]
    fn the_gap_names_the_module() {
        let modules = Modules { loaded: Some(String::new()), builtin: None };
        let gap = modules.allow_sock_diag(ModulePolicy::LoadNothing).unwrap_err();
        assert_eq!(gap.reason, Reason::NeedsModule("tcp_diag".into()));
    }
}
