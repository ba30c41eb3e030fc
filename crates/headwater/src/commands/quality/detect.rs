//! `headwater quality detect`: who answers without looking, and who copies.

use super::answers::{Crowd, read_known};
use super::grid::{Grid, Side};
use super::output::Output;
use super::page::Page;
use super::picture::{Picture, Point, scatter};
use crate::cli::quality::Detect;
use crate::words::{Paint, count, plural};
use anyhow::Result;
use quality::detect::{self, Copy, Screened};
use quality::{Variant, dawid_skene};
use serde_json::json;
use table::Column;

/// Below this many standard deviations above chance a worker adds nothing that could be seen.
const NOTHING: i32 = 2_000;
/// With fewer tasks that were known or shared, nothing could be seen in anybody.
const ENOUGH: u32 = 20;
/// From this many standard deviations on, excess agreement of a pair is told.
const COPY: i32 = 4_000;

/// Screens, and writes the result in all forms that were asked for.
pub fn run(args: &Detect) -> Result<()> {
    let gold = args.gold.as_deref();
    let gold = gold
        .map(|file| read_known(file, &args.sheets))
        .transpose()?;
    let crowd = Crowd::read(&args.sheets, gold.as_ref())?;
    let known = gold.as_ref().map(|gold| crowd.known(gold)).transpose()?;
    let known = known.map_or(vec![None; crowd.tasks.len()], |(known, _)| known);
    let fit = dawid_skene(&crowd.answers, &known, Variant::Map)?;
    let found = Found {
        answers: answers(&crowd),
        screened: detect::screen(&crowd.answers, &known)?,
        copies: detect::copies(&crowd.answers, &fit),
        gold: known.iter().flatten().count(),
        crowd,
    };
    let rows = found.columns();
    let picture = found.picture();
    let json = json!({
        "workers": table::write::objects(&rows),
        "gold": found.gold,
        "nothing_seen": found.suspects().len(),
    });
    let output = Output {
        rows: &rows,
        json,
        words: found.words(),
        pictures: std::slice::from_ref(&picture),
        page: found.page(std::slice::from_ref(&picture), &rows),
    };
    output.write(&args.sheets)
}

fn answers(crowd: &Crowd) -> Vec<u32> {
    let mut answers = vec![0; crowd.workers.len()];
    for row in crowd.answers.rows() {
        answers[row.worker as usize] += 1;
    }
    answers
}

struct Found {
    crowd: Crowd,
    answers: Vec<u32>,
    screened: Vec<Screened>,
    copies: Vec<Option<Copy>>,
    gold: usize,
}

impl Found {
    /// Workers in whom no look at the tasks could be seen, the one with most answers first.
    fn suspects(&self) -> Vec<usize> {
        let nothing = |worker: &usize| {
            let it = &self.screened[*worker];
            it.seen >= ENOUGH && it.score_milli < NOTHING
        };
        let mut suspects: Vec<usize> = (0..self.screened.len()).filter(nothing).collect();
        suspects.sort_by_key(|worker| std::cmp::Reverse(self.answers[*worker]));
        suspects
    }

    fn columns(&self) -> Vec<Column> {
        let milli = |value: i32| f64::from(value) / 1e3;
        let of = |value: &dyn Fn(&Screened) -> f64| self.screened.iter().map(value).collect();
        let partner = |copy: &Option<Copy>| {
            let name = copy.map(|copy| self.crowd.workers[copy.partner as usize].clone());
            name.unwrap_or_default()
        };
        let excess = |copy: &Option<Copy>| copy.map_or(0.0, |copy| milli(copy.z_milli));
        vec![
            Column::texts("worker", self.crowd.workers.clone()),
            Column::integers(
                "answers",
                self.answers.iter().map(|n| i64::from(*n)).collect(),
            ),
            Column::reals("score", of(&|it| milli(it.score_milli))),
            Column::reals("evidence", of(&|it| it.evidence_micronats as f64 / 1e6)),
            Column::reals("trust", of(&|it| f64::from(it.trust_ppm) / 1e6)),
            Column::texts("closest", self.copies.iter().map(partner).collect()),
            Column::reals("excess_agreement", self.copies.iter().map(excess).collect()),
        ]
    }

