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
    let mut classes = BTreeMap::new();
    let names: Vec<&str> = train
        .others()
        .iter()
        .map(|column| column.name.as_str())
        .collect();
    ensure!(
        !names.is_empty(),
        "no column of features beside label and contributor"
    );
    let (train_points, test_points) = (
        points(&train, &names, &mut classes)?,
        points(&test, &names, &mut classes)?,
    );
    let worth = match args.worth {
        Worth::Hard => Utility::Hard,
        Worth::Soft => Utility::Soft {
            classes: classes.len() as u32,
        },
    };
    let threads = Threads::new(args.threads);
    let values = shapley(&train_points, &test_points, args.neighbours, worth, threads)?;
    let whole = utility(&train_points, &test_points, args.neighbours, worth)?;
    let contributor = train.find(CONTRIBUTOR.role);
    let mut columns = vec![Column::integers("row", (1..=train.rows() as i64).collect())];
    columns.extend(contributor.map(|column| {
        let names = (0..train.rows()).map(|row| column.text(row).to_owned());
        Column::texts("contributor", names.collect())
    }));
    columns.push(Column::integers(
        "value_nano",
        values.iter().map(|value| nano(*value)).collect(),
    ));
    let groups = match contributor {
        Some(column) => {
            let totals = sums(&values, &column.codes, column.values.len() as u32)?;
            let mut rows = vec![0; totals.len()];
            column
                .codes
                .iter()
                .for_each(|code| rows[*code as usize] += 1);
            vec![
                Column::texts("contributor", column.values.clone()),
                Column::integers("rows", rows),
                Column::integers(
                    "value_nano",
                    totals.iter().map(|value| nano(*value)).collect(),
                ),
            ]
        }
        None => Vec::new(),
    };
    let size = format!(
        "{} with {}, tested on {}",
        plural(train.rows() as u64, "row"),
        plural(names.len() as u64, "feature"),
        plural(test.rows() as u64, "row"),
    );
    let json = json!({
        "rows": table::write::objects(&columns),
        "contributors": table::write::objects(&groups),
        "utility_nano": nano(whole),
        "algorithm": format!("knn-shapley {} k={}", worth_name(args.worth), args.neighbours),
    });
    let whole_words = format!("{:.1} %", whole * 100.0);
    let paint = Paint::new();
    let mut words = format!(
        "{}\n  together they are worth {whole_words}\n",
        paint.bold(&size)
    );
    words += &format!(
        "\n{}\n{}",
        paint.bold("Worth least"),
        least(&values, &train).lines(paint)
    );
    if let Some(column) = contributor {
        let totals = sums(&values, &column.codes, column.values.len() as u32)?;
        words += &format!("\n{}\n", paint.bold("Contributors"));
        words += &ranked(&totals, &column.values).lines(paint);
    }
    let page = Page {
        title: "What the data are worth".to_owned(),
        findings: vec![(
            whole_words,
            "of the votes on test rows are right".to_owned(),
        )],
        pictures: &[],
        tables: if groups.is_empty() {
            vec![("Rows", &columns)]
        } else {
            vec![("Contributors", &groups), ("Rows", &columns)]
        },
        small_print: vec![format!(
            "{size}. Exact Shapley values of a nearest-neighbour classifier, in billionths of the \
             utility; they sum to the whole. A value below 0 alone does not prove that a row does \
             harm: compare values, don't cut at 0."
        )],
    };
    Output {
        rows: &columns,
        json,
        words,
        pictures: &[],
        page,
    }
    .write(sheets)
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
