//! `headwater quality infer`: one label per task with its probability, and how good workers are.

use super::answers::{Crowd, read_known};
use super::grid::{Grid, Side};
use super::method::{Found, find};
use super::output::Output;
use super::page::Page;
use super::picture::{Picture, Point, heat_map, reliability, scatter};
use crate::cli::quality::Infer;
use crate::words::{Paint, count, plural};
use anyhow::Result;
use quality::calibrate::Reliability;
use serde_json::json;
use std::fmt::Write as _;
use table::Column;

/// Infers, and writes the result in all forms that were asked for.
pub fn run(args: &Infer) -> Result<()> {
    let sheets = &args.sheets;
    let gold = args
        .gold
        .as_deref()
        .map(|file| read_known(file, sheets))
        .transpose()?;
    let truth = args
        .truth
        .as_deref()
        .map(|file| read_known(file, sheets))
        .transpose()?;
    let crowd = Crowd::read(sheets, gold.as_ref())?;
    let none = vec![None; crowd.tasks.len()];
    let known = gold.as_ref().map(|gold| crowd.known(gold)).transpose()?;
    let known = known.map_or(none, |(known, _)| known);
    let truth = truth.as_ref().map(|truth| crowd.known(truth)).transpose()?;
    let found = find(&crowd, &known, args)?;
    let measured = truth
        .map(|(truth, _)| measure(&found, &known, &truth))
        .transpose()?;
    let labels = label_columns(&crowd, &found);
    let workers = worker_columns(&crowd, &found);
    if let Some(path) = &args.workers {
        table::write::write(path, &workers)?;
    }
    let pictures = pictures(&crowd, &found, measured.as_ref());
    let facts = Facts {
        crowd: &crowd,
        found: &found,
        known: known.iter().flatten().count(),
        measured: measured.as_ref(),
    };
    let json = json!({
        "labels": table::write::objects(&labels),
        "workers": table::write::objects(&workers),
        "algorithm": found.algorithm,
        "classes": crowd.labels,
        "expected_accuracy": found.expected_accuracy(),
        "measured": measured.as_ref().map(measured_json),
    });
    let page = facts.page(&pictures, &labels, &workers);
    let words = facts.words();
    let output = Output {
        rows: &labels,
        json,
        words,
        pictures: &pictures,
        page,
    };
    output.write(sheets)
}

fn label_columns(crowd: &Crowd, found: &Found) -> Vec<Column> {
    let (mut tasks, mut labels, mut probabilities) = (Vec::new(), Vec::new(), Vec::new());
    for (unit, task) in (0..).zip(&crowd.tasks) {
        let Some(label) = found.consensus.label(unit) else {
            continue;
        };
        tasks.push(task.clone());
        labels.push(crowd.labels[label as usize].clone());
        probabilities.push(found.probability(unit));
    }
    vec![
        Column::texts("task", tasks),
        Column::texts("label", labels),
        Column::reals("probability", probabilities),
    ]
}

fn worker_columns(crowd: &Crowd, found: &Found) -> Vec<Column> {
    let workers = &found.workers;
    vec![
        Column::texts("worker", crowd.workers.clone()),
        Column::integers(
            "answers",
            workers.iter().map(|it| i64::from(it.answers)).collect(),
        ),
        Column::reals("skill", workers.iter().map(|it| it.skill).collect()),
        Column::reals(
            "information",
            workers.iter().map(|it| it.information).collect(),
        ),
    ]
}

/// The result held against labels that it did not know: tasks whose label was given do not count.
fn measure(
    found: &Found,
    known: &[Option<u32>],
    truth: &[Option<u32>],
) -> Result<Reliability, quality::Error> {
    // A label that nobody gave can only be missed; it counts as the first class that is not ours.
    let fresh = known
        .iter()
        .zip(truth)
        .zip(0..)
        .map(|((known, truth), unit)| match truth {
            Some(u32::MAX) => Some(u32::from(found.consensus.label(unit) == Some(0))),
            truth => truth.filter(|_| known.is_none()),
        });
    Reliability::new(&found.consensus, &fresh.collect::<Vec<_>>())
}

fn measured_json(measured: &Reliability) -> serde_json::Value {
    json!({
        "tasks": measured.units,
        "accuracy": of_ppm(measured.accuracy_ppm),
        "expected_calibration_error": of_ppm(measured.error_ppm),
        "brier": of_ppm(measured.brier_ppm),
    })
}

fn of_ppm(ppm: u32) -> f64 {
    f64::from(ppm) / 1e6
}

fn pictures(crowd: &Crowd, found: &Found, measured: Option<&Reliability>) -> Vec<Picture> {
    let mut pictures = vec![heat_map(&crowd.labels, &confusion(crowd, found))];
    let points = crowd
        .workers
        .iter()
        .zip(&found.workers)
        .map(|(name, worker)| Point {
            name: name.clone(),
            answers: worker.answers,
            skill: worker.skill,
        });
    let points: Vec<Point> = points.filter(|point| !point.skill.is_nan()).collect();
    pictures.push(scatter(&points, 1.0 / crowd.labels.len().max(1) as f64));
    if let Some(measured) = measured {
        pictures.push(reliability(measured));
    }
    pictures
}

/// Shares of answers by consensus label, for at most 20 classes.
fn confusion(crowd: &Crowd, found: &Found) -> Vec<Vec<f64>> {
    let shown = crowd.labels.len().min(20);
    let mut counts = vec![vec![0_u32; shown]; shown];
    for row in crowd.answers.rows() {
        let truth = found
            .consensus
            .label(row.unit)
            .map_or(usize::MAX, |label| label as usize);
        if let Some(cell) = counts
            .get_mut(truth)
            .and_then(|row_| row_.get_mut(row.label as usize))
        {
            *cell += 1;
        }
    }
    let shares = |row: Vec<u32>| {
        let total = row.iter().sum::<u32>().max(1);
        row.into_iter()
            .map(|cell| f64::from(cell) / f64::from(total))
            .collect()
    };
    counts.into_iter().map(shares).collect()
}

