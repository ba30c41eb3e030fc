//! Entropy of the answers to one unit: how much its contributors disagree.

/// Entropy of counts by label (Shannon 1948) as a share of the largest that so many labels allow,
/// in ppm; 0 where all agree, and for fewer than two labels.
pub fn entropy_ppm(counts: &[u32]) -> u32 {
    let all: f64 = counts.iter().map(|count| f64::from(*count)).sum();
    let most = libm::log(counts.len() as f64);
    if all <= 0.0 || most <= 0.0 {
        return 0;
    }
    let given = counts.iter().filter(|count| **count > 0);
    let entropy: f64 = given
        .map(|count| {
            let share = f64::from(*count) / all;
            -share * libm::log(share)
        })
        .sum();
    libm::round((entropy / most).clamp(0.0, 1.0) * 1e6) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn none_is_0_and_even_is_all() {
        for nothing in [&[][..], &[3], &[0, 0], &[5, 0, 0]] {
            assert_eq!(entropy_ppm(nothing), 0, "{nothing:?}");
        }
        assert_eq!(entropy_ppm(&[2, 2]), 1_000_000);
        assert_eq!(entropy_ppm(&[1, 1, 1, 1]), 1_000_000);
        // 1/3 ln 3 + 2/3 ln 1.5 = .636514, over ln 2.
        assert_eq!(entropy_ppm(&[1, 2]), 918_296);
        assert!(entropy_ppm(&[u32::MAX, u32::MAX - 1]) >= 999_999);
    }
}
