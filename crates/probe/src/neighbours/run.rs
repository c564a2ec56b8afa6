//! One run: sockets, a MAC, and everybody who is asked for.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::rand::{GetRandomFlags, getrandom};
use synrecv_model::{Family, Mac, ProbeAnswer, Probed};

use super::answer::{self, Answer};
use super::clock::Moment;
use super::error::ProbeError;
use super::question::{self, Question};
use super::schedule::{PACE, Schedule, Step};
use super::socket::Port;
use super::source::{self, PATIENCE, Trial};
use super::{Asked, Options, Sender, Target, sender_of};

/// Answers that are kept of a target; more are a flood.
const ANSWERS_MAX: usize = 64;

type Key = (u32, Family);

pub(super) struct Run {
    options: Options,
    made_up: Mac,
    ports: BTreeMap<Key, Result<Port, ProbeError>>,
    began: Moment,
    /// When the last frame was sent.
    last: Option<Moment>,
    frame_count: u32,
    /// By device: how often somebody was told who the asker is.
    told: BTreeMap<u32, u8>,
    /// By device: who wants to know that, with MAC and address.
    asking_back: BTreeSet<(u32, (Mac, Ipv6Addr))>,
}

/// A target that is being asked for.
struct Row {
    question: Result<Question, ProbeError>,
    key: Key,
    /// When it was asked for last, and which time that was.
    asked: Option<(Moment, u8)>,
    answers: Vec<ProbeAnswer>,
}

impl Run {
    pub(super) fn new(options: Options) -> Result<Self, ProbeError> {
        let mut random = [0_u8; 6];
        getrandom(&mut random, GetRandomFlags::empty()).map_err(ProbeError::Random)?;
        Ok(Self {
            options,
            made_up: question::administered(random),
            ports: BTreeMap::new(),
            began: Moment::now(),
            last: None,
            frame_count: 0,
            told: BTreeMap::new(),
            asking_back: BTreeSet::new(),
        })
    }

    pub(super) fn ask(mut self, targets: &[Target]) -> Asked {
        let hears_all = self.options.sender == Sender::Administered;
        for target in targets {
            let (ifindex, family) = key_of(target);
            let open = || Port::open(ifindex, family, hears_all);
            self.ports.entry((ifindex, family)).or_insert_with(open);
        }
        let mut settled: BTreeMap<Trial, Result<IpAddr, ProbeError>> = BTreeMap::new();
        for trial in source::trials(targets, self.options) {
            let source = self.settle(&trial);
            settled.insert(trial, source);
        }
        let mut rows: Vec<Row> = targets
            .iter()
            .map(|target| Row {
                question: self.question(target, &settled),
                key: key_of(target),
                asked: None,
                answers: Vec::new(),
            })
            .collect();
        self.exchange(&mut rows);
        self.asked(targets, rows)
    }

    fn asked(self, targets: &[Target], rows: Vec<Row>) -> Asked {
        let mut asked = Asked { frame_count: self.frame_count, ..Asked::default() };
        for (target, row) in targets.iter().zip(rows) {
            let question_count = row.asked.map_or(0, |(_, number)| number);
            asked.results.push(row.question.map(|question| {
                let source = (!question.source.is_unspecified()).then_some(question.source);
                asked.senders.insert((target.ifindex, question.mac, source));
                Probed {
                    target: target.address,
                    ifindex: target.ifindex,
                    purpose: target.purpose,
                    sender: sender_of(self.options, question.mac),
                    question_count,
                    answers: row.answers,
                }
            }));
        }
        asked.duration = Moment::now().since(self.began);
        asked
    }

    fn mac_of(&self, target: &Target) -> Mac {
        match self.options.sender {
            Sender::Administered => self.made_up,
            Sender::Device => target.device_mac,
        }
    }

    fn question(
        &self,
        target: &Target,
        settled: &BTreeMap<Trial, Result<IpAddr, ProbeError>>,
    ) -> Result<Question, ProbeError> {
        if let Some(Err(error)) = self.ports.get(&key_of(target)) {
            return Err(*error);
        }
        let mac = self.mac_of(target);
        let nobody = IpAddr::from(Ipv4Addr::UNSPECIFIED);
        let source = match (self.options.sender, target.address) {
            (Sender::Administered, IpAddr::V6(_)) => question::link_local(mac).into(),
            (Sender::Administered, IpAddr::V4(_)) => {
                let trial = (target.ifindex, target.sources.clone());
                settled.get(&trial).copied().unwrap_or(Ok(nobody))?
            }
            (Sender::Device, IpAddr::V4(_)) => target.sources.first().copied().unwrap_or(nobody),
            (Sender::Device, IpAddr::V6(_)) => {
                target.sources.first().copied().ok_or(ProbeError::NoSource)?
            }
        };
        Ok(Question { mac, source, target: target.address })
    }

    /// Finds an address that nobody has.
    fn settle(&mut self, (ifindex, candidates): &Trial) -> Result<IpAddr, ProbeError> {
        let key = (*ifindex, Family::V4);
        let mac = self.made_up;
        let found = source::settle(candidates, |candidate| {
            let source = Ipv4Addr::UNSPECIFIED.into();
            self.pace();
            self.send(key, &Question { mac, source, target: candidate })?;
            let sent = Moment::now();
            let mut is_taken = false;
            while let Some(left) = PATIENCE.checked_sub(Moment::now().since(sent)) {
                self.wait(left);
                let look = |answer: Answer, _| is_taken |= answer.target == candidate;
                self.hear(key, mac, look)?;
                if is_taken || left.is_zero() {
                    break;
                }
            }
            Ok(is_taken)
        })?;
        found.ok_or(ProbeError::NoSource)
    }

