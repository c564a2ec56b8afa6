//! `arp`: the ARP and ND tables.

use std::process::ExitCode;

use anyhow::Result;
use clap::Args;
use synrecv_collect::{host, tables};
use synrecv_model::SourceKind;
use synrecv_report::table::ArpTable;

use super::table::{ask, inside, write};
use crate::cli::TableArgs;

#[derive(Debug, Args)]
pub(crate) struct ArpArgs {
    #[command(flatten)]
    table: TableArgs,
}

pub(crate) fn run(args: &ArpArgs) -> Result<ExitCode> {
    inside(&args.table, |place| {
        let host = host(&place);
        let neighbours = ask(&place, tables::neighbours);
        let links = ask(&place, tables::links).map(|devices| devices.links);
        let addresses = ask(&place, tables::addresses);
        let routes = ask(&place, tables::routes);
        let table = ArpTable {
            kind: SourceKind::Live,
            host: &host,
            neighbours: &neighbours,
            links: &links,
            addresses: &addresses,
            routes: &routes,
        };
        write(
            &args.table,
            &neighbours,
            |out| table.write_json(out),
            |style, out| table.write_text(style, out),
        )
    })
}