/// What is told of a result.
struct Facts<'a> {
    crowd: &'a Crowd,
    found: &'a Found,
    known: usize,
    measured: Option<&'a Reliability>,
}

impl Facts<'_> {
    fn size(&self) -> String {
        let crowd = self.crowd;
        format!(
            "{} by {} to {}, {}",
            plural(crowd.answers.rows().len() as u64, "answer"),
            plural(crowd.workers.len() as u64, "worker"),
            plural(crowd.tasks.len() as u64, "task"),
            plural(crowd.labels.len() as u64, "label"),
        )
    }

    fn words(&self) -> String {
        let paint = Paint::new();
        let mut text = format!("{}\n", paint.bold(&self.size()));
        let mut line = |name: &str, value: String| {
            // Writing to a string cannot fail.
            writeln!(text, "  {name:<11} {value}").ok();
        };
        if self.known > 0 {
            line(
                "gold",
                format!("{} fixed", plural(self.known as u64, "task")),
            );
        }
        line("method", self.found.algorithm.to_owned());
        let share = per_cent(self.found.expected_accuracy());
        line(
            "labels",
            format!("{share} of them are right by their own probabilities"),
        );
        if let Some(measured) = self.measured {
            let of = plural(u64::from(measured.units), "task");
            let share = per_cent(of_ppm(measured.accuracy_ppm));
            line(
                "measured",
                format!("{share} right on {of} with known labels"),
            );
            let error = of_ppm(measured.error_ppm) * 100.0;
            line(
                "",
                format!("stated probabilities are off by {error:.1} points on average"),
            );
        }
        text += &format!("\n{}\n", paint.bold("Least sure"));
        text += &self.least_sure().lines(paint);
        text += &format!("\n{}\n", paint.bold("Workers"));
        text += &self.workers(paint);
        text
    }

    fn least_sure(&self) -> Grid {
        let columns = [
            ("task", Side::Left),
            ("label", Side::Left),
            ("probability", Side::Right),
        ];
        let mut grid = Grid::new(&columns);
        let mut units: Vec<u32> = (0..self.crowd.tasks.len() as u32).collect();
        units.retain(|unit| self.found.consensus.label(*unit).is_some());
        units.sort_by_key(|unit| self.found.consensus.probability_ppm(*unit));
        for unit in units.into_iter().take(5) {
            let label = self
                .found
                .consensus
                .label(unit)
                .map_or(0, |label| label as usize);
            grid.row([
                self.crowd.tasks[unit as usize].clone(),
                self.crowd.labels[label].clone(),
                per_cent(self.found.probability(unit)),
            ]);
        }
        grid
    }

    /// The ones with most answers; what they have in common with noise is told by `information`.
    fn workers(&self, paint: Paint) -> String {
        let mut grid = Grid::new(&[
            ("worker", Side::Left),
            ("answers", Side::Right),
            ("skill", Side::Right),
            ("nats an answer", Side::Right),
        ]);
        let mut order: Vec<usize> = (0..self.crowd.workers.len()).collect();
        order.sort_by_key(|worker| std::cmp::Reverse(self.found.workers[*worker].answers));
        for worker in order.iter().take(12) {
            let it = &self.found.workers[*worker];
            grid.row([
                self.crowd.workers[*worker].clone(),
                count(u128::from(it.answers)),
                per_cent(it.skill),
                if it.information.is_nan() {
                    "-".to_owned()
                } else {
                    format!("{:.3}", it.information)
                },
            ]);
        }
        let more = match order.len().saturating_sub(12) {
            0 => String::new(),
            more => format!(
                "  and {} with fewer answers\n",
                plural(more as u64, "worker")
            ),
        };
        grid.lines(paint) + &more
    }

    fn page<'b>(
        &self,
        pictures: &'b [Picture],
        labels: &'b [Column],
        workers: &'b [Column],
    ) -> Page<'b> {
        let share = per_cent(self.found.expected_accuracy());
        let mut findings = vec![
            (
                count(self.crowd.tasks.len() as u128),
                "tasks with a label".to_owned(),
            ),
            (share, "of the labels are expected to be right".to_owned()),
        ];
        if let Some(measured) = self.measured {
            let of = plural(u64::from(measured.units), "task");
            let meaning = format!("right on {of} with known labels");
            findings.push((per_cent(of_ppm(measured.accuracy_ppm)), meaning));
        }
        let noise = self
            .found
            .workers
            .iter()
            .filter(|worker| worker.information < 0.01)
            .count();
        findings.push((
            count(noise as u128),
            "workers whose answers say nothing".to_owned(),
        ));
        Page {
            title: "What the crowd said".to_owned(),
            findings,
            pictures,
            tables: vec![("Labels", labels), ("Workers", workers)],
            small_print: vec![
                format!("{}. Method: {}.", self.size(), self.found.algorithm),
                "Skill is the estimated probability that a worker's answer is right; information \
                 is \
                 what one answer tells about the truth, in nats: it is 0 for somebody who does not \
                 look, however often they agree with others."
                    .to_owned(),
                "No statistic of answers finds a group that agrees on wrong answers and is the \
                 majority; only known labels do (gold)."
                    .to_owned(),
            ],
        }
    }
}

fn per_cent(share: f64) -> String {
    if share.is_nan() {
        return "-".to_owned();
    }
    format!("{:.1} %", share * 100.0)
}
