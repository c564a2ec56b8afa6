use super::parse;
use crate::Command;

/// Program, arguments, filter.
fn plain(typed: &str) -> Vec<String> {
    let show = |command: &Command| {
        let filter = command.filter.iter().map(|filter| format!("| {filter}"));
        let words = [command.program.clone()].into_iter().chain(command.args.clone()).chain(filter);
        words.collect::<Vec<_>>().join(" ")
    };
    parse(typed, None, false).iter().map(show).collect()
}

#[test]
fn words_quotes_and_pipes() {
    assert_eq!(plain("netstat -an | grep :80"), ["netstat -an | grep :80"]);
    assert_eq!(
        plain("ss -tan 'sport = :80' |grep -v \"a | b\" | less"),
        ["ss -tan sport = :80 | grep -v \"a | b\""]
    );
    assert_eq!(plain("/usr/sbin/arp -n | cat"), ["arp -n"]);
    assert_eq!(plain("date; ip addr && ss -tan"), ["date", "ip addr", "ss -tan"]);
    assert_eq!(plain("route -n>>"), ["route -n"]);
    assert_eq!(plain("ip r > /tmp/x 2>&1 # routes"), ["ip r"]);
    assert_eq!(plain("nstat -az 'TcpExt*"), ["nstat -az TcpExt*"]);
}

#[test]
fn dashes_of_editors() {
    assert_eq!(plain("route - n"), ["route -n"]);
    assert_eq!(plain("netstat –an"), ["netstat -an"]);
    assert_eq!(plain("netstat -–n —numeric"), ["netstat -n --numeric"]);
    assert_eq!(plain("tcpdump -r - -n"), ["tcpdump -r - -n"]);
}

#[test]
fn what_starts_a_program_is_taken_off() {
    for typed in [
        "sudo netstat -an",
        "sudo -u root -E LANG=C netstat -an",
        "LC_ALL=C /bin/netstat -an",
        "watch -n 1 netstat -an",
        "watch -d 'netstat -an'",
        "timeout 20 netstat -an",
        "docker exec -it web netstat -an",
        "docker compose exec web netstat -an",
        "kubectl exec -n shop web-0 -c main -- netstat -an",
        "kubectl -n shop exec -it web-0 -- sh -c 'netstat -an'",
        "ip netns exec blue netstat -an",
        "ip vrf exec red netstat -an",
        "nsenter -t 4711 -n netstat -an",
        "busybox netstat -an",
        "sh -c \"netstat -an\"",
    ] {
        assert_eq!(plain(typed), ["netstat -an"], "{typed}");
    }
    assert_eq!(plain("for i in 1 2; do arp -n; done")[1], "arp -n");
    assert_eq!(plain("watch"), ["watch"]);
}

#[test]
fn host_and_privilege() {
    let remote = &parse("ssh -p 22 root@web1 'arp -n | grep eth0'", Some("desk"), false)[0];
    assert_eq!(remote.host.as_deref(), Some("web1"));
    assert_eq!(remote.filter.as_deref(), Some("grep eth0"));
    assert!(remote.as_root);
    assert!(parse("sudo arp", None, false)[0].as_root);
    assert!(!parse("arp", Some("a"), false)[0].as_root);
}

#[test]
fn nothing_makes_it_fail() {
    for typed in [
        "",
        "|",
        "||;&",
        "'",
        "\\",
        "sudo",
        "sudo sudo sudo",
        "sh -c",
        "a | | b",
        "ssh",
        "docker exec",
    ] {
        parse(typed, None, false);
    }
}
