//! Composed calls: a tree of receipts whose leaves sum to the price, and each limit of it.

use crate::house::header;
use crate::program::{Works, held};
use crate::shop::{ELSEWHERE, FEE, MOST, PROGRAMS, ROWS, TABLE, price, rows_price};
use gateway::tree;
use gateway::{Asked, Reply};
use proptest::prelude::*;
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::atomic::Ordering;

fn works() -> (tempfile::TempDir, Works) {
    let dir = tempfile::tempdir().unwrap();
    let works = Works::open(dir.path(), 1_000_000);
    (dir, works)
}

pub fn cost(reply: &Reply) -> u128 {
    header(reply, "x-headwater-cost").parse().unwrap()
}

pub fn document(works: &Works, reply: &mut Reply) -> Value {
    serde_json::from_str(&works.read(reply)).unwrap()
}

/// Code of an error, and the receipts that it brings.
pub fn failed(works: &Works, mut reply: Reply) -> (String, Vec<gateway::Receipt>) {
    let document = document(works, &mut reply);
    let own = &document["headwater"]["receipt"];
    let below = document["headwater"]["children"].as_array();
    let texts = below.into_iter().flatten().chain([own]);
    let receipts = texts.filter_map(|text| Some(works.open_receipt(text.as_str()?)));
    let code = document["error"]["code"].as_str().unwrap().to_owned();
    (code, receipts.collect())
}

#[test]
fn a_call_pays_what_it_uses_and_names_it_all() {
    let (_dir, works) = works();
    let reply = works.call(
        PROGRAMS,
        "use 1\ncall 11 (use 2\nuse 3)\nuse 1",
        Asked::default(),
    );
    assert_eq!(reply.status, 200);
    let receipts = works.receipts(&reply);
    let (nodes, sums) = held(&receipts);
    let shape: Vec<(usize, u32)> = nodes
        .iter()
        .map(|node| (node.depth, node.receipt.asset.0))
        .collect();
    assert_eq!(shape, [(0, 10), (1, 1), (1, 11), (2, 2), (2, 3), (1, 1)]);
    let whole = 2 * FEE + 11 + 12 + 13 + 11;
    assert_eq!(cost(&reply), whole);
    assert_eq!(header(&reply, "x-headwater-own-cost"), "100");
    assert_eq!(nodes[0].receipt.whole_units(), whole);
    assert_eq!(nodes[2].receipt.whole_units(), FEE + 12 + 13);
    assert_eq!(
        sums,
        [(1, 22), (2, 12), (3, 13), (10, 100), (11, 100)].into()
    );
    assert_eq!(works.due(), sums);
    // All of one payer: what they were told is counted without a gap.
    let counters: Vec<u64> = receipts.iter().map(|it| it.counter).collect();
    assert_eq!(counters, [1, 2, 3, 4, 5, 6]);
    assert!(receipts.iter().all(|it| it.row.allowance == 10));
    // What was set aside and not used is free again.
    let all = works.call(PROGRAMS, "", Asked::default());
    assert_eq!(cost(&all), FEE);
}

#[test]
fn receipts_that_do_not_belong_together_are_told() {
    let (_dir, works) = works();
    let reply = works.call(PROGRAMS, "use 1\ncall 11 (use 2\nuse 3)", Asked::default());
    let good = works.receipts(&reply);
    let other = works.receipts(&works.call(PROGRAMS, "use 1", Asked::default()));
    let wrong = |receipts: &[gateway::Receipt]| tree::check(receipts).unwrap_err().to_string();
    for place in 0..good.len() {
        let mut fewer = good.clone();
        fewer.remove(place);
        let why = wrong(&fewer);
        assert!(
            why.contains("missing") || why.contains("of them are here"),
            "{why}"
        );
        let mut twice = good.clone();
        twice.push(good[place]);
        assert!(wrong(&twice).contains("twice"));
    }
    assert!(wrong(&[good.clone(), other.clone()].concat()).contains("no other call"));
    // The same use of another call in its place.
    let mut swapped = good.clone();
    swapped[0] = other[0];
    assert!(wrong(&swapped).contains("missing"));
    let mut bent = good.clone();
    let last = bent.len() - 1;
    bent[last].tree.as_mut().unwrap().children_units += 1;
    assert!(wrong(&bent).contains("does not cost"));
    let mut bent = good;
    bent[0].row.receipt[0] ^= 1;
    assert!(wrong(&bent).contains("used others"));
    assert!(wrong(&[]).contains("missing"));
}

