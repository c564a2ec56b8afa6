//! Watching: samples at an interval that costs at most a twentieth of one core.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use synrecv_checks::plan::{self, AUTO_MAX_S, Next};
use synrecv_collect::{Session, spent_us};
use synrecv_model::{Diagnosis, Observation};
use tokio::sync::Notify;

use crate::cli::Observe;
use crate::terminal::Progress;

/// Least time between samples.
const INTERVAL_MS: u64 = 250;

/// Reading may take this share of a processor: one part of 20.
const COST_SHARE: u64 = 20;

/// Interim diagnoses of `--observe auto` are this far apart at least.
const INTERIM_MS: u64 = 1_000;

/// The first interim diagnosis; nothing stops the observation earlier.
const INTERIM_FIRST_MS: u64 = 3_000;

/// Ctrl-C: the first one ends the observation, the second one the program.
#[derive(Clone, Debug, Default)]
pub(crate) struct Interrupt(Arc<State>);

#[derive(Debug, Default)]
struct State {
    came: AtomicBool,
    notify: Notify,
}

impl Interrupt {
    /// Listens on a thread of its own, so that the second Ctrl-C is heard while a table is read.
    pub(crate) fn listen() -> Self {
        let interrupt = Self::default();
        let state = Arc::clone(&interrupt.0);
        let listener = thread::Builder::new().name("interrupt".to_owned());
        // Without the thread Ctrl-C ends the program at once, which is safe too.
        let _ = listener.spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build();
            if let Ok(runtime) = runtime {
                runtime.block_on(wait_twice(&state));
            }
        });
        interrupt
    }

    /// The first one came.
    pub(crate) fn came(&self) -> bool {
        self.0.came.load(Ordering::Relaxed)
    }
}

#[expect(clippy::exit, reason = "a second Ctrl-C asks for the end of the program at once")]
async fn wait_twice(state: &State) {
    if tokio::signal::ctrl_c().await.is_err() {
        return;
    }
    state.came.store(true, Ordering::Relaxed);
    state.notify.notify_one();
    if tokio::signal::ctrl_c().await.is_ok() {
        std::process::exit(130);
    }
}

/// What came of watching.
#[derive(Debug)]
pub(crate) struct Watched {
    pub(crate) observation: Observation,
    pub(crate) diagnosis: Diagnosis,
}

/// Watches a host and judges what was seen.
pub(crate) fn watch(
    session: &mut Session,
    observe: Observe,
    interrupt: &Interrupt,
    progress: &mut Progress,
) -> std::io::Result<Watched> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
    // The reading that comes before watching says what each further one will cost.
    let pace_ms = pause_ms(session.first_cost_us());
    let mut watch = Watch {
        session,
        interval_ms: INTERVAL_MS.max(pace_ms),
        next_interim_ms: INTERIM_FIRST_MS.max(pace_ms),
    };
    let limit_ms = match observe {
        Observe::Auto => AUTO_MAX_S * 1000,
        Observe::For(duration) => u64::try_from(duration.as_millis()).unwrap_or(u64::MAX),
    };
    let mut taken = 1_u64;
    let mut stopped = false;
    while !stopped && watch.session.elapsed_ms() < limit_ms && !interrupt.came() {
        let left = limit_ms.saturating_sub(watch.session.elapsed_ms());
        let pause = Duration::from_millis(watch.interval_ms.min(left));
        runtime.block_on(async {
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                () = interrupt.0.notify.notified() => {}
            }
        });
        let elapsed = watch.session.elapsed_ms();
        if elapsed >= limit_ms || interrupt.came() {
            break;
        }
        let cost = watch.session.sample();
        taken += 1;
        watch.interval_ms = INTERVAL_MS.max(pause_ms(cost));
        stopped = observe == Observe::Auto && watch.may_stop(&mut taken);
        progress.show(&format!(
            "observing {} s of {} s   in SYN_RECV {}   Ctrl-C: stop, report now",
            elapsed / 1000,
            limit_ms / 1000,
            watch.session.request_count(),
        ));
    }
    if limit_ms == 0 {
        watch.session.complete();
    } else {
        watch.session.sample_all(true);
        taken += 1;
    }
    let reached = if taken > 1 { watch.session.elapsed_ms() / (taken - 1) } else { 0 };
    let observation = watch.session.conclude(reached, interrupt.came());
    let diagnosis = synrecv_checks::diagnose(watch.session.facts(), &observation);
    Ok(Watched { observation, diagnosis })
}

/// How long to wait after what cost so much processor time, to stay within the share.
fn pause_ms(cost_us: u64) -> u64 {
    cost_us * COST_SHARE / 1_000
}

struct Watch<'a> {
    session: &'a mut Session,
    interval_ms: u64,
    next_interim_ms: u64,
}

impl Watch<'_> {
    /// An interim diagnosis, at most one a second and within the share of time.
    fn may_stop(&mut self, taken: &mut u64) -> bool {
        let started = self.session.elapsed_ms();
        if started < self.next_interim_ms {
            return false;
        }
        let spent = spent_us();
        self.session.sample_all(false);
        *taken += 1;
        let observation = self.session.observation(self.interval_ms);
        let diagnosis = synrecv_checks::diagnose(self.session.facts(), &observation);
        let cost = spent_us() - spent;
        self.next_interim_ms = self.session.elapsed_ms() + INTERIM_MS.max(pause_ms(cost));
        let before = self.session.facts().counters.data();
        plan::next(started, &diagnosis, &observation, before, observation.counters.data())
            == Next::Stop
    }
}
