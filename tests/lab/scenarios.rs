//! Every scenario, built once and looked at at the same time as root, without rights, and without
//! `sock_diag`. What the first two see is collected and diagnosed elsewhere, by nobody.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::{Command, Output};
use std::sync::{OnceLock, PoisonError, RwLock};
use std::thread;

use serde_json::Value;
use synrecv_faults::scenario::{self, Scenario};
use synrecv_faults::{Expectation, Outcome, Refusal, Refused, RefusedWith, Running};
use synrecv_tests::doctor;
use synrecv_tests::schema::violations;

use crate::captures::Judged;
use crate::elsewhere::Collected;
use crate::inside::{NOBODY, need_rights, run_doctor_refused, stand_recorded};
use crate::pasted::Ticket;
use crate::probed;

macro_rules! scenarios {
    ($($name:ident),+ $(,)?) => {
        $(
            #[test]
            fn $name() {
                judge(&stringify!($name).replace('_', "-"));
            }
        )+

        #[test]
        fn each_scenario_has_a_test() {
            let mut listed = [$(stringify!($name).replace('_', "-")),+];
            listed.sort();
            let mut all: Vec<&str> = scenario::all().map(|known| known.id).collect();
            all.sort_unstable();
            assert_eq!(listed.as_slice(), all);
        }
    };
}

