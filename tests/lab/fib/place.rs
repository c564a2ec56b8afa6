//! Topologies put on a host and taken away again.

use synrecv_model::{Family, Link, Neighbour, NextHop, NextHopObject, Route, Rule};
use synrecv_netlink::{Answer, Protocol, Question, Socket};

use super::item::{Hop, Item, PROTOCOL, Switch, object_deletion, route_deletion, rule_deletion};
use super::world::whole;

/// What a topology made of the tables.
#[derive(Debug)]
pub(super) struct Tables {
    pub(super) links: Vec<Link>,
    pub(super) rules: Vec<Rule>,
    pub(super) routes: Vec<Route>,
    pub(super) nexthops: Vec<NextHopObject>,
    pub(super) neighbours: Vec<Neighbour>,
}

impl Tables {
    pub(super) fn read() -> Self {
        Self {
            links: whole(synrecv_interfaces::read::links).links,
            rules: whole(synrecv_routes::read::rules),
            routes: whole(synrecv_routes::read::routes),
            nexthops: whole(synrecv_routes::read::nexthops),
            neighbours: whole(synrecv_neighbours::read::neighbours),
        }
    }
}

/// What is done to a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Change {
    Add,
    Delete,
}

/// Whether the rules of the host were ever changed, as the kernel remembers it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct History {
    pub(super) v4: bool,
    pub(super) v6: bool,
}

impl History {
    pub(super) fn note(&mut self, change: Change, family: Family) {
        match family {
            Family::V4 => self.v4 = true,
            Family::V6 => self.v6 |= change == Change::Add,
        }
    }
}

/// A topology on the host.
#[derive(Debug)]
pub(super) struct Placed {
    /// What the kernel took.
    pub(super) items: Vec<Item>,
    /// How many it did not take.
    pub(super) refused_count: usize,
    pub(super) tables: Tables,
    /// The dumps do not show all that decides about IPv6.
    pub(super) hidden: bool,
}

impl Placed {
    /// The families whose tables are known in full.
    pub(super) fn families(&self) -> &'static [Family] {
        if self.hidden { &[Family::V4] } else { &[Family::V4, Family::V6] }
    }
}

/// Adds what the kernel takes.
pub(super) fn place(socket: &mut Socket, items: Vec<Item>, history: &mut History) -> Placed {
    let (switches, items): (Vec<Item>, Vec<Item>) =
        items.into_iter().partition(|item| matches!(item, Item::Switch(_)));
    let wanted = items.len();
    let mut items = add(socket, items);
    let refused_count = wanted - items.len();
    for item in &items {
        if let Item::Rule(rule) = item {
            history.note(Change::Add, rule.family);
        }
    }
    let mut tables = Tables::read();
    // Before a device is switched off, which takes away routes.
    let mut hidden = hides_a_route(&items, &tables);
    if !switches.is_empty() {
        items.extend(add(socket, switches));
        tables = Tables::read();
        hidden |= loses_a_source_route(&items, &tables);
    }
    Placed { items, refused_count, tables, hidden }
}

/// True when an IPv6 route that was added is in no dump: the kernel leaves out what lies between
/// two routes by gateways of one metric, which it shows as one.
fn hides_a_route(items: &[Item], tables: &Tables) -> bool {
    let is_hidden = |item: &Item| {
        let Item::Route(made) = item else { return false };
        let metric = if made.metric == 0 { 1024 } else { made.metric };
        let place = |route: &&Route| {
            (route.destination, route.source, route.table, route.metric)
                == (made.destination, made.source, made.table, metric)
        };
        let there: Vec<&Route> = tables.routes.iter().filter(place).collect();
        let is_shown = |hop: &Hop| {
            let goes = |next: &NextHop| (hop.ifindex, hop.gateway) == (next.ifindex, next.gateway);
            there.iter().any(|route| route.next_hops.iter().any(goes))
        };
        let all_shown = match made.object {
            Some(id) => there.iter().any(|route| route.nexthop_id == Some(id)),
            None if made.hops.is_empty() => there.iter().any(|route| route.kind == made.kind),
            None => made.hops.iter().all(is_shown),
        };
        made.destination.addr().is_ipv6() && !all_shown
    };
    items.iter().any(is_hidden)
}

/// True when a prefix lost its IPv6 routes without a source prefix and kept one with: the kernel
/// then may not find that one any more, until a route is added (`fib6_find_prefix`).
fn loses_a_source_route(items: &[Item], tables: &Tables) -> bool {
    let without = |route: &Route| {
        let place = (route.destination, route.table);
        let plain =
            |other: &Route| (other.destination, other.table) == place && other.source.is_none();
        let made = |item: &Item| match item {
            Item::Route(made) => (made.destination, made.table) == place && made.source.is_none(),
            _ => false,
        };
        items.iter().any(made) && !tables.routes.iter().any(plain)
    };
    tables.routes.iter().any(|route| route.source.is_some() && without(route))
}

/// Sends all requests, and says which succeeded.
fn send(socket: &mut Socket, questions: &[Question]) -> Vec<bool> {
    let mut done = vec![false; questions.len()];
    let report = socket
        .ask_all(questions, 64, |at, answer| done[at] = matches!(answer, Answer::Acknowledged))
        .expect("rtnetlink answers");
    assert_eq!(report.lost_count, 0);
    done
}

/// Changes a rule of the host.
pub(super) fn keep(socket: &mut Socket, change: Change, rule: &Rule) {
    let question = match change {
        Change::Add => Item::Rule(rule.clone()).request(),
        Change::Delete => rule_deletion(rule),
    };
    assert_eq!(send(socket, &[question]), [true], "{change:?} {rule:?}");
}

/// Sends items; returns what the kernel took.
fn add(socket: &mut Socket, items: Vec<Item>) -> Vec<Item> {
    let questions: Vec<Question> = items.iter().map(Item::request).collect();
    let done = send(socket, &questions);
    items.into_iter().zip(done).filter_map(|(item, done)| done.then_some(item)).collect()
}

/// Takes away what was made for a topology.
pub(super) fn clear(socket: &mut Socket, placed: &Placed) {
    let Placed { items, tables, .. } = placed;
    let ours = |rule: &&Rule| rule.protocol == PROTOCOL;
    let mut questions: Vec<Question> =
        tables.rules.iter().filter(ours).map(rule_deletion).collect();
    questions.extend(tables.nexthops.iter().map(|object| object_deletion(object.id)));
    questions.extend(items.iter().filter_map(|item| match item {
        Item::Neighbour(neighbour) => Some(neighbour.deletion()),
        Item::Switch(switch) => Some(Item::Switch(Switch { up: true, ..*switch }).request()),
        Item::Object(_) | Item::Route(_) | Item::Rule(_) => None,
    }));
    send(socket, &questions);
    // A deletion may leave equal routes, so as often as it takes.
    for _ in 0..20 {
        let left: Vec<Question> = whole(synrecv_routes::read::routes)
            .iter()
            .filter(|route| route.protocol == PROTOCOL)
            .map(route_deletion)
            .collect();
        if left.is_empty() {
            return;
        }
        send(socket, &left);
    }
    panic!("routes that cannot be deleted");
}

/// A socket in the namespace of this thread.
pub(super) fn socket() -> Socket {
    Socket::open(Protocol::Route).expect("rtnetlink")
}
