//! What texts lead to: one small ticket for each way to a cause, and the same without what speaks for it.

use std::fmt::Write as _;

use super::ticket::{judge, report as judged};

/// The leading finding with its confidence, and the exit status.
#[track_caller]
fn leads(text: &str, finding: &str, confidence: &str) {
    let (report, code) = judged(text);
    let verdict = &report["verdict"];
    let found = (verdict["finding"].as_str(), verdict["confidence"].as_str());
    assert_eq!(found, (Some(finding), Some(confidence)), "{code:?} {:#}", report["findings"]);
}

/// Nothing leads, or nothing that is more than possible.
#[track_caller]
fn claims_nothing(text: &str, code: i32) {
    let (report, found) = judged(text);
    let confidence = &report["verdict"]["confidence"];
    let is_modest = confidence.is_null() || confidence == "possible";
    assert!(is_modest && found == Some(code), "{found:?} {:#}", report["findings"]);
}

const ACK_IGNORED: &str = "\
# tcpdump -nni eth0 port 25
10:20:01.000101 IP 198.51.100.9.33871 > 192.0.2.25.25: Flags [S], seq 1029, win 29200, options [mss 1460,sackOK,TS val 100 ecr 0,nop,wscale 7], length 0
10:20:01.000166 IP 192.0.2.25.25 > 198.51.100.9.33871: Flags [S.], seq 3918, ack 1030, win 28960, options [mss 1460,sackOK,TS val 500 ecr 100,nop,wscale 7], length 0
10:20:01.018442 IP 198.51.100.9.33871 > 192.0.2.25.25: Flags [.], ack 1, win 229, options [nop,nop,TS val 118 ecr 500], length 0
10:20:02.020177 IP 192.0.2.25.25 > 198.51.100.9.33871: Flags [S.], seq 3918, ack 1030, win 28960, options [mss 1460,sackOK,TS val 1520 ecr 100,nop,wscale 7], length 0
10:20:02.038301 IP 198.51.100.9.33871 > 192.0.2.25.25: Flags [.], ack 1, win 229, options [nop,nop,TS val 1138 ecr 1520], length 0
10:20:04.036166 IP 192.0.2.25.25 > 198.51.100.9.33871: Flags [S.], seq 3918, ack 1030, win 28960, options [mss 1460,sackOK,TS val 3536 ecr 100,nop,wscale 7], length 0
10:20:04.054177 IP 198.51.100.9.33871 > 192.0.2.25.25: Flags [.], ack 1, win 229, options [nop,nop,TS val 3154 ecr 3536], length 0
";

#[test]
fn a_rule_that_counts_and_ends_the_ack() {
    let rules = "\
# iptables-save -c
*filter
:INPUT ACCEPT [1182:98122]
:FORWARD ACCEPT [0:0]
:OUTPUT ACCEPT [81827:9918272]
[8817:192929] -A INPUT -i lo -j ACCEPT
[512:28711] -A INPUT -p tcp -m tcp --dport 25 --tcp-flags SYN,ACK ACK -m length --length 40:64 -j DROP
[2981:12181] -A INPUT -m state --state RELATED,ESTABLISHED -j ACCEPT
COMMIT
";
    leads(&format!("{ACK_IGNORED}{rules}"), "firewall-drops-ack", "likely");
    let unused = rules.replace("[512:28711]", "[0:0]");
    let (report, _) = judged(&format!("{ACK_IGNORED}{unused}"));
    assert_ne!(report["verdict"]["finding"], "firewall-drops-ack");
}

/// The first lines of [`ACK_IGNORED`]: one SYN-ACK more, a first timer later.
fn one_more_synack() -> String {
    ACK_IGNORED.lines().take(6).fold(String::new(), |all, line| all + line + "\n")
}

#[test]
fn one_more_synack_at_the_end_of_a_text_is_not_surely_deferred() {
    claims_nothing(&one_more_synack(), 0);
    let rules = "\
# iptables -vnL INPUT
Chain INPUT (policy ACCEPT 1812 packets, 220K bytes)
 pkts bytes target     prot opt in     out     source               destination
 4711 282K DROP       tcp  --  *      *       0.0.0.0/0            0.0.0.0/0            tcp dpt:25 flags:0x17/0x10
";
    leads(&format!("{}{rules}", one_more_synack()), "firewall-drops-ack", "likely");
    let later = one_more_synack().replace("10:20:02", "10:20:08");
    leads(&later, "defer-accept", "likely");
}

