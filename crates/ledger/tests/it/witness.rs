//! Witnessed time: the log never leaves its witnesses behind; less than a quorum moves nothing.

use crate::keeping::cosigner;
use crate::world::World;
use ledger::operation::LEAD_MS;
use proptest::prelude::*;
use protocol::Rejection;
use protocol::operation::SetWitnesses;

const START_S: u64 = 1_000;

/// Three witnesses of whom two must agree, set when the log's time was 1,000 s.
fn world() -> World {
    let mut world = World::new(1);
    world.set_witnesses("abc", 2).unwrap();
    world
}

fn seen_s(world: &World) -> u64 {
    world.state.witnessed.as_ref().unwrap().time_ms / 1_000
}

#[test]
fn time_is_free_until_witnesses_are_set_and_bounded_by_them_after() {
    let mut world = World::new(1);
    world.time_ms = 5_000_000_000;
    world.join("ann");
    world.set_witnesses("abc", 2).unwrap();
    world.time_ms += LEAD_MS;
    world.join("bob");
    world.time_ms += 1;
    world.meet("eve");
    let late = world.opening("eve", protocol::Scope::WORK, crate::world::FAR_MS);
    assert_eq!(world.enter(&late), Err(Rejection::AheadOfWitnesses));
    world.time_ms -= 1;
    assert_eq!(world.enter(&late), Ok(()));
    let now_s = world.time_ms / 1_000;
    world.witness(&[('a', now_s), ('c', now_s + 40)]).unwrap();
    assert_eq!(seen_s(&world), now_s);
    world.time_ms = now_s * 1_000 + LEAD_MS;
    world.join("fay");
    world.replay();
}

#[test]
fn the_time_is_what_a_quorum_has_reached() {
    let far = 9_000_000_000;
    for (times, seen) in [
        (&[('a', 1_100), ('b', 1_200)][..], 1_100),
        (&[('a', 1_100), ('b', 1_200), ('c', 1_300)], 1_200),
        (&[('a', 1_100), ('b', 1_200), ('c', far)], 1_200),
        (&[('a', 1_100), ('b', 1_200), ('c', 1)], 1_100),
        (&[('a', far), ('b', far), ('c', 1)], far),
        (&[('a', 900), ('b', 950)], START_S),
        (&[('a', 1_100), ('b', 1_200), ('x', far), ('y', far)], 1_100),
        (&[('a', 1_100), ('a', far), ('b', 1_200)], 1_200),
    ] {
        let mut world = world();
        assert_eq!(world.witness(times), Ok(()));
        assert_eq!(seen_s(&world), seen, "{times:?}");
    }
}

#[test]
fn less_than_a_quorum_is_no_witness() {
    for times in [
        &[][..],
        &[('a', 1_100)],
        &[('a', 1_100), ('a', 1_200)],
        &[('a', 1_100), ('x', 1_200), ('y', 1_200)],
    ] {
        let mut world = world();
        assert_eq!(
            world.witness(times),
            Err(Rejection::QuorumShort),
            "{times:?}"
        );
    }
}

#[test]
fn a_checkpoint_is_of_this_log_and_newer_than_the_last() {
    let mut world = World::new(1);
    let both = [('a', 1_100), ('b', 1_100)];
    assert_eq!(world.witness(&both), Err(Rejection::NoWitnesses));
    world.set_witnesses("abc", 2).unwrap();
    let size = world.state.size;
    let beyond = world.checkpoint(size + 1, 0, &both);
    assert_eq!(world.note(beyond), Err(Rejection::CheckpointOutOfOrder));
    let other_key = world.checkpoint(size, 1, &both);
    assert_eq!(world.note(other_key), Err(Rejection::BadCheckpoint));
    let whole = world.checkpoint(size, 0, &both);
    for bent in [
        whole.replace("headwater.example/log\n", "headwater.example/lag\n"),
        whole.replacen("\n2\n", "\n1\n", 1),
        whole.replace("\u{2014} a.", "\u{2014} c."),
        "headwater.example/log\n2\n".to_owned(),
    ] {
        let refused = world.note(bent.clone());
        let expected = if bent.contains("\u{2014} c.") {
            Rejection::QuorumShort
        } else {
            Rejection::BadCheckpoint
        };
        assert_eq!(refused, Err(expected), "{bent}");
    }
    let forged = whole.lines().enumerate().map(|(at, line)| match at {
        // The signature of the second witness under the name of the first.
        5 => whole.lines().nth(4).unwrap().to_owned() + "\n",
        _ => line.to_owned() + "\n",
    });
    assert_eq!(world.note(forged.collect()), Err(Rejection::QuorumShort));
    assert_eq!(world.note(whole.clone()), Ok(()));
    assert_eq!(world.note(whole), Err(Rejection::CheckpointOutOfOrder));
    world.replay();
}

