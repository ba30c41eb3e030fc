//! Labels that are boxes in pictures.

use super::{Found, LABEL, TASK, WORKER, misshapen, refused};
use anyhow::Result;
use quality::region::{Drawer, Drawing, Drawings, Region, Regions, infer, vote as cluster_vote};
use serde::Deserialize;
use serde_json::json;
use std::collections::BTreeMap;
use table::{Coded, Column, Sheet};

/// A box with its kind, or without.
#[derive(Deserialize)]
#[serde(untagged)]
enum Shape {
    Plain([f64; 4]),
    Kind(f64, f64, f64, f64, String),
}

impl Shape {
    fn parts(&self) -> ([f64; 4], &str) {
        match self {
            Self::Plain(corners) => (*corners, ""),
            Self::Kind(left, top, right, bottom, kind) => ([*left, *top, *right, *bottom], kind),
        }
    }
}

/// Boxes by the default or, for a vote, those that half of the workers drew.
pub fn find(sheet: &Sheet, vote: bool) -> Result<Found> {
    let [task, worker, label] = [TASK, WORKER, LABEL].map(|want| sheet.column(want.role));
    let mut parsed: Vec<Vec<Shape>> = Vec::with_capacity(sheet.rows());
    for row in 0..sheet.rows() {
        let boxes = serde_json::from_str(label.text(row));
        parsed.push(boxes.map_err(|_| misshapen(sheet, row, "[[0, 0, 20.5, 10]]"))?);
    }
    let mut kinds: BTreeMap<&str, u32> = BTreeMap::new();
    for shape in parsed.iter().flatten() {
        kinds.insert(shape.parts().1, 0);
    }
    kinds
        .values_mut()
        .zip(0..)
        .for_each(|(number, next)| *number = next);
    let region = |shape: &Shape| Region {
        corners: shape.parts().0,
        kind: kinds[shape.parts().1],
    };
    let rows = parsed.iter().enumerate().map(|(row, shapes)| Drawing {
        unit: task.codes[row],
        worker: worker.codes[row],
        regions: shapes.iter().map(region).collect(),
    });
    let (units, workers) = (task.values.len() as u32, worker.values.len() as u32);
    let drawings = Drawings::new(units, workers, rows.collect());
    let drawings = drawings.map_err(|error| refused(sheet, &error))?;
    let (algorithm, found) = if vote {
        (
            "clusters of half of the workers",
            cluster_vote(&drawings, 500_000)?,
        )
    } else {
        ("clusters by confirmed workers", infer(&drawings))
    };
    let names: Vec<&str> = kinds.keys().copied().collect();
    Ok(Found {
        algorithm: algorithm.to_owned(),
        labels: labels(task, &found, &names),
        workers: workers_of(worker, &found),
    })
}

fn labels(task: &Coded, found: &Regions, kinds: &[&str]) -> Vec<Column> {
    let (mut labels, mut probabilities) = (Vec::new(), Vec::new());
    for boxes in &found.units {
        let boxes = boxes.as_deref().unwrap_or(&[]);
        let label = boxes.iter().map(|it| {
            let [left, top, right, bottom] = it.region.corners;
            match kinds[it.region.kind as usize] {
                "" => json!([left, top, right, bottom]),
                kind => json!([left, top, right, bottom, kind]),
            }
        });
        let probability = boxes
            .iter()
            .map(|it| json!(f64::from(it.probability_ppm) / 1e6));
        labels.push(serde_json::Value::from_iter(label).to_string());
        probabilities.push(serde_json::Value::from_iter(probability).to_string());
    }
    vec![
        Column::texts("task", task.values.clone()),
        Column::texts("label", labels),
        Column::texts("probability", probabilities),
    ]
}

fn workers_of(worker: &Coded, found: &Regions) -> Vec<Column> {
    let drawers = &found.drawers;
    let numbers = |of: fn(&Drawer) -> u32| drawers.iter().map(|it| i64::from(of(it))).collect();
    vec![
        Column::texts("worker", worker.values.clone()),
        Column::integers("answers", numbers(|it| it.drawings)),
        Column::integers("boxes", numbers(|it| it.regions)),
        Column::integers("confirmed", numbers(|it| it.confirmed)),
        Column::reals("deviation", drawers.iter().map(|it| it.deviation).collect()),
    ]
}
