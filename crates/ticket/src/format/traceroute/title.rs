//! First and last lines of a trace.

use std::net::IpAddr;

use crate::token::address;

/// What the first lines say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Title {
    pub(super) target: Option<IpAddr>,
    /// Hops at most.
    pub(super) hops: Option<u8>,
    pub(super) is_windows: bool,
}

/// First words of `tracert` by language.
const TRACERT: [&str; 9] = [
    "Tracing route to ",
    "Routenverfolgung zu ",
    "Détermination de l'itinéraire vers ",
    "Détermination de l’itinéraire vers ",
    "Traza a la dirección ",
    "Traza a ",
    "Rastreando a rota para ",
    "通过最多 ",
    "通过最多",
];

/// `traceroute to web (192.0.2.1), 30 hops max, 60 byte packets`, `Tracing route to web [192.0.2.1]`.
pub(super) fn read(line: &str) -> Option<Title> {
    let line = line.trim();
    // The first line of tracepath.
    if line.contains("?: [LOCALHOST]") && line.contains("pmtu") {
        return Some(Title::default());
    }
    let lower = line.get(..16.min(line.len())).unwrap_or_default();
    if let Some((program, rest)) = line.split_once(" to ")
        && matches!(program, "traceroute" | "traceroute6" | "tcptraceroute" | "Tracing the route")
    {
        return Some(Title {
            target: parenthesised(rest, '(', ')'),
            hops: hops(rest),
            is_windows: false,
        });
    }
    // `Selected device eth0, address 192.0.2.7, port 4711 for outgoing packets`, then the target.
    if lower.starts_with("Tracing the path") {
        return Some(Title {
            target: parenthesised(line, '(', ')'),
            hops: hops(line),
            is_windows: false,
        });
    }
    let is_tracert = TRACERT.iter().any(|first| line.starts_with(first))
        || (line.starts_with('到') && line.contains("的路由"));
    is_tracert.then(|| Title {
        target: parenthesised(line, '[', ']')
            .or_else(|| line.split([' ', ',']).find_map(address::ip)),
        hops: hops(line),
        is_windows: true,
    })
}

/// Messages and last lines of a trace.
pub(super) fn is_aside(line: &str) -> bool {
    let line = line.trim();
    is_end(line)
        || line.starts_with("traceroute: ")
        || line.starts_with("Too many hops")
        || line.starts_with("over a maximum of ")
        || line.starts_with("über maximal ")
        || line.starts_with("avec un maximum ")
        || line.starts_with("con un máximo ")
        || line.contains("个跃点跟踪")
        || line.contains("的路由")
}

/// The trace says that it is over.
pub(super) fn is_end(line: &str) -> bool {
    const ENDS: [&str; 9] = [
        "Resume: ",
        "Too many hops",
        "Trace complete",
        "跟踪完成",
        "Ablaufverfolgung beendet",
        "Itinéraire déterminé",
        "Traza completa",
        "Rastreamento concluído",
        "connect: ",
    ];
    let line = line.trim();
    ENDS.iter().any(|end| line.starts_with(end))
}

fn parenthesised(text: &str, open: char, close: char) -> Option<IpAddr> {
    let (_, rest) = text.split_once(open)?;
    address::ip(rest.split_once(close)?.0)
}

/// The number before `hops`, `hops max`, `个跃点`.
fn hops(text: &str) -> Option<u8> {
    let words: Vec<&str> =
        text.split([' ', ',']).filter(|word| !word.is_empty()).take(24).collect();
    let place = words.iter().position(|word| {
        matches!(
            word.trim_end_matches(':'),
            "hops" | "Hops" | "Abschnitte" | "sauts" | "saltos" | "个跃点跟踪"
        )
    })?;
    words.get(place.checked_sub(1)?)?.parse().ok()
}
