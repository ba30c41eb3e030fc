//! Made-up comparisons whose answer is known: ratings, intervals, covariates and voters come out.

use crate::battles::battles;
use quality::pairs::{
    Comparison, Comparisons, Counts, Error, Interval, Model, Outcome, Styles, Tally, fit,
    fit_styled, fit_voters, normal_quantile, ranks, standard_errors,
};
use quality::random::Random;

fn halves(ridge: f64) -> Model {
    Model {
        ridge,
        ..Model::default()
    }
}

fn row(left: u32, right: u32, outcome: Outcome) -> Comparison {
    Comparison {
        left,
        right,
        outcome,
        voter: 0,
    }
}

#[test]
fn intervals_cover_the_truth_as_often_as_they_say() {
    let (mut held, mut all) = (0.0, 0.0);
    for seed in 0..40 {
        let (truth, table) = battles(12, 3_000, 0, seed);
        let tally = Tally::of(&table).expect("few");
        let found = fit(&tally, halves(0.0), None).expect("connected");
        let errors = standard_errors(&tally, &found, halves(0.0), 0.0).expect("regular");
        let mean = truth.iter().sum::<f64>() / 12.0;
        for item in 0..12 {
            let off = found.ratings[item] - (truth[item] - mean);
            held += f64::from(u8::from(off.abs() <= normal_quantile(0.975) * errors[item]));
            all += 1.0;
        }
    }
    let share: f64 = held / all;
    assert!((0.92..=0.98).contains(&share), "{share}");
}

#[test]
fn a_warm_start_ends_where_a_cold_one_does() {
    let (_, table) = battles(50, 20_000, 10, 3);
    let mut counts = Counts::of(&table).expect("few");
    let before = fit(&counts.tally(), halves(0.0), None).expect("connected");
    counts.add(0, 1, Outcome::Left).expect("in bounds");
    let warm = fit(&counts.tally(), halves(0.0), Some(&before)).expect("connected");
    let cold = fit(&counts.tally(), halves(0.0), None).expect("connected");
    assert!(warm.rounds < cold.rounds, "{} {}", warm.rounds, cold.rounds);
    for (warm, cold) in warm.ratings.iter().zip(&cold.ratings) {
        assert!((warm - cold).abs() < 1e-8);
    }
    assert!(warm.ratings[0] > before.ratings[0]);
}

#[test]
fn many_items_are_rated_from_pairs_that_met() {
    // A ring of 5,000 items, each tied with the next, and one win each way across.
    let items = 5_000;
    let ties = (0..items).map(|item| row(item, (item + 1) % items, Outcome::Tie));
    let wins = [row(0, 2_500, Outcome::Left), row(2_500, 0, Outcome::Left)];
    let table = Comparisons::new(items, 1, ties.chain(wins).collect()).expect("in bounds");
    let tally = Tally::of(&table).expect("few");
    assert_eq!(tally.edges().len(), 5_001);
    let found = fit(&tally, halves(0.0), None).expect("connected");
    assert!(found.ratings.iter().all(|rating| rating.abs() < 1e-6));
    let refused = standard_errors(&tally, &found, halves(0.0), 0.0);
    assert!(matches!(refused, Err(Error::TooLarge { .. })));
}

#[test]
fn covariates_take_their_share_of_the_votes() {
    // Votes follow strengths and the left side (log odds .8); ratings without it are not biased
    // here, but the side's coefficient and a noise covariate's must come out.
    let (truth, plain) = battles(8, 20_000, 0, 9);
    let mut random = Random::new(4, 4);
    let mut values = Vec::new();
    let mut rows = Vec::new();
    for row in plain.rows() {
        let noise = random.unit() - 0.5;
        let gap = truth[row.left as usize] - truth[row.right as usize] + 0.8;
        let outcome = if random.unit() < 1.0 / (1.0 + (-gap).exp()) {
            Outcome::Left
        } else {
            Outcome::Right
        };
        rows.push(Comparison { outcome, ..*row });
        values.extend([1.0, noise * 100.0]);
    }
    let table = Comparisons::new(8, 1, rows).expect("in bounds");
    let styles = Styles::new(&table, 2, values).expect("as long as the table");
    let found = fit_styled(&table, &styles, 0.0).expect("identified");
    let side = (found.coefficients[0] - 0.8).abs() / found.coefficient_errors[0];
    let noise = found.coefficients[1].abs() / found.coefficient_errors[1];
    assert!(side < 3.0 && noise < 3.0, "{found:?}");
    assert!(found.coefficient_errors[0] < 0.05);
    let mean = truth.iter().sum::<f64>() / 8.0;
    for (item, rating) in found.ratings.iter().enumerate() {
        assert!((rating - truth[item] + mean).abs() < 4.0 * found.errors[item]);
    }
    let twice: Vec<f64> = (0..table.rows().len())
        .flat_map(|at| [at as f64, at as f64])
        .collect();
    let twice = Styles::new(&table, 2, twice).expect("as long as the table");
    assert_eq!(fit_styled(&table, &twice, 0.0), Err(Error::Unidentified));
}

#[test]
fn spam_votes_lose_their_weight() {
    let (truth, plain) = battles(10, 6_000, 0, 21);
    let mut random = Random::new(2, 2);
    // Voters 0 to 5 are honest; 6 always answers left, 7 at random.
    let spoilt = plain.rows().iter().map(|row| {
        let voter = random.below(8);
        let outcome = match voter {
            6 => Outcome::Left,
            7 if random.below(2) == 0 => Outcome::Left,
            7 => Outcome::Right,
            _ => row.outcome,
        };
        Comparison {
            voter,
            outcome,
            ..*row
        }
    });
    let table = Comparisons::new(10, 8, spoilt.collect()).expect("in bounds");
    let found = fit_voters(&table, 0.01).expect("connected");
    let honest = found.skills[..6]
        .iter()
        .fold(1.0, |least: f64, skill| least.min(*skill));
    assert!(
        found.skills[6] < 0.5 * honest && found.skills[7] < 0.5 * honest,
        "{:?}",
        found.skills
    );
    assert!(found.biases[6] > 0.9, "{:?}", found.biases);
    let plain = fit(&Tally::of(&table).expect("few"), halves(0.01), None).expect("connected");
    let off = |ratings: &[f64]| -> f64 {
        let mean = truth.iter().sum::<f64>() / 10.0;
        ratings
            .iter()
            .zip(&truth)
            .map(|(r, t)| (r - t + mean).powi(2))
            .sum()
    };
    assert!(off(&found.fit.ratings) < off(&plain.ratings));
}

#[test]
fn ranks_hold_the_order() {
    let intervals: Vec<_> = [0.0, 1.0, 1.0, 5.0]
        .map(|c| Interval::around(c, 1.0, 0.1))
        .to_vec();
    let found: Vec<_> = ranks(&intervals)
        .iter()
        .map(|r| (r.best, r.worst))
        .collect();
    assert_eq!(found, [(4, 4), (2, 3), (2, 3), (1, 1)]);
}
