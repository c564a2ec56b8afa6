//! `sysctl`, its configuration files, and files below `/proc/sys` by `cat` or `grep`.

mod key;

use synrecv_model::{Foreign, Text, text};

use self::key::{Pair, bsd_key, file_key, pairs};
use super::{Format, Sees, Table};
use crate::{Command, Content, Kind, Line, SettingRow, Taken};

/// The format.
#[derive(Debug)]
pub(super) struct Sysctl;

/// What `sysctl` and `cat` say of keys that cannot be read, and what a reader makes of it.
const COMPLAINTS: &[(&str, &str)] = &[
    ("sysctl: permission denied on key", "not permitted to read it"),
    ("sysctl: reading key", "could not be read"),
    ("sysctl: cannot stat /proc/sys/", "this kernel does not have it"),
    ("sysctl: setting key", "could not be set"),
    ("* Applying ", "a file that is applied"),
];

impl Format for Sysctl {
    fn kind(&self) -> Kind {
        Kind::Sysctl
    }

    fn is_printed_by(&self, command: &Command) -> bool {
        let reads_files = matches!(
            command.program.as_str(),
            "cat" | "grep" | "egrep" | "head" | "tail" | "more" | "less"
        );
        command.program == "sysctl" || (reads_files && (reads_keys(command) || is_file(command)))
    }

    fn sees(&self, line: &str, inside: bool) -> Sees {
        let trimmed = line.trim();
        if complaint(trimmed).is_some() {
            return Sees::Row;
        }
        if is_comment(trimmed) {
            return if inside { Sees::Aside } else { Sees::Nothing };
        }
        let found = pairs(trimmed);
        if found.iter().any(|pair| inside || pair.is_sure()) || bsd_key(trimmed).is_some() {
            return Sees::Row;
        }
        if inside && is_bare_value(trimmed) { Sees::Row } else { Sees::Nothing }
    }

    fn read(&self, lines: &[Line], command: Option<&Command>) -> Table {
        // A comment stands in a file only; `sysctl` puts blanks around the sign.
        let is_file = command.is_some_and(is_file)
            || (command.is_none() && lines.iter().any(|line| is_comment(line.text.trim())));
        let mut keys = command.map(keys_asked).unwrap_or_default().into_iter();
        let mut rows = Vec::new();
        let mut foreign_system = None;
        let mut taken = Vec::with_capacity(lines.len());
        for line in lines {
            let trimmed = line.text.trim();
            let found = pairs(trimmed);
            taken.push(if let Some(why) = complaint(trimmed) {
                Taken::Aside(why)
            } else if is_comment(trimmed) {
                Taken::Aside("a comment")
            } else if !found.is_empty() {
                settings(line, found, is_file, &mut rows)
            } else if bsd_key(trimmed).is_some() {
                foreign_system = Some("BSD");
                Taken::Aside("a setting of another system")
            } else if is_bare_value(trimmed) {
                match keys.next() {
                    Some(key) => {
                        let (value, configured) = (trimmed.to_owned(), false);
                        settings_row(
                            SettingRow { line: line.number, key, value, configured },
                            &mut rows,
                        )
                    }
                    None => Taken::Rejected(Text::from("a value without its key")),
                }
            } else {
                Taken::Rejected(Text::from("no key with a value"))
            });
        }
        let mut notes = Vec::new();
        if rows.iter().any(|row: &SettingRow| row.configured) {
            notes.push(Text::from("a configuration file, which is not the running state"));
        }
        Table { content: Content::Settings(rows), taken, cut: None, foreign_system, notes }
    }
}

fn reads_keys(command: &Command) -> bool {
    command.args.iter().any(|arg| arg.starts_with("/proc/sys/"))
}

/// True for a command that prints a configuration file.
fn is_file(command: &Command) -> bool {
    let is_conf = |arg: &String| arg.contains("sysctl.conf") || arg.contains("sysctl.d");
    command.program != "sysctl" && command.args.iter().any(is_conf)
}

/// The keys whose bare values a command prints, in order.
fn keys_asked(command: &Command) -> Vec<String> {
    let keys = command.args.iter().filter(|arg| !arg.starts_with('-'));
    keys.filter_map(|arg| file_key(arg)).collect()
}

fn complaint(line: &str) -> Option<&'static str> {
    let said = COMPLAINTS.iter().find(|(start, _)| line.starts_with(start)).map(|(_, why)| *why);
    said.or_else(|| {
        let unknown = line.starts_with("error: \"") && line.ends_with("is an unknown key");
        let missing = line.starts_with("cat: /proc/sys/");
        (unknown || missing).then_some("this kernel does not have it, or it could not be read")
    })
}

fn is_comment(line: &str) -> bool {
    line.starts_with(['#', ';'])
}

/// Numbers alone: what `sysctl -n` and `cat` print.
fn is_bare_value(line: &str) -> bool {
    let is_number = |word: &str| word.parse::<i64>().is_ok();
    !line.is_empty() && line.split_ascii_whitespace().take(8).all(is_number)
}

fn settings(line: &Line, found: Vec<Pair<'_>>, is_file: bool, rows: &mut Vec<SettingRow>) -> Taken {
    let many = found.len() > 1;
    let mut what = Vec::new();
    for pair in found {
        let configured = is_file || pair.in_file || pair.tight;
        let Some(value) = pair.value() else {
            return Taken::Rejected(text!["more than a value behind ", Foreign(pair.key.clone())]);
        };
        let value = value.to_owned();
        what.push(text![Foreign(pair.key.clone()), " = ", Foreign(value.clone())]);
        rows.push(SettingRow { line: line.number, key: pair.key, value, configured });
    }
    let what = Text::join(what, ", ");
    if many || line.rebuilt || line.part_count > 1 {
        Taken::Repaired(what)
    } else {
        Taken::Row(what)
    }
}

