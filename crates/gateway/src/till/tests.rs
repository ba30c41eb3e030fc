//! Tests of the till: never more than the allowance, nothing lost, nothing twice.

mod credit;
mod nested;

use super::*;
use crate::books::{Left, Served};
use crate::once::{Memo, meant};
use crate::{Asked, Key};
use proptest::prelude::*;
use protocol::Amount;
use protocol::service::Price;
use protocol::usage::TokenSource;
use std::sync::atomic::AtomicU64;

/// A log with one asset and one allowance, whose charges are added by hand.
struct Ledger {
    cap: u128,
    charged: Mutex<u128>,
    expires_ms: AtomicU64,
}

impl Ledger {
    fn new(cap: u128) -> Arc<Self> {
        Arc::new(Self {
            cap,
            charged: Mutex::default(),
            expires_ms: AtomicU64::new(u64::MAX),
        })
    }
}

impl Books for Ledger {
    fn served(&self) -> Vec<Served> {
        vec![served()]
    }

    fn left(&self, allowance: AllowanceId) -> Option<Left> {
        (allowance == AllowanceId(1)).then(|| Left {
            asset: AssetId(4),
            payer: AccountId(9),
            units: self.cap - *self.charged.lock().unwrap(),
            expires_ms: self.expires_ms.load(Ordering::Relaxed),
            knew_prices: true,
            on_credit: false,
        })
    }

    fn composition(&self, _: AllowanceId) -> Option<Composition> {
        nested::declared()
    }

    fn covers(&self, _: AllowanceId, _: AssetId) -> Result<(), String> {
        Ok(())
    }

    fn licensed(&self, _: AssetId, _: Option<AccountId>, _: &str) -> Result<Option<u64>, String> {
        Ok(None)
    }

    fn content(&self, _: &Served) -> Option<Vec<u8>> {
        None
    }

    fn proof(
        &self,
        _: &[u8; 32],
        _: Option<(AssetId, u64)>,
    ) -> Result<Option<serde_json::Value>, String> {
        Ok(None)
    }

    fn now_ms(&self) -> u64 {
        1_000_000
    }
}

fn served() -> Served {
    Served {
        asset: AssetId(4),
        title: "model".to_owned(),
        content: Hash([0; 32]),
        price: Price {
            flat_units: Amount::new(10).unwrap(),
            tokens: None,
        },
        is_table: false,
        token: protocol::TokenId(0),
        purposes: vec!["research".to_owned()],
        expires_ms: None,
        composition: None,
    }
}

fn key() -> Key {
    Key {
        id: 5,
        account: AccountId(9),
        allowances: vec![AllowanceId(1)],
        budget_units: None,
        per_minute: None,
        models: Vec::new(),
        purpose: None,
        expires_ms: u64::MAX,
    }
}

fn signing() -> Signing {
    Signing {
        space: Space([7; 16]),
        key: SessionKey::from_seed(&[1; 32]),
        due_ms: 60_000,
        secret: [2; 32],
    }
}

fn open(path: &Path, ledger: &Arc<Ledger>) -> Arc<Till> {
    Till::open(path, Arc::clone(ledger) as Arc<dyn Books>, signing()).unwrap()
}

fn used(amount_units: u128) -> Used {
    Used {
        purpose: 0,
        amount_units,
        input: [3; 32],
        output: [4; 32],
        tokens: Tokens {
            input: 1,
            output: 1,
            source: TokenSource::Counted,
        },
        whole: true,
    }
}

/// Sets money aside as for a call that costs so much itself and uses nothing.
fn set_aside(till: &Arc<Till>, key: &Key, units: u128) -> Result<Hold, Fault> {
    till.reserve(key, &served(), Most::flat(units))
}

fn wait<T>(task: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    runtime.block_on(task)
}

/// Cuts all that waits into a segment, as the poster does.
fn post(till: &Till, ledger: &Ledger) -> u128 {
    let rows = till.oldest(AssetId(4), usize::MAX);
    if rows.is_empty() {
        return 0;
    }
    let plan = Plan {
        number: 0,
        count: rows.len() as u32,
        root: Hash([1; 32]),
        log_size: 5,
    };
    till.plan(AssetId(4), plan).unwrap();
    let sum: u128 = rows.iter().map(|row| row.amount_units).sum();
    *ledger.charged.lock().unwrap() += sum;
    till.posted(AssetId(4)).unwrap();
    sum
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Eight threads set aside, use up and give back while segments are posted: the log is never
    /// charged more than the allowance, and all that was told is charged once.
    #[test]
    fn never_more_than_the_allowance(
        cap in 0u128..400,
        asked in prop::collection::vec((1u128..40, 0u128..40), 8..40),
    ) {
        let dir = tempfile::tempdir().unwrap();
        let ledger = Ledger::new(cap);
        let till = open(&dir.path().join("spool"), &ledger);
        let told = Mutex::new(0u128);
        std::thread::scope(|scope| {
            for part in asked.chunks(asked.len().div_ceil(8)) {
                let (till, ledger, told) = (&till, &ledger, &told);
                scope.spawn(move || {
                    for (units, spend) in part {
                        let Ok(hold) = set_aside(till, &key(), *units) else { continue };
                        if *spend > *units {
                            drop(hold);
                            continue;
                        }
                        let receipt = wait(till.commit(hold, used(*spend))).unwrap();
                        *told.lock().unwrap() += receipt.receipt.row.amount_units;
                    }
                    let _guard = told.lock().unwrap();
                    post(till, ledger);
                });
            }
        });
        post(&till, &ledger);
        let charged = *ledger.charged.lock().unwrap();
        prop_assert!(charged <= cap);
        prop_assert_eq!(charged, *told.lock().unwrap());
        prop_assert_eq!(till.spent(5), charged);
    }
}

