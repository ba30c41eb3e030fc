//! Plain counters: points, win rates, and win rates averaged over opponents.

use super::Tally;

/// Points of each item: its wins and half its ties.
pub fn points(tally: &Tally) -> Vec<f64> {
    let mut points = vec![0.0; tally.items as usize];
    for edge in &tally.edges {
        points[edge.first as usize] += edge.points();
        points[edge.second as usize] += edge.total() - edge.points();
    }
    points
}

/// Points of each item over its comparisons; none for an item without any.
///
/// Depends on whom an item met: one that met weak opponents only looks strong.
pub fn win_rates(tally: &Tally) -> Vec<Option<f64>> {
    let mut totals = vec![0.0; tally.items as usize];
    for edge in &tally.edges {
        totals[edge.first as usize] += edge.total();
        totals[edge.second as usize] += edge.total();
    }
    let rate = |(points, total): (f64, f64)| (total > 0.0).then(|| points / total);
    points(tally).into_iter().zip(totals).map(rate).collect()
}

/// The mean over an item's opponents of its win rate against each; none without opponents.
///
/// Every opponent counts the same, however often they met.
pub fn average_win_rates(tally: &Tally) -> Vec<Option<f64>> {
    let mut sums = vec![(0.0, 0_u32); tally.items as usize];
    for edge in &tally.edges {
        let rate = edge.points() / edge.total();
        let mut add = |item: u32, rate: f64| {
            let (sum, opponents) = &mut sums[item as usize];
            *sum += rate;
            *opponents += 1;
        };
        add(edge.first, rate);
        add(edge.second, 1.0 - rate);
    }
    let mean = |(sum, opponents): (f64, u32)| (opponents > 0).then(|| sum / f64::from(opponents));
    sums.into_iter().map(mean).collect()
}
