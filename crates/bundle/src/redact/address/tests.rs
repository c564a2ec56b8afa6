use super::*;
use crate::redact::Key;
use proptest::prelude::*;

fn addresses(seed: u8, on_link: &[&str]) -> Addresses {
    let prf = Prf::new(&Key::new([seed; 32]));
    let on_link: Vec<IpNet> = on_link.iter().map(|net| net.parse().unwrap()).collect();
    Addresses::new(prf.clone(), Macs::new(prf, false), &on_link)
}

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

/// Documentation excepted, which has no way that is kept.
fn v4s() -> impl Strategy<Value = IpAddr> {
    let is_block = |ip: &IpAddr| V4.blocks.iter().any(|&range| lies_in(bits(*ip), 32, range));
    let any = any::<u32>().prop_map(|bits| IpAddr::from(Ipv4Addr::from_bits(bits)));
    any.prop_filter("not documentation", move |ip| !is_block(ip))
}

fn v6s() -> impl Strategy<Value = IpAddr> {
    let top = prop_oneof![
        Just(0x2001_0000_u32),
        Just(0x2a00_1450),
        Just(0xfd00_0000),
        Just(0x20_0000),
        any::<u32>()
    ];
    let any = (top, any::<u128>()).prop_map(|(top, rest)| {
        IpAddr::from(Ipv6Addr::from_bits(u128::from(top) << 96 | rest >> 32))
    });
    // Those whose identifier is made of a link-layer address have one that is made of its pseudonym.
    any.prop_filter("no EUI-64, no documentation", |ip| {
        mac::of_identifier(bits(*ip)).is_none()
            && !V6.blocks.iter().any(|&range| lies_in(bits(*ip), 128, range))
            && !lies_in(bits(*ip), 128, LINK_LOCAL)
            && !lies_in(bits(*ip), 128, SOLICITED_NODE)
            && !AROUND_V4.iter().any(|&range| lies_in(bits(*ip), 128, range))
    })
}

fn common(one: IpAddr, other: IpAddr) -> u32 {
    (bits(one) ^ bits(other)).leading_zeros()
}

/// An address near another: the first bits are the same.
fn near(ip: IpAddr, shared: u8, noise: u128) -> IpAddr {
    let value = (bits(ip) & mask(shared)) | (noise & !mask(shared));
    if ip.is_ipv4() { address_v4(value) } else { address_v6(value) }
}

proptest! {
    #[test]
    fn as_many_leading_bits_are_shared_as_before(
        one in v4s(), shared in 0..32_u8, noise: u128, seed: u8,
    ) {
        let names = addresses(seed, &[]);
        let other = near(one, shared, noise);
        prop_assume!(!V4.blocks.iter().any(|&range| lies_in(bits(other), 32, range)));
        let walked = |ip| V4.is_block(V4.permuted(&names.prf, bits(ip), 32));
        prop_assume!(!walked(one) && !walked(other));
        prop_assert_eq!(common(one, other), common(names.ip(one), names.ip(other)));
    }

    #[test]
    fn as_many_of_ipv6(one in v6s(), shared in 0..128_u8, noise: u128, seed: u8) {
        let names = addresses(seed, &[]);
        let other = near(one, shared, noise);
        prop_assume!(mac::of_identifier(bits(other)).is_none());
        prop_assume!(!V6.blocks.iter().any(|&range| lies_in(bits(other), 128, range)));
        prop_assume!(!lies_in(bits(other), 128, LINK_LOCAL) && !lies_in(bits(other), 96, (0, 96)));
        prop_assume!(!AROUND_V4.iter().any(|&range| lies_in(bits(other), 128, range)));
        prop_assert_eq!(common(one, other), common(names.ip(one), names.ip(other)));
    }

    #[test]
    fn a_prefix_holds_what_it_held(
        one in v4s(), len in 1..=32_u8, other in v4s(), shared in 0..32_u8, noise: u128, seed: u8,
    ) {
        let net = IpNet::new(one, len).unwrap().trunc();
        let names = addresses(seed, &[&net.to_string()]);
        let image = names.net(net);
        prop_assert_eq!(image, image.trunc());
        for ip in [one, other, near(one, shared, noise), net.network(), net.broadcast()] {
            // Documentation stays where it is, also when what is around it goes.
            if V4.is_fixed(bits(ip), 32) != V4.is_fixed(bits(net.network()), len) { continue; }
            prop_assert_eq!(net.contains(&ip), image.contains(&names.ip(ip)), "{} {}", net, ip);
            if len < 31 && !V4.is_fixed(bits(ip), 32) {
                prop_assert_eq!(ip == net.network(), names.ip(ip) == image.network(), "{} {}", net, ip);
                prop_assert_eq!(ip == net.broadcast(), names.ip(ip) == image.broadcast(), "{} {}", net, ip);
            }
        }
    }

    #[test]
    fn a_range_holds_what_it_held(low in v4s(), size in 0..70_000_u32, inside: u32, other in v4s(), seed: u8) {
        let names = addresses(seed, &[]);
        let first = u32::try_from(bits(low) >> 96).unwrap();
        let last = first.saturating_add(size);
        let high = IpAddr::from(Ipv4Addr::from_bits(last));
        let images = names.range((low, high));
        let within = IpAddr::from(Ipv4Addr::from_bits(first + inside % (last - first + 1)));
        let count: u64 = images.iter().map(|net| 1_u64 << (32 - net.prefix_len())).sum();
        prop_assert_eq!(count, u64::from(last - first) + 1);
        for ip in [low, high, within, other] {
            let walks = V4.is_block(V4.permuted(&names.prf, bits(ip), 32)) || V4.is_fixed(bits(ip), 32);
            prop_assume!(!walks);
            let holds = images.iter().any(|net| net.contains(&names.ip(ip)));
            prop_assert_eq!(low <= ip && ip <= high, holds, "{}", ip);
        }
    }
}

