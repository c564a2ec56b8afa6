//! One look at a host, from the survey to the last answer.

mod capture;
mod heard;
mod narrow;
mod probes;
mod rules;
mod tracking;

use std::path::{Path, PathBuf};

use ipnet::IpNet;
use synrecv_checks::plan;
use synrecv_model::view::books::{self, IpVersion};
use synrecv_model::{
    Capture, Counters, Facts, Gap, LinkTraffic, Mono, Observation, Reason, Section, SourceKind,
    Step, Track,
};
use synrecv_netlink::clock;
use synrecv_sockets::{Sampler, SocketQuery, Wanted, namespaces};

use self::capture::Wire;
use self::heard::Heard;
use self::narrow::{CONNECTED_FEW, every_state, few_connected, filtered, without_requests};
use self::rules::RuleWatch;
use crate::recorder::Recorder;
use crate::{ModulePolicy, Modules, Place, host};

pub use self::capture::CapturePolicy;
pub use self::probes::ProbePlan;

/// Other namespaces are counted for this long at most.
const NAMESPACES_MS: u64 = 500;

/// Steps kept; an hour has 14,400.
const STEPS_MAX: usize = 20_000;

/// Devices up to which their packets are counted at each sample.
const LINKS_FEW: usize = 64;

/// What to read.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Only requests from peers in this prefix.
    pub peer: Option<IpNet>,
    /// Only sockets with this local port.
    pub port: Option<u16>,
    /// Whether modules may be loaded.
    pub modules: ModulePolicy,
    /// Whether frames are captured.
    pub capture: CapturePolicy,
    /// The first reading is the only one ([`Session::complete`] follows at once), so it reads sockets
    /// in every state.
    pub one_look: bool,
    /// The facts are judged and then forgotten. Requests that were recorded are not kept as rows of the
    /// socket table, too: judgement rests on what was recorded, and under a flood there are half a
    /// million.
    pub judged_only: bool,
}

/// A host being looked at.
#[derive(Debug)]
pub struct Session {
    place: Place,
    proc_net: PathBuf,
    options: Options,
    modules: Modules,
    diag_allowed: Result<(), Gap>,
    sampler: Sampler,
    recorder: Recorder,
    wire: Wire,
    heard: Heard,
    rules: RuleWatch,
    steps: Vec<Step>,
    facts: Facts,
    counters_now: Section<Counters>,
    /// Of devices, when `counters_now` was read; those that are not in it are not known.
    traffic_now: Vec<LinkTraffic>,
    first_cost_us: u64,
    /// Each sample looks at connections past their handshake, too.
    few_connected: bool,
}

impl Session {
    /// Reads what changes fastest first: counters and requests, then the tables.
    pub fn survey(place: Place, options: Options) -> Self {
        let proc_net = place.proc_net();
        let host = host::host(&place);
        let modules = Modules::read(&host.kernel.0);
        let diag_allowed = match place.gap() {
            Some(gap) => Err(gap.clone()),
            None => modules.allow_sock_diag(options.modules),
        };
        let wire = Wire::start(&place, &modules, &options);
        let mut heard = Heard::open(&place);
        let counters = synrecv_counters::counters(&proc_net);
        let mut sampler = if options.one_look {
            let query = every_state(&options, &diag_allowed);
            Sampler::with_query(query, &proc_net)
        } else {
            Sampler::new(Wanted::Both, options.port, diag_allowed.clone(), &proc_net)
        };
        let mut recorder = Recorder::default();
        let spent_us = clock::spent_us();
        let first = filtered(sampler.sample(), &options);
        recorder.add(&first);
        let first_cost_us = clock::spent_us() - spent_us;
        // Soon after the counters: they are compared with those of rules.
        let (rules, filters) = RuleWatch::start(&place, &proc_net, &modules, options.modules);
        let devices = ask(&place, synrecv_interfaces::read::links);
        let settings = match place.gap() {
            Some(gap) => Section::Missing(gap.clone()),
            None => synrecv_interfaces::read::settings(Path::new("/proc/sys"), &devices),
        };
        // The recorder has the requests; but for one look, the table of the end replaces this one.
        let first =
            if options.one_look && !options.judged_only { first } else { without_requests(first) };
        let deadline = clock::now().plus_ms(NAMESPACES_MS);
        let facts = Facts {
            source: SourceKind::Live,
            host,
            sockets: first,
            links: devices.map(|devices| devices.links),
            addresses: ask(&place, synrecv_interfaces::read::addresses),
            settings,
            neighbours: ask(&place, synrecv_neighbours::read::neighbours),
            routes: ask(&place, synrecv_routes::read::routes),
            nexthops: ask(&place, synrecv_routes::read::nexthops),
            rules: ask(&place, synrecv_routes::read::rules),
            replies: ask(&place, || synrecv_routes::read::replies(&[], &[])),
            counters: counters.clone(),
            namespaces: namespaces::survey(Path::new("/proc"), &proc_net, deadline),
            filters,
            device_filters: ask(&place, synrecv_filters::read::device_filters),
            tracked: Section::Missing(Gap::new(Reason::NotInInput, "not read yet")),
            traces: Section::Missing(Gap::new(Reason::NeedsProbe, "packets would be sent")),
            probed: Section::Missing(Gap::new(Reason::NeedsProbe, "packets would be sent")),
            messages: Section::Missing(Gap::new(
                Reason::NotApplicable,
                "counters are read instead",
            )),
            mentions: Vec::new(),
        };
        if !options.one_look {
            heard.start(&facts.neighbours, &facts.links);
        }
        let few_connected = counters.data().is_some_and(few_connected);
        Self {
            place,
            proc_net,
            options,
            modules,
            diag_allowed,
            sampler,
            recorder,
            wire,
            heard,
            rules,
            steps: Vec::new(),
            facts,
            counters_now: counters,
            traffic_now: Vec::new(),
            first_cost_us,
            few_connected,
        }
    }

