//! Frames on the wire while watching.

use synrecv_frames::live::{Live, Scope};
use synrecv_model::view::STUCK_AFTER_MS;
use synrecv_model::{Capture, Flow, Gap, Link, Reason, Section, Track};

use super::Options;
use crate::{Modules, Place};

/// Stuck requests whose handshakes are named to the capture when it cannot follow all; it takes some.
const STUCK_NAMED: usize = 1_024;

/// Whether frames are captured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CapturePolicy {
    /// Not.
    #[default]
    Off,
    /// Not, because there is one look only: nothing comes by in it.
    OneLook,
    /// Where the kernel permits it.
    Permitted,
}

/// The capture, or why there is none.
#[derive(Debug)]
pub(super) enum Wire {
    Live(Live),
    None(Gap),
}

impl Wire {
    /// Starts to capture, before anything is read that frames are to explain.
    pub(super) fn start(place: &Place, modules: &Modules, options: &Options) -> Self {
        match start(place, modules, options) {
            Ok(live) => Self::Live(live),
            Err(gap) => Self::None(gap),
        }
    }

    /// Why there is no capture.
    pub(super) fn gap(&self) -> Option<&Gap> {
        match self {
            Self::Live(_) => None,
            Self::None(gap) => Some(gap),
        }
    }

    /// Has the handshakes of stuck requests followed, where not all are.
    pub(super) fn follow_stuck<'a>(&self, tracks: impl FnOnce() -> Vec<&'a Track>) {
        if let Self::Live(live) = self
            && live.is_sampling()
        {
            let stuck = |track: &&&Track| {
                let life = track.last_life();
                life.gone.is_none() && life.least_age_ms() >= STUCK_AFTER_MS
            };
            let flows: Vec<Flow> =
                tracks().iter().filter(stuck).map(|track| track.flow).take(STUCK_NAMED).collect();
            live.follow(flows);
        }
    }

    /// What was captured so far.
    pub(super) fn so_far(&self, links: &Section<Vec<Link>>) -> Section<Capture> {
        match self {
            Self::Live(live) => named(live.so_far(), links),
            Self::None(gap) => Section::Missing(gap.clone()),
        }
    }

    /// What was captured; the capture ends.
    pub(super) fn finish(&mut self, links: &Section<Vec<Link>>) -> Section<Capture> {
        let over = Gap::new(Reason::NotInInput, "the capture is over");
        match std::mem::replace(self, Self::None(over)) {
            Self::Live(live) => named(live.finish(), links),
            Self::None(gap) => Section::Missing(gap),
        }
    }
}

fn start(place: &Place, modules: &Modules, options: &Options) -> Result<Live, Gap> {
    let none = |detail: &'static str| Err(Gap::new(Reason::NotInInput, detail));
    match options.capture {
        CapturePolicy::Off => return none("frames were not captured (--capture off)"),
        CapturePolicy::OneLook => return none("one look sees no frames (--observe 0)"),
        CapturePolicy::Permitted => {}
    }
    if let Some(gap) = place.gap() {
        return Err(gap.clone());
    }
    modules.allows("af_packet", options.modules)?;
    let peer = options.peer.map(|prefix| (prefix.addr(), prefix.prefix_len()));
    let scope = Scope { peer, port: options.port };
    Live::start(scope, None).map_err(|error| error.gap())
}

/// With the names and addresses of the devices; those that went away stay without.
fn named(mut capture: Section<Capture>, links: &Section<Vec<Link>>) -> Section<Capture> {
    let links = links.data().map_or(&[][..], Vec::as_slice);
    for device in capture.data_mut().into_iter().flat_map(|capture| &mut capture.devices) {
        let link = links.iter().find(|link| Some(link.ifindex) == device.ifindex);
        device.name = link.map(|link| link.name.clone());
        device.mac = link.and_then(|link| link.mac);
    }
    capture
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn refused(place: &Place, modules: &Modules, capture: CapturePolicy) -> Gap {
        let options = Options { capture, ..Options::default() };
        let wire = Wire::start(place, modules, &options);
        wire.gap().expect("no capture").clone()
    }

    #[test]
    fn nothing_is_captured_where_it_would_change_or_show_something_else() {
        let modules = Modules { loaded: Some(String::new()), builtin: None };
        let off = refused(&Place::Inside, &modules, CapturePolicy::Off);
        assert_eq!(off.reason, Reason::NotInInput);
        let module = refused(&Place::Inside, &modules, CapturePolicy::Permitted);
        assert_eq!(module.reason, Reason::NeedsModule("af_packet".into()));
        let gap = Gap::new(Reason::NeedsRoot, "outside");
        let outside = Place::Outside { pid: 1, gap: gap.clone() };
        assert_eq!(refused(&outside, &Modules::default(), CapturePolicy::Permitted), gap);
    }
}
