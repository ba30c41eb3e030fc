//! Whole numbers on a line: places, ticks, and the short form at an axis.

use maud::{Markup, html};

use super::Measure;

/// Places numbers between two ends of a drawing.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scale {
    low: u128,
    high: u128,
    from: i64,
    to: i64,
}

impl Scale {
    /// From the place of `low` to that of `high`; a range without width has one of 1.
    pub(super) fn new((low, high): (u128, u128), (from, to): (i64, i64)) -> Self {
        let high = high.max(low.saturating_add(1));
        let low = low.min(high - 1);
        Self {
            low,
            high,
            from,
            to,
        }
    }

    /// The place of a number; of one beyond an end, that end.
    pub(super) fn at(&self, value: u128) -> i64 {
        let span = self.high - self.low;
        let part = value.clamp(self.low, self.high) - self.low;
        // A drawing has less than 2^16 units, so that no product is beyond 128 bits.
        let shift = if span >> 100 == 0 { 0 } else { 28 };
        let (part, span) = (part >> shift, (span >> shift).max(1));
        let wide = u128::from(self.to.abs_diff(self.from));
        let moved = i64::try_from((part * wide + span / 2) / span).unwrap_or(0);
        if self.to >= self.from {
            self.from + moved
        } else {
            self.from - moved
        }
    }
}

/// Round numbers from 0 to the first at or above `most`, at most seven of them.
pub(super) fn ticks(most: u128) -> Vec<u128> {
    let steps = (0..38).flat_map(|decade| [1, 2, 5].map(|digit| digit * 10_u128.pow(decade)));
    let step = steps.into_iter().find(|step| most / step <= 5);
    let step = step.unwrap_or(u128::MAX / 2);
    let count = most.div_ceil(step).max(1);
    (0..=count)
        .map(|place| step.saturating_mul(place))
        .collect()
}

/// A number in few letters: `0.05`, `950`, `1.2k`, `3M`.
pub(super) fn short(value: u128, whole: u128) -> String {
    let whole = whole.max(1);
    let (count, rest) = (value / whole, value % whole);
    for (size, sign) in [
        (1_000_000_000_000, "T"),
        (1_000_000_000, "G"),
        (1_000_000, "M"),
    ] {
        if count >= size {
            return format!("{}{sign}", tenths(count, size));
        }
    }
    if count >= 10_000 {
        return format!("{}k", tenths(count, 1_000));
    }
    if rest == 0 {
        return count.to_string();
    }
    // At most six decimals, behind a whole number two, without zeros behind them.
    let millionths = rest.saturating_mul(1_000_000) / whole;
    let decimals = format!("{millionths:06}");
    let kept = if count == 0 { 6 } else { 2 };
    let decimals = decimals[..kept].trim_end_matches('0');
    if decimals.is_empty() {
        return count.to_string();
    }
    format!("{count}.{decimals}")
}

fn tenths(count: u128, size: u128) -> String {
    match count % size / (size / 10) {
        0 => (count / size).to_string(),
        tenth => format!("{}.{tenth}", count / size),
    }
}

/// A vertical axis with its lines across the drawing, from `left` to `right`.
pub(super) fn upright(
    scale: &Scale,
    ticks: &[u128],
    measure: &Measure,
    (left, right): (i64, i64),
) -> Markup {
    html! {
        @for tick in ticks {
            @let y = scale.at(*tick);
            line.grid x1=(left) y1=(y) x2=(right) y2=(y) {}
            text.tick x=(left - 8) y=(y + 4) text-anchor="end" { (measure.short(*tick)) }
        }
    }
}
