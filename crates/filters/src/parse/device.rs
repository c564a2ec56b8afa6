//! Queueing disciplines and filters of traffic control, see `linux/rtnetlink.h` and
//! `linux/pkt_cls.h`.

use synrecv_model::{DeviceFilter, Direction, Foreign};
use synrecv_netlink::{Attributes, Malformed, Undecodable};

use super::fields::{Fields, at, u32_at};

/// `struct tcmsg`.
const HEADER_LEN: usize = 20;

const TCA_KIND: usize = 1;
const TCA_OPTIONS: usize = 2;

/// `TC_H_MIN_INGRESS` and `TC_H_MIN_EGRESS` below `TC_H_CLSACT`.
const INGRESS: u32 = 0xffff_fff2;
const EGRESS: u32 = 0xffff_fff3;

/// Of `TC_ACT_*`.
const SHOT: u32 = 2;

/// Attribute of a filter that holds its actions.
const ACTIONS: &[(&str, usize)] = &[
    ("basic", 3),
    ("bpf", 1),
    ("cgroup", 1),
    ("flow", 9),
    ("flower", 3),
    ("fw", 4),
    ("matchall", 2),
    ("route", 6),
    ("u32", 7),
];

/// Kinds without classes, of which the kernel can hold very many; they have no filters.
const CLASSLESS: &[&str] = &["noqueue", "mq", "pfifo_fast", "pfifo", "bfifo", "fq"];

/// Where filters can be attached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct FilterPlace {
    /// Device. `tcm_ifindex`.
    pub ifindex: u32,
    /// What is to be asked for. `tcm_parent`.
    pub parent: u32,
    /// Which packets pass it.
    pub direction: Direction,
}

impl FilterPlace {
    /// `struct tcmsg` of a request for the filters there.
    pub fn request(&self) -> [u8; HEADER_LEN] {
        let mut header = [0; HEADER_LEN];
        let fields = [(4, self.ifindex), (12, self.parent)];
        for (offset, value) in fields {
            for (place, byte) in header.iter_mut().skip(offset).zip(value.to_ne_bytes()) {
                *place = byte;
            }
        }
        header
    }
}

/// The places of a queueing discipline: none, one, or two. RTM_NEWQDISC.
pub fn qdisc(payload: &[u8]) -> Result<Vec<FilterPlace>, Undecodable> {
    let fields = Fields::of(Attributes::after(payload, HEADER_LEN))?;
    let header = u32_at(payload, 4).zip(u32_at(payload, 8));
    let (Some((ifindex, handle)), Some(kind)) = (header, fields.text(TCA_KIND)) else {
        return Err(Undecodable::new("qdisc without its kind"));
    };
    let place = |parent, direction| FilterPlace { ifindex, parent, direction };
    Ok(match kind.as_str() {
        "clsact" => vec![place(INGRESS, Direction::In), place(EGRESS, Direction::Out)],
        // It answers for the other direction as well, with the same filters.
        "ingress" => vec![place(INGRESS, Direction::In)],
        kind if CLASSLESS.contains(&kind) => Vec::new(),
        _ => vec![place(handle, Direction::Out)],
    })
}

/// A filter at a place; `None` for the head of a list and the hash tables of `u32`. RTM_NEWTFILTER.
pub fn filter(payload: &[u8], place: FilterPlace) -> Result<Option<DeviceFilter>, Undecodable> {
    const TCA_U32_DIVISOR: usize = 4;
    const TCA_BPF_NAME: usize = 7;
    const TCA_BPF_FLAGS: usize = 8;
    const TCA_BPF_ID: usize = 11;
    const TCA_BPF_FLAG_ACT_DIRECT: u32 = 1;

    let fields = Fields::of(Attributes::after(payload, HEADER_LEN))?;
    let (Some(handle), Some(kind)) = (u32_at(payload, 8), fields.text(TCA_KIND)) else {
        return Err(Undecodable::new("traffic control filter without its kind"));
    };
    let options = fields.nested(TCA_OPTIONS)?;
    let is_table = |options: &Fields<'_>| kind == "u32" && options.bytes(TCA_U32_DIVISOR).is_some();
    let Some(options) = options.filter(|options| handle != 0 && !is_table(options)) else {
        return Ok(None);
    };
    let is_bpf = kind == "bpf";
    let number = |kind| options.bytes(kind).and_then(|bytes| u32_at(bytes, 0)).filter(|_| is_bpf);
    let mut found = DeviceFilter {
        ifindex: place.ifindex,
        direction: place.direction,
        name: options.text(TCA_BPF_NAME).filter(|_| is_bpf).map(Foreign),
        program_id: number(TCA_BPF_ID),
        direct_action: number(TCA_BPF_FLAGS).unwrap_or(0) & TCA_BPF_FLAG_ACT_DIRECT != 0,
        drops: false,
        dropped_count: None,
        kind: Foreign(kind.clone()),
    };
    let actions = ACTIONS.iter().find(|(of, _)| *of == kind).map(|(_, attribute)| *attribute);
    if let Some(list) = actions.and_then(|attribute| options.bytes(attribute)) {
        for action in Attributes::new(list) {
            add_action(&mut found, &Fields::of(action?.nested())?)?;
        }
    }
    Ok(Some(found))
}

fn add_action(filter: &mut DeviceFilter, action: &Fields<'_>) -> Result<(), Malformed> {
    const TCA_ACT_KIND: usize = 1;
    const TCA_ACT_OPTIONS: usize = 2;
    const TCA_ACT_STATS: usize = 4;
    const TCA_STATS_QUEUE: usize = 3;

    let options = action.nested(TCA_ACT_OPTIONS)?;
    let number = |kind, offset| {
        options.and_then(|options| options.bytes(kind)).and_then(|bytes| u32_at(bytes, offset))
    };
    match action.text(TCA_ACT_KIND).as_deref() {
        // `struct tc_gact`, and `struct tc_gact_p` for some of the packets.
        Some("gact") => filter.drops |= number(2, 8) == Some(SHOT) || number(3, 4) == Some(SHOT),
        // `struct tc_police`: what it does to packets over the rate.
        Some("police") => filter.drops |= number(1, 4) == Some(SHOT),
        // Its program returns the verdict.
        Some("bpf") => filter.direct_action = true,
        _ => {}
    }
    if let Some(statistics) = action.nested(TCA_ACT_STATS)? {
        // `struct gnet_stats_queue`
        let drops = statistics.bytes(TCA_STATS_QUEUE).and_then(|queue| at::<4>(queue, 8));
        if let Some(drops) = drops {
            let drops = u64::from(u32::from_ne_bytes(drops));
            filter.dropped_count = Some(filter.dropped_count.unwrap_or(0) + drops);
        }
    }
    Ok(())
}
