//! State roots: when they may be posted, and that the root is that of exactly these bytes.

use crate::script::{check, play};
use crate::world::World;
use expect_test::expect;
use ledger::State;
use proof::hash::sha256;
use protocol::Rejection;

#[test]
fn roots_are_posted_in_order_at_multiples_of_the_interval() {
    check(expect![[r#"
        join a b c d e f
        root 8  -> state_root_out_of_order
        root 0  -> state_root_out_of_order
        root 7  -> state_root_out_of_order
        join g
        root 8
        root 8  -> state_root_out_of_order
        join h i j k l m n o p q r s t u v w
        root 25  -> state_root_out_of_order
        root 24
        root 16  -> state_root_out_of_order
    "#]]);
}

#[test]
fn a_space_without_an_interval_posts_none() {
    let mut world = World::new(1);
    world.state.genesis.as_mut().unwrap().state_every = 0;
    world.checked = false;
    for size in [0, 1, 8, u64::MAX] {
        assert_eq!(world.post_root(size), Err(Rejection::StateRootOutOfOrder));
    }
}

#[test]
fn the_root_is_the_hash_of_the_layout_and_the_snapshot() {
    let (world, _) = play(&crate::golden::story());
    let mut state = State::new(world.state.space);
    assert_eq!(state.root().0, root_of(&state), "the empty state");
    for bytes in &world.entries {
        crate::world::step(&mut state, bytes, &world.shelf);
        assert_eq!(
            state.root().0,
            root_of(&state),
            "after {} entries",
            state.size
        );
    }
    assert!(state.to_bytes().len() > 4_096, "more than a page is hashed");
}

fn root_of(state: &State) -> proof::hash::Hash {
    sha256(&[state.layout().as_bytes(), &[0], &state.to_bytes()])
}
