//! Gradient and curvature of the log likelihood at given ratings, and the step that they ask for.

use super::Tally;
use super::run::{Run, Sides, runs};

/// One edge's probabilities at given ratings.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Odds {
    /// Expected points of the first item per comparison, a tie being half a point.
    pub(crate) points: f64,
    /// Probability of a tie; 0 where ties have no probability of their own.
    pub(crate) tie: f64,
}

impl Odds {
    /// Davidson's model with roots of strengths `a`, `b`: win a a, loss b b, tie `nu` a b, over
    /// their sum. `nu` = 0 is the model of Bradley and Terry.
    #[inline]
    pub(crate) fn new(a: f64, b: f64, nu: f64) -> Self {
        let (win, loss, tie) = (a * a, b * b, nu * a * b);
        let over = 1.0 / (win + loss + tie);
        Self {
            points: (win + 0.5 * tie) * over,
            tie: tie * over,
        }
    }

    /// Variance of the points of one comparison.
    pub(crate) fn variance(self) -> f64 {
        (self.points * (1.0 - self.points) - 0.25 * self.tie).max(0.0)
    }

    /// Covariance of the points with "it is a tie".
    pub(crate) fn covariance(self) -> f64 {
        self.tie * (0.5 - self.points)
    }
}

/// First and second derivatives by the ratings and, where `nu` is fitted, by its logarithm, which
/// is the last entry.
pub(crate) struct Curvature {
    pub(crate) gradient: Vec<f64>,
    diagonal: Vec<f64>,
    /// Negative second derivative by the two ratings, per edge.
    across: Vec<f64>,
    /// First item, weight and points of each edge.
    firsts: Vec<u32>,
    weights: Vec<f64>,
    points: Vec<f64>,
    runs: Vec<Run>,
    /// Negative second derivatives by each rating and the logarithm of `nu`.
    border: Vec<f64>,
    /// Weight of all comparisons of each item, and of all of them: what the gradient is against.
    pub(crate) totals: Vec<f64>,
}

impl Curvature {
    pub(crate) fn new(tally: &Tally, davidson: bool) -> Self {
        let size = tally.items as usize + usize::from(davidson);
        let pairs = tally.edges.len();
        let mut found = Self {
            gradient: vec![0.0; size],
            diagonal: vec![0.0; size],
            across: vec![0.0; pairs],
            firsts: Vec::with_capacity(pairs),
            weights: Vec::with_capacity(pairs),
            points: Vec::with_capacity(pairs),
            runs: runs(&tally.edges),
            border: vec![0.0; if davidson { size } else { 0 }],
            totals: vec![0.0; size],
        };
        // One pass, since the edges are larger than the nearest caches.
        for edge in &tally.edges {
            let total = edge.total();
            found.firsts.push(edge.first);
            found.weights.push(total);
            found.points.push(edge.points());
            found.totals[edge.first as usize] += total;
            found.totals[edge.second as usize] += total;
        }
        if davidson {
            found.totals[size - 1] = found.weights.iter().sum();
        }
        found
    }

    /// Takes the derivatives at `place` (ratings, then the logarithm of `nu` if it is fitted).
    pub(crate) fn at(&mut self, tally: &Tally, place: &[f64], ridge: f64) {
        let items = tally.items as usize;
        let roots: Vec<f64> = place[..items].iter().map(|r| libm::exp(0.5 * r)).collect();
        for (item, rating) in place[..items].iter().enumerate() {
            self.gradient[item] = -ridge * rating;
            self.diagonal[item] = ridge;
        }
        if self.border.is_empty() {
            self.halves(&roots);
        } else {
            self.davidson(tally, &roots, libm::exp(place[items]));
        }
    }

    /// Ties count half for each: a comparison's points are the whole of its evidence.
    fn halves(&mut self, roots: &[f64]) {
        let strengths: Vec<f64> = roots.iter().map(|root| root * root).collect();
        let sides = Sides {
            firsts: &self.firsts,
            totals: &self.weights,
            points: &self.points,
            strengths: &strengths,
        };
        for run in &self.runs {
            run.halves(
                &sides,
                &mut self.across,
                &mut self.gradient,
                &mut self.diagonal,
            );
        }
    }

