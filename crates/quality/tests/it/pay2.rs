//! Version 2 of the pay rule, case by case.

use crate::economy::{Conduct, campaigns};
use crate::hostile;
use crate::real::{self, Seeded};
use proptest::prelude::*;
use quality::pay::v2::{Carried, judge};
use quality::pay::{Block, Decision};
use quality::{Answer, Answers, Error, Rule};

/// One worker's answers to gold units of two classes in turn; `wrong` says which are wrong.
fn one_worker(count: u32, wrong: impl Fn(u32) -> bool) -> (Answers, Vec<Option<u32>>) {
    let rows = (0..count).map(|unit| Answer {
        unit,
        worker: 0,
        label: (unit % 2) ^ u32::from(wrong(unit)),
    });
    let gold = (0..count).map(|unit| Some(unit % 2)).collect();
    let answers = Answers::new(count, 1, 2, rows.collect());
    (answers.expect("in bounds"), gold)
}

fn released(blocks: &[Block]) -> Vec<bool> {
    let released = |block: &Block| block.decision != Decision::Held;
    blocks.iter().map(released).collect()
}

#[test]
fn gold_releases_good_work_and_holds_the_rest() {
    let (answers, gold) = one_worker(40, |_| false);
    let good = judge(&answers, &gold, &Rule::default(), &[], &[]).expect("valid");
    assert_eq!(released(&good.blocks), [true, true]);
    assert!(good.carried[0].evidence_micronats > 20_000_000);
    assert_eq!(good.carried[0].wealth_ppm, 1_000_000);
    assert_eq!(
        (good.carried[0].right_milli, good.carried[0].seen_milli),
        (40_000, 40_000)
    );
    let (answers, gold) = one_worker(40, |unit| unit % 4 < 2);
    let chance = judge(&answers, &gold, &Rule::default(), &[], &[]).expect("valid");
    assert_eq!(released(&chance.blocks), [false, false]);
    assert!(chance.carried[0].evidence_micronats < 0);
}

#[test]
fn whoever_errs_always_in_the_same_way_knows_the_truth() {
    // Everything the wrong way round: content, but an accuracy of 0 earns nothing.
    let (answers, gold) = one_worker(80, |_| true);
    let found = judge(&answers, &gold, &Rule::default(), &[], &[]).expect("valid");
    assert!(
        found.carried[0].evidence_micronats > 10_000_000,
        "{:?}",
        found.carried
    );
    assert_eq!(released(&found.blocks), [false; 4]);
}

#[test]
fn no_evidence_no_pay_unless_wealth_was_carried() {
    let (answers, gold) = one_worker(60, |_| false);
    let none = vec![None; gold.len()];
    let rule = Rule::default();
    let found = judge(&answers, &none, &rule, &[], &[]).expect("valid");
    assert_eq!(released(&found.blocks), [false, false, false]);
    // One block's worth was carried: one block is paid, and the tank is empty.
    let carried = Carried {
        wealth_ppm: 1_000_000,
        right_milli: 95_000,
        seen_milli: 100_000,
        ..Carried::default()
    };
    let found = judge(&answers, &none, &rule, &[], &[carried]).expect("valid");
    assert_eq!(released(&found.blocks), [true, false, false]);
    assert!(found.carried[0].wealth_ppm < 50_000, "{:?}", found.carried);
}

#[test]
fn a_sleeper_is_paid_at_most_a_block_or_two_more() {
    let mut seeded = Seeded(7);
    let mut extra = 0;
    for _ in 0..20 {
        let toss: Vec<_> = (0..300).map(|_| seeded.below(2) == 1).collect();
        let (answers, gold) = one_worker(300, |unit| unit >= 100 && toss[unit as usize]);
        let found = judge(&answers, &gold, &Rule::default(), &[], &[]).expect("valid");
        let paid = released(&found.blocks);
        assert!(paid[..5].iter().all(|paid| *paid));
        extra += paid[5..].iter().filter(|paid| **paid).count();
    }
    assert!(
        extra <= 22,
        "{extra} blocks in 20 lives, the bound is 1 a life and 1 %"
    );
}

