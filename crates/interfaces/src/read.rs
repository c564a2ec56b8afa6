//! The calling thread's network namespace, as the kernel has it now.

use std::collections::BTreeMap;
use std::path::Path;

use synrecv_model::{Address, Flaw, Link, LinkTraffic, Reading, Section, Settings, order};
use synrecv_netlink::{Change, DumpReport, NetlinkError, Protocol, Socket, clock, steady_dump};

use crate::conf::DeviceConf;
use crate::parse;
use crate::sysctl::Sysctls;

const RTM_NEWLINK: u16 = 16;
const RTM_DELLINK: u16 = 17;
const RTM_GETLINK: u16 = 18;
const RTM_NEWADDR: u16 = 20;
const RTM_DELADDR: u16 = 21;
const RTM_GETADDR: u16 = 22;
const RTM_GETSTATS: u16 = 94;

const RTNLGRP_LINK: u32 = 1;
const RTNLGRP_IPV4_IFADDR: u32 = 5;
const RTNLGRP_IPV6_IFADDR: u32 = 9;

/// `struct if_stats_msg` of any device; `filter_mask` has the bit of IFLA_STATS_LINK_64 alone.
const TRAFFIC: [u8; 12] = {
    let [m0, m1, m2, m3] = 1_u32.to_ne_bytes();
    [0, 0, 0, 0, 0, 0, 0, 0, m0, m1, m2, m3]
};

/// The devices, and their settings as configured, which come in the same messages.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Devices {
    /// In the kernel's order.
    pub links: Vec<Link>,
    /// By ifindex; for [`settings`].
    pub conf: BTreeMap<u32, DeviceConf>,
}

/// Reads all devices. Blocks for the time of the dump.
///
/// A device that came or went meanwhile, or NLM_F_DUMP_INTR, makes it read once more; the second
/// time the section has a flaw.
pub fn links() -> Section<Devices> {
    steady_dump(Protocol::Route, &[RTNLGRP_LINK], dump_links, |devices, notice| {
        let Some(row) = parse::link(notice.payload)? else {
            return Ok(Change::Absorbed);
        };
        let known = devices.links.iter_mut().find(|link| link.ifindex == row.link.ifindex);
        Ok(match (notice.kind, known) {
            (RTM_NEWLINK, Some(link)) => {
                *link = row.link;
                Change::Absorbed
            }
            (RTM_NEWLINK | RTM_DELLINK, _) => Change::Torn,
            _ => Change::Absorbed,
        })
    })
}

fn dump_links(socket: &mut Socket) -> Result<(Devices, DumpReport), NetlinkError> {
    let mut devices = Devices::default();
    // struct ifinfomsg of any family.
    let report = socket.dump(RTM_GETLINK, 0, &[0; 16], |message| {
        let Some(row) = parse::link(message.payload)? else {
            return Ok(());
        };
        let ifindex = row.link.ifindex;
        devices.links.push(row.link);
        devices.conf.insert(ifindex, row.conf?);
        Ok(())
    })?;
    Ok((devices, report))
}

/// Reads the packet counters of all devices once more, by ifindex, in an eighth of the time of
/// [`links`]. A device that is not there was not read. Blocks for the time of the dump.
pub fn traffic() -> Result<Vec<LinkTraffic>, NetlinkError> {
    let mut socket = Socket::open(Protocol::Route)?;
    let mut rows = Vec::new();
    let dumped = socket.dump(RTM_GETSTATS, 0, &TRAFFIC, |message| {
        rows.extend(parse::traffic(message.payload)?);
        Ok(())
    });
    match dumped {
        Ok(_) => {}
        // Before Linux 4.7 only the messages of devices have them.
        Err(NetlinkError::Refused { .. }) => {
            let (devices, _) = dump_links(&mut socket)?;
            rows = devices.links.into_iter().filter_map(|link| link.traffic).collect();
        }
        Err(error) => return Err(error),
    }
    order::sort_by_key(&mut rows, |row| row.ifindex);
    Ok(rows)
}

/// Reads the addresses of all devices, both families. Blocks for the time of the dump.
///
/// An address that came or went meanwhile, or NLM_F_DUMP_INTR, makes it read once more; the second
/// time the section has a flaw.
pub fn addresses() -> Section<Vec<Address>> {
    let groups = [RTNLGRP_IPV4_IFADDR, RTNLGRP_IPV6_IFADDR];
    steady_dump(Protocol::Route, &groups, dump_addresses, |addresses, notice| {
        let Some(row) = parse::address(notice.payload)? else {
            return Ok(Change::Absorbed);
        };
        let same = |old: &&mut Address| {
            (old.ifindex, old.address, old.prefix_len, old.peer)
                == (row.ifindex, row.address, row.prefix_len, row.peer)
        };
        Ok(match (notice.kind, addresses.iter_mut().find(same)) {
            (RTM_NEWADDR, Some(old)) => {
                *old = row;
                Change::Absorbed
            }
            (RTM_NEWADDR | RTM_DELADDR, _) => Change::Torn,
            _ => Change::Absorbed,
        })
    })
}

fn dump_addresses(socket: &mut Socket) -> Result<(Vec<Address>, DumpReport), NetlinkError> {
    let mut rows = Vec::new();
    // struct ifaddrmsg of any family.
    let report = socket.dump(RTM_GETADDR, 0, &[0; 8], |message| {
        rows.extend(parse::address(message.payload)?);
        Ok(())
    })?;
    Ok((rows, report))
}

/// Joins the settings of the devices with those of `all`, and reads the settings of the namespace.
///
/// `proc_sys` is `/proc/sys`, or where it is mounted; it shows the namespace of the calling
/// thread. A setting that the kernel does not have is left out; one that may not be read makes a
/// flaw. Devices that were not read make a flaw, too.
pub fn settings(proc_sys: &Path, devices: &Section<Devices>) -> Section<Settings> {
    let started = devices.reading().map_or_else(clock::now, |reading| reading.started);
    let mut sysctls = Sysctls::new(proc_sys);
    let all = sysctls.all_devices();
    let conf = devices.data().map(|devices| &devices.conf);
    let in_force =
        conf.into_iter().flatten().map(|(&ifindex, conf)| (ifindex, conf.in_force(&all)));
    let values = order::map(sysctls.values().map(|(name, value)| (name.into(), value)));
    let settings = Settings { devices: order::map(in_force), values };
    let mut flaws = sysctls.into_flaws();
    flaws.extend(devices.gap().cloned().map(Flaw::PartMissing));
    flaws.extend_from_slice(devices.flaws());
    let reading = Reading { source: "rtnetlink, /proc/sys".into(), started, ended: clock::now() };
    Section::from_reading(settings, flaws, reading)
}
