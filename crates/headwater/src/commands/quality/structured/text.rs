//! Labels that are free text.

use super::{Found, LABEL, TASK, WORKER, refused};
use anyhow::Result;
use quality::text::{Writing, Writings, medoid, rover};
use table::{Column, Sheet};

/// Texts by the default or, for a vote, word by word.
pub fn find(sheet: &Sheet, vote: bool) -> Result<Found> {
    let [task, worker, label] = [TASK, WORKER, LABEL].map(|want| sheet.column(want.role));
    let rows = (0..sheet.rows()).map(|row| Writing {
        unit: task.codes[row],
        worker: worker.codes[row],
        text: label.text(row).to_owned(),
    });
    let (units, workers) = (task.values.len() as u32, worker.values.len() as u32);
    let writings = Writings::new(units, workers, rows.collect());
    let writings = writings.map_err(|error| refused(sheet, &error))?;
    let (algorithm, found) = if vote {
        ("ROVER", rover(&writings))
    } else {
        ("weighted medoid", medoid(&writings))
    };
    let share = |ppm: &u32| f64::from(*ppm) / 1e6;
    let writers = &found.writers;
    Ok(Found {
        algorithm: algorithm.to_owned(),
        labels: vec![
            Column::texts("task", task.values.clone()),
            Column::texts(
                "label",
                found
                    .texts
                    .into_iter()
                    .map(Option::unwrap_or_default)
                    .collect(),
            ),
            Column::reals("support", found.support_ppm.iter().map(share).collect()),
        ],
        workers: vec![
            Column::texts("worker", worker.values.clone()),
            Column::integers(
                "answers",
                writers.iter().map(|it| i64::from(it.texts)).collect(),
            ),
            Column::reals("distance", writers.iter().map(|it| it.distance).collect()),
        ],
    })
}
