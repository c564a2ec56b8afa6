//! Filters of a device, below netfilter's hooks of IP: traffic control, XDP and tcx.

use rtnetlink::packet_route::link::{LinkAttribute, LinkXdp};
use rtnetlink::{Handle, LinkUnspec};
use std::os::fd::AsRawFd;

use crate::bpf::{self, Frames};
use crate::configure::index_of;
use crate::error::{LabError, Result};
use crate::namespace::Namespace;
use crate::tool::Tool;

const TC: Tool = Tool { name: "tc", package: "iproute2", args: &["-batch", "-"] };

/// Side of a device as its own host sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    /// Frames that it receives.
    Ingress,
    /// Frames that it sends.
    Egress,
}

impl Side {
    fn word(self) -> &'static str {
        match self {
            Self::Ingress => "ingress",
            Self::Egress => "egress",
        }
    }
}

impl Namespace {
    /// Gives a device the qdisc `clsact`, which filters of both sides hang on.
    pub(crate) fn classify(&self, device: &str) -> Result<()> {
        self.feed(&TC, &format!("qdisc add dev {device} clsact\n"))
    }

    /// Has `tc` do this, a command a line without the name of the program.
    pub(crate) fn tc(&self, commands: &str) -> Result<()> {
        self.feed(&TC, commands)
    }

    /// Has a BPF program on one side of a device, which has `clsact`, drop these frames.
    pub(crate) fn drop_by_tc(&self, device: &str, side: Side, frames: &Frames) -> Result<()> {
        let (side, bytecode) = (side.word(), frames.bytecode());
        let filter =
            format!("filter add dev {device} {side} bpf direct-action bytecode '{bytecode}'\n");
        self.feed(&TC, &filter)
    }

    /// Attaches an XDP program in generic mode, which drops these frames, or nothing.
    pub(crate) fn xdp(&self, device: &str, frames: Option<&Frames>) -> Result<()> {
        /// `XDP_FLAGS_SKB_MODE`
        const GENERIC: u32 = 2;
        let program = self.load(frames, &bpf::XDP)?;
        let attributes = vec![LinkXdp::Fd(program.as_raw_fd()), LinkXdp::Flags(GENERIC)];
        let message = LinkUnspec::new_with_name(device)
            .append_extra_attribute(LinkAttribute::Xdp(attributes))
            .build();
        self.configure(
            format!("attach an XDP program to `{device}`"),
            async move |netlink: Handle| netlink.link().change(message).execute().await,
        )
    }

    /// Attaches a program to the ingress of a device by `bpf(2)` alone (tcx, Linux 6.6); no
    /// traffic control object lists it. It drops these frames, or nothing.
    pub(crate) fn tcx(&self, device: &str, frames: Option<&Frames>) -> Result<()> {
        let program = self.load(frames, &bpf::TCX_INGRESS)?;
        let name = device.to_owned();
        let attached = self.inside(move |inside| {
            let index = inside.netlink(async move |netlink| index_of(&netlink, &name).await);
            let index = index.map_err(std::io::Error::other)?;
            bpf::attach(&program, &bpf::TCX_INGRESS, index)
        })?;
        attached.map_err(|source| self.bpf_failed("attach a program to an ingress (tcx)", source))
    }

    fn load(
        &self,
        frames: Option<&Frames>,
        context: &'static bpf::Context,
    ) -> Result<std::os::fd::OwnedFd> {
        let frames = frames.cloned();
        let loaded = self.run(move || bpf::load(frames.as_ref(), context))?;
        loaded.map_err(|source| self.bpf_failed("load a BPF program", source))
    }

    fn bpf_failed(&self, doing: &'static str, source: std::io::Error) -> LabError {
        LabError::Bpf { doing, namespace: self.name().to_owned(), source }
    }
}
