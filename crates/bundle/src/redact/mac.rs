//! Link-layer addresses, alone and inside of IPv6 addresses.

use synrecv_model::Mac;

use super::key::{Domain, Prf};
use super::space::permuted;

const WIDTH: u8 = 48;

/// Group and locally administered: what a bit says of a station stays.
const FLAGS: u128 = 0x03 << 120;

/// Bits of a vendor's number (OUI).
const VENDOR_LEN: u8 = 24;

/// What stands for which link-layer address.
#[derive(Debug)]
pub(super) struct Macs {
    prf: Prf,
    keep_vendor: bool,
}

impl Macs {
    pub(super) fn new(prf: Prf, keep_vendor: bool) -> Self {
        Self { prf, keep_vendor }
    }

    /// Stations with one vendor still have one.
    pub(super) fn mac(&self, mac: Mac) -> Mac {
        if is_fixed(mac) {
            return mac;
        }
        let kept = if self.keep_vendor { VENDOR_LEN } else { 0 };
        let mut image = mac;
        // Repeated, it goes round in a circle back to where it began, and that is not fixed.
        loop {
            let value = bits(image);
            let turned = permuted(&self.prf, Domain::Mac, value, kept, WIDTH);
            image = address((turned & !FLAGS) | (value & FLAGS));
            if !is_fixed(image) {
                return image;
            }
        }
    }
}

/// Addresses that say what they are for, and not whose they are.
fn is_fixed(mac: Mac) -> bool {
    let [first, ..] = mac.0;
    // Groups and broadcast.
    first & 1 == 1
        || matches!(
            mac.0,
            // Devices without an address; IANA: VRRP, documentation; what Calico's devices all have.
            [0, 0, 0, 0, 0, 0]
                | [0, 0, 0x5e, ..]
                | [0xee, 0xee, 0xee, 0xee, 0xee, 0xee]
                // HSRP, its version 2, and over IPv6; GLBP.
                | [0, 0, 0x0c, 0x07, 0xac, _]
                | [0, 0, 0x0c, 0x9f, 0xf0..=0xff, _]
                | [0, 0x05, 0x73, 0xa0, 0..=0x0f, _]
                | [0, 0x07, 0xb4, 0..=0x03, ..]
        )
}

fn bits(mac: Mac) -> u128 {
    mac.0.iter().fold(0, |bits, &byte| bits << 8 | u128::from(byte)) << 80
}

fn address(bits: u128) -> Mac {
    let [a, b, c, d, e, f, ..] = bits.to_be_bytes();
    Mac([a, b, c, d, e, f])
}

/// The link-layer address in the modified EUI-64 of an IPv6 address, RFC 4291 appendix A.
pub(super) fn of_identifier(address: u128) -> Option<Mac> {
    match address.to_be_bytes() {
        [_, _, _, _, _, _, _, _, a, b, c, 0xff, 0xfe, d, e, f] => Some(Mac([a ^ 2, b, c, d, e, f])),
        _ => None,
    }
}

/// The interface identifier that is made of a link-layer address.
pub(super) fn identifier(mac: Mac) -> u128 {
    let [a, b, c, d, e, f] = mac.0;
    u64::from_be_bytes([a ^ 2, b, c, 0xff, 0xfe, d, e, f]).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::redact::Key;

    fn macs(seed: u8, keep_vendor: bool) -> Macs {
        Macs::new(Prf::new(&Key::new([seed; 32])), keep_vendor)
    }

    fn some_macs() -> impl Iterator<Item = Mac> {
        let mut number = 1_u64;
        (0..4_000).map(move |_| {
            number = number.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let [a, b, c, d, e, f, ..] = number.to_be_bytes();
            Mac([a, b, c, d, e, f])
        })
    }

    #[test]
    fn what_says_what_it_is_for_stays() {
        for text in [
            "00:00:00:00:00:00",
            "ff:ff:ff:ff:ff:ff",
            "01:00:5e:00:00:01",
            "33:33:00:00:00:01",
            "00:00:5e:00:01:0a",
            "00:00:5e:00:02:0a",
            "00:00:5e:00:53:01",
            "00:00:0c:07:ac:01",
            "00:00:0c:9f:f0:01",
            "00:05:73:a0:00:01",
            "00:07:b4:00:01:02",
            "ee:ee:ee:ee:ee:ee",
        ] {
            let mac: Mac = text.parse().unwrap();
            assert_eq!(macs(1, false).mac(mac), mac);
        }
    }

    #[test]
    fn the_flags_of_a_station_stay_and_its_vendor_does_not() {
        let (mut vendors, mut count) = (0, 0);
        for mac in some_macs().filter(|mac| !is_fixed(*mac)) {
            let image = macs(1, false).mac(mac);
            assert_eq!(image.0[0] & 3, mac.0[0] & 3);
            assert!(!is_fixed(image));
            vendors += u32::from(image.0[..3] == mac.0[..3]);
            count += 1;
        }
        assert!(count > 1_500 && vendors < 5, "{vendors} of {count} kept the vendor");
    }

    #[test]
    fn one_vendor_stays_one_and_can_be_kept() {
        let [one, other] =
            ["c0:3e:ba:be:0d:2a", "c0:3e:ba:01:02:03"].map(|mac| mac.parse().unwrap());
        let hidden = [one, other].map(|mac| macs(5, false).mac(mac).0);
        assert_eq!(hidden[0][..3], hidden[1][..3]);
        assert_ne!(hidden[0][..3], [0xc0, 0x3e, 0xba]);
        for (mac, image) in [one, other].map(|mac| (mac, macs(5, true).mac(mac))) {
            assert_eq!(image.0[..3], [0xc0, 0x3e, 0xba]);
            assert_ne!(image, mac);
        }
    }

    #[test]
    fn no_two_become_one() {
        let macs = macs(9, false);
        let mut images: Vec<Mac> = some_macs().map(|mac| macs.mac(mac)).collect();
        let all = images.len();
        images.sort_unstable();
        images.dedup();
        assert_eq!(images.len(), all);
    }

    #[test]
    fn an_identifier_is_made_of_a_mac_and_gives_it_back() {
        let address: std::net::Ipv6Addr = "fe80::c23e:baff:febe:d2a".parse().unwrap();
        let mac = of_identifier(address.to_bits()).unwrap();
        assert_eq!(mac.to_string(), "c0:3e:ba:be:0d:2a");
        assert_eq!(u128::from(0xfe80_u16) << 112 | identifier(mac), address.to_bits());
        assert_eq!(of_identifier("fe80::1".parse::<std::net::Ipv6Addr>().unwrap().to_bits()), None);
    }
}
