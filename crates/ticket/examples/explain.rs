//! Prints what is read from text files: each piece, and each line with what was taken from it.

use std::io::{self, BufWriter, Write};

use synrecv_model::Text;
use synrecv_ticket::{Limits, Taken, Ticket, read};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut out = BufWriter::new(io::stdout().lock());
    for path in std::env::args().skip(1) {
        let ticket = read(&std::fs::read(&path)?, Limits::default())?;
        let written = explain(&mut out, &path, &ticket);
        if written.is_err() {
            // The reader of the pipe has seen enough.
            return Ok(());
        }
    }
    Ok(())
}

fn explain(out: &mut impl Write, path: &str, ticket: &Ticket) -> io::Result<()> {
    writeln!(out, "== {path}")?;
    for piece in &ticket.pieces {
        let command = piece.command.as_ref();
        writeln!(
            out,
            "-- {} lines {}-{} rows {} rejected {} repaired {} cut {:?} foreign {:?} command {:?} notes {:?}",
            piece.kind.name(),
            piece.lines.0,
            piece.lines.1,
            piece.row_count,
            piece.rejected_count,
            piece.repaired_count,
            piece.cut,
            piece.foreign_system,
            command.map(|command| (&command.program, &command.args, &command.filter)),
            piece.notes.iter().map(plain).collect::<Vec<_>>(),
        )?;
    }
    for (number, text, taken) in ticket.lines() {
        writeln!(out, "{number:5} {text}\n      = {}", show(taken))?;
    }
    out.flush()
}

fn show(taken: &Taken) -> String {
    match taken {
        Taken::Prose => "prose".to_owned(),
        Taken::Blank => "blank".to_owned(),
        Taken::Prompt => "PROMPT".to_owned(),
        Taken::Title => "TITLE".to_owned(),
        Taken::Row(text) => format!("ROW {}", plain(text)),
        Taken::Repaired(text) => format!("REPAIRED {}", plain(text)),
        Taken::More(text) => format!("MORE {}", text.as_ref().map(plain).unwrap_or_default()),
        Taken::Aside(why) => format!("ASIDE {why}"),
        Taken::Rejected(text) => format!("REJECTED {}", plain(text)),
    }
}

fn plain(text: &Text) -> String {
    text.spans().iter().map(synrecv_model::Span::raw).collect()
}
