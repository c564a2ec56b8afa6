//! `RTM_NEWRULE` and `RTM_DELRULE` payloads, see `linux/fib_rules.h`.

use synrecv_model::{Family, Foreign, PortRange, Rule, RuleAction};
use synrecv_netlink::{Attribute, Attributes, Malformed, Undecodable};

use super::prefix;

/// `struct fib_rule_hdr`.
const HEADER_LEN: usize = 12;

const FRA_DST: u16 = 1;
const FRA_SRC: u16 = 2;
const FRA_IIFNAME: u16 = 3;
const FRA_GOTO: u16 = 4;
const FRA_PRIORITY: u16 = 6;
const FRA_FWMARK: u16 = 10;
/// Realms: a label of the result, not a selector.
const FRA_FLOW: u16 = 11;
const FRA_TUN_ID: u16 = 12;
const FRA_SUPPRESS_IFGROUP: u16 = 13;
const FRA_SUPPRESS_PREFIXLEN: u16 = 14;
const FRA_TABLE: u16 = 15;
const FRA_FWMASK: u16 = 16;
const FRA_OIFNAME: u16 = 17;
const FRA_PAD: u16 = 18;
const FRA_L3MDEV: u16 = 19;
const FRA_UID_RANGE: u16 = 20;
const FRA_PROTOCOL: u16 = 21;
const FRA_IP_PROTO: u16 = 22;
const FRA_SPORT_RANGE: u16 = 23;
const FRA_DPORT_RANGE: u16 = 24;
const FRA_DSCP: u16 = 25;
const FRA_SPORT_MASK: u16 = 28;
const FRA_DPORT_MASK: u16 = 29;
const FRA_DSCP_MASK: u16 = 30;

/// FIB_RULE_INVERT of `fib_rule_hdr.flags`.
const INVERT: u32 = 0x2;
/// The mask of an exact DSCP, which Linux 6.14 and later send along.
const WHOLE_DSCP: u8 = 0x3f;
/// "Not set" of the suppressing attributes.
const UNSET: u32 = u32::MAX;

/// One policy rule.
///
/// `Ok(None)` is a rule of another family (multicast forwarding). An attribute that this program
/// does not know, or a mask that the noun cannot hold, goes into `unknown_selectors`.
pub fn rule(payload: &[u8]) -> Result<Option<Rule>, Undecodable> {
    let Some((header, attributes)) = payload.split_first_chunk::<HEADER_LEN>() else {
        return Err(Undecodable::new("rule message shorter than its header"));
    };
    let [family, dst_len, src_len, tos, table, _, _, action, f0, f1, f2, f3] = *header;
    let Some(family) = Family::from_number(family) else {
        return Ok(None);
    };
    let mut mark = None;
    let mut under = None;
    let mut rule = Rule {
        family,
        priority: 0,
        invert: u32::from_ne_bytes([f0, f1, f2, f3]) & INVERT != 0,
        from: None,
        to: None,
        iif: None,
        oif: None,
        fwmark: None,
        tos,
        dscp: None,
        uid_range: None,
        ip_protocol: None,
        sport: None,
        dport: None,
        tun_id: None,
        l3mdev: false,
        action: RuleAction::from_number(action),
        table: u32::from(table),
        goto: None,
        suppress_prefix_len: None,
        suppress_if_group: None,
        protocol: 0,
        unknown_selectors: Vec::new(),
    };
    for attribute in Attributes::new(attributes) {
        let attribute = attribute?;
        match attribute.kind {
            FRA_DST => rule.to = Some(prefix(attribute.ip()?, dst_len)?),
            FRA_SRC => rule.from = Some(prefix(attribute.ip()?, src_len)?),
            FRA_IIFNAME => rule.iif = Some(Foreign(attribute.text())),
            FRA_OIFNAME => rule.oif = Some(Foreign(attribute.text())),
            FRA_GOTO => rule.goto = Some(attribute.u32()?),
            FRA_PRIORITY => rule.priority = attribute.u32()?,
            FRA_FWMARK => mark = Some(attribute.u32()?),
            FRA_FWMASK => under = Some(attribute.u32()?),
            FRA_TUN_ID => rule.tun_id = Some(u64::from_be(attribute.u64()?)),
            FRA_SUPPRESS_IFGROUP => rule.suppress_if_group = set(attribute.u32()?),
            FRA_SUPPRESS_PREFIXLEN => rule.suppress_prefix_len = set(attribute.u32()?),
            FRA_TABLE => rule.table = attribute.u32()?,
            FRA_L3MDEV => rule.l3mdev = attribute.u8()? != 0,
            FRA_UID_RANGE => rule.uid_range = Some(uids(&attribute)?),
            FRA_PROTOCOL => rule.protocol = attribute.u8()?,
            FRA_IP_PROTO => rule.ip_protocol = Some(attribute.u8()?),
            FRA_SPORT_RANGE => rule.sport = Some(ports(&attribute)?),
            FRA_DPORT_RANGE => rule.dport = Some(ports(&attribute)?),
            FRA_DSCP => rule.dscp = Some(attribute.u8()?),
            FRA_FLOW | FRA_PAD | 0 => {}
            FRA_SPORT_MASK | FRA_DPORT_MASK if attribute.payload == u16::MAX.to_ne_bytes() => {}
            FRA_DSCP_MASK if attribute.payload == [WHOLE_DSCP] => {}
            unknown => rule.unknown_selectors.push(unknown),
        }
    }
    // The kernel leaves out a mark of 0; a mask alone means mark 0 under that mask.
    if mark.is_some() || under.is_some() {
        rule.fwmark = Some((mark.unwrap_or(0), under.unwrap_or(u32::MAX)));
    }
    Ok(Some(rule))
}

