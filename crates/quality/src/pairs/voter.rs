//! Ratings that trust voters as far as they go with the others: the noisy Bradley-Terry model.

use super::fit::maximise;
use super::graph::{connected, mutual};
use super::{Comparisons, Edge, Error, Fit, Model, Outcome, Tally, Ties};

/// Pseudo-votes of each voter that follow the ratings, and that do not.
const PRIOR: (f64, f64) = (2.0, 1.0);

/// Ratings and what is known of each voter.
#[derive(Clone, Debug, PartialEq)]
pub struct Reliability {
    /// Ratings of the items.
    pub fit: Fit,
    /// Share of each voter's votes that follow the ratings; 2/3, the prior's mean, without votes.
    pub skills: Vec<f64>,
    /// Probability that a vote which does not follow them goes to the left item.
    pub biases: Vec<f64>,
    /// Rounds taken, at most 500.
    pub rounds: u32,
}

/// Alternates between how likely each vote follows the ratings and ratings, skills and biases that
/// fit (EM), until no skill or bias moves by 1e-7.
///
/// A vote of voter `k` on `(i, j)` goes left with probability `g_k s(r_i - r_j) + (1 - g_k) q_k`,
/// `s` the logistic function (Chen et al. 2013 in the form of crowd-kit's `NoisyBradleyTerry`); a
/// tie is half a vote for each side. Skills have the prior Beta(3, 2), biases Beta(2, 2), of which
/// the mode is found; ratings the normal prior of `ridge`.
///
/// # Errors
/// [`Error::Disconnected`], [`Error::Separated`] without a ridge, [`Error::Setting`],
/// [`Error::NotConverged`].
pub fn fit_voters(table: &Comparisons, ridge: f64) -> Result<Reliability, Error> {
    let tally = Tally::of(table)?;
    let groups = connected(&tally).count;
    if groups > 1 {
        return Err(Error::Disconnected { groups });
    }
    let groups = mutual(&tally).count;
    if ridge == 0.0 && groups > 1 {
        return Err(Error::Separated { groups });
    }
    let model = Model {
        ties: Ties::Half,
        ridge,
    };
    let mut state = State::new(table, tally, model)?;
    let mut rounds = 0;
    while rounds < 500 {
        rounds += 1;
        if state.round(table, model)? < 1e-7 {
            break;
        }
    }
    Ok(Reliability {
        fit: state.fit,
        skills: state.skills,
        biases: state.biases,
        rounds,
    })
}

struct State {
    /// Edge of each row; rows without weight have none.
    edge_of: Vec<Option<u32>>,
    tally: Tally,
    fit: Fit,
    skills: Vec<f64>,
    biases: Vec<f64>,
}

/// Votes of one voter: all, following, aside, aside to the left.
#[derive(Clone, Copy, Default)]
struct Votes {
    all: f64,
    follow: f64,
    aside: f64,
    aside_left: f64,
}

impl State {
    fn new(table: &Comparisons, tally: Tally, model: Model) -> Result<Self, Error> {
        let edge_of = |row: &super::Comparison| {
            let key = (row.left.max(row.right), row.left.min(row.right));
            let found = tally
                .edges
                .binary_search_by_key(&key, |edge| (edge.second, edge.first));
            found.ok().map(|at| at as u32)
        };
        let voters = table.voters() as usize;
        Ok(Self {
            edge_of: table.rows().iter().map(edge_of).collect(),
            fit: maximise(&tally, model, None)?,
            tally,
            skills: vec![PRIOR.0 / (PRIOR.0 + PRIOR.1); voters],
            biases: vec![0.5; voters],
        })
    }

    /// One round; how far the skills and biases moved.
    fn round(&mut self, table: &Comparisons, model: Model) -> Result<f64, Error> {
        let mut votes = vec![Votes::default(); self.skills.len()];
        let mut weights = vec![[0.0; 3]; self.tally.edges.len()];
        let expected: Vec<f64> = self.expected();
        for (at, (row, edge)) in table.rows().iter().zip(&self.edge_of).enumerate() {
            let Some(edge) = edge.map(|edge| edge as usize) else {
                continue;
            };
            let swapped = row.left > row.right;
            let left = if swapped {
                1.0 - expected[edge]
            } else {
                expected[edge]
            };
            let voter = row.voter as usize;
            let sides: &[(bool, f64)] = match row.outcome {
                Outcome::Left => &[(true, 1.0)],
                Outcome::Right => &[(false, 1.0)],
                Outcome::Tie => &[(true, 0.5), (false, 0.5)],
            };
            for (to_left, share) in sides {
                let weight = share * table.weight(at);
                let (rated, aside) = if *to_left {
                    (left, self.biases[voter])
                } else {
                    (1.0 - left, 1.0 - self.biases[voter])
                };
                let rated = self.skills[voter] * rated;
                let aside = (1.0 - self.skills[voter]) * aside;
                let follow = if rated + aside > 0.0 {
                    rated / (rated + aside)
                } else {
                    0.5
                };
                weights[edge][usize::from(*to_left == swapped)] += weight * follow;
                let votes = &mut votes[voter];
                votes.all += weight;
                votes.follow += weight * follow;
                votes.aside += weight * (1.0 - follow);
                votes.aside_left += if *to_left {
                    weight * (1.0 - follow)
                } else {
                    0.0
                };
            }
        }
        let moved = self.settle(&votes);
        for (edge, weight) in self.tally.edges.iter_mut().zip(weights) {
            *edge = Edge { weight, ..*edge };
        }
        self.fit = maximise(&self.tally, model, Some(&self.fit))?;
        Ok(moved)
    }

    /// Expected points of the first item of each edge.
    fn expected(&self) -> Vec<f64> {
        let expected = |edge: &Edge| self.fit.expected(edge.first, edge.second);
        self.tally.edges.iter().map(expected).collect()
    }

    fn settle(&mut self, votes: &[Votes]) -> f64 {
        let mut moved: f64 = 0.0;
        let places = self.skills.iter_mut().zip(&mut self.biases);
        for (votes, (skill, bias)) in votes.iter().zip(places) {
            let new_skill = (votes.follow + PRIOR.0) / (votes.all + PRIOR.0 + PRIOR.1);
            let new_bias = (votes.aside_left + 1.0) / (votes.aside + 2.0);
            moved = moved.max((new_skill - *skill).abs());
            moved = moved.max((new_bias - *bias).abs());
            (*skill, *bias) = (new_skill, new_bias);
        }
        moved
    }
}
