//! Answers with texts that are replaced while their round runs, and what could be lied about them.

use crate::lies::tells;
use crate::script::build;
use crate::twin::check;
use crate::world::{Lie, SPACE, World};
use expect_test::expect;
use ledger::commitment::{self, AnswerPlace};
use proof::hash::sha256;
use protocol::document::AnswerOpening;
use protocol::undo::ReplaceAnswer;
use protocol::{CampaignId, Command, Hash};

type Answers = [Option<AnswerOpening>];

/// In each worker's batch of the open round one answer is replaced, in the first one it is twice.
/// What the first one said at first.
pub fn some(world: &mut World, answers: &mut Answers) -> AnswerOpening {
    let first = answers[2].clone().unwrap();
    for (batch, field) in [(0, 2), (1, 7), (2, 11), (0, 2)] {
        replace(world, answers, (batch, field));
    }
    first
}

/// The contributor says the opposite, in other words.
fn replace(world: &mut World, answers: &mut Answers, (batch, field): (usize, u16)) {
    let campaign = world.state.campaign(CampaignId(0)).unwrap();
    let sealed = &campaign.open_round().unwrap().sealed[batch];
    let (entry, account, nonce) = (sealed.seq, sealed.account, sealed.nonce);
    let at = batch * sealed.commitments.len() + usize::from(field);
    let old = answers[at].clone().unwrap();
    let new = AnswerOpening {
        label: 1 - old.label,
        salt: Hash(sha256(&[b"again", &old.salt.0])),
        text: old.text.map(|text| format!("{text}, again")),
        ..old
    };
    let place = AnswerPlace {
        space: SPACE,
        account,
        nonce,
        field,
    };
    let replace = ReplaceAnswer {
        campaign: CampaignId(0),
        entry,
        field,
        commitment: commitment::answer(place, &new),
    };
    world.push(account.0, Command::ReplaceAnswer(replace));
    answers[at] = Some(new);
}

/// What a dishonest operator makes of them.
pub fn lie(world: &mut World, answers: &mut Answers, undone: Option<AnswerOpening>) {
    match world.lie {
        Lie::OpenedOld => answers[2] = undone,
        Lie::ChangedText => {
            let answer = answers[30].as_mut().unwrap();
            answer.text = Some("I like this product".to_owned());
        }
        Lie::ReplacedLate => replace(world, answers, (1, 3)),
        _ => {}
    }
}

#[test]
fn an_honest_log_with_texts_and_replaced_answers_verifies() {
    let report = check(&build(Lie::Replaced).directory()).unwrap();
    assert_eq!((report.scores_recomputed, report.blocks_rejected), (2, 2));
    let plain = check(&build(Lie::Judged).directory()).unwrap();
    assert_eq!(report.log_size, plain.log_size + 8);
}

#[test]
fn replaced_answers_and_exchanged_words() {
    tells(
        Lie::OpenedOld,
        expect![[r#"
        refused at 36 in -
        entry 36 breaks a rule,
        `opening_mismatch`:
        an opened value does not match its commitment
    "#]],
    );
    tells(
        Lie::ChangedText,
        expect![[r#"
        refused at 36 in -
        entry 36 breaks a rule,
        `opening_mismatch`:
        an opened value does not match its commitment
    "#]],
    );
    tells(
        Lie::ReplacedLate,
        expect![[r#"
        refused at 36 in -
        entry 36 breaks a rule,
        `answer_used`:
        a decision in this round rests on the answer already
    "#]],
    );
}
