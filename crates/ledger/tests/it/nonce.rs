//! A signed command counts once: the last 64 nonces of a key are remembered, older ones refused.

use crate::world::{World, resign};
use ledger::keys::NONCE_WINDOW;
use proptest::prelude::*;
use protocol::entry::Submission;
use protocol::{Command, Rejection, Signed};
use std::collections::BTreeSet;

fn with_nonce(world: &mut World, nonce: u64) -> Signed {
    let terms = crate::kit::terms(protocol::terms::Demand::Floor(crate::kit::ppm(0)), 1);
    let asset = protocol::market::RegisterAsset {
        kind: protocol::market::AssetKind::Model,
        title: format!("number {nonce}"),
        content: crate::kit::salt(0),
        terms,
        parents: protocol::market::ParentList::Inline(Vec::new()),
        listing: None,
    };
    let signed = world.sign("ann", Command::RegisterAsset(asset), None);
    let submission = Submission {
        nonce,
        ..signed.submission
    };
    resign(world.actor("ann"), submission)
}

fn world() -> World {
    let mut world = World::new(1);
    world.join("ann");
    world
}

#[test]
fn sixty_four_are_remembered_and_older_ones_refused() {
    let mut world = world();
    let window = NONCE_WINDOW as u64;
    let signed: Vec<_> = (10..10 + window)
        .map(|n| with_nonce(&mut world, n))
        .collect();
    for signed in &signed {
        assert_eq!(world.enter(signed), Ok(()));
    }
    for signed in &signed {
        assert_eq!(world.enter(signed), Err(Rejection::NonceReused));
    }
    let next = with_nonce(&mut world, 500);
    assert_eq!(world.enter(&next), Ok(()));
    assert_eq!(world.enter(&signed[0]), Err(Rejection::NonceTooOld));
    assert_eq!(world.enter(&signed[1]), Err(Rejection::NonceReused));
    let unused = with_nonce(&mut world, 9);
    assert_eq!(world.enter(&unused), Err(Rejection::NonceTooOld));
    world.replay();
}

#[test]
fn the_largest_nonce_counts_once_too() {
    let mut world = world();
    let last = with_nonce(&mut world, u64::MAX);
    assert_eq!(world.enter(&last), Ok(()));
    for nonce in 100..100 + NONCE_WINDOW as u64 {
        let signed = with_nonce(&mut world, nonce);
        assert_eq!(world.enter(&signed), Ok(()));
    }
    assert_eq!(world.enter(&last), Err(Rejection::NonceTooOld));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn no_nonce_is_taken_twice(nonces in prop::collection::vec(
        prop_oneof![0u64..90, Just(u64::MAX), Just(u64::MAX - 1)], 1..120,
    )) {
        let mut world = world();
        world.checked = false;
        let mut taken = BTreeSet::from([1]);
        for nonce in nonces {
            let signed = with_nonce(&mut world, nonce);
            match world.enter(&signed) {
                Ok(()) => prop_assert!(taken.insert(nonce), "nonce {} twice", nonce),
                Err(Rejection::NonceReused) => prop_assert!(taken.contains(&nonce)),
                Err(why) => prop_assert_eq!(why, Rejection::NonceTooOld),
            }
        }
    }
}
