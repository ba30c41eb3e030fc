//! A reliability diagram: how often labels are right that are said to be right with a probability.

use super::Picture;
use super::svg::{Anchor, BLUE, INK, QUIET, Svg};
use quality::calibrate::Reliability;

const SIDE: f64 = 320.0;
const LEFT: f64 = 60.0;
const TOP: f64 = 36.0;

/// Draws the bins of a comparison with the truth.
pub fn reliability(measured: &Reliability) -> Picture {
    let share = |ppm: u32| f64::from(ppm) / 1e6;
    let bins = &measured.bins;
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
    let most = bins.iter().map(|bin| bin.units).max().unwrap_or(1).max(1);
    for bin in bins.iter().filter(|bin| bin.units > 0) {
        let radius = 3.0 + 9.0 * (f64::from(bin.units) / f64::from(most)).sqrt();
        let title = format!(
            "{} labels said to be right with {:.1} %: {:.1} % are",
            bin.units,
            share(bin.confidence_ppm) * 100.0,
            share(bin.accuracy_ppm) * 100.0
        );
        svg.dot(
            [
                x(share(bin.confidence_ppm)),
                y(share(bin.accuracy_ppm)),
                radius,
            ],
            BLUE,
            &title,
        );
    }
    let place = [LEFT + SIDE / 2.0, TOP + SIDE + 42.0];
    svg.text(place, Anchor::Middle, INK, "probability as stated");
    svg.text([LEFT - 8.0, TOP - 16.0], Anchor::End, INK, "right");
    Picture {
        name: "reliability",
        title: "Can the probabilities be believed?".to_owned(),
        caption: format!(
            "On the dashed line a label that is said to be right with 80 % is right in 80 of 100 \
             cases. Dots below it are over-confident. Mean distance (expected calibration error): \
             {:.1} points.",
            share(measured.error_ppm) * 100.0
        ),
        svg: svg.finish("reliability diagram"),
    }
}
