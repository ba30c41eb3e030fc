//! Comparisons that nobody would send in good faith, and made-up ones whose answer is known.

use proptest::prelude::*;
use quality::pairs::{
    Comparison, Comparisons, Counts, Error, Model, Outcome, Styles, Tally, Ties, average_win_rates,
    bootstrap, connected, covariance, fit, fit_styled, fit_voters, mutual, next_pairs, order,
    points, robustness, standard_errors, win_rates,
};
use quality::parallel::Threads;
use quality::random::Random;

fn row(left: u32, right: u32, outcome: Outcome) -> Comparison {
    Comparison {
        left,
        right,
        outcome,
        voter: 0,
    }
}

fn table(items: u32, rows: &[(u32, u32, Outcome)]) -> Comparisons {
    let rows = rows
        .iter()
        .map(|(left, right, outcome)| row(*left, *right, *outcome));
    Comparisons::new(items, 1, rows.collect()).expect("in bounds")
}

fn halves(ridge: f64) -> Model {
    Model {
        ties: Ties::Half,
        ridge,
    }
}

fn davidson(ridge: f64) -> Model {
    Model {
        ties: Ties::Davidson,
        ridge,
    }
}

fn outcome() -> impl Strategy<Value = Outcome> {
    prop_oneof![
        Just(Outcome::Left),
        Just(Outcome::Right),
        Just(Outcome::Tie)
    ]
}

/// Any small table, with weights that may be 0.
fn small() -> impl Strategy<Value = Comparisons> {
    (2_u32..7, 1_u32..4).prop_flat_map(|(items, voters)| {
        let pair = (0..items, 1..items, 0..voters, outcome());
        let rows = prop::collection::vec((pair, prop_oneof![Just(0.0), 0.1..3.0]), 0..50);
        rows.prop_map(move |rows| {
            let comparison =
                |((left, step, voter, outcome), _): &((u32, u32, u32, Outcome), f64)| Comparison {
                    left: *left,
                    right: (left + step) % items,
                    outcome: *outcome,
                    voter: *voter,
                };
            let weights = rows.iter().map(|row| row.1).collect();
            let rows = rows.iter().map(comparison).collect();
            let table = Comparisons::new(items, voters, rows).expect("in bounds");
            table.with_weights(weights).expect("from 0 up")
        })
    })
}

fn finite(values: &[f64]) -> bool {
    values.iter().all(|value| value.is_finite())
}

