//! Records of the spool: framed, checked, and read up to where a crash has cut the file.

mod voucher;

use proof::hash::sha256;
use proof::voucher::Signed;
use protocol::{AccountId, AllowanceId, AssetId, Hash, UsageRow};

use crate::receipt::take;
use crate::till::{CreditKey, Drawing};

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
        /// What it is charged to.
        paid: Paid,
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
    /// A voucher whose call is going to run.
    Voucher(Stored),
    /// A voucher of a key that may still pay for a call; `None` says that none of all before may.
    Open(CreditKey, Option<u128>),
    /// The oldest uses of an allowance that wait for vouchers go to the log, so many.
    Ripe(AllowanceId, u32),
}

/// What a use is charged to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Paid {
    /// Money that is set aside in the log.
    Allowance,
    /// Prepaid credit, by a voucher; `ends` where this is the call that it was shown with.
    Credit {
        /// Which voucher.
        drawing: Drawing,
        /// Whether it has now paid for its call.
        ends: bool,
    },
    /// What a new file begins with: credit, and the voucher's record has it.
    Waits,
}

/// A voucher as it is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stored {
    /// The payer's account in the log.
    pub account: AccountId,
    /// With its signatures.
    pub signed: Signed,
    /// What was served for the key before, in base units.
    pub served: u128,
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
            Self::Use { .. } => self.put_use(&mut body),
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
            Self::Voucher(stored) => put(&mut body, 12, &[&stored.bytes()]),
            Self::Open(key, cumulative) => {
                let cumulative = cumulative.map(u128::to_be_bytes);
                let cumulative = cumulative.as_ref().map_or(&[][..], |it| &it[..]);
                put(&mut body, 13, &[&key.bytes(), cumulative]);
            }
            Self::Ripe(allowance, count) => {
                let (allowance, count) = (allowance.0.to_be_bytes(), count.to_be_bytes());
                put(&mut body, 14, &[&allowance, &count]);
            }
        }
        let mut bytes = (body.len() as u32).to_be_bytes().to_vec();
        bytes.extend(&sha256(&[&body])[..4]);
        bytes.extend(body);
        bytes
    }

    fn put_use(&self, body: &mut Vec<u8>) {
        let Self::Use {
            asset,
            payer,
            counter,
            key,
            row,
            once,
            paid,
        } = self
        else {
            return;
        };
        match paid {
            Paid::Allowance => body.push(if once.is_some() { 8 } else { 1 }),
            Paid::Credit { drawing, ends } => {
                body.extend([10, u8::from(*ends), u8::from(once.is_some())]);
                body.extend(drawing.key.bytes());
                body.extend(drawing.cumulative.to_be_bytes());
            }
            Paid::Waits => body.push(11),
        }
        body.extend(once.iter().flat_map(Once::bytes));
        body.extend(asset.0.to_be_bytes());
        body.extend(payer.0.to_be_bytes());
        body.extend(counter.to_be_bytes());
        body.extend(key.to_be_bytes());
        body.extend(row.bytes());
    }

    fn read_use((paid, has_once): (Paid, bool), rest: &mut &[u8]) -> Option<Self> {
        Some(Self::Use {
            paid,
            once: match has_once {
                true => Some(once(rest)?),
                false => None,
            },
            asset: AssetId(u32::from_be_bytes(take(rest)?)),
            payer: AccountId(u32::from_be_bytes(take(rest)?)),
            counter: u64::from_be_bytes(take(rest)?),
            key: i64::from_be_bytes(take(rest)?),
            row: UsageRow::from_bytes(core::mem::take(rest))?,
        })
    }

    fn parse(mut rest: &[u8]) -> Option<Self> {
        let rest = &mut rest;
        let [kind] = take(rest)?;
        let record = match kind {
            1 | 8 => Self::read_use((Paid::Allowance, kind == 8), rest)?,
            10 => {
                let (ends, has_once) = (flag(rest)?, flag(rest)?);
                Self::read_use((Paid::read(ends, rest)?, has_once), rest)?
            }
            11 => Self::read_use((Paid::Waits, false), rest)?,
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
            12 => Self::Voucher(Stored::read(rest)?),
            13 => {
                let key = CreditKey::read(rest)?;
                let open = match rest.is_empty() {
                    true => None,
                    false => Some(u128::from_be_bytes(take(rest)?)),
                };
                Self::Open(key, open)
            }
            14 => Self::Ripe(
                AllowanceId(u32::from_be_bytes(take(rest)?)),
                u32::from_be_bytes(take(rest)?),
            ),
            _ => return None,
        };
        rest.is_empty().then_some(record)
    }
}

/// All whole records of a file, up to zeros or its end; what a crash has cut off there was told to
/// nobody.
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
        within: flag(rest)?,
    })
}

fn flag(rest: &mut &[u8]) -> Option<bool> {
    match take(rest)? {
        [0] => Some(false),
        [1] => Some(true),
        [_] => None,
    }
}

#[cfg(test)]
mod tests;
