//! Most likely ratings of Bradley and Terry, ties as halves or with a probability of their own.

use super::curvature::Curvature;
use super::graph::{connected, cycles, mutual};
use super::{Error, Tally};

/// Gradient over the comparisons behind it at which ratings have settled.
const TOLERANCE: f64 = 1e-10;

/// Ratings beyond it (odds of e^200) are taken as infinite.
const LARGEST: f64 = 200.0;

/// What a tie is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Ties {
    /// Half a win for each.
    #[default]
    Half,
    /// An outcome of its own with probability `nu sqrt(p_i p_j) / (p_i + p_j + nu sqrt(p_i p_j))`,
    /// strengths `p = exp(rating)` (Davidson 1970). Newman (2023) writes `2 v` for `nu`.
    Davidson,
}

/// Which likelihood is maximised.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Model {
    /// What a tie is.
    pub ties: Ties,
    /// Weight of the penalty `ridge / 2 x sum of squared ratings`, that is a normal prior with
    /// variance 1 / ridge; 0 for none, at most 1e6.
    pub ridge: f64,
}

/// Ratings on the natural scale: a difference of 1 means odds of e : 1.
#[derive(Clone, Debug, PartialEq)]
pub struct Fit {
    /// Rating of each item; their mean is 0.
    pub ratings: Vec<f64>,
    /// Davidson's tie parameter; 0 where ties count as halves or none occurred.
    pub nu: f64,
    /// Newton steps taken.
    pub rounds: u32,
}

impl Fit {
    /// Expected points of item `a` against item `b`, a tie being half a point.
    pub fn expected(&self, a: u32, b: u32) -> f64 {
        let half = 0.5 * (self.ratings[a as usize] - self.ratings[b as usize]);
        super::curvature::Odds::new(libm::exp(half), 1.0, self.nu).points
    }

    /// Strengths `exp(rating)` that sum to 1.
    pub fn strengths(&self) -> Vec<f64> {
        let strengths: Vec<f64> = self.ratings.iter().map(|r| libm::exp(*r)).collect();
        let sum: f64 = strengths.iter().sum();
        strengths
            .into_iter()
            .map(|strength| strength / sum)
            .collect()
    }
}

/// Maximises the likelihood of `tally`, from `start` where an earlier fit is at hand.
///
/// # Errors
/// [`Error::Disconnected`] without a common scale; without a ridge [`Error::Separated`] and
/// [`Error::TiesUnbounded`] where the most likely rating or tie parameter is infinite;
/// [`Error::Setting`], [`Error::Length`] for a start of another size; [`Error::NotConverged`].
pub fn fit(tally: &Tally, model: Model, start: Option<&Fit>) -> Result<Fit, Error> {
    // Where points lead from everybody to everybody, all are connected.
    let separated = if model.ridge == 0.0 {
        mutual(tally).count
    } else {
        2
    };
    if separated > 1 {
        let groups = connected(tally).count;
        if groups > 1 {
            return Err(Error::Disconnected { groups });
        }
        if model.ridge == 0.0 {
            return Err(Error::Separated { groups: separated });
        }
    }
    maximise(tally, model, start)
}

/// [`fit`] without the checks of connection.
pub(crate) fn maximise(tally: &Tally, model: Model, start: Option<&Fit>) -> Result<Fit, Error> {
    if !(0.0..=1e6).contains(&model.ridge) {
        return Err(Error::Setting { field: "ridge" });
    }
    let items = tally.items as usize;
    if let Some(start) = start.filter(|start| start.ratings.len() != items) {
        return Err(Error::Length {
            list: "start",
            found: start.ratings.len(),
            needed: items,
        });
    }
    let davidson = fitted_ties(tally, model)?;
    let mut place = start.map_or_else(|| vec![0.0; items], |start| start.ratings.clone());
    if davidson {
        let nu = start.map_or(0.0, |start| start.nu);
        place.push(if nu > 0.0 { libm::log(nu) } else { 0.0 });
    }
    let rounds = climb(tally, model.ridge, davidson, &mut place)?;
    let nu = if davidson {
        libm::exp(place[items])
    } else {
        0.0
    };
    place.truncate(items);
    centre(&mut place);
    Ok(Fit {
        ratings: place,
        nu,
        rounds,
    })
}