    /// Processor time of the first sample, in microseconds: what each further one will cost.
    pub fn first_cost_us(&self) -> u64 {
        self.first_cost_us
    }

    /// Reads the requests and listeners once more; returns the processor time of that in microseconds.
    pub fn sample(&mut self) -> u64 {
        let spent_us = clock::spent_us();
        self.sampler.show_connected(self.few_connected);
        let sample = filtered(self.sampler.sample(), &self.options);
        self.recorder.add(&sample);
        if let Some(sockets) = sample.data() {
            self.recorder.note_completed(sockets);
            self.few_connected &= sockets.others.len() <= CONNECTED_FEW;
        }
        self.take_step();
        self.heard.listen();
        self.wire.follow_stuck(|| self.recorder.tracks());
        clock::spent_us() - spent_us
    }

    /// Why no frames are captured; `None` while they are.
    pub fn no_capture(&self) -> Option<&Gap> {
        self.wire.gap()
    }

    /// Notes how the books stand: packets that end in this host keep time with what they answer.
    fn take_step(&mut self) {
        if self.steps.len() >= STEPS_MAX {
            return;
        }
        let counters = synrecv_counters::counters(&self.proc_net);
        let Some(counters) = counters.data() else { return };
        let few_links = self.facts.links.data().is_some_and(|links| links.len() <= LINKS_FEW);
        let traffic = (few_links && self.place.gap().is_none())
            .then(synrecv_interfaces::read::traffic)
            .and_then(Result::ok);
        self.steps.push(Step {
            at: clock::now(),
            expiry_count: self.recorder.expired(),
            made_count: self.recorder.seen(),
            listener_drops: self.recorder.drops(),
            reverse_path: counters
                .get("TcpExtIPReversePathFilter")
                .and_then(|count| i64::try_from(count).ok()),
            undelivered_v4: books::undelivered(counters, IpVersion::V4),
            undelivered_v6: books::undelivered(counters, IpVersion::V6),
            before_ip: traffic
                .and_then(|traffic| books::before_ip(counters, self.facts.links.data()?, &traffic)),
            invalid: counters
                .conntrack
                .as_ref()
                .map(|cpus| cpus.iter().map(|cpu| i64::from(cpu.invalid_count)).sum()),
        });
    }

    /// The last sample, or one for an interim diagnosis: the requests and listeners with everything
    /// that a diagnosis needs beside them.
    ///
    /// The `last` one looks for the processes of the listeners and reads a large set of rules again.
    pub fn sample_all(&mut self, last: bool) {
        self.read_sockets(last);
        self.recorder.add(&self.facts.sockets);
        if self.options.judged_only
            && let Some(sockets) = self.facts.sockets.data_mut()
        {
            sockets.requests = Vec::new();
        }
        self.take_step();
        self.heard.listen();
        self.facts.neighbours = ask(&self.place, synrecv_neighbours::read::neighbours);
        self.read_beside(last);
    }

    /// Completes the first sample, when it is to be the only one.
    pub fn complete(&mut self) {
        if self.options.one_look {
            synrecv_sockets::read::find_owners(&mut self.facts.sockets, Path::new("/proc"));
            self.note_completed();
        } else {
            self.read_sockets(true);
            self.facts.neighbours = ask(&self.place, synrecv_neighbours::read::neighbours);
        }
        self.read_beside(true);
    }