/// 30 workers of accuracy .9 answer 300 units of two classes, five to each; the first 30 are gold.
fn crowd(seed: u64) -> (Answers, Vec<Option<u32>>) {
    let mut seeded = Seeded(seed);
    let mut rows = Vec::new();
    for unit in 0..300_u32 {
        let mut workers: Vec<u32> = (0..30).collect();
        seeded.shuffle(&mut workers);
        for worker in &workers[..5] {
            let label = (unit % 2) ^ u32::from(seeded.share() > 0.9);
            rows.push(Answer {
                unit,
                worker: *worker,
                label,
            });
        }
    }
    let gold = (0..300)
        .map(|unit| (unit < 30).then_some(unit % 2))
        .collect();
    (Answers::new(300, 30, 2, rows).expect("in bounds"), gold)
}

#[test]
fn people_proven_before_are_paid_where_strangers_wait() {
    let (answers, gold) = crowd(1);
    let rule = Rule::default();
    let count = |carried: &[Carried]| {
        let found = judge(&answers, &gold, &rule, &[], carried).expect("valid");
        released(&found.blocks).iter().filter(|paid| **paid).count()
    };
    let proven = Carried {
        evidence_micronats: 20_000_000,
        ..Carried::default()
    };
    let strangers = count(&[]);
    let known = count(&[proven; 30]);
    assert_eq!(strangers, count(&[Carried::default(); 30]));
    assert!(
        known >= 85 && strangers * 2 < known,
        "{strangers} and {known} of 90 blocks"
    );
}

#[test]
fn released_stays_released_and_the_extents_stay() {
    let (answers, gold) = one_worker(60, |_| false);
    let rule = Rule {
        judgements: 2,
        ..Rule::default()
    };
    let first = judge(&answers, &gold, &rule, &[], &[]).expect("valid");
    let none = vec![None; gold.len()];
    let second = judge(&answers, &none, &rule, &first.blocks, &[]).expect("valid");
    let decisions = |blocks: &[Block]| blocks.iter().map(|b| b.decision).collect::<Vec<_>>();
    assert_eq!(decisions(&first.blocks), decisions(&second.blocks));
}

#[test]
fn carried_lists_must_fit() {
    let (answers, gold) = one_worker(4, |_| false);
    let found = judge(
        &answers,
        &gold,
        &Rule::default(),
        &[],
        &[Carried::default(); 2],
    );
    let expected = Error::Length {
        list: "carried",
        found: 2,
        needed: 1,
    };
    assert_eq!(found, Err(expected));
}

#[test]
fn more_is_released_on_real_sets_than_by_version_1() {
    // Measured at 10 % hidden gold and beta 10 %: docs/spec/pay.md; less a margin.
    let floors = [
        ("temp", 0.94),
        ("dog", 0.96),
        ("rte", 0.84),
        ("product", 0.69),
    ];
    for (name, least) in floors {
        let Some(set) = real::load(name) else {
            continue;
        };
        let hidden = real::hide(&set.gold, set.answers.classes(), 10, 1);
        let rule = Rule {
            beta_ppm: 100_000,
            ..Rule::default()
        };
        let found = judge(&set.answers, &hidden, &rule, &[], &[]).expect("valid");
        let mut counts = vec![(0_u32, 0_u32, 0_u32); set.answers.workers() as usize];
        for (answer, accepted) in set.answers.rows().iter().zip(&found.accepted) {
            let (right, all, paid) = &mut counts[answer.worker as usize];
            *right += u32::from(set.gold[answer.unit as usize] == Some(answer.label));
            *all += 1;
            *paid += u32::from(*accepted);
        }
        let good = counts.iter().filter(|c| c.1 > 0 && c.0 * 10 >= c.1 * 8);
        let (all, paid) = good.fold((0, 0), |sum, good| (sum.0 + good.1, sum.1 + good.2));
        assert!(
            f64::from(paid) >= least * f64::from(all),
            "{name}: {paid} of {all}"
        );
    }
}

