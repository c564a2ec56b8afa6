//! Faults made on purpose: network namespaces, topologies and traffic in which TCP handshakes get
//! stuck, and healthy hosts that look alike.
//!
//! Everything happens in namespaces that this process makes and holds; the namespace it was
//! started in is left as it is. Nothing here judges a host: a [`scenario::Scenario`] only says what
//! the doctor should find.
#![warn(missing_docs)]

mod bpf;
mod configure;
mod counters;
mod device_filter;
mod error;
mod expectation;
mod full_tracking;
mod lab;
mod long_way;
mod namespace;
mod netfilter;
mod process;
mod proxy;
mod refuse;
mod route;
mod rows;
mod running;
pub mod scenario;
mod tool;
pub mod traffic;

pub use configure::{End, MacBytes, cable, mac};
pub use error::{LabError, Result};
pub use expectation::{Expectation, Outcome};
pub use lab::{Lab, Segment, preflight};
pub use long_way::{LongWay, long_way_hops};
pub use namespace::Namespace;
pub use process::Program;
pub use refuse::{Refusal, Refused, RefusedWith};
pub use route::NewRoute;
pub use rows::RequestRow;
pub use running::{Condition, Running, Stage};
