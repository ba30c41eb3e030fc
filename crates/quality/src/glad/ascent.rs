//! Uphill by limited-memory BFGS.

/// A smooth function of a point: returns its value and writes its gradient.
pub(super) trait Slope: Fn(&[f64], &mut [f64]) -> f64 {}

impl<T: Fn(&[f64], &mut [f64]) -> f64> Slope for T {}

/// Steps at most per call.
const STEPS: usize = 25;
/// Past steps from which the curvature is known.
const MEMORY: usize = 6;
/// It ends where no slope is steeper than this.
const FLAT: f64 = 1e-2;
/// A step must gain this part of what the slope promises (Armijo).
const GAIN: f64 = 1e-4;

/// One step in the past: how far, by how much the gradient changed, and 1 over their product.
struct Past {
    step: Vec<f64>,
    change: Vec<f64>,
    inverse: f64,
}

/// Climbs from `point`; the value at the point that is returned is never below that of the start.
pub(super) fn climb(slope: &impl Slope, mut point: Vec<f64>) -> (Vec<f64>, f64) {
    let mut gradient = vec![0.0; point.len()];
    let mut value = slope(&point, &mut gradient);
    let mut past: Vec<Past> = Vec::new();
    let mut next_gradient = gradient.clone();
    for _ in 0..STEPS {
        let steepest = gradient.iter().fold(0.0_f64, |most, g| most.max(g.abs()));
        if steepest < FLAT {
            break;
        }
        let direction = direction(&past, &gradient);
        let promise = dot(&direction, &gradient);
        // Without knowledge of curvature the first step moves no coordinate by more than 1.
        let mut length = if past.is_empty() { 1.0 / steepest } else { 1.0 };
        let taken = (0..30).find_map(|_| {
            let moved = point.iter().zip(&direction).map(|(p, d)| p + length * d);
            let next: Vec<f64> = moved.collect();
            let next_value = slope(&next, &mut next_gradient);
            let good = next_value >= value + GAIN * length * promise;
            length *= 0.5;
            good.then_some((next, next_value))
        });
        let Some((next, next_value)) = taken else {
            break;
        };
        let minus = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a - b).collect();
        let step: Vec<f64> = minus(&next, &point);
        let change: Vec<f64> = minus(&gradient, &next_gradient);
        let curvature = dot(&step, &change);
        if curvature > 1e-10 {
            if past.len() == MEMORY {
                past.remove(0);
            }
            let inverse = 1.0 / curvature;
            past.push(Past {
                step,
                change,
                inverse,
            });
        }
        std::mem::swap(&mut gradient, &mut next_gradient);
        (point, value) = (next, next_value);
    }
    (point, value)
}

/// The gradient times an estimate of the inverse curvature (two-loop recursion).
fn direction(past: &[Past], gradient: &[f64]) -> Vec<f64> {
    let mut direction = gradient.to_vec();
    let mut parts = Vec::with_capacity(past.len());
    for one in past.iter().rev() {
        let part = one.inverse * dot(&one.step, &direction);
        add(&mut direction, -part, &one.change);
        parts.push(part);
    }
    if let Some(last) = past.last() {
        let scale = 1.0 / (last.inverse * dot(&last.change, &last.change));
        direction.iter_mut().for_each(|d| *d *= scale);
    }
    for (one, part) in past.iter().zip(parts.into_iter().rev()) {
        let other = one.inverse * dot(&one.change, &direction);
        add(&mut direction, part - other, &one.step);
    }
    direction
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn add(to: &mut [f64], factor: f64, what: &[f64]) {
    to.iter_mut()
        .zip(what)
        .for_each(|(to, it)| *to += factor * it);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_top_of_a_long_ridge_is_found() {
        // A concave function whose curvatures differ a thousandfold; its top is at 3, -2, 1.
        let slope = |point: &[f64], gradient: &mut [f64]| {
            let mut value = 5.0;
            for (at, (top, curve)) in [(3.0, 0.5), (-2.0, 20.0), (1.0, 500.0)].iter().enumerate() {
                let off = point[at] - top;
                value -= 0.5 * curve * off * off;
                gradient[at] = -curve * off;
            }
            value
        };
        let (point, value) = climb(&slope, vec![0.0; 3]);
        assert!((value - 5.0).abs() < 1e-3, "{value} at {point:?}");
    }
}
