//! `headwater quality infer --kind spans|boxes|number|text`: answers that are no choices.

mod boxes;
mod number;
mod spans;
mod text;

use super::answers::{LABEL, TASK, WORKER, read};
use super::grid::{Grid, Side};
use super::output::Output;
use super::page::Page;
use crate::cli::quality::{Infer, Kind, Method};
use crate::words::{Paint, plural};
use anyhow::{Result, ensure};
use serde_json::json;
use table::{Column, Sheet, Want};

/// Labels and workers in columns, with the name of the method.
struct Found {
    algorithm: String,
    labels: Vec<Column>,
    workers: Vec<Column>,
}

/// Lengths of the tasks in tokens, for spans.
const TOKENS: Want<'static> = Want {
    role: "n_tokens",
    column: "n_tokens",
    needed: false,
    means: "how many tokens the task has",
};

/// Infers, and writes the result in all forms that were asked for.
pub fn run(args: &Infer) -> Result<()> {
    let sheets = &args.sheets;
    ensure!(
        args.gold.is_none() && args.truth.is_none(),
        "known labels are for `--kind classes` only"
    );
    let vote = match args.method {
        Method::Auto => false,
        Method::Majority => true,
        _ => anyhow::bail!("methods for this kind of labels are auto and majority"),
    };
    let sheet = read(&sheets.file, sheets, &[TASK, WORKER, LABEL, TOKENS], false)?;
    let found = match args.kind {
        Kind::Spans => spans::find(&sheet, vote)?,
        Kind::Boxes => boxes::find(&sheet, vote)?,
        Kind::Number => number::find(&sheet, vote)?,
        Kind::Text | Kind::Classes => text::find(&sheet, vote)?,
    };
    if let Some(path) = &args.workers {
        table::write::write(path, &found.workers)?;
    }
    let json = json!({
        "labels": table::write::objects(&found.labels),
        "workers": table::write::objects(&found.workers),
        "algorithm": found.algorithm,
    });
    let size = format!(
        "{} by {} to {}",
        plural(sheet.rows() as u64, "answer"),
        plural(sheet.column(WORKER.role).values.len() as u64, "worker"),
        plural(sheet.column(TASK.role).values.len() as u64, "task"),
    );
    let words = words(&size, &found);
    let page = Page {
        title: "What the crowd said".to_owned(),
        findings: vec![(
            sheet.column(TASK.role).values.len().to_string(),
            "tasks with a label".to_owned(),
        )],
        pictures: &[],
        tables: vec![("Labels", &found.labels), ("Workers", &found.workers)],
        small_print: vec![format!("{size}. Method: {}.", found.algorithm)],
    };
    let output = Output {
        rows: &found.labels,
        json,
        words,
        pictures: &[],
        page,
    };
    output.write(sheets)
}

fn words(size: &str, found: &Found) -> String {
    let paint = Paint::new();
    format!(
        "{}\n  method      {}\n\n{}\n{}\n{}\n{}",
        paint.bold(size),
        found.algorithm,
        paint.bold("Labels"),
        grid(&found.labels, 8).lines(paint),
        paint.bold("Workers"),
        grid(&found.workers, 12).lines(paint),
    )
}

/// The first rows of a table, for a terminal.
fn grid(columns: &[Column], rows: usize) -> Grid {
    let side = |column: &Column| match column.values {
        table::Values::Texts(_) => Side::Left,
        _ => Side::Right,
    };
    let headings = columns
        .iter()
        .map(|column| (column.name.as_str(), side(column)));
    let mut grid = Grid::new(&headings.collect::<Vec<_>>());
    let count = columns.first().map_or(0, Column::rows).min(rows);
    for row in 0..count {
        grid.row(columns.iter().map(|column| match &column.values {
            table::Values::Integers(values) => values[row].to_string(),
            table::Values::Texts(values) => values[row].clone(),
            table::Values::Reals(values) => format!("{:.4}", values[row]),
        }));
    }
    grid
}

/// A fault that the method found in the whole table.
fn refused(sheet: &Sheet, error: &quality::Error) -> anyhow::Error {
    if let quality::Error::Entry { row, rule } = error {
        return sheet
            .fault(*row, &format!("the label {rule}"), "mend or remove the row")
            .into();
    }
    sheet
        .refuse(&error.to_string(), "give fewer or smaller answers")
        .into()
}

/// A label that is no JSON of the expected shape.
fn misshapen(sheet: &Sheet, row: usize, shape: &str) -> anyhow::Error {
    let text = table::error::quoted(sheet.column(LABEL.role).text(row));
    sheet
        .fault(
            row,
            &format!("the label {text} is not of the kind"),
            &format!("write it as in `{shape}`"),
        )
        .into()
}
