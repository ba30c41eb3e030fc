//! The till: money is set aside before a call runs, and what it has used is written down after.
//!
//! What an allowance still holds in the log, less what is written down and not yet charged there,
//! less what is set aside for calls that run: that much may be set aside, and never more, however
//! many ask at once.

mod inner;

#[cfg(test)]
mod tests;

use std::fs;
use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use proof::hash::sha256;
use proof::signature::SessionKey;
use protocol::{AccountId, AllowanceId, AssetId, Hash, Space, UsageRow};

use crate::books::{Books, Served};
use crate::record::{self, Record};
use crate::spool::Spool;
use crate::{Fault, Key, Receipt};
use inner::Inner;
use protocol::usage::Tokens;

/// How long before its end an allowance takes no more calls, in milliseconds: until then every use
/// must be charged in the log.
pub const LEASE_GRACE_MS: u64 = 120_000;
/// Bytes of the spool's file after which it begins anew.
const MAX_SPOOL_BYTES: u64 = 64 << 20;

/// Who signs receipts, for which log.
pub struct Signing {
    /// The log.
    pub space: Space,
    /// The gateway's key, which the log names.
    pub key: SessionKey,
    /// How long after a use a checkpoint covers it, in milliseconds.
    pub due_ms: u64,
    /// What salts follow from; nobody else has it.
    pub secret: [u8; 32],
}

/// All money of the gateway's calls.
pub struct Till {
    books: Arc<dyn Books>,
    signing: Signing,
    inner: Mutex<Inner>,
    spool: Spool,
    /// Set for good when a use could not be written down.
    broken: AtomicBool,
    salts: AtomicU64,
}

/// Money that is set aside for one call; given back when it is dropped.
pub struct Hold {
    till: Arc<Till>,
    pub(crate) asset: AssetId,
    payer: AccountId,
    allowance: AllowanceId,
    key: i64,
    units: u128,
    open: bool,
}

/// What a call has used.
#[derive(Clone, Copy, Debug)]
pub struct Used {
    /// Position of its purpose in the asset's terms.
    pub purpose: u16,
    /// What it costs, at most what was set aside.
    pub amount_units: u128,
    /// Digest of what was asked.
    pub input: [u8; 32],
    /// Digest of what was answered.
    pub output: [u8; 32],
    /// Counts of tokens.
    pub tokens: Tokens,
    /// False if the answer broke off.
    pub whole: bool,
}

/// A receipt as fields, and as the signed line that its caller keeps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// What it says.
    pub receipt: Receipt,
    /// The signed text.
    pub text: String,
}

/// A segment that was begun: sent, or about to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Number of the segment.
    pub number: u32,
    /// How many of the oldest rows.
    pub count: u32,
    /// The root over them.
    pub root: Hash,
    /// Entries of the log before it was sent.
    pub log_size: u64,
}

/// Rows of an asset that are not in the log yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Due {
    /// Of what.
    pub asset: AssetId,
    /// How many.
    pub rows: usize,
    /// Time of the oldest, in milliseconds since 1970.
    pub oldest_ms: u64,
    /// A segment whose fate is not known.
    pub plan: Option<Plan>,
}

impl Till {
    /// Reads what an earlier run has left in the file, and begins it anew.
    ///
    /// # Errors
    /// Where the file cannot be read or written.
    pub fn open(path: &Path, books: Arc<dyn Books>, signing: Signing) -> io::Result<Arc<Self>> {
        let bytes = match fs::read(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
            read => read?,
        };
        let mut inner = Inner::default();
        for record in record::read(&bytes) {
            inner.replay(&record);
        }
        let spool = Spool::open(path, &inner.snapshot())?;
        Ok(Arc::new(Self {
            books,
            signing,
            inner: Mutex::new(inner),
            spool,
            broken: AtomicBool::new(false),
            salts: AtomicU64::new(0),
        }))
    }

    /// The public half of the key that signs receipts.
    pub fn key(&self) -> [u8; 32] {
        self.signing.key.public()
    }

    /// Sets money aside for one call: from the first of the key's allowances for the asset that
    /// has as much.
    ///
    /// # Errors
    /// 429 for a key that calls too often or has spent its budget, 402 where no allowance pays,
    /// 500 once a use could not be written down.
    pub fn reserve(
        self: &Arc<Self>,
        key: &Key,
        served: &Served,
        units: u128,
    ) -> Result<Hold, Fault> {
        if self.broken.load(Ordering::Acquire) {
            return Err(not_written());
        }
        let now_ms = self.books.now_ms();
        let mut inner = self.inner();
        inner.count(key, now_ms)?;
        inner.within_budget(key, units)?;
        let mut why = None;
        for allowance in &key.allowances {
            // Asked under the lock: what the log has charged meanwhile only makes this less.
            let Some(left) = self.books.left(*allowance) else {
                continue;
            };
            if left.asset != served.asset || left.payer != key.account {
                continue;
            }
            if left.expires_ms <= now_ms.saturating_add(LEASE_GRACE_MS) {
                why = why.or(Some((
                    "allowance_expired",
                    "the allowance has ended or ends now",
                )));
                continue;
            }
            if !left.knew_prices {
                let words = "the allowance is older than the model's prices for tokens";
                why = why.or(Some(("payment_required", words)));
                continue;
            }
            if inner.free(*allowance, left.units) < units {
                let words = "the allowance does not hold what this call may cost at most";
                why = Some(("insufficient_credit", words));
                continue;
            }
            inner.hold(*allowance, key.id, units);
            return Ok(Hold {
                till: Arc::clone(self),
                asset: served.asset,
                payer: key.account,
                allowance: *allowance,
                key: key.id,
                units,
                open: true,
            });
        }
        let asset = served.asset;
        let none = (
            "payment_required",
            "the key has no allowance for this model",
        );
        let (code, words) = why.unwrap_or(none);
        let hint = format!("{words}; grant one for asset {asset} and name it for the key");
        Err(Fault::unpaid(code, hint))
    }

