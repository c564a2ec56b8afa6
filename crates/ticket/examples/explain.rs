//! Prints what is read from text files: each piece, and each line with what was taken from it.

#![expect(clippy::print_stdout, reason = "that is what it is for")]

use std::fmt::Write;

use synrecv_model::Text;
use synrecv_ticket::{Limits, Taken, read};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    for path in std::env::args().skip(1) {
        let ticket = read(&std::fs::read(&path)?, Limits::default())?;
        println!("== {path}");
        for piece in &ticket.pieces {
            println!(
                "-- {} lines {}-{} rows {} rejected {} repaired {} cut {:?} foreign {:?} command {:?} notes {:?}",
                piece.kind.name(),
                piece.lines.0,
                piece.lines.1,
                piece.row_count,
                piece.rejected_count,
                piece.repaired_count,
                piece.cut,
                piece.foreign_system,
                piece.command.as_ref().map(|command| (
                    &command.program,
                    &command.args,
                    &command.filter
                )),
                piece.notes.iter().map(plain).collect::<Vec<_>>(),
            );
        }
        for (number, text, taken) in ticket.lines() {
            println!("{number:5} {text}\n      = {}", show(taken)?);
        }
    }
    Ok(())
}

fn show(taken: &Taken) -> Result<String, std::fmt::Error> {
    let mut shown = String::new();
    match taken {
        Taken::Prose => shown.push_str("prose"),
        Taken::Blank => shown.push_str("blank"),
        Taken::Prompt => shown.push_str("PROMPT"),
        Taken::Title => shown.push_str("TITLE"),
        Taken::Row(text) => write!(shown, "ROW {}", plain(text))?,
        Taken::Repaired(text) => write!(shown, "REPAIRED {}", plain(text))?,
        Taken::More(text) => {
            write!(shown, "MORE {}", text.as_ref().map(plain).unwrap_or_default())?;
        }
        Taken::Aside(why) => write!(shown, "ASIDE {why}")?,
        Taken::Rejected(text) => write!(shown, "REJECTED {}", plain(text))?,
    }
    Ok(shown)
}

fn plain(text: &Text) -> String {
    text.spans().iter().map(synrecv_model::Span::raw).collect()
}
