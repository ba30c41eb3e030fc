//! The pay rule, case by case.

use crate::hostile;
use crate::real::Seeded;
use proptest::prelude::*;
use quality::pay::{Block, Confusion, Decision};
use quality::{Answer, Answers, Error, Rule, judge};

/// One worker's answers to as many gold units of two classes in turn; `wrong` says which are wrong.
fn one_worker(count: u32, wrong: impl Fn(u32) -> bool) -> (Answers, Vec<Option<u32>>) {
    let label = |unit| (unit % 2) ^ u32::from(wrong(unit));
    let rows = (0..count).map(|unit| Answer {
        unit,
        worker: 0,
        label: label(unit),
    });
    let gold = (0..count).map(|unit| Some(unit % 2)).collect();
    (
        Answers::new(count, 1, 2, rows.collect()).expect("in bounds"),
        gold,
    )
}

fn released(blocks: &[Block]) -> Vec<bool> {
    blocks
        .iter()
        .map(|block| block.decision != Decision::Held)
        .collect()
}

#[test]
fn gold_releases_good_work_and_holds_the_rest() {
    let (answers, gold) = one_worker(40, |_| false);
    let good = judge(&answers, &gold, &Rule::default(), &[]).expect("valid");
    assert_eq!(released(&good.blocks), [true, true]);
    assert_eq!(
        good.blocks[0].decision,
        Decision::Released {
            factor_ppm: 1_000_000
        }
    );
    assert_eq!(
        (good.blocks[0].gold_right, good.blocks[0].gold_seen),
        (20, 20)
    );
    let (answers, gold) = one_worker(40, |unit| unit % 4 < 2);
    let chance = judge(&answers, &gold, &Rule::default(), &[]).expect("valid");
    assert_eq!(released(&chance.blocks), [false, false]);
    assert!(chance.blocks[0].evidence_micronats < 0);
}

#[test]
fn no_evidence_no_pay() {
    let (answers, gold) = one_worker(400, |_| false);
    let none = vec![None; gold.len()];
    let found = judge(&answers, &none, &Rule::default(), &[]).expect("valid");
    assert!(
        found
            .blocks
            .iter()
            .all(|block| block.decision == Decision::Held)
    );
    assert!(
        found
            .blocks
            .iter()
            .all(|block| block.evidence_micronats == 0)
    );
    assert_eq!(found.standings[0].reputation_ppm, 135_350);
}

#[test]
fn gold_of_one_class_shows_nothing() {
    let rows = (0..100).map(|unit| Answer {
        unit,
        worker: 0,
        label: 1,
    });
    let answers = Answers::new(100, 1, 2, rows.collect()).expect("in bounds");
    let found = judge(&answers, &vec![Some(1); 100], &Rule::default(), &[]).expect("valid");
    assert!(
        found
            .blocks
            .iter()
            .all(|block| block.evidence_micronats == 0),
        "a constant answer"
    );
}

#[test]
fn a_repeated_answer_is_evidence_once() {
    let rows = (0..40).map(|i| Answer {
        unit: i % 4,
        worker: 0,
        label: i % 2,
    });
    let answers = Answers::new(4, 1, 2, rows.collect()).expect("in bounds");
    let gold: Vec<_> = (0..4).map(|unit| Some(unit % 2)).collect();
    let found = judge(&answers, &gold, &Rule::default(), &[]).expect("valid");
    assert_eq!(found.standings[0].gold_seen, 4);
    assert_eq!(released(&found.blocks), [false, false]);
}

#[test]
fn a_sleeper_is_paid_at_most_a_block_or_two_more() {
    // 100 right answers, then 200 coin tosses: the carried wealth is gone at once.
    let mut seeded = Seeded(7);
    let mut extra = 0;
    for _ in 0..20 {
        let toss: Vec<_> = (0..300).map(|_| seeded.below(2) == 1).collect();
        let (answers, gold) = one_worker(300, |unit| unit >= 100 && toss[unit as usize]);
        let found = judge(&answers, &gold, &Rule::default(), &[]).expect("valid");
        let paid = released(&found.blocks);
        assert!(paid[..5].iter().all(|paid| *paid));
        extra += paid[5..].iter().filter(|paid| **paid).count();
    }
    assert!(
        extra <= 20,
        "{extra} blocks in 20 lives, the bound is 1 a life"
    );
}

#[test]
fn the_tail_of_a_proven_worker_is_paid() {
    let (answers, mut gold) = one_worker(103, |unit| unit % 10 == 9);
    gold[100..].fill(None);
    let found = judge(&answers, &gold, &Rule::default(), &[]).expect("valid");
    let last = found.blocks.last().expect("six blocks");
    assert_eq!((last.answers, last.gold_seen), (3, 0));
    assert_ne!(last.decision, Decision::Held);
}

