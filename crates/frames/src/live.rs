//! Frames of this host.
