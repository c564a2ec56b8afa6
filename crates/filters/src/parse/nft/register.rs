//! The registers of a rule, as far as it is known what is in them.

use super::selector::Load;

/// NFT_REG32_00 to NFT_REG32_15, which are also NFT_REG_1 to NFT_REG_4, of four slots each.
const SLOTS: usize = 16;

/// What is in a register.
#[derive(Clone, Debug)]
pub(super) enum Content {
    /// Read from a packet.
    Load(Load),
    /// Written in the rule.
    Data(Vec<u8>),
}

impl Content {
    fn slots(&self) -> usize {
        let len = match self {
            Self::Load(load) => load.len(),
            Self::Data(bytes) => bytes.len(),
        };
        len.div_ceil(4).max(1)
    }
}

#[derive(Clone, Debug, Default)]
pub(super) struct Registers([Option<Content>; SLOTS]);

/// The first slot of a register.
fn slot(register: u32) -> Option<usize> {
    let slot = match register {
        1..=4 => (register - 1) * 4,
        8.. => register - 8,
        _ => return None,
    };
    usize::try_from(slot).ok().filter(|slot| *slot < SLOTS)
}

impl Registers {
    pub(super) fn put(&mut self, register: u32, content: Content) {
        let Some(start) = slot(register) else { return };
        let end = start + content.slots();
        for (at, place) in self.0.iter_mut().enumerate() {
            let overlaps = place.as_ref().is_some_and(|old| at < end && start < at + old.slots());
            if overlaps {
                *place = None;
            }
        }
        if let Some(place) = self.0.get_mut(start) {
            *place = Some(content);
        }
    }

    pub(super) fn get(&self, register: u32) -> Option<&Content> {
        self.0.get(slot(register)?)?.as_ref()
    }

    pub(super) fn load(&self, register: u32) -> Option<&Load> {
        match self.get(register)? {
            Content::Load(load) => Some(load),
            Content::Data(_) => None,
        }
    }

    /// The loads that together fill a key of `len` bytes.
    pub(super) fn key(&self, register: u32, len: usize) -> Option<Vec<&Load>> {
        let start = slot(register)?;
        let mut loads = Vec::new();
        let mut filled = 0;
        while filled == 0 || filled < len {
            let Some(Content::Load(load)) = self.0.get(start + filled / 4)? else { return None };
            filled += load.len().next_multiple_of(4).max(4);
            loads.push(load);
        }
        Some(loads)
    }

    /// After something that can have written anywhere.
    pub(super) fn forget(&mut self) {
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_write_into_the_middle_of_a_value_ends_it() {
        let mut registers = Registers::default();
        registers.put(1, Content::Data(vec![0; 16]));
        registers.put(9, Content::Data(vec![1; 4]));
        assert!(registers.get(1).is_none());
        assert!(registers.get(9).is_some());
        registers.put(8, Content::Data(vec![0; 8]));
        assert!(registers.get(9).is_none() && registers.get(1).is_some());
        registers.put(2, Content::Data(vec![0; 8]));
        assert!(registers.get(12).is_some() && registers.get(1).is_some());
    }

    #[test]
    fn there_is_no_register_elsewhere() {
        for register in [0, 5, 7, 24, u32::MAX] {
            let mut registers = Registers::default();
            registers.put(register, Content::Data(vec![0; 4]));
            assert!(registers.get(register).is_none());
        }
    }
}
