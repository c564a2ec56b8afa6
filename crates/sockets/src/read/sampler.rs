//! One reader that can be asked again and again.

use std::io;
use std::ops::ControlFlow;
use std::path::Path;

use synrecv_model::{Family, Flaw, Gap, Reading, Section, SocketSource, Sockets, TcpState, text};
use synrecv_netlink::{DumpReport, NetlinkError, Socket, Undecodable, clock, errno_gap};

use super::diag::{self, Look};
use super::{End, ProcFile, SocketQuery, Wanted};
use crate::StateSet;
use crate::join::{self, DiagSeen, Pairs, ProcSeen, Side};
use crate::parse::diag::DiagRow;
use crate::parse::proc_tcp::{self, ProcRow};

/// So many requests are looked up one by one at least; more where a dump, which shows every request,
/// would cost more.
const LOOK_UP_LEAST: usize = 64;
/// A look-up costs as much as so many rows of a dump.
const LOOK_UP_ROWS: usize = 8;

/// Reads sockets again and again through the same socket, files and buffers.
///
/// It shows the network namespace of the thread that takes the first sample.
#[derive(Debug)]
pub struct Sampler {
    query: SocketQuery,
    diag: Option<Socket>,
    /// `tcp` and `tcp6`.
    proc_files: [(Family, &'static str, ProcFile); 2],
}

/// Which sources one reading uses.
#[derive(Clone, Copy, Debug)]
struct Plan {
    diag: bool,
    proc: bool,
}

impl Plan {
    fn source(self) -> SocketSource {
        match (self.diag, self.proc) {
            (true, true) => SocketSource::Both,
            (true, false) => SocketSource::Diag,
            (false, _) => SocketSource::Proc,
        }
    }
}

/// The source that ended a reading.
enum Failed {
    Diag(Gap),
    Proc(Gap),
}

/// What the sources gave, sorted by kind.
#[derive(Debug, Default)]
struct Rows {
    diag: Kinds<DiagRow, DiagSeen>,
    proc: Kinds<ProcRow, ProcSeen>,
    others: Vec<synrecv_model::Socket>,
}

#[derive(Debug)]
struct Kinds<R, S> {
    listeners: Vec<R>,
    requests: Side<S>,
}

impl<R, S> Default for Kinds<R, S> {
    fn default() -> Self {
        Self { listeners: Vec::new(), requests: Side::default() }
    }
}

impl Rows {
    fn add_diag(&mut self, row: DiagRow) {
        match row.state {
            TcpState::Listen => self.diag.listeners.push(row),
            TcpState::SynRecv => {
                self.diag.requests.push(row.family, row.flow, DiagSeen::from(&row));
            }
            _ => self.others.push(join::socket_from_diag(&row)),
        }
    }

    fn add_proc(&mut self, row: ProcRow) {
        match row.state {
            TcpState::Listen => self.proc.listeners.push(row),
            TcpState::SynRecv => {
                self.proc.requests.push(row.family, row.flow, ProcSeen::from(&row));
            }
            _ => self.others.push(join::socket_from_proc(&row)),
        }
    }

    /// True when /proc can add to what `sock_diag` showed of this family.
    fn can_be_joined(&self, family: Family) -> bool {
        let Kinds { listeners, requests } = &self.diag;
        requests.has(family) || listeners.iter().any(|row| row.family == family)
    }
}

impl Sampler {
    /// For requests and listeners, which is what changes while watching.
    ///
    /// `diag_allowed` is as in [`SocketQuery`], `proc_net` as for [`super::sockets`].
    pub fn new(
        source: Wanted,
        port: Option<u16>,
        diag_allowed: Result<(), Gap>,
        proc_net: &Path,
    ) -> Self {
        let states = joined_states();
        Self::with_query(
            SocketQuery { source, states, port, diag_allowed, owners: false },
            proc_net,
        )
    }

    /// Further samples of one from [`Sampler::new`] show connections past their handshake, too, but
    /// for those in `TIME_WAIT`, which any later reading shows; or they show none.
    pub fn show_connected(&mut self, show: bool) {
        let connected = [
            TcpState::Established,
            TcpState::FinWait1,
            TcpState::FinWait2,
            TcpState::CloseWait,
            TcpState::LastAck,
            TcpState::Closing,
        ];
        let shown = if show { &connected[..] } else { &[] };
        self.query.states = shown.iter().fold(joined_states(), |states, &one| states.with(one));
    }

    /// For any query, but without the owners.
    pub fn with_query(query: SocketQuery, proc_net: &Path) -> Self {
        let file = |name| ProcFile::new(proc_net.join(name));
        let proc_files = [
            (Family::V4, "/proc/net/tcp", file("tcp")),
            (Family::V6, "/proc/net/tcp6", file("tcp6")),
        ];
        Self { query, diag: None, proc_files }
    }

    /// Reads once.
    ///
    /// The timers of requests are those at the end of the reading, `Reading::ended`. A source that
    /// fails is left out and named as a flaw; with [`Wanted::Diag`] `sock_diag` has no stand-in. When
    /// `sock_diag` has failed once, further samples do without it.
    pub fn sample(&mut self) -> Section<Sockets> {
        let mut plan = Plan {
            diag: self.query.source != Wanted::Proc,
            proc: self.query.source == Wanted::Proc || self.wants_proc_beside_diag(),
        };
        let mut gaps = Vec::new();
        let (sockets, report) = loop {
            match self.read(plan) {
                Ok(read) => break read,
                Err(Failed::Diag(gap)) if self.query.source == Wanted::Both => {
                    self.query.diag_allowed = Err(gap.clone());
                    plan = Plan { diag: false, proc: true };
                    gaps.push(gap);
                }
                Err(Failed::Proc(gap)) if plan.diag => {
                    plan.proc = false;
                    gaps.push(gap);
                }
                Err(Failed::Diag(gap) | Failed::Proc(gap)) => return Section::Missing(gap),
            }
        };
        let mut flaws = report.flaws();
        flaws.extend(gaps.into_iter().map(Flaw::PartMissing));
        let source = sockets.source.name();
        let reading =
            Reading { source: source.into(), started: report.started, ended: report.ended };
        Section::from_reading(sockets, flaws, reading)
    }

    fn read(&mut self, plan: Plan) -> Result<(Sockets, DumpReport), Failed> {
        let mut report = DumpReport { started: clock::now(), ..DumpReport::default() };
        let mut rows = Rows::default();
        if plan.diag {
            self.open_diag().map_err(Failed::Diag)?;
            self.read_diag(&mut rows, &mut report).map_err(Failed::Diag)?;
        }
        for family in [Family::V4, Family::V6] {
            if plan.proc && (!plan.diag || rows.can_be_joined(family)) {
                self.read_proc(family, plan, &mut rows, &mut report).map_err(Failed::Proc)?;
            }
        }
        let (diag, proc) = (rows.diag.requests, rows.proc.requests);
        let requests = if plan.diag && plan.proc {
            let mut pairs = Pairs::new(diag, proc);
            self.look_again(&mut pairs);
            report.ended = clock::now();
            pairs.requests(report.ended)
        } else {
            report.ended = clock::now();
            join::requests_at_once(diag, proc, report.ended)
        };
        let sockets = Sockets {
            source: plan.source(),
            requests,
            listeners: join::join_listeners(rows.diag.listeners, rows.proc.listeners),
            others: rows.others,
        };
        Ok((sockets, report))
    }

    /// /proc adds something only to requests and listeners.
    fn wants_proc_beside_diag(&self) -> bool {
        self.query.source == Wanted::Both && !self.query.states.and(joined_states()).is_empty()
    }

    fn open_diag(&mut self) -> Result<(), Gap> {
        self.query.diag_allowed.clone()?;
        if self.diag.is_none() {
            self.diag = Some(diag::open().map_err(|error| error.gap())?);
        }
        Ok(())
    }

    fn read_diag(&mut self, rows: &mut Rows, report: &mut DumpReport) -> Result<(), Gap> {
        let Some(socket) = &mut self.diag else { return Ok(()) };
        let SocketQuery { states, port, .. } = self.query;
        let outcome = diag::dump(socket, states, port, |row| rows.add_diag(row));
        report.merge(outcome.map_err(|error| error.gap())?);
        Ok(())
    }

    fn read_proc(
        &mut self,
        family: Family,
        plan: Plan,
        rows: &mut Rows,
        report: &mut DumpReport,
    ) -> Result<(), Gap> {
        let mut states = self.query.states;
        if plan.diag {
            states = states.and(joined_states());
        }
        let port = self.query.port;
        // A row that were missed would lack its second counter, and say so.
        let end = if plan.diag { End::ShortRead } else { End::Confirmed };
        let listeners_only = states == StateSet::only(TcpState::Listen);
        for (_, name, file) in self.proc_files.iter_mut().filter(|(of, ..)| *of == family) {
            let mut number = 0_u64;
            let mut rejected = Vec::new();
            let outcome = file.lines(None, end, |line, at| {
                number += 1;
                match proc_tcp::row(line, states, at) {
                    Ok(Some(row)) if port.is_none_or(|port| row.flow.local.port == port) => {
                        rows.add_proc(row);
                    }
                    Ok(None) if listeners_only && proc_tcp::is_past_listeners(line) => {
                        return ControlFlow::Break(());
                    }
                    Ok(_) => {}
                    Err(why) => rejected.push((number, why)),
                }
                ControlFlow::Continue(())
            });
            match outcome {
                // A kernel without IPv6 has no such file.
                Err(error) if family == Family::V6 && error.kind() == io::ErrorKind::NotFound => {}
                outcome => outcome.map_err(|error| errno_gap(name, &error))?,
            }
            let undecodable_count = rejected.len() as u64;
            let first_undecodable = rejected.first().map(|&(number, why)| {
                Undecodable::new(text!["line ", number, " of ", *name, ": ", why])
            });
            report.merge(DumpReport {
                started: report.started,
                undecodable_count,
                first_undecodable,
                ..DumpReport::default()
            });
        }
        Ok(())
    }

    /// One targeted second look by `sock_diag` at the requests whose rows do not belong together. An
    /// error leaves the pairs as they are, which says that they do not.
    fn look_again(&mut self, pairs: &mut Pairs) {
        let Some(socket) = &mut self.diag else { return };
        let torn = pairs.torn();
        if torn.is_empty() {
            return;
        }
        let _: Result<(), NetlinkError> =
            if torn.len() <= LOOK_UP_LEAST.max(pairs.len() / LOOK_UP_ROWS) {
                look_up_each(socket, pairs, &torn)
            } else {
                dump_again(socket, pairs, self.query.port)
            };
    }
}

fn joined_states() -> StateSet {
    StateSet::only(TcpState::SynRecv).with(TcpState::Listen)
}

fn look_up_each(
    socket: &mut Socket,
    pairs: &mut Pairs,
    torn: &[usize],
) -> Result<(), NetlinkError> {
    let look = |&at: &usize| {
        let pair = pairs.get(at)?;
        let ifindex = pair.diag.map_or(0, |row| row.ifindex);
        Some((at, Look { family: pair.family, flow: pair.flow, ifindex }))
    };
    let (places, looks): (Vec<usize>, Vec<Look>) = torn.iter().filter_map(look).unzip();
    diag::look_up(socket, &looks, |index, row| {
        if let Some(&at) = places.get(index) {
            pairs.refresh(at, &row);
        }
    })
}

fn dump_again(
    socket: &mut Socket,
    pairs: &mut Pairs,
    port: Option<u16>,
) -> Result<(), NetlinkError> {
    let requests = StateSet::only(TcpState::SynRecv);
    let mut fresh = Side::default();
    diag::dump(socket, requests, port, |row| {
        fresh.push(row.family, row.flow, DiagSeen::from(&row));
    })?;
    pairs.refresh_all(fresh);
    Ok(())
}
