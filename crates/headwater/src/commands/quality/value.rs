//! `headwater quality value`: what rows of training data and their contributors are worth.

use super::answers::{read, want};
use super::grid::{Grid, Side};
use super::output::Output;
use super::page::Page;
use crate::cli::quality::{Value, Worth};
use crate::words::{Paint, plural};
use anyhow::{Result, ensure};
use quality::parallel::Threads;
use quality::value::{Points, Utility, nano, shapley, sums, utility};
use serde_json::json;
use std::collections::BTreeMap;
use table::{Column, Sheet, Want};

const LABEL: Want<'static> = want("label", "the class of the row");
const CONTRIBUTOR: Want<'static> = Want {
    role: "contributor",
    column: "contributor",
    needed: false,
    means: "who brought the row",
};

/// Values the rows, and writes the result in all forms that were asked for.
pub fn run(args: &Value) -> Result<()> {
    let sheets = &args.sheets;
    let train = read(&sheets.file, sheets, &[LABEL, CONTRIBUTOR], true)?;
    let test = read(&args.test, sheets, &[LABEL, CONTRIBUTOR], true)?;
    let found = Found::new(args, &train, &test)?;
    let json = json!({
        "rows": table::write::objects(&found.rows),
        "contributors": table::write::objects(&found.contributors),
        "utility_nano": nano(found.whole),
        "algorithm": format!("knn-shapley {} k={}", worth_name(args.worth), args.neighbours),
    });
    let output = Output {
        rows: &found.rows,
        json,
        words: found.words(&train),
        pictures: &[],
        page: found.page(),
    };
    output.write(sheets)
}

/// Values of rows and contributors, and both as columns.
struct Found {
    size: String,
    values: Vec<f64>,
    /// Sums by contributor; none without a column that names them.
    totals: Option<Vec<f64>>,
    whole: f64,
    rows: Vec<Column>,
    contributors: Vec<Column>,
}

impl Found {
    fn new(args: &Value, train: &Sheet, test: &Sheet) -> Result<Self> {
        let names: Vec<&str> = train
            .others()
            .iter()
            .map(|column| column.name.as_str())
            .collect();
        ensure!(
            !names.is_empty(),
            "no column of features beside label and contributor"
        );
        let mut classes = BTreeMap::new();
        let own = points(train, &names, &mut classes)?;
        let tests = points(test, &names, &mut classes)?;
        let worth = match args.worth {
            Worth::Hard => Utility::Hard,
            Worth::Soft => Utility::Soft {
                classes: classes.len() as u32,
            },
        };
        let threads = Threads::new(args.threads);
        let values = shapley(&own, &tests, args.neighbours, worth, threads)?;
        let contributor = train.find(CONTRIBUTOR.role);
        let totals = contributor
            .map(|column| sums(&values, &column.codes, column.values.len() as u32))
            .transpose()?;
        Ok(Self {
            size: format!(
                "{} with {}, tested on {}",
                plural(train.rows() as u64, "row"),
                plural(names.len() as u64, "feature"),
                plural(test.rows() as u64, "row"),
            ),
            whole: utility(&own, &tests, args.neighbours, worth)?,
            rows: row_columns(train, &values),
            contributors: totals
                .as_deref()
                .map_or(Vec::new(), |totals| contributor_columns(train, totals)),
            values,
            totals,
        })
    }

    fn words(&self, train: &Sheet) -> String {
        let paint = Paint::new();
        let mut words = format!(
            "{}\n  together they are worth {}\n\n{}\n{}",
            paint.bold(&self.size),
            self.share(),
            paint.bold("Worth least"),
            least(&self.values, train).lines(paint),
        );
        if let (Some(totals), Some(column)) = (&self.totals, train.find(CONTRIBUTOR.role)) {
            words += &format!("\n{}\n", paint.bold("Contributors"));
            words += &ranked(totals, &column.values).lines(paint);
        }
        words
    }

    fn share(&self) -> String {
        format!("{:.1} %", self.whole * 100.0)
    }

