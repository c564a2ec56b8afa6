//! `route` and `netstat -r`: the main table of Linux; those of Windows and BSD are recognised.

mod foreign;
mod linux;
mod split;

use synrecv_model::{Foreign, RouteKind, Text, table_name, text};

use super::table::words;
use super::{Format, Sees, Table};
use crate::{Command, Content, Kind, Line, RouteRow, Taken};
use linux::Columns;

/// The main table, by `route` or `netstat -r`.
#[derive(Debug)]
pub(super) struct Route;

impl Format for Route {
    fn kind(&self) -> Kind {
        Kind::Route
    }

    fn is_printed_by(&self, command: &Command) -> bool {
        match command.program.as_str() {
            "route" => {
                !["add", "del", "delete", "change", "flush"].iter().any(|verb| command.has(verb))
            }
            "netstat" => command.has_short('r') || command.has("--route"),
            _ => false,
        }
    }

    fn sees(&self, line: &str, inside: bool) -> Sees {
        let words = words(line);
        if is_title(line, &words) || foreign::title(line, &words, inside).is_some() {
            Sees::Title
        } else if linux::row(&words).is_some() || foreign::row(&words, inside).is_some() {
            Sees::Row
        } else if inside && foreign::is_aside(line) {
            Sees::Aside
        } else {
            Sees::Nothing
        }
    }

    fn split(&self, line: &str) -> Option<Vec<String>> {
        split::split(line)
    }

    fn read(&self, lines: &[Line], command: Option<&Command>) -> Table {
        let columns = columns(lines, command);
        let mut rows: Vec<RouteRow> = Vec::new();
        let mut foreign_system = None;
        let taken = lines.iter().map(|line| {
            let words = words(&line.text);
            if is_title(&line.text, &words) {
                return Taken::Title;
            }
            if let Some(system) = foreign::title(&line.text, &words, true) {
                foreign_system = foreign_system.or(Some(system));
                return Taken::Title;
            }
            match linux::row(&words) {
                Some(row) => match row.route(columns) {
                    Ok(Some(mut route)) => {
                        route.line = line.number;
                        let reading = reading(&route);
                        rows.push(route);
                        Taken::Row(reading)
                    }
                    Ok(None) => Taken::Aside("the end of the table of IPv6"),
                    Err(reason) => Taken::Rejected(reason),
                },
                None => match foreign::row(&words, true) {
                    Some(system) => {
                        foreign_system = foreign_system.or(Some(system));
                        Taken::Aside("a route of another system than Linux")
                    }
                    None if foreign::is_aside(&line.text) => Taken::Aside("not a route"),
                    None => Taken::Rejected(text!["not a route"]),
                },
            }
        });
        let taken = taken.collect();
        let has_v6 = rows.iter().any(|row| row.destination.addr().is_ipv6());
        let has_v4 = rows.iter().any(|row| row.destination.addr().is_ipv4());
        let is_foreign = foreign_system.is_some();
        let content =
            if is_foreign && rows.is_empty() { Content::Nothing } else { Content::Routes(rows) };
        let mut table = Table::new(content, taken);
        table.foreign_system = foreign_system;
        if has_v4 {
            table.notes.push(text![
                "route prints the main table only: neither rules nor source addresses, and one way of several"
            ]);
        }
        if has_v6 {
            table.notes.push(text!["routes of IPv6 are of all tables, which are not named"]);
        }
        table
    }
}

