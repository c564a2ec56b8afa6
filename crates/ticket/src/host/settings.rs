//! Settings out of `sysctl` rows.

use std::borrow::Cow;
use std::collections::BTreeMap;

use synrecv_model::{DeviceSettings, Section, Settings, text};

use super::build;
use super::devices::Devices;
use crate::{Content, Piece};

pub(super) fn settings(pieces: &[&Piece], devices: &mut Devices) -> Section<Settings> {
    let of = build::with(pieces, |content| matches!(content, Content::Settings(_)));
    if of.is_empty() {
        return build::missing("settings");
    }
    let mut values: BTreeMap<&str, i64> = BTreeMap::new();
    let mut configured = false;
    for piece in &of {
        let Content::Settings(rows) = &piece.content else { continue };
        // What runs comes before what a file would set.
        for row in
            rows.iter().filter(|row| row.configured).chain(rows.iter().filter(|r| !r.configured))
        {
            configured |= row.configured;
            if let Ok(value) = row.value.parse() {
                values.insert(&row.key, value);
            }
        }
    }
    let mut settings = Settings::default();
    let mut conf = Conf::default();
    for (key, value) in &values {
        if !conf.take(key, *value) {
            settings.values.insert(Cow::Owned((*key).to_owned()), *value);
        }
    }
    settings.devices = conf.devices(devices);
    let file = configured
        .then(|| build::part_missing(text!["values of a configuration file, not those in force"]));
    let part = build::part_missing(text!["only the keys that were pasted"]);
    build::section(settings, &of, file.into_iter().chain([part]).collect())
}

/// `net.ipv4.conf.DEV.KEY` by family, device and key.
#[derive(Default)]
struct Conf<'k>(BTreeMap<(u8, &'k str, &'k str), i64>);

impl<'k> Conf<'k> {
    /// False when the key is of another kind.
    fn take(&mut self, key: &'k str, value: i64) -> bool {
        for (family, prefix) in [(4, "net.ipv4.conf."), (6, "net.ipv6.conf.")] {
            if let Some((device, name)) =
                key.strip_prefix(prefix).and_then(|rest| rest.rsplit_once('.'))
            {
                self.0.insert((family, device, name), value);
                return true;
            }
        }
        false
    }

    fn devices(&self, devices: &mut Devices) -> BTreeMap<u32, DeviceSettings> {
        let keys = self.0.keys().map(|(_, device, _)| *device);
        // `all` alone is a lower bound for each device that other tables name.
        let others: Vec<String> = devices.names().map(|(name, _)| name.to_owned()).collect();
        let mut names: Vec<&str> =
            keys.chain(others.iter().map(String::as_str)).filter(|n| !is_template(n)).collect();
        names.sort_unstable();
        names.dedup();
        let mut all = BTreeMap::new();
        for name in names {
            let settings = self.device(name);
            if settings != DeviceSettings::default() {
                all.insert(devices.index(&name.replace('/', ".")), settings);
            }
        }
        all
    }

    fn device(&self, name: &str) -> DeviceSettings {
        let own = |key| self.0.get(&(4, name, key)).copied();
        let all = |key| self.0.get(&(4, "all", key)).copied();
        let number = |value: i64| u32::try_from(value).ok();
        let larger = |key| own(key).max(all(key)).and_then(number);
        let either = |key| own(key).max(all(key)).map(|value| value != 0);
        let own_v6 = |key| self.0.get(&(6, name, key)).copied();
        DeviceSettings {
            rp_filter: own("rp_filter").and_then(number),
            rp_filter_effective: larger("rp_filter"),
            proxy_arp: either("proxy_arp"),
            arp_ignore: larger("arp_ignore"),
            arp_announce: larger("arp_announce"),
            arp_filter: either("arp_filter"),
            accept_local: either("accept_local"),
            route_localnet: either("route_localnet"),
            src_valid_mark: either("src_valid_mark"),
            log_martians: either("log_martians"),
            forwarding_v4: own("forwarding").map(|value| value != 0),
            forwarding_v6: own_v6("forwarding").map(|value| value != 0),
            proxy_ndp: own_v6("proxy_ndp").map(|value| value != 0),
            accept_ra: own_v6("accept_ra").and_then(number),
            disable_ipv6: own_v6("disable_ipv6").map(|value| value != 0),
        }
    }
}

fn is_template(device: &str) -> bool {
    device == "all" || device == "default"
}
