//! What it makes of a document, compared with what `serde_json` makes of it.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::ops::RangeInclusive;

use serde::Deserialize;
use serde::de::{DeserializeOwned, IgnoredAny};

use super::{Tokens, decode};

#[derive(Debug, PartialEq, Deserialize)]
struct Inner {
    number: u8,
}

#[derive(Debug, PartialEq, Deserialize)]
struct Wrapped(Inner);

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
struct Number(u32);

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
enum Name {
    First,
    Second,
}

#[derive(Debug, PartialEq, Deserialize)]
enum Kind {
    Empty,
    One(Inner),
    Two(u8, Inner),
    Named { inner: Inner },
}

#[derive(Debug, PartialEq, Deserialize)]
struct Outer {
    list: Vec<Inner>,
    pair: (u8, Inner),
    some: Option<Inner>,
    none: Option<Inner>,
    #[serde(default)]
    left_out: Vec<u8>,
    wrapped: Wrapped,
    kinds: Vec<Kind>,
    result: Result<u8, Kind>,
    by_name: BTreeMap<String, Inner>,
    by_number: BTreeMap<Number, bool>,
    by_kind: BTreeMap<Name, i64>,
    ports: RangeInclusive<u16>,
    text: String,
    letter: char,
    unit: (),
}

const INNER: &str = r#"{"number":7,"unknown":[{"x":[1,-2,true,null,"\"]"],"y":{}},[]]}"#;

/// Every place where a struct can be.
fn document(inner: &str) -> String {
    format!(
        r#" {{"list":[{inner}, {inner}],"pair":[1,{inner}],"some":{inner},"none":null,
            "wrapped":{inner},"kinds":["Empty",{{"Empty":null}},{{"One":{inner}}},
            {{"Two":[2,{inner}]}},{{"Named":{{"inner":{inner}}}}}],"result":{{"Err":"Empty"}},
            "by_name":{{"a":{inner},"":{inner}}},"by_number":{{"0":true,"4294967295":false}},
            "by_kind":{{"First":-9223372036854775808,"Second":0}},
            "ports":{{"start":1,"end":65535}},
            "text":"\u00e4\ud83d\ude00 \"\\\/\b\f\n\r\t ä€😀","letter":"ä","unit":null }} "#
    )
}

fn read<T: DeserializeOwned>(text: &[u8]) -> Result<T, String> {
    let mut text = text;
    let mut tokens = Tokens::new(&mut text);
    let value = decode(&mut tokens).and_then(|value| tokens.end().map(|()| value));
    value.map_err(|error| error.to_string())
}

#[track_caller]
fn same<T: DeserializeOwned + PartialEq + Debug>(text: &[u8]) {
    let expected = serde_json::from_slice::<T>(text).map_err(|error| error.to_string());
    let shown = String::from_utf8_lossy(text);
    match (read::<T>(text), expected) {
        (Ok(read), Ok(expected)) => assert_eq!(read, expected, "{shown}"),
        (Err(_), Err(_)) => {}
        (read, expected) => panic!("{read:?}, expected {expected:?}, of {shown}"),
    }
}

#[test]
fn every_kind_of_value() {
    let text = document(INNER);
    let outer: Outer = read(text.as_bytes()).unwrap();
    assert_eq!(outer.kinds.len(), 5);
    assert_eq!(outer.text, "ä😀 \"\\/\u{8}\u{c}\n\r\t ä€😀");
    assert_eq!(outer, serde_json::from_str(&text).unwrap());
}

#[test]
fn structs_are_objects() {
    let text = document(INNER);
    for (at, _) in text.match_indices(INNER) {
        let (before, behind) = text.split_at(at);
        let text = format!("{before}[7]{}", &behind[INNER.len()..]);
        assert!(serde_json::from_str::<Outer>(&text).is_ok(), "{text}");
        assert!(read::<Outer>(text.as_bytes()).unwrap_err().starts_with("expected `{`, at byte"));
    }
}

