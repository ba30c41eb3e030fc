//! Undo: another answer takes the place of a sealed one, until a fact of the round rests on it.

use crate::kit::salt;
use crate::script::{check, play};
use crate::world::{SPACE, World};
use expect_test::expect;
use ledger::Offer;
use ledger::commitment::{self, AnswerPlace};
use ledger::live;
use proptest::prelude::*;
use protocol::command::CloseRound;
use protocol::document::{AnswerOpening, Openings};
use protocol::operation::Erasure;
use protocol::undo::ReplaceAnswer;
use protocol::{CampaignId, Command, Hash, Rejection, codec};

type Outcome = Result<(), Rejection>;

/// Entry and position in it.
type Place = (u64, u16);

impl World {
    /// Replaces an answer as a client does: the new opening and the old one go along.
    pub fn undo(
        &mut self,
        name: &str,
        campaign: u32,
        place: Place,
        (unit, label): (u32, u16),
        text: Option<&str>,
    ) -> Outcome {
        let new = AnswerOpening {
            unit,
            label,
            salt: salt(self.entries.len() + 10_000),
            text: text.map(String::from),
        };
        let old = self.answer_at(campaign, place).cloned();
        let body = [Some(new.clone()), old].into_iter().flatten().collect();
        self.replace(name, campaign, place, (new, body))
    }

    /// What was sealed in a place last.
    fn answer_at(&self, campaign: u32, place: Place) -> Option<&AnswerOpening> {
        let at = self.position(campaign, place)?;
        self.secrets.get(&campaign)?.answers.get(at).map(|it| &it.1)
    }

    fn position(&self, campaign: u32, (entry, field): Place) -> Option<usize> {
        let round = self.state.campaign(CampaignId(campaign))?.open_round()?;
        let before = round.sealed.iter().take_while(|batch| batch.seq < entry);
        let before: usize = before.map(|batch| batch.commitments.len()).sum();
        let own = round.batch(entry)?.commitments.len();
        (usize::from(field) < own).then_some(before + usize::from(field))
    }

    /// The same with any new answer and any private body, by way of the door.
    fn replace(
        &mut self,
        name: &str,
        campaign: u32,
        (entry, field): Place,
        (new, body): (AnswerOpening, Vec<AnswerOpening>),
    ) -> Outcome {
        let open = self.state.campaign(CampaignId(campaign));
        let batch = open.and_then(|open| open.open_round()?.batch(entry));
        let place = AnswerPlace {
            space: SPACE,
            account: batch.map_or(self.id(name), |batch| batch.account),
            nonce: batch.map_or(0, |batch| batch.nonce),
            field,
        };
        let command = Command::ReplaceAnswer(ReplaceAnswer {
            campaign: CampaignId(campaign),
            entry,
            field,
            commitment: commitment::answer(place, &new),
        });
        let signed = self.sign(name, command, None);
        let offer = Offer {
            body: codec::encode(&body),
            ..Offer::from(signed.clone())
        };
        let at = self.position(campaign, (entry, field));
        if let Some(rejection) = ledger::refused(&self.state, self.time_ms, &offer, &self.shelf) {
            return Err(rejection);
        }
        self.enter(&signed)?;
        let secret = self.secrets.get_mut(&campaign).unwrap();
        secret.answers[at.unwrap()].1 = new;
        Ok(())
    }

    pub fn close_with(&mut self, openings: &Openings) -> Outcome {
        let openings = self.shelf.put(codec::encode(openings));
        let campaign = CampaignId(0);
        let close = CloseRound { campaign, openings };
        self.ask("operator", Command::CloseRound(close))
    }
}

/// A campaign without gold in which `ann` has sealed in entry 7 and `bob` in entry 8.
const SEALED: &str = "
    join ann bob req
    deposit req 1000
    campaign req fund=1 gold=0 overlap=2
    round 0
    seal ann 0 to=4
    seal bob 0 to=4
";

