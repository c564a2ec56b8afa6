//! The report of one incident, byte for byte. `UPDATE=1 cargo test` writes the files anew.

mod support;

use std::path::PathBuf;
use std::{env, fs};

use support::{Incident, Names};
use synrecv_report::{Paint, Report, Style, json, markdown, text};

fn check(file: &str, rendered: &str) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(file);
    if env::var_os("UPDATE").is_some_and(|value| value == "1") {
        fs::write(&path, rendered).expect("the directory is there");
        return;
    }
    let expected = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        rendered == expected,
        "{file} differs; UPDATE=1 writes it anew\n--- expected\n{expected}\n--- rendered\n{rendered}"
    );
}

fn at_width(width: usize, verbosity: i8) -> String {
    let incident = Incident::new(&Names::usual(), 3);
    text::render(&incident.report(), Style { width, paint: Paint::default(), verbosity })
}

#[test]
fn text_of_100_columns() {
    check("report-100.txt", &at_width(100, 0));
}

#[test]
fn text_of_60_columns() {
    check("report-60.txt", &at_width(60, 0));
}

#[test]
fn everything_as_text() {
    check("report-verbose-100.txt", &at_width(100, 1));
}

#[test]
fn the_handshake_that_was_asked_for() {
    let incident = Incident::new(&Names::usual(), 3);
    let peer = Some("192.168.5.0/24".parse().expect("a prefix"));
    let report = Report { peer, ..incident.report() };
    let style = Style { width: 80, paint: Paint::default(), verbosity: 0 };
    check("report-peer-80.txt", &text::render(&report, style));
}

#[test]
fn markdown_for_a_ticket() {
    let incident = Incident::new(&Names::usual(), 3);
    check("report.md", &markdown::render(&incident.report()));
}

#[test]
fn the_same_report_is_the_same_json() {
    let one = Incident::new(&Names::usual(), 3);
    let other = Incident::new(&Names::usual(), 3);
    assert_eq!(json::render(&one.report()), json::render(&other.report()));
}
