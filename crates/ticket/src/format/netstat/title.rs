//! Titles and notices, which are translated. They are hints only: rows speak for themselves.

/// What a line without a socket is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Words {
    /// The title of the table of connections. `(w/o servers)` and `(only servers)` where it says so
    /// in a language in which the two differ.
    Connections(Option<Shown>),
    /// Titles of its columns.
    Columns,
    /// The title of the table of UNIX-domain or other sockets, or of its columns.
    OtherSockets,
    /// The tool says that it may not see all processes.
    NotRoot,
    /// The tool did not know an option, and printed no table.
    BadOption,
    /// Windows says who it is.
    Windows,
}

/// What the title says about sockets in LISTEN.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shown {
    /// All others.
    WithoutListeners,
    /// Only them.
    OnlyListeners,
    /// All sockets.
    All,
}

/// Reads a line as a title or a notice.
pub(super) fn words(line: &str) -> Option<Words> {
    let text = line.trim();
    if let Some(behind) = strip_any(text, CONNECTIONS) {
        let behind = behind.trim_start();
        let alone = behind.is_empty() || behind.starts_with(['(', '（', ':']);
        return alone.then(|| Words::Connections(shown(behind)));
    }
    if WINDOWS.contains(&text.trim_end_matches(':')) {
        return Some(Words::Windows);
    }
    if strip_any(text, OTHERS).is_some() {
        return Some(Words::OtherSockets);
    }
    if is_columns(text) {
        return Some(Words::Columns);
    }
    if text.starts_with("Proto") && (text.contains("I-Node") || text.contains("RefC")) {
        return Some(Words::OtherSockets);
    }
    let notice = text.trim_start_matches(['(', '（']);
    if NOT_ROOT.iter().any(|start| notice.starts_with(start)) {
        return Some(Words::NotRoot);
    }
    let complaint = text.strip_prefix("netstat: ")?;
    let is_bad = [
        "invalid option",
        "unrecognized option",
        "illegal option",
        "unknown option",
        "Unknown option",
        "option requires",
    ];
    is_bad.iter().any(|words| complaint.starts_with(words)).then_some(Words::BadOption)
}

fn strip_any<'a>(text: &'a str, known: &[&str]) -> Option<&'a str> {
    known.iter().find_map(|phrase| text.strip_prefix(phrase))
}

fn shown(text: &str) -> Option<Shown> {
    let has = |words: &[&str]| words.iter().any(|word| text.contains(word));
    if has(&["w/o", "ohne Server", "sans serveurs", "ilma server"]) {
        return Some(Shown::WithoutListeners);
    }
    let only = [
        "only servers",
        "Nur Server",
        "seulement serveurs",
        "pouze servery",
        "サーバのみ",
        "仅服务器",
        "ainult server",
    ];
    if has(&only) {
        return Some(Shown::OnlyListeners);
    }
    let all = [
        "servers and established",
        "serversandestablished",
        "Server und stehende",
        "serveurs et établies",
        "servery a navázaná",
        "サーバと確立",
        "服务器和已建立",
        "伺服器和已建立",
        "servidores e estabelecidas",
        "servidores y establecidos",
        "serverid ja",
    ];
    has(&all).then_some(Shown::All)
}

/// The line above the rows: `Proto Recv-Q Send-Q ...`, in any language, or that of Windows, which
/// has no queues.
fn is_columns(text: &str) -> bool {
    let first =
        ["Proto", "Socket"].into_iter().chain(WINDOWS_COLUMNS.iter().map(|(first, _)| *first));
    if !first.into_iter().any(|word| text.starts_with(word)) {
        return false;
    }
    let words: Vec<&str> = text.split_whitespace().collect();
    if words.len() < 4 || words.iter().any(|word| word.contains(|c: char| c.is_ascii_digit())) {
        return words.len() == 1 && text.starts_with("ProtoRecv-QSend-Q");
    }
    let queues = ["Recv-Q", "Přích-F", "受信-Q", "VvJrk"];
    let linux = matches!(words[0], "Proto" | "Socket")
        && words[1..3].iter().any(|word| queues.contains(word));
    let windows = WINDOWS_COLUMNS.iter().any(|(first, second)| {
        words[0] == *first && text[words[0].len()..].trim_start().starts_with(second)
    });
    linux || windows
}

/// The title, up to what it says in parentheses. net-tools and its translations, those of Ubuntu,
/// BusyBox, toybox; macOS.
const CONNECTIONS: &[&str] = &[
    "Active Internet connections",
    "ActiveInternetconnections",
    "Aktive Internetverbindungen",
    "Connexions Internet actives",
    "Conexões Internet Ativas",
    "Aktivní Internetová spojení",
    "稼働中のインターネット接続",
    "激活Internet连接",
    "活动Internet连接",
    "活跃的Internet连接",
    "啟用的網際網路連線",
    "Aktiivsed internetiühendused",
    "Conexiones activas de Internet",
    "Connessioni Internet attive",
    "Активные соединения с интернетом",
    "Aktywne połączenia internetowe",
    "Active Multipath Internet connections",
];