    fn page(&self) -> Page<'_> {
        let mut tables = vec![("Rows", self.rows.as_slice())];
        if !self.contributors.is_empty() {
            tables.insert(0, ("Contributors", &self.contributors));
        }
        Page {
            title: "What the data are worth".to_owned(),
            findings: vec![(
                self.share(),
                "of the votes on test rows are right".to_owned(),
            )],
            pictures: &[],
            tables,
            small_print: vec![format!(
                "{}. Exact Shapley values of a nearest-neighbour classifier, in billionths of the \
                 utility; they sum to the whole. A value below 0 alone does not prove that a row \
                 does harm: compare values, don't cut at 0.",
                self.size
            )],
        }
    }
}

/// Values of a column of billionths.
fn nanos(values: &[f64]) -> Column {
    Column::integers(
        "value_nano",
        values.iter().map(|value| nano(*value)).collect(),
    )
}

fn row_columns(train: &Sheet, values: &[f64]) -> Vec<Column> {
    let mut columns = vec![Column::integers("row", (1..=train.rows() as i64).collect())];
    columns.extend(train.find(CONTRIBUTOR.role).map(|column| {
        let names = (0..train.rows()).map(|row| column.text(row).to_owned());
        Column::texts("contributor", names.collect())
    }));
    columns.push(nanos(values));
    columns
}

fn contributor_columns(train: &Sheet, totals: &[f64]) -> Vec<Column> {
    let Some(column) = train.find(CONTRIBUTOR.role) else {
        return Vec::new();
    };
    let mut rows = vec![0; totals.len()];
    column
        .codes
        .iter()
        .for_each(|code| rows[*code as usize] += 1);
    vec![
        Column::texts("contributor", column.values.clone()),
        Column::integers("rows", rows),
        nanos(totals),
    ]
}

fn worth_name(worth: Worth) -> &'static str {
    match worth {
        Worth::Hard => "hard",
        Worth::Soft => "soft",
    }
}

/// The rows of a sheet as points; `classes` numbers the labels of both sheets.
fn points(sheet: &Sheet, names: &[&str], classes: &mut BTreeMap<String, u32>) -> Result<Points> {
    let mut columns = Vec::with_capacity(names.len());
    for name in names {
        let column = sheet.others().iter().find(|column| column.name == *name);
        let hint = "both tables need the same columns of features";
        let column = column.ok_or_else(|| {
            sheet.refuse(
                &format!("there is no column {}", table::error::quoted(name)),
                hint,
            )
        })?;
        columns.push(sheet.numbers(column)?);
    }
    let features = (0..sheet.rows()).flat_map(|row| columns.iter().map(move |column| column[row]));
    let label = sheet.column(LABEL.role);
    let labels = (0..sheet.rows()).map(|row| {
        let next = classes.len() as u32;
        *classes.entry(label.text(row).to_owned()).or_insert(next)
    });
    let labels = labels.collect();
    let points = Points::new(names.len(), features.collect(), labels);
    Ok(points.map_err(|error| sheet.refuse(&error.to_string(), "scale the features down"))?)
}

/// The rows of lowest value, numbered from 1.
fn least(values: &[f64], train: &Sheet) -> Grid {
    let mut grid = Grid::new(&[
        ("row", Side::Right),
        ("label", Side::Left),
        ("value", Side::Right),
    ]);
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|a, b| values[*a].total_cmp(&values[*b]).then(a.cmp(b)));
    let label = train.column(LABEL.role);
    for row in order.into_iter().take(5) {
        grid.row([
            (row + 1).to_string(),
            label.text(row).to_owned(),
            format!("{:.6}", values[row]),
        ]);
    }
    grid
}

/// Contributors by what they are worth.
fn ranked(totals: &[f64], names: &[String]) -> Grid {
    let mut grid = Grid::new(&[("contributor", Side::Left), ("value", Side::Right)]);
    let mut order: Vec<usize> = (0..totals.len()).collect();
    order.sort_by(|a, b| totals[*b].total_cmp(&totals[*a]).then(a.cmp(b)));
    for contributor in order.into_iter().take(12) {
        grid.row([
            names[contributor].clone(),
            format!("{:.6}", totals[contributor]),
        ]);
    }
    grid
}
