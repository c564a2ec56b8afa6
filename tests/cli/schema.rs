//! JSON is what its schema says.

use serde_json::Value;
use synrecv_tests::schema::violations;

use crate::run;

fn json(args: &[&str]) -> Value {
    let said = run(args);
    serde_json::from_str(&said.out).unwrap_or_else(|error| panic!("{error}: {args:?}: {said:?}"))
}

#[test]
fn reports() {
    let schema = json(&["schema", "report"]);
    for args in [&["demo", "--format", "json"][..], &["--observe", "0", "--format", "json"]] {
        assert_eq!(violations(&schema, &json(args)), [""; 0], "{args:?}");
    }
}

#[test]
fn tables() {
    let schema = json(&["schema", "table"]);
    for table in [
        &["sockets", "--all"][..],
        &["sockets", "--observe", "300ms"],
        &["arp"],
        &["route", "--all"],
        &["route", "get", "127.0.0.1"],
        &["route", "get", "192.0.2.1", "--port", "80", "--mark", "0x1f", "--uid", "1"],
        &["route", "get", "192.0.2.1", "--from", "192.0.2.2"],
        &["route", "get", "2001:db8::1"],
        &["interfaces"],
    ] {
        let args = [table, &["--format", "json"]].concat();
        assert_eq!(violations(&schema, &json(&args)), [""; 0], "{args:?}");
    }
}
