//! `route get` against `ip route get`, with and without `fibmatch`.

use std::fmt::Write as _;
use std::process::Command;

use serde_json::Value;
use synrecv_faults::Namespace;

use super::compare::{Row, shown};
use super::random::Random;
use super::world::World;
use super::{table, table_number};
use crate::inside::{json, list};

const QUESTIONS_PER_FAMILY: usize = 60;

/// How often the doctor may not know what decided, in percent: what the tables leave open it does
/// not guess.
const UNKNOWN_MAX: usize = 2;

/// A question in the words of `ip`, and in those of the doctor.
#[derive(Clone, Debug, Default)]
struct Question {
    ip: Vec<String>,
    doctor: Vec<String>,
}

impl Question {
    fn add(&mut self, name: &str, value: impl Into<String>) {
        let value = value.into();
        self.ip.extend([name.to_owned(), value.clone()]);
        self.doctor.extend([format!("--{name}"), value]);
    }
}

/// Prefixes of routes, addresses on the wires, and somewhere else.
fn peer(v6: bool, routes: &[Value], random: &mut Random) -> String {
    let elsewhere = if v6 { "2001:db8:ffff::1" } else { "198.51.100.1" };
    let destination = shown(&random.pick(routes)["dst"]);
    let (address, length) = destination.split_once('/').unwrap_or((&destination, "host"));
    match random.between(0, 9) {
        0 => elsewhere.to_owned(),
        1 if v6 => format!("fd00:{}::2", random.between(0, 3)),
        1 => format!("172.16.{}.2", random.between(0, 3)),
        _ if address == "default" => elsewhere.to_owned(),
        _ if length == "host" => address.to_owned(),
        _ if v6 => address.strip_suffix("::").map_or(address.to_owned(), |net| format!("{net}::1")),
        // Room for a host: the world has no longer prefixes than /32, whose address this is.
        _ => address.to_owned(),
    }
}

fn question(v6: bool, routes: &[Value], rules: &[Value], random: &mut Random) -> Question {
    let mut question = Question::default();
    let peer = peer(v6, routes, random);
    question.ip.push(peer.clone());
    question.doctor.push(peer);
    if random.chance(50) {
        let device = random.between(0, 3);
        let own = if v6 { format!("fd00:{device}::1") } else { format!("172.16.{device}.1") };
        question.add("from", own);
    }
    let marks: Vec<String> =
        rules.iter().map(|rule| shown(&rule["fwmark"])).filter(|mark| !mark.is_empty()).collect();
    if random.chance(50) && !marks.is_empty() {
        question.add("mark", random.pick(&marks).clone());
    }
    if random.chance(30) {
        question.add("uid", random.between(900, 2100).to_string());
    }
    if random.chance(30) {
        question.ip.extend(["ipproto".to_owned(), "tcp".to_owned(), "sport".to_owned()]);
        question.ip.push("80".to_owned());
        question.doctor.extend(["--port".to_owned(), "80".to_owned()]);
    }
    question
}

/// The only row that `ip route get` writes, or the name of the errno.
fn ip_get(
    host: &Namespace,
    family: &str,
    words: &[&str],
    question: &Question,
) -> Result<Value, String> {
    let mut command = Command::new("ip");
    command.args([family, "-j", "route", "get"]).args(words).args(&question.ip);
    let output = host.output(command, None).expect("ip can be started");
    if output.status.success() {
        let rows: Value = serde_json::from_slice(&output.stdout).expect("ip writes JSON");
        return Ok(rows[0].clone());
    }
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let names = [
        ("Invalid argument", "EINVAL"),
        ("Network is unreachable", "ENETUNREACH"),
        ("No route to host", "EHOSTUNREACH"),
        ("Permission denied", "EACCES"),
    ];
    let name = names.iter().find(|(words, _)| said.contains(words));
    Err(name.unwrap_or_else(|| panic!("{question:?}: {said}")).1.to_owned())
}

fn ips(host: &Namespace, family: &str, question: &Question) -> Row {
    let row = match ip_get(host, family, &[], question) {
        Ok(row) => row,
        Err(errno) => return Row::default().with("error", errno),
    };
    let kind = if row["type"].is_null() { "unicast".to_owned() } else { shown(&row["type"]) };
    let via = &row["via"]["host"];
    let gateway = if via.is_null() { &row["gateway"] } else { via };
    let table = if row["table"].is_null() { "254".to_owned() } else { table_number(&row["table"]) };
    let prefix = ip_get(host, family, &["fibmatch"], question).map(|entry| shown(&entry["dst"]));
    let full = if family == "-6" { "128" } else { "32" };
    let prefix = prefix.map(|prefix| match prefix.as_str() {
        "default" if family == "-6" => "::/0".to_owned(),
        "default" => "0.0.0.0/0".to_owned(),
        prefix if prefix.contains('/') => prefix.to_owned(),
        prefix => format!("{prefix}/{full}"),
    });
    Row::default()
        .with("type", kind)
        .field("dev", &row, "dev")
        .with("gateway", shown(gateway))
        .with("table", table)
        .field("prefsrc", &row, "prefsrc")
        .with("prefix", prefix.unwrap_or_default())
}

fn doctors(answer: &Value) -> Row {
    Row::default()
        .field("type", answer, "type")
        .field("dev", answer, "dev")
        .field("gateway", answer, "gateway")
        .field("table", answer, "table")
        .field("prefsrc", answer, "prefsrc")
        .field("error", answer, "error")
        .field("prefix", &answer["entry"], "prefix")
}

#[test]
fn look_ups_agree_with_ip() {
    let world = World::build();
    let mut random = Random::seeded();
    let origin = format!("{} and {}", world.origin, random.origin());
    let host = &world.host;
    let (mut wrong, mut unknown, mut asked) = (String::new(), 0, 0);
    for family in ["-4", "-6"] {
        let mut routes =
            list(&json(host, "ip", &[family, "-j", "route", "show", "table", "all"])).to_vec();
        routes.retain(|route| route["type"] != "multicast");
        let rules = json(host, "ip", &[family, "-j", "rule"]);
        for _ in 0..QUESTIONS_PER_FAMILY {
            let question = question(family == "-6", &routes, list(&rules), &mut random);
            let words: Vec<&str> = question.doctor.iter().map(String::as_str).collect();
            let answer = &table(host, &[&["route", "get"], &words[..]].concat())["answer"];
            let (ours, theirs) = (doctors(answer), ips(host, family, &question));
            if ours != theirs {
                let _ = writeln!(wrong, "{}\n+ {ours}\n- {theirs}", question.ip.join(" "));
            }
            // The kernel does not name the rule, but the table that it led to.
            let rule = &answer["rule"];
            let led_to = rule["action"] == "lookup" && rule["table"] == answer["table"];
            if !rule.is_null() && answer["error"].is_null() && !led_to {
                let _ = writeln!(wrong, "{}: not by rule {rule}", question.ip.join(" "));
            }
            let explained = !rule.is_null() || !answer["refused_by"].is_null();
            unknown += usize::from(!explained);
            asked += 1;
        }
    }
    assert!(wrong.is_empty(), "+ doctor, - ip\n{wrong}{origin}");
    let most = asked * UNKNOWN_MAX / 100;
    assert!(unknown <= most, "of {asked} answers {unknown} were not explained; {origin}");
}
