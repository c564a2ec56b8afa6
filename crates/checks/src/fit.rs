//! Which prefix lengths fit what is really on a wire.

pub(crate) use synrecv_model::view::{Fit, common_bits, cover, fit, place};
