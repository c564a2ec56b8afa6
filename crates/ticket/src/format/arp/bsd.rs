//! Sentences: `? (192.0.2.1) at 02:00:5e:10:00:01 [ether] on eth0`, by `arp -a`, BusyBox and BSD.

use synrecv_model::Nud;

use super::{Entry, bare, known};
use crate::token::{address, link};

/// An entry, and whether the words behind its device are those of BSD or macOS.
pub(super) fn entry(words: &[&str]) -> Option<(Entry, bool)> {
    let [_, host, _, link_layer, rest @ ..] = words else {
        return None;
    };
    let host = host.strip_prefix('(')?.strip_suffix(')')?;
    address::ip(host)?;
    let mac = link::mac(link_layer);
    let is_word = link_layer.starts_with(['<', '(']) || *link_layer == "*";
    if mac.is_none() && !is_word {
        return None;
    }
    let mut rest = rest;
    let mut is_permanent = false;
    let mut is_proxy = false;
    let mut is_bsd = false;
    while let Some((&word, behind)) = rest.split_first() {
        match word {
            "PERM" => is_permanent = true,
            "PUB" | "PUP" => is_proxy = true,
            "netmask" => rest = behind,
            word if word.starts_with('[') && word.ends_with(']') => {}
            _ => break,
        }
        rest = rest.split_first()?.1;
    }
    let device = match rest {
        // `auf eth0`; `<nekompletní>na eth0` has no blank where the others have one.
        [_, device, behind @ ..] if link::is_device(device) => {
            for word in behind {
                match *word {
                    "ifscope" | "[ethernet]" | "expires" | "[vlan]" | "[bridge]" => is_bsd = true,
                    "permanent" => is_permanent = true,
                    "published" => is_proxy = true,
                    _ => {}
                }
            }
            *device
        }
        [device] => *device,
        _ => return None,
    };
    if !link::is_device(device) {
        return None;
    }
    let is_proxy = is_proxy || link_layer.starts_with("<from") || *link_layer == "*";
    let entry = bare(host).map(|mut entry| {
        entry.mac = mac.and_then(known);
        entry.proxy = is_proxy;
        entry.state = match () {
            () if is_proxy => None,
            () if is_permanent => Some(Nud::Permanent),
            () => entry.mac.is_none().then_some(Nud::Incomplete),
        };
        entry.device = Some(device.to_owned());
        entry
    });
    Some((entry, is_bsd))
}
