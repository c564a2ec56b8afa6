//! `arp`: the ARP and ND tables; `arp --probe`: who answers for an address, asked aloud.

mod probe;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::Args;
use synrecv_collect::{host, tables};
use synrecv_model::SourceKind;
use synrecv_report::table::ArpTable;

use super::peer::{Peer, parse_peer};
use super::table::{ask, inside, write};
use crate::cli::TableArgs;
use crate::input::Input;

#[derive(Debug, Args)]
pub(crate) struct ArpArgs {
    /// Ask the network who answers for these addresses, and list every answer: sends ARP questions and
    /// neighbour solicitations, three for each address at most, and two addresses that nobody should
    /// own beside them
    #[arg(long, value_name = "IP", num_args = 1.., value_parser = parse_peer)]
    probe: Vec<Peer>,
    /// Ask with the MAC of the device rather than a made-up one, where the network filters those, or
    /// where a switch shuts ports on which a second MAC shows (port security); the kernel takes the
    /// answers too, and its entries can change
    #[arg(long, requires = "probe")]
    own_mac: bool,
    /// A bundle, or text with the output of other tools, - for standard input; without it, this host
    #[arg(value_name = "SOURCE", conflicts_with_all = ["netns", "load_modules", "probe"])]
    file: Option<PathBuf>,
    #[command(flatten)]
    table: TableArgs,
}

pub(crate) fn run(args: &ArpArgs) -> Result<ExitCode> {
    if !args.probe.is_empty() {
        return probe::run(&args.probe, args.own_mac, &args.table);
    }
    if let Some(path) = &args.file {
        let facts = Input::open(path)?.table(|facts| facts.neighbours.data().is_some())?.facts;
        return show(
            args,
            &ArpTable {
                kind: facts.source,
                host: &facts.host,
                neighbours: &facts.neighbours,
                links: &facts.links,
                addresses: &facts.addresses,
                routes: &facts.routes,
            },
        );
    }
    inside(&args.table, |place| {
        let host = host(&place);
        let neighbours = ask(&place, tables::neighbours);
        let links = ask(&place, tables::links).map(|devices| devices.links);
        let addresses = ask(&place, tables::addresses);
        let routes = ask(&place, tables::routes);
        show(
            args,
            &ArpTable {
                kind: SourceKind::Live,
                host: &host,
                neighbours: &neighbours,
                links: &links,
                addresses: &addresses,
                routes: &routes,
            },
        )
    })
}

fn show(args: &ArpArgs, table: &ArpTable<'_>) -> Result<ExitCode> {
    write(
        &args.table,
        table.neighbours,
        |out| table.write_json(out),
        |style, out| table.write_text(style, out),
    )
}
