//! What is written is read.

use crate::support::{bundle, full, lines};
use synrecv_model::{Gap, Observation, Reason, Section, SourceKind};

#[test]
fn every_noun_and_variant_survives() {
    let (facts, observation) = full();
    let bundle = synrecv_bundle::read(&bundle(&facts, &observation)[..]).unwrap();
    assert_eq!(bundle.facts, facts);
    assert_eq!(bundle.observation, observation);
}

#[test]
fn every_part_may_be_missing() {
    let (mut facts, observation) = full();
    let gap = Gap::new(Reason::NeedsRoot, "not allowed");
    facts.sockets = Section::Missing(gap.clone());
    facts.links = Section::Missing(gap.clone());
    facts.addresses = Section::Missing(gap.clone());
    facts.settings = Section::Missing(gap.clone());
    facts.neighbours = Section::Missing(gap.clone());
    facts.routes = Section::Missing(gap.clone());
    facts.nexthops = Section::Missing(gap.clone());
    facts.rules = Section::Missing(gap.clone());
    facts.replies = Section::Missing(gap.clone());
    facts.counters = Section::Missing(gap.clone());
    facts.namespaces = Section::Missing(gap);
    let bundle = synrecv_bundle::read(&bundle(&facts, &observation)[..]).unwrap();
    assert_eq!(bundle.facts, facts);
}

#[test]
fn what_was_live_comes_from_a_bundle() {
    let (mut facts, observation) = full();
    for source in [SourceKind::Live, SourceKind::Capture, SourceKind::Ticket] {
        facts.source = source;
        let read = synrecv_bundle::read(&bundle(&facts, &observation)[..]).unwrap();
        assert_eq!(read.facts.source, SourceKind::Bundle);
    }
}

#[test]
fn the_same_facts_give_the_same_bytes() {
    let (facts, observation) = full();
    let first = bundle(&facts, &observation);
    assert_eq!(first, bundle(&facts, &observation));
    let again = synrecv_bundle::read(&first[..]).unwrap();
    assert_eq!(first, bundle(&again.facts, &again.observation));
}

#[test]
fn the_first_line_names_the_schema() {
    let (facts, observation) = full();
    let lines = String::from_utf8(lines(&bundle(&facts, &observation))).unwrap();
    assert_eq!(lines.lines().count(), 2);
    let header = r#"{"schema":"synrecv-doctor/bundle/1","written_by":"test 1.0"}"#;
    assert_eq!(lines.lines().next(), Some(header));
}

#[test]
fn it_is_written_and_read_in_pieces() {
    struct OneByte<T>(T);
    impl<T: std::io::Read> std::io::Read for OneByte<T> {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            let least = buffer.len().min(1);
            self.0.read(&mut buffer[..least])
        }
    }
    let (facts, observation) = full();
    let bytes = bundle(&facts, &observation);
    let read = synrecv_bundle::read(OneByte(&bytes[..])).unwrap();
    assert_eq!(read.observation, observation);
}

#[test]
fn a_place_that_takes_no_bytes_is_an_error() {
    struct Full;
    impl std::io::Write for Full {
        fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
            Err(std::io::ErrorKind::StorageFull.into())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let (facts, observation): (_, Observation) = full();
    let error = synrecv_bundle::write(&facts, &observation, "test", Full).unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::StorageFull);
}
