//! `route`: rules and routes of all tables; `route get`: one look-up.

mod get;

use std::process::ExitCode;

use anyhow::Result;
use clap::{Args, Subcommand};
use synrecv_collect::{host, tables};
use synrecv_model::SourceKind;
use synrecv_report::table::RouteTable;

use super::table::{ask, inside, write};
use crate::cli::TableArgs;

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct RouteArgs {
    #[command(subcommand)]
    action: Option<RouteAction>,
    /// Also the table `local`, broadcast and multicast (JSON always has them)
    #[arg(long)]
    all: bool,
    #[command(flatten)]
    table: TableArgs,
}

#[derive(Debug, Subcommand)]
enum RouteAction {
    /// Ask the kernel which way packets to a peer leave, and say why
    Get(get::GetArgs),
}

pub(crate) fn run(args: &RouteArgs) -> Result<ExitCode> {
    match &args.action {
        Some(RouteAction::Get(get)) => get::run(get),
        None => run_table(args),
    }
}

fn run_table(args: &RouteArgs) -> Result<ExitCode> {
    inside(&args.table, |place| {
        let host = host(&place);
        let rules = ask(&place, tables::rules);
        let routes = ask(&place, tables::routes);
        let nexthops = ask(&place, tables::nexthops);
        let links = ask(&place, tables::links).map(|devices| devices.links);
        let table = RouteTable {
            kind: SourceKind::Live,
            host: &host,
            routes: &routes,
            rules: &rules,
            nexthops: &nexthops,
            links: &links,
            all: args.all,
        };
        write(
            &args.table,
            &routes,
            |out| table.write_json(out),
            |style, out| table.write_text(style, out),
        )
    })
}
