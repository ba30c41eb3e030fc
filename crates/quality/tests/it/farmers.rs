//! Content-free work never pays, with any strategy and number of wallets; honest work does.

use crate::farming::{self, Conduct, Crowd, Estimate, Kind};
use crate::leaving::{self, Policy};
use crate::real::{self, Seeded};
use crate::world::{self, Outcome, Strategy};
use quality::Rule;

/// What `docs/spec/pay.md` recommends.
const RECOMMENDED: Rule = Rule {
    beta_ppm: 100_000,
    reference_ppm: 850_000,
    block_length: 20,
    judgements: 1,
};

fn split(accuracy: f64, wallets: u32, seeds: u64) -> Outcome {
    let mut sum = Outcome::default();
    for seed in 0..seeds {
        sum.add(&world::split(
            accuracy,
            wallets,
            &Rule::default(),
            &mut Seeded(seed),
        ));
    }
    sum
}

#[test]
fn chance_loses_its_deposit() {
    for wallets in [1, 2, 10] {
        let found = split(0.5, wallets, 20);
        let profit = found.profit / found.answers;
        assert!(profit < 0.0, "{wallets} wallets: {profit}");
        assert!(found.released / found.answers < 0.01, "{wallets} wallets");
    }
}

#[test]
fn honest_work_is_paid_and_splitting_never_gains() {
    for (accuracy, least) in [(0.75, 0.5), (0.85, 0.85), (0.95, 0.98)] {
        let mut before = f64::INFINITY;
        for wallets in [1, 2, 10, 50] {
            let found = split(accuracy, wallets, 10);
            let profit = found.profit / found.answers;
            assert!(wallets > 1 || profit >= least, "{accuracy}: {profit}");
            assert!(
                profit <= before,
                "{accuracy} in {wallets} wallets: {profit}, before {before}"
            );
            before = profit;
        }
    }
}

#[test]
fn farmers_among_real_workers_lose_their_deposit() {
    for name in ["temp", "dog"] {
        let Some(set) = real::load(name) else {
            continue;
        };
        let hidden = real::hide(&set.gold, set.answers.classes(), 10, 1);
        for strategy in Strategy::ALL {
            for wallets in [1, 10] {
                let mut sum = Outcome::default();
                for seed in 0..5 {
                    let farmers = (strategy, wallets, true);
                    sum.add(&world::infiltrate(&set.answers, &hidden, farmers, seed));
                }
                assert!(sum.profit < 0.0, "{name} {strategy:?} {wallets}: {sum:?}");
            }
        }
    }
}

#[test]
fn honest_workers_of_real_sets_are_paid() {
    // The tables of docs/spec/pay.md, less a margin: share of released answers of workers at or
    // above .8.
    for (name, least) in [
        ("temp", 0.88),
        ("dog", 0.93),
        ("rte", 0.68),
        ("product", 0.55),
    ] {
        let Some(set) = real::load(name) else {
            continue;
        };
        let hidden = real::hide(&set.gold, set.answers.classes(), 10, 1);
        let found = quality::judge(&set.answers, &hidden, &Rule::default(), &[]).expect("valid");
        let mut counts = vec![(0_u32, 0_u32, 0_u32); set.answers.workers() as usize];
        for (answer, accepted) in set.answers.rows().iter().zip(&found.accepted) {
            let (right, all, paid) = &mut counts[answer.worker as usize];
            *right += u32::from(set.gold[answer.unit as usize] == Some(answer.label));
            *all += 1;
            *paid += u32::from(*accepted);
        }
        let good = counts
            .iter()
            .filter(|(right, all, _)| *all > 0 && right * 10 >= all * 8);
        let (all, paid) = good.fold((0, 0), |sum, good| (sum.0 + good.1, sum.1 + good.2));
        assert!(
            f64::from(paid) >= least * f64::from(all),
            "{name}: {paid} of {all}"
        );
    }
}

#[test]
fn half_a_real_crowd_that_farms_loses_its_deposits_and_the_others_have_the_pay() {
    for name in ["temp", "dog"] {
        let Some(set) = real::load(name) else {
            continue;
        };
        for strategy in Strategy::ALL {
            for wallets in [1, 10] {
                let campaigns: Vec<_> = (0..6)
                    .map(|seed| {
                        let crowd = Crowd::new(&set, Conduct::Blind(strategy), seed);
                        crowd.judged(wallets, &RECOMMENDED)
                    })
                    .collect();
                let line = format!("{name} {strategy:?} in {wallets} wallets");
                let farmers = campaigns
                    .iter()
                    .map(|one| (one.farmers.profit(), one.farmers.answers));
                let profit = Estimate::new(farmers);
                assert!(
                    !profit.gains() && profit.value < -0.05,
                    "{line}: {profit:?}"
                );
                let share = Estimate::new(campaigns.iter().map(farming::Outcome::honest_of_all));
                assert!(share.value >= 0.95, "{line}: {share:?}");
                let good = campaigns
                    .iter()
                    .map(|one| (one.good.profit(), one.good.answers));
                let earned = Estimate::new(good);
                assert!(earned.value >= 0.6, "{line}: {earned:?} of those at .8");
            }
        }
    }
}