scenarios!(
    incident,
    incident_race,
    incident_v6,
    right_mask,
    wide_mask_no_proxy,
    wide_mask_many_neighbours,
    narrow_mask,
    multihomed_stateful,
    multihomed_stateful_v6,
    source_policy_routing,
    bridge_over_client,
    empty_bridge_over_client,
    vpn_over_client,
    gateway_dead,
    gateway_dead_v6,
    service_address_ecmp,
    accept_queue_full,
    two_faults,
    silent_client,
    silent_client_beside_busy,
    synack_lost_outside,
    busy_healthy,
    router_proxy_arp,
    tolerated_asymmetry,
    ecmp,
    onlink_gateway,
    vrrp_mac,
    secondary_addresses,
    five_addresses,
    p2p_31,
    ll_gateway_v6,
    calico_pod,
    calico_host,
    nat_router,
    container_host,
    ra_prefix_v6,
    young_requests,
    lossy_clients,
    scanner,
    dead_peers_of_our_own,
    moved_address,
    old_overflows,
    incident_in_noise,
    multihomed_in_noise,
    abort_on_overflow,
    stopped_application,
    reuseport_one_stuck,
    sequential_clients_full_queue,
    queue_full_with_cookies,
    listener_shrunk,
    defer_accept,
    syn_queue_full,
    syn_queue_full_sysctl,
    syn_flood,
    peer_resets_rst,
    peer_resets_icmp,
    peer_resets_icmp_limited,
    peer_resets_icmp_port,
    reset_out_of_window,
    syn_again,
    bad_ack_number,
    no_ack_flag,
    bad_checksum,
    old_timestamp,
    wrong_tsecr,
    out_of_window,
    out_of_window_once,
    md5_missing,
    md5_wrong_key,
    md5_unexpected,
    socket_filter,
    cgroup_filter,
    listener_closed,
    listener_closed_reuseport,
    four_listeners,
    syn_cookies_under_load,
    syn_cookies_always,
    cookie_refused,
    half_full_queue,
    fast_open,
    multipath,
    three_syns,
    v4_clients_of_v6_listener,
    defer_accept_talkers,
    md5_right_key,
    socket_filter_passes,
    cgroup_filter_passes,
    listener_restarted,
    listener_handed_over,
    reuseport_migrated,
    stray_bad_checksums,
    stray_old_timestamps,
    stray_out_of_window,
    port_scan_resets,
    moved_address_v6,
    firewall_drops_ack,
    firewall_drops_ack_iptables,
    firewall_drops_ack_legacy,
    firewall_rejects_ack,
    firewall_drops_ack_uncounted,
    firewall_drops_ack_policy,
    firewall_drops_ack_raw,
    firewall_drops_ack_v6,
    firewall_drops_ack_legacy_v6,
    firewall_drops_ack_of_some,
    firewall_queues_ack,
    conntrack_full,
    conntrack_invalid_untracked,
    conntrack_invalid_untracked_v6,
    conntrack_invalid_legacy,
    conntrack_invalid_strict,
    conntrack_invalid_window,
    conntrack_invalid_checksum,
    output_drops_synack,
    output_rejects_synack,
    output_drops_synack_legacy,
    output_drops_synack_v6,
    postrouting_drops_synack,
    netdev_egress_drops_synack,
    tc_egress_drops_synack,
    tc_ingress_drops_ack,
    tc_ingress_drops_ack_v6,
    netdev_ingress_drops_ack,
    netdev_ingress_drops_ack_v6,
    xdp_drops_ack,
    tcx_drops_ack,
    firewall_drops_syn,
    firewall_drops_syn_legacy,
    firewall_drops_syn_of_some,
    firewall_rejects_syn,
    fib_drops_syn,
    fib_drops_syn_v6,
    rpfilter_drops_syn,
    fib_loose,
    reroute_by_mark,
    reroute_by_mangle,
    firewall_drops_nd,
    firewalled_host,
    firewalled_host_v6,
    closed_service_scanned,
    untracked_replies,
    untracked_service,
    tc_passes,
    xdp_passes,
    netdev_blocklist,
    output_drops_smtp,
    incident_behind_firewall,
    firewall_resets_ack,
    firewall_drops_ack_untracked,
    tc_egress_drops_synack_v6,
    two_filters,
    ack_lost_behind_firewall,
    ack_lost_behind_programs,
    synack_lost_behind_firewall,
    rp_filter_drop,
    rp_filter_drop_all,
    rp_filter_no_route,
    rp_filter_ack_other,
    rp_filter_route_change,
    rp_filter_wrong_route,
    neighbour_wrong_gateway,
    duplicate_address_silent,
    arp_flux_ghost_stateful,
    no_return_route_blackhole,
    no_return_route_flaps,
    bridge_and_dead_gateway,
    rp_filter_loose,
    rp_filter_loose_device,
    rp_filter_strict,
    rp_filter_stray,
    neighbour_wrong_peer,
    permanent_gateway_synack_lost,
    duplicate_address_flips,
    duplicate_address_resets,
    duplicate_gateway,
    arp_flux_guarded,
    no_return_route_unreachable,
    no_return_route_prohibit,
    no_return_route_missing,
    narrow_mask_no_gateway,
    permanent_gateway,
    arp_flux,
    arp_flux_ghost,
    own_connects_without_route,
    rp_filter_and_wrong_route,
    martian_loopback_source,
    martian_own_source,
    nat_direct_reply,
    nat_direct_reply_filtered,
    nat_hairpin,
    next_hop_rp_filter,
    policy_table_without_connected,
    incident_arp_settings,
    wide_mask_one_client,
    martian_own_source_accepted,
    policy_table_tolerated,
    published_port,
    direct_server_return,
    private_vlan,
    neighbour_wrong_gateway_v6,
    duplicate_address_silent_v6,
    no_return_route_blackhole_v6,
    no_return_route_unreachable_v6,
    no_return_route_prohibit_v6,
    no_return_route_missing_v6,
    bridge_over_client_v6,
    vpn_over_client_v6,
    rogue_router_v6,
    rogue_router_filtered_v6,
    router_failover_v6,
    incident_responder_v6,
    incident_advertised_v6,
    wide_prefix_no_proxy_v6,
    accept_queue_full_v6,
    synack_lost_outside_v6,
    silent_client_v6,
    peer_resets_icmp_address_v6,
    peer_resets_icmp_prohibited_v6,
    dual_stack,
    temporary_addresses_v6,
    source_policy_routing_v6,
    onlink_gateway_v6,
    two_prefixes_v6,
    proxy_nd_host_v6,
    proxy_nd_pod_v6,
    vrrp_mac_v6,
    listener_bound_without_route,
    arp_flux_settings,
    arp_flux_ghost_strict,
    gateway_failover,
    narrow_mask_tolerated,
    listener_mark,
    rerouted_in_output,
    martian_stray,
    ipsec_drops_synack,
    ipsec_forbids_reply,
    rule_forbids_reply,
    queue_drops_synack,
    bridge_drops_synack,
    bridge_passes,
    redirected_port,
    cgroup_drops_synack,
    socket_filter_drops_syn,
    ipsec_passes,
    rule_passes,
    queue_passes,
    conntrack_full_untracked,
);

