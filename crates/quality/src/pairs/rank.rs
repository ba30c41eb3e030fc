//! Ratings for people: the Elo scale, intervals, orders and the ranks that intervals leave open.

/// Points of the Elo scale per unit of the natural scale: 400 points are odds of 10 : 1.
const POINTS: f64 = 400.0 / core::f64::consts::LN_10;

/// A rating on the Elo scale whose mean is 1,000.
pub fn elo(rating: f64) -> f64 {
    1_000.0 + POINTS * rating
}

/// An interval that covers a rating with a stated probability.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interval {
    /// Its lower end.
    pub low: f64,
    /// Its upper end.
    pub high: f64,
}

impl Interval {
    /// `centre` and `width` standard errors of it to both sides.
    pub fn around(centre: f64, error: f64, width: f64) -> Self {
        Self {
            low: centre - width * error,
            high: centre + width * error,
        }
    }

    /// The same interval on the Elo scale.
    pub fn elo(self) -> Self {
        Self {
            low: elo(self.low),
            high: elo(self.high),
        }
    }
}

/// The ranks that an item can have; 1 is the best.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RankInterval {
    /// One more than the items that are surely better.
    pub best: u32,
    /// As many as there are, less those that are surely worse.
    pub worst: u32,
}

/// Ranks that the intervals leave open: an item is surely better than another if its interval lies
/// wholly above (as LMArena ranks).
pub fn ranks(intervals: &[Interval]) -> Vec<RankInterval> {
    let sorted = |end: fn(&Interval) -> f64| {
        let mut ends: Vec<f64> = intervals.iter().map(end).collect();
        ends.sort_unstable_by(f64::total_cmp);
        ends
    };
    let (lows, highs) = (sorted(|i| i.low), sorted(|i| i.high));
    let ranked = intervals.iter().map(|own| {
        let better = lows.len() - lows.partition_point(|low| *low <= own.high);
        let worse = highs.partition_point(|high| *high < own.low);
        RankInterval {
            best: 1 + better as u32,
            worst: (intervals.len() - worse) as u32,
        }
    });
    ranked.collect()
}

/// Items from the best rating to the worst, the smaller index first on a tie.
pub fn order(ratings: &[f64]) -> Vec<u32> {
    let mut order: Vec<u32> = (0..ratings.len() as u32).collect();
    order.sort_by(|a, b| ratings[*b as usize].total_cmp(&ratings[*a as usize]));
    order
}

/// The z below which a standard normal variable lies with probability `level`, by bisection of
/// `erfc` to the last bits; `level` is held to 1e-12 ..= 1 - 1e-12.
pub fn normal_quantile(level: f64) -> f64 {
    let level = level.clamp(1e-12, 1.0 - 1e-12);
    let (mut low, mut high) = (-8.0, 8.0);
    for _ in 0..60 {
        let middle = 0.5 * (low + high);
        if 0.5 * libm::erfc(-middle * core::f64::consts::FRAC_1_SQRT_2) < level {
            low = middle;
        } else {
            high = middle;
        }
    }
    0.5 * (low + high)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_the_tabled_ones() {
        for (level, expected) in [
            (0.5, 0.0),
            (0.975, 1.959_963_984_540_054),
            (0.05, -1.644_853_626_951_472_2),
        ] {
            let found = normal_quantile(level);
            assert!((found - expected).abs() < 1e-13, "{level}: {found}");
        }
    }

    #[test]
    fn overlapping_intervals_share_ranks() {
        let interval = |low, high| Interval { low, high };
        let found = ranks(&[interval(0.0, 1.0), interval(2.0, 3.0), interval(0.5, 2.0)]);
        let expected = [(2, 3), (1, 2), (1, 3)];
        let found: Vec<_> = found.iter().map(|r| (r.best, r.worst)).collect();
        assert_eq!(found, expected);
        assert_eq!(order(&[1.0, 2.0, 1.0]), [1, 0, 2]);
        assert!((elo(core::f64::consts::LN_10) - 1_400.0).abs() < 1e-9);
    }
}
