//! Lines over time or any other rising number, each with a band around it where one is known.

use maud::{Markup, html};

use super::scale::{Scale, ticks, upright};
use super::{Caption, Measure, figure, nothing, series, short, table};
use crate::page::Words;

const SIZE: (i64, i64) = (720, 240);
/// Where the drawing itself begins and ends.
const INNER: ((i64, i64), (i64, i64)) = ((72, 704), (12, 208));
/// Lines with so few points have a mark at each.
const MARKED: usize = 40;

/// A named line, its points ascending in `x`.
pub(crate) struct Line<'a> {
    /// What it is called in the key and the table.
    pub(crate) name: &'a str,
    /// Where it goes.
    pub(crate) points: Vec<Point>,
}

/// A place of a line.
#[derive(Clone, Copy)]
pub(crate) struct Point {
    /// Along the drawing.
    pub(crate) x: u64,
    /// Up.
    pub(crate) y: u128,
    /// Between which numbers `y` probably is.
    pub(crate) band: Option<(u128, u128)>,
}

/// Lines in one drawing; `along` writes an `x`, whose name is `x_name`.
pub(crate) fn lines(
    own: Caption<'_>,
    lines: &[Line<'_>],
    (x_name, along): (&str, fn(Words, u64) -> String),
    up: Measure,
) -> Markup {
    let points = || lines.iter().flat_map(|line| &line.points);
    let (Some(first), Some(last)) = (points().map(|it| it.x).min(), points().map(|it| it.x).max())
    else {
        return nothing(own);
    };
    let most = points().map(|it| it.band.map_or(it.y, |band| band.1.max(it.y)));
    let ticks = ticks(most.max().unwrap_or(0));
    let top = ticks.last().copied().unwrap_or(1);
    let ((left, right), (up_to, floor)) = INNER;
    let across = Scale::new((first.into(), last.into()), (left, right));
    let upward = Scale::new((0, top), (floor, up_to));
    let place = |point: &Point| (across.at(point.x.into()), upward.at(point.y));
    let drawing = html! {
        (upright(&upward, &ticks, &up, (left, right)))
        text.tick x=(left) y="228" { (along(own.words, first)) }
        @if last > first {
            text.tick x=(right) y="228" text-anchor="end" { (along(own.words, last)) }
        }
        @for (number, line) in lines.iter().enumerate() {
            @let class = series(number);
            @if let Some(path) = band(&line.points, &across, &upward) {
                path.band.(class) d=(path) {}
            }
            polyline.line.(class) points=(path(line.points.iter().map(place))) {}
            @if line.points.len() <= MARKED {
                @for (x, y) in line.points.iter().map(place) {
                    circle.mark.(class) cx=(x) cy=(y) r="3" {}
                }
            }
        }
    };
    let key = html! {
        @if lines.len() > 1 {
            p.key { @for (number, line) in lines.iter().enumerate() {
                span.(series(number)) { (short(line.name, 40)) } " "
            } }
        }
    };
    let rows: Vec<Vec<String>> = lines
        .iter()
        .flat_map(|line| rows(line, along, up))
        .collect();
    let heads = [
        x_name,
        own.words.say("chart.line"),
        up.name,
        own.words.say("chart.between"),
    ];
    html! { (figure(own, SIZE, &drawing, &table(own.words, &heads, &rows))) (key) }
}

fn rows(line: &Line<'_>, along: fn(Words, u64) -> String, up: Measure) -> Vec<Vec<String>> {
    let row = |point: &Point| {
        let band = point.band;
        let band = band.map(|(low, high)| format!("{} – {}", up.exact(low), up.exact(high)));
        vec![
            along(up.words, point.x),
            line.name.to_owned(),
            up.exact(point.y),
            band.unwrap_or_default(),
        ]
    };
    line.points.iter().map(row).collect()
}

fn path(places: impl Iterator<Item = (i64, i64)>) -> String {
    let places: Vec<String> = places.map(|(x, y)| format!("{x},{y}")).collect();
    places.join(" ")
}

/// The outline of a band: its lower edge there, its upper edge back.
fn band(points: &[Point], across: &Scale, upward: &Scale) -> Option<String> {
    let known: Vec<(i64, (u128, u128))> = points
        .iter()
        .filter_map(|point| Some((across.at(point.x.into()), point.band?)))
        .collect();
    if known.len() < 2 {
        return None;
    }
    let low = known.iter().map(|(x, band)| (*x, upward.at(band.0)));
    let high = known.iter().rev().map(|(x, band)| (*x, upward.at(band.1)));
    let places: Vec<String> = low.chain(high).map(|(x, y)| format!("{x} {y}")).collect();
    Some(format!("M{} Z", places.join(" L")))
}
