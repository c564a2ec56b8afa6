//! Subcommands and their mistakes.

use synrecv_checks::CATALOG;

use crate::run;

#[test]
fn help_goes_to_standard_output() {
    let said = run(&["--help"]);
    assert_eq!(said.code, Some(0));
    assert_eq!(said.err, "");
    for word in ["diagnose", "explain", "checks", "--netns", "--observe", "Exit status"] {
        assert!(said.out.contains(word), "no `{word}` in {}", said.out);
    }
}

#[test]
fn version_is_the_one_of_the_package() {
    let said = run(&["--version"]);
    assert_eq!(said.code, Some(0));
    assert_eq!(said.out, concat!("synrecv-doctor ", env!("CARGO_PKG_VERSION"), "\n"));
}

#[test]
fn a_mistyped_subcommand_names_the_nearest() {
    let said = run(&["expalin"]);
    assert_eq!(said.code, Some(2), "{said:?}");
    assert_eq!(said.out, "");
    assert!(said.err.contains("did you mean `explain`?"), "{said:?}");
}

#[test]
fn an_unknown_option_is_wrong_usage() {
    let said = run(&["--obsreve", "0"]);
    assert_eq!(said.code, Some(2));
    assert_eq!(said.out, "");
    assert!(said.err.contains("--observe"), "{said:?}");
}

#[test]
fn values_that_make_no_sense_are_wrong_usage() {
    for args in [
        ["--observe", "-5s"],
        ["--observe", "soon"],
        ["--port", "0"],
        ["--port", "70000"],
        ["--peer", "192.0.2.1/33"],
        ["--peer", "nobody"],
        ["--format", "xml"],
        ["--width", "3"],
        ["--output", "report.xml"],
    ] {
        let said = run(&args);
        assert_eq!(said.code, Some(2), "{args:?}: {said:?}");
        assert_eq!(said.out, "", "{args:?}");
        assert!(said.err.contains(args[0]), "{args:?}: {said:?}");
    }
}

#[test]
fn a_look_up_that_makes_no_sense_is_wrong_usage() {
    for args in [
        &["route", "get", "nobody"][..],
        &["route", "get", "192.0.2.1%no-such-dev"],
        &["route", "get", "192.0.2.1", "--from", "2001:db8::1"],
        &["route", "get", "192.0.2.1", "--mark", "0x1ffffffff"],
    ] {
        let said = run(args);
        assert_eq!((said.code, said.out.as_str()), (Some(2), ""), "{args:?}: {said:?}");
    }
}

#[test]
fn every_finding_has_a_manual() {
    for check in CATALOG {
        let said = run(&["explain", check.info.id]);
        assert_eq!(said.code, Some(0), "{said:?}");
        assert_eq!(said.err, "");
        for part in [check.info.id, "WHAT IT MEANS", "HOW IT IS RECOGNISED", "WHAT TO DO"] {
            assert!(said.out.contains(part), "no `{part}` in the manual of {}", check.info.id);
        }
    }
}

#[test]
fn a_mistyped_id_names_the_nearest() {
    let said = run(&["explain", "bad-netmsak"]);
    assert_eq!(said.code, Some(2));
    assert_eq!(said.out, "");
    assert!(said.err.contains("did you mean `bad-netmask`?"), "{said:?}");
}

#[test]
fn checks_lists_all_ids() {
    let said = run(&["checks"]);
    assert_eq!(said.code, Some(0));
    for check in CATALOG {
        let listed = said.out.lines().any(|line| line.split(' ').next() == Some(check.info.id));
        assert!(listed, "no {} in:\n{}", check.info.id, said.out);
    }
    assert_eq!(run(&["explain"]).out, said.out);
}

#[test]
fn a_namespace_that_is_not_there_cannot_be_read() {
    for netns in ["no-such-namespace", "/no/such/namespace"] {
        let said = run(&["--observe", "0", "--netns", netns]);
        assert_eq!(said.code, Some(4), "{said:?}");
        assert_eq!(said.out, "");
        assert!(said.err.contains("no-such-namespace") || said.err.contains(netns), "{said:?}");
    }
}

#[test]
fn a_trace_that_cannot_be_meant_sends_nothing() {
    for (args, words) in [
        (&["fe80::1"][..], "needs its device"),
        (&["192.0.2.1%lo"], "only a link-local address has a device"),
        (&["fe80::1%no-such-device"], "no device is called `no-such-device`"),
        (&["224.0.0.1"], "no address of one machine"),
        (&["255.255.255.255"], "no address of one machine"),
        (&["0.0.0.0"], "no address of one machine"),
        (&["192.0.2.1", "--from", "2001:db8::1"], "no ipv4 address like the peer"),
        (&["192.0.2.1", "--method", "icmp", "--port", "80"], "`--port` is for udp and tcp"),
        (&["192.0.2.1", "--port", "0"], "0 is not in 1..=65535"),
        (&["192.0.2.1", "--method", "sctp"], "possible values"),
        (&["router"], "expected an address"),
        (&[], "required"),
    ] {
        let said = run(&[&["trace"], args].concat());
        assert_eq!((said.code, said.out.as_str()), (Some(2), ""), "{args:?}: {said:?}");
        assert!(said.err.contains(words), "{args:?}: {said:?}");
        assert!(!said.err.contains("sends at most"), "{args:?}: {said:?}");
    }
}
