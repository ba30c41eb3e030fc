//! Records of the spool: framed, checked, and read up to where a crash has cut the file.

use proof::hash::sha256;
use protocol::{AccountId, AssetId, Hash, UsageRow};

use crate::receipt::take;

/// Length and check before each record.
const FRAME_BYTES: usize = 8;
/// Longest record that is read.
const MAX_RECORD_BYTES: usize = 1_024;

/// One step of the till, in the order of its happening.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Record {
    /// A use that the payer is going to be told of.
    Use {
        /// Of what.
        asset: AssetId,
        /// Who pays.
        payer: AccountId,
        /// The payer's n-th receipt.
        counter: u64,
        /// By which key.
        key: i64,
        /// What the log will have.
        row: UsageRow,
        /// Under which idempotency key it was asked for, if under one.
        once: Option<Once>,
    },
    /// The oldest uses of an asset that are not posted yet are going to be a segment.
    Plan {
        /// Of what.
        asset: AssetId,
        /// The segment's number.
        number: u32,
        /// How many rows.
        count: u32,
        /// The root over them.
        root: Hash,
        /// Entries of the log before the segment was sent.
        log_size: u64,
    },
    /// The planned segment of an asset is in the log.
    Posted(AssetId),
    /// The planned segment of an asset is not in the log and will not be.
    Void(AssetId),
    /// A use that cannot be charged any more is forgotten.
    Lost(AssetId, [u8; 32]),
    /// What a new file begins with: how far a payer's receipts have come.
    Counter(AccountId, u64),
    /// What a new file begins with: what a key has spent.
    Spent(i64, u128),
    /// What a new file begins with: a call that must not be charged again.
    Answered(Answered),
}

/// Which call is meant by an idempotency key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Once {
    /// Digest of who asks and of the key that they have made up.
    pub scope: [u8; 32],
    /// Digest of what is asked.
    pub body: [u8; 32],
    /// Whether it is asked within another call.
    pub within: bool,
}

impl Once {
    fn bytes(&self) -> Vec<u8> {
        [&self.scope[..], &self.body, &[u8::from(self.within)]].concat()
    }
}

/// A call under an idempotency key that was charged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answered {
    /// The gateway's key by which it was asked.
    pub key: i64,
    /// Which call.
    pub once: Once,
    /// Id of its receipt.
    pub receipt: [u8; 32],
    /// When, in milliseconds since 1970.
    pub time_ms: u64,
}

impl Record {
    /// The record in its frame.
    pub fn bytes(&self) -> Vec<u8> {
        let mut body = Vec::new();
        match self {
            Self::Use {
                asset,
                payer,
                counter,
                key,
                row,
                once,
            } => {
                body.push(if once.is_some() { 8 } else { 1 });
                if let Some(once) = once {
                    body.extend(once.bytes());
                }
                body.extend(asset.0.to_be_bytes());
                body.extend(payer.0.to_be_bytes());
                body.extend(counter.to_be_bytes());
                body.extend(key.to_be_bytes());
                body.extend(row.bytes());
            }
            Self::Plan {
                asset,
                number,
                count,
                root,
                log_size,
            } => {
                body.push(2);
                body.extend(asset.0.to_be_bytes());
                body.extend(number.to_be_bytes());
                body.extend(count.to_be_bytes());
                body.extend(root.0);
                body.extend(log_size.to_be_bytes());
            }
            Self::Posted(asset) => put(&mut body, 3, &[&asset.0.to_be_bytes()]),
            Self::Void(asset) => put(&mut body, 4, &[&asset.0.to_be_bytes()]),
            Self::Lost(asset, receipt) => put(&mut body, 5, &[&asset.0.to_be_bytes(), receipt]),
            Self::Counter(payer, counter) => {
                let (payer, counter) = (payer.0.to_be_bytes(), counter.to_be_bytes());
                put(&mut body, 6, &[&payer, &counter]);
            }
            Self::Spent(key, units) => {
                put(&mut body, 7, &[&key.to_be_bytes(), &units.to_be_bytes()]);
            }
            Self::Answered(answered) => {
                let (key, time_ms) = (answered.key.to_be_bytes(), answered.time_ms.to_be_bytes());
                let once = answered.once.bytes();
                let parts: [&[u8]; 4] = [&key, &once, &answered.receipt, &time_ms];
                put(&mut body, 9, &parts);
            }
        }
        let mut bytes = (body.len() as u32).to_be_bytes().to_vec();
        bytes.extend(&sha256(&[&body])[..4]);
        bytes.extend(body);
        bytes
    }

