//! What the lab needs on this machine; on Debian as root it is installed.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::{cargo, output};

/// A program that the lab runs.
struct Need {
    program: &'static str,
    /// Its package in Debian.
    package: &'static str,
    what_for: &'static str,
}

const NEEDS: [Need; 8] = [
    Need { program: "ip", package: "iproute2", what_for: "to compare with the tables" },
    Need { program: "ss", package: "iproute2", what_for: "to compare with the sockets" },
    Need { program: "tc", package: "iproute2", what_for: "for scenarios that filter at devices" },
    Need { program: "nft", package: "nftables", what_for: "for scenarios that filter packets" },
    Need {
        program: "iptables-legacy-restore",
        package: "iptables",
        what_for: "for scenarios that filter packets",
    },
    Need { program: "netstat", package: "net-tools", what_for: "to paste what it prints" },
    Need { program: "traceroute", package: "traceroute", what_for: "to compare with traces" },
    Need { program: "tcpdump", package: "tcpdump", what_for: "to record captures of scenarios" },
];

/// Makes sure that the lab can run.
///
/// # Errors
/// Says what is missing and how to get it.
pub(crate) fn ensure() -> Result<()> {
    if !rustix::process::geteuid().is_root() {
        bail!(
            "the lab builds network namespaces, which needs root: sudo env PATH=\"$PATH\" cargo \
             xtask test (without root: cargo test --workspace runs everything but the lab)"
        );
    }
    let missing = missing();
    if !missing.is_empty() {
        install(&missing)?;
    }
    synrecv_faults::preflight().context(
        "this machine allows no network namespaces; in a container it needs CAP_SYS_ADMIN and \
         CAP_NET_ADMIN",
    )
}

fn missing() -> Vec<&'static Need> {
    let path = cargo::search_path();
    let found = |need: &&Need| {
        std::env::split_paths(&path).any(|directory| directory.join(need.program).is_file())
    };
    NEEDS.iter().filter(|need| !found(need)).collect()
}

fn install(missing: &[&Need]) -> Result<()> {
    let mut packages: Vec<&str> = missing.iter().map(|need| need.package).collect();
    packages.dedup();
    let wanted = packages.join(" ");
    if !Path::new("/etc/debian_version").exists() {
        let lines: Vec<String> = missing.iter().map(|need| described(need)).collect();
        bail!("missing on this machine:\n{}", lines.join("\n"));
    }
    output::heading(&format!("installing {wanted}"));
    apt_get(&["update"])?;
    let mut install = vec!["install", "--yes", "--no-install-recommends"];
    install.extend(packages);
    apt_get(&install)?;
    let still = self::missing();
    if !still.is_empty() {
        let lines: Vec<String> = still.iter().map(|need| described(need)).collect();
        bail!("still missing after `apt-get install {wanted}`:\n{}", lines.join("\n"));
    }
    Ok(())
}

fn described(need: &Need) -> String {
    format!("  {} {} (Debian package {})", need.program, need.what_for, need.package)
}

fn apt_get(args: &[&str]) -> Result<()> {
    let mut command = Command::new("apt-get");
    command.args(args).env("DEBIAN_FRONTEND", "noninteractive").env("PATH", cargo::search_path());
    cargo::run(command)
}
