//! Joins the answers and the gold into a data set.

use super::dataset::{Answer, Dataset, Warning};
use super::error::{Error, Table, listed, quoted};
use super::lines::Lines;
use super::names::Names;
use super::options::Repeats;
use super::rows::{Cell, Rows};
use super::source::{Source, dataset_name, file_error, is_stdin, open};
use std::collections::BTreeMap;
use std::path::Path;

/// Which tables to read, and how.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// A CSV (`.csv`) or JSON Lines (`.jsonl`, `.ndjson`) file; `-` is standard input. Where the
    /// name does not tell the format, the first character does: `{` begins JSON Lines.
    pub answers: &'a Path,
    /// Likewise; standard input can be one of the two.
    pub gold: Option<&'a Path>,
    /// What to do with rows of the same task and worker.
    pub repeats: Repeats,
    /// The only labels allowed, from [`super::parse_classes`]; else those that occur in a row.
    pub classes: Option<&'a [String]>,
}

/// Reads both tables.
///
/// # Errors
/// The first fault: of the answers in the order of their rows, then of the gold.
pub fn read(request: &Request<'_>) -> Result<Dataset, Error> {
    if let Some(gold) = request
        .gold
        .filter(|gold| is_stdin(gold) && is_stdin(request.answers))
    {
        let what = "standard input cannot be the answers too".to_owned();
        return Err(file_error(
            Table::Gold,
            gold,
            what,
            "give one of the two as a file",
        ));
    }
    let mut loading = Loading::new(request);
    loading.read_answers(open(Table::Answers, request.answers)?)?;
    if let Some(gold) = request.gold {
        loading.read_gold(open(Table::Gold, gold)?)?;
    }
    loading.finish(request)
}

/// What is known so far; labels are numbered as they come.
struct Loading {
    repeats: Repeats,
    units: Names,
    workers: Names,
    classes: Names,
    fixed_classes: bool,
    answers: Vec<Answer>,
    gold: Vec<Option<u16>>,
    warnings: Vec<Warning>,
}

/// What an earlier gold row says about a task.
struct Known {
    label: String,
    line: u64,
}

impl Loading {
    fn new(request: &Request<'_>) -> Loading {
        let mut classes = Names::new(u64::from(u16::MAX));
        for class in request.classes.unwrap_or_default() {
            classes
                .place(class)
                .expect("`parse_classes` bounds the classes");
        }
        Loading {
            repeats: request.repeats,
            units: Names::new(u64::from(u32::MAX)),
            workers: Names::new(u64::from(u32::MAX)),
            classes,
            fixed_classes: request.classes.is_some(),
            answers: Vec::new(),
            gold: Vec::new(),
            warnings: Vec::new(),
        }
    }

    fn read_answers(&mut self, source: Source) -> Result<(), Error> {
        let mut rows = Rows::start(source.lines, source.format, ["task", "worker", "label"])?;
        let mut first_of = BTreeMap::new();
        let mut repeated = 0;
        while let Some([task, worker, label]) = rows.advance()? {
            let answer = self.place_answer(&task, &worker, &label)?;
            let key = (answer.unit, answer.worker);
            let Some(&(first, first_line)) = first_of.get(&key) else {
                first_of.insert(key, (self.answers.len(), task.line));
                self.answers.push(answer);
                continue;
            };
            repeated += 1;
            match self.repeats {
                Repeats::Keep => self.answers.push(answer),
                Repeats::Last => self.answers[first] = answer,
                Repeats::Error => {
                    let what = format!("the same task and worker stand in line {first_line}");
                    let hint = "remove one, or choose with `--repeats keep` or `--repeats last`";
                    return Err(task.error(what, hint));
                }
            }
        }
        if self.answers.is_empty() {
            let what = "there is no answer below the header".to_owned();
            let hint = "give at least one row of task, worker and label";
            return Err(rows.lines().error(1, what, hint));
        }
        if repeated > 0 {
            let kept = self.repeats == Repeats::Keep;
            self.warnings.push(Warning::RepeatedAnswers {
                rows: repeated,
                kept,
            });
        }
        Ok(())
    }

