//! `interfaces`: devices, addresses, settings.

use std::path::Path;
use std::process::ExitCode;

use anyhow::Result;
use clap::Args;
use synrecv_collect::{host, tables};
use synrecv_model::SourceKind;
use synrecv_report::table::InterfacesTable;

use super::table::{ask, inside, write};
use crate::cli::TableArgs;

#[derive(Debug, Args)]
pub(crate) struct InterfacesArgs {
    #[command(flatten)]
    table: TableArgs,
}

pub(crate) fn run(args: &InterfacesArgs) -> Result<ExitCode> {
    inside(&args.table, |place| {
        let host = host(&place);
        let devices = ask(&place, tables::links);
        let addresses = ask(&place, tables::addresses);
        let settings = ask(&place, || tables::settings(Path::new("/proc/sys"), &devices));
        let neighbours = ask(&place, tables::neighbours);
        let routes = ask(&place, tables::routes);
        let links = devices.map(|devices| devices.links);
        let table = InterfacesTable {
            kind: SourceKind::Live,
            host: &host,
            links: &links,
            addresses: &addresses,
            settings: &settings,
            neighbours: &neighbours,
            routes: &routes,
        };
        write(
            &args.table,
            &links,
            |out| table.write_json(out),
            |style, out| table.write_text(style, out),
        )
    })
}