fn settings_row(row: SettingRow, rows: &mut Vec<SettingRow>) -> Taken {
    let what = text![
        Foreign(row.key.clone()),
        " = ",
        Foreign(row.value.clone()),
        ", key from the command"
    ];
    rows.push(row);
    Taken::Row(what)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, command: Option<&Command>) -> (Vec<(String, String, bool)>, Table) {
        let line = |(number, text): (u32, &str)| Line {
            number,
            text: text.to_owned(),
            part_count: 1,
            rebuilt: false,
        };
        let lines: Vec<Line> = (1..).zip(text.lines()).map(line).collect();
        let table = Sysctl.read(&lines, command);
        let Content::Settings(rows) = &table.content else { panic!() };
        let row = |row: &SettingRow| (row.key.clone(), row.value.clone(), row.configured);
        (rows.iter().map(row).collect(), table)
    }

    fn one(text: &str) -> (String, String, bool) {
        let (rows, _) = read(text, None);
        assert_eq!(rows.len(), 1, "{text}");
        rows.into_iter().next().unwrap()
    }

    fn row(key: &str, value: &str, configured: bool) -> (String, String, bool) {
        (key.to_owned(), value.to_owned(), configured)
    }

    #[test]
    fn running_settings() {
        assert_eq!(one("net.ipv4.tcp_syncookies = 1"), row("net.ipv4.tcp_syncookies", "1", false));
        let rmem = row("net.ipv4.tcp_rmem", "4096\t131072\t6291456", false);
        assert_eq!(one("net.ipv4.tcp_rmem = 4096\t131072\t6291456"), rmem);
        let vlan = row("net.ipv4.conf.eth0/100.rp_filter", "2", false);
        assert_eq!(one("net.ipv4.conf.eth0/100.rp_filter = 2"), vlan);
        assert_eq!(one("net.ipv4.conf.eth0.100.rp_filter = 2"), vlan);
        assert_eq!(one("net/ipv4/conf/eth0.100/rp_filter = 2"), vlan);
        assert_eq!(one("/proc/sys/net/ipv4/conf/eth0.100/rp_filter:2"), vlan);
        assert_eq!(one("net.core.default_qdisc = fq_codel").1, "fq_codel");
        assert_eq!(one("net.ipv4.tcp_available_congestion_control = reno cubic").1, "reno cubic");
    }

    #[test]
    fn files() {
        assert_eq!(one("net.ipv4.ip_forward=1"), row("net.ipv4.ip_forward", "1", true));
        let text = "# kernel settings\n#net.ipv4.ip_forward = 0\n-net.core.somaxconn = 128 # low";
        assert_eq!(one(text), row("net.core.somaxconn", "128", true));
        let text = "/etc/sysctl.d/99.conf:net.ipv4.tcp_syncookies = 0";
        assert_eq!(one(text), row("net.ipv4.tcp_syncookies", "0", true));
    }

    #[test]
    fn several_on_one_line() {
        let text = "net.ipv4.tcp_syncookies = 1 net.core.somaxconn = 4096 net.ipv4.tcp_mem = 1 2 3";
        let (rows, table) = read(text, None);
        assert_eq!(rows.len(), 3);
        assert_eq!(rows[2].1, "1 2 3");
        assert!(matches!(table.taken[0], Taken::Repaired(_)));
    }

    #[test]
    fn bare_values_belong_to_the_keys_of_the_command() {
        let command = |program: &str, args: &[&str]| Command {
            program: program.to_owned(),
            args: args.iter().map(|arg| (*arg).to_owned()).collect(),
            ..Command::default()
        };
        let cat =
            command("cat", &["/proc/sys/net/ipv4/tcp_syncookies", "/proc/sys/net/core/somaxconn"]);
        assert!(Sysctl.is_printed_by(&cat));
        let (rows, table) = read("1\n4096\n7", Some(&cat));
        assert_eq!(rows[1], row("net.core.somaxconn", "4096", false));
        assert!(matches!(table.taken[2], Taken::Rejected(_)));
        let (rows, _) = read("1", Some(&command("sysctl", &["-n", "net.ipv4.ip_forward"])));
        assert_eq!(rows, [row("net.ipv4.ip_forward", "1", false)]);
    }

    #[test]
    fn complaints_and_other_systems() {
        let text = "sysctl: permission denied on key 'net.ipv4.tcp_fastopen_key'\n\
                    sysctl: cannot stat /proc/sys/net/ipv4/tcp_tw_recycle: No such file or directory\n\
                    net.inet.tcp.syncookies: 1";
        let (rows, table) = read(text, None);
        assert_eq!((rows.len(), table.foreign_system), (0, Some("BSD")));
        assert!(table.taken.iter().all(|taken| matches!(taken, Taken::Aside(_))));
    }

    #[test]
    fn prose_and_other_files_are_not_claimed() {
        for line in [
            "listen = 80",
            "server.port = 8080",
            "set net.ipv4.tcp_syncookies = 1 and try again",
            "network = 10.0.0.0",
            "net.ipv4.tcp_syncookies should be 1",
            "kernel: eth0 = up",
            "5",
            "# a comment",
        ] {
            assert_eq!(Sysctl.sees(line, false), Sees::Nothing, "{line}");
        }
        let (rows, table) = read("net.ipv4.ip_forward = 1 on that host", None);
        assert!(rows.is_empty() && matches!(table.taken[0], Taken::Rejected(_)));
    }
}
