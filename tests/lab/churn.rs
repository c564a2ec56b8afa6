//! Tables that change while they are read: the kernel flags neither a torn route dump nor a torn
//! neighbour dump, and the doctor has to say so all the same.

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use rustix::net::netdevice::name_to_index;
use rustix::net::{AddressFamily, SocketType};
use serde_json::Value;
use synrecv_faults::{Lab, Namespace};
use synrecv_netlink::{Answer, Protocol, Question, RequestBuilder, Socket, flags};

use crate::inside::{need_rights, run_doctor};

/// Rows that stay: reading them takes longer than some changes.
const STAYING: u32 = 40_000;
/// Rows that come and go together.
const MOVING: u32 = 1_000;
/// Nothing here takes longer.
const PATIENCE: Duration = Duration::from_mins(2);

const AF_INET: u8 = 2;
const NLM_F_CREATE: u16 = 0x400;

/// A table to be changed.
#[derive(Clone, Copy, Debug)]
enum Table {
    Routes,
    Neighbours,
}

impl Table {
    fn command(self) -> &'static str {
        match self {
            Self::Routes => "route",
            Self::Neighbours => "arp",
        }
    }

    fn section(self) -> &'static str {
        match self {
            Self::Routes => "routes",
            Self::Neighbours => "neighbours",
        }
    }

    /// The request that makes or takes away the row of this number.
    fn change(self, number: u32, device: u32, add: bool) -> Question {
        let address = Ipv4Addr::from(u32::from(Ipv4Addr::new(172, 16, 0, 0)) + number);
        let (payload, new, del) = match self {
            Self::Routes => {
                const TABLE_MAIN: u8 = 254;
                const STATIC: u8 = 4;
                const LINK: u8 = 253;
                const UNICAST: u8 = 1;
                let rtmsg = [AF_INET, 32, 0, 0, TABLE_MAIN, STATIC, LINK, UNICAST, 0, 0, 0, 0];
                (RequestBuilder::new(&rtmsg).ip(1, address.into()).u32(4, device), 24, 25)
            }
            Self::Neighbours => {
                // Permanent entries do not count against the limit of the machine.
                const PERMANENT: u8 = 0x80;
                let mut ndmsg = [AF_INET, 0, 0, 0, 0, 0, 0, 0, PERMANENT, 0, 0, 0];
                ndmsg[4..8].copy_from_slice(&device.to_ne_bytes());
                let [_, a, b, c] = number.to_be_bytes();
                let mac = [2, 0xaa, 0, a, b, c];
                (RequestBuilder::new(&ndmsg).ip(1, address.into()).attribute(2, &mac), 28, 29)
            }
        };
        let (kind, more) = if add { (new, NLM_F_CREATE) } else { (del, 0) };
        Question { kind, flags: flags::ACK | more, payload: payload.into_payload() }
    }
}

/// A bridge: entries of the loopback device are no neighbours.
const DEVICE: &str = "flat";

/// Its index in the network namespace of the calling thread.
fn device() -> u32 {
    let socket = rustix::net::socket(AddressFamily::INET, SocketType::DGRAM, None);
    name_to_index(socket.expect("a socket"), DEVICE).expect("the device is there")
}

/// Makes or takes away rows in the network namespace of the calling thread.
fn change(socket: &mut Socket, table: Table, numbers: std::ops::Range<u32>, add: bool) {
    let device = device();
    let changes: Vec<Question> = numbers.map(|number| table.change(number, device, add)).collect();
    let mut refused = None;
    let asked = socket.ask_all(&changes, 64, |_, answer| {
        if let Answer::Error(errno, words) = answer {
            refused = Some((errno, words));
        }
    });
    asked.expect("the kernel answers");
    assert!(refused.is_none(), "{table:?}: {refused:?}");
}

/// Rows that come and go until this is stopped.
struct Churn {
    stop: Arc<AtomicBool>,
    changes: Arc<AtomicU64>,
    thread: JoinHandle<()>,
}

impl Churn {
    fn start(host: &Namespace, table: Table) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let changes = Arc::new(AtomicU64::new(0));
        let (their_stop, their_changes) = (Arc::clone(&stop), Arc::clone(&changes));
        let (going, begun) = mpsc::channel();
        let keep_changing = move || {
            let mut socket = Socket::open(Protocol::Route).expect("a netlink socket");
            let until = Instant::now() + PATIENCE;
            while !their_stop.load(Ordering::Relaxed) && Instant::now() < until {
                for add in [true, false] {
                    change(&mut socket, table, STAYING..STAYING + MOVING, add);
                    their_changes.fetch_add(MOVING.into(), Ordering::Relaxed);
                    let _ = going.send(());
                }
            }
        };
        // A thread started by the namespace's thread is in the namespace as well.
        let thread = host.run(move || thread::spawn(keep_changing)).expect("a namespace");
        begun.recv_timeout(PATIENCE).expect("the table changes");
        Self { stop, changes, thread }
    }

    fn count(&self) -> u64 {
        self.changes.load(Ordering::Relaxed)
    }

    fn end(self) {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.join().expect("the changes were made");
    }
}

fn section(host: &Namespace, table: Table) -> Value {
    let output = run_doctor(host, &[table.command(), "--format", "json"], None);
    assert!(output.status.success(), "{output:?}");
    let json: Value = serde_json::from_slice(&output.stdout).expect("a table is JSON");
    let section = &json["sections"][table.section()];
    let rows = json[table.section()].as_array().expect("rows");
    assert!(rows.len() >= STAYING as usize / 2, "{} rows: {section}", rows.len());
    section.clone()
}

fn a_table_that_changes_is_never_whole(table: Table) {
    need_rights();
    let mut lab = Lab::new().expect("a lab");
    let host = lab.host("server").expect("a host");
    host.bridge(DEVICE).expect("a bridge");
    host.run(move || {
        let mut socket = Socket::open(Protocol::Route).expect("a netlink socket");
        change(&mut socket, table, 0..STAYING, true);
    })
    .expect("a namespace");
    assert_eq!(section(&host, table)["state"], "collected");

    let churn = Churn::start(&host, table);
    for round in 0..5 {
        let before = churn.count();
        let section = section(&host, table);
        let changes = churn.count() - before;
        assert!(changes > u64::from(MOVING), "{table:?}, round {round}: {changes} changes");
        assert_eq!(section["state"], "partial", "{table:?}, round {round}: {section}");
        let words = section["flaws"].to_string();
        assert!(words.contains("changed"), "{table:?}, round {round}: {words}");
    }
    let output = run_doctor(&host, &[table.command()], None);
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(text.lines().take(5).any(|line| line.contains("changed")), "{text:.500}");
    churn.end();
    assert_eq!(section(&host, table)["state"], "collected");
}

#[test]
fn routes_that_change_are_never_a_whole_table() {
    a_table_that_changes_is_never_whole(Table::Routes);
}

#[test]
fn neighbours_that_come_and_go_are_never_a_whole_table() {
    a_table_that_changes_is_never_whole(Table::Neighbours);
}
