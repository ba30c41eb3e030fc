//! Ratings with their intervals, best first.

use super::Picture;
use super::svg::{Anchor, BLUE, INK, QUIET, Svg};

const ROW: f64 = 22.0;
const LEFT: f64 = 220.0;
const SPAN: f64 = 420.0;

/// Something rated.
#[derive(Debug, Clone)]
pub struct Interval {
    /// What stands at the left of the row.
    pub name: String,
    /// The rating, in the unit of all.
    pub value: f64,
    /// Lower end of the interval.
    pub low: f64,
    /// Upper end of the interval.
    pub high: f64,
}

/// Draws the rows in the order given; `unit` names the axis, `caption` says what to see.
pub fn intervals(rows: &[Interval], unit: &str, caption: &str) -> Picture {
    let finite = |pick: fn(f64, f64) -> f64, start: f64, of: fn(&Interval) -> f64| {
        rows.iter()
            .map(of)
            .filter(|value| value.is_finite())
            .fold(start, pick)
    };
    let low = finite(f64::min, f64::INFINITY, |row| row.low.min(row.value));
    let high = finite(f64::max, f64::NEG_INFINITY, |row| row.high.max(row.value));
    let (low, high) = if low < high {
        (low, high)
    } else {
        (low - 1.0, low + 1.0)
    };
    let x = |value: f64| LEFT + (value.clamp(low, high) - low) / (high - low) * SPAN;
    let height = ROW * rows.len() as f64 + 50.0;
    let mut svg = Svg::new(LEFT + SPAN + 30.0, height);
    for tick in 0..=4 {
        let value = low + (high - low) * f64::from(tick) / 4.0;
        svg.line([x(value), 10.0, x(value), height - 34.0], "#e5e7eb", false);
        svg.text(
            [x(value), height - 18.0],
            Anchor::Middle,
            QUIET,
            &format!("{value:.0}"),
        );
    }
    for (place, row) in rows.iter().enumerate() {
        let y = 20.0 + ROW * place as f64;
        let name = format!("{}. {}", place + 1, row.name);
        svg.text([LEFT - 14.0, y + 4.0], Anchor::End, INK, &name);
        svg.line([x(row.low), y, x(row.high), y], BLUE, false);
        let title = format!(
            "{}: {:.1} ({:.1} to {:.1})",
            row.name, row.value, row.low, row.high
        );
        svg.dot([x(row.value), y, 4.0], BLUE, &title);
    }
    svg.text([LEFT + SPAN / 2.0, height - 4.0], Anchor::Middle, INK, unit);
    Picture {
        name: "intervals",
        title: "Who is ahead, and how surely".to_owned(),
        caption: caption.to_owned(),
        svg: svg.finish("ratings with intervals"),
    }
}
