//! `--redact`: nothing of the host in anything that is written, and the same answer.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::Value;
use synrecv_bundle::redact::{Key, Mode, redact};
use synrecv_tests::leak::{Secrets, unpacked};
use synrecv_tests::{Scratch, workspace_root};

use crate::{Said, doctor_with, run};

const HOST: &str = "db7.acme.example";

/// The recorded incident as if it were one of a customer: names and addresses that are nowhere else.
struct Customer {
    scratch: Scratch,
    bundle: Vec<u8>,
}

impl Customer {
    fn new() -> Self {
        let file = workspace_root().join("bins/synrecv-doctor/recordings/incident.bundle");
        let text = unpacked(&fs::read(file).expect("the recording is there"));
        // The netmask of the incident, at a public address, as it was in the original post.
        let text = text.replace("192.168.4.", "159.99.250.").replace("192.168.5.", "159.99.251.");
        let text = text.replace("159.99.250.0/22", "159.99.248.0/22");
        let text = text.replace("02:00:00:00:00:0", "c0:3e:ba:be:0d:2");
        let text = text.replace("\"name\":\"server\"", &format!("\"name\":\"{HOST}\""));
        let text = text.replace("\"alias\":null", "\"alias\":\"uplink to Acme Berlin\"");
        let text = text.replace("\"comm\":\"synrecv-lab\"", "\"comm\":\"nginx\"");
        let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
        packed.write_all(text.as_bytes()).expect("memory takes it");
        let bundle = packed.finish().expect("memory takes it");
        let scratch = Scratch::new();
        fs::write(scratch.path().join("customer.bundle"), &bundle).expect("a file of our own");
        Self { scratch, bundle }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.scratch.path().join(name)
    }

    fn text(&self, name: &str) -> String {
        self.path(name).to_str().expect("a plain name").to_owned()
    }

    fn diagnose(&self, more: &[&str]) -> Said {
        run(&[&[&self.text("customer.bundle")[..]], more].concat())
    }