#[test]
fn an_entry_that_is_established_while_the_socket_waits() {
    let waits = "\
# ss -tno state syn-recv
0 0 192.0.2.25:25 198.51.100.9:33871 timer:(on,6.100ms,2)
# conntrack -L -p tcp
";
    let entry = "tcp 6 431998 ESTABLISHED src=198.51.100.9 dst=192.0.2.25 sport=33871 dport=25 \
src=192.0.2.25 dst=198.51.100.9 sport=25 dport=33871 [ASSURED] mark=0 use=1\n";
    leads(&format!("{waits}{entry}"), "ack-ignored-locally", "likely");
    let opening = entry.replace("431998 ESTABLISHED", "51 SYN_RECV").replace("[ASSURED] ", "");
    let (report, _) = judged(&format!("{waits}{opening}"));
    assert_ne!(report["verdict"]["finding"], "ack-ignored-locally");
}

#[test]
fn two_tables_of_one_command_line_are_two_readings() {
    let text = "\
web01:~ # ss -tnoH state syn-recv; netstat -tno | grep SYN_RECV
0 0 192.0.2.10:80 198.51.100.4:40112 timer:(on,3.100ms,0)
0 0 192.0.2.10:80 198.51.100.5:40113 timer:(on,2.200ms,0)
tcp        0      0 192.0.2.10:80           198.51.100.4:40112      SYN_RECV    on (3.08/2/0)
tcp        0      0 192.0.2.10:80           198.51.100.5:40113      SYN_RECV    on (2.18/2/0)
";
    let (report, _) = judged(text);
    assert_eq!(report["verdict"]["finding"], "defer-accept", "{:#}", report["findings"]);
    assert_eq!(report["verdict"]["stuck_count"], 2);
}

#[test]
fn an_entry_that_waits_for_an_ack_that_came() {
    let rules = "\
# nft list ruleset
table inet filter {
	chain input {
		type filter hook input priority filter; policy accept;
		ct state established,related accept
		ct state invalid counter packets 4811 bytes 250172 drop
	}
}
";
    let entry = "\
# conntrack -L -p tcp
tcp      6 51 SYN_RECV src=198.51.100.9 dst=192.0.2.25 sport=33871 dport=25 src=192.0.2.25 dst=198.51.100.9 sport=25 dport=33871 mark=0 use=1
";
    leads(&format!("{ACK_IGNORED}{rules}{entry}"), "conntrack-invalid", "likely");
    leads(&format!("{ACK_IGNORED}{rules}"), "ack-ignored-locally", "likely");
}

#[test]
fn a_policy_of_output_ends_the_reply() {
    let requests = "\
# ss -tan
State    Recv-Q Send-Q  Local Address:Port   Peer Address:Port
LISTEN   0      100           0.0.0.0:587         0.0.0.0:*
SYN-RECV 0      0          192.0.2.61:587   203.0.113.99:50122
";
    let rules = "\
# iptables -L OUTPUT -nvx
Chain OUTPUT (policy DROP 1211 packets, 72660 bytes)
    pkts      bytes target     prot opt in     out     source               destination
   91827  8182711 ACCEPT     all  --  *      lo      0.0.0.0/0            0.0.0.0/0
      12      912 ACCEPT     tcp  --  *      *       0.0.0.0/0            0.0.0.0/0            tcp spt:22
";
    leads(&format!("{requests}{rules}"), "synack-dropped-here", "likely");
    let passes = rules.replace("tcp spt:22", "tcp spt:587");
    claims_nothing(&format!("{requests}{passes}"), 3);
}

const SYN_UNANSWERED: &str = "\
# tcpdump -nni eth1 port 5432
11:31:02.114408 IP 10.9.120.14.46130 > 172.22.8.20.5432: Flags [S], seq 331, win 29200, options [mss 1460], length 0
11:31:03.116931 IP 10.9.120.14.46130 > 172.22.8.20.5432: Flags [S], seq 331, win 29200, options [mss 1460], length 0
11:31:05.120955 IP 10.9.120.14.46130 > 172.22.8.20.5432: Flags [S], seq 331, win 29200, options [mss 1460], length 0
";

#[test]
fn a_way_back_by_another_device_and_a_strict_filter() {
    let routes = "\
# ip route
default via 10.9.8.1 dev eth0
10.9.8.0/22 dev eth0 proto kernel scope link src 10.9.8.20
172.22.8.0/24 dev eth1 proto kernel scope link src 172.22.8.20
";
    let strict = "# sysctl -a | grep rp_filter\nnet.ipv4.conf.all.rp_filter = 1\n";
    leads(&format!("{SYN_UNANSWERED}{routes}{strict}"), "rp-filter-drop", "likely");
    leads(&format!("{SYN_UNANSWERED}{routes}"), "rp-filter-drop", "possible");
    let same = routes.replace("via 10.9.8.1 dev eth0", "via 172.22.8.1 dev eth1");
    let (report, _) = judged(&format!("{SYN_UNANSWERED}{same}{strict}"));
    assert_ne!(report["verdict"]["finding"], "rp-filter-drop");
}

