//! The shape of the house: its arrows, what may not be in a dependency tree, and habits of the
//! sources.

mod arrows;
mod catalog;
mod sources;
mod trees;
