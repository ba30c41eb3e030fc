//! Tombstones: what may be erased, what the state forgets with it, and that a replay goes on.

use crate::script::{check, play};
use crate::world::{World, step};
use expect_test::expect;
use ledger::State;
use protocol::operation::{Erase, EraseReason, ErasedGold, Erasure};
use protocol::{CampaignId, Command, Hash, Rejection};

/// A campaign of two rounds, judged after each, settled; one contributor is paid.
const STORY: &str = "
    join ann
    join req
    deposit req 2000
    deposit ann 300
    campaign req fund=1 units=40 price=7
    round 0 gold=10
    seal ann 0
    open 0
    score 0
    round 0 gold=4
    seal ann 0 from=20 to=40
    open 0
    score 0 closing
    finish req 0
    root 8
    wait 5000
    return 0
    epoch
    release 1
";

fn story(more: &str) -> World {
    play(&format!("{STORY}\n{more}")).0
}

/// Replays a log whose sidecars of these rounds are gone, told of their tombstones beforehand.
fn replay_without(world: &World, rounds: &[usize]) -> Vec<State> {
    let mut shelf = world.shelf.clone();
    for round in rounds {
        let Erasure::Openings(hash) = world.sidecar(0, *round) else {
            panic!("a sidecar");
        };
        shelf.0.remove(&hash);
        shelf.1.push(hash);
    }
    let mut states = vec![State::new(world.state.space)];
    for bytes in &world.entries {
        let mut next = states.last().unwrap().clone();
        step(&mut next, bytes, &shelf);
        states.push(next);
    }
    states
}

