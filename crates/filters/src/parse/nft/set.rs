//! Sets and maps, and their elements as ranges of keys.

use synrecv_model::{Foreign, RuleVerdict, order};
use synrecv_netlink::{Attributes, Malformed, Undecodable};

use super::condition::before;
use super::verdict;
use crate::parse::fields::Fields;

/// Elements of one set that are kept at most; a longer one is only named.
const ELEMENTS_MAX: usize = 4096;

const NFT_SET_ANONYMOUS: u32 = 0x1;
const NFT_SET_INTERVAL: u32 = 0x4;
const NFT_SET_MAP: u32 = 0x8;
const NFT_SET_EVAL: u32 = 0x20;
const NFT_SET_OBJECT: u32 = 0x40;
/// The data type of verdicts.
const NFT_DATA_VERDICT: u32 = 0xffff_ff00;

const NFT_SET_ELEM_INTERVAL_END: u32 = 0x1;
const NFT_SET_ELEM_CATCHALL: u32 = 0x2;

/// Keys from `low` to `high`, both inside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) low: Vec<u8>,
    pub(super) high: Vec<u8>,
    /// Of a verdict map.
    pub(super) verdict: Option<RuleVerdict>,
}

#[derive(Clone, Debug)]
struct Element {
    key: Vec<u8>,
    key_end: Option<Vec<u8>>,
    is_end: bool,
    verdict: Option<RuleVerdict>,
}

/// A set as rules look things up in it.
#[derive(Clone, Debug, Default)]
pub(super) struct Set {
    flags: u32,
    data_type: u32,
    pub(super) key_len: usize,
    /// Bytes of what a map maps to.
    pub(super) data_len: usize,
    /// Elements it holds, or was made for; `None` when the kernel does not tell (before Linux 6.16).
    count: Option<u32>,
    /// An element can refuse a packet whose key it has: a limit, a quota.
    conditional: bool,
    elements: Vec<Element>,
    /// The verdict for keys that are not in it.
    pub(super) otherwise: Option<RuleVerdict>,
    /// `None` until its elements were read.
    pub(super) entries: Option<Vec<Entry>>,
}

impl Set {
    /// NFT_MSG_NEWSET.
    pub(super) fn parse(fields: &Fields<'_>) -> Result<Self, Malformed> {
        let conditional = |kind| match fields.nested(kind) {
            Ok(expression) => expression.and_then(|e| e.text(1)).is_some_and(|e| e != "counter"),
            Err(_) => true,
        };
        let description = fields.nested(9)?;
        let len = |kind| fields.be32(kind).and_then(|len| usize::try_from(len).ok()).unwrap_or(0);
        Ok(Self {
            flags: fields.be32(3).unwrap_or(0),
            data_type: fields.be32(6).unwrap_or(0),
            key_len: len(5),
            data_len: len(7),
            count: fields.be32(20).or_else(|| description?.be32(1)),
            conditional: conditional(17) || fields.bytes(18).is_some(),
            ..Self::default()
        })
    }

    pub(super) fn is_anonymous(&self) -> bool {
        self.flags & NFT_SET_ANONYMOUS != 0
    }

    pub(super) fn is_verdict_map(&self) -> bool {
        self.flags & NFT_SET_MAP != 0 && self.data_type == NFT_DATA_VERDICT
    }

    /// Whether its elements say what a rule does, and are few.
    pub(super) fn is_wanted(&self) -> bool {
        let few = |count| usize::try_from(count).is_ok_and(|count| count <= ELEMENTS_MAX);
        let from_packets = self.flags & (NFT_SET_EVAL | NFT_SET_OBJECT) != 0 || self.conditional;
        let unknown = self.is_anonymous() || self.is_verdict_map();
        !from_packets && self.count.map_or(unknown, few)
    }

    /// One message of NFT_MSG_GETSETELEM; returns how many were kept.
    pub(super) fn add(&mut self, list: &[u8]) -> Result<usize, Undecodable> {
        let before = self.elements.len();
        for element in Attributes::new(list) {
            let fields = Fields::of(element?.nested())?;
            let flags = fields.be32(3).unwrap_or(0);
            let data = fields.nested(2)?;
            let found = data.and_then(|data| data.bytes(2)).map(verdict).transpose()?;
            if flags & NFT_SET_ELEM_CATCHALL != 0 {
                self.otherwise = found;
                continue;
            }
            if self.elements.len() > 2 * ELEMENTS_MAX {
                // More than was announced: it is left unread.
                self.conditional = true;
                break;
            }
            let Some(key) = fields.data(1) else {
                return Err(Undecodable::new("set element without a key"));
            };
            self.elements.push(Element {
                key: key.to_vec(),
                key_end: fields.data(10).map(<[u8]>::to_vec),
                is_end: flags & NFT_SET_ELEM_INTERVAL_END != 0,
                verdict: found,
            });
        }
        Ok(self.elements.len() - before)
    }

    /// Turns the elements into ranges, once all were read.
    pub(super) fn settle(&mut self) {
        let mut elements = std::mem::take(&mut self.elements);
        if self.conditional {
            return;
        }
        // The end of one range and the start of the next may be the same key.
        order::sort_by(&mut elements, |one, other| {
            (&one.key, !one.is_end).cmp(&(&other.key, !other.is_end))
        });
        let is_interval = self.flags & NFT_SET_INTERVAL != 0;
        let mut entries = Vec::new();
        let mut rest = elements.into_iter().peekable();
        while let Some(element) = rest.next() {
            if element.is_end {
                continue;
            }
            let high = match (element.key_end, is_interval) {
                (Some(end), _) => end,
                (None, false) => element.key.clone(),
                // A range lasts until the key before the next one.
                (None, true) => match rest.peek() {
                    Some(next) => {
                        let mut end = next.key.clone();
                        before(&mut end);
                        end
                    }
                    None => vec![0xff; element.key.len()],
                },
            };
            entries.push(Entry { low: element.key, high, verdict: element.verdict });
        }
        self.entries = Some(entries);
    }
}

/// What a verdict says, as `nft` writes it.
pub(in crate::parse) fn verdict_text(verdict: &RuleVerdict) -> String {
    let (word, chain) = match verdict {
        RuleVerdict::Accept => ("accept", None),
        RuleVerdict::Drop => ("drop", None),
        RuleVerdict::Reject => ("reject", None),
        RuleVerdict::Jump(chain) => ("jump", Some(chain)),
        RuleVerdict::Goto(chain) => ("goto", Some(chain)),
        RuleVerdict::Return => ("return", None),
        RuleVerdict::Queue => ("queue", None),
        RuleVerdict::Continue => ("continue", None),
        RuleVerdict::Unknown => ("...", None),
    };
    match chain {
        Some(Foreign(chain)) => format!("{word} {chain}"),
        None => word.to_owned(),
    }
}
