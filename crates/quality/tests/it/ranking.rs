//! Ratings of real comparisons equal those of evalica and arena-rank; a peer's fault is shown.

use crate::battles::{self, Arena};
use quality::pairs::{
    self, ARENA_RIDGE, Counts, Fit, Model, Outcome, Tally, Ties, average_win_rates, bootstrap, elo,
    fit, fit_voters, next_pairs, order, points, ranks, robustness, standard_errors,
};
use quality::parallel::Threads;

fn close(found: &[f64], expected: &[f64], tolerance: f64) {
    assert_eq!(found.len(), expected.len());
    for (at, (found, expected)) in found.iter().zip(expected).enumerate() {
        assert!(
            (found - expected).abs() <= tolerance,
            "{at}: {found}, not {expected}"
        );
    }
}

fn rated(arena: &Arena, ties: Ties) -> (Tally, Model, Fit) {
    let tally = Tally::of(&arena.table).expect("few items");
    let model = Model { ties, ridge: 0.0 };
    let found = fit(&tally, model, None).expect("connected");
    (tally, model, found)
}

#[test]
fn counters_and_ratings_equal_evalica() {
    let Some(arena) = battles::arena() else {
        return;
    };
    let golden = |name| battles::golden(name, &arena.names);
    let (tally, _, halves) = rated(&arena, Ties::Half);
    close(&points(&tally), &golden("counting"), 1e-9);
    let averages = average_win_rates(&tally).into_iter().flatten();
    let averages: Vec<f64> = averages.collect();
    close(&averages, &golden("average_win_rate"), 1e-9);
    close(&halves.strengths(), &golden("bradley_terry"), 1e-9);

    // Newman's likelihood is Davidson's; the peer's scores have the scale that its iteration ends
    // on, so that both are compared at a geometric mean of 1.
    let (_, _, ties) = rated(&arena, Ties::Davidson);
    let scores = golden("newman");
    let mean = scores.iter().map(|score| score.ln()).sum::<f64>() / scores.len() as f64;
    let expected: Vec<f64> = scores.iter().map(|score| score.ln() - mean).collect();
    close(&ties.ratings, &expected, 1e-6);
    assert!(
        (ties.nu / 2.0 - 0.739_853_793_89).abs() < 1e-6,
        "{}",
        ties.nu
    );
}

#[test]
fn ratings_and_intervals_equal_arena_rank() {
    let Some(arena) = battles::arena() else {
        return;
    };
    let Some(reference) = battles::arena_rank(&arena.names) else {
        return;
    };
    let (tally, model, found) = rated(&arena, Ties::Half);
    // The peer's search stops when its mean loss moves by less than 1e-9, short of the maximum: its
    // ratings leave points unexplained where these do not.
    let natural = |elo: f64| (elo - 1_000.0) * core::f64::consts::LN_10 / 400.0;
    let peer = Fit {
        ratings: reference.iter().map(|row| natural(row[0])).collect(),
        ..found.clone()
    };
    let unexplained = |fit: &Fit| {
        let mut rest = points(&tally);
        for edge in tally.edges() {
            let expected = edge.total() * fit.expected(edge.first, edge.second);
            rest[edge.first as usize] -= expected;
            rest[edge.second as usize] -= edge.total() - expected;
        }
        rest.iter()
            .fold(0.0, |most: f64, rest| most.max(rest.abs()))
    };
    assert!(unexplained(&found) < 1e-6, "{}", unexplained(&found));
    assert!(unexplained(&peer) > 1e-3, "{}", unexplained(&peer));

    let width = pairs::normal_quantile(0.975);
    let interval = |fit: &Fit, item: usize, error: f64| {
        let interval = pairs::Interval::around(fit.ratings[item], error, width).elo();
        [elo(fit.ratings[item]), interval.low, interval.high]
    };
    let errors = standard_errors(&tally, &found, model, ARENA_RIDGE).expect("regular");
    let peers = standard_errors(&tally, &peer, model, ARENA_RIDGE).expect("regular");
    for (item, expected) in reference.iter().enumerate() {
        close(&interval(&found, item, errors[item]), expected, 0.02);
        // At the peer's own ratings the intervals are the same.
        close(&interval(&peer, item, peers[item]), expected, 1e-3);
    }
}

/// Two rounds of the plain fixed point, after which crowd-kit 1.4.2 always stops: it compares an
/// array with itself.
fn two_rounds(wins: &[Vec<f64>]) -> Vec<f64> {
    let items = wins.len();
    let mut strengths = vec![1.0; items];
    for _ in 0..2 {
        let mut next: Vec<f64> = (0..items)
            .map(|i| {
                let won: f64 = wins[i].iter().sum();
                let met = |j: usize| (wins[i][j] + wins[j][i]) / (strengths[i] + strengths[j]);
                won / (0..items).filter(|j| *j != i).map(met).sum::<f64>()
            })
            .collect();
        let sum: f64 = next.iter().sum();
        next.iter_mut().for_each(|strength| *strength /= sum);
        strengths = next;
    }
    strengths
}

