//! No string from outside changes what a report shows, in any format.

mod support;

use proptest::prelude::*;
use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd};
use support::{Incident, Names};
use synrecv_report::{Paint, Style, escape, json, markdown, text};

/// Pieces that mean something to a terminal, to Markdown, to Mermaid or to a shell.
const SHARP: &[&str] = &[
    "\u{1b}[31m",
    "\u{1b}]0;title\u{7}",
    "\u{9b}2J",
    "\r",
    "\n",
    "\n\n",
    "\n| a | b |\n",
    "\t",
    "\0",
    "\u{7f}",
    "|",
    "\\|",
    "\\",
    "`",
    "``",
    "```",
    "\n```\n",
    "\n```mermaid\n",
    "<script>alert(1)</script>",
    "</details>",
    "<!--",
    "&lt;",
    "@oncall",
    "#12",
    "https://example.org/",
    "www.example.org",
    "[a](b)",
    "![a](b)",
    "**",
    "_",
    "~~",
    "$x$",
    "\n# ",
    "- ",
    "1. ",
    "\"]; end --> x{",
    "end",
    "%%{init}%%",
    "$(reboot)",
    "'",
    " ",
    "\u{202e}",
    "\u{2066}",
    "\u{200b}",
    "\u{2028}",
    "\u{feff}",
    "\u{e0041}",
    "a\u{300}\u{301}\u{302}",
    "字",
    "eth0",
];

fn foreign() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => proptest::sample::select(SHARP).prop_map(str::to_owned),
        1 => any::<char>().prop_map(String::from),
    ];
    proptest::collection::vec(piece, 1..12).prop_map(|pieces| pieces.concat())
}

fn names() -> impl Strategy<Value = Names> {
    (foreign(), foreign(), foreign(), foreign(), foreign())
        .prop_map(|(host, kernel, dev, alias, comm)| Names { host, kernel, dev, alias, comm })
}

/// Moves the cursor, hides or reorders text; a newline does so only where we did not write it.
fn is_harmful(c: char) -> bool {
    (c.is_control() && c != '\n')
        || matches!(
            c,
            '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{feff}'
                | '\u{e0000}'..='\u{e007f}'
        )
}

fn shown(incident: &Incident, width: usize) -> String {
    text::render(&incident.report(), Style { width, paint: Paint::default(), verbosity: 1 })
}

/// What a Markdown reader sees: the kinds of its parts in order, and the strings in code.
#[derive(Debug, Default, PartialEq)]
struct Seen {
    structure: Vec<String>,
    words: String,
    codes: Vec<String>,
    mermaid: String,
}

fn read(document: &str) -> Seen {
    let options =
        Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_TASKLISTS;
    let mut seen = Seen::default();
    let mut in_block: Option<bool> = None;
    for event in Parser::new_ext(document, options) {
        let kind = match &event {
            Event::Text(content) => {
                match in_block {
                    Some(true) => seen.mermaid.push_str(content),
                    Some(false) => {}
                    None => seen.words.push_str(content),
                }
                "text".to_owned()
            }
            Event::Code(content) => {
                seen.codes.push(content.to_string());
                "code".to_owned()
            }
            Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(info))) => {
                in_block = Some(&**info == "mermaid");
                format!("block {info}")
            }
            Event::End(TagEnd::CodeBlock) => {
                in_block = None;
                "end of block".to_owned()
            }
            // Our own HTML is the same in every report, so it is compared as it is.
            other => format!("{other:?}"),
        };
        // The parser breaks a text at every escaped character.
        if kind != "text" || seen.structure.last().is_none_or(|last| last != "text") {
            seen.structure.push(kind);
        }
    }
    seen
}

