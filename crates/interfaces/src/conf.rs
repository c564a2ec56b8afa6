//! Which setting of a device is in force: the kernel joins some with those of `all`.

use synrecv_model::DeviceSettings;

/// `net.ipv4.conf.DEV` (or `all`), as far as it decides about replies. `None` = not known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct InetConf {
    /// `forwarding`
    pub forwarding: Option<u32>,
    /// `rp_filter`: 0 off, 1 strict, 2 loose.
    pub rp_filter: Option<u32>,
    /// `proxy_arp`
    pub proxy_arp: Option<u32>,
    /// `arp_ignore`
    pub arp_ignore: Option<u32>,
    /// `arp_announce`
    pub arp_announce: Option<u32>,
    /// `arp_filter`
    pub arp_filter: Option<u32>,
    /// `accept_local`
    pub accept_local: Option<u32>,
    /// `route_localnet`
    pub route_localnet: Option<u32>,
    /// `src_valid_mark`
    pub src_valid_mark: Option<u32>,
    /// `log_martians`
    pub log_martians: Option<u32>,
}

/// `net.ipv6.conf.DEV`, as far as it decides about replies. `None` = not known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Inet6Conf {
    /// `forwarding`
    pub forwarding: Option<u32>,
    /// `proxy_ndp`
    pub proxy_ndp: Option<u32>,
    /// `accept_ra`
    pub accept_ra: Option<u32>,
    /// `disable_ipv6`
    pub disable_ipv6: Option<u32>,
}

/// The settings of one device, as configured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DeviceConf {
    /// IPv4; empty when the device has no IPv4 part.
    pub v4: InetConf,
    /// IPv6; empty when the device has no IPv6 part.
    pub v6: Inet6Conf,
}

impl DeviceConf {
    /// The settings in force beside `all`, as `IN_DEV_MAXCONF` and `IN_DEV_ORCONF` of
    /// `linux/inetdevice.h` join them. A value is known only when both of its parts are.
    pub fn in_force(&self, all: &InetConf) -> DeviceSettings {
        let Self { v4, v6 } = self;
        let max = |a: Option<u32>, b: Option<u32>| Some(a?.max(b?));
        let or = |a: Option<u32>, b: Option<u32>| Some((a? | b?) != 0);
        let on = |value: Option<u32>| value.map(|value| value != 0);
        DeviceSettings {
            rp_filter: v4.rp_filter,
            rp_filter_effective: max(all.rp_filter, v4.rp_filter),
            proxy_arp: or(all.proxy_arp, v4.proxy_arp),
            arp_ignore: max(all.arp_ignore, v4.arp_ignore),
            arp_announce: max(all.arp_announce, v4.arp_announce),
            arp_filter: or(all.arp_filter, v4.arp_filter),
            accept_local: or(all.accept_local, v4.accept_local),
            route_localnet: or(all.route_localnet, v4.route_localnet),
            src_valid_mark: or(all.src_valid_mark, v4.src_valid_mark),
            log_martians: or(all.log_martians, v4.log_martians),
            forwarding_v4: on(v4.forwarding),
            forwarding_v6: on(v6.forwarding),
            proxy_ndp: on(v6.proxy_ndp),
            accept_ra: v6.accept_ra,
            disable_ipv6: on(v6.disable_ipv6),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(rp_filter: u32, proxy_arp: u32) -> InetConf {
        let set = Some(0);
        InetConf {
            forwarding: Some(1),
            rp_filter: Some(rp_filter),
            proxy_arp: Some(proxy_arp),
            arp_ignore: set,
            arp_announce: set,
            arp_filter: set,
            accept_local: set,
            route_localnet: set,
            src_valid_mark: set,
            log_martians: set,
        }
    }

    #[test]
    fn the_larger_rp_filter_is_in_force() {
        // 2 on either side weakens a strict 1 on the other.
        for (all, device, effective) in
            [(0, 0, 0), (0, 1, 1), (1, 0, 1), (1, 1, 1), (1, 2, 2), (2, 1, 2), (0, 2, 2)]
        {
            let conf = DeviceConf { v4: with(device, 0), ..DeviceConf::default() };
            let settings = conf.in_force(&with(all, 0));
            assert_eq!(settings.rp_filter, Some(device));
            assert_eq!(settings.rp_filter_effective, Some(effective), "{all} {device}");
        }
    }

    #[test]
    fn either_switch_turns_proxy_arp_on() {
        for (all, device, on) in [(0, 0, false), (1, 0, true), (0, 1, true), (1, 1, true)] {
            let conf = DeviceConf { v4: with(0, device), ..DeviceConf::default() };
            assert_eq!(conf.in_force(&with(0, all)).proxy_arp, Some(on));
        }
    }

    #[test]
    fn half_a_value_is_unknown() {
        let conf = DeviceConf { v4: with(1, 1), ..DeviceConf::default() };
        let settings = conf.in_force(&InetConf::default());
        assert_eq!((settings.rp_filter, settings.rp_filter_effective), (Some(1), None));
        assert_eq!(settings.proxy_arp, None);
        assert_eq!(settings.forwarding_v4, Some(true));
        let settings = DeviceConf::default().in_force(&with(1, 1));
        assert_eq!(settings, DeviceSettings::default());
    }
}
