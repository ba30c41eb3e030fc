//! Feedback on judged blocks: what became of each, how far above chance it was, what to look at.
//!
//! A block is told of once it is judged, and as a whole: its hidden checks are public then and are
//! none in any later round.

use crate::appeal::{Item, items};
use ledger::State;
use ledger::told::{Gap, Statement};
use protocol::document::{Outcome, Units};
use protocol::{AccountId, CampaignId};
use quality::reputation::corrected;
use serde::Serialize;
use std::collections::BTreeMap;

ledger::phrases! {
    MISTAKE = Semicolon "mistake", "`{answer}` where it is `{truth}`, {count} of {wrong} mistakes";
}

/// Probability from which a label of others stands for the truth, in ppm.
const SURE_PPM: u32 = 950_000;
/// Answers to look at again, at most.
const LOOKS: usize = 5;

/// What is told of a block.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Feedback {
    /// The account's n-th block in the campaign, from 0.
    pub block: u32,
    /// `released`, `rejected` or `held`.
    pub outcome: &'static str,
    /// Answers whose truth is known: by hidden checks, or by labels of .95 and more.
    pub seen: u32,
    /// Of these, right.
    pub right: u32,
    /// Accuracy above chance, in ppm: 5 % quantile, mean, 95 % quantile. 0 is guessing.
    pub above_chance_ppm: [i32; 3],
    /// The most frequent mistake; in JSON the English of it.
    pub mistake: Option<Statement>,
    /// Answers to look at again.
    pub look_at: Vec<Look>,
}

/// An answer that is not what is known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Look {
    /// The requester's name for the unit.
    pub name: String,
    /// What was shown.
    pub text: Option<String>,
    /// What was answered.
    pub answer: String,
    /// What is known.
    pub truth: String,
}

/// The newest judged blocks of an account in a campaign, at most so many, in their order.
pub fn feedback(
    state: &State,
    id: CampaignId,
    (account, most): (AccountId, usize),
    units: Option<&Units>,
) -> Vec<Feedback> {
    let Some(campaign) = state.campaign(id) else {
        return Vec::new();
    };
    if campaign.judgements == 0 {
        return Vec::new();
    }
    let judged = campaign.rounds.iter().filter(|it| it.openings.is_some());
    let judged = u32::try_from(judged.count()).unwrap_or(u32::MAX);
    let blocks = campaign
        .work
        .get(&account)
        .map_or(&[][..], |work| &work.blocks);
    let numbered = (0_u32..).zip(blocks);
    let over = numbered.filter(|(_, block)| block.round < judged);
    let mut over: Vec<_> = over.collect();
    over.drain(..over.len().saturating_sub(most));
    let places = over.iter().map(|(number, _)| (account, *number));
    let mut answers = items(campaign, places, units);
    let classes = u32::try_from(campaign.spec.classes.len()).unwrap_or(u32::MAX);
    let told = over.into_iter().map(|(number, block)| {
        let outcome = match block.outcome {
            Outcome::Released(_) => "released",
            Outcome::Rejected => "rejected",
            Outcome::Held => "held",
        };
        let own = answers.remove(&(account, number)).unwrap_or_default();
        told(&own, (number, outcome), classes)
    });
    told.collect()
}

fn told(items: &[Item], (block, outcome): (u32, &'static str), classes: u32) -> Feedback {
    let known: Vec<(&Item, &String)> = items
        .iter()
        .filter_map(|it| Some((it, truth(it)?)))
        .collect();
    let wrong = known.iter().filter(|(item, truth)| item.answer != **truth);
    let wrong: Vec<_> = wrong.copied().collect();
    let seen = u32::try_from(known.len()).unwrap_or(u32::MAX);
    let right = seen - u32::try_from(wrong.len()).unwrap_or(0);
    let mut pairs: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for (item, truth) in &wrong {
        *pairs
            .entry((item.answer.as_str(), truth.as_str()))
            .or_default() += 1;
    }
    // Ties go to the first by name.
    let most = pairs.iter().rev().max_by_key(|(_, count)| **count);
    let show = corrected(right, seen, classes);
    Feedback {
        block,
        outcome,
        seen,
        right,
        above_chance_ppm: [show.low_ppm, show.mean_ppm, show.high_ppm],
        mistake: most.map(|((answer, truth), count)| {
            let name = |text: &str| Gap::Name(text.to_owned());
            let gaps = [
                ("answer", name(answer)),
                ("truth", name(truth)),
                ("count", Gap::Count(*count as u64)),
                ("wrong", Gap::Count(wrong.len() as u64)),
            ];
            Statement::new(MISTAKE, gaps)
        }),
        look_at: wrong
            .iter()
            .take(LOOKS)
            .map(|(item, truth)| Look {
                name: item.name.clone(),
                text: item.text.clone(),
                answer: item.answer.clone(),
                truth: (*truth).clone(),
            })
            .collect(),
    }
}

/// What is known of a unit: a sound hidden check, or a label that others are sure of.
fn truth(item: &Item) -> Option<&String> {
    match &item.known {
        Some(known) if !item.void => Some(known),
        _ => item
            .consensus
            .as_ref()
            .filter(|_| item.probability_ppm >= SURE_PPM && !item.others.is_empty()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(unit: u32, answer: &str, known: Option<&str>, consensus: Option<&str>) -> Item {
        Item {
            unit,
            name: format!("unit-{unit}"),
            text: None,
            answer: answer.to_owned(),
            known: known.map(str::to_owned),
            void: false,
            consensus: consensus.map(str::to_owned),
            probability_ppm: 990_000,
            others: vec![("b".to_owned(), 2)],
        }
    }

    #[test]
    fn mistakes_are_counted_against_what_is_known() {
        let mut rows = vec![
            item(0, "a", Some("a"), Some("a")),
            item(1, "a", Some("b"), Some("b")),
            item(2, "a", None, Some("b")),
            item(3, "a", None, None),
        ];
        let found = told(&rows, (2, "rejected"), 2);
        assert_eq!((found.seen, found.right, found.block), (3, 1, 2));
        assert_eq!(
            found.mistake.unwrap().to_string(),
            "`a` where it is `b`, 2 of 2 mistakes"
        );
        assert_eq!(found.look_at.len(), 2);
        assert_eq!(found.look_at[0].truth, "b");
        // A check that is wrong itself, and a label that others are not sure of, show nothing.
        rows[1].void = true;
        rows[1].probability_ppm = 900_000;
        rows[2].others.clear();
        let found = told(&rows, (2, "rejected"), 2);
        assert_eq!((found.seen, found.right, found.mistake), (1, 1, None));
    }
}
