//! Vouchers over restarts: what was kept is kept, what was charged is charged once.

use super::*;
use crate::till::credit::{MOST_KEYS, Undrawn};
use proof::voucher::{Lent, Signed, SpendKey, Voucher};
use std::collections::BTreeMap;

const PAYER: [u8; 20] = [1; 20];

/// A log whose one allowance is charged to credit.
struct Credit;

impl Books for Credit {
    fn served(&self) -> Vec<Served> {
        vec![served()]
    }

    fn left(&self, _: AllowanceId) -> Option<Left> {
        Some(Left {
            asset: AssetId(4),
            payer: AccountId(9),
            units: 0,
            expires_ms: u64::MAX,
            knew_prices: true,
            on_credit: true,
        })
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

fn till(path: &Path) -> Arc<Till> {
    Till::open(path, Arc::new(Credit), signing()).unwrap()
}

fn signed(cumulative: u128) -> Signed {
    Signed {
        voucher: Voucher {
            payer: PAYER,
            token: [2; 20],
            key: PAYER,
            cumulative,
        },
        signature: [3; 65],
        lent: None,
    }
}

/// The same by a key that the payer lends until a time in seconds.
fn lent(key: [u8; 20], cumulative: u128, expires_at_s: u64) -> Signed {
    let own = signed(cumulative);
    let voucher = Voucher { key, ..own.voucher };
    let lent = SpendKey {
        payer: PAYER,
        token: voucher.token,
        key,
        cap: u128::MAX,
        expires_at_s,
    };
    Signed {
        voucher,
        lent: Some(Lent {
            key: lent,
            signature: [4; 65],
        }),
        ..own
    }
}

fn backing() -> Backing {
    Backing {
        account: AccountId(9),
        allowance: AllowanceId(1),
        free_units: 1_000,
        redeemed: BTreeMap::new(),
    }
}

/// Takes a voucher for a call of at most so many units.
fn draw(till: &Arc<Till>, cumulative: u128, units: u128) -> Result<Drawn, Undrawn> {
    wait(till.draw(&signed(cumulative), &backing(), units)).unwrap()
}

/// The same, and charges the call.
fn charge(till: &Arc<Till>, cumulative: u128, (most, cost): (u128, u128)) {
    let drawn = draw(till, cumulative, most).unwrap();
    let most = Most {
        paid: most,
        ..Most::flat(most)
    };
    let hold = till
        .reserve_of(&key(), &served(), most, Some(drawn))
        .unwrap();
    wait(till.commit(hold, used(cost))).unwrap();
}

fn standing(till: &Till) -> (u128, u128, u128) {
    let key = CreditKey {
        payer: PAYER,
        key: PAYER,
    };
    let stands = till.stands(key, 0);
    (stands.served, stands.signed, stands.held)
}

#[test]
fn a_voucher_that_was_kept_before_a_crash_pays_for_one_call_after_it() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("spool");
    let first = till(&path);
    let drawn = draw(&first, 10, 10).unwrap();
    assert_eq!(standing(&first), (0, 10, 10));
    assert_eq!(draw(&first, 10, 10).err(), Some(Undrawn::Used), "it runs");
    drop((drawn, first));
    let second = till(&path);
    assert_eq!(standing(&second), (0, 10, 0));
    charge(&second, 10, (10, 4));
    drop(second);
    let third = till(&path);
    assert_eq!(standing(&third), (4, 10, 0));
    assert_eq!(draw(&third, 10, 6).err(), Some(Undrawn::Used));
    assert_eq!(third.redeemable()[0].signed, signed(10));
    assert_eq!(draw(&third, 13, 10).err(), Some(Undrawn::Low));
    charge(&third, 14, (10, 10));
    assert_eq!(standing(&third), (14, 14, 0));
}

#[test]
fn what_waits_for_vouchers_waits_on_and_goes_once() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("spool");
    let first = till(&path);
    charge(&first, 10, (10, 10));
    charge(&first, 20, (10, 10));
    charge(&first, 30, (10, 10));
    let credit = |units| move |_: AllowanceId| Some((AccountId(9), units));
    assert!(first.due().is_empty());
    first.ripen(&credit(25)).unwrap();
    assert_eq!(first.due()[0].rows, 2);
    drop(first);
    // Once from what was appended, once from the file that was begun anew with that.
    for _ in 0..2 {
        let again = till(&path);
        assert_eq!(again.due()[0].rows, 2);
        assert_eq!(again.redeemable()[0].oldest_ms, Some(1_000_000));
        assert_eq!(standing(&again), (30, 30, 0));
        again.ripen(&credit(25)).unwrap();
        assert_eq!(again.due()[0].rows, 2, "no unit counts twice");
    }
    let last = till(&path);
    last.ripen(&credit(30)).unwrap();
    assert_eq!(last.due()[0].rows, 3);
    assert_eq!(last.redeemable()[0].oldest_ms, None);
    assert_eq!(last.spent(5), 30);
}

