//! Estimates with the range in which they probably are, one below the other.

use maud::{Markup, html};

use super::scale::Scale;
use super::{Caption, Measure, cut, figure, nothing, short, table};

const WIDTH: i64 = 560;
const STEP: i64 = 24;
const INNER: (i64, i64) = (170, 490);
/// Spans that are drawn; the table has all.
const SHOWN: usize = 40;

/// An estimate and its range.
pub(crate) struct Span {
    /// Of whom or what.
    pub(crate) name: String,
    /// What was observed.
    pub(crate) value: u128,
    /// Between which numbers it probably is.
    pub(crate) range: (u128, u128),
}

/// Spans from 0 to `most`.
pub(crate) fn intervals(own: Caption<'_>, spans: &[Span], most: u128, measure: Measure) -> Markup {
    if spans.is_empty() {
        return nothing(own);
    }
    let shown = &spans[..spans.len().min(SHOWN)];
    let scale = Scale::new((0, most), INNER);
    let height = STEP * i64::try_from(shown.len()).unwrap_or(0);
    let places = shown.iter().zip((0..).map(|place| place * STEP));
    let drawing = html! {
        @for quarter in 0..=4 {
            @let x = scale.at(most / 4 * quarter);
            line.grid x1=(x) y1="0" x2=(x) y2=(height) {}
            text.tick x=(x) y=(height + 16) text-anchor="middle" {
                (measure.short(most / 4 * quarter))
            }
        }
        @for (span, y) in places {
            @let middle = y + STEP / 2;
            text.name x=(INNER.0 - 12) y=(middle + 4) text-anchor="end" { (short(&span.name, 22)) }
            line.range x1=(scale.at(span.range.0)) y1=(middle) x2=(scale.at(span.range.1))
                y2=(middle) {}
            circle.mark.s1 cx=(scale.at(span.value)) cy=(middle) r="4" {}
            text.value x=(INNER.1 + 12) y=(middle + 4) { (measure.short(span.value)) }
        }
    };
    let rows: Vec<Vec<String>> = spans
        .iter()
        .map(|span| {
            let numbers = [span.value, span.range.0, span.range.1].map(|own| measure.exact(own));
            std::iter::once(span.name.clone()).chain(numbers).collect()
        })
        .collect();
    let numbers = table(
        own.words,
        &[
            own.words.say("common.name"),
            measure.name,
            own.words.say("chart.at-least"),
            own.words.say("chart.at-most"),
        ],
        &rows,
    );
    html! {
        (figure(own, (WIDTH, height + 24), &drawing, &numbers))
        (cut(own.words, SHOWN, spans.len()))
    }
}
