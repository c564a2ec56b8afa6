//! `arp -a` of Windows: `192.0.2.1  02-00-5e-10-00-01  dynamic` below `Interface: 192.0.2.10 --- 0x3`.

use synrecv_model::Nud;

use super::{Entry, bare, known};
use crate::Name;
use crate::token::{address, link};

/// Words for an entry that stays, in the languages of Windows.
const STATIC: [&str; 8] =
    ["static", "静态", "靜態", "statisch", "statique", "estático", "statico", "静的"];

/// The line above the entries of a device: its number, as far as it is printed.
pub(super) fn own_address(words: &[&str]) -> Option<Name> {
    let dashes = words.iter().position(|word| *word == "---")?;
    let number = words.get(dashes + 1)?;
    let own = words.get(dashes.checked_sub(1)?)?;
    // The word for "interface" can stand before it without a blank.
    let own = own.rsplit([':', '：']).next().unwrap_or(own);
    let fits = dashes <= 3 && number.starts_with("0x") && address::ip(own).is_some();
    fits.then(|| (*number).to_owned())
}

/// An entry.
pub(super) fn entry(words: &[&str], inside: bool) -> Option<Entry> {
    let [host, mac, kind] = words else {
        return None;
    };
    let is_printed_so = mac.contains('-') && (inside || !kind.contains(char::is_numeric));
    address::ip(host).filter(|_| is_printed_so)?;
    let mac = known(link::mac(mac)?);
    Some(bare(host).map(|mut entry| {
        entry.mac = mac;
        entry.state = match mac {
            None => Some(Nud::Incomplete),
            Some(_) => STATIC.contains(kind).then_some(Nud::Permanent),
        };
        entry
    }))
}
