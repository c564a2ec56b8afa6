//! x_tables, by socket options.
//!
//! Only tables that exist are asked for: to ask for another one would make it, with its hooks.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use rustix::fd::OwnedFd;
use rustix::net::{AddressFamily, SocketType, socket};
use synrecv_model::{Flaw, Foreign, Gap, text};
use synrecv_netlink::{Errno, errno_gap};

use super::sockopt::get;
use super::{Chains, needs_root};
use crate::parse::legacy;

/// `IPT_SO_GET_INFO`, `IP6T_SO_GET_INFO`
const GET_INFO: libc::c_int = 64;
/// `IPT_SO_GET_ENTRIES`, `IP6T_SO_GET_ENTRIES`
const GET_ENTRIES: libc::c_int = 65;

const NAME_LEN: usize = 32;

/// A table that grows between the question for its length and the one for its entries is asked
/// again.
const ATTEMPTS: usize = 4;
/// Half a million rules are below.
const TABLE_BYTES_MAX: usize = 256 << 20;

/// The chains of all tables that exist.
pub(super) fn chains(proc_net: &Path) -> Result<Chains, Gap> {
    let mut chains = Chains::default();
    let versions = [(4, "ip_tables_names"), (6, "ip6_tables_names")];
    for (ip_version, file) in versions {
        for table in names(&proc_net.join(file))? {
            match read(ip_version, &table) {
                Ok(Ok(found)) => chains.0.extend(found),
                Ok(Err(undecodable)) => {
                    chains.1.push(Flaw::Undecodable { count: 1, first: undecodable.0 });
                }
                Err(Errno::PERM | Errno::ACCESS) => return Err(needs_root()),
                Err(errno) => chains.1.push(Flaw::PartMissing(unread(table, errno))),
            }
        }
    }
    Ok(chains)
}

/// Names of tables, one a line. Without the file there is no x_tables of that version.
fn names(file: &Path) -> Result<Vec<String>, Gap> {
    match fs::read_to_string(file) {
        Ok(names) => Ok(names.lines().map(str::to_owned).collect()),
        Err(error) => match error.kind() {
            ErrorKind::NotFound => Ok(Vec::new()),
            ErrorKind::PermissionDenied => Err(needs_root()),
            _ => Err(errno_gap("/proc/net/ip_tables_names", &error)),
        },
    }
}

fn unread(table: String, errno: Errno) -> Gap {
    let Gap { reason, detail } = errno_gap("its entries", &errno.into());
    Gap::new(reason, text!["table ", Foreign(table), " of iptables-legacy: ", detail])
}

type Parsed = Result<Vec<synrecv_model::FilterChain>, synrecv_netlink::Undecodable>;

fn read(ip_version: u8, table: &str) -> Result<Parsed, Errno> {
    let (family, level) = match ip_version {
        4 => (AddressFamily::INET, libc::SOL_IP),
        _ => (AddressFamily::INET6, libc::SOL_IPV6),
    };
    // x_tables answers on a socket of any type.
    let socket: OwnedFd = socket(family, SocketType::DGRAM, None)?;
    let mut tries = 0;
    loop {
        tries += 1;
        let mut info = question(table, legacy::INFO_LEN)?;
        get(&socket, level, GET_INFO, &mut info)?;
        let len = legacy::entries_len(&info).filter(|len| *len <= TABLE_BYTES_MAX);
        let len = len.ok_or(Errno::FBIG)?;
        let mut entries = question(table, legacy::ENTRIES_AT + len)?;
        let size = u32::try_from(len).map_err(|_| Errno::FBIG)?.to_ne_bytes();
        for (place, byte) in entries.iter_mut().skip(NAME_LEN).zip(size) {
            *place = byte;
        }
        match get(&socket, level, GET_ENTRIES, &mut entries) {
            Ok(()) => return Ok(legacy::table(ip_version, &info, &entries)),
            Err(Errno::AGAIN) if tries < ATTEMPTS => {}
            Err(errno) => return Err(errno),
        }
    }
}

/// The name of a table, NUL-terminated, with room for the answer.
fn question(table: &str, len: usize) -> Result<Vec<u8>, Errno> {
    if table.len() >= NAME_LEN {
        return Err(Errno::INVAL);
    }
    let mut question = table.as_bytes().to_vec();
    question.resize(len, 0);
    Ok(question)
}