    fn picture(&self) -> Picture {
        let points = self.crowd.workers.iter().zip(0..);
        let points = points.map(|(name, at): (&String, usize)| Point {
            name: name.clone(),
            answers: self.answers[at],
            skill: f64::from(self.screened[at].trust_ppm) / 1e6,
        });
        let points: Vec<Point> = points.collect();
        Picture {
            title: "Who looks at the tasks".to_owned(),
            caption: "Workers by number of answers (left to right) and the probability that they \
                      look at what they label (upwards)."
                .to_owned(),
            ..scatter(&points, 0.5)
        }
    }

    fn size(&self) -> String {
        format!(
            "{} by {}, {} known",
            plural(self.crowd.answers.rows().len() as u64, "answer"),
            plural(self.crowd.workers.len() as u64, "worker"),
            plural(self.gold as u64, "task"),
        )
    }

    fn words(&self) -> String {
        let paint = Paint::new();
        let suspects = self.suspects();
        let mut text = format!("{}\n", paint.bold(&self.size()));
        if self.gold == 0 {
            text += "  no gold: whoever owns the consensus is believed\n";
        }
        let shown = plural(suspects.len() as u64, "worker");
        text += &format!(
            "\n{}\n",
            paint.bold(&format!("{shown} in whom no look at the tasks is seen"))
        );
        text += &self.grid(&suspects).lines(paint);
        let mut pairs: Vec<(usize, Copy)> = Vec::new();
        for (worker, copy) in self.copies.iter().enumerate() {
            if let Some(copy) = copy.filter(|copy| copy.z_milli >= COPY) {
                pairs.push((worker, copy));
            }
        }
        pairs.sort_by_key(|(worker, copy)| (std::cmp::Reverse(copy.z_milli), *worker));
        if !pairs.is_empty() {
            let head = paint.bold("Pairs that agree more than the truth explains");
            text += &format!("\n{head}\n{}", self.pairs(&pairs).lines(paint));
        }
        text + "\n  Nothing here is proof: give such workers more gold before anything else.\n"
    }

    fn grid(&self, suspects: &[usize]) -> Grid {
        let mut grid = Grid::new(&[
            ("worker", Side::Left),
            ("answers", Side::Right),
            ("score", Side::Right),
            ("looks", Side::Right),
        ]);
        for worker in suspects.iter().take(12) {
            let it = &self.screened[*worker];
            grid.row([
                self.crowd.workers[*worker].clone(),
                count(u128::from(self.answers[*worker])),
                format!("{:.1}", f64::from(it.score_milli) / 1e3),
                format!("{:.0} %", f64::from(it.trust_ppm) / 1e4),
            ]);
        }
        grid
    }

    fn pairs(&self, pairs: &[(usize, Copy)]) -> Grid {
        let mut grid = Grid::new(&[
            ("worker", Side::Left),
            ("closest", Side::Left),
            ("same", Side::Right),
            ("of", Side::Right),
            ("excess", Side::Right),
        ]);
        for (worker, copy) in pairs.iter().take(12) {
            grid.row([
                self.crowd.workers[*worker].clone(),
                self.crowd.workers[copy.partner as usize].clone(),
                count(u128::from(copy.same)),
                count(u128::from(copy.common)),
                format!("{:.1}", f64::from(copy.z_milli) / 1e3),
            ]);
        }
        grid
    }

    fn page<'a>(&self, pictures: &'a [Picture], rows: &'a [Column]) -> Page<'a> {
        let suspects = self.suspects();
        let by = suspects
            .iter()
            .map(|worker| u64::from(self.answers[*worker]))
            .sum::<u64>();
        Page {
            title: "Who looks, and who does not".to_owned(),
            findings: vec![
                (
                    count(suspects.len() as u128),
                    "workers in whom no look at the tasks is seen".to_owned(),
                ),
                (count(u128::from(by)), "answers that these gave".to_owned()),
                (
                    count(self.gold as u128),
                    "tasks with a known label".to_owned(),
                ),
            ],
            pictures,
            tables: vec![("Workers", rows)],
            small_print: vec![
                format!("{}.", self.size()),
                "The score says how far a worker follows the truth beyond what the same answers in \
                 any other order would do, in standard deviations: about 0 for somebody who does \
                 not look, however often they are right by luck."
                    .to_owned(),
                "Honest people who are no better than chance look the same. Without known labels, \
                 a group that owns the consensus is believed."
                    .to_owned(),
            ],
        }
    }
}
