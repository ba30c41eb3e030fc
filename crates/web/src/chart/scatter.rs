//! Dots by two numbers, each with its name.

use maud::{Markup, html};

use super::scale::{Scale, ticks, upright};
use super::{Caption, Measure, cut, figure, nothing, table};

const SIZE: (i64, i64) = (560, 280);
const INNER: ((i64, i64), (i64, i64)) = ((72, 540), (12, 240));
/// Dots that are drawn; the table has more.
const SHOWN: usize = 1_000;

/// A dot.
pub(crate) struct Dot {
    /// Who or what it is.
    pub(crate) name: String,
    /// Along the drawing.
    pub(crate) x: u128,
    /// Up.
    pub(crate) y: u128,
    /// Whether something is wrong with it: it is drawn as a cross.
    pub(crate) bad: bool,
}

/// Dots by `along` and `up`; `top` is where the upper end is at least, and `mark` a line across.
pub(crate) fn scatter(
    own: Caption<'_>,
    dots: &[Dot],
    (along, up): (Measure, Measure),
    (top, mark): (u128, Option<(u128, &str)>),
) -> Markup {
    let Some(widest) = dots.iter().map(|dot| dot.x).max() else {
        return nothing(own);
    };
    let highest = dots.iter().map(|dot| dot.y).max().unwrap_or(0).max(top);
    let (x_ticks, y_ticks) = (ticks(widest), ticks(highest));
    let end = |ticks: &[u128]| ticks.last().copied().unwrap_or(1);
    let ((left, right), (above, floor)) = INNER;
    let across = Scale::new((0, end(&x_ticks)), (left, right));
    let upward = Scale::new((0, end(&y_ticks).min(highest.max(1))), (floor, above));
    let y_ticks: Vec<u128> = y_ticks
        .into_iter()
        .filter(|tick| *tick <= highest)
        .collect();
    let drawing = html! {
        (upright(&upward, &y_ticks, &up, (left, right)))
        @for tick in &x_ticks {
            text.tick x=(across.at(*tick)) y="256" text-anchor="middle" { (along.short(*tick)) }
        }
        text.tick x=(right) y="274" text-anchor="end" { (along.name) }
        @if let Some((at, words)) = mark {
            @let y = upward.at(at);
            line.threshold x1=(left) y1=(y) x2=(right) y2=(y) {}
            text.tick x=(right) y=(y - 4) text-anchor="end" { (words) }
        }
        @for dot in dots.iter().take(SHOWN) {
            @let (x, y) = (across.at(dot.x), upward.at(dot.y));
            @if dot.bad {
                path.cross d=(format!("M{} {} l8 8 m0 -8 l-8 8", x - 4, y - 4)) {
                    title { (dot.name) }
                }
            } @else {
                circle.dot cx=(x) cy=(y) r="4" { title { (dot.name) } }
            }
        }
    };
    let rows: Vec<Vec<String>> = dots
        .iter()
        .map(|dot| vec![dot.name.clone(), along.exact(dot.x), up.exact(dot.y)])
        .collect();
    let numbers = table(
        own.words,
        &[own.words.say("common.name"), along.name, up.name],
        &rows,
    );
    html! {
        (figure(own, SIZE, &drawing, &numbers))
        (cut(own.words, SHOWN, dots.len()))
    }
}