#[test]
fn damaged_documents_are_refused_where_serde_json_refuses_them() {
    let text = document(INNER).into_bytes();
    for length in 0..text.trim_ascii_end().len() {
        assert!(read::<Outer>(&text[..length]).is_err());
    }
    let bytes = b"{}[]\":,.0-9e\\/ntu \x00\x7f";
    for at in 0..text.len() {
        for &byte in bytes {
            let mut text = text.clone();
            text[at] = byte;
            same::<Outer>(&text);
            text.insert(at, text[at]);
            same::<Outer>(&text);
        }
        let mut text = text.clone();
        text.remove(at);
        same::<Outer>(&text);
    }
}

#[test]
fn numbers() {
    let numbers = [
        "0",
        "-1",
        "255",
        "256",
        "-128",
        "-129",
        "18446744073709551615",
        "18446744073709551616",
        "-9223372036854775808",
        "-9223372036854775809",
        "01",
        "-",
        "--1",
        "+1",
        "1e2",
        "1.0",
        "1 2",
        "",
        "0x1",
        "-0.5e-07",
        "1.",
        ".5",
        "1e",
        "1e+",
        "-01",
        "0.0.0",
        "1E5",
        "1_0",
        "\"1\"",
        "null",
        "99999999999999999999999999999999999999",
    ];
    for number in numbers {
        let number = number.as_bytes();
        same::<u8>(number);
        same::<i8>(number);
        same::<u16>(number);
        same::<i16>(number);
        same::<u32>(number);
        same::<i32>(number);
        same::<u64>(number);
        same::<i64>(number);
        same::<Option<u64>>(number);
        same::<IgnoredAny>(number);
        let key = [b"{\"", number, b"\":true}"].concat();
        same::<BTreeMap<u64, bool>>(&key);
        same::<BTreeMap<i64, bool>>(&key);
    }
}

#[test]
fn strings() {
    let strings: [&[u8]; 16] = [
        br#""""#,
        br#""a"#,
        b"\"\x1f\"",
        b"\"\x7f\"",
        b"\"\xff\"",
        b"\"\xe2\x82\"",
        br#""\u0000""#,
        br#""\ud800""#,
        br#""\ud800\u0041""#,
        br#""\udc00""#,
        br#""\ud800\ud800""#,
        br#""\udbff\udfff""#,
        br#""\u12g4""#,
        br#""\x41""#,
        br#""\u+123""#,
        br#""\ud83dx""#,
    ];
    for string in strings {
        same::<String>(string);
        same::<Option<String>>(string);
        same::<Vec<String>>(&[b"[", string, b" ]"].concat());
        same::<BTreeMap<String, u8>>(&[b"{", string, b":1}"].concat());
    }
}

#[test]
fn a_source_in_small_pieces_is_the_same() {
    struct Drops<'a>(&'a [u8]);
    impl std::io::Read for Drops<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            let count = self.0.len().min(3).min(buffer.len());
            buffer[..count].copy_from_slice(&self.0[..count]);
            self.0 = &self.0[count..];
            Ok(count)
        }
    }
    let text = document(INNER);
    let mut drops = Drops(text.as_bytes());
    let mut tokens = Tokens::new(&mut drops);
    let outer: Outer = decode(&mut tokens).unwrap();
    tokens.end().unwrap();
    assert_eq!(tokens.position(), text.len() as u64);
    assert_eq!(outer, serde_json::from_str(&text).unwrap());
}

#[test]
fn what_is_too_deep_ends_before_the_stack_does() {
    let deep = format!("{{\"number\":1,\"x\":{}", "[".repeat(1 << 20));
    assert!(read::<Inner>(deep.as_bytes()).unwrap_err().starts_with("containers too deep"));
}

#[test]
fn errors_say_what_and_where() {
    let error = read::<Inner>(b"{}").unwrap_err();
    assert_eq!(error, "missing field `number`, at byte 2");
    let error = read::<Inner>(br#"{"number":256}"#).unwrap_err();
    assert_eq!(error, "invalid value: integer `256`, expected u8, at byte 13");
    assert_eq!(read::<Inner>(b"{\"number\":1").unwrap_err(), "it ends too early, at byte 11");
}