#[test]
fn openings_are_erased_once_when_no_money_hangs_on_them() {
    check(expect![[r#"
        join ann
        join req
        deposit req 2000
        deposit ann 300
        campaign req fund=1
        round 0 gold=10
        seal ann 0
        erase 7  -> round_state
        open 0
        forget 0 0  -> campaign_state
        score 0 closing
        forget 0 0  -> campaign_state
        finish req 0
        forget 0 0  -> campaign_state
        wait 5000
        return 0
        forget 0 0
        forget 0 0  -> already_erased
        erase 6
        erase 6  -> already_erased
        erase 7
        erase 16  -> nothing_to_erase
    "#]]);
}

#[test]
fn only_a_closed_rounds_sidecar_is_one() {
    let mut world = story("");
    let scores = world.state.campaign(CampaignId(0)).unwrap().scores.unwrap();
    for hash in [scores, Hash([0; 32])] {
        let refused = world.erase(Erasure::Openings(hash));
        assert_eq!(refused, Err(Rejection::NothingToErase));
    }
    let hash = world.sidecar(0, 0);
    assert_eq!(world.erase(hash), Ok(()));
    let tombstone = world.state.erased[&hash];
    let last = world.state.size - 1;
    assert_eq!(
        (tombstone.seq, tombstone.reason),
        (last, EraseReason::Request)
    );
}

#[test]
fn the_state_forgets_one_round_and_no_money() {
    let before = story("").state;
    let after = story("forget 0 0").state;
    let (old, new) = (&before.campaigns[0], &after.campaigns[0]);
    let given = |campaign: &ledger::work::Campaign| -> Vec<bool> {
        let answers = campaign.answers.iter();
        answers
            .map(|answer| answer.opened.given.is_some())
            .collect()
    };
    assert_eq!(given(old), [true; 40]);
    assert_eq!(given(new), [[false; 20], [true; 20]].concat());
    assert_eq!(old.gold.len(), 14);
    assert!(
        new.gold.keys().eq(&[20, 21, 22, 23]),
        "gold of the other round stays"
    );
    assert_eq!((&old.work, &old.units), (&new.work, &new.units));
    assert_eq!(before.book, after.book, "money already paid stays");
    assert_eq!(before.assets, after.assets);
    assert!(
        before
            .book
            .balance(
                protocol::event::PurseOwner::Earned(protocol::AccountId(1)),
                protocol::TokenId(0)
            )
            .units()
            > 0,
        "somebody was paid"
    );
}

#[test]
fn a_replay_without_the_openings_comes_to_the_same_state() {
    for (more, rounds) in [
        ("forget 0 0", &[0][..]),
        ("forget 0 1", &[1]),
        ("forget 0 0\nforget 0 1\nroot 16", &[0, 1]),
    ] {
        let world = story(more);
        let (with, without) = (world.states(), replay_without(&world, rounds));
        let same: Vec<bool> = with
            .iter()
            .zip(&without)
            .map(|(a, b)| a.root() == b.root())
            .collect();
        let first = 9 + 4 * rounds[0];
        let tombstone = 20 + rounds.len() - 1;
        assert!(
            same[..first].iter().all(|same| *same),
            "before the round closes"
        );
        assert!(
            same[first..tombstone].iter().all(|same| !same),
            "what is gone is missed"
        );
        assert!(
            same[tombstone..].iter().all(|same| *same),
            "after the tombstone"
        );
        for (with, without) in with.iter().zip(&without) {
            assert_eq!(with.book, without.book, "money does not depend on it");
        }
    }
}

/// A campaign under a method, whose gold retires, and one more of the same requester.
const JUDGED: &str = "
    join ann req
    deposit req 4000
    deposit ann 300
    campaign req fund=1 judged trusts:req units=60
    round 0 units=20 gold=4
    seal ann 0 to=20
    open 0
    round 0 units=20 gold=2
    open 0
    score 0 closing
    finish req 0
    wait 5000
    return 0
";

#[test]
fn gold_that_is_gone_stays_retired_for_whoever_has_seen_it_and_who_has_not() {
    let world = play(&format!("{JUDGED}\nforget 0 0")).0;
    assert_eq!(world.state.practice.retired.len(), 6);
    let (with, without) = (world.states(), replay_without(&world, &[0]));
    let before = with.len() - 2;
    assert_eq!(without[before].practice.retired.len(), 2, "the other round");
    assert_ne!(with[before], without[before]);
    assert_eq!(with.last(), without.last());

    let again = "campaign req fund=1 judged units=60\nround 1 units=20 gold=4\nopen 1";
    for forget in ["", "forget 0 0"] {
        let said = play(&format!("{JUDGED}\n{forget}\n{again}")).1;
        assert!(said.contains("open 1  -> gold_retired"), "{said}");
    }
}

#[test]
fn a_tombstone_says_which_units_were_gold_and_nothing_else() {
    let world = play(JUDGED).0;
    let sidecar = world.sidecar(0, 0);
    let whole = world.state.tombstone(sidecar, EraseReason::Request);
    let own = whole.gold.clone().unwrap();
    assert_eq!(own.places.len(), 4);
    let others = |change: &dyn Fn(&mut ErasedGold)| {
        let mut gold = own.clone();
        change(&mut gold);
        Some(gold)
    };
    let ask = |erase| play(JUDGED).0.ask("operator", Command::Erase(erase));
    let wrong = [
        None,
        others(&|gold| gold.units = Hash([1; 32])),
        others(&|gold| gold.places.truncate(3)),
        others(&|gold| gold.places.reverse()),
        others(&|gold| gold.places.push(19)),
        others(&|gold| gold.places.push(20)),
    ];
    for gold in wrong {
        let erase = Erase {
            gold,
            ..whole.clone()
        };
        let refused = ask(erase);
        assert_eq!(refused, Err(Rejection::BadDocument));
    }
    let body = Erase {
        what: Erasure::Body(0),
        ..whole.clone()
    };
    let refused = ask(body);
    assert_eq!(refused, Err(Rejection::BadDocument));
    assert_eq!(ask(whole), Ok(()));

    // Whoever has not seen the openings takes any units of the round for its gold, but no others.
    let mut shelf = world.shelf.clone();
    let Erasure::Openings(hash) = sidecar else {
        panic!("a sidecar");
    };
    shelf.0.remove(&hash);
    shelf.1.push(hash);
    let mut state = State::new(world.state.space);
    for bytes in &world.entries {
        step(&mut state, bytes, &shelf);
    }
    assert_eq!(
        state
            .tombstone(sidecar, EraseReason::Request)
            .gold
            .unwrap()
            .places,
        [0; 0]
    );
}

#[test]
fn without_a_tombstone_missing_openings_stop_the_replay() {
    let world = story("");
    let mut shelf = world.shelf.clone();
    let Erasure::Openings(hash) = world.sidecar(0, 0) else {
        panic!("a sidecar");
    };
    shelf.0.remove(&hash);
    let mut state = State::new(world.state.space);
    let refused = world.entries.iter().find_map(|bytes| {
        let entry: protocol::Entry = protocol::codec::decode(bytes).unwrap();
        let decided = ledger::decide(&state, &entry, &shelf);
        decided
            .map(|events| ledger::apply::apply(&mut state, &entry, &events))
            .err()
    });
    assert_eq!(refused, Some(Rejection::MissingDocument));
}
