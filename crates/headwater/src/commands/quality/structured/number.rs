//! Labels that are numbers.

use super::{Found, LABEL, TASK, WORKER, refused};
use anyhow::Result;
use quality::number::{Method, Reading, Readings, choose, median};
use table::{Column, Sheet};

/// Values by the default or, for a vote, by medians.
pub fn find(sheet: &Sheet, vote: bool) -> Result<Found> {
    let [task, worker, label] = [TASK, WORKER, LABEL].map(|want| sheet.column(want.role));
    let rows = sheet
        .numbers(label)?
        .into_iter()
        .enumerate()
        .map(|(row, value)| Reading {
            unit: task.codes[row],
            worker: worker.codes[row],
            value,
        });
    let (units, workers) = (task.values.len() as u32, worker.values.len() as u32);
    let readings = Readings::new(units, workers, rows.collect());
    let readings = readings.map_err(|error| refused(sheet, &error))?;
    let found = if vote {
        median(&readings)
    } else {
        choose(&readings)
    };
    let algorithm = match found.method {
        Method::Mean => "mean",
        Method::Median => "median",
        Method::Trimmed => "trimmed mean",
        Method::Precision => "precision-weighted mean",
    };
    // Every task has a row, so every task has a value.
    let values = found.values.iter().map(|value| value.unwrap_or_default());
    let readers = &found.readers;
    Ok(Found {
        algorithm: algorithm.to_owned(),
        labels: vec![
            Column::texts("task", task.values.clone()),
            Column::reals("label", values.collect()),
        ],
        workers: vec![
            Column::texts("worker", worker.values.clone()),
            Column::integers(
                "answers",
                readers.iter().map(|it| i64::from(it.answers)).collect(),
            ),
            Column::reals("offset", readers.iter().map(|it| it.offset).collect()),
            Column::reals("deviation", readers.iter().map(|it| it.deviation).collect()),
        ],
    })
}
