//! Posted scores against scoring again: byte for byte, and what differs in words.

use crate::Fault;
use ledger::work::Campaign;
use protocol::codec;
use protocol::command::PostScores;
use protocol::document::{Outcome, Scores, UnitScore};

/// Runs `ledger::score` on the campaign as it was before the entry and compares the document.
pub(crate) fn check(
    seq: u64,
    campaign: &Campaign,
    post: &PostScores,
    document: &[u8],
) -> Result<(), Fault> {
    let path = format!(
        "attachments/{}/{}",
        &post.scores.to_string()[..2],
        post.scores
    );
    let fault = |what: String| Fault::new("wrong_scores", what).of_file(path);
    let again = ledger::score(campaign, post.closing).map_err(|rejection| {
        let what =
            format!("entry {seq} posts scores of answers that cannot be scored: {rejection}");
        Fault::new("wrong_scores", what)
    })?;
    if codec::encode(&again) == document {
        return if post.closing {
            check_gold(seq, campaign)
        } else {
            Ok(())
        };
    }
    let posted: Scores = codec::decode(document).expect("`decide` has read it");
    let difference = difference(&posted, &again).unwrap_or_else(|| "other rows".to_owned());
    Err(fault(format!(
        "entry {seq} posts wrong scores: {difference}"
    )))
}

/// A campaign that shows less gold than it promised has judged people by too little.
fn check_gold(seq: u64, campaign: &Campaign) -> Result<(), Fault> {
    let share = u64::from(campaign.spec.rule.gold_share.ppm());
    let promised = share * u64::from(campaign.units_out()) / 1_000_000;
    let opened = campaign.gold.len() as u64;
    if opened >= promised {
        return Ok(());
    }
    let what = format!(
        "entry {seq} closes a campaign that promised {promised} gold units and has opened {opened}"
    );
    Err(Fault::new("gold_short", what))
}

fn difference(posted: &Scores, again: &Scores) -> Option<String> {
    block(posted, again)
        .or_else(|| unit(posted, again))
        .or_else(|| contributor(posted, again))
        .or_else(|| review(posted, again))
}

fn block(posted: &Scores, again: &Scores) -> Option<String> {
    let mut pairs = posted.blocks.iter().zip(&again.blocks);
    let (row, right) = pairs.find(|(row, right)| row != right)?;
    let what = if row.outcome == right.outcome {
        "its evidence differs from what scoring again gives".to_owned()
    } else {
        let (said, found) = (outcome(row.outcome), outcome(right.outcome));
        format!("it is {said}, scoring again gives {found}")
    };
    Some(format!(
        "block {} of account {}: {what}",
        row.block, row.account
    ))
}

fn outcome(outcome: Outcome) -> String {
    match outcome {
        Outcome::Held => "held".to_owned(),
        Outcome::Released(factor) => format!("released at {factor} of the price"),
        Outcome::Rejected => "rejected".to_owned(),
    }
}

fn unit(posted: &Scores, again: &Scores) -> Option<String> {
    let pairs = posted.units.iter().zip(&again.units);
    let (number, (row, right)) = pairs.enumerate().find(|(_, (row, right))| row != right)?;
    Some(format!(
        "unit {number} has {}, scoring again gives {}",
        label(row),
        label(right)
    ))
}

fn label(row: &UnitScore) -> String {
    let label = row
        .label
        .map_or("no label".to_owned(), |label| format!("label {label}"));
    format!(
        "{label} at {} from {} answers",
        row.probability, row.accepted
    )
}

fn contributor(posted: &Scores, again: &Scores) -> Option<String> {
    let mut pairs = posted.contributors.iter().zip(&again.contributors);
    let (row, _) = pairs.find(|(row, right)| row != right)?;
    Some(format!(
        "what it says of account {} is not what scoring again gives",
        row.account
    ))
}

fn review(posted: &Scores, again: &Scores) -> Option<String> {
    let (said, found) = (posted.review.as_ref()?, again.review.as_ref()?);
    let what = match () {
        () if said.void != found.void => "void gold",
        () if said.suspended != found.suspended => "whether anybody is slashed",
        () if said.slashed != found.slashed => "who is slashed",
        () if said.evidence != found.evidence => "the evidence that carries over",
        () => return None,
    };
    Some(format!(
        "what it says of {what} is not what scoring again gives"
    ))
}
