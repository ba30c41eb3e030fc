//! A matrix of counts as a heat map: the darker, the more of its row.

use maud::{Markup, html};

use super::{Caption, count, figure, nothing, short, table};

const WIDTH: i64 = 560;
const LEFT: i64 = 130;
const TOP: i64 = 40;
/// Rows and columns that are drawn; the table has all.
const SHOWN: usize = 16;
/// Steps of darkness.
const STEPS: u128 = 8;

/// Counts by row and column.
pub(crate) struct Matrix<'a> {
    /// What rows are, and what columns are.
    pub(crate) axes: (&'a str, &'a str),
    /// Their names.
    pub(crate) names: (&'a [String], &'a [String]),
    /// A list for each row, a count for each column; what is missing is 0.
    pub(crate) counts: &'a [Vec<u64>],
}

impl Matrix<'_> {
    fn at(&self, row: usize, column: usize) -> u64 {
        let row = self.counts.get(row);
        row.and_then(|row| row.get(column)).copied().unwrap_or(0)
    }

    /// How dark a cell is: its part of its row, rounded up, so that what occurs is seen.
    fn step(&self, row: usize, column: usize) -> u128 {
        let counts = self.counts.get(row).into_iter().flatten();
        let sum: u128 = counts.map(|count| u128::from(*count)).sum();
        let own = u128::from(self.at(row, column));
        own.saturating_mul(STEPS).div_ceil(sum.max(1)).min(STEPS)
    }
}

/// The heat map of a matrix.
pub(crate) fn heat(own: Caption<'_>, matrix: &Matrix<'_>) -> Markup {
    let (rows, columns) = matrix.names;
    let any = matrix.counts.iter().flatten().any(|count| *count > 0);
    if !any || rows.is_empty() || columns.is_empty() {
        return nothing(own);
    }
    let (tall, wide) = (rows.len().min(SHOWN), columns.len().min(SHOWN));
    let side = (WIDTH - LEFT - 10) / i64::try_from(wide).unwrap_or(1);
    let (side, line) = (side.min(120), 36);
    let x = |column: usize| LEFT + side * i64::try_from(column).unwrap_or(0);
    let y = |row: usize| TOP + line * i64::try_from(row).unwrap_or(0);
    let letters = usize::try_from(side / 8).unwrap_or(4).max(3);
    let drawing = html! {
        text.tick x="0" y="14" { (matrix.axes.0) " ↓  " (matrix.axes.1) " →" }
        @for (column, name) in columns.iter().take(wide).enumerate() {
            text.name x=(x(column) + side / 2) y=(TOP - 8) text-anchor="middle" {
                (short(name, letters))
            }
        }
        @for (row, name) in rows.iter().take(tall).enumerate() {
            text.name x=(LEFT - 8) y=(y(row) + 22) text-anchor="end" { (short(name, 20)) }
            @for column in 0..wide {
                @let step = format!("h{}", matrix.step(row, column));
                rect.cell.(step) x=(x(column) + 1) y=(y(row) + 1) width=(side - 2)
                    height=(line - 2) rx="3" {}
                text.value x=(x(column) + side / 2) y=(y(row) + 22) text-anchor="middle" {
                    (own.words.decimal(&super::scale::short(matrix.at(row, column).into(), 1)))
                }
            }
        }
    };
    let mut heads = vec![matrix.axes.0];
    heads.extend(columns.iter().map(String::as_str));
    let cells = |row: usize| (0..columns.len()).map(move |column| matrix.at(row, column));
    let numbers: Vec<Vec<String>> = rows
        .iter()
        .enumerate()
        .map(|(row, name)| {
            let cells = cells(row).map(|cell| own.words.count(cell.into()));
            std::iter::once(name.clone()).chain(cells).collect()
        })
        .collect();
    let size = (WIDTH, y(tall) + 4);
    html! {
        (figure(own, size, &drawing, &table(own.words, &heads, &numbers)))
        @if tall < rows.len() || wide < columns.len() {
            p.quiet {
                (own.words.draw("chart.drawn-corner",
                    &[("tall", &tall), ("wide", &wide), ("rows", &count(own.words, rows.len())),
                      ("columns", &count(own.words, columns.len()))]))
            }
        }
    }
}
