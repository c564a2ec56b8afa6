//! The largest resident set of a program while it runs.

use std::fs;
use std::process::Child;
use std::thread::sleep;
use std::time::Duration;

use anyhow::{Context, Result, bail};

/// Waits for the end of a program and gives its `VmHWM`, in KiB.
pub(super) fn peak_kib(mut child: Child, what: &str) -> Result<u64> {
    let status = format!("/proc/{}/status", child.id());
    let mut peak_kib = 0;
    loop {
        let ended = child.try_wait().with_context(|| format!("wait for the end of {what}"))?;
        if let Some(ended) = ended {
            if !ended.success() {
                bail!("{what} failed ({ended})");
            }
            return Ok(peak_kib);
        }
        let text = fs::read_to_string(&status).unwrap_or_default();
        peak_kib = peak_kib.max(high_water_kib(&text).unwrap_or(0));
        sleep(Duration::from_millis(5));
    }
}

/// `VmHWM` of `/proc/PID/status`, in KiB.
pub(super) fn high_water_kib(status: &str) -> Option<u64> {
    let value = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    value.trim().strip_suffix(" kB")?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_high_water_mark_is_read() {
        assert_eq!(high_water_kib("Name:\tx\nVmHWM:\t    1432 kB\nVmRSS:\t 7 kB\n"), Some(1432));
        assert_eq!(high_water_kib("Name:\tx\n"), None);
    }
}
