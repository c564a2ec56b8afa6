//! One look-up, as a section with its time.

use std::error::Error;
use std::io;

use synrecv_model::{Foreign, Gap, Reading, Reason, Reply, ReplyQuestion, Section};
use synrecv_netlink::clock;
use synrecv_routes::read::RouteGetError;
use tokio::runtime::Builder;

/// Asks which way packets to the peer of `question` leave, from the network namespace of the
/// calling thread. Blocks for at most 2 s.
///
/// An unspecified local address leaves the source to the kernel; ports of 0 are no selectors.
pub fn route_get(question: &ReplyQuestion) -> Section<Reply> {
    let started = clock::now();
    let runtime = match Builder::new_current_thread().enable_io().enable_time().build() {
        Ok(runtime) => runtime,
        Err(error) => return Section::Missing(broken(&error)),
    };
    match runtime.block_on(synrecv_routes::read::route_get(question)) {
        Ok(data) => {
            let reading = Reading { source: "rtnetlink".into(), started, ended: clock::now() };
            Section::Collected { data, reading }
        }
        Err(RouteGetError::Open { source }) => Section::Missing(broken(&source)),
        Err(error @ RouteGetError::TimedOut { .. }) => {
            Section::Missing(Gap::new(Reason::TimedOut, Foreign(error.to_string())))
        }
        Err(error) => {
            let cause = error.source().map_or_else(String::new, |cause| format!(": {cause}"));
            Section::Missing(Gap::new(Reason::NotApplicable, Foreign(format!("{error}{cause}"))))
        }
    }
}

fn broken(error: &io::Error) -> Gap {
    let reason = match error.kind() {
        io::ErrorKind::PermissionDenied => Reason::NeedsRoot,
        _ => Reason::NotApplicable,
    };
    Gap::new(reason, Foreign(format!("open a connection to rtnetlink: {error}")))
}