#[test]
fn real_people_lose_by_splitting_and_are_paid_for_the_part_they_work() {
    for name in ["temp", "dog"] {
        let Some(set) = real::load(name) else {
            continue;
        };
        let profit = |conduct, wallets| {
            let campaigns = (0..6).map(|seed| {
                let crowd = Crowd::new(&set, conduct, seed);
                let farmers = crowd.judged(wallets, &RECOMMENDED).farmers;
                (farmers.profit(), farmers.answers)
            });
            let campaigns: Vec<_> = campaigns.collect();
            Estimate::new(campaigns.into_iter()).value
        };
        let split = [1, 2, 10, 50].map(|wallets| profit(Conduct::Works, wallets));
        assert!(split[0] > 0.3, "{name}: {split:?}");
        assert!(split.is_sorted_by(|a, b| a > b), "{name}: {split:?}");
        let half = profit(Conduct::Lazy, 1);
        assert!((0.0..split[0]).contains(&half), "{name}: {half} {split:?}");
    }
}

#[test]
fn whoever_is_told_after_every_block_cannot_leave_with_a_gain() {
    let told = |conduct, policy| {
        let campaigns = (0..8).map(|seed| {
            let crowd = Crowd::new(&farming::made_up(seed), conduct, seed);
            let lives = leaving::campaign(&crowd, policy, &RECOMMENDED);
            let all = lives.outcome.farmers.answers + lives.outcome.good.answers;
            assert!(lives.farmers == 10.0 && all <= 4_000.0, "{policy:?}: {all}");
            (
                lives.outcome.farmers.profit(),
                lives.outcome.farmers.answers,
            )
        });
        let campaigns: Vec<_> = campaigns.collect();
        let answers = campaigns.iter().map(|(_, answers)| answers).sum::<f64>() / 80.0;
        (Estimate::new(campaigns.into_iter()), answers)
    };
    for strategy in Strategy::ALL {
        for policy in Policy::ALL {
            let (profit, answers) = told(Conduct::Blind(strategy), policy);
            let line = format!("{strategy:?} {policy:?}: {profit:?}, {answers} answers");
            assert!(!profit.gains() && profit.value < -0.05, "{line}");
            match policy {
                Policy::Stays | Policy::NewWallet => assert_eq!(answers, 200.0, "{line}"),
                Policy::FirstHeld => assert!(answers < 40.0, "{line}"),
                Policy::FirstPaid | Policy::Ahead => assert!(answers > 100.0, "{line}"),
            }
        }
    }
    // The same rounds pay those who work.
    let (profit, _) = told(Conduct::Works, Policy::Stays);
    assert!(profit.value > 0.5, "{profit:?}");
}

#[test]
fn a_farmer_keeps_what_it_looks_at_and_only_the_rest_is_dealt_out_anew() {
    let set = farming::made_up(3);
    let own = |conduct| Crowd::new(&set, conduct, 3).people;
    let works = own(Conduct::Works);
    assert_eq!(works.iter().filter(|p| p.kind == Kind::Farms).count(), 10);
    for (conduct, kept) in [(Conduct::Sleeper, 67), (Conduct::Lazy, 100)] {
        let people = own(conduct);
        for (person, before) in people.iter().zip(&works) {
            let looks = |nth: usize| match conduct {
                _ if person.kind != Kind::Farms => true,
                Conduct::Sleeper => nth < kept,
                _ => nth.is_multiple_of(2),
            };
            for (nth, answers) in person.answers.iter().zip(&before.answers).enumerate() {
                assert!(!looks(nth) || answers.0 == answers.1, "{conduct:?}, {nth}");
            }
        }
        let units = |people: &[farming::Person]| {
            let all = people.iter().flat_map(|person| &person.answers);
            let mut units: Vec<u32> = all.map(|(unit, _)| *unit).collect();
            units.sort_unstable();
            units
        };
        assert_eq!(units(&people), units(&works), "{conduct:?}");
    }
}

#[test]
fn the_interval_of_a_ratio_is_that_of_the_campaigns() {
    let found = Estimate::new([(1.0, 2.0), (3.0, 2.0)].into_iter());
    assert_eq!((found.value, found.half), (1.0, 0.98));
    assert!(found.gains());
    let same = Estimate::new([(-0.5, 1.0), (-1.0, 2.0)].into_iter());
    assert_eq!((same.value, same.half), (-0.5, 0.0));
}
