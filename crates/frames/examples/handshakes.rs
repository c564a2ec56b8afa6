//! What a capture file holds: `cargo run --release --example handshakes FILE`.

use std::error::Error;
use std::io::{Write as _, stdout};
use std::ops::ControlFlow;
use std::{env, fs};

use synrecv_model::Outcome;

fn main() -> Result<(), Box<dyn Error>> {
    let path = env::args_os().nth(1).ok_or("which file?")?;
    let file = fs::File::open(path)?;
    let read = synrecv_frames::file::read(file, |_| ControlFlow::Continue(()))?;
    let capture = &read.capture;
    let mut out = stdout().lock();
    for outcome in [
        Outcome::Completed,
        Outcome::AckMissing,
        Outcome::AckIgnored,
        Outcome::Refused,
        Outcome::Unanswered,
        Outcome::ReplyUnseen,
        Outcome::TooEarly,
    ] {
        writeln!(out, "{:>9} {}", capture.count(outcome), outcome.name())?;
    }
    writeln!(out, "{:>9} frames, {} not decoded", capture.received_count, capture.undecoded_count)?;
    writeln!(
        out,
        "{:>9} handshakes with frames, {} without",
        capture.handshakes.len(),
        capture.omitted_handshake_count
    )?;
    for vantage in &capture.vantages {
        writeln!(out, "{} was captured at: {}", vantage.server, vantage.place.name())?;
        for clue in &vantage.clues {
            writeln!(out, "    {clue:?}")?;
        }
    }
    for handshake in capture.handshakes.iter().take(20) {
        let flow = handshake.flow;
        writeln!(out, "{} -> {} {}", flow.peer, flow.local, handshake.outcome.name())?;
        for frame in &handshake.frames {
            let at = frame.at.since(capture.started);
            writeln!(
                out,
                "    {:>12.6} {:?} {} {:?} ttl {} {:?}",
                at.as_secs_f64(),
                frame.sender,
                frame.kind.name(),
                frame.direction,
                frame.ttl,
                frame.checksum
            )?;
        }
    }
    if let Some(damage) = read.damage {
        writeln!(out, "{damage}")?;
    }
    Ok(())
}
