//! What a ticket suggests where no check has a connection to examine: messages of the kernel, totals
//! of counters, tables alone. A host that is watched tells more; there, nothing of this is used.

mod claims;
mod counts;
mod filters;
mod frames;
mod log;
mod logged;
mod tables;
mod tracked;
mod way_back;

use synrecv_model::SourceKind;

use crate::captured;
use crate::cases::Cases;
use crate::view::View;

type Lead = fn(&View<'_>, &mut Cases);

/// By id of the finding that it leads to.
const LEADS: &[(&str, Lead)] = &[
    ("ack-ignored-locally", tracked::ack_ignored_locally),
    ("accept-queue-full", counts::accept_queue_full),
    ("accept-queue-full", frames::accept_queue_full),
    ("defer-accept", frames::defer_accept),
    ("syn-flood", counts::syn_flood),
    ("syn-queue-full", log::syn_queue_full),
    ("syn-queue-full", counts::syn_queue_full),
    ("conntrack-full", log::conntrack_full),
    ("conntrack-full", counts::conntrack_full),
    ("conntrack-invalid", filters::conntrack_invalid),
    ("conntrack-invalid", tables::conntrack_invalid),
    ("firewall-drops-ack", logged::firewall_drops_ack),
    ("firewall-drops-ack", filters::firewall_drops_ack),
    ("firewall-drops-syn", logged::firewall_drops_syn),
    ("firewall-drops-syn", filters::firewall_drops_syn),
    ("firewall-drops-syn", tables::firewall_drops_syn),
    ("bad-checksum", frames::bad_checksum),
    ("md5-mismatch", logged::md5_mismatch),
    ("md5-mismatch", counts::md5_mismatch),
    ("timestamp-rejected", counts::timestamp_rejected),
    ("neighbour-table-full", log::neighbour_table_full),
    ("rp-filter-drop", log::rp_filter_drop),
    ("rp-filter-drop", way_back::rp_filter_drop),
    ("rp-filter-drop", counts::rp_filter_drop),
    ("arp-flux", claims::arp_flux),
    ("arp-flux", log::arp_flux),
    ("duplicate-address", log::duplicate_address),
    ("duplicate-address", claims::duplicate_address),
    ("overlapping-route", tables::overlapping_route),
    ("no-return-route", way_back::no_return_route),
    ("no-return-route", tables::no_return_route),
    ("synack-dropped-here", logged::synack_dropped_here),
    ("synack-dropped-here", filters::synack_dropped_here),
    ("synack-dropped-here", frames::synack_dropped_here),
    ("asymmetric-route", frames::asymmetric_route),
    ("asymmetric-route", log::asymmetric_route),
    ("asymmetric-route", tables::asymmetric_route),
];

/// Opens what a ticket, or a capture file, leads to under this id.
pub(crate) fn follow(view: &View<'_>, id: &str, cases: &mut Cases) {
    match view.source() {
        SourceKind::Ticket => {}
        SourceKind::Capture => return captured::follow(view, id, cases),
        SourceKind::Live | SourceKind::Bundle => return,
    }
    for (_, lead) in LEADS.iter().filter(|(of, _)| *of == id) {
        lead(view, cases);
        if !cases.0.is_empty() {
            return;
        }
    }
}

/// Handshakes fail in what was given, or nothing was given that would show it. Where connections are
/// shown and none of them fails, a rule or an old count is no fault.
fn is_trouble(view: &View<'_>) -> bool {
    let fails = !view.stuck(|_| true).is_empty()
        || view.seen_unanswered_anywhere()
        || view.messages().next().is_some();
    let shows = view
        .sockets()
        .is_some_and(|sockets| !sockets.requests.is_empty() || !sockets.others.is_empty())
        || view.capture().is_some();
    fails || !shows
}