/// Mean released share over many made-up tables in which `worker` 0 does not look at the units.
fn content_free(strategy: impl Fn(u32, &mut Seeded) -> u32, rule: &Rule, seeds: u64) -> f64 {
    let (mut paid, mut all) = (0.0, 0.0);
    for seed in 0..seeds {
        let mut seeded = Seeded(seed);
        let mut truth: Vec<u32> = (0..40).map(|unit| u32::from(unit % 8 == 0)).collect();
        seeded.shuffle(&mut truth);
        let rows = (0..40).map(|unit| Answer {
            unit,
            worker: 0,
            label: strategy(unit, &mut seeded),
        });
        let answers = Answers::new(40, 1, 2, rows.collect()).expect("in bounds");
        let gold: Vec<_> = truth.iter().map(|truth| Some(*truth)).collect();
        let found = judge(&answers, &gold, rule, &[], &[]).expect("valid");
        paid += released(&found.blocks).iter().filter(|paid| **paid).count() as f64;
        all += found.blocks.len() as f64;
    }
    paid / all
}

#[test]
fn the_bound_holds_for_content_free_answers_to_uneven_classes() {
    let rule = Rule {
        beta_ppm: 200_000,
        reference_ppm: 900_000,
        block_length: 5,
        judgements: 1,
    };
    let always = content_free(|_, _| 0, &rule, 2_000);
    let never = content_free(|_, _| 1, &rule, 2_000);
    let toss = content_free(|_, seeded| seeded.below(2), &rule, 2_000);
    let prior = content_free(|_, seeded| u32::from(seeded.below(8) == 0), &rule, 2_000);
    for share in [always, never, toss, prior] {
        assert!(share <= 0.2 * 2.0 / 3.0, "{always} {never} {toss} {prior}");
    }
    assert!(toss + prior > 0.002, "some luck there is: {toss} {prior}");
}

#[test]
fn half_a_crowd_of_farmers_loses_its_deposits_and_honest_people_are_paid() {
    let rule = Rule {
        beta_ppm: 100_000,
        ..Rule::default()
    };
    for conduct in Conduct::CONTENT_FREE {
        for wallets in [1, 10] {
            let sums = campaigns(conduct, wallets, &rule, 6);
            let (profit, _) = sums.profit();
            assert!(profit < 0.0, "{conduct:?} with {wallets} wallets: {sums:?}");
            let share = sums.honest_paid / (sums.honest_paid + sums.paid);
            assert!(
                share >= 0.95,
                "{conduct:?} with {wallets} wallets: {sums:?}"
            );
            assert!(
                sums.honest_paid >= 0.8 * sums.honest_answers,
                "{conduct:?}: {sums:?}"
            );
        }
    }
    let (whole, _) = campaigns(Conduct::Good, 1, &rule, 6).profit();
    let (split, _) = campaigns(Conduct::Good, 10, &rule, 6).profit();
    assert!(whole > 0.8 && split < whole, "{whole} {split}");
    // Who looks at half of the units, or at a third, or is right in .65, earns something, but less.
    for conduct in [Conduct::Sleeper, Conduct::Lazy, Conduct::Weak] {
        let (partly, _) = campaigns(conduct, 1, &rule, 6).profit();
        assert!(partly < 0.55, "{conduct:?}: {partly}");
    }
}

proptest! {
    #[test]
    fn any_table_is_judged_and_carried_values_stay_in_range(
        (answers, gold) in hostile::table(),
        carried in (any::<i64>(), any::<u32>(), any::<u32>(), any::<u32>()),
    ) {
        let (evidence_micronats, wealth_ppm, right_milli, seen_milli) = carried;
        let carried = Carried { evidence_micronats, wealth_ppm, right_milli, seen_milli };
        let carried = vec![carried; answers.workers() as usize];
        let rule = Rule { reference_ppm: 1_000_000, ..Rule::default() };
        let found = judge(&answers, &gold, &rule, &[], &carried).expect("valid");
        for carried in &found.carried {
            prop_assert!(carried.wealth_ppm <= 1_000_000);
            prop_assert!(carried.right_milli <= carried.seen_milli);
            prop_assert!(carried.seen_milli <= 200_000);
            prop_assert!(carried.evidence_micronats.abs() <= 100_000_000);
        }
        prop_assert_eq!(found.accepted.len(), answers.rows().len());
        let again = judge(&answers, &gold, &rule, &found.blocks, &carried).expect("fits");
        for (old, new) in found.blocks.iter().zip(&again.blocks) {
            if let Decision::Released { .. } = old.decision {
                prop_assert_eq!(old.decision, new.decision);
            }
        }
    }
}