    fn parse(mut rest: &[u8]) -> Option<Self> {
        let rest = &mut rest;
        let [kind] = take(rest)?;
        let record = match kind {
            1 | 8 => Self::Use {
                once: match kind {
                    1 => None,
                    _ => Some(once(rest)?),
                },
                asset: AssetId(u32::from_be_bytes(take(rest)?)),
                payer: AccountId(u32::from_be_bytes(take(rest)?)),
                counter: u64::from_be_bytes(take(rest)?),
                key: i64::from_be_bytes(take(rest)?),
                row: UsageRow::from_bytes(core::mem::take(rest))?,
            },
            2 => Self::Plan {
                asset: AssetId(u32::from_be_bytes(take(rest)?)),
                number: u32::from_be_bytes(take(rest)?),
                count: u32::from_be_bytes(take(rest)?),
                root: Hash(take(rest)?),
                log_size: u64::from_be_bytes(take(rest)?),
            },
            3 => Self::Posted(AssetId(u32::from_be_bytes(take(rest)?))),
            4 => Self::Void(AssetId(u32::from_be_bytes(take(rest)?))),
            5 => Self::Lost(AssetId(u32::from_be_bytes(take(rest)?)), take(rest)?),
            6 => Self::Counter(
                AccountId(u32::from_be_bytes(take(rest)?)),
                u64::from_be_bytes(take(rest)?),
            ),
            7 => Self::Spent(
                i64::from_be_bytes(take(rest)?),
                u128::from_be_bytes(take(rest)?),
            ),
            9 => Self::Answered(Answered {
                key: i64::from_be_bytes(take(rest)?),
                once: once(rest)?,
                receipt: take(rest)?,
                time_ms: u64::from_be_bytes(take(rest)?),
            }),
            _ => return None,
        };
        rest.is_empty().then_some(record)
    }
}

/// All whole records of a file; what a crash has cut off at its end was told to nobody.
pub fn read(mut bytes: &[u8]) -> Vec<Record> {
    let mut records = Vec::new();
    while let Some((frame, rest)) = bytes.split_at_checked(FRAME_BYTES) {
        let (length, check) = frame.split_at(4);
        let length = length
            .iter()
            .fold(0, |sum, byte| sum << 8 | usize::from(*byte));
        let body = rest
            .split_at_checked(length)
            .filter(|_| length <= MAX_RECORD_BYTES);
        let Some((body, after)) = body else { break };
        let Some(record) = Record::parse(body).filter(|_| sha256(&[body])[..4] == *check) else {
            break;
        };
        records.push(record);
        bytes = after;
    }
    records
}

fn put(body: &mut Vec<u8>, kind: u8, parts: &[&[u8]]) {
    body.push(kind);
    body.extend(parts.concat());
}

fn once(rest: &mut &[u8]) -> Option<Once> {
    Some(Once {
        scope: take(rest)?,
        body: take(rest)?,
        within: match take(rest)? {
            [0] => false,
            [1] => true,
            [_] => return None,
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::receipt::tests::row;

    #[test]
    fn records_read_back_up_to_where_a_file_is_cut() {
        let asset = AssetId(4);
        let once = Once {
            scope: [7; 32],
            body: [8; 32],
            within: true,
        };
        let records = vec![
            Record::Counter(AccountId(1), 9),
            Record::Spent(-3, 1 << 90),
            Record::Use {
                asset,
                payer: AccountId(1),
                counter: 10,
                key: 7,
                row: row(3),
                once: None,
            },
            Record::Use {
                asset,
                payer: AccountId(1),
                counter: 11,
                key: 7,
                row: row(4),
                once: Some(once),
            },
            Record::Answered(Answered {
                key: 7,
                once,
                receipt: [9; 32],
                time_ms: 5,
            }),
            Record::Plan {
                asset,
                number: 2,
                count: 1,
                root: Hash([5; 32]),
                log_size: 77,
            },
            Record::Void(asset),
            Record::Lost(asset, [6; 32]),
            Record::Posted(asset),
        ];
        let all: Vec<Vec<u8>> = records.iter().map(Record::bytes).collect();
        let bytes = all.concat();
        assert_eq!(read(&bytes), records);
        let mut ends = vec![0];
        for one in &all {
            ends.push(ends[ends.len() - 1] + one.len());
        }
        for cut in 0..bytes.len() {
            let whole = ends.iter().filter(|end| **end <= cut).count() - 1;
            assert_eq!(read(&bytes[..cut]), records[..whole], "cut at {cut}");
        }
        for at in 0..bytes.len() {
            let mut bent = bytes.clone();
            bent[at] ^= 1;
            assert!(read(&bent).len() < records.len(), "bent at {at}");
        }
    }
}
