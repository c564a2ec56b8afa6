//! Netlink by hand, apart from the product's own transport: the kernel's limit is what is left when
//! nothing is parsed.

use std::fs::File;
use std::io::Read as _;
use std::net::Ipv4Addr;
use std::os::fd::OwnedFd;

use anyhow::{Context, Result, bail};
use clap::ValueEnum;
use rustix::net::{
    AddressFamily, Protocol, RecvFlags, SendFlags, SocketFlags, SocketType, netlink, recv, send,
};
use synrecv_netlink::RequestBuilder;

/// The kernel caps a datagram of a dump at about so much.
const BUFFER_LEN: usize = 32 * 1024;
/// `NLM_F_REQUEST`
pub(super) const REQUEST: u16 = 0x1;
/// `NLM_F_ROOT | NLM_F_MATCH`
const DUMP: u16 = 0x300;
/// `NETLINK_ROUTE` is 0, which is what a socket without a protocol has.
pub(super) const ROUTE: Option<Protocol> = None;
const SOCK_DIAG: Option<Protocol> = Some(netlink::SOCK_DIAG);
const NLMSG_ERROR: u16 = 2;
const NLMSG_DONE: u16 = 3;
/// Length of `struct nlmsghdr`, and of the `NLMSG_DONE` that ends a dump.
const HEADER_LEN: usize = 16;
const DONE_LEN: usize = HEADER_LEN + 4;

const SOCK_DIAG_BY_FAMILY: u16 = 20;
const RTM_GETROUTE: u16 = 26;
const RTM_GETNEIGH: u16 = 30;
const AF_INET: u8 = 2;
const IPPROTO_TCP: u8 = 6;
/// `TCP_SYN_RECV` and `TCP_LISTEN`
const SYN_RECV: u32 = 3;
const LISTEN: u32 = 10;

pub(super) const LOOK_UP_COUNT: u32 = 100_000;
const IN_FLIGHT: u32 = 64;
/// 198.18.0.1, of the network for benchmarks (RFC 2544).
pub(super) const FIRST_PEER: Ipv4Addr = Ipv4Addr::new(198, 18, 0, 1);

/// What is read to its end and thrown away.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Drain {
    /// Every TCP socket of IPv4, from `sock_diag`
    Sockets,
    /// Listeners, from `sock_diag`
    Listeners,
    /// `/proc/net/tcp`
    Proc,
    /// Every route of IPv4
    Routes,
    /// Every neighbour
    Neighbours,
    /// One look-up for each of 100,000 peers, 64 in flight
    LookUps,
}

/// Reads what is meant, in the network namespace of this process.
pub(crate) fn drain(what: Drain) -> Result<()> {
    match what {
        Drain::Sockets => dump(SOCK_DIAG, &tcp(u32::MAX)).map(drop),
        Drain::Listeners => dump(SOCK_DIAG, &tcp(1 << LISTEN)).map(drop),
        Drain::Proc => read_proc(),
        Drain::Routes => dump(ROUTE, &routes()).map(drop),
        Drain::Neighbours => dump(ROUTE, &neighbours()).map(drop),
        Drain::LookUps => look_up(),
    }
}

/// Requests in SYN_RECV of IPv4 in the network namespace of the calling thread.
pub(super) fn count_requests() -> Result<u64> {
    dump(SOCK_DIAG, &tcp(1 << SYN_RECV))
}

/// Routes of IPv4 in the network namespace of the calling thread.
pub(super) fn count_routes() -> Result<u64> {
    dump(ROUTE, &routes())
}

/// Neighbours in the network namespace of the calling thread.
pub(super) fn count_neighbours() -> Result<u64> {
    dump(ROUTE, &neighbours())
}

/// `struct inet_diag_req_v2`, without extensions
fn tcp(states: u32) -> Vec<u8> {
    let mut request = [0; 56];
    request[..2].copy_from_slice(&[AF_INET, IPPROTO_TCP]);
    request[4..8].copy_from_slice(&states.to_ne_bytes());
    RequestBuilder::new(&request).message(SOCK_DIAG_BY_FAMILY, REQUEST | DUMP, 1)
}

/// `struct rtmsg`
fn routes() -> Vec<u8> {
    let mut fixed = [0; 12];
    fixed[0] = AF_INET;
    RequestBuilder::new(&fixed).message(RTM_GETROUTE, REQUEST | DUMP, 1)
}

/// `struct ndmsg`
fn neighbours() -> Vec<u8> {
    RequestBuilder::new(&[0; 12]).message(RTM_GETNEIGH, REQUEST | DUMP, 1)
}

