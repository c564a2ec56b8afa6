//! The one transport for netlink: dumps, batched look-ups and change notices.
//!
//! A blocking dump with one re-used 32 KiB buffer (the kernel caps a dump datagram there) and
//! lazily walked attributes costs little more than the kernel's own work. What a dump lost is
//! counted and said ([`DumpReport::flaws`]); it is never silently short.
//!
//! The formats ([`Message`], [`Attributes`], [`RequestBuilder`]) are always there; [`Socket`] and
//! everything else that touches the kernel needs the default feature `socket`.

mod attribute;
mod message;
mod request;

#[cfg(feature = "socket")]
mod ask;
#[cfg(feature = "socket")]
pub mod clock;
#[cfg(feature = "socket")]
mod dump;
#[cfg(feature = "socket")]
mod error;
#[cfg(feature = "socket")]
mod socket;
#[cfg(feature = "socket")]
mod steady;
#[cfg(feature = "socket")]
mod subscription;

pub use attribute::{Attribute, Attributes, Malformed};
pub use message::{Message, Messages, Undecodable, align, flags, kind};
pub use request::RequestBuilder;

#[cfg(feature = "socket")]
pub use ask::{Answer, AskReport, Question};
#[cfg(feature = "socket")]
pub use dump::DumpReport;
#[cfg(feature = "socket")]
pub use error::{NetlinkError, errno_gap};
#[cfg(feature = "socket")]
pub use rustix::io::Errno;
#[cfg(feature = "socket")]
pub use socket::{Protocol, Socket};
#[cfg(feature = "socket")]
pub use steady::{Change, steady_dump};
#[cfg(feature = "socket")]
pub use subscription::{Notices, Subscription};
