//! A metered use as a row of a segment, and the bytes it is hashed by (`docs/spec/segment.md`).

use serde::{Deserialize, Serialize};

/// Length of a row's bytes.
pub const ROW_BYTES: usize = 126;

/// One use of an asset: who pays, for what, when, and the digests of question and answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct UsageRow {
    /// Id of the receipt that the payer holds; rows are sorted by it, none comes twice in a log.
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
}

impl UsageRow {
    /// The fields in their order, numbers big end first: what a leaf of the segment's tree hashes.
    pub fn bytes(&self) -> [u8; ROW_BYTES] {
        let mut bytes = [0; ROW_BYTES];
        let mut rest = &mut bytes[..];
        let mut put = |field: &[u8]| {
            let (head, tail) = core::mem::take(&mut rest).split_at_mut(field.len());
            head.copy_from_slice(field);
            rest = tail;
        };
        put(&self.receipt);
        put(&self.allowance.to_be_bytes());
        put(&self.purpose.to_be_bytes());
        put(&self.time_ms.to_be_bytes());
        put(&self.amount_units.to_be_bytes());
        put(&self.input);
        put(&self.output);
        bytes
    }
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
        };
        let lengths = [(1, 32), (2, 4), (3, 2), (4, 8), (5, 16), (6, 32), (7, 32)];
        let expected = lengths
            .iter()
            .flat_map(|(byte, length)| [*byte; 32].into_iter().take(*length));
        assert!(row.bytes().into_iter().eq(expected));
    }
}
