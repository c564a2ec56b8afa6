//! Neighbour solicitations and advertisements (RFC 4861).

use synrecv_model::{ClaimKind, Mac};

use super::{Claim, Ip, Question, Resolution, ip_addr, mac_at, v6_at};

const SOLICITATION: u8 = 135;
const ADVERTISEMENT: u8 = 136;

/// Options that are looked at.
const OPTIONS_MAX: usize = 8;

/// `None` for every other ICMPv6 message, and for one that is cut.
pub(super) fn decode(ip: &Ip<'_>) -> Option<Resolution> {
    let bytes = ip.payload;
    let kind = *bytes.first()?;
    // A router would have lowered it: from elsewhere, so not heard by hosts either.
    if ip.ttl != 255 || !matches!(kind, SOLICITATION | ADVERTISEMENT) {
        return None;
    }
    let target = v6_at(bytes, 8)?.into();
    let (src, dst) = (ip_addr(ip.src), ip_addr(ip.dst));
    let len = u32::try_from(ip.len).unwrap_or(u32::MAX);
    let mut resolution = Resolution { claim: None, question: None, len };
    if kind == SOLICITATION {
        let mac = option(bytes, 1);
        // Without a source it is duplicate address detection.
        let asker = (!src.is_unspecified()).then_some(src);
        let known = asker.filter(|_| mac.is_some());
        let kind = ClaimKind::Solicitation;
        resolution.claim = known.map(|address| Claim { kind, address, mac, answers: None });
        resolution.question = Some(Question { address: target, asker, mac });
    } else {
        let flags = *bytes.get(4)?;
        let kind = ClaimKind::Advertisement {
            router: flags & 0x80 != 0,
            solicited: flags & 0x40 != 0,
            overrides: flags & 0x20 != 0,
        };
        let answers = (!dst.is_multicast()).then_some(dst);
        resolution.claim = Some(Claim { kind, address: target, mac: option(bytes, 2), answers });
    }
    Some(resolution)
}

/// The link-layer address in an option of this type.
fn option(message: &[u8], wanted: u8) -> Option<Mac> {
    let mut rest = message.get(24..)?;
    for _ in 0..OPTIONS_MAX {
        let (&kind, &units) = rest.first().zip(rest.get(1))?;
        if kind == wanted {
            return mac_at(rest, 2);
        }
        rest = rest.get(usize::from(units.max(1)) * 8..)?;
    }
    None
}
