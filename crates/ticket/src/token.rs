//! Words of outputs: what a word can be by its look.

pub(crate) mod address;
pub(crate) mod endpoint;
pub(crate) mod link;
pub(crate) mod mask;
pub(crate) mod number;
pub(crate) mod service;
pub(crate) mod state;
pub(crate) mod timer;
