//! A metered use as a row of a segment, and the bytes it is hashed by (`docs/spec/segment.md`).

use crate::AssetId;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// Length of a row's bytes without counts of tokens.
pub const ROW_BYTES: usize = 126;

/// Length of a row's bytes with counts of tokens.
pub const COUNTED_ROW_BYTES: usize = ROW_BYTES + 9;

/// Where a use's counts of tokens come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum TokenSource {
    /// What the upstream has said.
    Upstream = 1,
    /// What the gateway has counted, where the upstream says nothing.
    Counted = 2,
    /// The most that was possible or reserved: somebody has said more.
    Capped = 3,
}

impl TokenSource {
    /// Decodes the byte that a row carries; `None` for any but 1, 2 and 3.
    pub fn new(number: u8) -> Option<Self> {
        [Self::Upstream, Self::Counted, Self::Capped]
            .into_iter()
            .find(|source| *source as u8 == number)
    }

    /// As a word of programs.
    pub fn word(self) -> &'static str {
        match self {
            Self::Upstream => "upstream",
            Self::Counted => "counted",
            Self::Capped => "capped",
        }
    }
}

/// How many tokens a use has taken and given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Tokens {
    /// Asked.
    pub input: u32,
    /// Answered.
    pub output: u32,
    /// Who has counted.
    pub source: TokenSource,
}

impl Tokens {
    /// Whether these may be rows of a table: nothing was asked, and the gateway has counted. Only
    /// the asset's kind says that they are, since a model may be asked an empty text.
    pub const fn may_be_rows(&self) -> bool {
        self.input == 0 && matches!(self.source, TokenSource::Counted)
    }
}

/// One use of an asset: who pays, for what, when, and the digests of question and answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct UsageRow {
    /// Id of the receipt that the payer holds; rows are sorted by it, none comes twice for an
    /// asset.
    pub receipt: [u8; 32],
    /// Number of the allowance that pays.
    pub allowance: u32,
    /// Position of the purpose in the asset's terms.
    pub purpose: u16,
    /// Gateway time in milliseconds since 1970, not after the log time of the segment's entry.
    pub time_ms: u64,
    /// What the use costs, in base units of the asset's token.
    pub amount_units: u128,
    /// SHA-256 of what was asked.
    pub input: [u8; 32],
    /// SHA-256 of what was answered.
    pub output: [u8; 32],
    /// How many tokens; all rows of a segment have counts, or none has.
    pub tokens: Option<Tokens>,
}

impl UsageRow {
    /// What a log charges once: the number of the asset that was used, big end first, and the first
    /// 12 bytes of the receipt. Rows of one asset that ascend by receipt ascend by this.
    ///
    /// A receipt names its asset, so a segment of another asset that repeats it says nothing of
    /// this use. If one were charged once in the whole log, whoever has just got it could post it
    /// for an asset of theirs first, and keep the gateway's segment out.
    pub fn charge(&self, asset: AssetId) -> [u8; 16] {
        let mut charge = [0; 16];
        charge[..4].copy_from_slice(&asset.0.to_be_bytes());
        charge[4..].copy_from_slice(&self.receipt[..12]);
        charge
    }

    /// The fields in their order, numbers big end first: what a leaf of the segment's tree hashes.
    pub fn bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(COUNTED_ROW_BYTES);
        bytes.extend(self.receipt);
        bytes.extend(self.allowance.to_be_bytes());
        bytes.extend(self.purpose.to_be_bytes());
        bytes.extend(self.time_ms.to_be_bytes());
        bytes.extend(self.amount_units.to_be_bytes());
        bytes.extend(self.input);
        bytes.extend(self.output);
        if let Some(tokens) = self.tokens {
            bytes.extend(tokens.input.to_be_bytes());
            bytes.extend(tokens.output.to_be_bytes());
            bytes.push(tokens.source as u8);
        }
        bytes
    }

    /// Reads [`UsageRow::bytes`] back; `None` for another length or an unknown source of counts.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (row, counts) = bytes.split_at_checked(ROW_BYTES)?;
        let mut rest = row;
        let tokens = match counts {
            [] => None,
            [counts @ .., source] if counts.len() == 8 => {
                let (input, output) = counts.split_at(4);
                Some(Tokens {
                    input: u32::from_be_bytes(input.try_into().ok()?),
                    output: u32::from_be_bytes(output.try_into().ok()?),
                    source: TokenSource::new(*source)?,
                })
            }
            _ => return None,
        };
        Some(Self {
            receipt: take(&mut rest)?,
            allowance: u32::from_be_bytes(take(&mut rest)?),
            purpose: u16::from_be_bytes(take(&mut rest)?),
            time_ms: u64::from_be_bytes(take(&mut rest)?),
            amount_units: u128::from_be_bytes(take(&mut rest)?),
            input: take(&mut rest)?,
            output: take(&mut rest)?,
            tokens,
        })
    }
}

fn take<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    let (head, tail) = rest.split_first_chunk()?;
    *rest = tail;
    Some(*head)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_stands_where_the_page_says() {
        let row = UsageRow {
            receipt: [1; 32],
            allowance: 0x0202_0202,
            purpose: 0x0303,
            time_ms: 0x0404_0404_0404_0404,
            amount_units: 0x0505_0505_0505_0505_0505_0505_0505_0505,
            input: [6; 32],
            output: [7; 32],
            tokens: None,
        };
        let lengths = [(1, 32), (2, 4), (3, 2), (4, 8), (5, 16), (6, 32), (7, 32)];
        let expected = lengths
            .iter()
            .flat_map(|(byte, length)| [*byte; 32].into_iter().take(*length));
        assert!(row.bytes().into_iter().eq(expected));
        assert_eq!(row.bytes().len(), ROW_BYTES);
        assert_eq!(UsageRow::from_bytes(&row.bytes()), Some(row));
    }

    #[test]
    fn counts_stand_behind_the_first_form_and_read_back() {
        let tokens = Tokens {
            input: 0x0808_0808,
            output: 0x0909_0909,
            source: TokenSource::Capped,
        };
        let row = UsageRow {
            receipt: [1; 32],
            allowance: 2,
            purpose: 3,
            time_ms: 4,
            amount_units: 5,
            input: [6; 32],
            output: [7; 32],
            tokens: Some(tokens),
        };
        let bytes = row.bytes();
        assert_eq!(bytes[ROW_BYTES..], [8, 8, 8, 8, 9, 9, 9, 9, 3]);
        assert_eq!(UsageRow::from_bytes(&bytes), Some(row));
        assert_eq!(UsageRow::from_bytes(&bytes[..ROW_BYTES + 8]), None);
        let mut unknown = bytes;
        unknown[COUNTED_ROW_BYTES - 1] = 4;
        assert_eq!(UsageRow::from_bytes(&unknown), None);
    }
}