/// Newton's method; a step is halved while the slope along it turns well below 0, which for a
/// concave function says that the top was passed.
fn climb(tally: &Tally, ridge: f64, davidson: bool, place: &mut [f64]) -> Result<u32, Error> {
    let mut here = Curvature::new(tally, davidson);
    here.at(tally, place, ridge);
    for round in 0..200 {
        let slope = here.slope();
        if slope <= TOLERANCE {
            return Ok(round);
        }
        // The nearer the top, the more exact the step, but no more exact than the end needs.
        let exact = slope.max(0.1 * TOLERANCE / slope).clamp(1e-6, 0.1);
        let step = here.step(ridge, exact);
        let before = along(&here.gradient, &step);
        let start = place.to_vec();
        let mut share = 1.0;
        for _ in 0..40 {
            for (place, (start, step)) in place.iter_mut().zip(start.iter().zip(&step)) {
                *place = start + share * step;
            }
            let inside = place.iter().all(|rating| rating.abs() <= 2.0 * LARGEST);
            if inside {
                here.at(tally, place, ridge);
                if along(&here.gradient, &step) >= -0.25 * before {
                    break;
                }
            }
            share *= 0.5;
        }
        let spread = place
            .iter()
            .fold(0.0, |most: f64, rating| most.max(rating.abs()));
        if spread.is_nan() || spread > LARGEST {
            return Err(Error::NotConverged);
        }
    }
    // Rounding may keep huge weights from the last digits.
    if here.slope() <= 1e-8 {
        return Ok(200);
    }
    Err(Error::NotConverged)
}

fn along(gradient: &[f64], step: &[f64]) -> f64 {
    gradient.iter().zip(step).map(|(g, s)| g * s).sum()
}

fn centre(ratings: &mut [f64]) {
    let mean = ratings.iter().sum::<f64>() / ratings.len().max(1) as f64;
    ratings.iter_mut().for_each(|rating| *rating -= mean);
}

/// Whether the tie parameter is fitted: not for halves, and not without any tie, where it is 0.
fn fitted_ties(tally: &Tally, model: Model) -> Result<bool, Error> {
    if model.ties == Ties::Half || tally.edges.iter().all(|edge| edge.weight[2] <= 0.0) {
        return Ok(false);
    }
    let wins = tally.edges.iter().any(|e| e.weight[0] + e.weight[1] > 0.0);
    if !wins || (model.ridge == 0.0 && explains_ties(tally)) {
        return Err(Error::TiesUnbounded);
    }
    Ok(true)
}

/// Whether some scores u fit every outcome with a threshold of 2: u_i - u_j >= 2 for each win,
/// |u_i - u_j| <= 2 for each tie. Then the likelihood grows without end along u and the logarithm
/// of `nu` together; a cycle of wins excludes it. (Bellman and Ford: the scores exist unless the
/// constraints have a negative cycle.)
fn explains_ties(tally: &Tally) -> bool {
    if cycles(tally).count < tally.items {
        return false;
    }
    let mut limits = Vec::new();
    for edge in &tally.edges {
        let (a, b) = (edge.first as usize, edge.second as usize);
        // (from, to, most): u_to <= u_from + most.
        if edge.weight[0] > 0.0 {
            limits.push((a, b, -2));
        }
        if edge.weight[1] > 0.0 {
            limits.push((b, a, -2));
        }
        if edge.weight[2] > 0.0 {
            limits.extend([(a, b, 2), (b, a, 2)]);
        }
    }
    let mut scores = vec![0_i64; tally.items as usize];
    for _ in 0..=tally.items {
        let mut moved = false;
        for (from, to, most) in &limits {
            if scores[*to] > scores[*from] + most {
                scores[*to] = scores[*from] + most;
                moved = true;
            }
        }
        if !moved {
            return true;
        }
    }
    false
}
