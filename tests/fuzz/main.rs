//! The inputs that fuzzing kept, once more: none panics, and none takes long.

#[expect(unreachable_pub, reason = "a library for the fuzzer, a module here")]
#[path = "../../fuzz/src/targets.rs"]
mod targets;

use std::fs;
use std::time::{Duration, Instant};

use synrecv_tests::workspace_root;

/// For one input, on a machine that does other things beside.
const TIME_MAX: Duration = Duration::from_secs(20);

/// Gives each input to its target.
fn replay(target: &str, run: fn(&[u8])) {
    let folder = workspace_root().join("fuzz/corpus").join(target);
    let entries = fs::read_dir(&folder).expect("the corpus is there");
    let mut count = 0;
    for entry in entries {
        let path = entry.expect("an entry can be read").path();
        let input = fs::read(&path).expect("an input can be read");
        let start = Instant::now();
        run(&input);
        let took = start.elapsed();
        assert!(took < TIME_MAX, "{} takes {took:?}", path.display());
        count += 1;
    }
    assert!(count > 20, "only {count} inputs in {}", folder.display());
}

#[test]
fn texts() {
    replay("ticket", targets::ticket);
    replay("format", targets::format);
}

#[test]
fn bundles() {
    replay("bundle", targets::bundle);
}

#[test]
fn captures() {
    replay("capture", targets::capture);
}
