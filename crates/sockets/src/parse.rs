//! Rows of `sock_diag` and of `/proc/net/tcp{,6}`, from bytes or text alone.

pub mod diag;
pub mod proc_tcp;
