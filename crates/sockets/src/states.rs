//! Sets of TCP states.

use synrecv_model::TcpState;

/// A set of TCP states, as the bits of `idiag_states` (bit n for state n).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct StateSet(u16);

impl StateSet {
    /// Every state.
    pub const ALL: Self = Self(0x0ffe);
    /// No state.
    pub const NONE: Self = Self(0);

    /// One state.
    pub fn only(state: TcpState) -> Self {
        Self(1 << state.number())
    }

    /// This set and `state`.
    #[must_use]
    pub fn with(self, state: TcpState) -> Self {
        Self(self.0 | Self::only(state).0)
    }

    /// What both sets have.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// True when `state` is in the set.
    pub fn contains(self, state: TcpState) -> bool {
        self.0 & Self::only(state).0 != 0
    }

    /// True when no state is in the set.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// `idiag_states` of a request.
    pub fn bits(self) -> u32 {
        u32::from(self.0)
    }
}

impl FromIterator<TcpState> for StateSet {
    fn from_iter<I: IntoIterator<Item = TcpState>>(states: I) -> Self {
        states.into_iter().fold(Self::NONE, Self::with)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_is_every_state() {
        assert_eq!(StateSet::ALL, TcpState::ALL.into_iter().collect());
        assert_eq!(StateSet::only(TcpState::Listen).bits(), 1 << 10);
        assert!(!StateSet::NONE.contains(TcpState::SynRecv));
    }
}
