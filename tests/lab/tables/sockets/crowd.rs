//! Sockets of both families in as many states as one host can hold still.

use std::io::{ErrorKind, Write as _};
use std::net::{Ipv6Addr, Shutdown, SocketAddr, SocketAddrV6, TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::thread;

use rustix::net::sockopt::set_socket_recv_buffer_size;
use rustix::net::{AddressFamily, SocketFlags, SocketType, connect, socket_with};
use rustix::process::Uid;
use rustix::thread::set_thread_uid;
use synrecv_faults::Namespace;

/// SYN-ACKs from this port are lost: requests and connection attempts stay.
const DEAF_PORT: u16 = 7001;
/// Segments of this port are lost once its connections stand.
const CUT_PORT: u16 = 7002;

const BIG_USER: u32 = 12_345;
const DEAF_EACH: u64 = 16;
const ESTABLISHED_EACH: usize = 30;
const HALF_CLOSED_EACH: usize = 8;
const CLOSED_EACH: usize = 12;
const CUT_COUNT: usize = 12;

/// What keeps the sockets open.
#[derive(Debug, Default)]
pub(super) struct Crowd {
    listeners: Vec<TcpListener>,
    streams: Vec<TcpStream>,
    attempts: Vec<OwnedFd>,
}

/// Opens them all. The device `eth0` has an IPv6 link-local address and this index.
pub(super) fn gather(host: &Namespace, eth0: u32) -> Crowd {
    // Without it the last segment of a connection is sent early once more, and nothing counts that.
    host.sysctl("net/ipv4/tcp_early_retrans", "0").expect("a setting");
    host.nft(&lossy(&format!("tcp sport {DEAF_PORT} tcp flags & (syn|ack) == (syn|ack) drop")))
        .expect("rules are loaded");
    let mut crowd = host.run(move || open(eth0)).expect("a namespace");
    let cut = host.run(|| pairs("127.0.0.1", CUT_PORT, CUT_COUNT)).expect("a namespace");
    let (listener, cut) = cut;
    let half = CUT_COUNT / 2;
    for (client, _) in &cut[..half] {
        client.shutdown(Shutdown::Write).expect("a client finishes");
    }
    host.nft(&lossy(&format!("tcp sport {CUT_PORT} drop\ntcp dport {CUT_PORT} drop")))
        .expect("rules are loaded");
    // Servers of finished clients wait for their last ACK; other clients for the ACK of their FIN.
    for (_, server) in &cut[..half] {
        server.shutdown(Shutdown::Write).expect("a server finishes");
    }
    for (client, _) in &cut[half..] {
        client.shutdown(Shutdown::Write).expect("a client finishes");
    }
    crowd.listeners.push(listener);
    crowd.streams.extend(cut.into_iter().flat_map(|(client, server)| [client, server]));
    crowd
}

/// Rules for both families that lose what comes in. What is lost on its way out is an error to the
/// sender, and a request whose SYN-ACK fails ends at its first timer.
fn lossy(rule: &str) -> String {
    ["ip", "ip6"]
        .map(|family| {
            let chain = "type filter hook input priority 0";
            format!("table {family} lossy {{\nchain in {{\n{chain};\n{rule}\n}}\n}}\n")
        })
        .concat()
}

fn open(eth0: u32) -> Crowd {
    let mut crowd = Crowd::default();
    for (listen, connect_to) in [
        ("127.0.0.1", "127.0.0.1"),
        ("::1", "::1"),
        // Its IPv4 clients have addresses that are IPv4 mapped into IPv6.
        ("::", "127.0.0.2"),
    ] {
        let listener = TcpListener::bind((listen, 0)).expect("a listener");
        let port = listener.local_addr().expect("an address").port();
        let pair = || {
            let client = TcpStream::connect((connect_to, port)).expect("a connection");
            (client, listener.accept().expect("a connection").0)
        };
        for number in 0..ESTABLISHED_EACH {
            let (mut client, server) = pair();
            // Bytes that nobody reads stay in the queue.
            client.write_all(&vec![0; number * 100]).expect("room for a few bytes");
            crowd.streams.extend([client, server]);
        }
        for _ in 0..HALF_CLOSED_EACH {
            let (client, server) = pair();
            client.shutdown(Shutdown::Write).expect("a client finishes");
            crowd.streams.extend([client, server]);
        }
        for _ in 0..CLOSED_EACH {
            let (client, server) = pair();
            client.shutdown(Shutdown::Write).expect("a client finishes");
            server.shutdown(Shutdown::Write).expect("a server finishes");
        }
        let (mut client, server) = pair();
        // A buffer of a fixed size does not grow while the closed window is probed.
        set_socket_recv_buffer_size(&server, 4096).expect("a buffer");
        fill(&mut client);
        crowd.streams.extend([client, server]);
        // One that nobody accepts waits in the queue of its listener.
        crowd.streams.push(TcpStream::connect((connect_to, port)).expect("a connection"));
        crowd.listeners.push(listener);
    }
    for address in ["127.0.0.1", "::1"] {
        crowd.listeners.push(TcpListener::bind((address, DEAF_PORT)).expect("a listener"));
        let to = SocketAddr::new(address.parse().expect("an address"), DEAF_PORT);
        crowd.attempts.extend((0..DEAF_EACH).map(|_| attempt(to)));
    }
    let scoped = SocketAddrV6::new(Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0xff, 0xfe00, 1), 0, 0, eth0);
    crowd.listeners.push(TcpListener::bind(scoped).expect("a listener of a link-local address"));
    crowd.listeners.push(of_another_user());
    crowd
}

/// Connections of one listener: client and server.
fn pairs(address: &str, port: u16, count: usize) -> (TcpListener, Vec<(TcpStream, TcpStream)>) {
    let listener = TcpListener::bind((address, port)).expect("a listener");
    let pair = |_| {
        let client = TcpStream::connect((address, port)).expect("a connection");
        (client, listener.accept().expect("a connection").0)
    };
    let pairs = (0..count).map(pair).collect();
    (listener, pairs)
}

/// Writes until neither queue takes more: the window is closed and probed.
fn fill(client: &mut TcpStream) {
    client.set_nonblocking(true).expect("a flag");
    let bytes = vec![0; 65536];
    loop {
        match client.write(&bytes) {
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::WouldBlock => return,
            Err(error) => panic!("fill a connection: {error}"),
        }
    }
}

/// Starts to connect and does not wait.
fn attempt(to: SocketAddr) -> OwnedFd {
    let family = if to.is_ipv4() { AddressFamily::INET } else { AddressFamily::INET6 };
    let flags = SocketFlags::NONBLOCK | SocketFlags::CLOEXEC;
    let socket = socket_with(family, SocketType::STREAM, flags, None).expect("a socket");
    let answer = connect(&socket, &to);
    assert_eq!(answer, Err(rustix::io::Errno::INPROGRESS), "connect to {to}");
    socket
}

/// A listener made by a thread that is another user; the descriptor is ours.
fn of_another_user() -> TcpListener {
    let make = || {
        // The thread alone changes, and ends after one socket.
        set_thread_uid(Uid::from_raw(BIG_USER)).expect("root may become anybody");
        TcpListener::bind("127.0.0.1:0").expect("a listener")
    };
    thread::spawn(make).join().expect("no panic")
}
