//! Two hundred idle processes with descriptors of their own: what both programs must search for
//! the owners of sockets.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, bail};
use clap::Args;
use synrecv_faults::Namespace;

/// Descriptors of each process, besides its standard streams.
const DESCRIPTOR_COUNT: usize = 12;
/// Connections of one process, two descriptors each: fewer than a hard limit of 20,000 allows.
const PAIRS_EACH: u32 = 9_000;

#[derive(Debug, Args)]
pub(crate) struct IdleArgs {
    /// Hold a listener too
    #[arg(long)]
    listen: bool,
    /// Hold so many connections, both ends of each
    #[arg(long, default_value_t = 0)]
    pairs: u32,
}

/// What each process of the crowd does. It ends with its standard input, so also when the one that
/// started it was killed.
pub(crate) fn idle(args: &IdleArgs) -> Result<()> {
    let open = || File::open("/dev/null").context("open `/dev/null`");
    let descriptors: Vec<File> = (0..DESCRIPTOR_COUNT).map(|_| open()).collect::<Result<_>>()?;
    let listen = || TcpListener::bind(("127.0.0.1", 0)).context("listen");
    let listener = (args.listen || args.pairs > 0).then(listen).transpose()?;
    let mut streams = Vec::new();
    for _ in 0..args.pairs {
        let listener = listener.as_ref().context("connect without a listener")?;
        let at = listener.local_addr().context("find the port of the listener")?;
        let client = TcpStream::connect(at).with_context(|| format!("connect to {at}"))?;
        let (accepted, _) = listener.accept().with_context(|| format!("accept on {at}"))?;
        streams.extend([client, accepted]);
    }
    let mut out = std::io::stdout().lock();
    out.write_all(b"ready\n").and_then(|()| out.flush()).context("say that all is open")?;
    std::io::stdin().read_to_end(&mut Vec::new()).context("wait for the end of standard input")?;
    drop((descriptors, listener, streams));
    Ok(())
}

/// Processes that end when this is dropped.
pub(super) struct Crowd(Vec<Child>);

impl Crowd {
    /// Starts `count` processes in the namespace, `listeners` of them with a listener, and waits
    /// until each has all its descriptors.
    pub(super) fn gather(namespace: &Namespace, count: usize, listeners: usize) -> Result<Self> {
        let listens =
            |number| if number < listeners { vec!["--listen".to_owned()] } else { Vec::new() };
        Self::start(namespace, (0..count).map(listens))
    }

    /// Starts processes that hold so many connections together, each as many as its descriptors
    /// allow.
    pub(super) fn connected(namespace: &Namespace, pairs: u32) -> Result<Self> {
        let processes = pairs.div_ceil(PAIRS_EACH);
        let share = |number| PAIRS_EACH.min(pairs - number * PAIRS_EACH);
        let args = |number| vec!["--pairs".to_owned(), share(number).to_string()];
        Self::start(namespace, (0..processes).map(args))
    }

    fn start(namespace: &Namespace, all_args: impl Iterator<Item = Vec<String>>) -> Result<Self> {
        let own = std::env::current_exe().context("find the path of this program")?;
        let mut crowd = Self(Vec::new());
        for args in all_args {
            let mut command = Command::new(&own);
            command.arg("idle").args(args).stdin(Stdio::piped()).stdout(Stdio::piped());
            crowd.0.push(namespace.spawn(command, None)?);
        }
        for child in &mut crowd.0 {
            let said = child.stdout.take().context("read from a process of the crowd")?;
            let mut line = String::new();
            BufReader::new(said).read_line(&mut line).context("wait for a process of the crowd")?;
            if line != "ready\n" {
                bail!("process {} of the crowd did not start", child.id());
            }
        }
        Ok(crowd)
    }
}

impl Drop for Crowd {
    fn drop(&mut self) {
        // Their standard input ends first, all at once; then each is waited for.
        for child in &mut self.0 {
            drop(child.stdin.take());
        }
        for child in &mut self.0 {
            let _ = child.wait();
        }
    }
}
