//! Facts that several checks state, worded once.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use synrecv_model::view::{cover, place};
use synrecv_model::{
    Endpoint, Origin, ResolvedRoute, RetryCounters, RouteErrno, SourceKind, Text, Value, text,
};

use crate::cases::Fact;
use crate::view::{RequestView, View};

/// `1 connection`, `7 connections`.
pub(crate) fn count(number: usize, one: &'static str, many: &'static str) -> Text {
    text![number, " ", if number == 1 { one } else { many }]
}

/// The distinct addresses of some requests' peers, in order.
pub(crate) fn peers(view: &View<'_>, requests: &[usize]) -> Vec<IpAddr> {
    let all = view.requests();
    // A flood has half a million of them, several of each together: a set would take several times as
    // long, and so would addresses that are compared as such.
    let (mut v4, mut v6): (Vec<u32>, Vec<u128>) = (Vec::new(), Vec::new());
    for &index in requests {
        match all[index].peer() {
            IpAddr::V4(peer) => v4.push(peer.to_bits()),
            IpAddr::V6(peer) => v6.push(peer.to_bits()),
        }
    }
    v4.sort_unstable();
    v4.dedup();
    v6.sort_unstable();
    v6.dedup();
    let v4 = v4.into_iter().map(|bits| IpAddr::V4(Ipv4Addr::from_bits(bits)));
    v4.chain(v6.into_iter().map(|bits| IpAddr::V6(Ipv6Addr::from_bits(bits)))).collect()
}

/// `192.168.5.11`, or up to three addresses, or `8 clients in 192.168.5.0/24`.
pub(crate) fn name_peers(peers: &[IpAddr]) -> Text {
    if peers.len() <= 3 {
        return Text::join(peers.iter().copied(), ", ");
    }
    let places: BTreeSet<_> = peers.iter().map(|&peer| place(peer)).collect();
    let clients = text![peers.len(), " clients"];
    match (places.len(), places.first()) {
        (1, Some(&only)) => text![clients, " in ", only],
        (2..=3, _) => text![clients, " in ", Text::join(places, ", ")],
        _ => match cover(peers).filter(|net| net.prefix_len() >= 8) {
            Some(net) => text![clients, " in ", places.len(), " networks within ", net],
            None => text![clients, " in ", places.len(), " networks"],
        },
    }
}

/// The local ends of some requests: `10.0.0.1:80`, or `3 local addresses`.
pub(crate) fn name_locals(view: &View<'_>, requests: &[usize]) -> Text {
    let all = view.requests();
    let mut locals = BTreeSet::new();
    // Few in half a million.
    let mut last = None;
    for local in requests.iter().map(|&index| all[index].local()) {
        if last.replace(local) != Some(local) {
            locals.insert(local);
        }
    }
    name_ends(locals)
}

/// `10.0.0.1:80 and 10.0.0.1:81`, or `3 local ends`.
pub(crate) fn name_ends(locals: BTreeSet<Endpoint>) -> Text {
    if locals.len() <= 2 { Text::join(locals, " and ") } else { text![locals.len(), " local ends"] }
}

/// `7 connections to 10.0.0.1:80 are stuck`.
pub(crate) fn stuck(view: &View<'_>, requests: &[usize]) -> Text {
    text![
        count(requests.len(), "connection", "connections"),
        " to ",
        name_locals(view, requests),
        if requests.len() == 1 { " is stuck" } else { " are stuck" },
    ]
}

/// `7 connections to 10.0.0.1:80 wait`.
pub(crate) fn waiting(view: &View<'_>, requests: &[usize]) -> Text {
    text![
        count(requests.len(), "connection", "connections"),
        " to ",
        name_locals(view, requests),
        if requests.len() == 1 { " waits" } else { " wait" },
    ]
}

/// The least and the most of some numbers.
#[derive(Clone, Copy, Debug, Default)]
struct Span {
    least: Option<u32>,
    most: Option<u32>,
}

impl Span {
    fn add(&mut self, number: u32) {
        self.least = Some(self.least.map_or(number, |least| least.min(number)));
        self.most = self.most.max(Some(number));
    }

    /// `3` or `3 to 5`.
    fn text(self) -> Text {
        match (self.least.unwrap_or(0), self.most.unwrap_or(0)) {
            (least, most) if least >= most => text![most],
            (least, most) => text![least, " to ", most],
        }
    }
}