#[test]
fn no_way_back() {
    let told = "\
# ip route get 10.9.120.14
RTNETLINK answers: Network is unreachable
";
    leads(&format!("{SYN_UNANSWERED}{told}"), "no-return-route", "likely");
    let routes = "\
# route -n
Kernel IP routing table
Destination     Gateway         Genmask         Flags Metric Ref    Use Iface
172.22.8.0      0.0.0.0         255.255.255.0   U     0      0        0 eth1
";
    let counted = "# nstat -az IpOutNoRoutes\n#kernel\nIpOutNoRoutes                   812                0.0\n";
    leads(&format!("{SYN_UNANSWERED}{routes}{counted}"), "no-return-route", "likely");
}

#[test]
fn a_rule_that_logs_the_syn_it_drops() {
    let log = "\
Jun 12 08:01:22 es01 kernel: [91827.112233] [UFW BLOCK] IN=ens160 OUT= MAC=02:00:00:00:00:01:02:00:00:00:00:02:08:00 SRC=10.3.3.7 DST=10.3.3.20 LEN=60 TOS=0x00 PREC=0x00 TTL=64 ID=4411 DF PROTO=TCP SPT=55012 DPT=9200 WINDOW=64240 RES=0x00 SYN URGP=0
";
    let listener = "# ss -ltn\nState  Recv-Q Send-Q Local Address:Port Peer Address:Port\nLISTEN 0      4096       10.3.3.20:9200      0.0.0.0:*\n";
    leads(&format!("{log}{listener}"), "firewall-drops-syn", "likely");
    // Somebody asks for a port that nobody offers: that is what the rule is for.
    let other = listener.replace("9200", "443");
    let (report, _) = judged(&format!("{log}{other}"));
    assert_ne!(report["verdict"]["confidence"], "likely");
}

#[test]
fn what_the_kernel_says_of_signatures() {
    let log = "[ 9182.112093] TCP: MD5 Hash failed for (198.51.100.33, 30121)->(192.0.2.254, 179) L3 index 0\n";
    leads(log, "md5-mismatch", "likely");
}

#[test]
fn time_stamps_behind_one_address() {
    let totals = "\
# netstat -s
Tcp:
    22012 active connections openings
    391827 passive connection openings
TcpExt:
    28119 passive connections rejected because of time stamp
";
    let recycled =
        "# sysctl -a | grep tw_\nnet.ipv4.tcp_tw_reuse = 1\nnet.ipv4.tcp_tw_recycle = 1\n";
    leads(&format!("{totals}{recycled}"), "timestamp-rejected", "likely");
    claims_nothing(&totals.replace("28119", "28"), 3);
}

#[test]
fn checksums_of_acks_that_do_not_fit() {
    let frames = "\
# tcpdump -nnvvi eth0 port 80
07:00:00.000000 IP (tos 0x0, ttl 63, id 1, offset 0, flags [DF], proto TCP (6), length 60)
    10.244.1.5.40000 > 10.244.3.8.80: Flags [S], cksum 0x1111 (correct), seq 1, win 64240, options [mss 1410], length 0
07:00:00.000100 IP (tos 0x0, ttl 64, id 0, offset 0, flags [DF], proto TCP (6), length 60)
    10.244.3.8.80 > 10.244.1.5.40000: Flags [S.], cksum 0x2b10 (correct), seq 7, ack 2, win 65160, options [mss 1460], length 0
07:00:00.000900 IP (tos 0x0, ttl 63, id 2, offset 0, flags [DF], proto TCP (6), length 52)
    10.244.1.5.40000 > 10.244.3.8.80: Flags [.], cksum 0x9999 (incorrect -> 0x5c21), seq 1, ack 1, win 502, length 0
07:00:01.010100 IP (tos 0x0, ttl 64, id 0, offset 0, flags [DF], proto TCP (6), length 60)
    10.244.3.8.80 > 10.244.1.5.40000: Flags [S.], cksum 0x2b10 (correct), seq 7, ack 2, win 65160, options [mss 1460], length 0
07:00:01.010900 IP (tos 0x0, ttl 63, id 3, offset 0, flags [DF], proto TCP (6), length 52)
    10.244.1.5.40000 > 10.244.3.8.80: Flags [.], cksum 0x9998 (incorrect -> 0x5821), seq 1, ack 1, win 502, length 0
";
    leads(frames, "bad-checksum", "likely");
    let fits = frames.replace("(incorrect -> 0x5c21)", "(correct)");
    let (report, _) = judged(&fits);
    assert_ne!(report["verdict"]["finding"], "bad-checksum");
}

