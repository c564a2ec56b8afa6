//! The lives of one 4-tuple.

use super::{Life, Sighting};

/// Requests of one 4-tuple one after another, oldest first.
///
/// Under a flood there is half a million with one life that was seen once, which takes the room of that
/// sighting.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(from = "Vec<Life>"))]
pub struct Lives(Kept);

#[derive(Clone, Debug)]
enum Kept {
    /// One life, seen once and not found to be gone.
    Once(Sighting),
    Several(Vec<Life>),
}

impl Lives {
    /// Each, oldest first.
    pub fn iter(&self) -> impl Iterator<Item = Life> {
        let (once, several) = match &self.0 {
            Kept::Once(sighting) => (Some(Life::seen_once(*sighting)), [].as_slice()),
            Kept::Several(lives) => (None, lives.as_slice()),
        };
        once.into_iter().chain(several.iter().copied())
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        match &self.0 {
            Kept::Once(_) => 1,
            Kept::Several(lives) => lives.len(),
        }
    }

    /// True when there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The last one.
    #[inline]
    pub fn last(&self) -> Option<Life> {
        match &self.0 {
            Kept::Once(sighting) => Some(Life::seen_once(*sighting)),
            Kept::Several(lives) => lives.last().copied(),
        }
    }

    /// First and last sighting of the last one, and whether it is gone, in place.
    #[inline]
    pub(super) fn last_seen(&self) -> Option<(&Sighting, &Sighting, bool)> {
        match &self.0 {
            Kept::Once(sighting) => Some((sighting, sighting, false)),
            Kept::Several(lives) => {
                lives.last().map(|life| (&life.first, &life.last, life.gone.is_some()))
            }
        }
    }

    /// The last one, to change it.
    pub fn last_mut(&mut self) -> Option<&mut Life> {
        self.several().last_mut()
    }

    /// Adds one after the others.
    pub fn push(&mut self, life: Life) {
        self.several().push(life);
    }

    /// Forgets the oldest beyond so many.
    pub fn keep_last(&mut self, most: usize) {
        if let Kept::Several(lives) = &mut self.0 {
            lives.drain(..lives.len().saturating_sub(most));
        }
    }

    fn several(&mut self) -> &mut Vec<Life> {
        if let Kept::Once(sighting) = self.0 {
            self.0 = Kept::Several(vec![Life::seen_once(sighting)]);
        }
        match &mut self.0 {
            Kept::Several(lives) => lives,
            Kept::Once(_) => unreachable!("it was replaced just now"),
        }
    }
}

impl From<Life> for Lives {
    fn from(life: Life) -> Self {
        if life == Life::seen_once(life.first) {
            Self(Kept::Once(life.first))
        } else {
            Self(Kept::Several(vec![life]))
        }
    }
}

impl From<Vec<Life>> for Lives {
    fn from(lives: Vec<Life>) -> Self {
        match lives.as_slice() {
            [only] => Self::from(*only),
            _ => Self(Kept::Several(lives)),
        }
    }
}

impl Extend<Life> for Lives {
    fn extend<I: IntoIterator<Item = Life>>(&mut self, lives: I) {
        self.several().extend(lives);
    }
}

impl PartialEq for Lives {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl Eq for Lives {}

#[cfg(feature = "serde")]
impl serde::Serialize for Lives {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Mono, RetryCounters, Track};

    fn sighting(at: u64) -> Sighting {
        let counters = RetryCounters {
            synack_retrans_count: Some(1),
            timer_expiry_count: None,
            same_instant: false,
            timer_ms: Some(7),
        };
        Sighting { at: Mono(at), counters }
    }

    #[test]
    fn one_that_was_seen_once_reads_like_any_other() {
        let life = Life::seen_once(sighting(1));
        let mut lives = Lives::from(life);
        assert_eq!((lives.len(), lives.last(), lives.is_empty()), (1, Some(life), false));
        lives.last_mut().unwrap().gone = Some(Mono(2));
        assert_ne!(lives, Lives::from(life));
        lives.push(life);
        assert_eq!(lives.iter().map(|life| life.gone).collect::<Vec<_>>(), [Some(Mono(2)), None]);
        lives.keep_last(1);
        assert_eq!(lives, Lives::from(life));
        assert_eq!(Lives::from(vec![life]), lives);
        assert!(Lives::from(vec![]).is_empty());
    }

    #[test]
    fn half_a_million_fit() {
        assert!(size_of::<Track>() <= 112, "{}", size_of::<Track>());
    }
}
