//! What decided: the rule and route behind the kernel's answer, which does not name them.

use std::net::IpAddr;

use synrecv_model::view::fib::{Fib, FibAnswer, FibFacts, FibQuery, Refusal};
use synrecv_model::{NextHop, Reply, Route, RouteErrno, RouteKind, Rule};

use super::RouteGet;
use crate::escape::plain;

/// RT_TABLE_MAIN.
const TABLE_MAIN: u32 = 254;
const IPPROTO_UDP: u8 = 17;
/// RT_TABLE_LOCAL.
const TABLE_LOCAL: u32 = 255;

/// How the tables explain an answer of the kernel.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Why<'a> {
    /// The rule that led to the table, or that refuses itself.
    pub(super) rule: Option<&'a Rule>,
    /// What refuses.
    pub(super) refusal: Option<Refusal<'a>>,
}

/// What table `main` alone says.
#[derive(Clone, Debug)]
pub(super) struct InMain<'a> {
    pub(super) route: &'a Route,
    pub(super) next_hops: Vec<NextHop>,
}

/// All that the tables say about an answer.
#[derive(Clone, Debug)]
pub(super) struct Explained<'a> {
    /// What decided; the error says why that is not known.
    pub(super) why: Result<Why<'a>, String>,
    /// `None` where `main` decided, and where it says nothing.
    pub(super) in_main: Option<InMain<'a>>,
}

impl Explained<'_> {
    pub(super) fn refusal(&self) -> Option<Refusal<'_>> {
        self.why.as_ref().ok()?.refusal
    }
}

impl RouteGet<'_> {
    fn fib(&self) -> Result<Fib<'_>, &'static str> {
        Ok(Fib::new(FibFacts {
            rules: self.rules.whole().ok_or("the rules were not read in full")?,
            routes: self.routes.whole().ok_or("the routes were not read in full")?,
            nexthops: self.nexthops.data().map_or(&[], Vec::as_slice),
            links: self.links.whole().map(Vec::as_slice),
            addresses: self.addresses.whole().map(Vec::as_slice),
            neighbours: self.neighbours.whole().map(Vec::as_slice),
            settings: self.settings.data(),
            rules_changed_v4: None,
            rules_changed_v6: None,
        }))
    }

    /// The look-up as RTM_GETROUTE makes it.
    fn query(&self, reply: &Reply) -> FibQuery {
        let question = &reply.question;
        let names_ports = question.flow.local.port != 0;
        let ip_protocol = match question.flow.peer.ip {
            _ if names_ports => FibQuery::from(question).ip_protocol,
            // `inet_rtm_getroute` looks up a datagram where no protocol is named; its twin for IPv6
            // leaves it open.
            IpAddr::V4(_) => IPPROTO_UDP,
            IpAddr::V6(_) => 0,
        };
        FibQuery {
            bound: false,
            uid: Some(question.uid.unwrap_or(self.host.uid)),
            ip_protocol,
            ..FibQuery::from(question)
        }
    }

    /// All that the tables say about an answer.
    pub(super) fn explain(&self, reply: &Reply) -> Explained<'_> {
        match self.fib() {
            Ok(fib) => Explained { why: self.why(&fib, reply), in_main: self.in_main(&fib, reply) },
            Err(because) => Explained { why: Err(because.to_owned()), in_main: None },
        }
    }

    fn why<'a>(&self, fib: &Fib<'a>, reply: &Reply) -> Result<Why<'a>, String> {
        let answer = fib.lookup(&self.query(reply)).map_err(|cannot| plain(&cannot.text()))?;
        match (answer, &reply.resolved) {
            // Until a rule is changed, IPv4 keeps `local` in `main`, and calls it so.
            (FibAnswer::Found(found), Ok(way))
                if found.route.table == way.table
                    || [found.route.kind, way.kind] == [RouteKind::Local; 2] =>
            {
                Ok(Why { rule: found.rule, refusal: None })
            }
            (FibAnswer::AssumedOnLink { .. }, Ok(_)) => Ok(Why::default()),
            (FibAnswer::Refused { errno, by }, Err(said))
                if errno == *said || matches!(by, Refusal::Source(_)) =>
            {
                let rule = match by {
                    Refusal::Route { rule, .. } => rule,
                    Refusal::Rule(rule) => Some(rule),
                    _ => None,
                };
                Ok(Why { rule, refusal: Some(by) })
            }
            _ => Err("rules and routes, read a moment apart, say something else".to_owned()),
        }
    }

    /// What `main` alone says about the peer, whatever the source.
    fn in_main<'a>(&self, fib: &Fib<'a>, reply: &Reply) -> Option<InMain<'a>> {
        // Of an answer without source and mark it is known what it came from.
        let asked = self.plain.map_or(Some(reply), |plain| plain.data())?;
        let by_main = |table| matches!(table, TABLE_MAIN | TABLE_LOCAL);
        if asked.resolved.as_ref().is_ok_and(|way| by_main(way.table)) {
            return None;
        }
        let query = FibQuery { source: None, mark: 0, ..self.query(reply) };
        match fib.lookup_table(&query, TABLE_MAIN).ok()? {
            FibAnswer::Found(found) => {
                Some(InMain { route: found.route, next_hops: found.next_hops })
            }
            _ => None,
        }
    }
}

impl InMain<'_> {
    /// True when it leads where the answer does.
    pub(super) fn agrees_with(&self, reply: &Reply) -> bool {
        reply.resolved.as_ref().is_ok_and(|way| {
            self.next_hops.iter().any(|hop| hop.ifindex == way.oif && hop.gateway == way.gateway)
        })
    }
}

/// What an errno of an output look-up means.
pub(super) fn meaning(
    errno: RouteErrno,
    refusal: Option<Refusal<'_>>,
    with_source: bool,
) -> String {
    let words = match (refusal, errno) {
        (Some(Refusal::Rule(rule)), _) => {
            return format!("rule {} of type {} matches", rule.priority, rule.action.name());
        }
        (Some(Refusal::Route { route, .. }), _) => {
            return format!("a route of type {} matches", refusing_kind(route));
        }
        (Some(Refusal::Source(source)), _) => {
            return format!("{source} is no address of this host; the kernel sends from none else");
        }
        (Some(Refusal::Device(_)), _) => "the device is switched off, or gone",
        (Some(Refusal::NoRoute), _) => "no table that the rules lead to has a route",
        (None, RouteErrno::ENETUNREACH) if with_source => {
            "no route, a rule of type unreachable, or the source is no address of this host"
        }
        (None, RouteErrno::ENETUNREACH) => "no route, or a rule of type unreachable",
        (None, RouteErrno::EHOSTUNREACH) => "a route of type unreachable matches",
        (None, RouteErrno::EACCES) => "a route or rule of type prohibit matches",
        (None, RouteErrno::EINVAL) if with_source => {
            "a route or rule of type blackhole matches, or the source is no address of this host"
        }
        (None, RouteErrno::EINVAL) => "a route or rule of type blackhole matches",
        _ => "the kernel refuses",
    };
    words.to_owned()
}

/// A next-hop object can make any route one that drops.
fn refusing_kind(route: &Route) -> &'static str {
    if route.kind == RouteKind::Unicast { "blackhole" } else { route.kind.name() }
}
