//! A table of comparisons, as `quality rank` takes it: numbered items and voters, outcomes.

use super::answers::{read, want};
use crate::cli::quality::Rank;
use anyhow::{Result, bail};
use quality::pairs::{
    Comparison, Comparisons, Error, Groups, Outcome, Styles, Tally, connected, mutual,
};
use std::collections::BTreeMap;
use table::error::{listed, quoted};
use table::{Coded, Sheet, Want};

const LEFT: Want<'static> = want("left", "what was shown on the left");
const RIGHT: Want<'static> = want("right", "what was shown on the right");
const WINNER: Want<'static> = want("winner", "`left`, `right`, `tie` or a name");

/// A column that a file may have.
const fn optional(role: &'static str, means: &'static str) -> Want<'static> {
    Want {
        needed: false,
        ..want(role, means)
    }
}

/// Comparisons with the names behind their numbers.
pub struct Contest {
    /// Items sorted by their bytes.
    pub items: Vec<String>,
    /// Voters sorted by their bytes; empty where the table names none.
    pub voters: Vec<String>,
    /// The comparisons in the order of the rows.
    pub table: Comparisons,
    /// Covariates, where some were asked for.
    pub styles: Option<Styles>,
    /// Items left out because they are not connected with the largest group.
    pub left_out: usize,
    sheet: Sheet,
}

impl Contest {
    /// Reads the comparisons, with the columns of `--style` as covariates.
    ///
    /// # Errors
    /// Those of the table; blank names, an unknown winner, an item compared with itself, a weight
    /// below 0; no comparisons at all.
    pub fn read(args: &Rank) -> Result<Self> {
        let mut wanted = vec![
            LEFT,
            RIGHT,
            WINNER,
            optional("worker", "who compared"),
            optional("weight", "how much the comparison counts"),
            optional("task", "what the comparison was about"),
        ];
        for style in &args.style {
            wanted.push(Want {
                role: style,
                column: style,
                needed: true,
                means: "what left has more of than right",
            });
        }
        let sheet = read(&args.sheets.file, &args.sheets, &wanted, false)?;
        if sheet.rows() == 0 {
            let hint = "a table to rank has one row for each comparison";
            return Err(sheet.refuse("there are no comparisons", hint).into());
        }
        let items = names(&[sheet.column("left"), sheet.column("right")]);
        let voters = sheet.find("worker").map(|column| names(&[column]));
        let voters = voters.unwrap_or_default();
        let rows = rows(&sheet, &items, &voters)?;
        let counts = [items.len() as u32, voters.len().max(1) as u32];
        let table = Comparisons::new(counts[0], counts[1], rows);
        let mut table = table.map_err(|error| named(&sheet, &error))?;
        if let Some(column) = sheet.find("weight") {
            let weights = sheet.numbers(column)?;
            table = table
                .with_weights(weights)
                .map_err(|error| named(&sheet, &error))?;
        }
        let mut contest = Self {
            styles: styles(&sheet, &table, &args.style)?,
            items,
            voters,
            table,
            left_out: 0,
            sheet,
        };
        if args.largest {
            contest.keep_largest()?;
        }
        Ok(contest)
    }

    /// Leaves out all items that are not connected with the largest group.
    fn keep_largest(&mut self) -> Result<()> {
        let kept = connected(&Tally::of(&self.table)?).largest();
        if kept.len() == self.items.len() {
            return Ok(());
        }
        if self.styles.is_some() {
            bail!(
                "`--largest` does not go with `--style`\n\
                 hint: remove the other groups from the table"
            );
        }
        self.left_out = self.items.len() - kept.len();
        let mut place = vec![None; self.items.len()];
        for (new, old) in (0_u32..).zip(&kept) {
            place[*old as usize] = Some(new);
        }
        let (mut rows, mut weights) = (Vec::new(), Vec::new());
        for (at, row) in self.table.rows().iter().enumerate() {
            let places = (place[row.left as usize], place[row.right as usize]);
            if let (Some(left), Some(right)) = places {
                rows.push(Comparison {
                    left,
                    right,
                    ..*row
                });
                weights.push(self.table.weight(at));
            }
        }
        let weighted = self.table.weights().is_some();
        self.items = kept
            .iter()
            .map(|item| self.items[*item as usize].clone())
            .collect();
        let table = Comparisons::new(self.items.len() as u32, self.table.voters(), rows)?;
        self.table = if weighted {
            table.with_weights(weights)?
        } else {
            table
        };
        Ok(())
    }