/// A suppressing attribute, which the kernel also sends when it is not set.
fn set(value: u32) -> Option<u32> {
    (value != UNSET).then_some(value)
}

/// `struct fib_rule_uid_range`.
fn uids(attribute: &Attribute<'_>) -> Result<PortRange, Malformed> {
    let (&[start, end], []) = attribute.payload.as_chunks::<4>() else {
        return Err(Malformed);
    };
    Ok(PortRange { start: u32::from_ne_bytes(start), end: u32::from_ne_bytes(end) })
}

/// `struct fib_rule_port_range`, in host byte order.
fn ports(attribute: &Attribute<'_>) -> Result<PortRange, Malformed> {
    let (&[start, end], []) = attribute.payload.as_chunks::<2>() else {
        return Err(Malformed);
    };
    let port = |bytes| u32::from(u16::from_ne_bytes(bytes));
    Ok(PortRange { start: port(start), end: port(end) })
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{cuts, payloads};
    use super::*;

    const RULES: &str = include_str!("../../testdata/rules.hex");

    fn rules() -> Vec<Rule> {
        payloads(RULES).iter().filter_map(|payload| rule(payload).unwrap()).collect()
    }

    fn at(priority: u32) -> Rule {
        rules().into_iter().find(|rule| rule.priority == priority).unwrap()
    }

    #[test]
    fn every_selector_is_known() {
        let rules = rules();
        assert_eq!(rules.len(), 24);
        assert!(rules.iter().all(|rule| rule.unknown_selectors.is_empty()));
    }

    #[test]
    fn addresses_devices_and_marks() {
        assert_eq!(at(1000).from, Some("10.2.0.0/22".parse().unwrap()));
        assert_eq!((at(1001).to, at(1001).protocol), (Some("10.77.0.0/16".parse().unwrap()), 99));
        assert_eq!(at(1002).iif, Some(Foreign("v0".into())));
        assert_eq!(at(1003).oif, Some(Foreign("v1".into())));
        assert_eq!(at(1004).fwmark, Some((0x10, 0xf0)));
        let inverted = at(1008);
        assert_eq!((inverted.invert, inverted.tos, inverted.table), (true, 0x10, 100));
    }

    #[test]
    fn users_ports_and_the_rest() {
        assert_eq!(at(1005).uid_range, Some(PortRange { start: 1000, end: 1999 }));
        let port = Some(PortRange { start: 8080, end: 8080 });
        assert_eq!((at(1006).ip_protocol, at(1006).sport), (Some(6), port));
        assert_eq!(at(1007).dport, Some(PortRange { start: 50, end: 60 }));
        assert_eq!(at(1009).tun_id, Some(42));
        assert!(at(1010).l3mdev);
        assert_eq!((at(1011).action, at(1011).goto), (RuleAction::Goto, Some(32_766)));
        assert_eq!(at(1012).action, RuleAction::Blackhole);
        assert_eq!(at(1014).suppress_prefix_len, Some(0));
        assert_eq!(at(1015).suppress_if_group, Some(5));
        assert_eq!((at(0).suppress_prefix_len, at(0).table), (None, 255));
    }

    #[test]
    fn an_unknown_selector_is_kept_by_number() {
        let sport = payloads(RULES).into_iter().find(|p| rule(p).unwrap().unwrap().sport.is_some());
        let mut newer = sport.unwrap();
        newer.extend([8, 0, 200, 0, 1, 2, 3, 4]);
        assert_eq!(rule(&newer).unwrap().unwrap().unknown_selectors, [200]);
        let mask = newer.windows(4).position(|bytes| bytes == [0x06, 0, 28, 0]).unwrap();
        newer[mask + 4] = 0xf0;
        assert_eq!(rule(&newer).unwrap().unwrap().unknown_selectors, [FRA_SPORT_MASK, 200]);
    }

    #[test]
    fn any_cut_is_survived() {
        cuts(RULES, |cut| drop(rule(cut)));
    }
}
