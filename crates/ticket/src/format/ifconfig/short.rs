//! Tables of one line for each device: `ifconfig -s`, `netstat -i`, `ifconfig -S` of toybox.

use super::device;
use crate::LinkRow;
use crate::format::link_row::bare;
use crate::token::{address, link, number};

/// The titles of the columns, or of the table.
pub(super) fn is_title(line: &str) -> bool {
    const TABLES: [&str; 8] = [
        "Kernel Interface table",
        "Kernel-Schnittstellentabelle",
        "Table d'interfaces noyau",
        "カーネルインタフェーステーブル",
        "Tabela de Interfaces do Kernel",
        "Tabulka rozhraní v jádru",
        "Tuuma liideste tabel",
        "内核接口表",
    ];
    let line = line.trim();
    line.contains("RX-OK") || line.contains("PŘ-OK") || TABLES.contains(&line)
}

/// `eth0 1500 6 0 0 0 6 0 0 0 BMRU`.
pub(super) fn row(words: &[&str]) -> Option<LinkRow> {
    if let Some(row) = of_toybox(words) {
        return Some(row);
    }
    let [name, mtu, numbers @ .., flags] = words else {
        return None;
    };
    let mut row = device(name)?;
    row.mtu_bytes = number::decimal(mtu).and_then(|mtu| u32::try_from(mtu).ok());
    row.mtu_bytes.filter(|_| is_flags(flags))?;
    // An alias has no counters.
    if numbers.first() != Some(&"-") {
        let counters: Vec<u64> =
            numbers.iter().map(|word| number::decimal(word)).collect::<Option<_>>()?;
        // Old versions have a metric before them.
        let counters =
            counters.get(counters.len().checked_sub(8)?..).filter(|_| counters.len() <= 9)?;
        row.traffic = Some([counters[0], counters[2], counters[4], counters[6]]);
    }
    row.up = Some(flags.contains('U'));
    row.carrier = Some(flags.contains('R'));
    row.loopback = flags.contains('L');
    row.point_to_point = flags.contains('P');
    row.noarp = flags.contains('O');
    Some(row)
}

fn is_flags(word: &str) -> bool {
    word.len() <= 10 && word.bytes().all(|octet| b"ABDLMNOPRUdmsT".contains(&octet))
}

/// `eth0 192.0.2.10/24 02:00:5e:10:00:01 fe80::1/64@L`.
fn of_toybox(words: &[&str]) -> Option<LinkRow> {
    let [name, first, mac, rest @ ..] = words else {
        return None;
    };
    let mut row = device(name)?;
    let own = |word: &str| {
        let word = word.split('@').next().unwrap_or_default();
        let net = address::net(word).filter(|_| word.contains('/'))?;
        let mut own = bare(0, net.addr());
        own.prefix_len = Some(net.prefix_len());
        Some(own)
    };
    row.addresses.push(own(first)?);
    row.mac = Some(link::mac(mac)?).filter(|mac| !mac.is_zero());
    for word in rest {
        row.addresses.push(own(word)?);
    }
    Some(row)
}
