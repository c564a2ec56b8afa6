//! Reads a running host: survey first, then samples over time, then the answers to the questions
//! that the plan asks. Prints nothing and judges nothing.
//!
//! Everything here runs on one thread that already is in the network namespace in question; see
//! [`netns`].

mod host;
mod lookup;
mod modules;
pub mod netns;
pub mod probing;
mod recorder;
mod session;
pub mod traces;

pub use host::host;
pub use modules::{ModulePolicy, Modules};
pub use netns::{EnterError, Place, Target};
pub use session::{CapturePolicy, Options, ProbePlan, Session};
pub use synrecv_netlink::clock::spent_us;
pub use synrecv_sockets::{StateSet, Wanted};

/// The table readers, for programs that want one table only.
pub mod tables {
    pub use crate::lookup::route_get;
    pub use synrecv_interfaces::read::{addresses, links, settings};
    pub use synrecv_neighbours::read::neighbours;
    pub use synrecv_routes::read::{nexthops, replies, routes, rules};
    pub use synrecv_sockets::read::{SocketQuery, sockets};
}

/// The reader of capture files, which take the place of a running host.
pub mod captures {
    pub use synrecv_frames::file::{
        CaptureFile, Damage, FileProgress, OpenError, is_capture, read,
    };
    pub use synrecv_frames::{Excerpt, observed, printed};
}