#[test]
fn the_last_answer_in_a_place_counts() {
    check(expect![[r#"
        join ann req
        deposit req 1000
        campaign req fund=1 gold=0 overlap=1
        round 0
        seal ann 0 to=4 always=0
        undo ann 0 6
        undo ann 0 6 field=3 unit=3
        undo ann 0 6 field=3 unit=3 label=0
        undo ann 0 6 field=3 unit=3
        open 0
        score 0 closing
        labels 0
          1001----------------
        earned
          ann             40 of token 0
    "#]]);
}

#[test]
fn only_own_answers_of_the_open_round_are_replaced() {
    check(expect![[r#"
        join ann bob req
        deposit req 1000
        campaign req fund=1 gold=0 overlap=2 units=40
        round 0
        seal ann 0 to=4
        seal bob 0 to=4
        undo bob 0 7  -> unknown_answer
        undo ann 0 8  -> unknown_answer
        undo ann 0 7 field=4 unit=4  -> unknown_answer
        undo ann 0 7 field=3 unit=3
        undo ann 0 6  -> unknown_answer
        undo ann 0 9  -> unknown_answer
        undo ann 0 900  -> unknown_answer
        undo ann 1 7  -> unknown_campaign
        open 0
        undo ann 0 7  -> round_state
        round 0
        undo ann 0 7  -> unknown_answer
        open 0
        score 0 closing
        undo ann 0 7  -> campaign_state
    "#]]);
}

#[test]
fn what_a_fact_rests_on_stays() {
    check(expect![[r#"
        join ann bob cid req
        deposit req 4000
        deposit ann 900
        deposit bob 900
        deposit cid 900
        campaign req fund=1 judged units=40 budget=2000 target=900000 slash=700000
        round 0 units=40 gold=20
        seal ann 0 to=40
        seal bob 0 to=40
        undo ann 0 11 label=0
        sure 0 from=20 to=30
        undo ann 0 11 label=0  -> answer_used
        undo bob 0 12 field=39 unit=39  -> answer_used
        seal cid 0 to=20
        undo cid 0 15 field=19 unit=19
        undo cid 0 15 field=19 unit=19
        pause 0 cid
        undo cid 0 15 field=19 unit=19  -> answer_used
        seal ann 0 from=30 to=40
        undo ann 0 19 field=1 unit=31
        open 0
    "#]]);
}

#[test]
fn a_private_body_is_kept_while_it_may_be_opened() {
    check(expect![[r#"
        join ann bob req
        deposit req 1000
        campaign req fund=1 gold=0 overlap=2
        round 0
        seal ann 0 to=4
        undo ann 0 7
        undo ann 0 7 label=0
        erase 7  -> round_state
        erase 8  -> round_state
        erase 9  -> round_state
        erase 6
        open 0
        erase 7
        erase 8
        erase 9
    "#]]);
}

#[test]
fn the_place_of_an_undone_answer_is_that_of_the_first() {
    let (mut world, _) = play(SEALED);
    let before = world.state.campaigns[0].clone();
    world.undo("ann", 0, (7, 0), (0, 1), None).unwrap();
    let after = &world.state.campaigns[0];
    assert_eq!((&before.work, world.earned("ann", 0)), (&after.work, 0));
    let (old, new) = (&before.rounds[0].sealed, &after.rounds[0].sealed);
    assert_eq!((old.len(), new.len()), (2, 3));
    assert_eq!(
        (&old[0].commitments[1..], &old[1]),
        (&new[0].commitments[1..], &new[1])
    );
    assert!(new.is_sorted_by(|a, b| a.seq < b.seq));
    world.open_seals(0, "").unwrap();
    let given: Vec<_> = world.state.campaigns[0]
        .answers
        .iter()
        .map(|it| it.opened)
        .collect();
    assert_eq!(
        (given[0].account, given[0].given),
        (world.id("ann"), Some((0, 1)))
    );
    assert_eq!(given.len(), 8);
    world.replay();
}

#[test]
fn an_undone_answer_does_not_open_and_the_new_one_does() {
    let (mut world, _) = play(SEALED);
    let old = world.openings(0, "");
    world.undo("ann", 0, (7, 2), (2, 1), None).unwrap();
    let new = world.openings(0, "");
    assert_ne!(old, new);
    assert_eq!(world.close_with(&old), Err(Rejection::OpeningMismatch));
    assert_eq!(world.close_with(&new), Ok(()));
}

#[test]
fn a_body_that_does_not_show_both_answers_is_refused() {
    let (mut world, _) = play(SEALED);
    let old = world.answer_at(0, (7, 1)).cloned().unwrap();
    let new = AnswerOpening {
        label: 0,
        salt: salt(999),
        ..old.clone()
    };
    let other_unit = AnswerOpening {
        unit: 2,
        ..new.clone()
    };
    let same_salt = AnswerOpening {
        label: 0,
        ..old.clone()
    };
    let invented = AnswerOpening {
        salt: salt(998),
        ..other_unit.clone()
    };
    let beside = world.answer_at(0, (7, 2)).cloned().unwrap();
    let bent = [
        (new.clone(), vec![]),
        (new.clone(), vec![new.clone()]),
        (new.clone(), vec![old.clone(), new.clone()]),
        (new.clone(), vec![old.clone(), old.clone()]),
        (new.clone(), vec![new.clone(), new.clone()]),
        (new.clone(), vec![new.clone(), beside]),
        (new.clone(), vec![new.clone(), old.clone(), old.clone()]),
        (other_unit.clone(), vec![other_unit.clone(), old.clone()]),
        (other_unit.clone(), vec![other_unit, invented]),
        (same_salt.clone(), vec![same_salt, old.clone()]),
    ];
    for (answer, body) in bent {
        let refused = world.replace("ann", 0, (7, 1), (answer, body.clone()));
        assert_eq!(refused, Err(Rejection::OpeningMismatch), "{body:?}");
    }
    let body = vec![new.clone(), old];
    assert_eq!(world.replace("ann", 0, (7, 1), (new, body)), Ok(()));
}

/// The judged campaign that the random steps work in.
const JUDGED: &str = "
    join ann bob cid req
    deposit req 9000
    deposit ann 900
    deposit bob 900
    deposit cid 900
    campaign req fund=1 judged units=20 budget=9000 target=800000 slash=700000 overlap=9
    round 0 gold=10
";

/// One random step: which command, who, a unit, a label, and which entry.
type Step = (u8, usize, u32, u16, u64);

fn step(world: &mut World, (kind, who, unit, label, back): Step) -> Outcome {
    let name = ["ann", "bob", "cid"][who];
    let entry = world.state.size - 1 - back.min(world.state.size - 1);
    match kind {
        0..=3 => {
            let answers = (unit..20).map(|unit| (unit, (unit as u16 + label / 3) % 2));
            world.seal(name, 0, &answers.collect::<Vec<_>>())
        }
        4..=8 => {
            let field = (unit % 3) as u16;
            let old = world
                .answer_at(0, (entry, field))
                .map_or(unit, |it| it.unit);
            world.undo(name, 0, (entry, field), (old, label % 3), None)
        }
        9 => world.pause(0, name),
        10 => world.close_units(0, 10 + unit / 2..11 + unit / 2),
        _ => world.erase(Erasure::Body(entry)),
    }
}

/// What was sealed before an entry, as everybody reads it once the seals are open.
fn opened_before(world: &World, seq: u64) -> Hash {
    let openings = world.openings(0, "").answers;
    let round = world.state.campaigns[0].open_round().unwrap();
    let mut sealed = live::sealed(round, &openings).unwrap();
    sealed.retain(|it| it.seq < seq);
    live::evidence(SPACE, CampaignId(0), &sealed)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn facts_rest_on_what_is_opened(
        steps in prop::collection::vec((0u8..12, 0usize..3, 0u32..20, 0u16..6, 0u64..6), 1..40),
    ) {
        let (mut world, _) = play(JUDGED);
        let first = world.state.size;
        for it in steps {
            let _refused_or_not = step(&mut world, it).is_ok();
            world.time_ms += 1;
            let conduct = &world.state.campaigns[0].conduct;
            let facts = conduct.closed.values().chain(conduct.paused.values());
            for fact in facts.copied().collect::<Vec<_>>() {
                prop_assert_eq!(opened_before(&world, fact.seq), fact.evidence);
            }
            let round = world.state.campaigns[0].open_round().unwrap();
            prop_assert!(round.sealed.is_sorted_by(|a, b| a.seq < b.seq));
            let kept = |what: &Erasure| match what {
                Erasure::Body(seq) => round.batch(*seq).is_none(),
                Erasure::Openings(_) => true,
            };
            prop_assert!(world.state.erased.keys().all(kept), "a body of the open round is erased");
        }
        let answers: usize = world.secrets[&0].answers.len();
        prop_assert_eq!(world.open_seals(0, ""), Ok(()));
        prop_assert_eq!(world.state.campaigns[0].answers.len(), answers);
        prop_assert!(world.state.size > first);
        world.replay();
    }
}
