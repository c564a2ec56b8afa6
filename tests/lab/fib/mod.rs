//! The offline look-up against RTM_GETROUTE, on thousands of random topologies.

mod describe;
mod generate;
mod item;
mod kernel;
mod place;
mod sets;
mod world;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::thread;

use synrecv_faults::Lab;
use synrecv_model::Family;

use crate::inside::need_rights;
use crate::tables::random::Random;
use generate::Generator;
use place::{Change, History};
use world::{Config, Ground};

/// Topologies of each host; there are four hosts.
const TOPOLOGIES: u64 = 550;
/// Of these the first have no rules of their own.
const WITHOUT_RULES: u64 = 100;
/// Look-ups of each family in each topology.
const LOOKUPS: usize = 20;
/// Differences of which all details are shown.
const SHOWN: usize = 8;

const HOSTS: [(&str, Config); 4] = [
    ("plain", Config { router: false, ignore_linkdown: false, rp_filter: 0 }),
    ("router", Config { router: true, ignore_linkdown: false, rp_filter: 1 }),
    ("ignoring", Config { router: false, ignore_linkdown: true, rp_filter: 2 }),
    ("both", Config { router: true, ignore_linkdown: true, rp_filter: 0 }),
];

/// Rules of a new namespace that are deleted and added again: before which topology, what is done,
/// family, priority and table.
const HOUSEKEEPING: [(u64, Change, Family, u32, u32); 8] = [
    // IPv6 does not look at its rules until one is added.
    (50, Change::Delete, Family::V6, 32_766, 254),
    (70, Change::Add, Family::V6, 32_766, 254),
    (80, Change::Delete, Family::V4, 32_767, 253),
    (90, Change::Add, Family::V4, 32_767, 253),
    (300, Change::Delete, Family::V4, 0, 255),
    (300, Change::Delete, Family::V6, 0, 255),
    (320, Change::Add, Family::V4, 0, 255),
    (320, Change::Add, Family::V6, 0, 255),
];

/// Answers that have to be met, or the topologies are not what they are meant to be.
const MET: [&str; 22] = [
    "assumed on link",
    "ipv4 broadcast",
    "ipv4 input: accepted",
    "ipv4 input: filtered",
    "ipv4 input: martian",
    "ipv4 local",
    "ipv4 unicast",
    "ipv4 unicast, several next hops",
    "ipv4 unicast, several next hops by source",
    "ipv6 anycast",
    "ipv6 local",
    "ipv6 unicast",
    "ipv6 unicast, several next hops",
    "refused: EACCES by Route",
    "refused: EACCES by Rule",
    "refused: EHOSTUNREACH by Route",
    "refused: EINVAL by Route",
    "refused: EINVAL by Rule",
    "refused: ENETUNREACH by NoRoute",
    "refused: ENETUNREACH by Rule",
    "refused: ENETUNREACH by Source",
    "refused: errno by Device",
];

/// What one host came to.
#[derive(Default)]
struct Tally {
    topologies: u64,
    items: u64,
    refused_items: u64,
    hidden: u64,
    lookups: u64,
    answers: BTreeMap<String, u64>,
    differences: Vec<String>,
}

impl Tally {
    fn add(&mut self, other: Self) {
        self.topologies += other.topologies;
        self.items += other.items;
        self.refused_items += other.refused_items;
        self.hidden += other.hidden;
        self.lookups += other.lookups;
        self.differences.extend(other.differences);
        for (answer, count) in other.answers {
            *self.answers.entry(answer).or_default() += count;
        }
    }
}

/// Runs all topologies of one host, in its namespace.
fn run(config: Config, seed: u64) -> Tally {
    let ground = Ground::read(config);
    let mut socket = place::socket();
    let mut tally = Tally::default();
    let mut history = History::default();
    for number in 0..TOPOLOGIES {
        for (_, change, family, priority, table) in
            HOUSEKEEPING.into_iter().filter(|(before, ..)| *before == number)
        {
            let rule = generate::made_by_the_kernel(family, priority, table);
            place::keep(&mut socket, change, &rule);
            history.note(change, family);
        }
        let random = Random::of(seed.wrapping_add(number.wrapping_mul(0x1234_5678_9abc)));
        let mut generator =
            Generator { random, ground: &ground, rules: number >= WITHOUT_RULES, turn: number };
        let placed = place::place(&mut socket, generator.topology(), &mut history);
        tally.items += placed.items.len() as u64;
        tally.refused_items += placed.refused_count as u64;
        tally.hidden += u64::from(placed.hidden);
        let mut queries = Vec::new();
        for &family in placed.families() {
            queries.extend((0..LOOKUPS).map(|_| generator.query(family)));
        }
        let said = kernel::ask(&mut socket, &queries);
        let fib = ground.fib(&placed.tables, history);
        for (query, said) in queries.iter().zip(&said) {
            tally.lookups += 1;
            let ours = fib.lookup(query);
            *tally.answers.entry(describe::word(&ours)).or_default() += 1;
            let Ok(ours) = ours else { continue };
            let differs = if query.iif != 0 && query.family() == Family::V4 {
                let (word, differs) = kernel::input_difference(&fib, query, &ground, &ours, said);
                *tally.answers.entry(format!("ipv4 input: {word}")).or_default() += 1;
                differs
            } else {
                kernel::difference(&ours, said)
            };
            let Some(differs) = differs else { continue };
            let mut text = format!("{differs}: topology {number}, {config:?}\n");
            for item in &placed.items {
                writeln!(text, "  {item}").expect("a String");
            }
            writeln!(text, "  {}", describe::command(query)).expect("a String");
            let (ours, said) = (describe::ours_words(&ours), describe::said_words(said));
            writeln!(text, "  ours:   {ours}\n  kernel: {said}").expect("a String");
            tally.differences.push(text);
        }
        place::clear(&mut socket, &placed);
        tally.topologies += 1;
    }
    tally
}

#[test]
fn offline_lookups_agree_with_the_kernel() {
    need_rights();
    let mut random = Random::seeded();
    let origin = random.origin();
    let workers: Vec<_> = HOSTS
        .into_iter()
        .map(|(name, config)| {
            let seed = random.next();
            thread::spawn(move || {
                let mut lab = Lab::new().expect("a lab");
                let host = world::build(&mut lab, name, config);
                host.run(move || run(config, seed)).expect("all look-ups were made")
            })
        })
        .collect();
    let mut tally = Tally::default();
    for worker in workers {
        tally.add(worker.join().expect("a host"));
    }
    let Tally { topologies, items, refused_items, hidden, lookups, answers, differences } = &tally;
    let mut summary = format!(
        "{topologies} topologies of {items} items ({refused_items} refused), {hidden} with routes that no dump shows, {lookups} look-ups, \
         {} differences, {origin}\n",
        differences.len()
    );
    for (answer, count) in answers {
        writeln!(summary, "{count:>8} {answer}").expect("a String");
    }
    let shown: Vec<&str> = differences.iter().take(SHOWN).map(String::as_str).collect();
    assert!(differences.is_empty(), "{summary}\n{}", shown.join("\n"));
    assert!(*topologies >= 2_000, "{summary}");
    for word in MET {
        let count = answers.get(word).copied().unwrap_or(0);
        assert!(count >= 100, "only {count} times `{word}`\n{summary}");
    }
    let cannot = answers.iter().filter(|(answer, _)| answer.starts_with("cannot"));
    let cannot: u64 = cannot.map(|(_, count)| count).sum();
    assert!(cannot * 100 <= *lookups, "cannot answer {cannot} of {lookups}\n{summary}");
}
