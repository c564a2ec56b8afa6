//! Words of outputs: what a word can be by its look.

pub(crate) mod address;
pub(crate) mod link;
pub(crate) mod mask;
