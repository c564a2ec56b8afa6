//! The parsing halves of the table crates, which other sources of facts use, touch no kernel.

use synrecv_tests::cargo;

const TABLES: &[&str] = &["sockets", "neighbours", "routes", "interfaces", "counters", "filters"];

/// What asks the kernel, or is only needed for that.
const KERNEL: &[&str] = &["neli", "rtnetlink", "netlink-sys", "procfs", "tokio", "mio", "rustix"];

#[test]
fn parsers_need_no_kernel() {
    for table in TABLES {
        let package = format!("synrecv-{table}");
        let tree = cargo()
            .args(["tree", "--edges", "normal", "--prefix", "none", "--no-default-features"])
            .args(["--package", &package])
            .output()
            .expect("cargo can be started");
        let said = String::from_utf8_lossy(&tree.stderr);
        assert!(tree.status.success(), "cargo tree of {package}: {said}");
        let tree = String::from_utf8_lossy(&tree.stdout);
        assert!(tree.contains("synrecv-model"), "no tree of {package}: {tree}");
        let names = tree.lines().filter_map(|line| line.split(' ').next());
        let kernel: Vec<&str> = names.filter(|name| KERNEL.contains(name)).collect();
        assert!(kernel.is_empty(), "{package} without `read` needs {kernel:?}:\n{tree}");
    }
}