    /// A salt that nobody can guess and no other call has.
    pub fn salt(&self) -> [u8; 32] {
        let number = self.salts.fetch_add(1, Ordering::Relaxed);
        let now_ms = self.books.now_ms();
        sha256(&[
            b"headwater/use-salt/v1\0",
            &self.signing.secret,
            &now_ms.to_be_bytes(),
            &number.to_be_bytes(),
        ])
    }

    /// Writes a use down and signs its receipt once that is durable. What was set aside and not
    /// used is free again.
    ///
    /// # Errors
    /// 500 where it could not be written down: nobody is told of a use that may be lost.
    pub async fn commit(&self, mut hold: Hold, used: Used) -> Result<Told, Fault> {
        if used.amount_units > hold.units {
            return Err(Fault::broken(
                "a call has cost more than was set aside for it",
            ));
        }
        let (receipt, written) = {
            let mut inner = self.inner();
            let time_ms = self.books.now_ms();
            let counter = inner.next_counter(hold.payer);
            let mut row = UsageRow {
                receipt: [0; 32],
                allowance: hold.allowance.0,
                purpose: used.purpose,
                time_ms,
                amount_units: used.amount_units,
                input: used.input,
                output: used.output,
                tokens: Some(used.tokens),
            };
            let space = self.signing.space;
            row.receipt = Receipt::id(space, hold.payer, counter, &row);
            inner.release(hold.allowance, hold.key, hold.units);
            hold.open = false;
            let record = Record::Use {
                asset: hold.asset,
                payer: hold.payer,
                counter,
                key: hold.key,
                row,
            };
            inner.replay(&record);
            let receipt = Receipt {
                space,
                asset: hold.asset,
                payer: hold.payer,
                counter,
                whole: used.whole,
                due_ms: time_ms.saturating_add(self.signing.due_ms),
                row,
            };
            // Under the lock, so that the file has receipts in the order of their counters.
            let bytes = record.bytes();
            inner.written_bytes += bytes.len() as u64;
            (receipt, self.spool.append(bytes))
        };
        if written.await.is_err() {
            self.broken.store(true, Ordering::Release);
            return Err(not_written());
        }
        let text = receipt.sign(&self.signing.key);
        Ok(Told { receipt, text })
    }

    /// What is not in the log yet, by asset.
    pub fn due(&self) -> Vec<Due> {
        self.inner().due()
    }

    /// The oldest rows of an asset, at most so many.
    pub fn oldest(&self, asset: AssetId, most: usize) -> Vec<UsageRow> {
        self.inner().oldest(asset, most)
    }

    /// Writes durably that the oldest rows of an asset are going to be a segment. Only then may it
    /// be sent: after a crash the plan says what to look for in the log.
    ///
    /// # Errors
    /// 500 where it could not be written down.
    pub fn plan(&self, asset: AssetId, plan: Plan) -> Result<(), Fault> {
        self.note(Record::Plan {
            asset,
            number: plan.number,
            count: plan.count,
            root: plan.root,
            log_size: plan.log_size,
        })
    }

    /// The planned segment is in the log, and [`Books::left`] has its charges.
    ///
    /// # Errors
    /// 500 where it could not be written down.
    pub fn posted(&self, asset: AssetId) -> Result<(), Fault> {
        self.note(Record::Posted(asset))?;
        self.tidy()
    }

    /// The planned segment is not in the log and will not be.
    ///
    /// # Errors
    /// 500 where it could not be written down.
    pub fn void(&self, asset: AssetId) -> Result<(), Fault> {
        self.note(Record::Void(asset))
    }

    /// Forgets a use that the rules charge no more: the operator's loss, never the payer's.
    ///
    /// # Errors
    /// 500 where it could not be written down.
    pub fn forget(&self, asset: AssetId, receipt: [u8; 32]) -> Result<(), Fault> {
        self.note(Record::Lost(asset, receipt))
    }

    /// What a key has spent, in base units.
    pub fn spent(&self, key: i64) -> u128 {
        self.inner().spent(key)
    }

    fn note(&self, record: Record) -> Result<(), Fault> {
        let written = {
            let mut inner = self.inner();
            inner.replay(&record);
            let bytes = record.bytes();
            inner.written_bytes += bytes.len() as u64;
            self.spool.append(bytes)
        };
        written.blocking_recv().map_err(|_| {
            self.broken.store(true, Ordering::Release);
            not_written()
        })
    }

    /// Begins the file anew when most of it is in the log.
    fn tidy(&self) -> Result<(), Fault> {
        let replaced = {
            let mut inner = self.inner();
            if inner.written_bytes < MAX_SPOOL_BYTES {
                return Ok(());
            }
            inner.written_bytes = 0;
            self.spool.replace(inner.snapshot())
        };
        // Calls go on meanwhile: what they write is queued behind the new file.
        if let Ok(Ok(())) = replaced.recv() {
            return Ok(());
        }
        self.broken.store(true, Ordering::Release);
        Err(not_written())
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        if self.open {
            self.till
                .inner()
                .release(self.allowance, self.key, self.units);
        }
    }
}

fn not_written() -> Fault {
    Fault::broken("uses cannot be written down; the gateway answers nothing until it is mended")
}