#[test]
fn a_ring_without_gold_evidence_proves_nobody() {
    // Ten wallets share one random key over 400 units; every tenth unit is gold.
    let mut seeded = Seeded(3);
    let key: Vec<_> = (0..400).map(|_| seeded.below(2)).collect();
    let row = |unit: u32, worker| Answer {
        unit,
        worker,
        label: key[unit as usize],
    };
    let rows = (0..10).flat_map(|worker| (0..400).map(move |unit| (unit, worker)));
    let rows = rows.map(|(unit, worker)| row(unit, worker)).collect();
    let answers = Answers::new(400, 10, 2, rows).expect("in bounds");
    let gold: Vec<_> = (0..400)
        .map(|unit| (unit % 10 == 0).then_some(unit / 10 % 2))
        .collect();
    let found = judge(&answers, &gold, &Rule::default(), &[]).expect("valid");
    assert!(found.standings.iter().all(|standing| !standing.proven));
    assert!(found.accepted.iter().all(|accepted| !accepted));
}

#[test]
fn peers_prove_a_worker_without_gold() {
    // Workers 0 and 1 answer 300 units, half of them gold; worker 2 answers only the others, worker
    // 3 by coin toss.
    let mut seeded = Seeded(5);
    let mut rows = Vec::new();
    for unit in 0..300 {
        let mut say = |worker, label| {
            rows.push(Answer {
                unit,
                worker,
                label,
            })
        };
        say(0, unit / 2 % 2);
        say(1, unit / 2 % 2);
        if unit % 2 == 1 {
            say(2, unit / 2 % 2);
            say(3, seeded.below(2));
        }
    }
    let answers = Answers::new(300, 4, 2, rows).expect("in bounds");
    let gold: Vec<_> = (0..300)
        .map(|unit| (unit % 2 == 0).then_some(unit / 2 % 2))
        .collect();
    let found = judge(&answers, &gold, &Rule::default(), &[]).expect("valid");
    let proven: Vec<_> = found
        .standings
        .iter()
        .map(|standing| standing.proven)
        .collect();
    assert_eq!(proven, [true, true, true, false]);
    let of = |worker| {
        found
            .blocks
            .iter()
            .filter(move |block| block.worker == worker)
    };
    assert!(of(2).all(|block| block.decision != Decision::Held && block.gold_seen == 0));
    assert!(of(3).all(|block| block.decision == Decision::Held));
}

#[test]
fn own_answers_are_no_evidence() {
    // Worker 0 is proven by 100 gold units and answers 200 more, alone.
    let label = |unit| unit / 2 % 2;
    let rows = (0..300).map(|unit| Answer {
        unit,
        worker: 0,
        label: label(unit),
    });
    let answers = Answers::new(300, 1, 2, rows.collect()).expect("in bounds");
    let gold: Vec<_> = (0..300)
        .map(|unit| (unit < 100).then_some(label(unit)))
        .collect();
    let found = judge(&answers, &gold, &Rule::default(), &[]).expect("valid");
    assert!(found.standings[0].proven);
    assert!(found.blocks.iter().all(|block| block.peer_seen == 0));
    assert_eq!(
        released(&found.blocks)[5..],
        [
            true, false, false, false, false, false, false, false, false, false
        ]
    );
}

#[test]
fn two_proven_workers_judge_each_other_without_themselves() {
    // Both are right on gold (even units); on ten other units worker 1 says 1 where worker 0 says
    // 0. With its own answer in it, the consensus would be undecided there and name nobody's
    // confusion.
    let label = |unit: u32, worker| (unit / 2 % 2) | u32::from(worker == 1 && unit % 20 == 9);
    let rows = (0..200).flat_map(|unit| [(unit, 0), (unit, 1)]);
    let rows = rows.map(|(unit, worker)| Answer {
        unit,
        worker,
        label: label(unit, worker),
    });
    let answers = Answers::new(200, 2, 2, rows.collect()).expect("in bounds");
    let gold: Vec<_> = (0..200)
        .map(|unit| (unit % 2 == 0).then_some(label(unit, 0)))
        .collect();
    let found = judge(&answers, &gold, &Rule::default(), &[]).expect("valid");
    assert!(found.standings.iter().all(|standing| standing.proven));
    let confusions = found.standings.iter().map(|standing| standing.confusion);
    let confusions: Vec<_> = confusions
        .map(|c| c.map(|c| (c.truth, c.answer, c.count)))
        .collect();
    assert_eq!(confusions, [Some((1, 0, 10)), Some((0, 1, 10))]);
}

