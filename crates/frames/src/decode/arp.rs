//! ARP for IPv4 over Ethernet (RFC 826).

use synrecv_model::ClaimKind;

use super::{Claim, Question, Resolution, be16, mac_at, v4_at};

/// Octets of a packet.
const LEN: u32 = 28;

/// `None` when it is cut; a packet for other protocols says nothing.
pub(super) fn decode(bytes: &[u8]) -> Option<Resolution> {
    let shape = (be16(bytes, 0)?, be16(bytes, 2)?, be16(bytes, 4)?);
    let operation = be16(bytes, 6)?;
    // ARPHRD_ETHER, IPv4, six and four octets.
    if shape != (1, 0x0800, 0x0604) || !matches!(operation, 1 | 2) {
        return Some(Resolution::default());
    }
    let mac = mac_at(bytes, 8)?;
    let sender = v4_at(bytes, 14)?;
    let target = v4_at(bytes, 24)?;
    let claim = |kind, answers| Claim { kind, address: sender.into(), mac: Some(mac), answers };
    let mut resolution = Resolution { claim: None, question: None, len: LEN };
    if sender == target {
        if !sender.is_unspecified() {
            resolution.claim = Some(claim(ClaimKind::ArpGratuitous, None));
        }
    } else if operation == 2 {
        let answers = (!target.is_unspecified()).then(|| target.into());
        resolution.claim = Some(claim(ClaimKind::ArpReply, answers));
    } else {
        // A sender without address is a probe (RFC 5227): it claims nothing yet.
        let asker = (!sender.is_unspecified()).then(|| sender.into());
        resolution.claim = asker.map(|_| claim(ClaimKind::ArpRequest, None));
        resolution.question = Some(Question { address: target.into(), asker, mac: Some(mac) });
    }
    Some(resolution)
}