    fn read_sockets(&mut self, owners: bool) {
        let query = SocketQuery { owners, ..every_state(&self.options, &self.diag_allowed) };
        // The old table goes first: both at once are much memory under a flood.
        self.facts.sockets = Section::Missing(Gap::new(Reason::NotInInput, "not read yet"));
        let sockets = synrecv_sockets::read::sockets(&query, &self.proc_net, Path::new("/proc"));
        self.facts.sockets = filtered(sockets, &self.options);
        self.note_completed();
    }

    fn note_completed(&mut self) {
        if let Some(sockets) = self.facts.sockets.data() {
            self.recorder.note_completed(sockets);
        }
    }

    /// Counters and the kernel's answers, after the sockets and neighbours: they explain those.
    fn read_beside(&mut self, last: bool) {
        self.counters_now = synrecv_counters::counters(&self.proc_net);
        self.rules.read_again(&self.proc_net, &self.facts.filters, last);
        if self.place.gap().is_none() {
            self.traffic_now = synrecv_interfaces::read::traffic().unwrap_or_default();
        }
        if !self.options.one_look {
            self.heard.compare(&self.facts.neighbours);
        }
        let completed = self.recorder.completed(self.killed() == Some(0));
        let tracks = self.recorder.tracks();
        self.facts.tracked = tracking::tracked(
            &self.place,
            &self.modules,
            self.options.modules,
            &self.facts,
            &self.counters_now,
            &tracks,
        );
        let frames = self.wire.so_far(&self.facts.links);
        let inquiries = plan::inquiries(&self.facts, &tracks, &completed, frames.data());
        self.facts.replies = ask(&self.place, || {
            synrecv_routes::read::replies(&inquiries.replies, &inquiries.inputs)
        });
    }

    /// Requests that ended by a reset or an ICMP error so far, in the whole namespace: without any, a
    /// request that went away young completed.
    fn killed(&self) -> Option<u64> {
        let (before, now) = (self.facts.counters.data()?, self.counters_now.data()?);
        let reset = now.delta(before, "TcpExtEmbryonicRsts")?;
        Some(reset + now.delta(before, "TcpExtListenDrops")?)
    }

    /// The facts as of the last complete sample.
    pub fn facts(&self) -> &Facts {
        &self.facts
    }

    /// The facts as of the last complete sample, when nothing more is asked.
    pub fn into_facts(self) -> Facts {
        self.facts
    }

    /// What was seen so far. `interval_ms` is the time between samples.
    pub fn observation(&self, interval_ms: u64) -> Observation {
        let tracks = self.recorder.tracks().into_iter().cloned().collect();
        let frames = self.wire.so_far(&self.facts.links);
        self.observed(tracks, frames, interval_ms, false)
    }

    /// What was seen, when nothing more is recorded. `interrupted`: the user ended it.
    pub fn conclude(&mut self, interval_ms: u64, interrupted: bool) -> Observation {
        let frames = self.wire.finish(&self.facts.links);
        let mut observation = self.observed(Vec::new(), frames, interval_ms, interrupted);
        observation.tracks = self.recorder.take_tracks();
        observation
    }

    fn observed(
        &self,
        tracks: Vec<Track>,
        frames: Section<Capture>,
        interval_ms: u64,
        interrupted: bool,
    ) -> Observation {
        let (started, ended, sample_count) = self.recorder.span();
        Observation {
            started,
            ended,
            sample_count: sample_count.max(1),
            interval_ms,
            interrupted,
            seen_count: self.recorder.seen(),
            late_completed_count: self.recorder.late_completed(),
            completed: self.recorder.completed(self.killed() == Some(0)),
            ended_young: if self.killed() == Some(0) {
                Vec::new()
            } else {
                self.recorder.ended_young()
            },
            unresolved: self.heard.unresolved(),
            mac_changes: self.heard.mac_changes(),
            steps: self.steps.clone(),
            rules_moved: self.rules.moved(),
            traffic: self.traffic_now.clone(),
            tracks,
            listeners: self.recorder.listeners(),
            counters: self.counters_now.clone(),
            frames,
        }
    }

    /// Requests in the last sample.
    pub fn request_count(&self) -> usize {
        self.recorder.request_count()
    }

    /// Milliseconds since the first sample.
    pub fn elapsed_ms(&self) -> u64 {
        clock::now().ms_since(self.started())
    }

    fn started(&self) -> Mono {
        self.recorder.span().0
    }
}

fn ask<T>(place: &Place, read: impl FnOnce() -> Section<T>) -> Section<T> {
    match place.gap() {
        Some(gap) => Section::Missing(gap.clone()),
        None => read(),
    }
}
