//! `headwater quality rank`: who is ahead among what was compared in pairs, and how surely.

mod ratings;
mod words;

use super::contest::Contest;
use super::output::Output;
use super::picture::{Interval, intervals};
use crate::cli::quality::Rank;
use anyhow::{Result, bail};
use quality::pairs::{
    Candidate, Robustness, average_win_rates, elo, fit_voters, next_pairs, order, robustness,
    win_rates,
};
use ratings::Rated;
use serde_json::{Value, json};
use table::Column;

/// Prior of the voters' model where no ridge is given: without one, votes that lose their weight
/// could leave an item without a finite rating.
const VOTER_RIDGE: f64 = 0.01;

/// Rates, and writes the result in all forms that were asked for.
pub fn run(args: &Rank) -> Result<()> {
    let contest = Contest::read(args)?;
    if args.workers.is_some() && contest.voters.is_empty() {
        bail!(
            "`--workers` needs to know who compared\n\
             hint: name the column with `--column worker=NAME`"
        );
    }
    let rated = Rated::new(&contest, args).map_err(|error| contest.refusal(&error))?;
    let standing = Standing::new(&contest, &rated);
    let items = standing.columns();
    let voters = voters(&contest, args)?;
    if let (Some(path), Some(voters)) = (&args.workers, &voters) {
        table::write::write(path, voters)?;
    }
    let picture = intervals(
        &standing.intervals(),
        "rating, 400 points = odds of 10 : 1",
        "Dots are ratings, lines their 95 % intervals. Items whose lines overlap may as well stand \
         the other way round.",
    );
    let mut json = json!({
        "items": table::write::objects(&items),
        "algorithm": rated.algorithm,
        "comparisons": contest.table.rows().len(),
        "left_out": contest.left_out,
        "tie_parameter": rated.fit.as_ref().map(|fit| fit.nu),
        "styles": rated.styles(&args.style),
        "robustness": standing.robustness.as_ref().map(|it| standing.robust(it)),
        "next": standing.next.iter().map(|pair| standing.pair(pair)).collect::<Vec<_>>(),
    });
    if let Some(voters) = &voters {
        json["workers"] = table::write::objects(voters).into();
    }
    let output = Output {
        rows: &items,
        json,
        words: standing.words(args),
        pictures: std::slice::from_ref(&picture),
        page: standing.page(std::slice::from_ref(&picture), &items, voters.as_deref()),
    };
    output.write(&args.sheets)
}

/// Ratings with what they hang on, best first.
struct Standing<'a> {
    contest: &'a Contest,
    rated: &'a Rated,
    order: Vec<u32>,
    win_rates: Vec<Option<f64>>,
    average_win_rates: Vec<Option<f64>>,
    comparisons: Vec<u32>,
    robustness: Option<Robustness>,
    next: Vec<Candidate>,
}

impl<'a> Standing<'a> {
    fn new(contest: &'a Contest, rated: &'a Rated) -> Self {
        let mut comparisons = vec![0; contest.items.len()];
        for row in contest.table.rows() {
            comparisons[row.left as usize] += 1;
            comparisons[row.right as usize] += 1;
        }
        let tally = &rated.tally;
        // Neither is told where there are too many items to weigh them up.
        let fit = rated.fit.as_ref();
        let robustness = fit.and_then(|fit| robustness(tally, rated.model, fit).ok().flatten());
        let next = fit.and_then(|fit| next_pairs(tally, rated.model, Some(fit), 3).ok());
        Self {
            contest,
            rated,
            order: order(&rated.ratings),
            win_rates: win_rates(tally),
            average_win_rates: average_win_rates(tally),
            comparisons,
            robustness,
            next: next.unwrap_or_default(),
        }
    }

    fn name(&self, item: u32) -> &str {
        &self.contest.items[item as usize]
    }

    fn columns(&self) -> Vec<Column> {
        let integers = |name, of: &dyn Fn(usize) -> u32| {
            let values = self.order.iter().map(|item| i64::from(of(*item as usize)));
            Column::integers(name, values.collect())
        };
        let reals = |name, of: &dyn Fn(usize) -> f64| {
            let values = self.order.iter().map(|item| of(*item as usize));
            Column::reals(name, values.collect())
        };
        let rated = self.rated;
        let names = self.order.iter().map(|item| self.name(*item).to_owned());
        let share = |rates: &[Option<f64>], item: usize| rates[item].unwrap_or(0.5);
        vec![
            Column::texts("item", names.collect()),
            reals("rating", &|item| elo(rated.ratings[item])),
            reals("low", &|item| rated.intervals[item].elo().low),
            reals("high", &|item| rated.intervals[item].elo().high),
            integers("best_rank", &|item| rated.ranks[item].best),
            integers("worst_rank", &|item| rated.ranks[item].worst),
            integers("comparisons", &|item| self.comparisons[item]),
            reals("win_rate", &|item| share(&self.win_rates, item)),
            reals("average_win_rate", &|item| {
                share(&self.average_win_rates, item)
            }),
        ]
    }

    fn intervals(&self) -> Vec<Interval> {
        let row = |item: &u32| {
            let interval = self.rated.intervals[*item as usize].elo();
            Interval {
                name: self.name(*item).to_owned(),
                value: elo(self.rated.ratings[*item as usize]),
                low: interval.low,
                high: interval.high,
            }
        };
        self.order.iter().map(row).collect()
    }

    fn robust(&self, found: &Robustness) -> Value {
        let removal = |it: &quality::pairs::Removal| {
            json!({
                "left": self.name(it.first),
                "right": self.name(it.second),
                "winner": match it.outcome {
                    quality::pairs::Outcome::Left => "left",
                    quality::pairs::Outcome::Right => "right",
                    quality::pairs::Outcome::Tie => "tie",
                },
                "votes": it.votes,
            })
        };
        json!({
            "top": self.name(found.top),
            "successor": self.name(found.successor),
            "votes": found.votes,
            "of": found.of,
            "removed": found.removals.iter().map(removal).collect::<Vec<_>>(),
        })
    }

    fn pair(&self, pair: &Candidate) -> Value {
        json!({
            "left": self.name(pair.first),
            "right": self.name(pair.second),
            "gain": pair.gain,
        })
    }
}

/// Who compared, how much, and how far in line with the ratings; none where nobody is named.
fn voters(contest: &Contest, args: &Rank) -> Result<Option<Vec<Column>>> {
    if contest.voters.is_empty() || args.workers.is_none() {
        return Ok(None);
    }
    let ridge = if args.ridge > 0.0 {
        args.ridge
    } else {
        VOTER_RIDGE
    };
    let found = fit_voters(&contest.table, ridge).map_err(|error| contest.refusal(&error))?;
    let mut counts = vec![0_i64; contest.voters.len()];
    for row in contest.table.rows() {
        counts[row.voter as usize] += 1;
    }
    Ok(Some(vec![
        Column::texts("worker", contest.voters.clone()),
        Column::integers("comparisons", counts),
        Column::reals("skill", found.skills),
        Column::reals("bias_left", found.biases),
    ]))
}
