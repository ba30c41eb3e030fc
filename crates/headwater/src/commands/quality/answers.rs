//! Tables of answers and of known labels, as `quality` takes them: numbered tasks, workers, labels.

use crate::cli::quality::Sheets;
use anyhow::{Result, ensure};
use quality::{Answer, Answers};
use std::collections::BTreeMap;
use std::path::Path;
use table::{Request, Sheet, Want};

/// What was judged.
pub const TASK: Want<'static> = want("task", "what was judged");
/// Who judged it.
pub const WORKER: Want<'static> = want("worker", "who judged it");
/// What it was judged to be.
pub const LABEL: Want<'static> = want("label", "what it was judged to be");

/// A needed column that the file calls as the program does, unless `--column` says otherwise.
pub const fn want(role: &'static str, means: &'static str) -> Want<'static> {
    Want {
        role,
        column: role,
        needed: true,
        means,
    }
}

/// Reads a table with the renames of the command line.
///
/// # Errors
/// Those of the table; a rename of a role that this question has no use for.
pub fn read(file: &Path, sheets: &Sheets, columns: &[Want<'_>], others: bool) -> Result<Sheet> {
    let mut wanted: Vec<Want<'_>> = columns.to_vec();
    for renamed in &sheets.columns {
        let found = wanted.iter_mut().find(|want| want.role == renamed.role);
        let roles: Vec<&str> = columns.iter().map(|want| want.role).collect();
        let Some(want) = found else {
            anyhow::bail!(
                "there is no column `{}` to rename\nhint: the columns here are {}",
                renamed.role,
                roles.join(", ")
            );
        };
        want.column = &renamed.column;
    }
    let request = Request {
        columns: &wanted,
        others,
    };
    Ok(table::read(file, request)?)
}

/// Answers with the names behind their numbers.
pub struct Crowd {
    /// Tasks in the order in which they come.
    pub tasks: Vec<String>,
    /// Workers in the order in which they come.
    pub workers: Vec<String>,
    /// Labels sorted by their bytes.
    pub labels: Vec<String>,
    /// The answers in the order of the rows.
    pub answers: Answers,
}

impl Crowd {
    /// Reads task, worker and label; `gold` may bring labels of its own.
    ///
    /// # Errors
    /// Those of the table, and tables beyond what inference can hold.
    pub fn read(sheets: &Sheets, gold: Option<&Sheet>) -> Result<Self> {
        let sheet = read(&sheets.file, sheets, &[TASK, WORKER, LABEL], false)?;
        let [task, worker, label] = [TASK, WORKER, LABEL].map(|want| sheet.column(want.role));
        let mut labels: Vec<String> = label.values.clone();
        labels.extend(
            gold.iter()
                .flat_map(|gold| gold.column("label").values.clone()),
        );
        labels.sort_unstable();
        labels.dedup();
        ensure!(
            u32::try_from(labels.len()).is_ok(),
            "there are more labels than can be numbered"
        );
        let place = places(&labels);
        let codes: Vec<u32> = label
            .values
            .iter()
            .map(|name| place[name.as_str()])
            .collect();
        let rows = (0..sheet.rows()).map(|row| Answer {
            unit: task.codes[row],
            worker: worker.codes[row],
            label: codes[label.codes[row] as usize],
        });
        let counts = [&task.values, &worker.values, &labels].map(|names| names.len() as u32);
        let answers = Answers::new(counts[0], counts[1], counts[2], rows.collect());
        let answers = answers.map_err(|error| {
            sheet.refuse(
                &error.to_string(),
                "free text and numbers are not classes: give a column of choices",
            )
        })?;
        Ok(Self {
            tasks: task.values.clone(),
            workers: worker.values.clone(),
            labels,
            answers,
        })
    }

    /// Known labels per task, from a table with task and label; how many of its rows were of use.
    ///
    /// # Errors
    /// A task with two different known labels; no row that names a task of the answers.
    pub fn known(&self, gold: &Sheet) -> Result<(Vec<Option<u32>>, usize)> {
        let (task, label) = (gold.column("task"), gold.column("label"));
        let (tasks, labels) = (places(&self.tasks), places(&self.labels));
        let mut known: Vec<Option<u32>> = vec![None; self.tasks.len()];
        let mut used = 0;
        for row in 0..gold.rows() {
            let Some(unit) = tasks.get(task.text(row)) else {
                continue;
            };
            // A label that nobody gives and gold does not fix can only be wrong: it is no class.
            let class = labels.get(label.text(row)).copied().unwrap_or(u32::MAX);
            match known[*unit as usize] {
                Some(before) if before != class => {
                    let what = format!(
                        "the task {} has another known label above",
                        table::error::quoted(task.text(row))
                    );
                    return Err(gold
                        .fault(row, &what, "remove the row that is wrong")
                        .into());
                }
                Some(_) => {}
                None => used += 1,
            }
            known[*unit as usize] = Some(class);
        }
        if used == 0 {
            let hint = "check that both tables are of the same data set and spell tasks alike";
            return Err(gold
                .refuse("no row names a task that has answers", hint)
                .into());
        }
        Ok((known, used))
    }
}

/// Names with their places.
pub fn places(names: &[String]) -> BTreeMap<&str, u32> {
    names.iter().map(String::as_str).zip(0..).collect()
}

/// Reads a table of known labels.
///
/// # Errors
/// Those of the table.
pub fn read_known(file: &Path, sheets: &Sheets) -> Result<Sheet> {
    let needed = Sheets {
        file: file.to_owned(),
        columns: sheets
            .columns
            .iter()
            .filter(|renamed| renamed.role != WORKER.role)
            .cloned()
            .collect(),
        json: false,
        output: None,
        svg: None,
        report: None,
    };
    read(file, &needed, &[TASK, LABEL], false)
}