#[test]
fn a_checkpoint_is_signed_with_the_log_key_of_its_size() {
    let mut world = world();
    let before = world.state.size;
    world.rotate_log(1).unwrap();
    let both = [('a', 1_100), ('b', 1_100)];
    let old = world.checkpoint(before, 0, &both);
    assert_eq!(world.note(old), Ok(()), "an older size has the older key");
    let late = world.checkpoint(before + 1, 0, &both);
    assert_eq!(world.note(late), Err(Rejection::BadCheckpoint));
    let new = world.checkpoint(before + 1, 1, &both);
    assert_eq!(world.note(new), Ok(()));
}

#[test]
fn a_new_policy_does_not_move_the_time() {
    let mut world = world();
    world.witness(&[('a', 1_100), ('b', 1_100)]).unwrap();
    for step in 1..4 {
        world.time_ms = 1_100_000 + LEAD_MS;
        assert_eq!(world.set_witnesses("xy", 1), Ok(()), "{step}");
        assert_eq!(
            seen_s(&world),
            1_100,
            "it stays where witnesses have seen it"
        );
    }
    let old = world.checkpoint(2, 0, &[('x', 2_000)]);
    assert_eq!(
        world.note(old),
        Err(Rejection::CheckpointOutOfOrder),
        "nor does the size"
    );
    assert_eq!(
        world.witness(&[('a', 2_000), ('b', 2_000)]),
        Err(Rejection::QuorumShort)
    );
    assert_eq!(world.witness(&[('y', 2_000)]), Ok(()));
    assert_eq!(seen_s(&world), 2_000);
}

#[test]
fn a_policy_is_one_that_can_be_met() {
    let mut world = World::new(1);
    let key = |letter| cosigner(letter).key().to_string();
    let mut set = |mut keys: Vec<String>, quorum, sorted| {
        if sorted {
            keys.sort();
        }
        let set = SetWitnesses { keys, quorum };
        world.ask("operator", protocol::Command::SetWitnesses(set))
    };
    assert_eq!(set(vec![], 0, true), Err(Rejection::BadList));
    assert_eq!(
        set(vec![key('b'), key('a')], 1, false),
        Err(Rejection::BadList)
    );
    assert_eq!(
        set(vec![key('a'), key('a')], 1, true),
        Err(Rejection::BadList)
    );
    assert_eq!(set(vec![key('a')], 0, true), Err(Rejection::OutOfRange));
    assert_eq!(set(vec![key('a')], 2, true), Err(Rejection::OutOfRange));
    let log_key = crate::world::log_signer(0).verifier().to_string();
    assert_eq!(set(vec![log_key], 1, true), Err(Rejection::BadKey));
    let many = (0..33).map(|n| key(char::from(b'A' + n))).collect();
    assert_eq!(set(many, 1, true), Err(Rejection::BadList));
    let most = (0..32).map(|n| key(char::from(b'A' + n))).collect();
    assert_eq!(set(most, 32, true), Ok(()));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Three witnesses, one of whom says anything: whatever clocks and liars do, log time stays
    /// between the honest ones' and ten minutes ahead of the newest of them.
    #[test]
    fn one_liar_moves_nothing(
        steps in prop::collection::vec((0..400u64, any::<u64>(), 0..3usize, any::<bool>()), 1..20),
    ) {
        let mut world = world();
        let mut honest_s = START_S;
        for (passed_s, lie, liar, noted) in steps {
            honest_s += passed_s;
            let lie_s = lie.clamp(1, i64::MAX as u64);
            let mut times = [('a', honest_s), ('b', honest_s), ('c', honest_s)];
            times[liar].1 = lie_s;
            if noted {
                prop_assert_eq!(world.witness(&times), Ok(()));
                prop_assert_eq!(seen_s(&world), honest_s);
            }
            // The operator's clock runs as far ahead as it likes; its entries do not.
            world.time_ms = world.state.next_ms(lie);
            world.rotate_log(world.state.log_keys.len() as u8).unwrap();
            prop_assert!(world.state.time_ms <= honest_s * 1_000 + LEAD_MS);
        }
        world.replay();
    }
}