/// Cells of a line of a table: what lies between bars that are not escaped.
fn cell_count(line: &str) -> usize {
    let mut last = ' ';
    let mut bars: usize = 0;
    for c in line.chars() {
        bars += usize::from(c == '|' && last != '\\');
        last = c;
    }
    bars.saturating_sub(1)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, ..ProptestConfig::default() })]

    #[test]
    fn text_has_no_control_characters(names in names(), width in 40_usize..140) {
        let incident = Incident::new(&names, 2);
        let shown = shown(&incident, width);
        prop_assert!(!shown.contains(is_harmful), "{shown:?}");
    }

    #[test]
    fn markdown_keeps_its_structure(names in names()) {
        let incident = Incident::new(&names, 2);
        let document = markdown::render(&incident.report());
        prop_assert!(!document.contains(is_harmful), "{document:?}");
        let usual = read(&markdown::render(&Incident::new(&Names::usual(), 2).report()));
        let seen = read(&document);
        prop_assert_eq!(&seen.structure, &usual.structure, "{}", document);
        // Mentions, references and links are made from words; all of these are ours.
        prop_assert_eq!(&seen.words, &usual.words);
        for raw in [&names.host, &names.kernel, &names.dev, &names.alias] {
            let escaped = escape::foreign(raw);
            prop_assert!(seen.codes.contains(&escaped), "{escaped:?} not in {:?}", seen.codes);
        }
    }

    #[test]
    fn rows_of_a_table_have_as_many_cells_as_its_head(names in names()) {
        let document = markdown::render(&Incident::new(&names, 2).report());
        let mut cells = None;
        for line in document.lines() {
            if line.starts_with('|') {
                let expected = *cells.get_or_insert_with(|| cell_count(line));
                prop_assert_eq!(cell_count(line), expected, "{}", line);
            } else {
                cells = None;
            }
        }
    }

    #[test]
    fn mermaid_labels_hold_no_syntax(names in names()) {
        let document = markdown::render(&Incident::new(&names, 2).report());
        let seen = read(&document);
        prop_assert!(!seen.mermaid.is_empty() && seen.mermaid.len() <= 1_200);
        let usual = read(&markdown::render(&Incident::new(&Names::usual(), 2).report()));
        prop_assert_eq!(seen.mermaid.lines().count(), usual.mermaid.lines().count());
        for (line, plain) in seen.mermaid.lines().zip(usual.mermaid.lines()) {
            let parts: Vec<&str> = line.split('"').collect();
            prop_assert!(parts.len() == plain.split('"').count(), "{}", line);
            // Outside of quotes everything is ours.
            prop_assert!(parts.iter().step_by(2).eq(
                plain.split('"').collect::<Vec<_>>().iter().step_by(2)), "{}", line);
            for label in parts.iter().skip(1).step_by(2) {
                let tame = |c: char| c.is_ascii_alphanumeric() || " .:/_-".contains(c);
                prop_assert!(label.chars().all(tame), "{}", label);
                prop_assert!(!label.split(' ').any(|word| word.eq_ignore_ascii_case("end")));
            }
        }
    }

    #[test]
    fn json_gives_the_strings_back(names in names()) {
        let document = json::render(&Incident::new(&names, 2).report());
        prop_assert!(!document.contains(is_harmful), "{document:?}");
        let value: serde_json::Value = serde_json::from_str(&document).unwrap();
        prop_assert_eq!(&value["source"]["host"], &names.host);
        prop_assert_eq!(&value["source"]["kernel"], &names.kernel);
        prop_assert_eq!(&value["facts"]["interfaces"][0]["dev"], &names.dev);
        prop_assert_eq!(&value["facts"]["interfaces"][0]["alias"], &names.alias);
        prop_assert_eq!(&value["listeners"][0]["process"]["comm"], &names.comm);
        prop_assert_eq!(&value["findings"][0]["args"]["interface"], &names.dev);
    }
}

#[test]
fn a_long_report_stays_within_its_budget() {
    let document = |stuck_count| {
        let incident = Incident::new(&Names::usual(), stuck_count);
        let document = markdown::render(&incident.report());
        assert!(document.chars().count() <= markdown::CHARACTERS_MAX);
        for kept in ["**Evidence**", "**Not checked**", "are stuck: replies do not go back"] {
            assert!(document.contains(kept), "{kept} of {stuck_count}");
        }
        document
    };
    assert!(document(3).contains("Raw facts") && !document(3).contains("Left out"));
    let long = document(20_000);
    assert!(long.contains("rows beyond 20 of each table") && long.contains("19980 more rows"));
    assert!(!long.contains("<summary>Raw facts"));
}