#[test]
fn released_but_unproven_workers_prove_nobody() {
    // Worker 0 is proven by gold. Worker 1 is released for five right answers to gold, but not
    // proven. Worker 2 agrees with worker 1 on 40 other units.
    let row = |unit, worker| Answer {
        unit,
        worker,
        label: unit % 2,
    };
    let mut rows: Vec<_> = (0..60).map(|unit| row(unit, 0)).collect();
    rows.extend((0..5).chain(60..100).map(|unit| row(unit, 1)));
    rows.extend((60..100).map(|unit| row(unit, 2)));
    let answers = Answers::new(100, 3, 2, rows).expect("in bounds");
    let gold: Vec<_> = (0..100)
        .map(|unit| (unit < 60).then_some(unit % 2))
        .collect();
    let rule = Rule {
        beta_ppm: 400_000,
        block_length: 50,
        ..Rule::default()
    };
    let found = judge(&answers, &gold, &rule, &[]).expect("valid");
    let proven: Vec<_> = found
        .standings
        .iter()
        .map(|standing| standing.proven)
        .collect();
    assert_eq!(proven, [true, false, false]);
    assert!(
        found.accepted[60..105].iter().all(|accepted| *accepted),
        "worker 1"
    );
    assert!(
        found.accepted[105..].iter().all(|accepted| !accepted),
        "worker 2"
    );
}

#[test]
fn the_most_frequent_confusion_is_named() {
    let (answers, gold) = one_worker(40, |unit| unit % 10 == 3);
    let found = judge(&answers, &gold, &Rule::default(), &[]).expect("valid");
    let expected = Confusion {
        truth: 1,
        answer: 0,
        share_ppm: 200_000,
        count: 4,
    };
    assert_eq!(found.standings[0].confusion, Some(expected));
}

#[test]
fn a_past_release_stands_whatever_the_evidence_says_now() {
    let (answers, gold) = one_worker(40, |unit| unit % 4 < 2);
    let rule = Rule::default();
    let mut past = judge(&answers, &gold, &rule, &[]).expect("valid").blocks;
    past[0].decision = Decision::Released {
        factor_ppm: 123_456,
    };
    let found = judge(&answers, &gold, &rule, &past).expect("valid");
    assert_eq!(found.blocks[0].decision, past[0].decision);
    assert_eq!(found.blocks[1].decision, Decision::Held);
    assert_eq!(found.accepted, [[true; 20], [false; 20]].concat());
}

#[test]
fn past_blocks_must_fit() {
    let (answers, gold) = one_worker(40, |_| false);
    let rule = Rule::default();
    let good = judge(&answers, &gold, &rule, &[]).expect("valid");
    let mut gap = good.blocks.clone();
    gap.remove(0);
    assert_eq!(
        judge(&answers, &gold, &rule, &gap),
        Err(Error::Past { row: 0 })
    );
    let mut stranger = good.blocks.clone();
    stranger[1].worker = 9;
    assert_eq!(
        judge(&answers, &gold, &rule, &stranger),
        Err(Error::Past { row: 1 })
    );
    let mut long = good.blocks;
    long[1].answers = u32::MAX;
    assert_eq!(
        judge(&answers, &gold, &rule, &long),
        Err(Error::Past { row: 1 })
    );
}

proptest! {
    /// A released block stays released with its factor, and every block keeps its extent, when more
    /// answers come.
    #[test]
    fn released_stays_released((answers, gold) in hostile::table(), cut in 0_usize..80) {
        let rule =
            Rule { beta_ppm: 400_000, reference_ppm: 1_000_000, block_length: 3, judgements: 2 };
        let early: Vec<_> = answers.rows().iter().take(cut).copied().collect();
        let early = Answers::new(answers.units(), answers.workers(), answers.classes(), early);
        let first = judge(&early.expect("in bounds"), &gold, &rule, &[]).expect("valid");
        let second = judge(&answers, &gold, &rule, &first.blocks).expect("valid");
        for block in &first.blocks {
            let same = |b: &&Block| (b.worker, b.first) == (block.worker, block.first);
            let later = second.blocks.iter().find(same).expect("kept");
            prop_assert_eq!((later.answers, later.round), (block.answers, block.round));
            if block.decision != Decision::Held {
                prop_assert_eq!(later.decision, block.decision);
            }
        }
    }

    /// With gold alone, what others answer changes nothing for a worker.
    #[test]
    fn strangers_do_not_matter_without_peers(seed in any::<u64>(), noise in 1_u32..40) {
        let mut seeded = Seeded(seed);
        let wrong: Vec<_> = (0..60).map(|_| seeded.share() < 0.2).collect();
        let (alone, gold) = one_worker(60, |unit| wrong[unit as usize]);
        let mut rows = alone.rows().to_vec();
        rows.extend((0..noise).map(|unit| Answer { unit, worker: 1, label: seeded.below(2) }));
        let crowd = Answers::new(60, 2, 2, rows).expect("in bounds");
        let one = judge(&alone, &gold, &Rule::default(), &[]).expect("valid");
        let both = judge(&crowd, &gold, &Rule::default(), &[]).expect("valid");
        prop_assert_eq!(&one.blocks[..], &both.blocks[..one.blocks.len()]);
    }
}