    /// Asks until all is known or was tried.
    fn exchange(&mut self, rows: &mut [Row]) {
        let began = Moment::now();
        let mut schedule = Schedule::new(rows.len());
        for (at, row) in rows.iter().enumerate() {
            if row.question.is_err() {
                schedule.give_up(at);
            }
        }
        self.pace();
        loop {
            let now = Moment::now().since(began);
            match schedule.next(now) {
                Step::Done => return,
                Step::Wait(until) => {
                    self.wait(until.saturating_sub(now));
                    self.collect(rows, &mut schedule);
                    if self.tell() {
                        schedule.sent(Moment::now().since(began));
                    }
                }
                Step::Ask(at) => {
                    let row = &mut rows[at];
                    // Before, so that no answer is older than its question.
                    let sent = Moment::now();
                    match row.question.and_then(|question| self.send(row.key, &question)) {
                        Ok(()) => row.asked = Some((sent, schedule.asked(at, now))),
                        Err(error) => {
                            row.question = Err(error);
                            schedule.give_up(at);
                        }
                    }
                }
            }
        }
    }

    /// Takes what was answered so far.
    fn collect(&mut self, rows: &mut [Row], schedule: &mut Schedule) {
        let keys: Vec<Key> = self.ports.keys().copied().collect();
        for key in keys {
            let macs: Vec<Mac> = rows
                .iter()
                .filter(|row| row.key == key)
                .filter_map(|row| row.question.ok().map(|question| question.mac))
                .collect();
            // One MAC for each device.
            let Some(&mac) = macs.first() else { continue };
            let mut heard = Vec::new();
            let outcome = self.hear(key, mac, |answer, stamp| heard.push((answer, stamp)));
            for (answer, (read, stamp)) in heard {
                let of = |row: &Row| {
                    row.key == key && row.question.is_ok_and(|it| it.target == answer.target)
                };
                for (at, row) in rows.iter_mut().enumerate().filter(|(_, row)| of(row)) {
                    let Some((sent, question)) = row.asked else { continue };
                    if row.answers.len() < ANSWERS_MAX {
                        row.answers.push(ProbeAnswer {
                            mac: answer.mac,
                            question,
                            delay_us: read.delay_us(sent, stamp),
                            overrides: answer.overrides,
                            router: answer.router,
                        });
                        schedule.answered(at, answer.mac);
                    }
                }
            }
            if let Err(error) = outcome {
                for (at, row) in rows.iter_mut().enumerate().filter(|(_, row)| row.key == key) {
                    row.question = Err(error);
                    schedule.give_up(at);
                }
            }
        }
    }

    /// Hands over the answers to a MAC that have arrived at a port, with the moment at which they were
    /// read and their stamp. Who asks back is noted.
    fn hear(
        &mut self,
        key: Key,
        mac: Mac,
        mut look: impl FnMut(Answer, (Moment, Option<u64>)),
    ) -> Result<(), ProbeError> {
        let Some(Ok(port)) = self.ports.get(&key) else { return Ok(()) };
        let (asking_back, made_up) = (&mut self.asking_back, self.made_up);
        port.drain(|frame, stamp| {
            if let Some(answer) = answer::parse(frame, mac) {
                look(answer, (Moment::now(), stamp));
            } else if mac == made_up
                && let Some(asker) = answer::asks_back(frame, question::link_local(mac))
            {
                asking_back.insert((key.0, asker));
            }
        })
    }

    /// Tells those who asked back who the asker is, as often as was announced; false when nothing was
    /// sent.
    fn tell(&mut self) -> bool {
        let mut has_sent = false;
        for (ifindex, asker) in std::mem::take(&mut self.asking_back) {
            let told = self.told.entry(ifindex).or_default();
            if *told == source::FRAMES_MAX {
                continue;
            }
            *told += 1;
            self.pace();
            let frame = question::advertisement(self.made_up, asker);
            // An answer less, if it fails.
            has_sent |= self.put((ifindex, Family::V6), &frame).is_ok();
        }
        has_sent
    }

    fn send(&mut self, key: Key, question: &Question) -> Result<(), ProbeError> {
        let frame = question.frame().ok_or(ProbeError::Families)?;
        self.put(key, &frame)
    }

    fn put(&mut self, key: Key, frame: &[u8]) -> Result<(), ProbeError> {
        match self.ports.get(&key) {
            Some(Ok(port)) => port.send(frame)?,
            Some(Err(error)) => return Err(*error),
            None => return Ok(()),
        }
        self.frame_count += 1;
        self.last = Some(Moment::now());
        Ok(())
    }

    /// Waits until the next frame may be sent.
    fn pace(&self) {
        if let Some(last) = self.last {
            std::thread::sleep(PACE.saturating_sub(Moment::now().since(last)));
        }
    }

    /// Waits for an answer, or so long.
    fn wait(&self, limit: Duration) {
        let ports = self.ports.values().filter_map(|port| port.as_ref().ok());
        let mut fds: Vec<PollFd<'_>> = ports.map(|port| PollFd::new(port, PollFlags::IN)).collect();
        // A signal is a reason to look like any other.
        let _ = poll(&mut fds, Timespec::try_from(limit).ok().as_ref());
    }
}

fn key_of(target: &Target) -> Key {
    (target.ifindex, Family::of(target.address))
}