    fn davidson(&mut self, tally: &Tally, roots: &[f64], nu: f64) {
        let last = self.gradient.len() - 1;
        self.gradient[last] = 0.0;
        self.diagonal[last] = 0.0;
        self.border.fill(0.0);
        for (edge, across) in tally.edges.iter().zip(&mut self.across) {
            let (a, b) = (edge.first as usize, edge.second as usize);
            let odds = Odds::new(roots[a], roots[b], nu);
            let total = edge.total();
            let surplus = edge.points() - total * odds.points;
            let curve = total * odds.variance();
            let border = total * odds.covariance();
            *across = curve;
            self.gradient[a] += surplus;
            self.gradient[b] -= surplus;
            self.diagonal[a] += curve;
            self.diagonal[b] += curve;
            self.border[a] += border;
            self.border[b] -= border;
            self.gradient[last] += edge.weight[2] - total * odds.tie;
            self.diagonal[last] += total * odds.tie * (1.0 - odds.tie);
        }
    }

    /// Largest part of the gradient, as a share of the comparisons it comes from.
    pub(crate) fn slope(&self) -> f64 {
        let share = |(slope, total): (&f64, &f64)| {
            if *total > 0.0 {
                slope.abs() / total
            } else {
                0.0
            }
        };
        self.gradient
            .iter()
            .zip(&self.totals)
            .map(share)
            .fold(0.0, f64::max)
    }

    /// The curvature times `by`.
    fn times(&self, by: &[f64], ridge: f64, product: &mut [f64]) {
        let items = self.gradient.len() - usize::from(!self.border.is_empty());
        for (product, by) in product.iter_mut().zip(&by[..items]) {
            *product = ridge * by;
        }
        for run in &self.runs {
            run.flow(&self.firsts, &self.across, by, product);
        }
        if !self.border.is_empty() {
            let last = by[items];
            let mut sum = self.diagonal[items] * last;
            for item in 0..items {
                product[item] += self.border[item] * last;
                sum += self.border[item] * by[item];
            }
            product[items] = sum;
        }
    }

    /// The step that solves curvature x step = gradient to the share `tolerance`: conjugate
    /// gradients with the diagonal as preconditioner, which need few rounds where most pairs meet.
    pub(crate) fn step(&self, ridge: f64, tolerance: f64) -> Vec<f64> {
        let size = self.gradient.len();
        let (mut step, mut product) = (vec![0.0; size], vec![0.0; size]);
        let mut rest = self.gradient.clone();
        let scaled = |rest: &[f64], scaled: &mut Vec<f64>| {
            scaled.clear();
            let pairs = rest.iter().zip(&self.diagonal);
            scaled.extend(pairs.map(|(r, d)| if *d > 0.0 { r / d } else { 0.0 }));
            rest.iter()
                .zip(scaled.iter())
                .map(|(r, s)| r * s)
                .sum::<f64>()
        };
        let mut next = Vec::with_capacity(size);
        let mut size_now = scaled(&rest, &mut next);
        let wanted = size_now * tolerance * tolerance;
        let mut direction = next.clone();
        for _ in 0..4 * size + 20 {
            if size_now.is_nan() || size_now <= wanted || size_now == 0.0 {
                break;
            }
            self.times(&direction, ridge, &mut product);
            let curve: f64 = direction.iter().zip(&product).map(|(d, p)| d * p).sum();
            if curve.is_nan() || curve <= 0.0 {
                break;
            }
            let by = size_now / curve;
            for i in 0..size {
                step[i] += by * direction[i];
                rest[i] -= by * product[i];
            }
            let before = size_now;
            size_now = scaled(&rest, &mut next);
            let keep = size_now / before;
            for (direction, next) in direction.iter_mut().zip(&next) {
                *direction = next + keep * *direction;
            }
        }
        step
    }

    /// The whole matrix, row by row, with `ridge` on the ratings' diagonal.
    pub(crate) fn matrix(&self, tally: &Tally, ridge: f64) -> Vec<f64> {
        let (size, items) = (self.gradient.len(), tally.items as usize);
        let mut matrix = vec![0.0; size * size];
        for item in 0..items {
            matrix[item * size + item] = ridge;
        }
        for (edge, across) in tally.edges.iter().zip(&self.across) {
            let (a, b) = (edge.first as usize, edge.second as usize);
            matrix[a * size + a] += across;
            matrix[b * size + b] += across;
            matrix[a * size + b] -= across;
            matrix[b * size + a] -= across;
        }
        if !self.border.is_empty() {
            for item in 0..items {
                matrix[item * size + items] = self.border[item];
                matrix[items * size + item] = self.border[item];
            }
            matrix[items * size + items] = self.diagonal[items];
        }
        matrix
    }
}
