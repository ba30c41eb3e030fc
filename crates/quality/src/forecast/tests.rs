//! Tests of scores by hand and by numerical integration, and of the mechanisms' promises.

use super::*;
use crate::random::Random;
use crate::table::Error;
use proptest::prelude::*;

fn near(found: Result<f64, Error>, expected: f64) {
    let found = found.expect("valid");
    assert!((found - expected).abs() < 1e-12, "{found} {expected}");
}

#[test]
fn scores_by_hand() {
    near(brier(&[0.7, 0.2, 0.1], 0), 0.09 + 0.04 + 0.01);
    near(log(&[0.25, 0.75], 0, 1e-9), 4.0_f64.ln());
    near(log(&[0.0, 1.0], 0, 0.5), 2.0_f64.ln());
    near(ranked(&[0.5, 0.3, 0.2], 2), (0.25 + 0.64) / 2.0);
    near(ranked(&[1.0], 0), 0.0);
    near(sample_crps(&[1.0, 3.0], 2.0), 1.0 - 0.5);
    near(sample_crps(&[4.0], 1.5), 2.5);
    near(quantile(0.9, 10.0, 12.0), 2.0 * 0.9 * 2.0);
    near(quantile(0.9, 10.0, 8.0), 2.0 * 0.1 * 2.0);
    near(interval((1.0, 3.0), 0.1, 4.0), 2.0 + 20.0);
    near(interval((1.0, 3.0), 0.1, 3.0), 2.0);
    near(normal_crps(2.0, 0.0, 5.0), 3.0);
    // properscoring.crps_gaussian(0, mu=0, sig=1) = (sqrt(2) - 1) / sqrt(pi).
    near(
        normal_crps(0.0, 1.0, 0.0),
        (2.0_f64.sqrt() - 1.0) / core::f64::consts::PI.sqrt(),
    );
}

#[test]
fn crps_is_the_mean_of_quantile_losses() {
    // Quantiles of the uniform distribution on 0..1: the level itself.
    let count = 20_000;
    let levels = (0..count).map(|step| (f64::from(step) + 0.5) / f64::from(count));
    let losses: f64 = levels
        .clone()
        .map(|level| quantile(level, level, 0.3).expect("valid"))
        .sum();
    let sample: Vec<f64> = levels.collect();
    let crps = sample_crps(&sample, 0.3).expect("valid");
    assert!((losses / f64::from(count) - crps).abs() < 1e-6);
    // Closed form: (y^3 + (1 - y)^3) / 3.
    assert!((crps - (0.027 + 0.343) / 3.0).abs() < 1e-6);
    let mut random = Random::new(1, 1);
    let normal: Vec<f64> = (0..40_000)
        .map(|_| (0..12).map(|_| random.unit()).sum::<f64>() - 6.0)
        .collect();
    let (sampled, exact) = (sample_crps(&normal, 0.8), normal_crps(0.0, 1.0, 0.8));
    assert!((sampled.expect("valid") - exact.expect("valid")).abs() < 0.01);
}

#[test]
fn what_is_no_forecast_is_refused() {
    assert!(brier(&[0.5, 0.6], 0).is_err());
    assert!(brier(&[f64::NAN, 1.0], 0).is_err());
    assert!(brier(&[-0.5, 1.5], 0).is_err());
    assert!(brier(&[], 0).is_err());
    assert!(ranked(&[1.0], 1).is_err());
    assert!(log(&[1.0], 0, 0.0).is_err());
    assert!(sample_crps(&[], 0.0).is_err());
    assert!(sample_crps(&[f64::INFINITY], 0.0).is_err());
    assert!(normal_crps(0.0, -1.0, 0.0).is_err());
    assert!(quantile(1.5, 0.0, 0.0).is_err());
    assert!(interval((1.0, 0.0), 0.1, 0.0).is_err());
    assert!(interval((0.0, 1.0), 0.0, 0.0).is_err());
}

fn wager(stake: u64, score_ppm: u32) -> Wager {
    Wager { stake, score_ppm }
}

#[test]
fn stakes_are_shared_by_score() {
    let found = settle(&[wager(100, 1_000_000), wager(100, 0)]).expect("valid");
    assert_eq!((found.shares, found.dust), (vec![150, 50], 0));
    let found = settle(&[wager(1, 10), wager(2, 10), wager(0, 500)]).expect("valid");
    assert_eq!((found.shares, found.dust), (vec![1, 2, 0], 0));
    // Exactly 1 - 2 / 3,000,000 and 2 + 2 / 3,000,000: never rounded up.
    let found = settle(&[wager(1, 0), wager(2, 1)]).expect("valid");
    assert_eq!((found.shares, found.dust), (vec![0, 2], 1));
    assert_eq!(settle(&[]).expect("valid").dust, 0);
    assert!(settle(&[wager(1, 1_000_001)]).is_err());
    assert!(settle(&[wager(u64::MAX, 1)]).is_err());
}