proptest! {
    #[test]
    fn ratings_are_finite_or_refused(table in small(), ridge in prop_oneof![Just(0.0), 0.01..2.0]) {
        let tally = Tally::of(&table).expect("few");
        prop_assert!(points(&tally).iter().all(|points| *points >= 0.0));
        prop_assert!(win_rates(&tally).iter().flatten().all(|rate| (0.0..=1.0).contains(rate)));
        let rates = average_win_rates(&tally);
        prop_assert!(rates.iter().flatten().all(|rate| (0.0..=1.0 + 1e-12).contains(rate)));
        for model in [halves(ridge), davidson(ridge)] {
            let found = match fit(&tally, model, None) {
                Ok(found) => found,
                Err(error) => {
                    let told = match error {
                        Error::Disconnected { groups } => groups == connected(&tally).count,
                        Error::Separated { groups } => {
                            ridge == 0.0 && groups == mutual(&tally).count
                        }
                        Error::TiesUnbounded => model.ties == Ties::Davidson,
                        _ => false,
                    };
                    prop_assert!(told, "{}", error);
                    continue;
                }
            };
            prop_assert!(finite(&found.ratings) && found.nu.is_finite());
            prop_assert!(found.ratings.iter().sum::<f64>().abs() < 1e-6);
            let errors = standard_errors(&tally, &found, model, 0.0).expect("regular");
            prop_assert!(finite(&errors) && errors.iter().all(|error| *error >= 0.0));
            let drawn = bootstrap(&tally, model, &found, (3, 1), Threads::ONE).expect("rated");
            prop_assert!((0..3).all(|n| finite(drawn.sample(n))));
            let best = next_pairs(&tally, model, Some(&found), 3).expect("regular");
            prop_assert!(best.iter().all(|pair| (0.0..=1.0).contains(&pair.gain)));
            if let Some(shown) = robustness(&tally, model, &found).expect("regular") {
                prop_assert!(shown.votes > 0 && shown.top != shown.successor);
            }
            // Weights scale out of the ratings where there is no prior.
            if ridge == 0.0 {
                let weights = table.weights().expect("weighted").iter().map(|w| 2.0 * w);
                let twice = table.clone().with_weights(weights.collect()).expect("from 0 up");
                let twice = fit(&Tally::of(&twice).expect("few"), model, None).expect("the same");
                for (one, two) in found.ratings.iter().zip(&twice.ratings) {
                    prop_assert!((one - two).abs() < 1e-6);
                }
            }
        }
        if let Ok(found) = fit_voters(&table, ridge) {
            prop_assert!(finite(&found.fit.ratings));
            prop_assert!(finite(&found.skills) && finite(&found.biases));
        }
    }

    #[test]
    fn sides_and_order_of_rows_do_not_matter(table in small()) {
        let turn = |row: &Comparison| Comparison {
            left: row.right,
            right: row.left,
            outcome: match row.outcome {
                Outcome::Left => Outcome::Right,
                Outcome::Right => Outcome::Left,
                Outcome::Tie => Outcome::Tie,
            },
            voter: row.voter,
        };
        let rows: Vec<_> = table.rows().iter().rev().map(turn).collect();
        let turned = Comparisons::new(table.items(), table.voters(), rows).expect("in bounds");
        let plain = Comparisons::new(table.items(), table.voters(), table.rows().to_vec());
        let plain = Tally::of(&plain.expect("in bounds")).expect("few");
        let turned = Tally::of(&turned).expect("few");
        prop_assert_eq!(&plain, &turned);
        prop_assert_eq!(fit(&plain, davidson(0.1), None), fit(&turned, davidson(0.1), None));
    }

    #[test]
    fn covariates_give_numbers_or_are_refused(
        table in small(),
        seed in 0_u64..50,
        ridge in prop_oneof![Just(0.0), 0.1..2.0],
    ) {
        let mut random = Random::new(seed, 0);
        let values = (0..2 * table.rows().len()).map(|_| random.unit() - 0.5).collect();
        let styles = Styles::new(&table, 2, values).expect("as long as the table");
        match fit_styled(&table, &styles, ridge) {
            Ok(found) => {
                prop_assert!(finite(&found.ratings) && finite(&found.errors));
                prop_assert!(finite(&found.coefficients) && finite(&found.coefficient_errors));
            }
            Err(error) => prop_assert!(
                matches!(
                    error,
                    Error::Disconnected { .. } | Error::Separated { .. } | Error::Unidentified
                ),
                "{}", error
            ),
        }
    }
}

#[test]
fn what_does_not_fit_is_named() {
    let new = |rows: &[Comparison]| Comparisons::new(2, 1, rows.to_vec()).expect_err("refused");
    let fine = row(0, 1, Outcome::Left);
    let out = |column| Error::OutOfBounds { row: 1, column };
    assert_eq!(new(&[fine, row(2, 1, Outcome::Tie)]), out("left"));
    assert_eq!(new(&[fine, row(0, 2, Outcome::Tie)]), out("right"));
    assert_eq!(new(&[fine, Comparison { voter: 1, ..fine }]), out("voter"));
    assert_eq!(
        new(&[row(1, 1, Outcome::Tie)]),
        Error::SelfComparison { row: 0 }
    );
    let table = table(2, &[(0, 1, Outcome::Left), (1, 0, Outcome::Left)]);
    for bad in [f64::NAN, -1.0, f64::INFINITY] {
        let refused = table.clone().with_weights(vec![1.0, bad]);
        assert_eq!(refused, Err(Error::Weight { row: 1 }));
        let refused = Styles::new(&table, 1, vec![bad.min(f64::NAN), f64::NAN]);
        assert!(
            matches!(refused, Err(Error::Covariate { .. })),
            "{refused:?}"
        );
    }
    assert!(matches!(
        table.clone().with_weights(vec![]),
        Err(Error::Length { .. })
    ));
    assert!(matches!(Counts::new(u32::MAX), Err(Error::TooLarge { .. })));
    let mut counts = Counts::new(2).expect("few");
    assert_eq!(
        counts.add(0, 0, Outcome::Tie),
        Err(Error::SelfComparison { row: 0 })
    );
    let tally = Tally::of(&table).expect("few");
    for ridge in [-1.0, f64::NAN, f64::INFINITY] {
        let refused = fit(&tally, halves(ridge), None);
        assert_eq!(refused, Err(Error::Setting { field: "ridge" }));
    }
}

