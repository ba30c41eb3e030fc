//! Workers as dots: how much they did, and how well.

use super::Picture;
use super::svg::{AMBER, Anchor, BLUE, INK, QUIET, Svg};

const WIDTH: f64 = 640.0;
const HEIGHT: f64 = 360.0;
const LEFT: f64 = 60.0;
const BOTTOM: f64 = 310.0;
const TOP: f64 = 36.0;

/// A worker.
#[derive(Debug, Clone)]
pub struct Point {
    /// The worker's name.
    pub name: String,
    /// How many answers; the axis is logarithmic.
    pub answers: u32,
    /// 0..=1.
    pub skill: f64,
}

/// Draws workers by answers and skill; a dashed line at `chance`.
pub fn scatter(points: &[Point], chance: f64) -> Picture {
    let most = points
        .iter()
        .map(|point| point.answers)
        .max()
        .unwrap_or(1)
        .max(10);
    let top = f64::from(most).log10();
    let x = |answers: u32| LEFT + f64::from(answers.max(1)).log10() / top * (WIDTH - LEFT - 30.0);
    let y = |skill: f64| BOTTOM - skill * (BOTTOM - TOP);
    let mut svg = Svg::new(WIDTH, HEIGHT);
    for tick in 0..=4 {
        let skill = f64::from(tick) / 4.0;
        svg.line([LEFT, y(skill), WIDTH - 30.0, y(skill)], "#e5e7eb", false);
        let label = format!("{:.0} %", skill * 100.0);
        svg.text([LEFT - 8.0, y(skill) + 4.0], Anchor::End, QUIET, &label);
    }
    let mut tick = 1_u32;
    while tick <= most {
        svg.text(
            [x(tick), BOTTOM + 18.0],
            Anchor::Middle,
            QUIET,
            &tick.to_string(),
        );
        tick = tick.saturating_mul(10);
    }
    svg.line([LEFT, y(chance), WIDTH - 30.0, y(chance)], AMBER, true);
    svg.text(
        [LEFT + 4.0, y(chance) - 5.0],
        Anchor::Start,
        AMBER,
        "chance",
    );
    for point in points {
        let title = format!(
            "{}: {} answers, {:.1} %",
            point.name,
            point.answers,
            point.skill * 100.0
        );
        let fill = if point.skill <= chance { AMBER } else { BLUE };
        svg.dot([x(point.answers), y(point.skill), 4.0], fill, &title);
    }
    svg.text([WIDTH / 2.0, HEIGHT - 10.0], Anchor::Middle, INK, "answers");
    svg.text([LEFT - 8.0, TOP - 16.0], Anchor::End, INK, "skill");
    Picture {
        name: "workers",
        title: "Who did how much, and how well".to_owned(),
        caption: "Each dot is a worker; its height is the estimated probability that an answer of \
                  theirs is right. Dots at or below the dashed line know nothing or do not look."
            .to_owned(),
        svg: svg.finish("workers by answers and skill"),
    }
}