/// Who looks.
struct Mode {
    name: &'static str,
    uid: Option<u32>,
    /// `sock_diag` says what it says where its module cannot be loaded: one of the two retry
    /// counters and the limits of accept queues are missing.
    without_sock_diag: bool,
    /// The facts are also diagnosed with pseudonyms.
    redacted: bool,
}

const MODES: [Mode; 3] = [
    Mode { name: "root", uid: None, without_sock_diag: false, redacted: true },
    Mode { name: "unprivileged", uid: Some(NOBODY), without_sock_diag: false, redacted: false },
    Mode { name: "no sock_diag", uid: None, without_sock_diag: true, redacted: false },
];

/// What the doctor said, and what is wrong with what it writes of the same facts with pseudonyms.
struct Answer {
    said: Output,
    redacted_wrong: Vec<String>,
}

impl Mode {
    fn ask(&self, running: &Running, id: &str) -> Answer {
        if self.without_sock_diag {
            let refusal = Refusal::new(&[Refused::SockDiag], RefusedWith::Enoent);
            let refusal = refusal.expect("a filter for this machine");
            let args = ["--format", "json"];
            let said = run_doctor_refused(running.server(), &args, self.uid, &refusal);
            return Answer { said, redacted_wrong: Vec::new() };
        }
        match Collected::in_namespace(running.server(), self.uid) {
            Ok(collected) => {
                collected.keep(id, self.name);
                let said = collected.diagnose();
                let wrong = self.redacted.then(|| collected.redacted_wrong(&said));
                Answer { said, redacted_wrong: wrong.unwrap_or_default() }
            }
            Err(said) => Answer { said, redacted_wrong: Vec::new() },
        }
    }

    /// The right answer. On less evidence any confidence is right; what does not need the retry
    /// counters, as a dead next hop, is as sure as ever.
    fn expect(&self, scenario: &Scenario) -> Expectation {
        match scenario.expect {
            fault if fault.is_fault() && self.without_sock_diag => {
                Expectation { confidence: &["confirmed", "likely", "possible"], ..fault }
            }
            as_it_is => as_it_is,
        }
    }
}

/// Scenarios share the machine; one that touches limits of all of it has it alone.
static MACHINE: RwLock<()> = RwLock::new(());

fn judge(id: &str) {
    need_rights();
    let scenario = scenario::find(id).unwrap_or_else(|| panic!("no scenario `{id}`"));
    // A test that failed while it held the machine has left nothing behind.
    let (_shared, _alone) = if scenario.machine_wide {
        (None, Some(MACHINE.write().unwrap_or_else(PoisonError::into_inner)))
    } else {
        (Some(MACHINE.read().unwrap_or_else(PoisonError::into_inner)), None)
    };

    let (running, recording) = stand_recorded(id);
    let ticket = Ticket::start(&running);
    let answers: Vec<Answer> = thread::scope(|scope| {
        let running = &running;
        let asked = MODES.each_ref().map(|mode| scope.spawn(|| mode.ask(running, id)));
        asked.into_iter().map(|answer| answer.join().expect("no panic")).collect()
    });
    let captures = recording.stop(id);
    let pasted = ticket.judge(&running, scenario);
    let probed = probed::judge(&running, scenario);
    drop(running);

    let (mut scores, mut wrong) = (String::new(), String::new());
    for (mode, answer) in MODES.iter().zip(&answers) {
        let Answer { said: answer, redacted_wrong } = answer;
        let mut differences = score(scenario, mode, answer, &mut scores);
        differences.extend(redacted_wrong.iter().cloned());
        if !differences.is_empty() {
            let said = String::from_utf8_lossy(&answer.stdout);
            let error = String::from_utf8_lossy(&answer.stderr);
            let _ =
                writeln!(wrong, "{id}, {}: {}\n{said}\n{error}", mode.name, differences.join("; "));
        }
    }
    for judged in captures.judge(scenario).into_iter().chain([pasted]).chain(probed) {
        score_capture(scenario, &judged, &mut scores);
        if !judged.differences.is_empty() {
            let said = String::from_utf8_lossy(&judged.answer.stdout);
            let differences = judged.differences.join("; ");
            let _ = writeln!(wrong, "{id}, {}: {differences}\n{said}", judged.mode);
        }
    }
    #[expect(clippy::print_stdout, reason = "the harness shows it when asked, or on failure")]
    {
        print!("{scores}");
    }
    if let Some(directory) = std::env::var_os("SYNRECV_LAB_SCORES") {
        let path = PathBuf::from(directory).join(id);
        std::fs::write(&path, scores).expect("the directory for scores can be written");
    }
    assert!(wrong.is_empty(), "{wrong}");
}

