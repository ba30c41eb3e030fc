//! A reliability diagram: how often what was said to be so probable was so.

use maud::{Markup, html};

use super::scale::Scale;
use super::{Caption, figure, nothing, table};
use crate::page::Words;

const SIDE: i64 = 320;
const INNER: ((i64, i64), (i64, i64)) = ((52, 300), (12, 260));
const WHOLE: u64 = 1_000_000;

/// Cases that were said to be about equally probable.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Bin {
    /// How many.
    pub(crate) cases: u64,
    /// How many of them were so.
    pub(crate) right: u64,
    /// Their probabilities together, parts per million.
    pub(crate) said_ppm: u64,
}

impl Bin {
    /// What was said on average, parts per million; 0 of no case.
    fn said(&self) -> u64 {
        (self.said_ppm / self.cases.max(1)).min(WHOLE)
    }

    /// What was so, parts per million; 0 of no case.
    fn was(&self) -> u64 {
        let part = u128::from(self.right.min(self.cases)) * u128::from(WHOLE);
        u64::try_from(part / u128::from(self.cases.max(1))).unwrap_or(WHOLE)
    }
}

/// Bins in the order of their probability, against the diagonal on which word and truth are one.
pub(crate) fn reliability(
    own: Caption<'_>,
    bins: &[Bin],
    percent: fn(Words, u64) -> String,
) -> Markup {
    let filled: Vec<&Bin> = bins.iter().filter(|bin| bin.cases > 0).collect();
    if filled.is_empty() {
        return nothing(own);
    }
    let ((left, right), (top, floor)) = INNER;
    let across = Scale::new((0, WHOLE.into()), (left, right));
    let upward = Scale::new((0, WHOLE.into()), (floor, top));
    let most = filled.iter().map(|bin| bin.cases).max().unwrap_or(1);
    let size = Scale::new((0, most.into()), (3, 11));
    let quarter = |place: u64| u128::from(WHOLE / 4 * place);
    let drawing = html! {
        @for place in 0..=4_u64 {
            @let (x, y) = (across.at(quarter(place)), upward.at(quarter(place)));
            line.grid x1=(left) y1=(y) x2=(right) y2=(y) {}
            text.tick x=(left - 8) y=(y + 4) text-anchor="end" { (25 * place) " %" }
            text.tick x=(x) y=(floor + 18) text-anchor="middle" { (25 * place) " %" }
        }
        line.threshold x1=(left) y1=(floor) x2=(right) y2=(top) {}
        text.tick x=(right) y=(floor + 38) text-anchor="end" { (own.words.say("chart.said-was")) }
        @for bin in &filled {
            circle.dot cx=(across.at(bin.said().into())) cy=(upward.at(bin.was().into()))
                r=(size.at(bin.cases.into())) {
                title {
                    (own.words.draw("chart.said-so",
                        &[("said", &percent(own.words, bin.said())),
                          ("so", &percent(own.words, bin.was()))]))
                }
            }
        }
    };
    let rows: Vec<Vec<String>> = filled
        .iter()
        .map(|bin| {
            vec![
                percent(own.words, bin.said()),
                percent(own.words, bin.was()),
                own.words.count(bin.cases.into()),
            ]
        })
        .collect();
    let numbers = table(
        own.words,
        &[
            own.words.say("chart.said"),
            own.words.say("chart.was-so"),
            own.words.say("chart.cases"),
        ],
        &rows,
    );
    figure(own, (SIDE, SIDE - 10), &drawing, &numbers)
}
