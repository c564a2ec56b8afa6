//! The tables of the calling thread's network namespace, and the kernel's answers.

mod lookup;
mod replies;
mod single;
mod tables;

pub use replies::replies;
pub use single::{RouteGetError, route_get};
pub use tables::{nexthops, routes, rules};