#[test]
fn clipping_by_hand() {
    // Two scorers with 60 % of the stake agree; the third gives all to the second scored.
    let round = Scorers {
        stakes: vec![30, 30, 40],
        weights: vec![vec![9, 1], vec![9, 1], vec![0, 1]],
        bonds: Vec::new(),
        kappa_ppm: 500_000,
        alpha_ppm: 100_000,
    };
    let found = yuma(&round).expect("valid");
    let tenth = (1_u64 << 32) / 10;
    // Half of the stake gives the second scored a tenth and more, only 40 % gives it all.
    assert_eq!(found.consensus, [(9 << 32) / 10, tenth]);
    assert_eq!(found.trust_ppm[2], 99_999, "a tenth, rounded down twice");
    // Ranks 0.54 and 0.1: of 0.64.
    assert!((i64::from(found.incentive_ppm[0]) - 843_750).abs() <= 2);
    assert_eq!(found.dividend_ppm[0], found.dividend_ppm[1]);
    assert!(found.dividend_ppm[2] < 70_000);
    // The first scorer changes its mind: its share of the bonds to the second is 0.27 of 0.66
    // in this round, 0.3 before, and the average goes a tenth of the way.
    let next = Scorers {
        weights: vec![vec![1, 9], vec![9, 1], vec![0, 1]],
        bonds: found.bonds.clone(),
        ..round
    };
    let after = yuma(&next).expect("valid");
    let bond = after.bonds[0][1] as f64 / 2.0_f64.powi(32);
    assert!(
        (bond - (0.9 * 0.3 + 0.1 * 0.27 / 0.66)).abs() < 1e-6,
        "{bond}"
    );
    let short = Scorers {
        bonds: vec![vec![0, 0]],
        ..next
    };
    assert!(matches!(yuma(&short), Err(Error::Length { .. })));
}

fn wagers() -> impl Strategy<Value = Vec<Wager>> {
    prop::collection::vec((0_u64..1 << 58, 0_u32..=1_000_000), 0..12).prop_map(|all| {
        all.into_iter()
            .map(|(stake, score)| wager(stake, score))
            .collect()
    })
}

/// A score of a forecast and what came.
type Rule<'a> = &'a dyn Fn(&[f64], u32) -> f64;

proptest! {
    #[test]
    fn money_is_kept_and_nobody_owes(wagers in wagers()) {
        let found = settle(&wagers).expect("valid");
        let paid: u64 = found.shares.iter().sum();
        prop_assert_eq!(paid + found.dust, wagers.iter().map(|wager| wager.stake).sum::<u64>());
        prop_assert!(found.dust <= wagers.len() as u64);
    }

    #[test]
    fn splitting_gains_nothing(wagers in wagers(), share in 0.0..1.0_f64) {
        prop_assume!(!wagers.is_empty());
        let whole = settle(&wagers).expect("valid");
        let part = (wagers[0].stake as f64 * share) as u64;
        let mut split = wagers.clone();
        split[0].stake -= part;
        split.push(wager(part, wagers[0].score_ppm));
        let parts = settle(&split).expect("valid");
        let (one, two) = (parts.shares[0] + parts.shares[wagers.len()], whole.shares[0]);
        prop_assert!(one <= two && two - one <= 1, "{} {}", one, two);
        for other in 1..wagers.len() {
            prop_assert_eq!(parts.shares[other], whole.shares[other]);
        }
    }

    #[test]
    fn truth_is_the_best_forecast(belief in 0.0..1.0_f64, said in 0.0..1.0_f64) {
        let expected = |said: f64, score: Rule<'_>| {
            let says = [said, 1.0 - said];
            belief * score(&says, 0) + (1.0 - belief) * score(&says, 1)
        };
        let rules: [Rule; 3] = [
            &|says, outcome| brier(says, outcome).expect("valid"),
            &|says, outcome| ranked(says, outcome).expect("valid"),
            &|says, outcome| log(says, outcome, 1e-300).expect("valid"),
        ];
        for rule in rules {
            prop_assert!(expected(belief, rule) <= expected(said, rule) + 1e-12);
        }
    }

    #[test]
    fn no_more_is_given_than_there_is(
        stakes in prop::collection::vec(0_u64..1 << 40, 1..6),
        weights in prop::collection::vec(any::<u32>(), 24),
        kappa_ppm in 0_u32..=1_000_000,
    ) {
        let rows = weights.chunks(4).take(stakes.len()).map(<[u32]>::to_vec);
        let weights = rows.collect();
        let (bonds, alpha_ppm) = (Vec::new(), 100_000);
        let mut round = Scorers { stakes, weights, bonds, kappa_ppm, alpha_ppm };
        for _ in 0..3 {
            let found = yuma(&round).expect("valid");
            prop_assert!(found.incentive_ppm.iter().sum::<u32>() <= 1_000_000);
            prop_assert!(found.dividend_ppm.iter().sum::<u32>() <= 1_000_000);
            prop_assert!(found.trust_ppm.iter().all(|trust| *trust <= 1_000_000));
            for one in 0..4 {
                let bonds: u64 = found.bonds.iter().map(|row| row[one]).sum();
                prop_assert!(bonds <= 1 << 32);
            }
            round.bonds = found.bonds;
        }
    }
}
