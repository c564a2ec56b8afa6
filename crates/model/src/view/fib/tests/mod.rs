//! Look-ups on hosts written as text. What is expected was seen in Linux 6.18.

mod parse;
mod reverse;
mod rules;
mod unknown;
mod v4;
mod v6;
mod world;
