//! Sockets in several states, on the loopback device of a namespace.

use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};

use anyhow::{Context, Result};

/// Pairs that stay connected: two sockets in ESTABLISHED each.
const CONNECTED: usize = 45;
/// Pairs of which one side has finished: FIN_WAIT2 and CLOSE_WAIT.
const HALF_CLOSED: usize = 15;
/// Pairs of which both sides have finished: one socket in TIME_WAIT each.
const CLOSED: usize = 20;

/// Sockets that live as long as this.
pub(super) struct Sockets {
    _listeners: Vec<TcpListener>,
    _streams: Vec<TcpStream>,
}

/// Opens them in the network namespace of the calling thread.
pub(super) fn open() -> Result<Sockets> {
    let mut listeners = Vec::new();
    let mut streams = Vec::new();
    let pair_on = |listener: &TcpListener| -> Result<(TcpStream, TcpStream)> {
        let at: SocketAddr = listener.local_addr().context("find the port of a listener")?;
        let client = TcpStream::connect(at).with_context(|| format!("connect to {at}"))?;
        let (server, _) = listener.accept().with_context(|| format!("accept on {at}"))?;
        Ok((client, server))
    };
    for local in ["127.0.0.1:0", "[::1]:0"] {
        // A kernel without IPv6 has one family only.
        let Ok(listener) = TcpListener::bind(local) else { continue };
        for number in 0..CONNECTED + HALF_CLOSED + CLOSED {
            let (client, server) = pair_on(&listener)?;
            if number >= CONNECTED {
                client.shutdown(Shutdown::Write).context("finish one side")?;
            }
            if number < CONNECTED + HALF_CLOSED {
                streams.extend([client, server]);
            }
        }
        listeners.push(listener);
    }
    Ok(Sockets { _listeners: listeners, _streams: streams })
}
