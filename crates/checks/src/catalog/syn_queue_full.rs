//! The SYN queue of a listener is full: further SYNs are dropped, or answered by cookie.

use synrecv_model::{
    Action, ActionLabel, CheckInfo, Class, Command, Manual, Origin, Part, Severity, Subject, Text,
    Value, Weight, text,
};

use crate::cases::{Case, Cases, Fact};
use crate::syn_room::{self, Refused, refused};
use crate::view::View;
use crate::{Check, phrase};

pub(super) static CHECK: Check = Check {
    info: CheckInfo {
        id: "syn-queue-full",
        class: Class::Flood,
        summary: "the SYN queue is full: new SYNs are dropped or answered by cookie",
        severity: "problem when SYNs are dropped, warning or info with cookies",
        needs: &[Part::Sockets, Part::Counters],
        also_reads: &[Part::Settings],
        ipv6: "the same",
        explains: &[],
        disproved_by: &["TCPReqQFullDrop, TCPReqQFullDoCookies and ListenDrops stand still"],
        manual: Manual {
            meaning: "A listener holds as many open handshakes as its backlog (the limit of the accept queue) allows; \
                      with SYN cookies off, three quarters of net.ipv4.tcp_max_syn_backlog at most. Beyond that the \
                      kernel drops SYNs, or answers them by cookie and remembers nothing.",
            picture: &["SYN --> no room --> dropped (cookies off) or SYN-ACK with a cookie"],
            recognised: &[
                ("TCPReqQFullDrop or TCPReqQFullDoCookies moves", "counters, two samples"),
                (
                    "with cookies off: ListenDrops moves without ListenOverflows, and the rows reach the limit",
                    "counters, sockets",
                ),
            ],
            looks_like: &[
                (
                    "accept-queue-full",
                    "ListenOverflows moves; a full accept queue fills the SYN queue, too",
                ),
                ("syn-flood", "many sources that never answer"),
            ],
            by_hand: &[
                (
                    "nstat -az 'TcpExtTCPReqQFull*' 'TcpExtSyncookies*' 'TcpExtListen*'",
                    "run twice; what grows",
                ),
                (
                    "ss -tn state syn-recv | wc -l; ss -ltn",
                    "open handshakes against Send-Q of the listener",
                ),
            ],
            fix: "Find out why handshakes stay open (see the other findings). Raise the listen backlog (and \
                  net.core.somaxconn) when so many clients are real; leave net.ipv4.tcp_syncookies at 1.",
            references: &[
                "RFC 4987",
                "Documentation/networking/ip-sysctl.rst: tcp_max_syn_backlog, tcp_syncookies",
            ],
        },
    },
    examine,
};

fn examine(view: &View<'_>, cases: &mut Cases) {
    if let Some(refused) = refused(view) {
        report(view, cases, refused);
    }
}

