//! Timers of sockets.

use synrecv_model::TimerKind;

use crate::PrintedTimer;

/// `on (5.72/3/0)` at the end of a row of `netstat`, and the text before it. The word may be
/// translated, the decimal point a comma, the last number missing.
pub(crate) fn netstat(text: &str) -> Option<(PrintedTimer, &str)> {
    let text = text.trim_end();
    let (before, numbers) = text.strip_suffix(')')?.rsplit_once('(')?;
    let mut fields = numbers.split('/');
    let expires_ms = hundredths(fields.next()?)?;
    let count = number(fields.next()?)?;
    let probe_count = fields.next().map_or(Some(0), number)?;
    if fields.next().is_some() {
        return None;
    }
    let before = before.trim_end_matches('(').trim_end();
    let at = before.rfind(char::is_whitespace).map_or(0, |at| at + 1);
    let at = (at..=before.len()).find(|&at| before.is_char_boundary(at))?;
    let (rest, word) = before.split_at(at);
    let kind = word_kind(word, expires_ms);
    Some((PrintedTimer { kind, expires_ms, count, probe_count }, rest.trim_end()))
}

/// The words of net-tools in its languages. An unknown one is a timer when time is left.
fn word_kind(word: &str, expires_ms: u32) -> Option<TimerKind> {
    let bare = word.trim_end_matches(|c: char| c.is_ascii_digit());
    match bare {
        "on" | "ein" | "zapnut" | "zap" | "em" | "ligado" | "オン" | "打开" | "开启" | "käib"
        | "käib-" => Some(TimerKind::On),
        "keepalive" | "キープアライブ" | "保持连接" => Some(TimerKind::Keepalive),
        "timewait" | "時間待ち" | "等待" => Some(TimerKind::TimeWait),
        "probe" | "unkn-" | "desconh.-" | "nezn-" | "不明-" | "eitea-" => {
            Some(TimerKind::Persist)
        }
        "off" | "aus" | "vyp" | "desligado" | "オフ" | "关闭" | "eikäi" => None,
        _ if expires_ms > 0 => Some(TimerKind::Other(0)),
        _ => None,
    }
}

fn hundredths(text: &str) -> Option<u32> {
    let (seconds, rest) = text.trim().split_once(['.', ',']).unwrap_or((text.trim(), "0"));
    let plain = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    // Negative when the timer is due: `on (-0.01/2/0)`.
    if let Some(seconds) = seconds.strip_prefix('-') {
        return (plain(seconds) && plain(rest)).then_some(0);
    }
    if !plain(seconds) || !plain(rest) || rest.len() > 6 {
        return None;
    }
    let parts: u64 = format!("{rest:0<6}").parse().ok()?;
    let seconds: u64 = seconds.parse().ok()?;
    u32::try_from(seconds.checked_mul(1000)?.checked_add(parts / 1000)?).ok()
}

fn number(text: &str) -> Option<u32> {
    let text = text.trim();
    if text.starts_with('-') {
        return text.parse::<i32>().ok().map(|_| 0);
    }
    text.parse().ok()
}

/// The inside of `timer:(on,1.460ms,6)` of `ss`.
pub(crate) fn ss(inside: &str) -> Option<PrintedTimer> {
    let mut fields = inside.split(',').map(str::trim);
    let kind = match fields.next()? {
        "on" => Some(TimerKind::On),
        "keepalive" => Some(TimerKind::Keepalive),
        "timewait" => Some(TimerKind::TimeWait),
        "persist" => Some(TimerKind::Persist),
        "off" => None,
        _ => Some(TimerKind::Other(0)),
    };
    let expires_ms = ss_duration(fields.next()?)?;
    let count = fields.next()?.parse().ok()?;
    Some(PrintedTimer { kind, expires_ms, count, probe_count: 0 })
}

/// What `print_ms_timer` of iproute2 prints: nothing for zero, `036ms`, `1.460ms` for 1.46 s,
/// `27sec`, `1min2sec`, `12min`.
fn ss_duration(text: &str) -> Option<u32> {
    let mut total_ms = 0_u32;
    let mut rest = text;
    while !rest.is_empty() {
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (amount, behind) = rest.split_at(end);
        let unit = behind.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(behind.len());
        let (unit, behind) = behind.split_at(unit);
        let factor: u32 = match unit {
            "min" => 60_000,
            "sec" | "s" => 1000,
            "ms" => 1,
            _ => return None,
        };
        let ms = match amount.split_once('.') {
            Some((seconds, ms)) => {
                let whole = seconds.parse::<u32>().ok()?.checked_mul(1000)?;
                whole.checked_add(ms.parse().ok().filter(|_| ms.len() == 3)?)?
            }
            None => amount.parse::<u32>().ok()?.checked_mul(factor)?,
        };
        total_ms = total_ms.checked_add(ms)?;
        rest = behind;
    }
    Some(total_ms)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn timer(
        kind: Option<TimerKind>,
        expires_ms: u32,
        count: u32,
        probe_count: u32,
    ) -> PrintedTimer {
        PrintedTimer { kind, expires_ms, count, probe_count }
    }

    #[test]
    fn timers_of_netstat() {
        let on = Some(TimerKind::On);
        for (text, is, before) in [
            ("on (5.72/3/0)", timer(on, 5720, 3, 0), ""),
            ("1502/nginx: worker  off (0.00/0/0)", timer(None, 0, 0, 0), "1502/nginx: worker"),
            ("-   keepalive (70.54/0)", timer(Some(TimerKind::Keepalive), 70_540, 0, 0), "-"),
            ("- 打开 (0.14/1/0)", timer(on, 140, 1, 0), "-"),
            ("关闭 (0.00/0/0)", timer(None, 0, 0, 0), ""),
            ("- em (1,42/1/0)", timer(on, 1420, 1, 0), "-"),
            ("unkn-4 (1.00/2/3)", timer(Some(TimerKind::Persist), 1000, 2, 3), ""),
            ("on (-0.01/2/0)", timer(on, 0, 2, 0), ""),
            ("on(5.72/3/0)", timer(on, 5720, 3, 0), ""),
        ] {
            assert_eq!(netstat(text), Some((is, before)), "{text}");
        }
        for text in
            ["", "-", "12/a (b)", "(1/2/3/4)", "on (5.72)", "on (x/1/2)", "on (9999999999.00/1/2)"]
        {
            assert_eq!(netstat(text), None, "{text}");
        }
    }

    #[test]
    fn timers_of_ss() {
        let on = Some(TimerKind::On);
        for (text, is) in [
            ("on,1.460ms,6", timer(on, 1460, 6, 0)),
            ("on,036ms,0", timer(on, 36, 0, 0)),
            ("on,236ms,2", timer(on, 236, 2, 0)),
            ("on,27sec,15", timer(on, 27_000, 15, 0)),
            ("keepalive,1min2sec,0", timer(Some(TimerKind::Keepalive), 62_000, 0, 0)),
            ("timewait,12min,0", timer(Some(TimerKind::TimeWait), 720_000, 0, 0)),
            ("on,,3", timer(on, 0, 3, 0)),
        ] {
            assert_eq!(ss(text), Some(is), "{text}");
        }
        for text in ["", "on", "on,1h,2", "on,1.46ms,2", "on,99999999999sec,2", "on,5,1"] {
            assert_eq!(ss(text), None, "{text}");
        }
    }
}