/// What `schema report` gives.
fn report_schema() -> &'static Value {
    static SCHEMA: OnceLock<Value> = OnceLock::new();
    SCHEMA.get_or_init(|| {
        let output = Command::new(doctor()).args(["schema", "report"]).output();
        let output = output.expect("the doctor can be started");
        serde_json::from_slice(&output.stdout).expect("a schema is JSON")
    })
}

/// Adds the line of one mode: values with a tab between them, as `cargo xtask test` tabulates them.
/// Gives the differences from what is expected.
fn score(scenario: &Scenario, mode: &Mode, answer: &Output, scores: &mut String) -> Vec<String> {
    let Some(found) = Outcome::from_report(&answer.stdout, answer.status.code()) else {
        let line = [scenario.id, mode.name, "no report", "-", "-", "-", "-", "0", "WRONG"];
        let _ = writeln!(scores, "{}", line.join("\t"));
        return vec![format!("no report ({})", answer.status)];
    };
    let strict = mode.expect(scenario).differences(&found);
    // What only sock_diag or only root shows cannot be found without: an answer that claims nothing
    // sure is a gap, and is called one.
    let unseen = (mode.without_sock_diag && scenario.expect.needs_sock_diag)
        || (mode.uid.is_some() && scenario.expect.needs_rights);
    let blind = unseen && !strict.is_empty();
    let mut differences = if blind { scenario.expect.overclaims(&found) } else { strict };
    let report: Value = serde_json::from_slice(&answer.stdout).expect("a report was read above");
    differences.extend(violations(report_schema(), &report));
    let asked = u64::from(mode.uid.unwrap_or(0));
    if report["source"]["uid"] != asked {
        differences.push(format!("read as uid {}, not {asked}", report["source"]["uid"]));
    }
    let verdict = match differences.is_empty() {
        true if blind => "gap",
        true => "right",
        false => "WRONG",
    };
    line(scores, (scenario.id, mode.name), &found, verdict);
    differences
}

/// The same of a capture of the server; those of other hosts are not tabulated.
fn score_capture(scenario: &Scenario, judged: &Judged, scores: &mut String) {
    let found = Outcome::from_report(&judged.answer.stdout, judged.answer.status.code());
    let verdict = match (&judged.differences[..], judged.is_gap) {
        ([], true) => "gap",
        ([], false) => "right",
        _ => "WRONG",
    };
    if let (Some(found), true) = (found, judged.of_server) {
        line(scores, (scenario.id, &judged.mode), &found, verdict);
    }
}

/// One line of the table.
fn line(scores: &mut String, (id, mode): (&str, &str), found: &Outcome, verdict: &str) {
    let word = |value: &Option<String>| value.clone().unwrap_or_else(|| "-".to_owned());
    let above_info = found.findings.iter().filter(|(_, severity)| severity != "info").count();
    let cells = [
        id.to_owned(),
        mode.to_owned(),
        word(&found.finding),
        word(&found.class),
        word(&found.confidence),
        format!("{} of {}", found.attributed_count, found.stuck_count),
        found.exit.map_or_else(|| "signal".to_owned(), |code| code.to_string()),
        above_info.to_string(),
        verdict.to_owned(),
    ];
    let _ = writeln!(scores, "{}", cells.join("\t"));
}
