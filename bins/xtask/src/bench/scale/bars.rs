//! What has to hold: ratios to the kernel's limit and to other programs in the same run.

use super::Measured;
use super::contests::{
    DIAGNOSE, LISTENERS, NEIGHBOURS, RAW_LOOK_UPS, RAW_NEIGHBOURS, RAW_PROC, RAW_ROUTES,
    RAW_SOCKETS, REQUESTS, ROUTE_ROWS, ROUTES, ROUTES_JSON, SMALL, SMALL_SS, SOCKETS,
};
use crate::bench::Measure;

/// Largest resident set of `diagnose`, in KiB.
const DIAGNOSE_PEAK_KIB_MAX: u64 = 192 * 1024;
/// Ten times the rows take at most so many times the time for each row.
const GROWTH_MAX: f64 = 1.3;
/// Rows of the full load for each row of the small one.
const GROWN: f64 = 10.0;

/// A program against the sum of others.
const RATIOS: &[(&str, &[&str], f64)] = &[
    (SOCKETS, &[RAW_SOCKETS], 1.6),
    (SOCKETS, &["ss -tan"], 0.5),
    (REQUESTS, &[RAW_SOCKETS, RAW_PROC], 1.3),
    (LISTENERS, &["ss -tln"], 0.1),
    (ROUTE_ROWS, &[RAW_ROUTES], 1.15),
    (ROUTES_JSON, &[RAW_ROUTES], 1.6),
    (ROUTES, &["ip route"], 0.9),
    (NEIGHBOURS, &[RAW_NEIGHBOURS], 1.6),
    (NEIGHBOURS, &["ip neigh"], 0.5),
    (DIAGNOSE, &[RAW_SOCKETS, RAW_PROC, RAW_ROUTES, RAW_NEIGHBOURS, RAW_LOOK_UPS], 1.5),
    (SMALL, &[SMALL_SS], 0.6),
];

/// All bars whose parts were measured.
pub(super) fn of(full: &Measured, tenth: &Measured) -> Vec<Measure> {
    let mut bars: Vec<Measure> = RATIOS.iter().filter_map(|bar| ratio(full, *bar)).collect();
    bars.extend(full.peak_kib(DIAGNOSE).map(|kib| Measure {
        what: DIAGNOSE.to_owned(),
        measured: format!("{} MiB resident", kib >> 10),
        bar: format!("at most {} MiB", DIAGNOSE_PEAK_KIB_MAX >> 10),
        kept: kib > 0 && kib <= DIAGNOSE_PEAK_KIB_MAX,
    }));
    let grown = [SOCKETS, REQUESTS, ROUTES, ROUTES_JSON, NEIGHBOURS, DIAGNOSE];
    bars.extend(grown.iter().filter_map(|name| growth(full, tenth, name)));
    bars
}

fn ratio(full: &Measured, (name, against, most): (&str, &[&str], f64)) -> Option<Measure> {
    let ours = full.ms(name)?;
    let theirs: f64 = against.iter().map(|other| full.ms(other)).sum::<Option<f64>>()?;
    let ratio = ours / theirs;
    Some(Measure {
        what: format!("{name} against {}", against.join(" + ")),
        measured: format!("{ours:.0} ms, {theirs:.0} ms: {ratio:.2}"),
        bar: format!("at most {most}"),
        kept: ratio <= most,
    })
}

fn growth(full: &Measured, tenth: &Measured, name: &str) -> Option<Measure> {
    let (small, large) = (tenth.ms(name)?, full.ms(name)?);
    let grown = large / small / GROWN;
    Some(Measure {
        what: format!("{name}, time for each row at ten times the rows"),
        measured: format!("{small:.0} ms to {large:.0} ms: {grown:.2}"),
        bar: format!("at most {GROWTH_MAX}"),
        kept: grown <= GROWTH_MAX,
    })
}
