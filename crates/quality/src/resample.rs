//! Multinomial draws over counted cells: what a bootstrap of the rows behind the counts would give.

use crate::random::Random;

/// Poisson means that have a table; larger counts are sums of draws.
const LARGEST: u32 = 64;

/// A drawn value's distribution function, found by a guide of 256 entries (Chen and Asau 1974).
struct Table {
    cumulative: Vec<f64>,
    guide: [u16; 256],
}

impl Table {
    /// Poisson with an integer mean of 1 to [`LARGEST`]; the tail beyond 2^-53 is cut off.
    fn new(mean: u32) -> Self {
        let mean = f64::from(mean);
        let (mut share, mut sum) = (libm::exp(-mean), 0.0);
        let mut cumulative = Vec::new();
        for value in 1.. {
            sum += share;
            cumulative.push(sum);
            share *= mean / f64::from(value);
            if f64::from(value) > mean && share < 1e-17 {
                break;
            }
        }
        let mut guide = [0; 256];
        let mut value = 0_u16;
        for (slot, entry) in guide.iter_mut().enumerate() {
            while usize::from(value) + 1 < cumulative.len()
                && cumulative[usize::from(value)] <= slot as f64 / 256.0
            {
                value += 1;
            }
            *entry = value;
        }
        Self { cumulative, guide }
    }

    fn draw(&self, random: &mut Random) -> u32 {
        let unit = random.unit();
        let mut value = usize::from(self.guide[(unit * 256.0) as usize]);
        while value + 1 < self.cumulative.len() && self.cumulative[value] <= unit {
            value += 1;
        }
        value as u32
    }
}

/// Draws of as many rows as there are, with replacement, counted by cell.
///
/// Exact and independent of the number of rows: cells get independent Poisson counts, which given
/// their sum are multinomial; rows too few are then drawn one by one, rows too many are taken away
/// at random, which leaves a multinomial of the right sum.
pub struct Multinomial {
    counts: Vec<u32>,
    cumulative: Vec<u64>,
    tables: Vec<Table>,
}

impl Multinomial {
    /// Cells with these `counts` of rows.
    pub fn new(counts: Vec<u32>) -> Self {
        let mut sum = 0;
        let cumulative = counts
            .iter()
            .map(|count| {
                sum += u64::from(*count);
                sum
            })
            .collect();
        Self {
            counts,
            cumulative,
            tables: (1..=LARGEST).map(Table::new).collect(),
        }
    }

    /// Rows behind all cells.
    pub fn total(&self) -> u64 {
        self.cumulative.last().copied().unwrap_or(0)
    }

    /// One resample: how often each cell was drawn. The sum is [`Multinomial::total`].
    pub fn draw(&self, random: &mut Random) -> Vec<u32> {
        let mut drawn: Vec<u32> = self
            .counts
            .iter()
            .map(|count| self.poisson(*count, random))
            .collect();
        let (total, found) = (self.total(), drawn.iter().map(|n| u64::from(*n)).sum());
        for _ in found..total {
            let row = below(total, random);
            drawn[self.cumulative.partition_point(|end| *end <= row)] += 1;
        }
        if found > total {
            take_away(&mut drawn, found, found - total, random);
        }
        drawn
    }

    fn poisson(&self, mut mean: u32, random: &mut Random) -> u32 {
        let mut sum = 0_u32;
        while mean > LARGEST {
            sum = sum.saturating_add(self.tables[LARGEST as usize - 1].draw(random));
            mean -= LARGEST;
        }
        if mean > 0 {
            sum = sum.saturating_add(self.tables[mean as usize - 1].draw(random));
        }
        sum
    }
}

/// Takes `surplus` of the `found` drawn rows away, each set of rows with the same chance.
fn take_away(drawn: &mut [u32], found: u64, surplus: u64, random: &mut Random) {
    let mut rows: Vec<u64> = Vec::new();
    while (rows.len() as u64) < surplus {
        for _ in rows.len() as u64..surplus {
            rows.push(below(found, random));
        }
        rows.sort_unstable();
        rows.dedup();
    }
    let (mut rows, mut end) = (rows.into_iter().peekable(), 0);
    for count in drawn {
        end += u64::from(*count);
        while rows.next_if(|row| *row < end).is_some() {
            *count -= 1;
        }
    }
}

/// A number below `bound`, unbiased to 2^-32 for bounds of 32 bits.
fn below(bound: u64, random: &mut Random) -> u64 {
    ((u128::from(random.next()) * u128::from(bound)) >> 64) as u64
}

/// The value below which the share `level` of `sorted` lies, between neighbours in proportion
/// (type 7 of Hyndman and Fan 1996); 0 for none.
pub fn quantile(sorted: &[f64], level: f64) -> f64 {
    let Some(last) = sorted.len().checked_sub(1) else {
        return 0.0;
    };
    let place = level.clamp(0.0, 1.0) * last as f64;
    let low = (place as usize).min(last);
    let high = (low + 1).min(last);
    sorted[low] + (place - low as f64) * (sorted[high] - sorted[low])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn means_and_variances_are_multinomial() {
        let counts = vec![1, 5, 0, 64, 130, 300];
        let cells = Multinomial::new(counts.clone());
        let (mut random, draws) = (Random::new(3, 0), 20_000);
        let mut sums = vec![(0.0, 0.0); counts.len()];
        for _ in 0..draws {
            let drawn = cells.draw(&mut random);
            assert_eq!(drawn.iter().sum::<u32>(), 500);
            for (sum, n) in sums.iter_mut().zip(&drawn) {
                sum.0 += f64::from(*n);
                sum.1 += f64::from(*n) * f64::from(*n);
            }
        }
        for (count, (sum, squares)) in counts.iter().zip(sums) {
            let (count, mean) = (f64::from(*count), sum / f64::from(draws));
            let variance = squares / f64::from(draws) - mean * mean;
            let expected = count * (1.0 - count / 500.0);
            let error = 5.0 * (expected / f64::from(draws)).sqrt();
            assert!((mean - count).abs() <= error, "{count}: mean {mean}");
            assert!(
                (variance - expected).abs() <= 0.06 * expected,
                "{count}: {variance}"
            );
        }
    }

    #[test]
    fn nothing_gives_nothing() {
        let mut random = Random::new(0, 0);
        assert!(Multinomial::new(vec![]).draw(&mut random).is_empty());
        assert_eq!(Multinomial::new(vec![0, 0]).draw(&mut random), [0, 0]);
        assert_eq!(Multinomial::new(vec![7]).draw(&mut random), [7]);
    }

    #[test]
    fn quantiles_lie_between_neighbours() {
        let sorted = [1.0, 2.0, 4.0];
        let found = [0.0, 0.25, 0.5, 0.75, 1.0].map(|level| quantile(&sorted, level));
        assert_eq!(found, [1.0, 1.5, 2.0, 3.0, 4.0]);
        assert_eq!(quantile(&[], 0.5), 0.0);
    }
}
