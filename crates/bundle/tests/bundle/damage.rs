//! A bundle comes from somebody else: whatever its bytes are, reading it ends with an answer.

use crate::support::{Damage, bundle, full, gzip, lines};
use synrecv_bundle::{ReadError, read};
use synrecv_model::Section;

fn sample() -> Vec<u8> {
    let (facts, observation) = full();
    bundle(&facts, &observation)
}

#[track_caller]
fn refused(bytes: &[u8]) -> ReadError {
    read(bytes).expect_err("it must not be taken for a bundle")
}

#[test]
fn every_truncation_is_noticed() {
    let whole = sample();
    for length in 0..whole.len() {
        let error = refused(&whole[..length]);
        let expected = match length {
            0 | 1 => matches!(error, ReadError::NotGzip),
            _ => matches!(error, ReadError::Cut),
        };
        assert!(expected, "{length} of {}: {error:?}", whole.len());
    }
}

#[test]
fn damaged_bytes_are_refused() {
    let whole = sample();
    let intact = read(&whole[..]).unwrap();
    let mut damage = Damage::new(0x5eed);
    for _ in 0..10_000 {
        // A field of the gzip header that means nothing may have been hit.
        if let Ok(bundle) = read(&damage.to(&whole)[..]) {
            assert_eq!(bundle, intact);
        }
    }
}

#[test]
fn damaged_content_is_read_or_refused() {
    let lines = lines(&sample());
    let mut damage = Damage::new(0xfeed);
    for _ in 0..1_000 {
        let _ = read(&gzip(&damage.to(&lines))[..]);
    }
}

#[test]
fn other_files_are_no_bundles() {
    assert!(matches!(refused(b""), ReadError::NotGzip));
    assert!(matches!(refused(b"Proto Recv-Q Send-Q"), ReadError::NotGzip));
    for inside in ["", "text\n", "{}\n", "[1]", r#"{"schema":"other/1","written_by":"x"}"#] {
        assert!(matches!(refused(&gzip(inside.as_bytes())), ReadError::NoSchema), "{inside}");
    }
    let endless = vec![b'{'; 1 << 20];
    assert!(matches!(refused(&gzip(&endless)), ReadError::NoSchema));
}

#[test]
fn another_schema_is_named_harmlessly() {
    let line = r#"{"schema":"synrecv-doctor/bundle/9\u001b[2J","written_by":"synrecv-doctor 9"}"#;
    let error = refused(&gzip(line.as_bytes()));
    let said = "the bundle has the schema `synrecv-doctor/bundle/9\\u{1b}[2J`, written by \
                `synrecv-doctor 9`; this version reads `synrecv-doctor/bundle/1`: diagnose it with a \
                later one";
    assert_eq!(error.to_string(), said);
    let line = line.replace("/9\\u001b[2J", "/0");
    let error = refused(&gzip(line.as_bytes()));
    assert!(matches!(error, ReadError::NeverFrozen { .. }), "{error:?}");
    assert!(error.to_string().ends_with("collect again"), "{error}");
}

#[test]
fn content_that_does_not_fit_is_described() {
    let lines = String::from_utf8(lines(&sample())).unwrap();
    let broken = lines.replace("\"uid\":65534", "\"uid\":-1");
    let error = refused(&gzip(broken.as_bytes()));
    assert!(matches!(error, ReadError::Content { .. }), "{error:?}");
    assert!(error.to_string().contains("written by `test 1.0`"), "{error}");
    let more = [lines.as_bytes(), b"{}"].concat();
    assert!(matches!(refused(&gzip(&more)), ReadError::Content { .. }));
}

#[test]
fn what_no_host_can_show_is_refused() {
    let (facts, observation) = full();
    let mut unseen = observation.clone();
    unseen.tracks[0].lives = Vec::new().into();
    let mut unsampled = observation.clone();
    unsampled.sample_count = 0;
    let mut flawless = facts.clone();
    if let Section::Partial { flaws, .. } = &mut flawless.sockets {
        flaws.clear();
    }
    let mut long = facts.clone();
    if let Some(addresses) = long.addresses.data_mut() {
        addresses[0].prefix_len = 33;
    }
    for (facts, observation) in
        [(&facts, &unseen), (&facts, &unsampled), (&flawless, &observation), (&long, &observation)]
    {
        let error = refused(&bundle(facts, observation));
        assert!(matches!(error, ReadError::Content { .. }), "{error:?}");
    }
}

#[test]
fn a_mapped_address_is_unmapped() {
    let lines = String::from_utf8(lines(&sample())).unwrap();
    let mapped = lines.replace("\"ip\":\"192.0.2.1\"", "\"ip\":\"::ffff:192.0.2.1\"");
    assert_ne!(mapped, lines);
    assert_eq!(read(&gzip(mapped.as_bytes())[..]).unwrap(), read(&sample()[..]).unwrap());
}

#[test]
fn bytes_after_the_end_are_noticed() {
    let doubled = [sample(), sample()].concat();
    assert!(matches!(refused(&doubled), ReadError::TrailingBytes));
}

#[test]
fn nesting_does_not_exhaust_the_stack() {
    let mut lines = br#"{"schema":"synrecv-doctor/bundle/1","written_by":"x"}
{"facts":"#
        .to_vec();
    lines.resize(lines.len() + (4 << 20), b'[');
    assert!(matches!(refused(&gzip(&lines)), ReadError::Content { .. }));
}