    /// What must not be seen; `key` is the one that pseudonyms follow from.
    fn secrets(&self, key: &Path, mode: Mode) -> Secrets {
        let key = Key::parse(&fs::read(key).expect("the key is there")).expect("a key");
        let read = synrecv_bundle::read(&self.bundle[..]).expect("a bundle");
        let (_, _, names) = redact(read.facts, read.observation, &key, mode);
        let secrets = Secrets::of(&self.bundle, &names);
        assert!(secrets.count() > 15, "only {} addresses to look for", secrets.count());
        ["acme", "db7.", "berlin"].iter().fold(secrets, |secrets, word| secrets.and(word))
    }
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

/// All that does not name anything.
fn answer(report: &Value) -> Value {
    let of = |finding: &Value| {
        let [id, severity, confidence] =
            ["id", "severity", "confidence"].map(|key| finding[key].clone());
        serde_json::json!([id, severity, confidence, finding["affected_count"]])
    };
    let findings = report["findings"].as_array().expect("a list").iter().map(of);
    let verdict = ["status", "class", "finding", "confidence", "stuck_count"];
    let verdict = verdict.map(|key| report["verdict"][key].clone());
    serde_json::json!([
        verdict,
        findings.collect::<Vec<_>>(),
        report["checks"].as_array().map(Vec::len)
    ])
}

#[test]
fn nothing_of_the_host_is_in_any_report() {
    let customer = Customer::new();
    let before = json(&customer.diagnose(&["--format", "json"]).out);
    for (extent, strict) in [("--redact", false), ("--redact=strict", true)] {
        let [key, text, markdown] =
            ["key", "report.txt", "report.md"].map(|name| customer.text(name));
        let options = ["--redact-key", &key, "--output", &text, "--output", &markdown];
        let said = customer.diagnose(&[&[extent, "--format", "json"][..], &options].concat());
        assert_eq!(said.code, Some(1), "{said:?}");
        let after = json(&said.out);
        assert_eq!(answer(&after), answer(&before), "{extent}");
        let host = after["source"]["host"].as_str();
        assert!(host.is_some_and(|host| host.starts_with("host-")), "{host:?}");

        let secrets = customer.secrets(Path::new(&key), Mode { strict, ..Mode::default() });
        let files =
            [&text, &markdown].map(|file| fs::read_to_string(file).expect("it was written"));
        for written in files.iter().chain([&said.out]) {
            assert!(written.contains("bad-netmask"), "{written}");
            let leaks = secrets.in_text(written);
            assert!(leaks.is_empty(), "{extent}: {leaks:?} in {written}");
        }
        for name in ["nginx", "ps0"] {
            assert_eq!(said.out.contains(name), !strict, "{extent}: {name} in {}", said.out);
            assert!(!strict || files.iter().all(|file| !file.contains(name)), "{name}");
        }
        assert_eq!(said.err, "");
    }
    // The test itself finds what is there.
    let open = customer.diagnose(&["--format", "json", "--observe", "auto"]).out;
    let found = customer.secrets(&customer.path("key"), Mode::default()).in_text(&open);
    for secret in ["159.99.250.10", "159.99.251.11", "c0:3e:ba:be:0d:22", "acme"] {
        assert!(found.iter().any(|one| one == secret), "{secret} is not among {found:?}");
    }
}

#[test]
fn one_key_gives_the_same_pseudonyms_and_another_one_others() {
    let customer = Customer::new();
    let with = |key: &str| customer.diagnose(&["--redact", "--redact-key", key]).out;
    let [first, second] = ["first", "second"].map(|name| customer.text(name));
    assert_eq!(with(&first), with(&first));
    assert_ne!(with(&first), with(&second));
    assert_ne!(with("none"), with("none"));
    // One that was made elsewhere, as digits.
    let digits = customer.text("digits");
    let key = fs::read(&first).unwrap();
    let text = key.iter().fold(String::new(), |text, byte| format!("{text}{byte:02x}"));
    fs::write(&digits, text + "\n").unwrap();
    assert_eq!(with(&digits), with(&first));
    assert_eq!(fs::metadata(&first).unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn the_key_is_kept_where_state_is_kept() {
    let customer = Customer::new();
    let bundle = customer.text("customer.bundle");
    let at = |variables: &[(&str, &Path)]| {
        let mut doctor = doctor_with(&[&bundle, "--redact", "-v"]);
        doctor.env_remove("HOME").env_remove("XDG_STATE_HOME").envs(variables.iter().copied());
        Said::from(doctor.output().expect("the doctor can be started"))
    };
    let (home, state) = (customer.path("home"), customer.path("state"));
    let by_home = at(&[("HOME", &home)]);
    let key = home.join(".local/state/synrecv-doctor/redact.key");
    assert_eq!(fs::read(&key).unwrap().len(), 32, "{by_home:?}");
    assert!(by_home.err.contains(&*key.to_string_lossy()), "{by_home:?}");
    assert_eq!(at(&[("HOME", &home)]).out, by_home.out);
    let by_state = at(&[("HOME", &home), ("XDG_STATE_HOME", &state)]);
    assert!(state.join("synrecv-doctor/redact.key").is_file(), "{by_state:?}");
    assert_ne!(by_state.out, by_home.out);
    let nowhere = at(&[]);
    assert_eq!((nowhere.code, &nowhere.out[..]), (Some(4), ""), "{nowhere:?}");
    assert!(nowhere.err.contains("--redact-key none"), "{nowhere:?}");
}

#[test]
fn a_vendor_can_be_kept() {
    let customer = Customer::new();
    let key = customer.text("key");
    let keep = customer.diagnose(&["--redact", "--redact-key", &key, "--keep-oui"]).out;
    let hide = customer.diagnose(&["--redact", "--redact-key", &key]).out;
    assert!(keep.contains("c0:3e:ba:") && !hide.contains("c0:3e:ba:"), "{keep}");
}

#[test]
fn what_is_collected_has_pseudonyms_from_the_beginning() {
    let scratch = Scratch::new();
    let file = |name: &str| scratch.path().join(name).to_str().expect("a plain name").to_owned();
    let [open, hidden, key] = ["open", "hidden", "key"].map(file);
    let look = ["--observe", "0"];
    assert_eq!(run(&[&["collect", "-o", &open][..], &look].concat()).code, Some(0));
    let redact_by = ["--redact", "--redact-key", &key];
    let said = run(&[&["collect", "-o", &hidden][..], &look, &redact_by].concat());
    assert_eq!(said.code, Some(0), "{said:?}");
    assert!(said.err.contains("pseudonyms by the key"), "{said:?}");
    assert_eq!(fs::metadata(&hidden).unwrap().permissions().mode() & 0o777, 0o600);

    let open = fs::read(open).unwrap();
    let read = synrecv_bundle::read(&open[..]).expect("a bundle");
    let host = read.facts.host.name.0.clone();
    let key = Key::parse(&fs::read(&key).unwrap()).expect("a key");
    let (_, _, names) = redact(read.facts, read.observation, &key, Mode::default());
    let hidden = unpacked(&fs::read(&hidden).unwrap());
    assert!(hidden.starts_with("{\"schema\":\"synrecv-doctor/bundle/1\""), "{hidden}");
    let leaks = Secrets::of(&open, &names).in_text(&hidden);
    assert!(leaks.is_empty(), "{leaks:?}");
    assert!(!hidden.contains(&format!("\"name\":\"{host}\"")), "{host}");
}

/// Two hosts in one text: each has its own facts, and both have pseudonyms.
#[test]
fn a_ticket_shows_nothing_either() {
    let scratch = Scratch::new();
    let file = scratch.path().join("ticket.txt");
    let netstat = |host: &str, own: &str, peer: &str| {
        format!(
            "admin@{host}:~$ netstat -tan\n\
             Active Internet connections (servers and established)\n\
             Proto Recv-Q Send-Q Local Address           Foreign Address         State\n\
             tcp        0      0 {own}:80       {peer}:40001    SYN_RECV\n\
             tcp        0      0 {own}:80       {peer}:40002    SYN_RECV\n\n"
        )
    };
    let ticket = netstat("db7", "159.99.250.198", "159.99.233.20")
        + "We moved it to 159.99.250.0/24 last week.\n\n"
        + &netstat("web3", "8.20.30.40", "77.66.55.44");
    fs::write(&file, ticket).unwrap();
    let name = file.to_str().expect("a plain name");
    let open = run(&[name, "--format", "json"]);
    let hidden = run(&[name, "--format", "json", "--redact", "--redact-key", "none"]);
    assert_eq!(open.code, hidden.code, "{hidden:?}");
    assert_eq!(answer(&json(&open.out)), answer(&json(&hidden.out)));
    assert_eq!(json(&hidden.out)["connections_total_count"], 4, "{}", hidden.out);
    for secret in ["159.99.", "8.20.30.40", "77.66.55.44", "db7", "web3", "ticket.txt"] {
        assert!(open.out.contains(secret) || secret == "ticket.txt", "{secret}: {}", open.out);
        assert!(!hidden.out.contains(secret), "{secret} in {}", hidden.out);
    }
    let lines = run(&[name, "--explain-parse", "--redact", "--redact-key", "none"]);
    assert_eq!((lines.code, &lines.out[..]), (Some(2), ""), "{lines:?}");
}

#[test]
fn options_of_redaction_need_redaction() {
    for args in
        [&["--redact-key", "none"][..], &["--keep-oui"], &["collect", "-o", "x", "--keep-oui"]]
    {
        assert_eq!(run(args).code, Some(2), "{args:?}");
    }
    assert_eq!(run(&["demo", "--redact=loose"]).code, Some(2));
    let customer = Customer::new();
    let no_key =
        customer.diagnose(&["--redact", "--redact-key", &customer.text("customer.bundle")]);
    assert_eq!((no_key.code, &no_key.out[..]), (Some(4), ""), "{no_key:?}");
    assert!(no_key.err.contains("is no key"), "{no_key:?}");
}
