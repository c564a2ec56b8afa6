use super::*;
use synrecv_model::text;

fn names(strict: bool) -> Pseudonyms {
    let set = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();
    let known = Known {
        host_words: vec!["db1.acme".to_owned(), "db1".to_owned()],
        mac_digits: set(&["c03ebabe0d2a"]),
        devices: set(&["eth0", "eth1", "wan-db1"]),
        processes: set(&["nginx"]),
        ..Known::default()
    };
    Pseudonyms::new(&Key::new([7; 32]), Mode { strict, ..Mode::default() }, known)
}

fn device(names: &Pseudonyms, name: &str) -> String {
    names.device(&Foreign(name.to_owned())).0
}

#[test]
fn devices_keep_names_that_show_nothing() {
    let usual = names(false);
    for name in ["eth0", "lo", "br-0a1b2c3d4e5f", "cali12345", "eth0.100@if3", "any"] {
        assert_eq!(device(&usual, name), name);
    }
    for name in ["wan-db1", "DB1", "to-10.0.0.1", "usb-c03ebabe0d2a"] {
        assert!(device(&usual, name).starts_with("dev-"), "{name}");
    }
    assert!(!device(&usual, "tun-10.0.0.1").contains("10.0.0.1"));
    let octets = usual.mac("c0:3e:ba:be:0d:2a".parse().unwrap()).to_string().replace(':', "");
    assert_eq!(device(&usual, "enxc03ebabe0d2a"), format!("enx{octets}"));

    let strict = names(true);
    assert_eq!(device(&strict, "lo"), "lo");
    for (name, stem) in
        [("docker0", "docker-"), ("br-0a1b2c3d4e5f", "br-"), ("tun-10.0.0.1", "tun-")]
    {
        let image = device(&strict, name);
        assert!(image.starts_with(stem) && image.len() < 16 && image != name, "{image}");
    }
    let eth0 = device(&strict, "eth0");
    assert!(eth0.starts_with("dev-") && eth0 != device(&strict, "eth1") && eth0.len() < 16);
    let label = |text: &str| strict.label(&Foreign(text.to_owned())).0;
    assert_eq!((label("eth0"), label("eth0:1")), (eth0.clone(), format!("{eth0}:1")));
    assert!(!label("eth0:acme").contains("acme"));
}

#[test]
fn patterns_stand_for_the_devices_that_they_fit() {
    let list = |patterns: &[&str]| {
        patterns.iter().map(|&name| Foreign(name.to_owned())).collect::<Vec<_>>()
    };
    let usual = names(false);
    assert_eq!(usual.devices(&list(&["eth*", "lo"])), list(&["eth*", "lo"]));
    assert_eq!(usual.devices(&list(&["wan*"])), list(&[&device(&usual, "wan-db1")]));
    let strict = names(true);
    let both = list(&[&device(&strict, "eth0"), &device(&strict, "eth1")]);
    assert_eq!(strict.devices(&list(&["eth*"])), both);
    let none = strict.devices(&list(&["ppp+"]));
    assert!(matches!(&none[..], [one] if !one.0.ends_with(['*', '+'])), "{none:?}");
}

#[test]
fn text_keeps_our_own_words() {
    let own = text![
        "read ",
        17_u32,
        " rows of db1 at 10.0.0.1: ",
        Foreign("db1.acme nginx eth0 /home/alice/x 10.0.0.1 dead".into()),
        Endpoint::new("10.0.0.1".parse().unwrap(), 80),
    ];
    let raw = |names: &Pseudonyms| {
        names.text(&own).spans().iter().map(Span::raw).collect::<Vec<_>>().concat()
    };
    let usual = names(false);
    let shown = raw(&usual);
    let image = usual.ip("10.0.0.1".parse().unwrap());
    assert!(shown.starts_with(&format!("read 17 rows of db1 at {image}: host-")), "{shown}");
    assert!(shown.contains(" nginx eth0 /home/user-"), "{shown}");
    assert!(shown.ends_with(&format!("/x {image} dead{image}:80")), "{shown}");
    assert!(!shown.contains("acme") && !shown.contains("alice"), "{shown}");
    let strict = raw(&names(true));
    assert!(strict.contains(" process-") && strict.contains(" dev-"), "{strict}");
    assert!(!strict.contains("nginx") && !strict.contains("eth0"), "{strict}");
}

#[test]
fn processes_keep_their_names_unless_they_show_the_host() {
    let comm = |names: &Pseudonyms, comm: &str| names.process(&Foreign(comm.to_owned())).0;
    let usual = names(false);
    assert_eq!(comm(&usual, "nginx"), "nginx");
    assert!(comm(&usual, "pg-db1").starts_with("process-"));
    assert!(comm(&usual, "sip:10.0.0.1").starts_with("process-"));
    assert!(comm(&names(true), "nginx").starts_with("process-"));
    assert_eq!(comm(&names(true), ""), "");
}

#[test]
fn chains_that_are_everywhere_keep_their_names() {
    let strict = names(true);
    for plain in ["INPUT", "input", "Forward"] {
        assert_eq!(strict.chain(&Foreign(plain.into())).0, plain);
    }
    assert_eq!(strict.table(&Foreign("filter".into())).0, "filter");
    assert!(strict.table(&Foreign("acme".into())).0.starts_with("table-"));
    assert!(strict.chain(&Foreign("acme".into())).0.starts_with("chain-"));
    assert_eq!(names(false).chain(&Foreign("acme".into())).0, "acme");
}