#[test]
fn what_is_everywhere_the_same_stays() {
    let names = addresses(1, &["10.1.0.0/16", "fd00:1::/64"]);
    for text in [
        "0.0.0.0",
        "255.255.255.255",
        "255.255.240.0",
        "127.0.0.1",
        "127.8.9.10",
        "169.254.169.254",
        "224.0.0.1",
        "239.255.255.250",
        "192.0.2.77",
        "198.51.100.7",
        "203.0.113.254",
        "::",
        "::1",
        "ff02::1",
        "ff05::2",
        "2001:db8:4::7",
        "3fff:fff::1",
        "::ffff:127.0.0.1",
        "64:ff9b::192.0.2.1",
    ] {
        assert_eq!(names.ip(ip(text)), ip(text));
    }
    for text in ["0.0.0.0/0", "::/0", "127.0.0.0/8", "224.0.0.0/4", "192.0.2.0/24", "fe80::/10"] {
        assert_eq!(names.net(text.parse().unwrap()).to_string(), text);
    }
    for text in ["fe80::/64", "ff00::/8", "2001:db8::/32", "10.0.0.0/8", "fc00::/7", "2000::/3"] {
        assert_eq!(names.net(text.parse().unwrap()).to_string(), text);
    }
}

#[test]
fn private_stays_private_and_public_stays_public() {
    let nets =
        ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fd00::/8", "fe80::/64"];
    let nets = nets.map(|net| net.parse::<IpNet>().unwrap());
    let samples =
        ["10.9.8.7", "172.20.1.1", "192.168.5.11", "100.100.1.1", "fd12:3::4", "fe80::17"];
    let public =
        ["8.8.8.8", "159.99.250.198", "192.0.78.24", "172.64.1.1", "11.0.0.1", "2a00:1450::5"];
    for seed in 0..50 {
        let names = addresses(seed, &[]);
        for (net, sample) in nets.iter().zip(samples) {
            assert!(net.contains(&names.ip(ip(sample))), "{sample}");
        }
        for sample in public {
            let image = names.ip(ip(sample));
            assert!(!nets.iter().any(|net| net.contains(&image)), "{sample}: {image}");
            let fixed = match image {
                IpAddr::V4(_) => V4.is_fixed(bits(image), 32),
                IpAddr::V6(_) => V6.is_fixed(bits(image), 128) || bits(image) >> 125 != 1,
            };
            assert!(!fixed, "{sample}: {image}");
        }
    }
}

