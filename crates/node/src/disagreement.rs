//! Where people disagree: tasks by entropy, who agrees with whom, answers by label.

use crate::export::{Exported, Task};
use protocol::AccountId;
use quality::agree::entropy_ppm;
use serde::Serialize;
use std::collections::BTreeMap;

/// A task with what was said of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Row {
    /// Position in the campaign.
    pub task: u32,
    /// The requester's own id.
    pub name: String,
    /// What was shown.
    pub text: Option<String>,
    /// Entropy of the accepted answers, in ppm of the largest that the classes allow; of several
    /// units the largest.
    pub entropy_ppm: u32,
    /// The consensus.
    pub label: Option<Vec<u16>>,
    /// How sure that label is, in ppm.
    pub probability_ppm: u32,
    /// Who has said what.
    pub answers: Vec<(u32, Vec<u16>)>,
}

/// Two contributors who have answered the same units.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Pair {
    /// The one with the smaller number.
    pub one: u32,
    /// The one with the larger number.
    pub other: u32,
    /// Units that both have answered.
    pub both: u32,
    /// Of these, with the same label.
    pub alike: u32,
}

/// All of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Disagreement {
    /// Tasks, most disagreement first; ties in their order.
    pub tasks: Vec<Row>,
    /// Pairs with units in common, by their numbers.
    pub pairs: Vec<Pair>,
    /// By consensus class, then by answer: how often.
    pub confusion: Vec<Vec<u32>>,
    /// What labels count, as the campaign names it.
    pub classes: Vec<String>,
}

/// Compares the accepted answers of a campaign.
pub fn disagreement(exported: &Exported) -> Disagreement {
    let classes = exported.classes.len();
    let mut found = Disagreement {
        classes: exported.classes.clone(),
        confusion: vec![vec![0; classes]; classes],
        ..Disagreement::default()
    };
    let mut pairs: BTreeMap<(AccountId, AccountId), (u32, u32)> = BTreeMap::new();
    for (place, task) in (0_u32..).zip(exported.tasks()) {
        for (at, (one, said)) in task.answers.iter().enumerate() {
            for (other, heard) in &task.answers[at + 1..] {
                let (both, alike) = pairs.entry((*one, *other)).or_default();
                let same = said.labels.iter().zip(&heard.labels);
                *both += u32::try_from(said.labels.len()).unwrap_or(0);
                *alike += u32::try_from(same.filter(|(a, b)| a == b).count()).unwrap_or(0);
            }
        }
        confuse(&task, &mut found.confusion);
        found.tasks.push(row(place, task, classes));
    }
    let pair = |((one, other), (both, alike)): ((AccountId, AccountId), (u32, u32))| Pair {
        one: one.0,
        other: other.0,
        both,
        alike,
    };
    found.pairs = pairs.into_iter().map(pair).collect();
    found
        .tasks
        .sort_by_key(|row| (std::cmp::Reverse(row.entropy_ppm), row.task));
    found
}

fn confuse(task: &Task, confusion: &mut [Vec<u32>]) {
    let Some((label, _)) = &task.label else {
        return;
    };
    for (_, said) in &task.answers {
        for (truth, given) in label.labels.iter().zip(&said.labels) {
            let row = confusion.get_mut(usize::from(*truth));
            if let Some(count) = row.and_then(|row| row.get_mut(usize::from(*given))) {
                *count += 1;
            }
        }
    }
}

fn row(place: u32, task: Task, classes: usize) -> Row {
    let units = task
        .answers
        .first()
        .map_or(0, |(_, said)| said.labels.len());
    let entropy = |unit: usize| {
        let mut counts = vec![0_u32; classes];
        let labels = task
            .answers
            .iter()
            .filter_map(|(_, said)| said.labels.get(unit));
        for label in labels {
            if let Some(count) = counts.get_mut(usize::from(*label)) {
                *count += 1;
            }
        }
        entropy_ppm(&counts)
    };
    Row {
        task: place,
        entropy_ppm: (0..units).map(entropy).max().unwrap_or(0),
        name: task.name,
        text: task.text,
        probability_ppm: task.label.as_ref().map_or(0, |(_, ppm)| *ppm),
        label: task.label.map(|(said, _)| said.labels),
        answers: task
            .answers
            .into_iter()
            .map(|(account, said)| (account.0, said.labels))
            .collect(),
    }
}