/// The titles of Windows, whole lines.
const WINDOWS: &[&str] = &[
    "Active Connections",
    "活动连接",
    "使用中連線",
    "Aktive Verbindungen",
    "Connexions actives",
    "Conexões ativas",
    "Conexiones activas",
    "Connessioni attive",
    "アクティブな接続",
    "Активные подключения",
];

/// The first columns of Windows.
const WINDOWS_COLUMNS: &[(&str, &str)] = &[
    ("Proto", "Local Address"),
    ("协议", "本地地址"),
    ("通訊協定", "本機位址"),
    ("Proto", "Lokale Adresse"),
    ("Proto", "Adresse locale"),
    ("Proto", "Dirección local"),
    ("Proto", "Endereço local"),
    ("Proto", "Indirizzo locale"),
    ("プロトコル", "ローカル"),
];

/// Titles of sockets of other families.
const OTHERS: &[&str] = &[
    "Active UNIX domain sockets",
    "Active LOCAL (UNIX) domain sockets",
    "Active Bluetooth connections",
    "Active IPX sockets",
    "Active AX.25 sockets",
    "Active X.25 sockets",
    "Active NET/ROM sockets",
    "Active kernel event sockets",
    "Active kernel control sockets",
    "Registered kernel control modules",
    "Aktive Sockets in der UNIX-Domäne",
    "Sockets du domaine UNIX actives",
    "Domain sockets UNIX ativos",
    "Aktivní sokety domény UNIX",
    "稼働中のUNIXドメインソケット",
    "Aktiivsed UNIX domeeni soklid",
    "活跃的UNIX域套接字",
    "激活的UNIX域套接字",
    "Proto Destination",
    "Proto  Destination",
];

/// How the lines begin that net-tools prints when it may not look at processes, without their
/// parenthesis. Each notice is of several lines.
const NOT_ROOT: &[&str] = &[
    "Not all processes could be identified",
    "will not be shown, you would have to be root",
    "No info could be read for \"-p\"",
    "netstat: showing only processes with your user ID",
    "并非所有进程都能被检测到",
    "root 用户）",
    "Es konnten nicht alle Prozesse",
    "nicht-eigene Prozesse werden nicht angezeigt",
    "Für \"-p\": geteuid()",
    "Tous les processus ne peuvent être identifiés",
    "non possédés ne seront pas affichées",
    "Pas d'infos lues pour \"-p\"",
    "一部のプロセスが識別されますが",
    "表示されません。それら全てを見るには",
    "\"-p\"の情報を読み込めませんでした",
    "Nem todos os processos puderam ser identificados",
    "de outrem não serão mostrados",
    "Não foi possível ler informações para \"-p\"",
    "Všechny procesy nemohly být identifikovány",
    "pouze o procesech, jichž jste vlastníkem",
    "byste být superuživatelem",
    "Pro „-p“ nelze získat žádné informace",
    "byl superuživatelem)",
    "Mõnesid protsesse ei saanud identifitseerida",
    "info lugemiseks peab olema root",
    "\"-p\" jaoks ei saanud infot lugeda",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_of_many_languages() {
        for (line, is) in [
            (
                "Active Internet connections (servers and established)",
                Words::Connections(Some(Shown::All)),
            ),
            (
                "Active Internet connections (w/o servers)",
                Words::Connections(Some(Shown::WithoutListeners)),
            ),
            ("激活Internet连接 (仅服务器)", Words::Connections(Some(Shown::OnlyListeners))),
            ("Proto Recv-Q Send-Q Local Address           Foreign Address  State", Words::Columns),
            ("Proto Přích-F Odch-F Místní Adresa  Vzdálená Adresa  Stav", Words::Columns),
            (
                "Proto 受信-Q 送信-Q 内部アドレス            外部アドレス            状態",
                Words::Columns,
            ),
            ("  协议  本地地址          外部地址        状态", Words::Columns),
            (
                "  Proto  Local Address          Foreign Address        State           PID",
                Words::Columns,
            ),
            ("活动连接", Words::Windows),
            ("Active UNIX domain sockets (w/o servers)", Words::OtherSockets),
            (
                "Proto RefCnt Flags       Type       State         I-Node   Path",
                Words::OtherSockets,
            ),
            (
                "(No info could be read for \"-p\": geteuid()=65534 but you should be root.)",
                Words::NotRoot,
            ),
            ("（并非所有进程都能被检测到，所有非本用户的进程信息将不会显示，", Words::NotRoot),
            (" will not be shown, you would have to be root to see it all.)", Words::NotRoot),
            ("netstat: invalid option -- 'p'", Words::BadOption),
        ] {
            assert_eq!(words(line), Some(is), "{line}");
        }
        for line in [
            "Active Internet connections are listed below",
            "Kernel IP routing table",
            "Proto of the row is tcp",
            "Active connections openings",
            "",
        ] {
            assert_eq!(words(line), None, "{line}");
        }
    }
}
