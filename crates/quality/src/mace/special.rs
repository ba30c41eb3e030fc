//! The digamma function, and how far one Dirichlet distribution is from another.

use crate::elementary;
use crate::wide::wide;

/// psi(x), the derivative of ln gamma(x), for x above 0; within 1e-12 of the exact value for x of
/// 0.01 and more.
///
/// Recurrence psi(x) = psi(x + 1) - 1/x up to 10, then the asymptotic series with Bernoulli
/// numbers (Abramowitz and Stegun 6.3.5, 6.3.18).
pub(super) fn digamma(x: f64) -> f64 {
    let (x, below) = raised(x);
    series(x, libm::log(x), below)
}

/// digamma of each of `values`, in their place, with the same bits.
pub(super) fn digammas(values: &mut [f64]) {
    let mut belows = vec![0.0; values.len()];
    for (x, own) in values.iter_mut().zip(&mut belows) {
        (*x, *own) = raised(*x);
    }
    let mut logs = vec![0.0; values.len()];
    elementary::log(values, &mut logs);
    wide(
        #[inline(always)]
        || {
            for ((x, log), below) in values.iter_mut().zip(&logs).zip(&belows) {
                *x = series(*x, *log, *below);
            }
        },
    );
}

/// `x` raised to 10 or more by whole steps, and how much lower psi was before.
fn raised(mut x: f64) -> (f64, f64) {
    let mut below = 0.0;
    while x < 10.0 {
        below += 1.0 / x;
        x += 1.0;
    }
    (x, below)
}

/// psi(x) - `below` for x of 10 or more, whose logarithm is `log`.
#[inline(always)]
fn series(x: f64, log: f64, below: f64) -> f64 {
    let square = 1.0 / (x * x);
    // B_2k / 2k for k = 1 to 7, with their signs.
    let series = [
        1.0 / 12.0,
        -1.0 / 120.0,
        1.0 / 252.0,
        -1.0 / 240.0,
        1.0 / 132.0,
        -691.0 / 32_760.0,
        1.0 / 12.0,
    ];
    let sum = series
        .iter()
        .rev()
        .fold(0.0, |sum, term| (sum + term) * square);
    log - 0.5 / x - sum - below
}

/// Kullback-Leibler divergence of a Dirichlet distribution with pseudo-counts `prior + counts` from
/// one with `prior` everywhere, in nats.
pub(super) fn dirichlet_divergence(counts: &[f64], prior: f64) -> f64 {
    let total: f64 = counts.iter().sum();
    let all = prior * counts.len() as f64;
    let log_total = digamma(all + total);
    let seen = counts.iter().filter(|count| **count > 0.0);
    let cells = seen.map(|count| {
        let gamma = libm::lgamma(prior + count) - libm::lgamma(prior);
        count * (digamma(prior + count) - log_total) - gamma
    });
    libm::lgamma(all + total) - libm::lgamma(all) + cells.sum::<f64>()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn divergences_are_the_known_ones() {
        // Beta(2, 1) has the density 2x: its divergence from the uniform is ln 2 - 1/2.
        let found = dirichlet_divergence(&[1.0, 0.0], 1.0);
        let expected = core::f64::consts::LN_2 - 0.5;
        assert!((found - expected).abs() < 1e-12, "{found}");
        assert!(dirichlet_divergence(&[0.0; 3], 10.0).abs() < 1e-12);
    }

    #[test]
    fn values_are_the_known_ones() {
        // psi(1) is minus Euler's constant; psi(1/2) = psi(1) - 2 ln 2; both are exact elsewhere.
        let euler = 0.577_215_664_901_532_9;
        let half = -euler - 2.0 * core::f64::consts::LN_2;
        for (x, expected) in [
            (1.0, -euler),
            (0.5, half),
            (2.0, 1.0 - euler),
            (10.0, 2.251_752_589_066_721),
            (1e6, 13.815_510_057_964_19),
        ] {
            let found = digamma(x);
            assert!(
                (found - expected).abs() < 1e-13 * (1.0 + expected.abs()),
                "{x}: {found}"
            );
        }
    }
}
