//! Special functions that `libm` lacks, bit-equal on every machine.

/// Derivative of the log-gamma function at positive `x`, absolute error below 1e-12 for x >= 1e-3:
/// recurrence up to 8, then the asymptotic series (Abramowitz and Stegun 6.3.18).
pub(crate) fn digamma(mut x: f64) -> f64 {
    let mut shift = 0.0;
    while x < 8.0 {
        shift -= 1.0 / x;
        x += 1.0;
    }
    let square = 1.0 / (x * x);
    let tail = 1.0 / 240.0 - square * (1.0 / 132.0 - square * (691.0 / 32_760.0 - square / 12.0));
    let tail =
        square * (1.0 / 12.0 - square * (1.0 / 120.0 - square * (1.0 / 252.0 - square * tail)));
    shift + libm::log(x) - 0.5 / x - tail
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_values() {
        // scipy.special.digamma.
        let cases = [
            (0.001, -1_000.575_571_934_110_3),
            (0.5, -1.963_510_026_021_423_5),
            (1.0, -0.577_215_664_901_532_9),
            (2.5, 0.703_156_640_645_243_2),
            (8.0, 2.015_641_477_955_61),
            (1e6, 13.815_510_057_964_191),
        ];
        for (x, expected) in cases {
            let found = digamma(x);
            assert!(
                (found - expected).abs() < 1e-11 * expected.abs().max(1.0),
                "{x}: {found}"
            );
        }
    }
}
