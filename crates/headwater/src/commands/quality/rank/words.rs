//! A ranking for people: on a terminal and on a page.

use super::super::grid::{Grid, Side};
use super::super::page::Page;
use super::super::picture::Picture;
use super::super::span::span;
use super::Standing;
use crate::cli::quality::Rank;
use crate::words::{Paint, count, plural};
use quality::pairs::{RankInterval, elo};
use std::fmt::Write as _;
use table::Column;

/// Rows on a terminal.
const SHOWN: usize = 60;

impl Standing<'_> {
    fn size(&self) -> String {
        let contest = self.contest;
        let by = match contest.voters.len() as u64 {
            0 => String::new(),
            voters => format!(" by {}", plural(voters, "worker")),
        };
        format!(
            "{}{by} of {}",
            plural(contest.table.rows().len() as u64, "comparison"),
            plural(contest.items.len() as u64, "item"),
        )
    }

    /// What is printed without `--json`.
    pub fn words(&self, args: &Rank) -> String {
        let paint = Paint::new();
        let mut text = format!("{}\n", paint.bold(&self.size()));
        let mut line = |name: &str, value: &str| {
            // Writing to a string cannot fail.
            writeln!(text, "  {name:<11} {value}").ok();
        };
        line("method", &self.rated.algorithm);
        if let Some(fit) = self.rated.fit.as_ref().filter(|fit| fit.nu > 0.0) {
            let share = fit.nu / (2.0 + fit.nu) * 100.0;
            line("ties", &format!("{share:.1} % between equals"));
        }
        if self.contest.left_out > 0 {
            let items = plural(self.contest.left_out as u64, "item");
            line("left out", &format!("{items} not connected with these"));
        }
        if self.rated.separated > 0 {
            let draws = plural(u64::from(self.rated.separated), "resample");
            line(
                "resamples",
                &format!("{draws} determined no ratings and got a ridge of 0.1"),
            );
        }
        for (name, coefficient, error) in self.rated.coefficients(&args.style) {
            line(
                "style",
                &format!("{name} {coefficient:+.4} ± {:.4}", 1.96 * error),
            );
        }
        text += &format!("\n{}\n", paint.bold("Ranks"));
        text += &self.grid().lines(paint);
        if self.order.len() > SHOWN {
            let more = plural((self.order.len() - SHOWN) as u64, "item");
            text += &format!("  and {more} below\n");
        }
        text += &self.advice(paint);
        text
    }

    fn grid(&self) -> Grid {
        let mut grid = Grid::new(&[
            ("rank", Side::Right),
            ("item", Side::Left),
            ("rating", Side::Right),
            ("95 %", Side::Left),
            ("", Side::Left),
            ("comparisons", Side::Right),
        ]);
        let intervals = self.intervals();
        let low = intervals
            .iter()
            .fold(f64::INFINITY, |low, it| low.min(it.low));
        let high = intervals
            .iter()
            .fold(f64::NEG_INFINITY, |high, it| high.max(it.high));
        for (item, it) in self.order.iter().zip(&intervals).take(SHOWN) {
            grid.row([
                ranks(self.rated.ranks[*item as usize]),
                it.name.clone(),
                format!("{:.1}", it.value),
                format!("{:.0} to {:.0}", it.low, it.high),
                span([it.low, it.value, it.high], [low, high]),
                count(u128::from(self.comparisons[*item as usize])),
            ]);
        }
        grid
    }

    /// How little the first place hangs on, and what to compare next.
    fn advice(&self, paint: Paint) -> String {
        let mut text = String::new();
        if let Some(found) = &self.robustness {
            text += &format!(
                "\n{}\n  {}\n",
                paint.bold("Robustness"),
                self.hangs_on(found)
            );
        }
        if !self.next.is_empty() {
            text += &format!("\n{}\n", paint.bold("Compare next"));
            let mut grid = Grid::new(&[
                ("left", Side::Left),
                ("right", Side::Left),
                ("uncertainty taken away", Side::Right),
            ]);
            for pair in &self.next {
                grid.row([
                    self.name(pair.first).to_owned(),
                    self.name(pair.second).to_owned(),
                    format!("{:.2} %", pair.gain * 100.0),
                ]);
            }
            text += &grid.lines(paint);
        }
        text
    }

    fn hangs_on(&self, found: &quality::pairs::Robustness) -> String {
        let votes = plural(u64::from(found.votes), "comparison");
        let share = f64::from(found.votes) / found.of as f64 * 100.0;
        format!(
            "without {votes} ({share:.2} %), `{}` would be first instead of `{}`",
            self.name(found.successor),
            self.name(found.top),
        )
    }

    /// The page of `--report`.
    pub fn page<'b>(
        &self,
        pictures: &'b [Picture],
        items: &'b [Column],
        voters: Option<&'b [Column]>,
    ) -> Page<'b> {
        let mut findings = Vec::new();
        if let Some(first) = self.order.first() {
            let rating = elo(self.rated.ratings[*first as usize]);
            let rank = ranks(self.rated.ranks[*first as usize]);
            findings.push((
                self.name(*first).to_owned(),
                format!("is first, with a rating of {rating:.0} and a rank of {rank}"),
            ));
        }
        findings.push((
            count(self.contest.table.rows().len() as u128),
            format!("comparisons of {}", plural(self.order.len() as u64, "item")),
        ));
        if let Some(found) = &self.robustness {
            let meaning = "comparisons less would put another item first".to_owned();
            findings.push((count(u128::from(found.votes)), meaning));
        }
        let mut tables = vec![("Items", items)];
        tables.extend(voters.map(|voters| ("Workers", voters)));
        Page {
            title: "Who is ahead".to_owned(),
            findings,
            pictures,
            tables,
            small_print: vec![
                format!("{}. Method: {}.", self.size(), self.rated.algorithm),
                "400 points of rating are odds of 10 : 1; the mean of all items is 1,000. Only \
                 differences mean something."
                    .to_owned(),
                "Intervals tell what other voters of the same kind would have changed. They do not \
                 tell of voters who work together: see how few comparisons hold up the first place."
                    .to_owned(),
            ],
        }
    }
}

/// `3` or `2-5`.
fn ranks(rank: RankInterval) -> String {
    if rank.best == rank.worst {
        return rank.best.to_string();
    }
    format!("{}-{}", rank.best, rank.worst)
}
