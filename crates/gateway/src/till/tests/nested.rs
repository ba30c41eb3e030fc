//! Calls within calls at the till: what one leaves behind when it ends.

use super::*;
use crate::till::open::Open;

const TOP: CallId = [1; 32];
const INNER: CallId = [2; 32];
const INNERMOST: CallId = [3; 32];
const OTHER: CallId = [4; 32];
const BESIDE: CallId = [5; 32];
const WORD: (&str, u16) = ("research", 0);

/// What calls of any asset may use here.
pub fn declared() -> Option<Composition> {
    Some(Composition {
        components: vec![AssetId(1), AssetId(2), AssetId(3)],
        most_units: 50,
    })
}

fn most(own: u128) -> Most {
    Most {
        uses: true,
        ..Most::flat(own)
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
    let hold = begun(&till, TOP);
    (till, hold)
}

/// Another one of the same till.
fn begun(till: &Arc<Till>, call: CallId) -> Hold {
    let mut hold = till.reserve(&key(), &served(), most(10)).unwrap();
    hold.begin(call, WORD).unwrap();
    hold
}

/// A use within a call that costs so much itself.
fn within(till: &Arc<Till>, call: CallId, served: &Served, own: u128) -> Hold {
    till.reserve_within(call, served, most(own)).unwrap()
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
        let refused = set_aside(&till, &key(), units).map(drop);
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
    assert!(set_aside(&till, &key(), 90).is_ok());
}

#[test]
fn a_call_that_ends_cuts_off_all_that_runs_in_it_and_no_other() {
    let dir = tempfile::tempdir().unwrap();
    let till = open(&dir.path().join("spool"), &Ledger::new(200));
    let (hold, _other) = (begun(&till, TOP), begun(&till, OTHER));
    let mut beside = within(&till, OTHER, &part(3, true), 5);
    beside.begin(BESIDE, WORD).unwrap();
    let mut inner = within(&till, TOP, &part(3, true), 5);
    inner.begin(INNER, WORD).unwrap();
    let limited = Most {
        limit: Some(10),
        ..most(5)
    };
    let innermost = till.reserve_within(INNER, &part(2, true), limited);
    let mut innermost = innermost.unwrap();
    innermost.begin(INNERMOST, WORD).unwrap();
    let leaf = within(&till, INNERMOST, &part(1, false), 5);
    wait(till.commit(leaf, used(5))).unwrap();
    let told = wait(till.commit(hold, used(10))).unwrap();
    let texts = told.below.iter().chain([&told.text]);
    let receipts: Vec<Receipt> = texts
        .map(|text| Receipt::open(text, &till.key()).unwrap())
        .collect();
    let nodes = crate::tree::check(&receipts).unwrap();
    let shape: Vec<(usize, u32, bool)> = nodes
        .iter()
        .map(|it| (it.depth, it.receipt.asset.0, it.receipt.failed()))
        .collect();
    assert_eq!(
        shape,
        [(0, 4, false), (1, 3, true), (2, 2, true), (3, 1, false)]
    );
    assert_eq!(told.receipt.whole_units(), 15);
    for call in [TOP, INNER, INNERMOST] {
        assert_eq!(till.standing(call).unwrap_err().code, "call_over");
    }
    assert_eq!(
        of(&till, OTHER, |open| open.running.clone()),
        Some(vec![BESIDE])
    );
    wait(till.commit(beside, used(5))).unwrap();
    assert_eq!(of(&till, OTHER, |open| open.running.len()), Some(0));
    drop((inner, innermost));
    assert_eq!(till.inner().calls.len(), 1);
}

#[test]
fn receipts_of_uses_that_ran_side_by_side_are_in_the_order_of_their_counters() {
    let dir = tempfile::tempdir().unwrap();
    let (till, hold) = top(dir.path());
    let mut inner = within(&till, TOP, &part(3, true), 5);
    inner.begin(INNER, WORD).unwrap();
    let first = within(&till, INNER, &part(2, false), 5);
    wait(till.commit(first, used(5))).unwrap();
    let second = within(&till, TOP, &part(2, false), 5);
    wait(till.commit(second, used(5))).unwrap();
    wait(till.commit(inner, used(5))).unwrap();
    let told = wait(till.commit(hold, used(10))).unwrap();
    let counter = |text: &String| Receipt::open(text, &till.key()).unwrap().counter;
    let counters: Vec<u64> = told.below.iter().map(counter).collect();
    assert_eq!((counters, told.receipt.counter), (vec![1, 2, 3], 4));
}

#[test]
fn a_call_that_could_spend_more_than_is_set_aside_does_not_begin() {
    let dir = tempfile::tempdir().unwrap();
    let poor = open(&dir.path().join("poor"), &Ledger::new(59));
    let refused = poor.reserve(&key(), &served(), most(10)).map(drop);
    assert_eq!(refused.unwrap_err().code, "insufficient_credit");
    let till = open(&dir.path().join("spool"), &Ledger::new(60));
    for most_units in [51, u128::MAX] {
        let mut hold = till.reserve(&key(), &served(), most(10)).unwrap();
        hold.uses.as_mut().unwrap().most_units = most_units;
        assert_eq!(hold.begin(TOP, WORD).unwrap_err().code, "gateway_broken");
        assert_eq!(till.standing(TOP).unwrap_err().code, "call_over");
    }
    // What was set aside for those is free again.
    let _all = begun(&till, TOP);
    assert_eq!(
        of(&till, TOP, |open| (open.left, open.held)),
        Some((50, 60))
    );
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