#[test]
fn one_key_gives_the_same_and_two_keys_do_not() {
    let sample = || (0..250_u8).map(|host| IpAddr::from([159, 99, host, 7]));
    let of = |seed: u8| sample().map(|ip| addresses(seed, &[]).ip(ip)).collect::<Vec<_>>();
    assert_eq!(of(1), of(1));
    let same = of(1).into_iter().zip(of(2)).filter(|(one, other)| one == other).count();
    assert_eq!(same, 0);
    // What else is known of the host changes nothing but first and last addresses.
    let (bare, on_link) = (addresses(1, &[]), addresses(1, &["159.99.0.0/16"]));
    assert!(sample().all(|ip| bare.ip(ip) == on_link.ip(ip)));
}

#[test]
fn no_host_of_a_small_network_becomes_its_broadcast_address() {
    for seed in 0..100 {
        let names = addresses(seed, &["10.0.0.0/8", "10.0.1.0/24", "10.0.0.4/30", "10.0.0.8/29"]);
        let nets = ["10.0.1.0/24", "10.0.0.4/30", "10.0.0.8/29"].map(|net| net.parse().unwrap());
        for net in nets {
            let image: IpNet = names.net(net);
            assert_eq!(names.ip(net.network()), image.network(), "{net}");
            assert_eq!(names.ip(net.broadcast()), image.broadcast(), "{net}");
        }
        let all: std::collections::BTreeSet<IpAddr> =
            (0..=255).map(|host| names.ip(IpAddr::from([10, 0, 0, host]))).collect();
        assert_eq!(all.len(), 256);
    }
}

#[test]
fn link_layer_addresses_inside_of_others_go_with_them() {
    let names = addresses(4, &[]);
    let mac: Mac = "c0:3e:ba:be:0d:2a".parse().unwrap();
    let image = names.mac(mac);
    assert_ne!(image, mac);
    for (text, prefix) in [
        ("fe80::c23e:baff:febe:d2a", "fe80::/64"),
        ("2001:db8:1:2:c23e:baff:febe:d2a", "2001:db8:1:2::/64"),
        ("fd00:1:2:3:c23e:baff:febe:d2a", "fd00::/8"),
    ] {
        let found = names.ip(ip(text));
        assert!(prefix.parse::<IpNet>().unwrap().contains(&found), "{found}");
        assert_eq!(mac::of_identifier(bits(found)), Some(image), "{text}");
    }
    // The group that is asked for an address, and where that is sent to.
    let group = names.ip(ip("ff02::1:ffbe:d2a"));
    assert!("ff02::1:ff00:0/104".parse::<IpNet>().unwrap().contains(&group));
    assert_ne!(group, ip("ff02::1:ffbe:d2a"));
    let sent_to = names.mac("33:33:ff:be:0d:2a".parse().unwrap());
    assert_eq!(sent_to.0[3..], bits(group).to_be_bytes()[13..]);
    // Not in a prefix that ends within it.
    let long = addresses(4, &["fd00:1:2:3:c23e:baff::/96"]);
    let net = long.net("fd00:1:2:3:c23e:baff::/96".parse().unwrap());
    assert!(net.contains(&long.ip(ip("fd00:1:2:3:c23e:baff:febe:d2a"))));
}

#[test]
fn an_ipv4_address_within_ipv6_is_the_same_one() {
    let names = addresses(4, &["10.0.0.0/30"]);
    let IpAddr::V4(image) = names.ip(ip("10.0.0.1")) else { panic!("not IPv4") };
    for (text, prefix) in [("64:ff9b::10.0.0.1", "64:ff9b::"), ("::ffff:10.0.0.1", "::ffff:")] {
        assert_eq!(names.ip(ip(text)), ip(&format!("{prefix}{image}")));
    }
}

#[test]
fn ranges_of_all_sizes() {
    let names = addresses(7, &[]);
    let of = |low: &str, high: &str| names.range((ip(low), ip(high)));
    assert_eq!(of("0.0.0.0", "255.255.255.255"), ["0.0.0.0/0".parse().unwrap()]);
    assert_eq!(of("::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"), ["::/0".parse().unwrap()]);
    assert_eq!(of("10.0.0.1", "10.0.0.1"), [IpNet::from(names.ip(ip("10.0.0.1")))]);
    assert_eq!(of("10.0.0.0", "10.0.0.255"), [names.net("10.0.0.0/24".parse().unwrap())]);
    assert_eq!(of("10.0.0.2", "10.0.0.1"), []);
    assert_eq!(of("::", "10.0.0.1"), []);
    assert_eq!(of("10.0.0.5", "10.0.0.20").len(), 5);
}
