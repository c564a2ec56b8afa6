//! `--output`: files appear whole, for their owner only, or not at all.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use serde_json::Value;
use synrecv_tests::Scratch;

use crate::{Said, doctor_with, run};

fn path(path: &Path) -> &str {
    path.to_str().expect("the test uses plain names")
}

#[test]
fn files_hold_the_report_in_the_format_of_their_suffix() {
    let scratch = Scratch::new();
    let (json, text) = (scratch.path().join("r.json"), scratch.path().join("r.txt"));
    let said = run(&["--observe", "0", "--output", path(&json), "--output", path(&text)]);
    assert!(matches!(said.code, Some(0 | 1 | 3)), "{said:?}");
    assert_eq!(scratch.names(), ["r.json", "r.txt"], "a temporary file is left");

    let report: Value = serde_json::from_slice(&fs::read(&json).unwrap()).unwrap();
    assert_eq!(report["schema"], "synrecv-doctor/report/1");
    let text_file = fs::read_to_string(&text).unwrap();
    assert!(text_file.starts_with("synrecv-doctor "), "{text_file}");
    assert!(!text_file.contains('\u{1b}'), "colour in a file");
    for file in [json, text] {
        let mode = fs::metadata(&file).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o600, "{}", file.display());
    }
}

#[test]
fn a_file_is_replaced() {
    let scratch = Scratch::new();
    let file = scratch.path().join("report.txt");
    fs::write(&file, "old").unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
    run(&["--observe", "0", "--output", path(&file)]);
    assert!(fs::read_to_string(&file).unwrap().starts_with("synrecv-doctor "));
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn a_place_that_cannot_be_written_is_named() {
    // Root may write into a directory without write permission; none can write into these.
    for place in ["/proc/report.json", "/no/such/directory/report.json"] {
        let said = run(&["--observe", "0", "--output", place]);
        assert_eq!(said.code, Some(4), "{said:?}");
        assert!(said.err.contains(place), "{said:?}");
        assert!(said.out.starts_with("synrecv-doctor "), "the report is lost: {said:?}");
        assert_eq!(said.err.lines().count(), 1, "{said:?}");
    }
}

#[test]
fn nothing_is_left_when_the_file_cannot_take_its_name() {
    let scratch = Scratch::new();
    let taken = scratch.path().join("report.json");
    fs::create_dir(&taken).unwrap();
    fs::write(taken.join("inside"), "").unwrap();
    let said = run(&["--observe", "0", "--output", path(&taken)]);
    assert_eq!(said.code, Some(4), "{said:?}");
    assert_eq!(scratch.names(), ["report.json"], "a temporary file is left");
}

#[test]
fn one_file_that_fails_does_not_cost_the_others() {
    let scratch = Scratch::new();
    let good = scratch.path().join("good.json");
    let args = ["demo", "--quiet", "--output", "/no/such/directory/a.md", "--output", path(&good)];
    let said = run(&args);
    assert_eq!(said.code, Some(4), "{said:?}");
    assert_eq!(scratch.names(), ["good.json"]);
    assert_eq!(said.out.lines().count(), 1, "{said:?}");
}

#[test]
fn a_full_device_behind_standard_output_is_said() {
    for args in [&["demo", "--quiet"][..], &["sockets"], &["schema"]] {
        let mut command = doctor_with(args);
        command.stdout(fs::File::options().write(true).open("/dev/full").unwrap());
        let said = Said::from(command.output().expect("the doctor can be started"));
        assert_eq!(said.code, Some(4), "{args:?}: {said:?}");
        assert!(said.err.contains("write standard output"), "{args:?}: {said:?}");
    }
}