#[test]
fn a_call_uses_only_what_it_may() {
    let (_dir, works) = works();
    for (steps, status, code) in [
        ("use 8", 403, "not_declared"),
        ("use 7", 403, "licence_denied"),
        ("use 99", 404, "model_not_found"),
        ("call 10 (use 1)", 403, "call_cycle"),
    ] {
        works.call(PROGRAMS, steps, Asked::default());
        assert_eq!(works.had(), [(status, code.to_owned())], "{steps}");
    }
    works.call(PROGRAMS, &format!("use {ELSEWHERE}"), Asked::default());
    assert_eq!(works.had(), [(403, "licence_denied".to_owned())]);
    // Round about: 10 in 11 in 10.
    works.call(PROGRAMS, "call 11 (call 10 (use 1))", Asked::default());
    assert_eq!(works.had()[0], (403, "call_cycle".to_owned()));
    // Four are within one another, and no fifth.
    let steps = "call 11 (call 12 (use 1\ncall 13 (use 2)))";
    works.call(PROGRAMS, steps, Asked::default());
    let had = works.had();
    assert_eq!(had[1], (403, "call_too_deep".to_owned()), "{had:?}");
    assert_eq!(had.len(), 5);
    let steps = "use 1\n".repeat(25);
    let reply = works.call(PROGRAMS, &steps, Asked::default());
    let had = works.had();
    assert!(had[..24].iter().all(|(status, _)| *status == 200));
    assert_eq!(had[24], (403, "too_many_uses".to_owned()));
    assert_eq!(cost(&reply), FEE + 24 * 11);
    let bytes: usize = reply
        .headers
        .iter()
        .map(|(name, value)| name.len() + value.len())
        .sum();
    assert!(
        bytes < 14_000,
        "{bytes} bytes of head are too many for some clients"
    );
}

#[test]
fn no_call_costs_more_than_was_declared_or_its_caller_says() {
    let (_dir, works) = works();
    // Each may use others for 50 units more: nine fit the declared 1,000, a tenth might not.
    let steps = "call 13 ()\n".repeat(10);
    let reply = works.call(PROGRAMS + 5, &steps, Asked::default());
    let had = works.had();
    let good = had.iter().filter(|(status, _)| *status == 200).count();
    assert_eq!((good, had.len()), (9, 10));
    assert_eq!(had[9], (402, "insufficient_credit".to_owned()));
    assert_eq!(cost(&reply), 10 * FEE);
    // Whoever says that it uses nothing gets what is left.
    let reply = works.call(PROGRAMS + 5, &(steps + "call 13 100 ()"), Asked::default());
    assert_eq!(works.had()[10].0, 200);
    assert_eq!(cost(&reply), FEE + 1_000);
    let limit = |units: &str| Asked {
        most_units: Some(units.to_owned()),
        ..Asked::default()
    };
    let reply = works.call(PROGRAMS, "use 1\nuse 2\nuse 3", limit("125"));
    let codes: Vec<u16> = works.had().iter().map(|(status, _)| *status).collect();
    assert_eq!((codes, cost(&reply)), (vec![200, 200, 402], 123));
    let (code, _) = failed(&works, works.call(PROGRAMS, "", limit("99")));
    assert_eq!(code, "price_above_limit");
    let (code, _) = failed(&works, works.call(PROGRAMS, "", limit("-1")));
    assert_eq!(code, "invalid_max_units");
    // An allowance that does not hold all of it is not begun to be spent.
    let dir = tempfile::tempdir().unwrap();
    let poor = Works::open(dir.path(), FEE + MOST - 1);
    let (code, _) = failed(&poor, poor.call(PROGRAMS, "use 1", Asked::default()));
    assert_eq!(code, "insufficient_credit");
    assert_eq!(poor.program.asked.load(Ordering::SeqCst), 0);
    assert!(poor.due().is_empty());
}

#[test]
fn a_call_that_fails_costs_what_it_has_used() {
    let (_dir, works) = works();
    let reply = works.call(
        PROGRAMS,
        "use 1\ncall 11 (use 2\nfail)\nfail",
        Asked::default(),
    );
    assert_eq!(reply.status, 502);
    // Clients send again by themselves what has failed, and would pay for it again.
    assert_eq!(header(&reply, "x-should-retry"), "false");
    let (code, receipts) = failed(&works, reply);
    assert_eq!(code, "upstream_error");
    let (nodes, sums) = held(&receipts);
    assert_eq!(sums, [(1, 11), (2, 12)].into());
    assert_eq!(works.due(), sums);
    let shape: Vec<(usize, u32, bool)> = nodes
        .iter()
        .map(|it| (it.depth, it.receipt.asset.0, it.receipt.failed()))
        .collect();
    assert_eq!(
        shape,
        [(0, 10, true), (1, 1, false), (1, 11, true), (2, 2, false)]
    );
    assert_eq!(nodes[0].receipt.whole_units(), 23);
    // It was asked once: a second time would have used all of it again.
    assert_eq!(works.program.asked.load(Ordering::SeqCst), 2);
    let reply = works.call(PROGRAMS, "fail", Asked::default());
    assert_eq!(header(&reply, "x-should-retry"), "true");
    let (_, none) = failed(&works, reply);
    assert!(none.is_empty(), "nothing was used");
    // What the program refuses is the same in its own words, with the receipts in the head.
    let reply = works.call(PROGRAMS, "use 3\ndeny", Asked::default());
    assert_eq!(reply.status, 422);
    assert_eq!(header(&reply, "x-should-retry"), "false");
    assert_eq!(works.receipts(&reply).len(), 2);
    let reply = works.call(PROGRAMS, "deny", Asked::default());
    assert!(
        reply
            .headers
            .iter()
            .all(|(name, _)| *name != "x-should-retry")
    );
}

