//! Tables on a terminal: names to the left, numbers to the right, as wide as what they hold.

use crate::words::Paint;

/// Rows of text under headings.
#[derive(Debug, Clone, Default)]
pub struct Grid {
    headings: Vec<(String, Side)>,
    rows: Vec<Vec<String>>,
}

/// To which side of its column a text stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// Names.
    Left,
    /// Numbers.
    Right,
}

/// The widest a column gets, in characters; longer texts are cut.
const WIDEST: usize = 36;

impl Grid {
    /// A table without rows.
    pub fn new(headings: &[(&str, Side)]) -> Self {
        let headings = headings
            .iter()
            .map(|(text, side)| ((*text).to_owned(), *side));
        Self {
            headings: headings.collect(),
            rows: Vec::new(),
        }
    }

    /// Adds a row, a text per heading.
    pub fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        self.rows
            .push(cells.into_iter().map(|cell| cut(&cell)).collect());
    }

    /// The table with two blanks before each column, a line per row.
    pub fn lines(&self, paint: Paint) -> String {
        let width = |column: usize| {
            let cells = self.rows.iter().map(|row| row[column].chars().count());
            cells
                .chain([self.headings[column].0.chars().count()])
                .max()
                .unwrap_or(0)
        };
        let widths: Vec<usize> = (0..self.headings.len()).map(width).collect();
        let line = |cells: &[String]| {
            let mut line = String::new();
            for ((cell, (_, side)), width) in cells.iter().zip(&self.headings).zip(&widths) {
                let gap = " ".repeat(width - cell.chars().count());
                line += "  ";
                line += &match side {
                    Side::Left => format!("{cell}{gap}"),
                    Side::Right => format!("{gap}{cell}"),
                };
            }
            line.trim_end().to_owned() + "\n"
        };
        let headings: Vec<String> = self.headings.iter().map(|(text, _)| text.clone()).collect();
        let body: String = self.rows.iter().map(|row| line(row)).collect();
        paint.dim(line(&headings).trim_end_matches('\n')) + "\n" + &body
    }
}

/// A text on one line, shortened in the middle of nowhere but at its end.
fn cut(text: &str) -> String {
    let clean: String = text
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    if clean.chars().count() <= WIDEST {
        return clean;
    }
    clean.chars().take(WIDEST - 1).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_what_they_hold() {
        let mut grid = Grid::new(&[("worker", Side::Left), ("answers", Side::Right)]);
        grid.row(["w1".to_owned(), "1,200".to_owned()]);
        grid.row(["x".repeat(50), "3".to_owned()]);
        let lines = grid.lines(Paint::new());
        let wide = format!("  {}…        3", "x".repeat(35));
        let first = format!("  w1{}    1,200", " ".repeat(34));
        assert_eq!(lines.lines().skip(1).collect::<Vec<_>>(), [first, wide]);
    }
}