const ARPING: &str = "\
[root@client ~]# arping -c 2 -I eth2 10.77.0.11
ARPING 10.77.0.11 from 10.77.0.101 eth2
Unicast reply from 10.77.0.11 [02:00:00:00:00:01]  0.512ms
Unicast reply from 10.77.0.11 [02:00:00:00:00:02]  0.530ms
[root@server ~]# ip addr
2: p1: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc mq state UP group default qlen 1000
    link/ether 02:00:00:00:00:01 brd ff:ff:ff:ff:ff:ff
    inet 10.77.0.11/24 brd 10.77.0.255 scope global p1
3: p2: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc mq state UP group default qlen 1000
    link/ether 02:00:00:00:00:02 brd ff:ff:ff:ff:ff:ff
    inet 10.77.0.12/24 brd 10.77.0.255 scope global p2
[root@server ~]# netstat -ant
Active Internet connections (servers and established)
Proto Recv-Q Send-Q Local Address           Foreign Address         State
tcp        0      0 0.0.0.0:3260            0.0.0.0:*               LISTEN
tcp        0      0 10.77.0.11:3260         10.77.0.101:45112       SYN_RECV
";

#[test]
fn a_client_asks_who_has_an_address_of_the_server() {
    leads(ARPING, "arp-flux", "likely");
    let stranger = ARPING.replace("[02:00:00:00:00:02]", "[02:00:00:00:00:99]");
    leads(&stranger, "duplicate-address", "likely");
}

#[test]
fn a_flood_shows_in_a_part_of_its_rows() {
    let mut rows = "# netstat -ant | grep SYN_RECV | head -20\n".to_owned();
    for number in 0..20 {
        let network = 20 + number * 7;
        let _ = writeln!(
            rows,
            "tcp        0      0 192.0.2.8:443           {network}.{number}.7.9:1{number}00     SYN_RECV"
        );
    }
    let said = "[81.2] TCP: request_sock_TCP: Possible SYN flooding on port 0.0.0.0:443. Sending cookies.\n";
    leads(&format!("{rows}# dmesg | tail -1\n{said}"), "syn-flood", "likely");
    claims_nothing(&rows, 3);
}

#[test]
fn two_readings_belong_together_when_the_timers_do() {
    let both = "\
# ss -tano
State    Recv-Q Send-Q Local Address:Port  Peer Address:Port
SYN-RECV 0      0      192.0.2.12:80   198.51.100.5:41822  timer:(on,6.210ms,0)
SYN-RECV 0      0      192.0.2.12:80   198.51.100.5:41836  timer:(on,2.870ms,0)
# netstat -tano
tcp        0      0 192.0.2.12:80           198.51.100.5:41822      SYN_RECV    on (5,71/3/0)
tcp        0      0 192.0.2.12:80           198.51.100.5:41836      SYN_RECV    on (2,37/2/0)
";
    leads(both, "defer-accept", "confirmed");
    let alone = both.split("# netstat").next().unwrap_or_default();
    let (report, _) = judged(alone);
    assert_eq!(report["connections"][0]["reading"], "ack-held", "{:#}", report["connections"]);
}

#[test]
fn a_host_that_shows_nothing_does_not_hide_what_another_one_shows() {
    let text = "\
[root@web ~]# netstat -ant
Active Internet connections (servers and established)
Proto Recv-Q Send-Q Local Address           Foreign Address         State
tcp        0      0 0.0.0.0:80              0.0.0.0:*               LISTEN
tcp        0      0 192.0.2.8:80            198.51.100.7:41000      ESTABLISHED
[root@other ~]# ip neigh
10.0.0.1 dev eth0 lladdr 02:00:00:00:00:01 REACHABLE
";
    let (report, code) = judged(text);
    assert_eq!((report["verdict"]["status"].as_str(), code), (Some("ok"), Some(0)));
}

#[test]
fn what_a_text_does_not_tell_is_null() {
    let text = "\
tcp        0      0 0.0.0.0:80              0.0.0.0:*               LISTEN
tcp        0      0 192.0.2.8:80            198.51.100.7:41000      SYN_RECV
tcp        0      0 192.0.2.8:80            198.51.100.8:41000      ESTABLISHED
";
    let said = judge(text, &["sockets", "--all", "--format", "json"]);
    let table: serde_json::Value = serde_json::from_str(&said.out).expect("a table");
    for name in ["uid", "started_at", "kernel"] {
        assert!(table["source"][name].is_null(), "{name}: {}", table["source"]);
        assert!(judged(text).0["source"][name].is_null(), "{name}");
    }
    for name in ["uid", "inode", "accept_queue_max_count", "processes"] {
        assert!(table["listeners"][0][name].is_null(), "{name}: {}", table["listeners"]);
    }
    assert!(table["requests"][0]["reading"].is_null(), "{}", table["requests"]);
    assert!(table["sockets"][0]["uid"].is_null(), "{}", table["sockets"]);
}
