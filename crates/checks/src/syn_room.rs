//! Room for open handshakes at listeners, and whether SYNs are refused for want of it.

use synrecv_model::Endpoint;

use crate::view::View;

/// net.ipv4.tcp_syncookies = 2: every SYN is answered by cookie, whether or not a queue is full.
const COOKIES_ALWAYS: i64 = 2;

/// SYNs of the watched time that found no room.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Refused {
    /// `TCPReqQFullDrop`: the backlog of a listener is reached and cookies are off.
    Dropped(u64),
    /// `TCPReqQFullDoCookies`: the same with cookies.
    ByCookie(u64),
    /// `ListenDrops` that no full accept queue explains, while a listener has as many open handshakes
    /// as `tcp_max_syn_backlog` lets unknown peers have.
    BySysctl { dropped: u64, limit: i64 },
}

/// What became of SYNs for want of room while watching; `None` when all found room.
pub(crate) fn refused(view: &View<'_>) -> Option<Refused> {
    let cookies = setting(view, "net.ipv4.tcp_syncookies");
    if cookies == Some(COOKIES_ALWAYS) {
        return None;
    }
    let moved = |name: &str| view.delta(name).unwrap_or(0);
    let dropped = moved("TcpExtTCPReqQFullDrop");
    if dropped > 0 {
        return Some(Refused::Dropped(dropped));
    }
    let by_cookie = moved("TcpExtTCPReqQFullDoCookies");
    if by_cookie > 0 {
        return Some(Refused::ByCookie(by_cookie));
    }
    if cookies != Some(0) {
        return None;
    }
    // The limit of the sysctl has no counter of its own.
    let silent = moved("TcpExtListenDrops").saturating_sub(moved("TcpExtListenOverflows"));
    let limit = setting(view, "net.ipv4.tcp_max_syn_backlog").unwrap_or(i64::MAX);
    let most = view
        .sockets()
        .into_iter()
        .flat_map(|sockets| &sockets.listeners)
        .map(|listener| open_requests(view, |local| listener.accepts(local)))
        .max()
        .unwrap_or_else(|| open_requests(view, |_| true));
    (silent > 0 && reaches_sysctl(most, limit))
        .then_some(Refused::BySysctl { dropped: silent, limit })
}

/// True when the listener of `local` drops SYNs because it holds as many open handshakes as it may:
/// that no client of it completes a handshake says nothing of the network.
pub(crate) fn is_full(view: &View<'_>, local: Endpoint) -> bool {
    let Some(listener) = view.listener(local) else { return false };
    let rows = || open_requests(view, |local| listener.accepts(local));
    match refused(view) {
        // Some of them ended since the last SYN was dropped.
        Some(Refused::Dropped(_)) => {
            listener.accept_queue_max_count.is_some_and(|most| rows() * 4 >= most as usize * 3)
        }
        Some(Refused::BySysctl { limit, .. }) => reaches_sysctl(rows(), limit),
        Some(Refused::ByCookie(_)) | None => false,
    }
}

/// Requests of the local ends that `fits` accepts which are still open.
pub(crate) fn open_requests(view: &View<'_>, fits: impl Fn(Endpoint) -> bool) -> usize {
    view.open_requests().iter().filter(|(local, _)| fits(**local)).map(|(_, count)| count).sum()
}

/// Unknown peers get three quarters of `tcp_max_syn_backlog`, here three quarters of that, as some
/// rows end while watching.
fn reaches_sysctl(rows: usize, limit: i64) -> bool {
    i64::try_from(rows).is_ok_and(|rows| rows * 4 >= (limit - limit / 4) * 3)
}

fn setting(view: &View<'_>, name: &str) -> Option<i64> {
    view.settings().and_then(|settings| settings.values.get(name).copied())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::HostFixture;

    const LOCAL: &str = "10.1.0.10:80";

    /// A listener with a backlog of 8 and this many open handshakes.
    fn host(open: u16) -> HostFixture {
        let host = HostFixture::new()
            .device(2, "ps0")
            .address(2, "10.1.0.10/24")
            .setting("net.ipv4.tcp_max_syn_backlog", 16)
            .listener(LOCAL, 0, 8);
        (0..open).fold(host, |host, nth| {
            host.stuck_request(LOCAL, &format!("10.9.0.7:{}", 4_000 + nth), (4, 4))
        })
    }

    fn full(host: HostFixture) -> bool {
        host.view(|view| {
            let end = |text: &str| {
                let end: std::net::SocketAddr = text.parse().unwrap();
                Endpoint::new(end.ip(), end.port())
            };
            assert!(!is_full(view, end("10.1.0.10:81")), "nobody listens there");
            is_full(view, end(LOCAL))
        })
    }

    #[test]
    fn a_listener_that_drops_syns_is_full_near_its_backlog() {
        let dropping = |open| host(open).counter_moved("TcpExtTCPReqQFullDrop", 3);
        assert!(full(dropping(8)));
        assert!(full(dropping(6)), "some ended since");
        assert!(!full(dropping(5)), "another listener drops");
        assert!(!full(host(8)), "nothing was dropped");
    }

    #[test]
    fn the_limit_of_the_sysctl_counts_without_cookies() {
        let dropping = |open| {
            host(open).setting("net.ipv4.tcp_syncookies", 0).counter_moved("TcpExtListenDrops", 5)
        };
        // Unknown peers get twelve of the sixteen.
        assert!(full(dropping(12)) && full(dropping(9)));
        assert!(!full(dropping(8)));
        let of_queue = dropping(12).counter_moved("TcpExtListenOverflows", 5);
        assert!(!full(of_queue), "the accept queue explains the drops");
        assert!(!full(dropping(12).setting("net.ipv4.tcp_syncookies", 1)));
    }

    #[test]
    fn with_cookies_nobody_is_refused() {
        let host = || host(8).counter_moved("TcpExtTCPReqQFullDoCookies", 9);
        assert!(!full(host()));
        assert!(host().view(|view| matches!(refused(view), Some(Refused::ByCookie(9)))));
        let always = host().setting("net.ipv4.tcp_syncookies", 2);
        assert!(always.view(|view| refused(view).is_none()));
    }
}