    fn place_answer(
        &mut self,
        task: &Cell<'_>,
        worker: &Cell<'_>,
        label: &Cell<'_>,
    ) -> Result<Answer, Error> {
        let full = |cell: &Cell<'_>, names| {
            let what = format!("there are more than 4,294,967,295 {names}");
            cell.error(what, "split the data set")
        };
        Ok(Answer {
            unit: self
                .units
                .place(&task.text)
                .ok_or_else(|| full(task, "tasks"))?,
            worker: self
                .workers
                .place(&worker.text)
                .ok_or_else(|| full(worker, "workers"))?,
            label: self.place_label(label)?,
        })
    }

    fn place_label(&mut self, label: &Cell<'_>) -> Result<u16, Error> {
        let place = if self.fixed_classes {
            self.classes.known(&label.text).ok_or_else(|| {
                let classes = listed(self.classes.iter().map(|(name, _)| name));
                let what = format!("{} is not among the classes {classes}", quoted(&label.text));
                label.error(what, "correct the row, or add the label to `--classes`")
            })?
        } else {
            self.classes.place(&label.text).ok_or_else(|| {
                let what = "there are more than 65,535 different labels".to_owned();
                label.error(
                    what,
                    "free text and numbers are not classes: give a column of choices",
                )
            })?
        };
        Ok(u16::try_from(place).expect("there are at most 65,535 classes"))
    }

    fn read_gold(&mut self, source: Source) -> Result<(), Error> {
        let mut rows = Rows::start(source.lines, source.format, ["task", "label"])?;
        let mut known: BTreeMap<String, Known> = BTreeMap::new();
        let answered_classes = self.classes.len();
        let (mut count, mut repeated, mut matched) = (0, 0, 0);
        self.gold = vec![None; self.units.len()];
        while let Some([task, label]) = rows.advance()? {
            count += 1;
            let unit = self.units.known(&task.text);
            matched += u64::from(unit.is_some());
            if let Some(earlier) = known.get(&*task.text) {
                if earlier.label != label.text {
                    return Err(contradiction(&task, &label, earlier));
                }
                repeated += 1;
                continue;
            }
            if unit.is_some() || self.fixed_classes {
                let class = self.place_label(&label)?;
                if let Some(unit) = unit {
                    self.gold[unit as usize] = Some(class);
                }
            }
            let said = Known {
                label: label.text.into_owned(),
                line: label.line,
            };
            known.insert(task.text.into_owned(), said);
        }
        self.judge_gold(rows.lines(), count, matched)?;
        if repeated > 0 {
            self.warnings.push(Warning::RepeatedGold {
                repeated,
                rows: count,
            });
        }
        let new = self
            .classes
            .iter()
            .filter(|&(_, place)| place as usize >= answered_classes);
        let gold_only: Vec<String> = new.map(|(name, _)| name.to_owned()).collect();
        if !gold_only.is_empty() {
            self.warnings
                .push(Warning::GoldOnlyClasses { classes: gold_only });
        }
        Ok(())
    }

    fn judge_gold(&mut self, lines: &Lines, rows: u64, matched: u64) -> Result<(), Error> {
        if rows == 0 {
            let what = "there is no row below the header".to_owned();
            return Err(lines.error(1, what, "give at least one row of task and label"));
        }
        if matched == 0 {
            let what = format!("none of the {rows} gold rows names a task that has answers");
            let hint = "check that both tables are of the same data set and spell tasks alike";
            return Err(lines.file_error(what, hint));
        }
        if matched < rows {
            self.warnings.push(Warning::UnmatchedGold {
                unmatched: rows - matched,
                rows,
            });
        }
        Ok(())
    }

    fn finish(mut self, request: &Request<'_>) -> Result<Dataset, Error> {
        if self.classes.len() < 2 {
            let only = listed(self.classes.iter().map(|(name, _)| name));
            let what = format!("there is nothing to choose: every label is {only}");
            let hint = "name all the classes, as in `--classes yes,no`";
            return Err(file_error(Table::Answers, request.answers, what, hint));
        }
        self.gold.resize(self.units.len(), None);
        let classes: Vec<String> = self
            .classes
            .iter()
            .map(|(name, _)| name.to_owned())
            .collect();
        let mut sorted = vec![0; classes.len()];
        for (class, (_, place)) in (0..).zip(self.classes.iter()) {
            sorted[place as usize] = class;
        }
        for label in self.answers.iter_mut().map(|answer| &mut answer.label) {
            *label = sorted[usize::from(*label)];
        }
        for label in self.gold.iter_mut().flatten() {
            *label = sorted[usize::from(*label)];
        }
        Ok(Dataset {
            name: dataset_name(request.answers),
            classes,
            units: self.units.into_vec(),
            workers: self.workers.into_vec(),
            answers: self.answers,
            gold: self.gold,
            warnings: self.warnings,
        })
    }
}

fn contradiction(task: &Cell<'_>, label: &Cell<'_>, earlier: &Known) -> Error {
    let [task, now, before] = [&*task.text, &*label.text, &earlier.label].map(quoted);
    let line = earlier.line;
    let what = format!("the gold of the task {task} is {now} here and {before} in line {line}");
    label.error(what, "remove the row that is wrong")
}
