//! The tables of the doctor against `ss` and `ip`, on a host with hundreds of random rows.

mod addresses;
mod compare;
mod conntrack;
mod filters;
mod links;
mod look_alikes;
mod neighbours;
pub(crate) mod random;
mod route_get;
mod routes;
mod rules;
mod sockets;
mod world;

use serde_json::Value;
use synrecv_faults::Namespace;

use crate::inside::run_doctor;

/// A table of the doctor as JSON; each of its sections has to be complete.
fn table(host: &Namespace, args: &[&str]) -> Value {
    let args = [args, &["--format", "json"]].concat();
    let output = run_doctor(host, &args, None);
    assert!(output.status.success(), "{args:?}: {output:?}");
    let table: Value = serde_json::from_slice(&output.stdout).expect("a table is JSON");
    assert_eq!(table["schema"], "synrecv-doctor/table/1");
    for (name, section) in table["sections"].as_object().expect("sections") {
        assert_eq!(section["state"], "collected", "{args:?}: {name}: {section}");
    }
    table
}

/// The number of a routing table that `ip` names.
fn table_number(name: &Value) -> String {
    match name.as_str().unwrap_or_default() {
        "default" => "253",
        "main" => "254",
        "local" => "255",
        number => number,
    }
    .to_owned()
}

/// A number that `ip` may write as `0x10`, in decimal.
fn decimal(value: &Value) -> String {
    let text = compare::shown(value);
    match text.strip_prefix("0x") {
        Some(hex) => u64::from_str_radix(hex, 16).expect("a hexadecimal number").to_string(),
        None => text,
    }
}
