//! The sets of next hops: neither too small nor too large.

use std::collections::BTreeSet;
use std::net::IpAddr;

use synrecv_faults::Lab;
use synrecv_model::NextHop;
use synrecv_model::view::fib::{FibAnswer, FibMatch, FibQuery};

use super::describe;
use super::generate::Generator;
use super::kernel;
use super::place::{self, History};
use super::world::{self, Config, Ground};
use crate::inside::need_rights;
use crate::tables::random::Random;

const TOPOLOGIES: u64 = 350;
/// Source ports by which one look-up is varied. The least part of a next hop is 1 of 16.
const PORTS: u16 = 256;

type Way = (u32, Option<IpAddr>);

fn ways(hops: &[NextHop]) -> BTreeSet<Way> {
    hops.iter().map(|hop| (hop.ifindex, hop.gateway)).collect()
}

/// The ways out that our answer leaves open.
fn left_open(found: &FibMatch<'_>) -> BTreeSet<Way> {
    let by_source = !found.source_matched.is_empty();
    ways(if by_source { &found.source_matched } else { &found.next_hops })
}

/// What differs in one host, and how many sets were compared.
fn run(config: Config, seed: u64) -> (usize, Vec<String>) {
    let ground = Ground::read(config);
    let mut socket = place::socket();
    let mut history = History::default();
    let (mut compared, mut differences) = (0, Vec::new());
    for turn in 0..TOPOLOGIES {
        let random = Random::of(seed.wrapping_add(turn.wrapping_mul(0x1234_5678_9abc)));
        let mut generator = Generator { random, ground: &ground, rules: turn % 2 == 1, turn };
        let placed = place::place(&mut socket, generator.topology(), &mut history);
        let fib = ground.fib(&placed.tables, history);
        for &family in placed.families() {
            for _ in 0..20 {
                let query = FibQuery { ip_protocol: 6, iif: 0, ..generator.query(family) };
                let Ok(FibAnswer::Found(found)) = fib.lookup(&query) else { continue };
                // Members of an object that do not answer are avoided, which is not predicted.
                if left_open(&found).len() < 2 || found.route.nexthop_id.is_some() {
                    continue;
                }
                let varied: Vec<FibQuery> = (0..PORTS)
                    .map(|port| FibQuery { sport: 20_000 + port, dport: 50_001, ..query })
                    .filter(|query| match fib.lookup(query) {
                        Ok(FibAnswer::Found(other)) => {
                            std::ptr::eq(other.route, found.route)
                                && left_open(&other) == left_open(&found)
                        }
                        _ => false,
                    })
                    .collect();
                if varied.len() < usize::from(PORTS) {
                    continue;
                }
                let said = kernel::ask(&mut socket, &varied);
                let taken: BTreeSet<Way> = said
                    .iter()
                    .filter_map(|said| said.way.as_ref().ok())
                    .map(|way| (way.oif, way.gateway))
                    .collect();
                compared += 1;
                if taken != left_open(&found) {
                    let command = describe::command(&query);
                    let ours = describe::ours_words(&FibAnswer::Found(found));
                    differences.push(format!("{command}\n  ours:   {ours}\n  kernel: {taken:?}"));
                }
            }
        }
        place::clear(&mut socket, &placed);
    }
    (compared, differences)
}

#[test]
fn sets_of_next_hops_are_exact() {
    need_rights();
    let mut random = Random::seeded();
    let origin = random.origin();
    let mut lab = Lab::new().expect("a lab");
    let config = Config { router: false, ignore_linkdown: true, rp_filter: 0 };
    let host = world::build(&mut lab, "sets", config);
    for family in ["ipv4", "ipv6"] {
        let key = format!("net/{family}/fib_multipath_hash_policy");
        host.sysctl(&key, "1").expect("a setting");
    }
    let seed = random.next();
    let (compared, differences) =
        host.run(move || run(config, seed)).expect("all look-ups were made");
    assert!(compared >= 200, "only {compared} sets were compared, {origin}");
    let shown = differences.iter().take(8).map(String::as_str).collect::<Vec<_>>().join("\n");
    assert!(differences.is_empty(), "{} of {compared}, {origin}\n{shown}", differences.len());
}
