//! A reliability diagram: how often labels are right that are said to be right with a probability.

use super::Picture;
use super::svg::{Anchor, BLUE, INK, QUIET, Svg};

const SIDE: f64 = 320.0;
const LEFT: f64 = 60.0;
const TOP: f64 = 20.0;

/// Labels whose probability lies in one interval.
#[derive(Debug, Clone, Copy)]
pub struct Bin {
    /// How many labels.
    pub count: u32,
    /// Their mean probability, 0..=1.
    pub confidence: f64,
    /// The share of them that is right, 0..=1.
    pub accuracy: f64,
}

/// Draws the bins; `error` is the expected calibration error, 0..=1.
pub fn reliability(bins: &[Bin], error: f64) -> Picture {
    let mut svg = Svg::new(LEFT + SIDE + 40.0, TOP + SIDE + 60.0);
    let x = |share: f64| LEFT + share * SIDE;
    let y = |share: f64| TOP + (1.0 - share) * SIDE;
    for tick in 0..=4 {
        let share = f64::from(tick) / 4.0;
        let label = format!("{:.0} %", share * 100.0);
        svg.line([LEFT, y(share), LEFT + SIDE, y(share)], "#e5e7eb", false);
        svg.text([LEFT - 8.0, y(share) + 4.0], Anchor::End, QUIET, &label);
        svg.text([x(share), TOP + SIDE + 18.0], Anchor::Middle, QUIET, &label);
    }
    svg.line([x(0.0), y(0.0), x(1.0), y(1.0)], QUIET, true);
    let most = bins.iter().map(|bin| bin.count).max().unwrap_or(1).max(1);
    for bin in bins.iter().filter(|bin| bin.count > 0) {
        let radius = 3.0 + 9.0 * (f64::from(bin.count) / f64::from(most)).sqrt();
        let title = format!(
            "{} labels said to be right with {:.1} %: {:.1} % are",
            bin.count,
            bin.confidence * 100.0,
            bin.accuracy * 100.0
        );
        svg.dot([x(bin.confidence), y(bin.accuracy), radius], BLUE, &title);
    }
    let place = [LEFT + SIDE / 2.0, TOP + SIDE + 42.0];
    svg.text(place, Anchor::Middle, INK, "probability as stated");
    svg.text([LEFT - 8.0, TOP - 6.0], Anchor::End, INK, "right");
    Picture {
        name: "reliability",
        title: "Can the probabilities be believed?".to_owned(),
        caption: format!(
            "On the dashed line a label that is said to be right with 80 % is right in 80 of 100 \
             cases. Dots below it are over-confident. Mean distance (expected calibration error): \
             {:.1} points.",
            error * 100.0
        ),
        svg: svg.finish("reliability diagram"),
    }
}
