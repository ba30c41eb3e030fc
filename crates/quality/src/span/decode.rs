//! From posteriors of tags to spans with probabilities, and the workers' agreement with them.

use super::chain::Passes;
use super::crowd::Crowd;
use super::{Markings, OUTSIDE, Span, begin, kind};
use crate::consensus::to_ppm;

/// Half, the least probability of a span that is found: fewer would be more errors than hits, and
/// no two overlap.
const LEAST: f64 = 0.5;
/// A span that is less probable than this so far is not followed to longer ones.
const DEAD: f64 = 0.25;

/// A span of the consensus.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Found {
    /// Where and of which kind.
    pub span: Span,
    /// Probability that exactly this span is right, in parts per million.
    pub probability_ppm: u32,
}

/// How one worker's spans compare with the consensus, exact matches only.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Marker {
    /// Units marked.
    pub markings: u32,
    /// Spans marked.
    pub spans: u32,
    /// Spans of the consensus in the units marked.
    pub expected: u32,
    /// Spans marked that are in the consensus.
    pub hits: u32,
}

impl Marker {
    /// F1 against the consensus in parts per million; a million where neither side has spans.
    pub fn f1_ppm(&self) -> u32 {
        let all = self.spans + self.expected;
        if all == 0 {
            return crate::consensus::PPM;
        }
        to_ppm(2.0 * f64::from(self.hits) / f64::from(all))
    }
}

/// Spans of every unit.
#[derive(Clone, Debug, PartialEq)]
pub struct Spans {
    /// Per unit its spans in order of their start; `None` without a marking.
    pub units: Vec<Option<Vec<Found>>>,
    /// One entry per worker.
    pub markers: Vec<Marker>,
    /// Rounds of expectation and maximisation; 0 for a vote.
    pub iterations: u32,
}

impl Spans {
    fn new(markings: &Markings, units: Vec<Option<Vec<Found>>>, iterations: u32) -> Self {
        let mut markers = vec![Marker::default(); markings.workers as usize];
        for (unit, worker, tags) in &markings.rows {
            let marker = &mut markers[*worker as usize];
            let found = units[*unit as usize].as_deref().unwrap_or(&[]);
            let own = spell(tags);
            marker.markings += 1;
            marker.spans += own.len() as u32;
            marker.expected += found.len() as u32;
            let hit = |span: &&Span| found.iter().any(|found| found.span == **span);
            marker.hits += own.iter().filter(hit).count() as u32;
        }
        Self {
            units,
            markers,
            iterations,
        }
    }
}

/// Spans that a list of tags spells; an inside without its begin begins one.
pub(super) fn spell(tags: &[u16]) -> Vec<Span> {
    let mut spans: Vec<Span> = Vec::new();
    let mut before = OUTSIDE;
    for (token, tag) in (0..).zip(tags) {
        let goes_on =
            *tag != OUTSIDE && *tag % 2 == 0 && before != OUTSIDE && kind(before) == kind(*tag);
        match spans.last_mut() {
            Some(last) if goes_on => last.end = token + 1,
            _ if *tag == OUTSIDE => {}
            _ => spans.push(Span {
                start: token,
                end: token + 1,
                kind: kind(*tag),
            }),
        }
        before = *tag;
    }
    spans
}

/// Spans spelled by the most probable tag of each token; a span is as probable as its least
/// probable token.
pub(super) fn spelled(markings: &Markings, posteriors: &[f64], width: usize) -> Spans {
    let mut from = 0;
    let mut unit_spans = |unit: u32| {
        let tokens = markings.lengths[unit as usize] as usize;
        let rows = &posteriors[from..from + tokens * width];
        from += tokens * width;
        if markings.of_unit(unit).len() == 0 {
            return None;
        }
        let best = |row: &[f64]| {
            (0..width).fold(0, |best, tag| if row[tag] > row[best] { tag } else { best })
        };
        let tags: Vec<u16> = rows.chunks(width).map(|row| best(row) as u16).collect();
        let found = |span: Span| {
            let tokens = span.start as usize..span.end as usize;
            let p = tokens.map(|token| rows[token * width + tags[token] as usize]);
            Found {
                span,
                probability_ppm: to_ppm(p.fold(1.0, f64::min)),
            }
        };
        Some(spell(&tags).into_iter().map(found).collect())
    };
    let units = (0..markings.units()).map(&mut unit_spans).collect();
    Spans::new(markings, units, 0)
}

/// Spans of probability [`LEAST`] and more under the chain.
pub(super) fn probable(markings: &Markings, crowd: &Crowd<'_>, iterations: u32) -> Spans {
    let unit_spans = |unit: u32| {
        if markings.of_unit(unit).len() == 0 {
            return None;
        }
        if markings.lengths[unit as usize] == 0 {
            return Some(Vec::new());
        }
        let passes = crowd.chain.run(crowd.evidence(unit));
        let mut found = Vec::new();
        for token in 0..passes.scales.len() {
            for kind in 0..markings.kinds {
                found.extend(longest(crowd, &passes, token, kind));
            }
        }
        Some(found)
    };
    let units = (0..markings.units()).map(unit_spans).collect();
    Spans::new(markings, units, iterations)
}

/// The span of `kind` from `start` that is probable enough, if any: two would exclude each other.
fn longest(crowd: &Crowd<'_>, passes: &Passes, start: usize, kind: u32) -> Option<Found> {
    let width = crowd.width;
    let first = usize::from(begin(kind));
    let inside = first + 1;
    // Probability of what came before, the begin at `start` and insides up to `last`, without
    // what comes after.
    let mut open = passes.forward[start * width + first];
    let mut tag = first;
    for last in start..passes.scales.len() {
        let at = last * width;
        let so_far = open * passes.backward[at + tag];
        if so_far < DEAD {
            return None;
        }
        let next = at + width;
        let mut goes_on = 0.0;
        if last + 1 < passes.scales.len() {
            let step = crowd.chain.step(tag, inside) * passes.likely[next + inside];
            goes_on = open * step / passes.scales[last + 1];
        }
        let longer = goes_on * passes.backward.get(next + inside).copied().unwrap_or(0.0);
        let ends = so_far - longer;
        if ends >= LEAST {
            return Some(Found {
                span: Span {
                    start: start as u32,
                    end: last as u32 + 1,
                    kind,
                },
                probability_ppm: to_ppm(ends),
            });
        }
        open = goes_on;
        tag = inside;
    }
    None
}