#[test]
fn ratings_that_comparisons_leave_open_are_refused() {
    let rate =
        |items, rows: &[_], model| fit(&Tally::of(&table(items, rows)).expect("few"), model, None);
    let (win, tie) = (Outcome::Left, Outcome::Tie);
    assert_eq!(
        rate(0, &[], halves(0.0)).expect("nothing").ratings,
        [0.0; 0]
    );
    assert_eq!(rate(1, &[], halves(0.0)).expect("one").ratings, [0.0]);
    let apart = [(0, 1, tie), (2, 3, tie)];
    assert_eq!(
        rate(4, &apart, halves(1.0)),
        Err(Error::Disconnected { groups: 2 })
    );
    // Item 2 never wins.
    let loser = [(0, 1, win), (1, 0, win), (0, 2, win)];
    assert_eq!(
        rate(3, &loser, halves(0.0)),
        Err(Error::Separated { groups: 2 })
    );
    let held = rate(3, &loser, halves(0.1)).expect("a prior holds it");
    assert_eq!(order(&held.ratings), [0, 1, 2]);
    // All ties: equal as halves, without limit as an outcome of its own.
    let ties = [(0, 1, tie), (1, 2, tie)];
    assert_eq!(
        rate(3, &ties, halves(0.0)).expect("equal").ratings,
        [0.0; 3]
    );
    assert_eq!(rate(3, &ties, davidson(0.0)), Err(Error::TiesUnbounded));
    // Wins and ties that a threshold explains: 0 beats or ties 1, never loses.
    let ordered = [(0, 1, win), (0, 1, tie)];
    assert_eq!(rate(2, &ordered, davidson(0.0)), Err(Error::TiesUnbounded));
    // 0 beats 1 beats 2, but 0 ties with 2: no threshold explains that, the top is finite.
    let bent = [(0, 1, win), (1, 2, win), (0, 2, tie)];
    let found = rate(3, &bent, davidson(0.0)).expect("finite");
    assert!(
        found.nu > 0.0 && found.ratings[0] > found.ratings[2],
        "{found:?}"
    );
    // Without ties there is no tie parameter.
    let wins = [(0, 1, win), (1, 0, win)];
    assert_eq!(rate(2, &wins, davidson(0.0)).expect("equal").nu, 0.0);
    let joined = next_pairs(
        &Tally::of(&table(4, &apart)).expect("few"),
        halves(0.0),
        None,
        9,
    );
    let joined = joined.expect("a pair that joins");
    assert_eq!((joined[0].first, joined[0].second, joined.len()), (0, 2, 1));
}

#[test]
fn two_items_have_closed_forms() {
    let mut counts = Counts::new(2).expect("few");
    for (times, outcome) in [
        (60, Outcome::Left),
        (20, Outcome::Right),
        (20, Outcome::Tie),
    ] {
        (0..times).for_each(|_| counts.add(0, 1, outcome).expect("in bounds"));
    }
    let tally = counts.tally();
    let found = fit(&tally, halves(0.0), None).expect("finite");
    let gap = libm_ln(70.0 / 30.0);
    assert!((found.ratings[0] - found.ratings[1] - gap).abs() < 1e-9);
    // Gradients per comparison .3, -.7, -.2; curvature .21.
    let variance = 60.0 * 0.09 + 20.0 * 0.49 + 20.0 * 0.04;
    let expected = 0.5 * f64::sqrt(variance) / (100.0 * 0.21);
    let error = standard_errors(&tally, &found, halves(0.0), 0.0).expect("regular")[0];
    assert!((error - expected).abs() < 1e-9, "{error}, not {expected}");
    let found = fit(&tally, davidson(0.0), None).expect("finite");
    // Win : tie : loss = 60 : 20 : 20 exactly.
    assert!((found.ratings[0] - found.ratings[1] - libm_ln(3.0)).abs() < 1e-9);
    assert!((found.nu - 20.0 / f64::sqrt(1_200.0)).abs() < 1e-9);
    // Where the model holds the sandwich is the inverse curvature.
    let error = standard_errors(&tally, &found, davidson(0.0), 0.0).expect("regular")[0];
    let inverse = covariance(&tally, &found, davidson(0.0), 0.0).expect("regular");
    let model = 0.25 * (inverse[0] + inverse[4] - 2.0 * inverse[1]);
    assert!(
        (error * error / model - 1.0).abs() < 1e-6,
        "{error} {model}"
    );
}

fn libm_ln(x: f64) -> f64 {
    x.ln()
}
