//! How few votes hold up the first place: the smallest set found whose removal changes it.

use super::curvature::Odds;
use super::sandwich::covariance;
use super::{Error, Fit, Model, Outcome, Tally, fit, order};

/// Followers of the first place that are tried as its successor.
const CHALLENGERS: usize = 10;

/// Votes of one pair and outcome to remove.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Removal {
    /// The pair's item of the smaller index.
    pub first: u32,
    /// Its other item.
    pub second: u32,
    /// What the votes found, the first item standing on the left.
    pub outcome: Outcome,
    /// How many of them to remove.
    pub votes: u32,
}

/// A set of votes without which another item is first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Robustness {
    /// The item that is first with all votes.
    pub top: u32,
    /// The item that is first without the set.
    pub successor: u32,
    /// Size of the set, each comparison being one vote whatever it weighs.
    pub votes: u32,
    /// All votes.
    pub of: u64,
    /// The set by pair and outcome, the most influential first.
    pub removals: Vec<Removal>,
}

/// Looks for the fewest votes whose removal changes the first place.
///
/// The votes' first-order influence on the gap to each of the ten followers orders them (Broderick,
/// Giordano and Meager 2020; for rankings Huang et al. 2025); ratings are then fitted anew without
/// the first of them until the first place changes, so the set found truly changes it. A smaller
/// set may exist: the number is an upper bound. None where no set of votes for the first item does.
///
/// # Errors
/// Those of [`fit`] and [`covariance`](super::covariance).
pub fn robustness(tally: &Tally, model: Model, start: &Fit) -> Result<Option<Robustness>, Error> {
    let order = order(&start.ratings);
    let Some((top, rest)) = order.split_first() else {
        return Ok(None);
    };
    let inverse = covariance(tally, start, model, 0.0)?;
    let mut fewest: Option<Ranked> = None;
    for challenger in rest.iter().take(CHALLENGERS) {
        let ranked = Ranked::new(tally, start, &inverse, (*top, *challenger));
        let better = |fewest: &Ranked| {
            ranked
                .enough
                .is_some_and(|n| fewest.enough.is_none_or(|m| n < m))
        };
        if fewest.as_ref().is_none_or(better) {
            fewest = Some(ranked);
        }
    }
    let Some(ranked) = fewest else {
        return Ok(None);
    };
    let successor = |votes: u32| -> Option<u32> {
        let found = fit(&ranked.without(tally, votes), model, Some(start)).ok()?;
        let first = super::order(&found.ratings)[0];
        let apart = found.ratings[first as usize] > found.ratings[*top as usize];
        apart.then_some(first)
    };
    let Some(votes) = smallest(ranked.enough.unwrap_or(1), ranked.all(), successor) else {
        return Ok(None);
    };
    let of = (0..tally.edges.len())
        .flat_map(|edge| tally.counts(edge))
        .map(u64::from)
        .sum();
    Ok(successor(votes).map(|successor| Robustness {
        top: *top,
        successor,
        votes,
        of,
        removals: ranked.removals(tally, votes),
    }))
}

/// From a guess up in growing steps until `changes`, then down between the last two.
fn smallest(guess: u32, all: u32, changes: impl Fn(u32) -> Option<u32>) -> Option<u32> {
    let (mut low, mut high) = (0, guess.clamp(1, all.max(1)));
    while changes(high).is_none() {
        if high >= all {
            return None;
        }
        low = high;
        high = all.min(high.saturating_add((high / 4).max(1)));
    }
    while high - low > 1 {
        let middle = low + (high - low) / 2;
        if changes(middle).is_some() {
            high = middle;
        } else {
            low = middle;
        }
    }
    Some(high)
}

/// Cells of votes in the order of their influence on one gap.
struct Ranked {
    /// (influence of one vote, edge, place of the outcome, votes), the largest influence first.
    cells: Vec<(f64, usize, usize, u32)>,
    /// Votes whose influences add up to the gap, if all together do.
    enough: Option<u32>,
}

impl Ranked {
    fn new(tally: &Tally, fit: &Fit, inverse: &[f64], (top, other): (u32, u32)) -> Self {
        let size = tally.items as usize + usize::from(fit.nu > 0.0);
        let row = |item: u32| &inverse[item as usize * size..][..size];
        let gap: Vec<f64> = row(top)
            .iter()
            .zip(row(other))
            .map(|(a, b)| a - b)
            .collect();
        let mut cells = Vec::new();
        for (at, edge) in tally.edges.iter().enumerate() {
            let (a, b) = (edge.first as usize, edge.second as usize);
            let half = 0.5 * (fit.ratings[a] - fit.ratings[b]);
            let odds = Odds::new(libm::exp(half), 1.0, fit.nu);
            let counts = tally.counts(at);
            for (place, (points, tie)) in
                [(1.0, 0.0), (0.0, 0.0), (0.5, 1.0)].into_iter().enumerate()
            {
                if counts[place] == 0 {
                    continue;
                }
                let weight = edge.weight[place] / f64::from(counts[place]);
                let mut influence = (points - odds.points) * (gap[a] - gap[b]);
                if fit.nu > 0.0 {
                    influence += (tie - odds.tie) * gap[size - 1];
                }
                if influence > 0.0 {
                    cells.push((weight * influence, at, place, counts[place]));
                }
            }
        }
        // Stable: equal influences stay in the order of the pairs.
        cells.sort_by(|a, b| b.0.total_cmp(&a.0));
        let wanted = fit.ratings[top as usize] - fit.ratings[other as usize];
        let enough = enough(&cells, wanted);
        Self { cells, enough }
    }

    fn all(&self) -> u32 {
        self.cells
            .iter()
            .fold(0, |sum: u32, cell| sum.saturating_add(cell.3))
    }

    /// Votes to take from each cell, in order.
    fn taken(&self, mut votes: u32) -> impl Iterator<Item = (usize, usize, u32)> + '_ {
        self.cells.iter().map_while(move |(_, edge, place, held)| {
            let now = votes.min(*held);
            votes -= now;
            (now > 0).then_some((*edge, *place, now))
        })
    }

    fn without(&self, tally: &Tally, votes: u32) -> Tally {
        let mut edges = tally.edges.clone();
        for (at, place, taken) in self.taken(votes) {
            let held = f64::from(tally.counts(at)[place]);
            edges[at].weight[place] *= (held - f64::from(taken)) / held;
        }
        edges.retain(|edge| edge.total() > 0.0);
        Tally {
            items: tally.items,
            edges,
            weighted: None,
        }
    }

    fn removals(&self, tally: &Tally, votes: u32) -> Vec<Removal> {
        let removal = |(at, place, votes): (usize, usize, u32)| Removal {
            first: tally.edges[at].first,
            second: tally.edges[at].second,
            outcome: [Outcome::Left, Outcome::Right, Outcome::Tie][place],
            votes,
        };
        self.taken(votes).map(removal).collect()
    }
}

fn enough(cells: &[(f64, usize, usize, u32)], wanted: f64) -> Option<u32> {
    let (mut sum, mut votes) = (0.0, 0_u32);
    for (influence, _, _, held) in cells {
        let missing = ((wanted - sum) / influence).max(0.0).floor() + 1.0;
        if missing <= f64::from(*held) {
            return Some(votes.saturating_add(missing as u32));
        }
        sum += influence * f64::from(*held);
        votes = votes.saturating_add(*held);
    }
    None
}
