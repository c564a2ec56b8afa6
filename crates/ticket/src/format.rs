//! The formats: for each, how its lines look and what they say.

mod arp;
mod arping;
mod conntrack;
mod counter_names;
#[cfg(test)]
mod fixture;
mod frames;
mod ifconfig;
mod in_words;
mod ip_addr;
mod ip_command;
mod ip_neigh;
mod ip_route;
mod ip_route_get;
mod ip_rule;
mod iptables;
mod json;
mod kernel_log;
mod link_row;
mod mtr;
mod netstat;
mod netstat_s;
mod nft;
mod nstat;
mod proc_arp;
mod proc_counters;
mod proc_route;
mod proc_tcp;
mod route;
mod route_names;
mod rule_words;
mod socket;
mod ss;
mod sysctl;
mod table;
mod tcpdump;
mod traceroute;
mod tshark;

use synrecv_model::Text;

use crate::{Command, Content, Cut, Kind, Line, Taken};

/// What one line is to a format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Sees {
    /// Not of this format.
    Nothing,
    /// Belongs to it only inside of a piece: a footer, a warning, a row of no use here.
    Aside,
    /// Goes on with the row above; only inside of a piece.
    More,
    /// A row, recognised by its content alone.
    Row,
    /// A title, or a first line that only this format has.
    Title,
}

/// One format. The text decides which formats are asked; what they say decides where pieces begin and end.
pub(crate) trait Format: Sync {
    /// What it is called.
    fn kind(&self) -> Kind;

    /// Whether this command prints it.
    fn is_printed_by(&self, command: &Command) -> bool;

    /// What a line is. `inside` when the line before belongs to a piece of this format. Cheap, and
    /// linear in the length of the line.
    fn sees(&self, line: &str, inside: bool) -> Sees;

    /// Takes a line apart that holds several rows, or rows that lost all their blanks. The answer is
    /// the line in order: each row, title and text between them as a string of its own, with the
    /// blanks put back between the fields. `None`, and quickly, for a line that is fine or not of
    /// this format; linear in the length of the line but for the reading of one row.
    fn split(&self, _line: &str) -> Option<Vec<String>> {
        None
    }

    /// Reads the lines of a piece, which are never empty, but for the output of a command that
    /// printed nothing; `taken` of the answer has one entry for each line.
    fn read(&self, lines: &[Line], command: Option<&Command>) -> Table;
}

/// What a format read from the lines of a piece.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Table {
    /// The rows.
    pub(crate) content: Content,
    /// What was made of each line.
    pub(crate) taken: Vec<Taken>,
    /// Why rows are missing, as far as the format can tell.
    pub(crate) cut: Option<Cut>,
    /// Not a tool of Linux.
    pub(crate) foreign_system: Option<&'static str>,
    /// What a reader must know.
    pub(crate) notes: Vec<Text>,
}

/// All formats, those with the strictest rows first.
pub(crate) const FORMATS: &[&dyn Format] = &[
    &tcpdump::Tcpdump,
    &tshark::Tshark,
    &in_words::InWords,
    &traceroute::Traceroute,
    &mtr::Mtr,
    &nstat::Nstat,
    &proc_counters::ProcCounters,
    &netstat_s::NetstatS,
    &netstat::Netstat,
    &ss::Ss,
    &proc_tcp::ProcTcp,
    &conntrack::Conntrack,
    &conntrack::ConntrackStatistics,
    &iptables::Iptables,
    &nft::Nft,
    &kernel_log::KernelLog,
    &sysctl::Sysctl,
    &arp::Arp,
    &ip_neigh::IpNeigh,
    &proc_arp::ProcArp,
    &proc_route::ProcRoute,
    &route::Route,
    &ip_route_get::IpRouteGet,
    &ip_route::IpRoute,
    &ip_rule::IpRule,
    &ip_addr::IpAddr,
    &ifconfig::Ifconfig,
    &arping::Arping,
];
