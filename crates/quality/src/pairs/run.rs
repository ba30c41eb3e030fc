//! Pairs that share their second item: the inner loops of a fit.
//!
//! Sums go over four lanes, pair `n` of a run into lane `n % 4`, so that additions overlap. Where
//! the first items follow each other without a gap, as they do when everybody met everybody, slices
//! replace look-ups and the same sums come out.

use super::Edge;

/// Edges worked on at once; a multiple of the lanes.
const CHUNK: usize = 64;

/// Edges `start..end`, all with the same second item.
pub(crate) struct Run {
    second: usize,
    /// First item of the first edge.
    first: usize,
    start: usize,
    end: usize,
    /// Whether the first items are `first`, `first + 1` and so on.
    whole: bool,
}

/// The runs of edges that are ordered by their second item.
pub(crate) fn runs(edges: &[Edge]) -> Vec<Run> {
    let mut start = 0;
    let run = |run: &[Edge]| {
        let (first, last) = (run[0].first as usize, run[run.len() - 1].first as usize);
        let made = Run {
            second: run[0].second as usize,
            first,
            start,
            end: start + run.len(),
            whole: last - first + 1 == run.len(),
        };
        start += run.len();
        made
    };
    let together = edges.chunk_by(|a, b| a.second == b.second);
    together.map(run).collect()
}

/// What the fit knows of each edge, and of the items at its present place.
pub(crate) struct Sides<'a> {
    pub(crate) firsts: &'a [u32],
    pub(crate) totals: &'a [f64],
    pub(crate) points: &'a [f64],
    pub(crate) strengths: &'a [f64],
}

impl Run {
    /// Adds `across x (by[first] - by[second])` to the first item's product and takes it from the
    /// second's.
    pub(crate) fn flow(&self, firsts: &[u32], across: &[f64], by: &[f64], product: &mut [f64]) {
        let own = by[self.second];
        let across = &across[self.start..self.end];
        let mut lanes = [0.0; 4];
        if self.whole {
            let items = self.first..self.first + across.len();
            let (fours, rest) = product[items.clone()].as_chunks_mut::<4>();
            let (by_fours, by_rest) = by[items].as_chunks::<4>();
            let (across_fours, across_rest) = across.as_chunks::<4>();
            for ((product, by), across) in fours.iter_mut().zip(by_fours).zip(across_fours) {
                for lane in 0..4 {
                    let flow = across[lane] * (by[lane] - own);
                    product[lane] += flow;
                    lanes[lane] += flow;
                }
            }
            let edges = rest.iter_mut().zip(by_rest).zip(across_rest);
            for (((product, by), across), lane) in edges.zip(&mut lanes) {
                let flow = across * (by - own);
                *product += flow;
                *lane += flow;
            }
        } else {
            let firsts = &firsts[self.start..self.end];
            for (at, (first, across)) in firsts.iter().zip(across).enumerate() {
                let flow = across * (by[*first as usize] - own);
                product[*first as usize] += flow;
                lanes[at % 4] += flow;
            }
        }
        product[self.second] -= four(lanes);
    }

    /// Sets each edge's curvature; adds surplus points and curvature to both items.
    pub(crate) fn halves(
        &self,
        sides: &Sides<'_>,
        across: &mut [f64],
        gradient: &mut [f64],
        diagonal: &mut [f64],
    ) {
        let edges = self.start..self.end;
        let own = sides.strengths[self.second];
        let across = &mut across[edges.clone()];
        let totals = &sides.totals[edges.clone()];
        let points = &sides.points[edges.clone()];
        // Curvature and surplus first: they have no order among themselves.
        let mut surpluses = [0.0; CHUNK];
        let (mut lanes, mut curve_lanes) = ([0.0; 4], [0.0; 4]);
        for start in (0..across.len()).step_by(CHUNK) {
            let end = (start + CHUNK).min(across.len());
            let firsts = &sides.firsts[edges.start + start..edges.start + end];
            let across = &mut across[start..end];
            if self.whole {
                let first = self.first + start;
                across.copy_from_slice(&sides.strengths[first..first + across.len()]);
            } else {
                for (strength, first) in across.iter_mut().zip(firsts) {
                    *strength = sides.strengths[*first as usize];
                }
            }
            let evidence = totals[start..end].iter().zip(&points[start..end]);
            let edges = across.iter_mut().zip(&mut surpluses).zip(evidence);
            for ((across, surplus), (total, points)) in edges {
                let share = *across / (*across + own);
                let expected = total * share;
                *surplus = points - expected;
                *across = expected * (1.0 - share);
            }
            let edges = firsts.iter().zip(across).zip(&surpluses);
            for (at, ((first, across), surplus)) in edges.enumerate() {
                gradient[*first as usize] += surplus;
                diagonal[*first as usize] += *across;
                lanes[at % 4] += surplus;
                curve_lanes[at % 4] += *across;
            }
        }
        gradient[self.second] -= four(lanes);
        diagonal[self.second] += four(curve_lanes);
    }
}

fn four(lanes: [f64; 4]) -> f64 {
    (lanes[0] + lanes[1]) + (lanes[2] + lanes[3])
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Slices and look-ups give the same bits.
    #[test]
    fn whole_runs_are_those_of_look_ups() {
        let edge = |first| Edge {
            first,
            second: 199,
            weight: [f64::from(first) + 0.3, 1.7, 0.4],
        };
        for count in [1, 3, 4, 7, 64, 70, 199] {
            let edges: Vec<Edge> = (0..count).map(edge).collect();
            let mut run = runs(&edges).remove(0);
            assert!(run.whole);
            let firsts: Vec<u32> = (0..count).collect();
            let numbers: Vec<f64> = (0..200).map(|n| 1.0 / (f64::from(n) + 1.5)).collect();
            let sides = Sides {
                firsts: &firsts,
                totals: &edges.iter().map(Edge::total).collect::<Vec<_>>(),
                points: &edges.iter().map(Edge::points).collect::<Vec<_>>(),
                strengths: &numbers,
            };
            let mut found = Vec::new();
            for whole in [true, false] {
                run.whole = whole;
                let (mut across, mut product) = (vec![0.0; count as usize], numbers.clone());
                let (mut gradient, mut diagonal) = (vec![0.0; 200], vec![0.0; 200]);
                run.halves(&sides, &mut across, &mut gradient, &mut diagonal);
                run.flow(&firsts, &across, &numbers, &mut product);
                assert_ne!(product, numbers);
                found.push((across, gradient, diagonal, product));
            }
            assert_eq!(found[0], found[1]);
        }
    }
}
