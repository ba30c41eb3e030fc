//! The digamma function, which the concentration of a Dirichlet prior is learnt with.

/// d/dx ln gamma(x) for x > 0, to about 1e-10: recurrence up to 6, then the asymptotic series
/// (Abramowitz and Stegun 6.3.5 and 6.3.18).
pub(super) fn digamma(mut x: f64) -> f64 {
    let mut below = 0.0;
    while x < 6.0 {
        below += 1.0 / x;
        x += 1.0;
    }
    let square = 1.0 / (x * x);
    let series = 1.0 / 252.0 - square * (1.0 / 240.0 - square / 132.0);
    let series = square * (1.0 / 12.0 - square * (1.0 / 120.0 - square * series));
    libm::log(x) - 0.5 / x - series - below
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_values_and_the_recurrence() {
        // -gamma, -gamma - 2 ln 2, and the harmonic number before 10.
        let euler = 0.577_215_664_901_532_9;
        assert!((digamma(1.0) + euler).abs() < 1e-9);
        assert!((digamma(0.5) + euler + 2.0 * libm::log(2.0)).abs() < 1e-9);
        let harmonic: f64 = (1..10).map(|n| 1.0 / f64::from(n)).sum();
        assert!((digamma(10.0) + euler - harmonic).abs() < 1e-9);
        for x in [0.01, 0.3, 2.7, 55.0, 1e6] {
            assert!((digamma(x + 1.0) - digamma(x) - 1.0 / x).abs() < 1e-9);
        }
    }
}