#[test]
fn crowdkit_stops_long_before_the_most_likely_ratings() {
    let Some(arena) = battles::arena() else {
        return;
    };
    let items = arena.names.len();
    let mut wins = vec![vec![0.0; items]; items];
    let mut counts = Counts::new(items as u32).expect("few items");
    for row in arena.table.rows() {
        let (winner, loser) = match row.outcome {
            Outcome::Left => (row.left, row.right),
            Outcome::Right => (row.right, row.left),
            Outcome::Tie => continue,
        };
        wins[winner as usize][loser as usize] += 1.0;
        counts.add(winner, loser, Outcome::Left).expect("in bounds");
    }
    let found = fit(&counts.tally(), Model::default(), None).expect("connected");
    let truth = found.strengths();
    // The most likely strengths are a fixed point: won = expected to win.
    for i in 0..items {
        let won: f64 = wins[i].iter().sum();
        let expected = |j: usize| (wins[i][j] + wins[j][i]) * truth[i] / (truth[i] + truth[j]);
        let expected: f64 = (0..items).filter(|j| *j != i).map(expected).sum();
        assert!((won - expected).abs() < 1e-6, "{i}: {won}, not {expected}");
    }
    let peer = two_rounds(&wins);
    let off = |i: usize| (peer[i] / truth[i] - 1.0).abs();
    let worst = (0..items).map(off).fold(0.0, f64::max);
    assert!((0.5..0.8).contains(&worst), "{worst}");
    assert_ne!(order(&peer), order(&truth));
}

#[test]
fn threads_do_not_change_a_bootstrap() {
    let Some(arena) = battles::arena() else {
        return;
    };
    let (tally, model, found) = rated(&arena, Ties::Half);
    let draw = |threads, seed| {
        bootstrap(&tally, model, &found, (60, seed), Threads::new(threads)).expect("rated")
    };
    let one = draw(1, 5);
    assert_eq!(one, draw(2, 5));
    assert_eq!(one, draw(8, 5));
    assert_ne!(one, draw(1, 6));
    assert_eq!(one.resamples(), 60);
    // Resampling and the sandwich agree on how sure a rating is, to their own noise.
    let errors = standard_errors(&tally, &found, model, 0.0).expect("regular");
    let mut ratio = 0.0;
    for (item, error) in errors.iter().enumerate() {
        let ratings = (0..60).map(|n| one.sample(n)[item]);
        let squares = ratings
            .map(|r| (r - found.ratings[item]).powi(2))
            .sum::<f64>();
        ratio += (squares / 60.0).sqrt() / error / errors.len() as f64;
    }
    assert!((0.85..1.15).contains(&ratio), "{ratio}");
    for (interval, rating) in one.intervals(&found, 0.95).iter().zip(&found.ratings) {
        assert!(interval.low <= *rating && *rating <= interval.high);
    }
}

#[test]
fn the_first_place_hangs_on_a_set_of_votes_that_is_shown() {
    let Some(arena) = battles::arena() else {
        return;
    };
    let (tally, model, found) = rated(&arena, Ties::Half);
    let shown = robustness(&tally, model, &found)
        .expect("regular")
        .expect("a set exists");
    assert_eq!(shown.of, 8_931);
    assert_eq!(arena.names[shown.top as usize], "GPT 4");
    assert!((1..300).contains(&shown.votes), "{shown:?}");
    let sum: u32 = shown.removals.iter().map(|removal| removal.votes).sum();
    assert_eq!(sum, shown.votes);
    // Taking the rows away by hand changes the first place, too; one vote less does not.
    let without = |spare: u32| {
        let mut left: Vec<_> = shown.removals.iter().map(|removal| removal.votes).collect();
        *left.last_mut().expect("some") -= spare;
        let mut counts = Counts::new(tally.items()).expect("few items");
        for row in arena.table.rows() {
            let (first, second) = (row.left.min(row.right), row.left.max(row.right));
            let outcome = match (row.outcome, row.left < row.right) {
                (Outcome::Tie, _) => Outcome::Tie,
                (Outcome::Left, true) | (Outcome::Right, false) => Outcome::Left,
                _ => Outcome::Right,
            };
            let is =
                |r: &pairs::Removal| (r.first, r.second, r.outcome) == (first, second, outcome);
            match shown.removals.iter().position(is) {
                Some(at) if left[at] > 0 => left[at] -= 1,
                _ => counts
                    .add(row.left, row.right, row.outcome)
                    .expect("in bounds"),
            }
        }
        let found = fit(&counts.tally(), model, None).expect("connected");
        order(&found.ratings)[0]
    };
    assert_eq!(without(0), shown.successor);
    assert_eq!(without(1), shown.top);
}

#[test]
fn voters_of_the_real_set_have_skills() {
    let Some(arena) = battles::arena() else {
        return;
    };
    let found = fit_voters(&arena.table, 0.01).expect("connected");
    assert!(found.rounds < 500, "{}", found.rounds);
    assert!(found.skills.iter().all(|skill| (0.0..=1.0).contains(skill)));
    assert!(found.biases.iter().all(|bias| (0.0..=1.0).contains(bias)));
    let (_, _, plain) = rated(&arena, Ties::Half);
    let top = |fit: &Fit| order(&fit.ratings)[0];
    assert_eq!(top(&found.fit), top(&plain));
}

#[test]
fn the_best_next_pair_lowers_the_variance_as_told() {
    let Some(arena) = battles::arena() else {
        return;
    };
    let (tally, model, found) = rated(&arena, Ties::Half);
    let best = next_pairs(&tally, model, Some(&found), 5).expect("regular");
    assert_eq!(best.len(), 5);
    assert!(best.windows(2).all(|pair| pair[0].gain >= pair[1].gain));
    assert!(best[0].gain > 0.0 && best[0].gain < 0.1, "{best:?}");
    let errors = standard_errors(&tally, &found, model, 0.0).expect("regular");
    let unsure = order(&errors)[..5].to_vec();
    assert!(unsure.contains(&best[0].first) || unsure.contains(&best[0].second));
    let rated = found.ratings.iter().zip(&errors);
    let intervals: Vec<_> = rated
        .map(|(rating, error)| pairs::Interval::around(*rating, *error, 1.96))
        .collect();
    let ranks = ranks(&intervals);
    for (place, item) in (1..).zip(order(&found.ratings)) {
        let rank = ranks[item as usize];
        assert!(
            rank.best <= place && place <= rank.worst,
            "{place}: {rank:?}"
        );
    }
}
