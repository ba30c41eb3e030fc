//! Where money came from and went: a Sankey diagram with one middle.

use std::collections::BTreeMap;

use maud::{Markup, html};

use super::{Caption, count, figure, nothing, short, table};
use crate::page::Words;

const WIDTH: i64 = 720;
/// Room for names on each side.
const NAMES: i64 = 180;
const TALL: i64 = 220;
/// Room between two links at the outer side.
const GAP: i64 = 22;
/// Links of each side that are drawn; the rest is one more, and the table has all.
const SHOWN: usize = 12;
const MIDDLE: i64 = WIDTH / 2;

/// Money that has moved, into the middle or out of it.
pub(crate) struct Flow {
    /// At the other end.
    pub(crate) name: String,
    /// Where that end has a page.
    pub(crate) path: Option<String>,
    /// Whether it came in.
    pub(crate) came: bool,
    /// Why, in a word.
    pub(crate) why: String,
    /// How much, base units.
    pub(crate) units: u128,
}

/// A link as it is drawn: name, place outside, thickness, place at the middle.
struct Link {
    name: String,
    outer: i64,
    thick: i64,
    inner: i64,
}

/// Flows as links that are as thick as their part of the larger side.
pub(crate) fn sankey(
    own: Caption<'_>,
    (middle, flows): (&str, &[Flow]),
    exact: fn(Words, u128) -> String,
) -> Markup {
    let sides = [true, false].map(|came| side(own.words, flows, came));
    let sum = |side: &[(String, u128)]| {
        let units = side.iter().map(|(_, units)| *units);
        units.fold(0_u128, u128::saturating_add)
    };
    let most = sides.iter().map(|side| sum(side)).max().unwrap_or(0);
    if most == 0 {
        return nothing(own);
    }
    let placed = sides.map(|side| stacked(side, most));
    let end = |links: &Vec<Link>| links.last().map_or(0, |link| link.outer + link.thick);
    let height = placed.iter().map(end).max().unwrap_or(0).max(TALL) + 28;
    let drawing = html! {
        rect.middle x=(MIDDLE - 6) y="4" width="12" height=(TALL) {}
        text.name x=(MIDDLE) y=(TALL + 22) text-anchor="middle" { (short(middle, 34)) }
        @for (place, links) in placed.iter().enumerate() {
            @for link in links {
                @let at = link.outer + link.thick / 2;
                @let inner = link.inner + link.thick / 2;
                @if place == 0 {
                    (curve((NAMES, at), (MIDDLE - 6, inner), link.thick, "s1"))
                    text.name x=(NAMES - 8) y=(at + 4) text-anchor="end" { (short(&link.name, 22)) }
                } @else {
                    (curve((MIDDLE + 6, inner), (WIDTH - NAMES, at), link.thick, "s2"))
                    text.name x=(WIDTH - NAMES + 8) y=(at + 4) { (short(&link.name, 22)) }
                }
            }
        }
    };
    figure(
        own,
        (WIDTH, height),
        &drawing,
        &numbers(own.words, flows, middle, exact),
    )
}

/// Sums by name, the largest first; those beyond the limit are one.
fn side(words: Words, flows: &[Flow], came: bool) -> Vec<(String, u128)> {
    let mut sums: BTreeMap<&str, u128> = BTreeMap::new();
    for flow in flows.iter().filter(|flow| flow.came == came) {
        let sum = sums.entry(&flow.name).or_default();
        *sum = sum.saturating_add(flow.units);
    }
    let mut all: Vec<(String, u128)> = sums
        .into_iter()
        .filter(|(_, units)| *units > 0)
        .map(|(name, units)| (name.to_owned(), units))
        .collect();
    all.sort_by(|one, other| other.1.cmp(&one.1).then_with(|| one.0.cmp(&other.0)));
    if all.len() > SHOWN {
        let rest = all.split_off(SHOWN - 1);
        let units = rest.iter().map(|(_, units)| *units);
        let units = units.fold(0_u128, u128::saturating_add);
        all.push((
            words.fill("chart.others", &[("count", &count(words, rest.len()))]),
            units,
        ));
    }
    all
}

/// Links below each other; at the middle they touch, and together they are as tall as their sum.
fn stacked(sums: Vec<(String, u128)>, most: u128) -> Vec<Link> {
    let scale = super::scale::Scale::new((0, most), (0, TALL));
    let (mut outer, mut before) = (4, 0_u128);
    let mut links = Vec::new();
    for (name, units) in sums {
        let inner = scale.at(before);
        before = before.saturating_add(units);
        let thick = (scale.at(before) - inner).max(1);
        links.push(Link {
            name,
            outer,
            thick,
            inner: inner.min(TALL - 1) + 4,
        });
        outer += thick + GAP;
    }
    links
}

fn curve(from: (i64, i64), to: (i64, i64), thick: i64, class: &str) -> Markup {
    let middle = i64::midpoint(from.0, to.0);
    let path = format!(
        "M{} {} C{middle} {}, {middle} {}, {} {}",
        from.0, from.1, from.1, to.1, to.0, to.1
    );
    html! { path.flow.(class) d=(path) stroke-width=(thick) {} }
}

fn numbers(words: Words, flows: &[Flow], middle: &str, exact: fn(Words, u128) -> String) -> Markup {
    let linked = flows.iter().any(|flow| flow.path.is_some());
    let row = |flow: &Flow| {
        let (from, to) = if flow.came {
            (flow.name.as_str(), middle)
        } else {
            (middle, flow.name.as_str())
        };
        vec![
            from.to_owned(),
            to.to_owned(),
            flow.why.clone(),
            exact(words, flow.units),
        ]
    };
    let rows: Vec<Vec<String>> = flows.iter().map(row).collect();
    html! {
        (table(
            words,
            &[
                words.say("chart.from"),
                words.say("common.to"),
                words.say("chart.as"),
                words.say("earnings.amount"),
            ],
            &rows,
        ))
        @if linked {
            p.quiet { (words.say("chart.lead-to")) " "
                @for flow in flows.iter().filter(|flow| flow.path.is_some()).take(40) {
                    @if let Some(path) = &flow.path { a href=(path) { (flow.name) } " " }
                }
            }
        }
    }
}
