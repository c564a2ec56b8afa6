//! Names of devices and link-layer addresses.

use synrecv_model::Mac;

/// Most octets of a device name: IFNAMSIZ without its zero.
const NAME_MAX: usize = 15;

/// A link-layer address of six octets, with `:` or `-` between them; zeros in front may be missing.
pub(crate) fn mac(word: &str) -> Option<Mac> {
    word.parse().ok()
}

/// True when the kernel would let a device have this name, and no tool would quote it. `:` is not
/// part of a name; see [`without_label`].
pub(crate) fn is_device(word: &str) -> bool {
    let starts_well = !word.starts_with(['(', '[', '<', '{', '"', '\'', '`', ',', '-', '*', '|']);
    let is_number = word.bytes().all(|octet| octet.is_ascii_digit() || octet == b'.');
    !word.is_empty()
        && word.len() <= NAME_MAX
        && starts_well
        && !is_number
        && !word.contains(|c: char| c == '/' || c == ':' || c.is_whitespace() || c.is_control())
}

/// True for a name of a host or network, as `_gateway` or `fritz.box`.
pub(crate) fn is_host_name(word: &str) -> bool {
    word.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && word.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c))
}

/// The device of `eth0:1`, an address with a label.
pub(crate) fn without_label(word: &str) -> &str {
    word.split(':').next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::{is_device, mac, without_label};

    #[test]
    fn names_of_devices() {
        for name in ["eth0", "eno1np0", "br-6e596f9c8376", "eth0.100", "wg0", "@lan", "öl0"] {
            assert!(is_device(name), "{name}");
        }
        for word in ["", "a-name-of-17-byte", "eth0:1", "10.0.0.1", "0", "(none)", "a/b", "*", "-"]
        {
            assert!(!is_device(word), "{word}");
        }
        assert_eq!(without_label("eno1np0:vip"), "eno1np0");
    }

    #[test]
    fn link_layer_addresses() {
        let full = mac("00:0a:5e:10:00:01");
        assert!(full.is_some());
        assert_eq!(mac("0:a:5e:10:0:1"), full);
        assert_eq!(mac("00-0A-5E-10-00-01"), full);
        for word in ["12:30:45", "2001:db8::1", "(incomplete)", "00:00:00:00:00:00:00:00"] {
            assert_eq!(mac(word), None, "{word}");
        }
    }
}
