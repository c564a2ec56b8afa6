//! `route`: rules and routes of all tables; `route get`: one look-up.

mod get;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::{Args, Subcommand};
use synrecv_collect::{host, tables};
use synrecv_model::SourceKind;
use synrecv_report::table::RouteTable;

use super::table::{ask, inside, write};
use crate::cli::TableArgs;
use crate::input::Input;

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct RouteArgs {
    #[command(subcommand)]
    action: Option<RouteAction>,
    /// Also the table `local`, broadcast and multicast (JSON always has them)
    #[arg(long)]
    all: bool,
    /// A bundle, or text with the output of other tools, - for standard input; without it, this host
    #[arg(value_name = "SOURCE", conflicts_with_all = ["netns", "load_modules"])]
    file: Option<PathBuf>,
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
    if let Some(path) = &args.file {
        let facts = Input::open(path)?.table(|facts| facts.routes.data().is_some())?.facts;
        return show(
            args,
            &RouteTable {
                kind: facts.source,
                host: &facts.host,
                routes: &facts.routes,
                rules: &facts.rules,
                nexthops: &facts.nexthops,
                links: &facts.links,
                all: args.all,
            },
        );
    }
    inside(&args.table, |place| {
        let host = host(&place);
        let rules = ask(&place, tables::rules);
        let routes = ask(&place, tables::routes);
        let nexthops = ask(&place, tables::nexthops);
        let links = ask(&place, tables::links).map(|devices| devices.links);
        show(
            args,
            &RouteTable {
                kind: SourceKind::Live,
                host: &host,
                routes: &routes,
                rules: &rules,
                nexthops: &nexthops,
                links: &links,
                all: args.all,
            },
        )
    })
}

fn show(args: &RouteArgs, table: &RouteTable<'_>) -> Result<ExitCode> {
    write(
        &args.table,
        table.routes,
        |out| table.write_json(out),
        |style, out| table.write_text(style, out),
    )
}
