//! A call goes by what was declared when its allowance was granted, whatever is declared later.

use crate::composed::cost;
use crate::program::{Works, held};
use crate::shop::{FEE, PROGRAMS, Shop, composition};
use gateway::Asked;
use gateway::books::Composition;

fn much(asset: u32) -> Option<Composition> {
    let most_units = 10_u128.pow(30);
    composition(asset).map(|it| Composition { most_units, ..it })
}

fn nothing(_: u32) -> Option<Composition> {
    None
}

#[test]
fn a_larger_sum_takes_no_more_of_an_older_allowance() {
    let dir = tempfile::tempdir().unwrap();
    let shop = Shop {
        newest: much,
        ..Shop::new(10_000)
    };
    let works = Works::with(dir.path(), shop);
    let reply = works.call(PROGRAMS, "use 1", Asked::default());
    assert_eq!((reply.status, cost(&reply)), (200, FEE + 11));
    held(&works.receipts(&reply));
}

#[test]
fn an_owner_who_declares_nothing_any_more_takes_nothing_from_older_allowances() {
    let dir = tempfile::tempdir().unwrap();
    let shop = Shop {
        newest: nothing,
        ..Shop::new(10_000)
    };
    let works = Works::with(dir.path(), shop);
    let reply = works.call(PROGRAMS, "use 1\nuse 2", Asked::default());
    assert_eq!((reply.status, cost(&reply)), (200, FEE + 11 + 12));
    assert_eq!(works.had().len(), 2);
}

#[test]
fn an_allowance_that_is_older_than_all_declarations_pays_the_call_itself() {
    let dir = tempfile::tempdir().unwrap();
    let shop = Shop {
        granted: nothing,
        ..Shop::new(FEE)
    };
    let works = Works::with(dir.path(), shop);
    let reply = works.call(PROGRAMS, "use 1", Asked::default());
    assert_eq!((reply.status, cost(&reply)), (200, FEE));
    // The program has no secret that it could use others with.
    assert_eq!(*works.program.token.lock().unwrap(), "");
    assert_eq!(works.had(), [(401, "invalid_api_key".to_owned())]);
    assert_eq!(works.due(), [(PROGRAMS, FEE)].into());
}
