//! Leaves of debits: from when on they stand, what they say, and on which chain.

use crate::chains::used_on_both;
use crate::world::World;
use ledger::claims::{self, Statement};
use proof::claim::{Debit, Domain};
use protocol::{Command, EpochId, Rejection};

fn statement(world: &World) -> Statement {
    claims::statement(&world.state).unwrap()
}

fn rows(world: &World) -> Vec<Vec<(u64, u128)>> {
    let debits = statement(world).debits;
    let row = |debit: &Debit| (debit.id, debit.cumulative);
    let rows = debits.iter().map(|it| it.rows.iter().map(row).collect());
    rows.collect()
}

/// Sums since the log began, of what the epoch debits and nothing else, each chain's for itself.
#[test]
fn a_tree_holds_the_sums_of_what_its_epoch_debits() {
    let mut world = used_on_both();
    world.meter("dev", 0, 0, 2).unwrap();
    assert_eq!(rows(&world), [[], []], "nobody has said that it should");
    let before = statement(&world).root();
    world.does("operator", Command::ProveDebits);
    assert_eq!(rows(&world), [vec![(1, 120)], vec![]]);
    assert_ne!(statement(&world).root(), before);
    world.epoch().unwrap();
    assert_eq!(
        world.state.epoch(EpochId(2)).unwrap().leaves,
        0,
        "none of a wallet"
    );
    world.meter("dev", 1, 1, 1).unwrap();
    assert_eq!(rows(&world), [vec![], vec![(1, 121)]]);
    world.meter("dev", 0, 0, 1).unwrap();
    assert_eq!(rows(&world), [[(1, 130)], [(1, 121)]]);
    world.epoch().unwrap();
    assert_eq!(
        rows(&world),
        [[], []],
        "what nothing was taken of needs no proof"
    );
    for epoch in 1..=3 {
        world.release(epoch).unwrap();
        world.release_second(epoch).unwrap();
    }
    world.epoch().unwrap();
    world.replay();
    let back = ledger::State::from_bytes(&world.state.to_bytes()).unwrap();
    assert_eq!((back.root(), &back), (world.state.root(), &world.state));
}

#[test]
fn every_debit_has_a_path_to_the_root_on_its_own_chain_alone() {
    let mut world = used_on_both();
    world.release(1).unwrap();
    world.does("operator", Command::ProveDebits);
    world.meter("dev", 0, 0, 2).unwrap();
    world.meter("dev", 1, 1, 1).unwrap();
    let statement = statement(&world);
    let closing = claims::closing(&world.state, EpochId(2)).unwrap();
    assert_eq!(
        closing,
        statement.closing(EpochId(2)),
        "two ways to one root"
    );
    assert_eq!(closing.leaves, 1, "wallets alone");
    let escrow = world.state.genesis.as_ref().unwrap().escrow.0;
    let domains = world.state.sites().map(|site| Domain {
        chain_id: site.chain_id,
        contract: escrow,
    });
    let domains: Vec<Domain> = domains.collect();
    for (at, (_, _, debits)) in statement.parts().enumerate() {
        let proof = statement.tree.proof(1 + at).unwrap();
        for (place, domain) in domains.iter().enumerate() {
            let hash = debits.rows[0].hash(domain).unwrap();
            let holds = proof::claim::verify(&statement.root().0, &hash, &proof);
            assert_eq!(holds, place == at);
        }
    }
}

#[test]
fn only_the_operator_says_it_and_only_once() {
    let mut world = World::new(1);
    world.join("ann");
    assert_eq!(
        world.ask("ann", Command::ProveDebits),
        Err(Rejection::NotOperator)
    );
    world.does("operator", Command::ProveDebits);
    assert_eq!(
        world.ask("operator", Command::ProveDebits),
        Err(Rejection::DebitsProven)
    );
}
