//! Socket options of a listener, which neither sock_diag nor /proc shows.

/// Options of a listener, read by `getsockopt` on a copy of its descriptor.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct ListenerOptions {
    /// How long an ACK without data is held, in seconds; 0 when it is not. TCP_DEFER_ACCEPT: the
    /// kernel rounds what the application set up to its schedule of retries (5 reads as 7).
    pub defer_accept_s: Option<u32>,
    /// SYN-ACKs sent again before a request is given up, instead of `tcp_synack_retries`.
    /// TCP_SYNCNT; `None` also when the application did not set it. Where it did not, the kernel
    /// answers with `tcp_syn_retries`, so a value equal to that sysctl is taken as not set.
    pub syn_retries: Option<u32>,
    /// Limit of Fast Open requests that wait; 0 when it is off. TCP_FASTOPEN.
    pub fastopen_queue_max: Option<u32>,
    /// Instructions of the filter attached by SO_ATTACH_FILTER; 0 when there is no filter.
    /// SO_GET_FILTER; `None` also for a program of eBPF, which the kernel does not count.
    pub filter_instructions: Option<u32>,
}