fn report(view: &View<'_>, cases: &mut Cases, refused: Refused) {
    let received = view.delta("TcpExtSyncookiesRecv").unwrap_or(0);
    let (count, severity, what) = match refused {
        Refused::Dropped(count) => (count, Severity::Problem, text!["dropped"]),
        Refused::BySysctl { dropped, .. } => (dropped, Severity::Problem, text!["dropped"]),
        // Clients that complete by cookie: it works as intended.
        Refused::ByCookie(count) if received > 0 => {
            (count, Severity::Info, text!["answered by cookie"])
        }
        Refused::ByCookie(count) => (count, Severity::Warning, text!["answered by cookie"]),
    };
    let rows = syn_room::open_requests(view, |_| true);
    let case = cases.about(Subject::Host);
    case.severity(severity)
        .headline(text![
            phrase::count(usize::try_from(count).unwrap_or(usize::MAX), "SYN was ", "SYNs were "),
            what.clone(),
            ": the SYN queue is full",
        ])
        .summary(text![
            phrase::count(rows, "handshake is", "handshakes are"),
            " open, as many as ",
            match refused {
                Refused::BySysctl { limit, .. } => {
                    text!["net.ipv4.tcp_max_syn_backlog = ", limit, " allows"]
                }
                _ => text!["the backlog of the listener allows"],
            },
        ])
        .arg("syn_count", Value::Number(count))
        .arg("syn_recv_count", Value::Number(rows as u64))
        // Strong: these counters stand for a full SYN queue; which listener's they do not say.
        .supports(
            Weight::Strong,
            Fact::new(
                Origin::Counters,
                "syn-queue-counters",
                text![
                    count,
                    " SYNs ",
                    what,
                    " while watching; SyncookiesSent +",
                    view.delta("TcpExtSyncookiesSent").unwrap_or(0),
                    ", SyncookiesRecv +",
                    received,
                    ", ListenDrops +",
                    view.delta("TcpExtListenDrops").unwrap_or(0),
                ],
            )
            .with("syn_count", Value::Number(count))
            .with("syncookies_recv_delta_count", Value::Number(received))
            .recheck("nstat -az 'TcpExtTCPReqQFull*' 'TcpExtSyncookies*' 'TcpExtListen*'"),
        );
    advise(view, case);
}

fn advise(view: &View<'_>, case: &mut Case) {
    let cap =
        view.settings().and_then(|settings| settings.values.get("net.core.somaxconn").copied());
    case.action(Action {
        id: "why-open",
        label: ActionLabel::Investigate,
        text: text!["find out why the handshakes stay open: the other findings, and who the clients are"],
        commands: vec![Command("ss -tn state syn-recv".to_owned())],
        verify: Text::new(),
    })
    .action(Action {
        id: "raise-backlog",
        label: ActionLabel::Disruptive,
        text: match cap {
            Some(cap) => text![
                "when the clients are real: raise the listen backlog of the application (net.core.somaxconn caps it at ",
                cap,
                "); needs a restart",
            ],
            None => text!["when the clients are real: raise the listen backlog; needs a restart"],
        },
        commands: vec![],
        verify: text!["the counters stand still"],
    });
}

#[cfg(test)]
mod tests {
    use synrecv_model::Severity;

    use crate::fixture::HostFixture;

    fn host() -> HostFixture {
        HostFixture::new().device(2, "ps0").address(2, "10.1.0.10/24").listener(
            "10.1.0.10:80",
            0,
            4,
        )
    }

    #[test]
    fn dropped_syns_are_a_problem() {
        let judged = host().counter_moved("TcpExtTCPReqQFullDrop", 30).diagnose();
        assert_eq!(judged.finding("syn-queue-full").unwrap().severity, Severity::Problem);
    }

    #[test]
    fn cookies_that_come_back_are_worth_a_note() {
        let judged = host()
            .counter_moved("TcpExtTCPReqQFullDoCookies", 30)
            .counter_moved("TcpExtSyncookiesRecv", 29)
            .diagnose();
        assert_eq!(judged.finding("syn-queue-full").unwrap().severity, Severity::Info);
    }

    #[test]
    fn cookies_for_everybody_say_nothing() {
        let judged = host()
            .setting("net.ipv4.tcp_syncookies", 2)
            .counter_moved("TcpExtTCPReqQFullDoCookies", 3_000)
            .diagnose();
        assert!(judged.finding("syn-queue-full").is_none());
    }

    #[test]
    fn a_full_accept_queue_explains_it() {
        let judged = HostFixture::new()
            .device(2, "ps0")
            .address(2, "10.1.0.10/24")
            .listener("10.1.0.10:80", 5, 4)
            .listener_drops(12)
            .listen_overflows(12)
            .counter_moved("TcpExtTCPReqQFullDrop", 3)
            .diagnose();
        assert_eq!(judged.leading(), Some("accept-queue-full"));
        assert!(judged.finding("syn-queue-full").is_none(), "it belongs beneath");
    }
}