#[test]
fn what_was_told_survives_and_is_posted_once() {
    let dir = tempfile::tempdir().unwrap();
    let (path, ledger) = (dir.path().join("spool"), Ledger::new(100));
    let till = open(&path, &ledger);
    for counter in 1..=3 {
        let hold = set_aside(&till, &key(), 20).unwrap();
        let told = wait(till.commit(hold, used(10))).unwrap();
        assert_eq!(told.receipt.counter, counter);
        assert_eq!(Receipt::open(&told.text, &till.key()), Some(told.receipt));
    }
    let plan = Plan {
        number: 7,
        count: 2,
        root: Hash([1; 32]),
        log_size: 5,
    };
    till.plan(AssetId(4), plan).unwrap();
    // The process ends here: what comes next reads what it has left.
    let before = till.due();
    drop(till);
    let till = open(&path, &ledger);
    assert_eq!(till.due(), before);
    assert_eq!(till.due()[0].plan, Some(plan));
    *ledger.charged.lock().unwrap() += 20;
    till.posted(AssetId(4)).unwrap();
    assert_eq!((till.due()[0].rows, till.due()[0].plan), (1, None));
    drop(till);
    let till = open(&path, &ledger);
    assert_eq!((till.due()[0].rows, till.spent(5)), (1, 30));
    assert_eq!(post(&till, &ledger), 10);
    let hold = set_aside(&till, &key(), 70).unwrap();
    assert_eq!(wait(till.commit(hold, used(0))).unwrap().receipt.counter, 4);
}

#[test]
fn whoever_cannot_pay_is_told_why() {
    let dir = tempfile::tempdir().unwrap();
    let ledger = Ledger::new(50);
    let till = open(&dir.path().join("spool"), &ledger);
    let code = |key: &Key, units| set_aside(&till, key, units).map(drop).unwrap_err().code;
    assert_eq!(code(&key(), 51), "insufficient_credit");
    let other = Key {
        allowances: vec![AllowanceId(2)],
        ..key()
    };
    assert_eq!(code(&other, 1), "payment_required");
    let stranger = Key {
        account: AccountId(8),
        ..key()
    };
    assert_eq!(code(&stranger, 1), "payment_required");
    let small = Key {
        budget_units: Some(15),
        ..key()
    };
    let refused = |units| set_aside(&till, &small, units).map(drop).unwrap_err();
    let held = set_aside(&till, &small, 10).unwrap();
    let (soon, never) = (refused(6), refused(16));
    assert_eq!(
        (soon.code, never.code),
        ("budget_exceeded", "budget_exceeded")
    );
    // What is set aside may come back; what no budget holds is not asked for again.
    assert_eq!((soon.may_retry(), never.may_retry()), (true, false));
    drop(held);
    assert!(set_aside(&till, &small, 15).is_ok());
    let slow = Key {
        id: 6,
        per_minute: Some(2),
        ..key()
    };
    assert!(set_aside(&till, &slow, 1).is_ok());
    assert!(set_aside(&till, &slow, 1).is_ok());
    let fault = set_aside(&till, &slow, 1).map(drop).unwrap_err();
    assert_eq!(
        (fault.code, fault.retry_after_s),
        ("rate_limited", Some(30))
    );
    let none = Key {
        id: 7,
        per_minute: Some(0),
        ..key()
    };
    let fault = set_aside(&till, &none, 1).map(drop).unwrap_err();
    assert_eq!((fault.code, fault.may_retry()), ("rate_limited", false));
    ledger
        .expires_ms
        .store(1_000_000 + LEASE_GRACE_MS, Ordering::Relaxed);
    assert_eq!(code(&key(), 1), "allowance_expired");
}

#[test]
fn a_call_that_was_charged_before_its_purpose_counted_is_still_known() {
    let dir = tempfile::tempdir().unwrap();
    let ledger = Ledger::new(100);
    let till = open(&dir.path().join("spool"), &ledger);
    let asked = Asked {
        path: "classify".to_owned(),
        ..Asked::default()
    };
    let once = |asked: &Asked, purpose| meant((b"5", false), "a", (asked, purpose)).unwrap();
    let mut hold = set_aside(&till, &key(), 10).unwrap();
    hold.once = Some(once(&asked, ""));
    wait(till.commit(hold, used(10))).unwrap();
    let code = |asked: &Asked| {
        let begun = Arc::<Memo>::default().begin(&till, (5, once(asked, "research")), asked);
        begun.map(drop).unwrap_err().code
    };
    assert_eq!(code(&asked), "already_answered");
    let other = Asked {
        body: "other".into(),
        ..asked
    };
    assert_eq!(code(&other), "idempotency_key_reused");
}
