//! Where facts come from: the running host, or a bundle.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use anyhow::{Context as _, Result};
use synrecv_collect::{ModulePolicy, Options, Session, Target, netns};
use synrecv_model::{Diagnosis, Facts, Observation};

use crate::cli::{LiveArgs, PlaceArgs};
use crate::observe::{Interrupt, watch};
use crate::terminal::Progress;

/// Facts, what was seen over time, and what follows from both.
#[derive(Debug)]
pub(crate) struct Case {
    pub(crate) facts: Facts,
    pub(crate) observation: Observation,
    pub(crate) diagnosis: Diagnosis,
}

/// Watches the running host.
pub(crate) fn live(args: &LiveArgs, quiet: bool) -> Result<Case> {
    let interrupt = Interrupt::listen();
    let target = args.place.netns.as_deref().map(Target::parse);
    let options = Options {
        peer: args.filter.peer,
        port: args.filter.port,
        modules: module_policy(&args.place),
    };
    netns::run(target.as_ref(), |place| {
        let mut progress = Progress::new(quiet);
        let mut session = Session::survey(place, options);
        let watched = watch(&mut session, args.observe, &interrupt, &mut progress)
            .context("start watching")?;
        Ok(Case {
            facts: session.into_facts(),
            observation: watched.observation,
            diagnosis: watched.diagnosis,
        })
    })?
}

/// Reads a bundle; `-` is standard input.
pub(crate) fn file(path: &Path) -> Result<Case> {
    let what = || format!("cannot read `{}`", path.display());
    if path.as_os_str() == "-" {
        return bundle(io::stdin().lock()).with_context(what);
    }
    bundle(File::open(path).with_context(what)?).with_context(what)
}

/// Reads a bundle and judges what is in it.
pub(crate) fn bundle(bytes: impl Read) -> Result<Case> {
    let synrecv_bundle::Bundle { facts, observation } = synrecv_bundle::read(bytes)?;
    let diagnosis = synrecv_checks::diagnose(&facts, &observation);
    Ok(Case { facts, observation, diagnosis })
}

pub(crate) fn module_policy(place: &PlaceArgs) -> ModulePolicy {
    if place.load_modules { ModulePolicy::MayLoad } else { ModulePolicy::LoadNothing }
}
