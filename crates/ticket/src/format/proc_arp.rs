//! `/proc/net/arp` as it is.

use synrecv_model::{Nud, text};

use super::arp::{bare, reading};
use super::table::{reads_file, words};
use super::{Format, Sees, Table};
use crate::token::{address, link, number};
use crate::{Command, Content, Kind, Line, NeighbourRow, Taken};

/// The file.
#[derive(Debug)]
pub(super) struct ProcArp;

/// ATF_COM: the entry is complete.
const COMPLETE: u64 = 0x2;

/// ATF_PERM.
const PERMANENT: u64 = 0x4;

/// ATF_PUBL: this host answers for the address.
const PUBLISHED: u64 = 0x8;

impl Format for ProcArp {
    fn kind(&self) -> Kind {
        Kind::Proc
    }

    fn is_printed_by(&self, command: &Command) -> bool {
        reads_file(command, "net/arp")
    }

    fn sees(&self, line: &str, _inside: bool) -> Sees {
        if is_title(line) {
            Sees::Title
        } else if entry(&words(line)).is_some() {
            Sees::Row
        } else {
            Sees::Nothing
        }
    }

    fn read(&self, lines: &[Line], _command: Option<&Command>) -> Table {
        let mut rows = Vec::new();
        let taken = lines.iter().map(|line| {
            if is_title(&line.text) {
                return Taken::Title;
            }
            let Some(mut entry) = entry(&words(&line.text)) else {
                return Taken::Rejected(text!["not an entry of /proc/net/arp"]);
            };
            entry.line = line.number;
            let reading = reading(&entry);
            rows.push(entry);
            Taken::Row(reading)
        });
        let taken = taken.collect();
        let mut table = Table::new(Content::Neighbours(rows), taken);
        table.notes.push(text![
            "/proc/net/arp holds neither state nor age, and one link-layer address for each address"
        ]);
        table
    }
}

fn is_title(line: &str) -> bool {
    line.contains("IP address") && line.contains("HW type") && line.contains("Device")
}

fn entry(words: &[&str]) -> Option<NeighbourRow> {
    let [host, hardware, flags, mac, _mask, device] = words else {
        return None;
    };
    address::ip(host)?;
    let is_hex = |word: &str| word.starts_with("0x");
    let mac = link::mac(mac)?;
    let flags = number::any(flags).filter(|_| is_hex(hardware) && is_hex(flags))?;
    let mut entry = bare(host).ok()?;
    entry.device = Some(link::is_device(device).then(|| (*device).to_owned())?);
    entry.mac = (!mac.is_zero()).then_some(mac);
    entry.proxy = flags & PUBLISHED != 0;
    entry.state = match () {
        () if entry.proxy => None,
        () if flags & PERMANENT != 0 => Some(Nud::Permanent),
        () => (flags & COMPLETE == 0).then_some(Nud::Incomplete),
    };
    Some(entry)
}

#[cfg(test)]
mod tests {
    use super::ProcArp;
    use crate::format::fixture::read;
    use crate::format::{Format, Sees};
    use crate::{Content, Taken};
    use synrecv_model::Nud;

    #[test]
    fn entries() {
        let table = read(
            &ProcArp,
            Some("cat /proc/net/arp"),
            "\
IP address       HW type     Flags       HW address            Mask     Device
192.0.2.50       0x1         0x6         02:00:5e:10:00:50     *        eth0
192.0.2.1        0x1         0x2         02:00:5e:10:00:fe     *        a-long-devname1
192.0.2.77       0x1         0x0         00:00:00:00:00:00     *        eth0
192.0.2.61       0x1         0xc         00:00:00:00:00:00     *        eth0",
        );
        let Content::Neighbours(rows) = table.content else { panic!("no neighbours") };
        assert_eq!(
            rows.iter().map(|row| (row.state, row.proxy)).collect::<Vec<_>>(),
            [
                (Some(Nud::Permanent), false),
                (None, false),
                (Some(Nud::Incomplete), false),
                (None, true),
            ]
        );
        assert_eq!(rows[1].device.as_deref(), Some("a-long-devname1"));
        assert_eq!(rows[2].mac, None);
        assert_eq!(table.taken[0], Taken::Title);
        assert_eq!(ProcArp.sees("192.0.2.1 ether 02:00:5e:10:00:fe C eth0", false), Sees::Nothing);
    }
}
