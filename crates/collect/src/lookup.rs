//! One look-up, as a section with its time.

use std::io;

use synrecv_model::{Gap, Reading, Reason, Reply, ReplyQuestion, Section, Text, text};
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
        Err(error) => {
            let reason = match error {
                RouteGetError::TimedOut { .. } => Reason::TimedOut,
                _ => Reason::NotApplicable,
            };
            Section::Missing(Gap::new(reason, Text::of_error(&error)))
        }
    }
}

fn broken(error: &io::Error) -> Gap {
    let reason = match error.kind() {
        io::ErrorKind::PermissionDenied => Reason::NeedsRoot,
        _ => Reason::NotApplicable,
    };
    Gap::new(reason, text!["open a connection to rtnetlink: ", Text::of_error(error)])
}
