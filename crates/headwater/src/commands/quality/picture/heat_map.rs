//! A confusion matrix as a heat map: a row per true class, a column per answer.

use super::Picture;
use super::svg::{Anchor, INK, QUIET, Svg};

const CELL: f64 = 44.0;
const LEFT: f64 = 190.0;
const TOP: f64 = 78.0;
/// More classes than this do not fit on a page; the most frequent ones are shown.
const MOST: usize = 20;

/// Draws shares of answers, 0..=1, `shares[truth][answer]`; classes in the order given.
pub fn heat_map(classes: &[String], shares: &[Vec<f64>]) -> Picture {
    let shown = classes.len().min(MOST);
    let side = CELL * shown as f64;
    let mut svg = Svg::new(LEFT + side + 30.0, TOP + side + 30.0);
    svg.text([LEFT, 20.0], Anchor::Start, QUIET, "answer");
    svg.text([LEFT - 12.0, TOP - 12.0], Anchor::End, QUIET, "consensus");
    for (truth, (class, row)) in classes.iter().zip(shares).take(shown).enumerate() {
        let y = TOP + CELL * truth as f64;
        svg.text([LEFT - 12.0, y + CELL / 2.0 + 4.0], Anchor::End, INK, class);
        for (answer, share) in row.iter().take(shown).enumerate() {
            let x = LEFT + CELL * answer as f64;
            let title = format!(
                "{class} answered as {}: {:.1} %",
                classes[answer],
                share * 100.0
            );
            let fill = shade(*share);
            svg.rectangle([x + 1.0, y + 1.0, CELL - 2.0, CELL - 2.0], &fill, &title);
            let ink = if *share > 0.55 { "#ffffff" } else { INK };
            let number = format!("{:.0}", share * 100.0);
            let place = [x + CELL / 2.0, y + CELL / 2.0 + 4.0];
            svg.text(place, Anchor::Middle, ink, &number);
        }
    }
    // Names wider than a cell stand on two levels in turn.
    let long = classes.iter().any(|class| class.chars().count() > 6);
    for (answer, class) in classes.iter().take(shown).enumerate() {
        let lift = if answer % 2 == 1 && long { 30.0 } else { 12.0 };
        let place = [LEFT + CELL * (answer as f64 + 0.5), TOP - lift];
        svg.text(place, Anchor::Middle, INK, class);
    }
    let left_out = classes.len() - shown;
    let rest = match left_out {
        0 => String::new(),
        more => format!(" {more} more classes are left out."),
    };
    Picture {
        name: "confusion",
        title: "Which answers are taken for which".to_owned(),
        caption: format!(
            "Each row is a class as the consensus sees it; its cells say what per cent of the \
             answers to such tasks were which label. A good crowd has a dark diagonal.{rest}"
        ),
        svg: svg.finish("confusion matrix"),
    }
}

/// White to dark blue.
fn shade(share: f64) -> String {
    let mix = |from: f64, to: f64| (from + (to - from) * share.clamp(0.0, 1.0)).round() as u8;
    format!(
        "#{:02x}{:02x}{:02x}",
        mix(243.0, 23.0),
        mix(246.0, 55.0),
        mix(252.0, 140.0)
    )
}
