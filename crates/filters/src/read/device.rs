//! Filters of traffic control over rtnetlink.

use synrecv_model::{DeviceFilter, Section};
use synrecv_netlink::{Change, DumpReport, NetlinkError, Protocol, Socket, steady_dump};

use crate::parse::device;

const RTM_GETQDISC: u16 = 38;
const RTM_GETTFILTER: u16 = 46;
const RTNLGRP_TC: u32 = 4;

/// `struct tcmsg` of any device.
const ANY: [u8; 20] = [0; 20];

/// Reads the filters of every device that has a place for them. Needs no rights.
///
/// Only what traffic control itself lists: programs attached by TCX (Linux 6.6) or netkit links are
/// not among them, nor are filters of single classes.
pub fn device_filters() -> Section<Vec<DeviceFilter>> {
    steady_dump(Protocol::Route, &[RTNLGRP_TC], dump, |_, _| Ok(Change::Torn))
}

fn dump(socket: &mut Socket) -> Result<(Vec<DeviceFilter>, DumpReport), NetlinkError> {
    let mut places = Vec::new();
    let mut report = socket.dump(RTM_GETQDISC, 0, &ANY, |message| {
        places.extend(device::qdisc(message.payload)?);
        Ok(())
    })?;
    let mut filters = Vec::new();
    for place in places {
        report.merge(socket.dump(RTM_GETTFILTER, 0, &place.request(), |message| {
            filters.extend(device::filter(message.payload, place)?);
            Ok(())
        })?);
    }
    Ok((filters, report))
}
