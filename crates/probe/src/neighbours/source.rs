//! An address to ask from that is nobody's.
//!
//! In IPv4 each is asked for before it is used, from no address at all (RFC 5227), which disturbs
//! nobody. In IPv6 it is the link-local one that belongs to the made-up MAC, and who asks for that is
//! answered: programs that answer for others (ndppd) leave it to their kernel to find the asker.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::time::Duration;

use super::{Options, Sender, Target};

/// Frames that an address to ask from may cost.
pub(super) const FRAMES_MAX: u8 = 3;

/// An address that nobody answers for is asked for so often before it is taken.
pub(super) const QUESTIONS: u8 = 2;

/// Answers are waited for so long: owners answer at once, other than proxies.
pub(super) const PATIENCE: Duration = Duration::from_millis(300);

/// The longest that finding one takes.
pub(super) const LONGEST: Duration = Duration::from_millis(3 * 300);

/// A device, and the addresses to try on it.
pub(super) type Trial = (u32, Vec<IpAddr>);

/// Devices on which a link-local address is made up.
pub(super) fn stations(targets: &[Target], options: Options) -> BTreeSet<u32> {
    let is_made_up =
        |target: &&Target| options.sender == Sender::Administered && target.address.is_ipv6();
    targets.iter().filter(is_made_up).map(|target| target.ifindex).collect()
}

/// What has to be tried for these targets.
pub(super) fn trials(targets: &[Target], options: Options) -> BTreeSet<Trial> {
    let mut found = BTreeSet::new();
    for target in targets {
        let is_tried = options.sender == Sender::Administered && target.address.is_ipv4();
        if is_tried && !target.sources.is_empty() {
            found.insert((target.ifindex, target.sources.clone()));
        }
    }
    found
}

/// Goes through candidates until one is found that nobody answers for, within [`FRAMES_MAX`]
/// questions. `asked` sends a question for one and says whether somebody answered. `None`: none was.
///
/// # Errors
/// Those of `asked`.
pub(super) fn settle<E>(
    candidates: &[IpAddr],
    mut asked: impl FnMut(IpAddr) -> Result<bool, E>,
) -> Result<Option<IpAddr>, E> {
    let mut left = FRAMES_MAX;
    'candidates: for &candidate in candidates {
        let questions = QUESTIONS.min(left);
        if questions == 0 {
            break;
        }
        for _ in 0..questions {
            left -= 1;
            if asked(candidate)? {
                continue 'candidates;
            }
        }
        return Ok(Some(candidate));
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use super::*;

    fn settled(count: u8, answers: impl Fn(IpAddr, usize) -> bool) -> (Option<IpAddr>, usize) {
        let candidates: Vec<IpAddr> = (1..=count).map(|n| IpAddr::from([10, 0, 0, n])).collect();
        let mut frames = 0;
        let Ok(found) = settle::<Infallible>(&candidates, |ip| {
            frames += 1;
            Ok(answers(ip, frames))
        });
        (found, frames)
    }

    #[test]
    fn silence_is_heard_twice() {
        assert_eq!(settled(2, |_, _| false), (Some([10, 0, 0, 1].into()), 2));
    }

    #[test]
    fn what_somebody_has_is_passed_over_within_three_frames() {
        let first = IpAddr::from([10, 0, 0, 1]);
        assert_eq!(settled(2, |ip, _| ip == first), (Some([10, 0, 0, 2].into()), 3));
        let late = |ip, frame| ip == first && frame == 2;
        assert_eq!(settled(2, late), (Some([10, 0, 0, 2].into()), 3));
        assert_eq!(settled(5, |_, _| true), (None, 3));
        assert_eq!(settled(0, |_, _| true), (None, 0));
    }
}
