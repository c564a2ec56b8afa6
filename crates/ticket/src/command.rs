//! A command line that stands before its output.

/// What was typed at a prompt. Its options tell the columns, a filter behind it what is absent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Command {
    /// The program without its directory, in lower case: `netstat`.
    pub program: String,
    /// Its arguments, shell quotes taken off.
    pub args: Vec<String>,
    /// What the output was piped through, as typed: `grep :80`, `head -100`.
    pub filter: Option<String>,
    /// By `sudo`, or at a prompt that ends in `#`.
    pub as_root: bool,
    /// Name of the host in the prompt.
    pub host: Option<String>,
}

impl Command {
    /// True when a short option is among the arguments, alone or in a cluster: `n` in `-tano`.
    pub fn has_short(&self, option: char) -> bool {
        let is_cluster = |arg: &&String| arg.starts_with('-') && !arg.starts_with("--");
        self.args.iter().filter(is_cluster).any(|arg| arg.contains(option))
    }

    /// True when this word is among the arguments.
    pub fn has(&self, word: &str) -> bool {
        self.args.iter().any(|arg| arg == word)
    }

    /// True when something of the output can have been left out.
    pub fn is_filtered(&self) -> bool {
        self.filter.is_some()
    }
}
