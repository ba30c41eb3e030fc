//! The till: money is set aside before a call runs, and what it has used is written down after.
//!
//! What an allowance still holds in the log, less what is written down and not yet charged there,
//! less what is set aside for calls that run: that much may be set aside, and never more, however
//! many ask at once.

mod credit;
mod draw;
mod ended;
mod inner;
mod known;
mod open;
mod reserve;
mod settle;

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

use crate::books::{Books, Composition};
use crate::record::{self, Answered, Once, Record};
use crate::spool::Spool;
use crate::{Fault, Receipt};
pub(crate) use credit::Standing as CreditStanding;
pub use credit::{Backing, CREDIT_GRACE_MS, CreditKey, Drawing, Redeemable, Undrawn};
pub use draw::Drawn;
use inner::Inner;
pub use open::{CallId, Standing};
use protocol::usage::Tokens;
pub use reserve::Most;

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
    /// All that is set aside.
    units: u128,
    /// The most of it that the call itself costs; the rest is for what it uses.
    own: u128,
    /// The call in which this one is made, and the one at the top.
    within: Option<(CallId, CallId)>,
    /// What may be used in it, until that begins.
    uses: Option<Composition>,
    /// Its own id, where others may be used in it by now.
    call: Option<CallId>,
    /// Under which idempotency key it was asked for.
    pub(crate) once: Option<Once>,
    /// The voucher that pays for it, where one does.
    drawn: Option<Drawn>,
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
    /// Signed texts of all that was used in it, directly or not, in the order of their counters.
    pub below: Vec<String>,
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

    /// The call that a key was charged for under an idempotency key, if that is still known.
    pub(crate) fn answered(&self, key: i64, once: &Once) -> Option<Answered> {
        self.inner().answered(key, once)
    }

    /// A secret that nobody can guess, for the call that has this salt.
    pub(crate) fn token(&self, salt: &[u8; 32]) -> [u8; 32] {
        sha256(&[b"headwater/call-token/v1\0", &self.signing.secret, salt])
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

    fn check(&self) -> Result<(), Fault> {
        match self.broken.load(Ordering::Acquire) {
            true => Err(not_written()),
            false => Ok(()),
        }
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn not_written() -> Fault {
    Fault::broken("uses cannot be written down; the gateway answers nothing until it is mended")
}
