//! Where facts come from: the running host, or a bundle.

use std::io::Read;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use synrecv_collect::{CapturePolicy, ModulePolicy, Options, Session, Target, netns};
use synrecv_model::{Diagnosis, Facts, Observation};
use synrecv_report::escape::plain;

use crate::cli::{Capture, LiveArgs, Observe, PlaceArgs};
use crate::cmd::UsageError;
use crate::observe::{Interrupt, watch};
use crate::terminal::{self, Progress};

/// Facts, what was seen over time, and what follows from both.
#[derive(Debug)]
pub(crate) struct Case {
    pub(crate) facts: Facts,
    pub(crate) observation: Observation,
    pub(crate) diagnosis: Diagnosis,
}

/// Watches the running host. With `probe`, asks the network afterwards, and says before what it sends.
/// `judged_only`: the facts are not written anywhere.
pub(crate) fn live(args: &LiveArgs, probe: bool, judged_only: bool, quiet: bool) -> Result<Case> {
    let options = Options {
        peer: args.filter.peer,
        port: args.filter.port,
        modules: module_policy(&args.place),
        capture: capture_policy(args)?,
        one_look: is_one_look(args.observe),
        judged_only,
    };
    let interrupt = Interrupt::listen();
    let target = args.place.netns.as_deref().map(Target::parse);
    netns::run(target.as_ref(), |place| {
        let mut progress = Progress::new(quiet);
        let mut session = Session::survey(place, options);
        if let (Capture::On, Some(gap)) = (args.capture, session.no_capture()) {
            bail!("cannot capture frames (--capture on): {}", plain(&gap.detail));
        }
        let mut watched = watch(&mut session, args.observe, &interrupt, &mut progress)
            .context("start watching")?;
        if probe {
            let plan = session.plan_probes(&watched.observation, &watched.diagnosis);
            if !plan.is_empty() {
                progress.clear();
                terminal::complain(&plan.to_string());
            }
            session.probe(plan);
            watched.diagnosis = synrecv_checks::diagnose(session.facts(), &watched.observation);
        }
        Ok(Case {
            facts: session.into_facts(),
            observation: watched.observation,
            diagnosis: watched.diagnosis,
        })
    })?
}

/// Reads a bundle and judges what is in it.
pub(crate) fn bundle(bytes: impl Read) -> Result<Case> {
    let synrecv_bundle::Bundle { facts, observation } = synrecv_bundle::read(bytes)?;
    let diagnosis = synrecv_checks::diagnose(&facts, &observation);
    Ok(Case { facts, observation, diagnosis })
}

/// True when the first reading is the only one.
pub(crate) fn is_one_look(observe: Observe) -> bool {
    observe == Observe::For(Duration::ZERO)
}

fn capture_policy(args: &LiveArgs) -> Result<CapturePolicy, UsageError> {
    match (args.capture, is_one_look(args.observe)) {
        (Capture::Off, _) => Ok(CapturePolicy::Off),
        (Capture::Auto, true) => Ok(CapturePolicy::OneLook),
        (Capture::On, true) => {
            Err(UsageError("`--capture on` needs time, and `--observe 0` is one look".to_owned()))
        }
        (Capture::Auto | Capture::On, false) => Ok(CapturePolicy::Permitted),
    }
}

pub(crate) fn module_policy(place: &PlaceArgs) -> ModulePolicy {
    if place.load_modules { ModulePolicy::MayLoad } else { ModulePolicy::LoadNothing }
}