/// Which columns the rows have.
fn columns(lines: &[Line], command: Option<&Command>) -> Columns {
    let titles = lines
        .iter()
        .map(|line| words(&line.text))
        .find(|words| words.contains(&"irtt") || words.iter().any(|word| is_of_metric(word)));
    match (titles, command) {
        // `route -ee` has both, and the device between them.
        (Some(words), _) if words.contains(&"irtt") && words.last() != Some(&"irtt") => {
            Columns::Mss
        }
        (Some(_), _) => Columns::Metric,
        (None, Some(command)) if command.program == "route" => {
            if command.has_short('e') || command.has("--extend") {
                Columns::Mss
            } else {
                Columns::Metric
            }
        }
        (None, Some(_)) => Columns::Mss,
        (None, None) => {
            let has_metric = lines
                .iter()
                .any(|line| linux::row(&words(&line.text)).is_some_and(|row| row.shows_metric()));
            if has_metric { Columns::Metric } else { Columns::Unknown }
        }
    }
}

/// The title of the column in the languages of net-tools.
fn is_of_metric(word: &str) -> bool {
    [
        "Metric",
        "Métrica",
        "Metrik",
        "Meetr",
        "Метрика",
        "跃点",
        "躍點",
        "メトリック",
        "Métric",
        "Metrica",
    ]
    .contains(&word)
}

/// The title of the table or of its columns.
fn is_title(line: &str, words: &[&str]) -> bool {
    const KERNEL: [&str; 12] = [
        "Kernel",
        "kernel",
        "noyau",
        "内核",
        "核心",
        "カーネル",
        "jádru",
        "Tuuma",
        "ядра",
        "núcleo",
        "커널",
        "jądra",
    ];
    const TABLE: [&str; 16] = [
        "routing table",
        "Routentabelle",
        "routage",
        "路由表",
        "路由",
        "経路テーブル",
        "Roteamento",
        "roteamento",
        "Směrovací tabulka",
        "ruutingutabel",
        "маршрут",
        "rutas",
        "encaminamiento",
        "instradamento",
        "라우팅",
        "tablica",
    ];
    let is_short = line.trim().chars().count() <= 48 && words.len() <= 7;
    let is_named = line.contains("IP")
        && KERNEL.iter().any(|word| line.contains(word))
        && TABLE.iter().any(|word| line.contains(word));
    let has_columns = (7..=13).contains(&words.len())
        && (words.contains(&"Genmask")
            || words.contains(&"irtt")
            || words.contains(&"MáscaraGen.")
            || words.iter().any(|word| is_of_metric(word)))
        && !words.iter().any(|word| crate::token::address::ip(word).is_some());
    let is_v6 = words.windows(2).any(|pair| pair == ["Next", "Hop"]);
    // The cache that kernels had before 3.6.
    let is_of_cache = words.first() == Some(&"Source") || line.contains("routing cache");
    !is_of_cache && ((is_short && is_named) || has_columns || is_v6)
}

/// What was read from a route, for people.
pub(super) fn reading(route: &RouteRow) -> Text {
    let mut reading = text![route.destination];
    if route.kind != RouteKind::Unicast {
        reading.push(text![" ", route.kind.name()]);
    }
    for (at, hop) in route.hops.iter().enumerate() {
        match hop.gateway {
            Some(gateway) => {
                reading.push(text![if at > 0 { " or via " } else { " via " }, gateway]);
            }
            None => match &hop.gateway_name {
                Some(name) => {
                    let words = if at > 0 { " or via " } else { " via " };
                    let name = Foreign(name.clone());
                    reading.push(text![words, name, " (a name, not an address)"]);
                }
                None if route.kind == RouteKind::Unicast => reading.push(" on-link"),
                None => {}
            },
        }
        if let Some(device) = &hop.device {
            reading.push(text![" on ", Foreign(device.clone())]);
        }
        if hop.dead || hop.linkdown {
            reading.push(" (down)");
        }
    }
    if let Some(source) = route.prefsrc {
        reading.push(text![" from ", source]);
    }
    if let Some(metric) = route.metric {
        reading.push(text![", metric ", metric]);
    }
    if let Some(table) = route.table {
        match table_name(table) {
            Some(name) => reading.push(text![", table ", name]),
            None => reading.push(text![", table ", table]),
        }
    }
    reading
}

#[cfg(test)]
mod tests;
