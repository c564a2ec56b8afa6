//! What was asked of `ip`.

use synrecv_model::Family;

use crate::Command;

/// The tables of `ip` that are read here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Object {
    /// `ip addr`, `ip link`.
    Link,
    /// `ip route`, but for `get`.
    Route,
    /// `ip route get`.
    RouteGet,
    /// `ip rule`.
    Rule,
    /// `ip neigh`.
    Neighbour,
}

/// A call of `ip`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct IpCommand<'a> {
    /// What is asked for.
    pub(super) object: Object,
    /// `-4`, `-6`, `-f inet6`.
    pub(super) family: Option<Family>,
    /// The words behind the object, and behind `show` or `get`.
    pub(super) words: &'a [String],
}

impl<'a> IpCommand<'a> {
    /// What a command asks of `ip`; `None` when it is another command, or changes something.
    ///
    /// Words can be cut anywhere, as in `ip r g`; the first that fits in the order of `ip` is meant.
    pub(super) fn new(command: &'a Command) -> Option<Self> {
        let mut words = command.args.as_slice();
        let mut family = None;
        let object = match command.program.as_str() {
            "ip" => {
                while let Some((option, rest)) = words.split_first()
                    && option.starts_with('-')
                {
                    words = rest;
                    match option.trim_start_matches('-') {
                        "4" => family = Some(Family::V4),
                        "6" => family = Some(Family::V6),
                        "f" | "family" => {
                            let (value, rest) = words.split_first()?;
                            words = rest;
                            family = match value.as_str() {
                                "inet" => Some(Family::V4),
                                "inet6" => Some(Family::V6),
                                _ => family,
                            };
                        }
                        "n" | "netns" | "rc" | "rcvbuf" | "l" | "loops" | "b" | "batch" => {
                            words = words.split_first()?.1;
                        }
                        _ => {}
                    }
                }
                let (object, rest) = words.split_first()?;
                words = rest;
                object.as_str()
            }
            // Programs of their own in BusyBox.
            "ipaddr" => "address",
            "iplink" => "link",
            "iproute" => "route",
            "iprule" => "rule",
            "ipneigh" => "neighbour",
            _ => return None,
        };
        let is = |full: &str| !object.is_empty() && full.starts_with(object);
        let mut object = match () {
            () if is("address") || is("link") => Object::Link,
            () if is("route") => Object::Route,
            () if is("rule") => Object::Rule,
            () if is("neighbor") || is("neighbour") => Object::Neighbour,
            () => return None,
        };
        if let Some((verb, rest)) = words.split_first() {
            let is = |full: &str| full.starts_with(verb.as_str());
            if is("list") || is("show") || is("lst") {
                words = rest;
            } else if is("get") && object == Object::Route {
                words = rest;
                object = Object::RouteGet;
            } else if is("get") && object == Object::Neighbour {
                words = rest;
            } else if ["add", "change", "replace", "delete", "flush", "set", "append", "prepend"]
                .iter()
                .any(|full| full.starts_with(verb.as_str()))
            {
                return None;
            }
        }
        Some(Self { object, family, words })
    }

    /// The word behind a key; `table` can be cut anywhere too.
    pub(super) fn value(&self, key: &str) -> Option<&'a str> {
        let is_key = |word: &String| {
            word == key || (key == "table" && !word.is_empty() && key.starts_with(word.as_str()))
        };
        let at = self.words.iter().position(is_key)?;
        self.words.get(at + 1).map(String::as_str)
    }

    /// True when a word stands there.
    pub(super) fn has(&self, word: &str) -> bool {
        self.words.iter().any(|known| known == word)
    }
}

#[cfg(test)]
mod tests {
    use synrecv_model::Family;

    use super::{IpCommand, Object};
    use crate::Command;

    fn typed(line: &str) -> Command {
        let mut words = line.split(' ').map(str::to_owned);
        Command { program: words.next().unwrap(), args: words.collect(), ..Command::default() }
    }

    #[test]
    fn words_are_cut_anywhere() {
        for (line, object) in [
            ("ip a", Some(Object::Link)),
            ("ip -br link show", Some(Object::Link)),
            ("ip r", Some(Object::Route)),
            ("ip -6 ro s t all", Some(Object::Route)),
            ("ip r g 192.0.2.1", Some(Object::RouteGet)),
            ("ip ru", Some(Object::Rule)),
            ("ip n", Some(Object::Neighbour)),
            ("ip -s -s nei", Some(Object::Neighbour)),
            ("iproute", Some(Object::Route)),
            ("ip xfrm state", None),
            ("ip route add default via 192.0.2.1", None),
            ("ip", None),
            ("arp -n", None),
        ] {
            assert_eq!(
                IpCommand::new(&typed(line)).map(|command| command.object),
                object,
                "{line}"
            );
        }
    }

    #[test]
    fn options_and_values() {
        let command = typed("ip -n blue -f inet6 route show table 100 dev eth0");
        let asked = IpCommand::new(&command).unwrap();
        assert_eq!(asked.family, Some(Family::V6));
        assert_eq!(asked.value("table"), Some("100"));
        assert_eq!(asked.value("dev"), Some("eth0"));
        assert_eq!(asked.value("via"), None);
        assert!(!asked.has("proxy"));
    }
}
