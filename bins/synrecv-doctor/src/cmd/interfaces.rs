//! `interfaces`: devices, addresses, settings.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Result;
use clap::Args;
use synrecv_collect::{host, tables};
use synrecv_model::SourceKind;
use synrecv_report::table::InterfacesTable;

use super::table::{ask, inside, write};
use crate::cli::TableArgs;
use crate::input::Input;

#[derive(Debug, Args)]
pub(crate) struct InterfacesArgs {
    /// A bundle, or text with the output of other tools, - for standard input; without it, this host
    #[arg(value_name = "SOURCE", conflicts_with_all = ["netns", "load_modules"])]
    file: Option<PathBuf>,
    #[command(flatten)]
    table: TableArgs,
}

pub(crate) fn run(args: &InterfacesArgs) -> Result<ExitCode> {
    if let Some(path) = &args.file {
        let facts = Input::open(path)?.table(|facts| facts.links.data().is_some())?.facts;
        return show(
            args,
            &InterfacesTable {
                kind: facts.source,
                host: &facts.host,
                links: &facts.links,
                addresses: &facts.addresses,
                settings: &facts.settings,
                neighbours: &facts.neighbours,
                routes: &facts.routes,
            },
        );
    }
    inside(&args.table, |place| {
        let host = host(&place);
        let devices = ask(&place, tables::links);
        let addresses = ask(&place, tables::addresses);
        let settings = ask(&place, || tables::settings(Path::new("/proc/sys"), &devices));
        let neighbours = ask(&place, tables::neighbours);
        let routes = ask(&place, tables::routes);
        let links = devices.map(|devices| devices.links);
        show(
            args,
            &InterfacesTable {
                kind: SourceKind::Live,
                host: &host,
                links: &links,
                addresses: &addresses,
                settings: &settings,
                neighbours: &neighbours,
                routes: &routes,
            },
        )
    })
}

fn show(args: &InterfacesArgs, table: &InterfacesTable<'_>) -> Result<ExitCode> {
    write(
        &args.table,
        table.links,
        |out| table.write_json(out),
        |style, out| table.write_text(style, out),
    )
}