    /// Why the comparisons give no ratings, with what can be done about it.
    pub fn refusal(&self, error: &Error) -> anyhow::Error {
        let groups = |find: fn(&Tally) -> Groups| match Tally::of(&self.table) {
            Ok(tally) => self.others(&find(&tally)),
            Err(_) => String::new(),
        };
        let hint = match error {
            Error::Disconnected { .. } => format!(
                "the largest group does not meet {}; compare some of them, or rank the largest \
                 group alone with `--largest`",
                groups(connected)
            ),
            Error::Separated { .. } => format!(
                "look at {}; collect comparisons with other outcomes, or pull ratings together \
                 with `--ridge 0.1`",
                groups(mutual)
            ),
            Error::TiesUnbounded => {
                "count ties as halves with `--ties half`, or collect more comparisons with a winner"
                    .to_owned()
            }
            Error::Unidentified => "leave a `--style` column out, or give a `--ridge`".to_owned(),
            Error::Setting { .. } => "a ridge is a number from 0 to 1,000,000".to_owned(),
            Error::TooLarge { .. } => {
                "rank fewer items at once, or use `--interval bootstrap`".to_owned()
            }
            _ => "give a `--ridge` such as 0.1".to_owned(),
        };
        self.sheet.refuse(&error.to_string(), &hint).into()
    }

    /// Names of the items outside of the largest group.
    fn others(&self, groups: &Groups) -> String {
        let largest = groups.largest();
        let outside = (0..).zip(&self.items);
        let outside = outside.filter(|(item, _)| largest.binary_search(item).is_err());
        listed(outside.map(|(_, name)| name.as_str()))
    }
}

fn names(columns: &[&Coded]) -> Vec<String> {
    let mut names: Vec<String> = columns
        .iter()
        .flat_map(|column| column.values.iter().cloned())
        .collect();
    names.sort_unstable();
    names.dedup();
    names
}

fn rows(sheet: &Sheet, items: &[String], voters: &[String]) -> Result<Vec<Comparison>> {
    let codes = |column: &Coded, names: &[String]| -> Vec<u32> {
        let places: BTreeMap<&str, u32> = names.iter().map(String::as_str).zip(0..).collect();
        let values = column.values.iter();
        values.map(|name| places[name.as_str()]).collect()
    };
    let (left, right) = (sheet.column("left"), sheet.column("right"));
    let winner = sheet.column("winner");
    let places = [codes(left, items), codes(right, items)];
    let worker = sheet
        .find("worker")
        .map(|column| (column, codes(column, voters)));
    let mut rows = Vec::with_capacity(sheet.rows());
    for row in 0..sheet.rows() {
        let (a, b) = (left.text(row), right.text(row));
        if a.trim().is_empty() || b.trim().is_empty() {
            let hint = "name both items, or remove the row";
            return Err(sheet.fault(row, "an item has no name", hint).into());
        }
        let Some(outcome) = outcome(winner.text(row), a, b) else {
            let what = format!(
                "the winner {} is neither left, right, tie nor one of {}",
                quoted(winner.text(row)),
                listed([a, b])
            );
            let hint = "write `left`, `right`, `tie` or the name as the row spells it";
            return Err(sheet.fault(row, &what, hint).into());
        };
        rows.push(Comparison {
            left: places[0][left.codes[row] as usize],
            right: places[1][right.codes[row] as usize],
            outcome,
            voter: worker
                .as_ref()
                .map_or(0, |(column, places)| places[column.codes[row] as usize]),
        });
    }
    Ok(rows)
}

/// The names of the two items go first; then the words, among them those of LMArena's tables.
fn outcome(winner: &str, left: &str, right: &str) -> Option<Outcome> {
    match winner {
        name if name == left && left != right => Some(Outcome::Left),
        name if name == right && left != right => Some(Outcome::Right),
        "left" | "model_a" => Some(Outcome::Left),
        "right" | "model_b" => Some(Outcome::Right),
        "tie" | "both_bad" | "tie (bothbad)" => Some(Outcome::Tie),
        _ if left == right => Some(Outcome::Tie),
        _ => None,
    }
}

fn styles(sheet: &Sheet, table: &Comparisons, names: &[String]) -> Result<Option<Styles>> {
    if names.is_empty() {
        return Ok(None);
    }
    let columns: Vec<Vec<f64>> = names
        .iter()
        .map(|name| Ok(sheet.numbers(sheet.column(name))?))
        .collect::<Result<_>>()?;
    let rows = 0..table.rows().len();
    let values = rows.flat_map(|row| columns.iter().map(move |column| column[row]));
    let styles = Styles::new(table, names.len(), values.collect());
    Ok(Some(styles.map_err(|error| named(sheet, &error))?))
}

/// The library's refusal of a row, told with the row's place in the file.
fn named(sheet: &Sheet, error: &Error) -> anyhow::Error {
    let (row, what, hint) = match error {
        Error::SelfComparison { row } => {
            (*row, "an item is compared with itself", "remove the row")
        }
        Error::Weight { row } => (
            *row,
            "the weight is not a number from 0 up",
            "give the comparison a weight from 0 to 1e100",
        ),
        Error::Covariate { row } => (
            *row,
            "a number of the style is too large",
            "give sizes up to 1e100",
        ),
        other => return sheet.refuse(&other.to_string(), "split the table").into(),
    };
    sheet.fault(row, what, hint).into()
}
