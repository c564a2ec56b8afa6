//! What stands behind the addresses, on the row or on the lines below it.

use crate::token::timer;
use crate::{PrintedTimer, Process};

/// The parts that are used here.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Details {
    pub(super) process: Option<Process>,
    pub(super) timer: Option<PrintedTimer>,
    pub(super) uid: Option<u32>,
    pub(super) inode: Option<u64>,
    pub(super) drops_count: Option<u32>,
    /// `v6only:` stands only on IPv6 sockets.
    pub(super) v6only: Option<bool>,
}

impl Details {
    /// Adds what a text says. Names of processes come first, and up to the last `))`.
    pub(super) fn read(&mut self, text: &str) {
        let mut rest = text;
        if let Some((before, users)) = text.split_once("users:((") {
            let (list, behind) = users.rsplit_once("))").unwrap_or((users, ""));
            self.process = super::users::first(&format!("({list})")).or(self.process.take());
            self.words(before);
            rest = behind;
        }
        self.words(rest);
    }

    fn words(&mut self, text: &str) {
        for word in text.split_whitespace() {
            let Some((key, value)) = word.split_once(':') else { continue };
            match key {
                "timer" => self.timer = inside(value).and_then(timer::ss).or(self.timer),
                "uid" => self.uid = value.parse().ok().or(self.uid),
                "ino" => self.inode = value.parse().ok().or(self.inode),
                "v6only" => self.v6only = Some(value != "0"),
                "skmem" => self.drops_count = inside(value).and_then(drops).or(self.drops_count),
                _ => {}
            }
        }
    }
}

fn inside(value: &str) -> Option<&str> {
    value.strip_prefix('(')?.strip_suffix(')')
}

/// `d` of `r0,rb131072,t0,tb16384,f0,w0,o0,bl0,d64`; old versions print none.
fn drops(list: &str) -> Option<u32> {
    list.split(',').find_map(|field| field.strip_prefix('d')?.parse().ok())
}

/// True for words that begin a line of details: `skmem:(r0,...)`, `cubic`, `rto:204`.
pub(super) fn is_detail(word: &str) -> bool {
    const WORDS: &[&str] = &[
        "ts",
        "sack",
        "ecn",
        "ecnseen",
        "fastopen",
        "cubic",
        "reno",
        "bbr",
        "bbr2",
        "bbr3",
        "dctcp",
        "htcp",
        "vegas",
        "westwood",
        "illinois",
        "hybla",
        "scalable",
        "highspeed",
        "veno",
        "bic",
        "cdg",
        "lp",
        "nv",
        "yeah",
        "<->",
        "-->",
        "<--",
        "---",
        "app_limited",
        "send",
        "pacing_rate",
        "delivery_rate",
    ];
    const KEYS: &[&str] = &[
        "users",
        "timer",
        "uid",
        "ino",
        "sk",
        "cgroup",
        "v6only",
        "skmem",
        "mem",
        "wscale",
        "rto",
        "rtt",
        "ato",
        "mss",
        "pmtu",
        "rcvmss",
        "advmss",
        "cwnd",
        "ssthresh",
        "bytes_sent",
        "bytes_acked",
        "bytes_received",
        "bytes_retrans",
        "segs_out",
        "segs_in",
        "data_segs_out",
        "data_segs_in",
        "lastsnd",
        "lastrcv",
        "lastack",
        "unacked",
        "retrans",
        "lost",
        "backoff",
        "rcv_space",
        "rcv_ssthresh",
        "minrtt",
        "snd_wnd",
        "fwmark",
        "class_id",
        "tclass",
        "tos",
        "delivered",
        "busy",
        "rcv_rtt",
        "bbr",
        "tcp-ulp-tls",
        "tcp-ulp-mptcp",
        "opt",
        "rehash",
        "notsent",
        "reordering",
        "sacked",
        "fackets",
        "dsack_dups",
        "reord_seen",
        "subflows",
    ];
    match word.split_once(':') {
        Some((key, value)) => !value.is_empty() && KEYS.contains(&key),
        None => WORDS.contains(&word) || word.starts_with("tcp-ulp-"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Details {
        let mut details = Details::default();
        details.read(text);
        details
    }

    #[test]
    fn everything_at_once() {
        let details = read(
            r#"users:(("python3",pid=26022,fd=3)) timer:(on,1.460ms,6) uid:33 ino:31917 sk:1 cgroup:/a v6only:0 <->"#,
        );
        assert_eq!(details.process.map(|process| process.pid), Some(Some(26022)));
        assert_eq!(details.timer.map(|timer| (timer.expires_ms, timer.count)), Some((1460, 6)));
        assert_eq!(
            (details.uid, details.inode, details.v6only),
            (Some(33), Some(31917), Some(false))
        );
        let details = read("\t skmem:(r0,rb131072,t0,tb16384,f0,w0,o0,bl0,d64) bbr cwnd:10");
        assert_eq!(details.drops_count, Some(64));
    }

    #[test]
    fn a_name_cannot_be_a_timer() {
        let details = read(r#"users:(("timer:(on,9sec,",pid=7,fd=3)) ino:5"#);
        assert_eq!((details.timer, details.inode), (None, Some(5)));
        assert_eq!(details.process.map(|process| process.name).as_deref(), Some("timer:(on,9sec,"));
    }

    #[test]
    fn lines_of_details() {
        for word in ["skmem:(r0", "cubic", "rto:204", "users:((\"a\"", "timer:(on,1sec,2)", "<->"] {
            assert!(is_detail(word), "{word}");
        }
        for word in ["note:", "note:x", "LISTEN", "80", "", "Ip:"] {
            assert!(!is_detail(word), "{word}");
        }
    }
}
