//! Pictures drawn by the server: SVG from whole numbers, each with its words and a table behind it.
//!
//! A drawing has classes and no styles (`static/chart.css`), so that it follows the theme, prints,
//! and needs neither script nor an exception from the pages' policy. Places are whole units of the
//! drawing: whatever comes in, nothing is ever no number. Text of others is escaped by the markup.

mod bars;
mod dag;
mod heat;
mod interval;
mod line;
mod reliability;
mod sankey;
mod scale;
mod scatter;
#[cfg(test)]
mod tests;

use maud::{Markup, html};

use crate::page::Words;

pub(crate) use bars::{Bar, bars};
pub(crate) use dag::{Dag, Edge, Node, dag};
pub(crate) use heat::{Matrix, heat};
pub(crate) use interval::{Span, intervals};
pub(crate) use line::{Line, Point, lines};
pub(crate) use reliability::{Bin, reliability};
pub(crate) use sankey::{Flow, sankey};
pub(crate) use scatter::{Dot, scatter};

/// Most rows of the table behind a drawing.
const ROWS: usize = 1_000;

/// The words around a drawing.
#[derive(Clone, Copy)]
pub(crate) struct Caption<'a> {
    /// The language of what a drawing says by itself.
    pub(crate) words: Words,
    /// Its name on the page, which no other element has: letters, digits, hyphens.
    pub(crate) id: &'a str,
    /// What it is of.
    pub(crate) title: &'a str,
    /// What its marks mean, in a sentence.
    pub(crate) says: &'a str,
    /// What stands in its place where there is nothing to draw.
    pub(crate) empty: &'a str,
}

/// How the numbers of an axis are written.
#[derive(Clone, Copy)]
pub(crate) struct Measure {
    /// The language in which they are written.
    pub(crate) words: Words,
    /// What they count.
    pub(crate) name: &'static str,
    /// How many make a whole one at the axis.
    pub(crate) whole: u128,
    /// Stands behind a number at the axis.
    pub(crate) sign: &'static str,
    /// The number in full, for the table.
    pub(crate) exact: fn(Words, u128) -> String,
}

impl Measure {
    fn short(&self, value: u128) -> String {
        let short = self.words.decimal(&scale::short(value, self.whole));
        format!("{short}{}", self.sign)
    }

    fn exact(&self, value: u128) -> String {
        (self.exact)(self.words, value)
    }
}

/// A drawing of so many units, with its words, and its numbers behind a summary.
fn figure(own: Caption<'_>, size: (i64, i64), drawing: &Markup, numbers: &Markup) -> Markup {
    let (title, says) = (format!("{}-title", own.id), format!("{}-says", own.id));
    html! {
        figure.chart id=(own.id) {
            (caption(own))
            // On a phone a drawing is wider than the screen, and is moved by keys too.
            div.drawing tabindex="0" role="group" aria-label=(own.title) {
                svg viewBox={ "0 0 " (size.0) " " (size.1) } role="img"
                    aria-labelledby={ (title) " " (says) } {
                    title id=(title) { (own.title) }
                    desc id=(says) { (own.says) " " (own.words.say("chart.numbers-below")) }
                    (drawing)
                }
            }
            (behind(own, numbers))
        }
    }
}

fn caption(own: Caption<'_>) -> Markup {
    html! { figcaption { strong { (own.title) } " " span.quiet { (own.says) } } }
}

fn behind(own: Caption<'_>, numbers: &Markup) -> Markup {
    html! {
        details.numbers {
            summary {
                (own.words.say("chart.numbers"))
                span.unseen { ": " (own.title) }
            }
            (numbers)
        }
    }
}

fn nothing(own: Caption<'_>) -> Markup {
    html! {
        figure.chart id=(own.id) {
            figcaption { strong { (own.title) } }
            p.empty { (own.empty) }
        }
    }
}

/// A table whose first column names its rows.
fn table(words: Words, heads: &[&str], rows: &[Vec<String>]) -> Markup {
    html! {
        div.scroll {
            table {
                thead { tr {
                    @for (place, head) in heads.iter().enumerate() {
                        @if place == 0 { th scope="col" { (head) } }
                        @else { th.num scope="col" { (head) } }
                    }
                } }
                tbody { @for row in rows.iter().take(ROWS) {
                    tr { @for (place, cell) in row.iter().enumerate() {
                        @if place == 0 { th scope="row" { (cell) } }
                        @else { td.num { (cell) } }
                    } }
                } }
            }
        }
        @if rows.len() > ROWS {
            @let (shown, all) = (count(words, ROWS), count(words, rows.len()));
            p.quiet { (words.fill("chart.first-rows", &[("shown", &shown), ("all", &all)])) }
        }
    }
}

/// A count within a sentence.
fn count(words: Words, number: usize) -> String {
    words.count(number as u128)
}

/// What is said where not all is drawn.
fn cut(words: Words, shown: usize, all: usize) -> Markup {
    html! {
        @if all > shown {
            p.quiet {
                (words.draw("chart.drawn-are-the-first",
                    &[("shown", &count(words, shown)), ("all", &count(words, all))]))
            }
        }
    }
}

/// The beginning of a name that is too long for its place; a Chinese letter takes that of two.
fn short(words: &str, letters: usize) -> String {
    let mut wide = 0;
    for (end, letter) in words.char_indices() {
        wide += if letter < '\u{2e80}' { 1 } else { 2 };
        if wide > letters {
            return format!("{}…", &words[..end]);
        }
    }
    words.to_owned()
}

/// The class of the n-th series; there are eight colours, each with a dash of its own.
fn series(place: usize) -> String {
    format!("s{}", place % 8 + 1)
}