#[test]
fn a_stream_ends_with_all_receipts() {
    let (_dir, works) = works();
    let streamed = || Asked {
        path: "stream".to_owned(),
        ..Asked::default()
    };
    let mut reply = works.call(PROGRAMS, "use 1\nuse 2", streamed());
    let text = works.read(&mut reply);
    let last = text.lines().rfind(|line| line.contains("receipt")).unwrap();
    let last: Value = serde_json::from_str(last.strip_prefix("data: ").unwrap()).unwrap();
    let told = &last["headwater"];
    let below = told["children"].as_array().unwrap().iter();
    let texts = below.chain([&told["receipt"]]);
    let receipts: Vec<_> = texts
        .map(|text| works.open_receipt(text.as_str().unwrap()))
        .collect();
    let (nodes, sums) = held(&receipts);
    assert_eq!(nodes.len(), 3);
    assert_eq!(sums, [(1, 11), (2, 12), (10, 100)].into());
    assert_eq!(
        (&told["cost_units"], &told["own_units"]),
        (&"123".into(), &"100".into())
    );
}

#[derive(Clone, Debug)]
enum Step {
    Use(u32),
    Rows(u64),
    Call(Vec<Step>),
    Fail,
}

fn step() -> impl Strategy<Value = Step> {
    let leaf = prop_oneof![
        6 => (0_u32..7).prop_map(Step::Use),
        3 => (1..ROWS + 3).prop_map(Step::Rows),
        1 => Just(Step::Fail),
    ];
    leaf.prop_recursive(2, 12, 4, |inner| {
        prop::collection::vec(inner, 0..4).prop_map(Step::Call)
    })
}

fn written(steps: &[Step], level: u32) -> String {
    let line = |step: &Step| match step {
        Step::Use(leaf) => format!("use {leaf}"),
        Step::Rows(limit) => format!("rows {TABLE} {limit}"),
        Step::Call(steps) => {
            format!("call {} ({})", PROGRAMS + level, written(steps, level + 1))
        }
        Step::Fail => "fail".to_owned(),
    };
    steps.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// What steps cost, by asset, and whether they go well.
fn costs(steps: &[Step], level: u32, sums: &mut BTreeMap<u32, u128>) -> bool {
    for step in steps {
        match step {
            Step::Use(leaf) => *sums.entry(*leaf).or_default() += price(*leaf),
            Step::Rows(limit) => {
                *sums.entry(TABLE).or_default() += rows_price(TABLE, (*limit).min(ROWS));
            }
            Step::Call(steps) => {
                if costs(steps, level + 1, sums) {
                    *sums.entry(PROGRAMS + level).or_default() += FEE;
                }
            }
            Step::Fail => return false,
        }
    }
    true
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Whatever is used in whatever, and wherever it fails: the leaves sum to the price, each
    /// asset is due what receipts say of it, and nothing stays set aside.
    #[test]
    fn the_leaves_of_any_tree_sum_to_its_price(steps in prop::collection::vec(step(), 0..5)) {
        let dir = tempfile::tempdir().unwrap();
        let works = Works::open(dir.path(), FEE + MOST);
        let reply = works.call(PROGRAMS, &written(&steps, 1), Asked::default());
        let mut sums = BTreeMap::new();
        let receipts = if costs(&steps, 1, &mut sums) {
            *sums.entry(PROGRAMS).or_default() += FEE;
            prop_assert_eq!(cost(&reply), sums.values().sum::<u128>());
            works.receipts(&reply)
        } else {
            failed(&works, reply).1
        };
        if !receipts.is_empty() {
            let (nodes, told) = held(&receipts);
            prop_assert_eq!(nodes[0].receipt.whole_units(), sums.values().sum::<u128>());
            prop_assert_eq!(&told, &sums);
        }
        prop_assert_eq!(works.due(), sums.clone());
        // All that is not charged is free again: one unit more than that is refused.
        let rest = FEE + MOST - sums.values().sum::<u128>();
        if rest >= FEE {
            let most_units = Some(rest.to_string());
            let limited = Asked { most_units, ..Asked::default() };
            prop_assert_eq!(works.call(PROGRAMS, "", limited).status, 200);
        }
    }
}
