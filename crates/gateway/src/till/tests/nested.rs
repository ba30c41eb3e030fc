//! Calls within calls at the till: what one leaves behind when it ends.

use super::*;
use crate::till::open::Open;

const TOP: CallId = [1; 32];
const INNER: CallId = [2; 32];
const WORD: (&str, u16) = ("research", 0);

/// What calls of any asset may use here.
pub fn declared() -> Option<Composition> {
    Some(Composition {
        components: vec![AssetId(2), AssetId(3)],
        most_units: 50,
    })
}

fn most(own: u128) -> Most {
    Most {
        own,
        limit: None,
        uses: true,
        paid: 0,
    }
}

/// An asset that uses nothing, or others for twenty units.
fn part(asset: u32, uses: bool) -> Served {
    Served {
        asset: AssetId(asset),
        composition: declared().filter(|_| uses).map(|it| Composition {
            most_units: 20,
            ..it
        }),
        ..served()
    }
}

/// A call that holds sixty units of a hundred, of which it costs ten itself.
fn top(dir: &Path) -> (Arc<Till>, Hold) {
    let till = open(&dir.join("spool"), &Ledger::new(100));
    let mut hold = till.reserve_most(&key(), &served(), most(10)).unwrap();
    hold.begin(TOP, WORD).unwrap();
    (till, hold)
}

fn of<T>(till: &Till, call: CallId, asked: impl FnOnce(&Open) -> T) -> Option<T> {
    till.inner().calls.get(&call).map(asked)
}

#[test]
fn what_begins_once_the_call_around_it_is_over_spends_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let (till, hold) = top(dir.path());
    let mut late = till.reserve_within(TOP, &part(3, true), most(10)).unwrap();
    // Between the two steps of the one the other ends, and its money is free again.
    wait(till.commit(hold, used(10))).unwrap();
    assert_eq!(late.begin(INNER, WORD).unwrap_err().code, "call_over");
    assert_eq!(till.standing(INNER).unwrap_err().code, "call_over");
    let refused = till.reserve_within(INNER, &part(2, false), most(5));
    assert_eq!(refused.map(drop).unwrap_err().code, "call_over");
    let refused = wait(till.commit(late, used(10)));
    assert_eq!(refused.unwrap_err().code, "call_over");
    let code = |units| {
        let refused = till.reserve(&key(), &served(), units).map(drop);
        refused.map_err(|fault| fault.code)
    };
    assert_eq!(code(91), Err("insufficient_credit"));
    assert_eq!(code(90), Ok(()));
    assert_eq!(till.spent(5), 10);
}

#[test]
fn what_is_cut_off_counts_as_no_use() {
    let dir = tempfile::tempdir().unwrap();
    let (till, hold) = top(dir.path());
    let uses = || of(&till, TOP, |open| open.uses);
    let mut inner = till.reserve_within(TOP, &part(3, true), most(10)).unwrap();
    inner.begin(INNER, WORD).unwrap();
    let leaf = till
        .reserve_within(INNER, &part(2, false), most(5))
        .unwrap();
    assert_eq!(uses(), Some(2));
    wait(till.commit(inner, used(10))).unwrap();
    let refused = wait(till.commit(leaf, used(5)));
    assert_eq!(refused.unwrap_err().code, "call_over");
    assert_eq!(uses(), Some(1), "the one that was charged");
    assert_eq!(of(&till, TOP, |open| open.left), Some(40));
    drop(hold);
    assert!(till.reserve(&key(), &served(), 90).is_ok());
}

#[test]
fn a_use_takes_what_it_may_cost_and_never_all_that_is_left() {
    let dir = tempfile::tempdir().unwrap();
    let (till, _hold) = top(dir.path());
    let left = || of(&till, TOP, |open| open.left);
    let first = till.reserve_within(TOP, &part(3, true), most(10)).unwrap();
    assert_eq!(left(), Some(20), "ten itself, and twenty for others");
    // Another may be used meanwhile; one that may cost more than is left says how to limit it.
    let second = till.reserve_within(TOP, &part(2, false), most(15)).unwrap();
    let refused = till.reserve_within(TOP, &part(3, true), most(5)).map(drop);
    let fault = refused.unwrap_err();
    assert_eq!(fault.code, "insufficient_credit");
    assert!(
        fault.message.contains("x-headwater-max-units"),
        "{}",
        fault.message
    );
    let limited = Most {
        limit: Some(5),
        ..most(5)
    };
    let third = till.reserve_within(TOP, &part(3, true), limited).unwrap();
    assert_eq!(left(), Some(0));
    drop((first, second, third));
    assert_eq!(left(), Some(50));
}

#[test]
fn a_limit_holds_also_where_more_was_paid() {
    let parts = |limit, paid| {
        let most = Most {
            limit,
            paid,
            ..most(10)
        };
        let (units, uses) = most.parts(declared());
        (units, uses.map(|uses| uses.most_units))
    };
    assert_eq!(parts(None, 0), (60, Some(50)));
    assert_eq!(parts(Some(35), 0), (35, Some(25)));
    assert_eq!(parts(Some(10), 0), (10, Some(0)));
    // All of a payment is set aside, and no more of it is spent than its payer says.
    assert_eq!(parts(Some(35), 2_000), (2_000, Some(25)));
    assert_eq!(parts(None, 2_000), (2_000, Some(50)));
    assert_eq!(parts(None, 30), (30, Some(20)));
    let huge = most(u128::MAX - 1).parts(declared());
    assert_eq!(huge.0, u128::MAX);
    let none = Most {
        uses: false,
        ..most(10)
    };
    assert_eq!(none.parts(declared()), (10, None));
}