#[test]
fn a_voucher_that_stands_on_the_chain_pays_for_no_further_call() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("spool");
    let first = till(&path);
    charge(&first, 10, (10, 4));
    drop(draw(&first, 14, 10).unwrap());
    let known = first.redeemable()[0];
    assert_eq!(known.signed, signed(14));
    first.disclose(CreditKey::of(&known.signed)).unwrap();
    drop(first);
    let again = till(&path);
    assert_eq!(draw(&again, 14, 10).err(), Some(Undrawn::Used));
    // What it has left is the payer's still.
    charge(&again, 15, (10, 10));
    assert_eq!(standing(&again), (14, 15, 0));
}

#[test]
fn a_file_that_is_older_than_the_chain_serves_nothing_twice() {
    let dir = tempfile::tempdir().unwrap();
    let till = till(&dir.path().join("spool"));
    drop(draw(&till, 10, 10).unwrap());
    let backing = Backing {
        redeemed: BTreeMap::from([(PAYER, 50)]),
        ..backing()
    };
    let draw = |cumulative| wait(till.draw(&signed(cumulative), &backing, 10)).unwrap();
    assert_eq!(draw(10).err(), Some(Undrawn::Used));
    assert_eq!(draw(50).err(), Some(Undrawn::Used));
    assert_eq!(draw(59).err(), Some(Undrawn::Low));
    drop(draw(60).unwrap());
}

#[test]
fn a_lent_key_that_has_ended_keeps_no_credit_back() {
    let dir = tempfile::tempdir().unwrap();
    let till = till(&dir.path().join("spool"));
    let kept = |signed: &Signed| wait(till.draw(signed, &backing(), 600)).unwrap();
    drop(kept(&lent([5; 20], 600, 1_000)));
    assert_eq!(kept(&signed(600)).err(), Some(Undrawn::Short));
    drop(kept(&lent([5; 20], 601, 999)));
    drop(kept(&signed(600)).unwrap());
}

#[test]
fn a_payer_has_no_more_keys_than_the_chain_can_be_asked_of() {
    let dir = tempfile::tempdir().unwrap();
    let till = till(&dir.path().join("spool"));
    let by_key = |number: usize| {
        let signed = lent([u8::try_from(number).unwrap(); 20], 1, u64::MAX);
        wait(till.draw(&signed, &backing(), 1)).unwrap().err()
    };
    for number in 1..=MOST_KEYS {
        assert_eq!(by_key(number), None);
    }
    assert_eq!(by_key(MOST_KEYS + 1), Some(Undrawn::Keys));
    assert_eq!(till.credit_keys(PAYER).len(), MOST_KEYS);
    assert_eq!(till.credit_keys([9; 20]), [[0; 20]; 0]);
}

#[test]
fn calls_at_once_never_use_more_than_was_signed() {
    let dir = tempfile::tempdir().unwrap();
    let till = till(&dir.path().join("spool"));
    let one = draw(&till, 10, 10).unwrap();
    assert_eq!(draw(&till, 19, 10).err(), Some(Undrawn::Low));
    let two = draw(&till, 20, 10).unwrap();
    assert_eq!(draw(&till, 31, 10).err(), Some(Undrawn::High));
    drop(one);
    // What the first has left pays for the third, whose voucher is higher all the same.
    assert_eq!(draw(&till, 20, 10).err(), Some(Undrawn::Used));
    let three = draw(&till, 21, 10).unwrap();
    assert_eq!(draw(&till, 22, 10).err(), Some(Undrawn::Low));
    drop((two, three));
    assert_eq!(standing(&till), (0, 21, 0));
}

proptest! {
    /// However calls come, end and come to nothing, and however often the file is read again: what
    /// was served is the sum of what was charged, and never above what was signed.
    #[test]
    fn what_was_served_is_what_was_charged(
        steps in prop::collection::vec((0_u128..30, 0_u128..30, 0_u8..5), 1..40)
    ) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("spool");
        let mut till = self::till(&path);
        let (mut charged, mut failed) = (0, Vec::new());
        for (most, cost, step) in steps {
            let (most, cost) = (most.max(1), cost.min(most.max(1)));
            let (_, signed, _) = standing(&till);
            let next = till.stands(CreditKey { payer: PAYER, key: PAYER }, 0).next(most);
            match step {
                0 => {
                    drop(till);
                    till = self::till(&path);
                }
                1 => if let Ok(drawn) = draw(&till, next, most) {
                    drop(drawn);
                    failed.push(next);
                },
                2 => if let Some(old) = failed.pop() && let Ok(drawn) = draw(&till, old, most) {
                    let most = Most { paid: most, ..Most::flat(most) };
                    let hold = till.reserve_of(&key(), &served(), most, Some(drawn)).unwrap();
                    wait(till.commit(hold, used(cost))).unwrap();
                    charged += cost;
                    prop_assert_eq!(draw(&till, old, 1).err(), Some(Undrawn::Used));
                },
                _ => if draw(&till, next, most).is_ok() {
                    let drawn = draw(&till, next, most).unwrap();
                    let most = Most { paid: most, ..Most::flat(most) };
                    let hold = till.reserve_of(&key(), &served(), most, Some(drawn)).unwrap();
                    wait(till.commit(hold, used(cost))).unwrap();
                    charged += cost;
                },
            }
            let (served, now, held) = standing(&till);
            prop_assert_eq!((served, held), (charged, 0));
            prop_assert!(served <= now && now >= signed && now <= 1_000);
        }
    }
}