/// A netlink socket of the calling thread's network namespace.
pub(super) fn open(protocol: Option<Protocol>) -> Result<OwnedFd> {
    let socket = rustix::net::socket_with(
        AddressFamily::NETLINK,
        SocketType::RAW,
        SocketFlags::CLOEXEC,
        protocol,
    );
    socket.context("open a netlink socket")
}

/// Drains one dump and says about how many messages it had: all have the length of the first of their
/// datagram, or nearly so. Nothing but the end is looked for.
fn dump(protocol: Option<Protocol>, request: &[u8]) -> Result<u64> {
    let socket = open(protocol)?;
    send(&socket, request, SendFlags::empty()).context("send a dump request")?;
    let mut buffer = vec![0; BUFFER_LEN];
    let mut count = 0;
    loop {
        let (length, _) =
            recv(&socket, &mut buffer[..], RecvFlags::empty()).context("receive a dump")?;
        let datagram = &buffer[..length];
        let (first_len, kind) = header(datagram).context("read a message of a dump")?;
        if kind == NLMSG_ERROR {
            bail!("the kernel refused a dump");
        }
        if kind == NLMSG_DONE {
            return Ok(count);
        }
        count += u64::try_from(length / first_len.max(HEADER_LEN))?;
        let last = datagram.get(length.saturating_sub(DONE_LEN)..).and_then(header);
        if last == Some((DONE_LEN, NLMSG_DONE)) {
            return Ok(count);
        }
    }
}

/// `nlmsg_len` and `nlmsg_type`
fn header(message: &[u8]) -> Option<(usize, u16)> {
    let (length, rest) = message.split_first_chunk::<4>()?;
    let kind = rest.first_chunk::<2>()?;
    Some((usize::try_from(u32::from_ne_bytes(*length)).ok()?, u16::from_ne_bytes(*kind)))
}

fn read_proc() -> Result<()> {
    let mut file = File::open("/proc/net/tcp").context("open `/proc/net/tcp`")?;
    let mut buffer = vec![0; BUFFER_LEN];
    while file.read(&mut buffer).context("read `/proc/net/tcp`")? > 0 {}
    Ok(())
}

fn look_up() -> Result<()> {
    let socket = open(ROUTE)?;
    let mut buffer = vec![0; BUFFER_LEN];
    let mut asked = 0;
    while asked < LOOK_UP_COUNT {
        let together = IN_FLIGHT.min(LOOK_UP_COUNT - asked);
        let mut questions = Vec::new();
        for number in asked..asked + together {
            let peer = Ipv4Addr::from(u32::from(FIRST_PEER) + number);
            let mut fixed = [0; 12];
            fixed[..2].copy_from_slice(&[AF_INET, 32]);
            let question = RequestBuilder::new(&fixed).ip(1, peer.into());
            questions.extend(question.message(RTM_GETROUTE, REQUEST, number + 1));
        }
        send(&socket, &questions, SendFlags::empty()).context("send look-ups")?;
        for _ in 0..together {
            recv(&socket, &mut buffer[..], RecvFlags::empty()).context("receive an answer")?;
        }
        asked += together;
    }
    Ok(())
}

/// Changes to be made with few system calls, none acknowledged.
pub(super) struct Changes {
    socket: OwnedFd,
    batch: Vec<u8>,
}

impl Changes {
    /// Bytes that are sent together.
    const BATCH_LEN: usize = 16 * 1024;

    pub(super) fn open() -> Result<Self> {
        Ok(Self { socket: open(ROUTE)?, batch: Vec::new() })
    }

    pub(super) fn make(&mut self, change: &[u8]) -> Result<()> {
        self.batch.extend_from_slice(change);
        if self.batch.len() >= Self::BATCH_LEN { self.flush() } else { Ok(()) }
    }

    /// Sends what is left.
    ///
    /// # Errors
    /// When the kernel refused one: without acknowledgements only refusals are answered.
    pub(super) fn flush(&mut self) -> Result<()> {
        if self.batch.is_empty() {
            return Ok(());
        }
        send(&self.socket, &self.batch, SendFlags::empty()).context("send changes")?;
        self.batch.clear();
        let mut buffer = [0; 512];
        match recv(&self.socket, &mut buffer[..], RecvFlags::DONTWAIT) {
            Err(rustix::io::Errno::AGAIN) => Ok(()),
            Err(error) => Err(error).context("look for refusals"),
            Ok(_) => {
                let code = buffer.get(HEADER_LEN..).and_then(|rest| rest.first_chunk::<4>());
                let code = code.map_or(0, |code| i32::from_ne_bytes(*code).saturating_neg());
                Err(std::io::Error::from_raw_os_error(code)).context("change a table")
            }
        }
    }
}
