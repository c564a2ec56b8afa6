//! `RTM_NEWNEXTHOP` payloads, see `linux/nexthop.h`.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;

use synrecv_model::{NextHop, NextHopFlags, NextHopObject, Route, RouteInfo};
use synrecv_netlink::{Attribute, Attributes, Malformed, Undecodable};

/// `struct nhmsg`.
const HEADER_LEN: usize = 8;
/// `struct nexthop_grp`: id, then weight - 1 as low and high octet.
const GROUP_ENTRY_LEN: usize = 8;

const NHA_ID: u16 = 1;
const NHA_GROUP: u16 = 2;
const NHA_BLACKHOLE: u16 = 4;
const NHA_OIF: u16 = 5;
const NHA_GATEWAY: u16 = 6;

/// One next-hop object. An object without NHA_ID is undecodable.
pub fn nexthop(payload: &[u8]) -> Result<NextHopObject, Undecodable> {
    let Some((header, attributes)) = payload.split_first_chunk::<HEADER_LEN>() else {
        return Err(Undecodable::new("next-hop message shorter than its header"));
    };
    let [_, _, _, _, f0, f1, f2, f3] = *header;
    let mut id = None;
    let mut group = Vec::new();
    let mut blackhole = false;
    let mut ifindex = 0;
    let mut gateway: Option<IpAddr> = None;
    for attribute in Attributes::new(attributes) {
        let attribute = attribute?;
        match attribute.kind {
            NHA_ID => id = Some(attribute.u32()?),
            NHA_GROUP => group = members(&attribute)?,
            NHA_BLACKHOLE => blackhole = true,
            NHA_OIF => ifindex = attribute.u32()?,
            NHA_GATEWAY => gateway = Some(attribute.ip()?),
            _ => {}
        }
    }
    let flags = NextHopFlags::from_number(u32::from_ne_bytes([f0, f1, f2, f3]));
    let leads_somewhere = group.is_empty() && !blackhole;
    Ok(NextHopObject {
        id: id.ok_or_else(|| Undecodable::new("next-hop object without NHA_ID"))?,
        group,
        next_hop: leads_somewhere.then_some(NextHop { ifindex, gateway, weight: 1, flags }),
        blackhole,
    })
}

fn members(attribute: &Attribute<'_>) -> Result<Vec<(u32, u32)>, Malformed> {
    let (entries, rest) = attribute.payload.as_chunks::<GROUP_ENTRY_LEN>();
    if !rest.is_empty() {
        return Err(Malformed);
    }
    // weight_high (Linux 6.12) was a zero reserved octet before.
    let member = |&[i0, i1, i2, i3, low, high, _, _]: &[u8; GROUP_ENTRY_LEN]| {
        let weight = u32::from(u16::from_be_bytes([high, low])) + 1;
        (u32::from_ne_bytes([i0, i1, i2, i3]), weight)
    };
    Ok(entries.iter().map(member).collect())
}

/// Gives routes that only name an object (`nexthop_compat_mode` 0) the next hops of that object.
///
/// Routes with next hops, and routes whose object is not in `objects`, stay as they are.
pub fn fill_next_hops(routes: &mut [Route], objects: &[NextHopObject]) {
    let by_id: HashMap<u32, &NextHopObject> =
        objects.iter().map(|object| (object.id, object)).collect();
    let find = |id: u32| by_id.get(&id).copied();
    // What routes share they share afterwards, too. By the address of it, which it keeps.
    let mut filled: HashMap<*const RouteInfo, (Arc<RouteInfo>, Arc<RouteInfo>)> = HashMap::new();
    for route in routes.iter_mut().filter(|route| route.next_hops.is_empty()) {
        let Some(object) = route.nexthop_id.and_then(find) else {
            continue;
        };
        let (_, info) = filled.entry(Arc::as_ptr(route.info())).or_insert_with(|| {
            let members = object.group.iter().filter_map(|&(id, weight)| {
                find(id)?.next_hop.map(|next_hop| NextHop { weight, ..next_hop })
            });
            let next_hops = object.next_hop.into_iter().chain(members).collect();
            let info = RouteInfo { next_hops, ..RouteInfo::clone(route.info()) };
            (Arc::clone(route.info()), Arc::new(info))
        });
        *route = Route::new(route.destination, Arc::clone(info));
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{cuts, payloads};
    use super::super::route;
    use super::*;

    const NEXTHOPS: &str = include_str!("../../testdata/nexthops.hex");
    const ROUTES: &str = include_str!("../../testdata/routes.hex");

    fn objects() -> Vec<NextHopObject> {
        payloads(NEXTHOPS).iter().map(|payload| nexthop(payload).unwrap()).collect()
    }

    #[test]
    fn single_group_and_blackhole() {
        let objects = objects();
        let gateway =
            |object: &NextHopObject| object.next_hop.unwrap().gateway.unwrap().to_string();
        assert_eq!((objects[0].id, gateway(&objects[0])), (1, "10.1.0.1".to_owned()));
        assert_eq!((&objects[2].group[..], objects[2].next_hop), (&[(1, 3), (2, 1)][..], None));
        assert!(objects[3].blackhole && objects[3].next_hop.is_none());
        assert_eq!(gateway(&objects[4]), "fe80::1");
    }

    #[test]
    fn a_route_that_only_names_its_object_gets_its_next_hops() {
        let rows = payloads(ROUTES).into_iter().filter_map(|bytes| route(&bytes).unwrap());
        let mut rows: Vec<_> = rows.filter(|row| row.nexthop_id == Some(3)).collect();
        let whole = rows.clone();
        rows[0].next_hops.clear();
        fill_next_hops(&mut rows, &objects());
        assert_eq!(rows, whole);
        fill_next_hops(&mut rows, &[]);
        assert_eq!(rows, whole);
    }

    #[test]
    fn any_cut_is_survived() {
        cuts(NEXTHOPS, |cut| drop(nexthop(cut)));
    }
}
