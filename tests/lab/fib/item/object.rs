//! Next-hop objects and neighbours.

use std::fmt;
use std::net::IpAddr;

use synrecv_model::{Family, NextHopObject, Nud};
use synrecv_netlink::{Question, RequestBuilder};

use super::{NLM_F_ACK, PROTOCOL, RTM_DELNEIGH, RTM_DELNEXTHOP, option};

const NHA_ID: u16 = 1;
const NHA_GROUP: u16 = 2;
const NHA_BLACKHOLE: u16 = 4;
const NHA_OIF: u16 = 5;
const NHA_GATEWAY: u16 = 6;

const NDA_DST: u16 = 1;
const NDA_LLADDR: u16 = 2;

/// A next-hop object, with the family of its own.
#[derive(Clone, Debug)]
pub(crate) struct Object {
    pub(crate) family: Family,
    pub(crate) noun: NextHopObject,
    pub(crate) device: &'static str,
}

/// A neighbour in a state that stays.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NewNeighbour {
    pub(crate) device: &'static str,
    pub(crate) ifindex: u32,
    pub(crate) address: IpAddr,
    pub(crate) state: Nud,
}

impl Object {
    pub(super) fn payload(&self) -> Vec<u8> {
        let object = &self.noun;
        let family = if object.group.is_empty() { self.family.number() } else { 0 };
        let mut request =
            RequestBuilder::new(&[family, 0, PROTOCOL, 0, 0, 0, 0, 0]).u32(NHA_ID, object.id);
        if !object.group.is_empty() {
            let entry = |(id, weight): &(u32, u32)| {
                let weight = u8::try_from(weight - 1).expect("small weights");
                let [a, b, c, d] = id.to_ne_bytes();
                [a, b, c, d, weight, 0, 0, 0]
            };
            let entries: Vec<u8> = object.group.iter().flat_map(entry).collect();
            return request.attribute(NHA_GROUP, &entries).into_payload();
        }
        if object.blackhole {
            return request.attribute(NHA_BLACKHOLE, &[]).into_payload();
        }
        let hop = object.next_hop.expect("neither group nor blackhole");
        request = request.u32(NHA_OIF, hop.ifindex);
        if let Some(gateway) = hop.gateway {
            request = request.ip(NHA_GATEWAY, gateway);
        }
        request.into_payload()
    }
}

/// The request that deletes a next-hop object.
pub(crate) fn object_deletion(id: u32) -> Question {
    let payload = RequestBuilder::new(&[0; 8]).u32(NHA_ID, id).into_payload();
    Question { kind: RTM_DELNEXTHOP, flags: NLM_F_ACK, payload }
}

const STATES: [(Nud, u16); 4] =
    [(Nud::Reachable, 2), (Nud::Stale, 4), (Nud::Failed, 0x20), (Nud::Permanent, 0x80)];

impl NewNeighbour {
    pub(super) fn payload(&self) -> Vec<u8> {
        self.message(self.state)
    }

    fn message(&self, state: Nud) -> Vec<u8> {
        let (_, state) =
            STATES.into_iter().find(|(known, _)| *known == state).expect("a state that stays");
        let [a, b, c, d] = self.ifindex.to_ne_bytes();
        let [low, high] = state.to_ne_bytes();
        let family = Family::of(self.address).number();
        RequestBuilder::new(&[family, 0, 0, 0, a, b, c, d, low, high, 0, 0])
            .ip(NDA_DST, self.address)
            .attribute(NDA_LLADDR, &[2, 0, 0, 0, 0x55, 1])
            .into_payload()
    }

    /// The request that deletes it.
    pub(crate) fn deletion(&self) -> Question {
        Question { kind: RTM_DELNEIGH, flags: NLM_F_ACK, payload: self.message(self.state) }
    }
}

impl fmt::Display for Object {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let object = &self.noun;
        if object.group.is_empty() {
            write!(f, "ip {} nexthop add id {}", option(self.family), object.id)?;
        } else {
            let member = |(id, weight): &(u32, u32)| format!("{id},{weight}");
            let members: Vec<String> = object.group.iter().map(member).collect();
            write!(f, "ip nexthop add id {} group {}", object.id, members.join("/"))?;
        }
        if object.blackhole {
            write!(f, " blackhole")?;
        }
        if let Some(hop) = object.next_hop {
            if let Some(gateway) = hop.gateway {
                write!(f, " via {gateway}")?;
            }
            write!(f, " dev {}", self.device)?;
        }
        Ok(())
    }
}

impl fmt::Display for NewNeighbour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { device, address, state, .. } = self;
        let family = option(Family::of(*address));
        write!(
            f,
            "ip {family} neigh replace {address} dev {device} lladdr 02:00:00:00:55:01 nud {}",
            state.name()
        )
    }
}