/// Both retry counters of some requests and what their relation says.
pub(crate) fn retries(view: &View<'_>, requests: &[usize], meaning: &'static str) -> Fact {
    // One walk: a flood has half a million, far apart in memory.
    let (mut sent, mut expired) = (Span::default(), Span::default());
    for &index in requests {
        let counters = view.requests()[index].track.last_seen().1.counters;
        counters.synack_retrans_count.into_iter().for_each(|count| sent.add(count));
        counters.timer_expiry_count.into_iter().for_each(|count| expired.add(count));
    }
    let times = |most: u32| if most == 1 { " time" } else { " times" };
    let mut text = match sent.most {
        Some(most) => {
            text!["SYN-ACK sent again ", sent.text(), times(most), " a connection, "]
        }
        // Only sock_diag has this counter.
        None => Text::new(),
    };
    match expired.most {
        Some(most) => {
            text.push(text!["own timer expired ", expired.text(), times(most), ": ", meaning]);
        }
        None if text.is_empty() => {
            text.push("no retry counters: which end does not hear is not told");
        }
        None => text.push("own timer not told"),
    }
    // A file has no counters: they are those that its frames stand for.
    let from_file = view.source() == SourceKind::Capture;
    let origin = if from_file { Origin::Frames } else { Origin::Sockets };
    Fact::new(origin, "retry-counters", text)
        .with("synack_retrans_max_count", number(sent.most))
        .with("timer_expiry_max_count", number(expired.most))
        .with("connection_count", Value::Number(requests.len() as u64))
        .recheck("ss -tno state syn-recv")
        .recheck("netstat -tno | grep SYN_RECV")
}

/// Timer expiries of some requests between their first and last sighting: SYN-ACKs that were sent
/// again, or would have been, while watching.
pub(crate) fn retries_watched(view: &View<'_>, requests: &[usize]) -> u32 {
    let expiries = |counters: RetryCounters| counters.timer_expiry_count.unwrap_or(0);
    requests
        .iter()
        .map(|&index| view.requests()[index].track.last_seen())
        .map(|(first, last, _)| expiries(last.counters).saturating_sub(expiries(first.counters)))
        .sum()
}

/// A number that may be unknown.
pub(crate) fn number(value: Option<impl Into<u64>>) -> Value {
    value.map_or(Value::Unknown, |value| Value::Number(value.into()))
}

/// State of the accept queue behind a local end, and the overflow counter.
pub(crate) fn queue(view: &View<'_>, local: Endpoint) -> Option<Fact> {
    let listener = view.listener(local)?;
    let mut text = text![":", local.port, " accept queue ", listener.accept_queue_count];
    if let Some(max) = listener.accept_queue_max_count {
        text.push("/");
        text.push(max);
    }
    let overflows = view.delta("TcpExtListenOverflows");
    if let Some(overflows) = overflows {
        text.push(text![", ListenOverflows +", overflows]);
        if overflows == 0 {
            text.push(": the application accepts");
        }
    }
    Some(
        Fact::new(Origin::Queue, "accept-queue", text)
            .with("local", Value::Endpoint(listener.local))
            .with("accept_queue_count", Value::Number(listener.accept_queue_count.into()))
            .with("accept_queue_max_count", number(listener.accept_queue_max_count))
            .with("listen_overflows_delta_count", number(overflows))
            .recheck(format!("ss -ltn 'sport = :{}'", local.port)),
    )
}

/// The way out of a reply: `ps0 via 10.0.0.1`, or `ps0, asked for directly`.
pub(crate) fn way(view: &View<'_>, route: &ResolvedRoute) -> Text {
    match route.gateway {
        Some(gateway) => text![view.dev(route.oif), " via ", gateway],
        None => text![view.dev(route.oif), " without a gateway"],
    }
}

/// The command that shows the reply route of one request.
pub(crate) fn route_get(request: &RequestView<'_>) -> String {
    let flow = request.track.flow;
    format!(
        "ip route get {} from {} ipproto tcp sport {} dport {}",
        flow.peer.ip, flow.local.ip, flow.local.port, flow.peer.port
    )
}

/// What an error of a route look-up means.
pub(crate) fn route_error(errno: RouteErrno) -> Text {
    match errno {
        RouteErrno::EACCES => text!["a prohibit route (EACCES)"],
        RouteErrno::EINVAL => text!["a blackhole route, or a source that is not local (EINVAL)"],
        RouteErrno::ENETUNREACH => text!["no route (ENETUNREACH)"],
        RouteErrno::EHOSTUNREACH => text!["an unreachable route (EHOSTUNREACH)"],
        other => text![other.name(), " ", other.0],
    }
}
