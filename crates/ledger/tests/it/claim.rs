//! Claim lines: one leaf a wallet, none before disclosure, a file from which the root follows.

use crate::kit::{ppm, salt, terms};
use crate::world::{SPACE, World, genesis};
use ledger::{State, claims};
use proof::claim::{Domain, Leaf, Line, LineKind, Tree};
use protocol::command::PostSegment;
use protocol::entry::{Entry, RULE_VERSION};
use protocol::terms::Demand;
use protocol::{Address, Command, EpochId, Rejection};
use serde_json::Value;

/// Everyone of `names` sells one use of an own asset for 10, 20, ...; the money is released.
fn earn(world: &mut World, names: &[&str]) {
    world.join("user");
    world.deposit("user", 0, 1_000, 1_000).unwrap();
    for (number, name) in (0u32..).zip(names) {
        let price = u128::from(number + 1) * 10;
        world
            .asset(name, terms(Demand::Floor(ppm(0)), price), &[])
            .unwrap();
        world.allow("user", number, 1, price, 1_000).unwrap();
        world.meter(name, number, number, 1).unwrap();
    }
    world.epoch().unwrap();
    world.release(1).unwrap();
}

#[test]
fn two_accounts_of_one_wallet_share_a_leaf() {
    let mut world = World::new(1);
    world.join("ann");
    world.join("bob");
    let wallet = world.actor("ann").wallet.clone();
    world.meet("eve");
    world.actor("eve").wallet = wallet;
    let signed = world.opening("eve", protocol::Scope::PUBLISH, crate::world::FAR_MS);
    world.enter(&signed).unwrap();
    world.actor("eve").account = Some(protocol::AccountId(3));
    earn(&mut world, &["ann", "bob", "eve"]);
    let leaves = |world: &World| claims::statement(&world.state).unwrap().leaves;
    assert_eq!(leaves(&world), []);
    world.disclose("ann").unwrap();
    assert_eq!(leaves(&world)[0].lines[0].cumulative, 10);
    world.disclose("eve").unwrap();
    assert_eq!(leaves(&world).len(), 1);
    assert_eq!(leaves(&world)[0].lines[0].cumulative, 40);
    world.disclose("bob").unwrap();
    assert_eq!(leaves(&world).len(), 2);
    world.replay();
}

#[test]
fn the_root_follows_from_the_file_alone() {
    let mut world = World::new(1);
    let names = ["ann", "bob", "cat"];
    for name in names {
        world.join(name);
        world.disclose(name).unwrap();
    }
    earn(&mut world, &names);
    let statement = claims::statement(&world.state).unwrap();
    let file: Value = serde_json::from_slice(&statement.file(EpochId(2))).unwrap();
    let bytes = |text: &Value| hex::decode(&text.as_str().unwrap()[2..]).unwrap();
    let address = |text: &Value| <[u8; 20]>::try_from(bytes(text)).unwrap();
    let domain = Domain {
        chain_id: file["chainId"].as_u64().unwrap(),
        contract: address(&file["settlement"]),
    };
    let line = |line: &Value| Line {
        kind: LineKind::Pay,
        token: address(&line["token"]),
        cumulative: line["cumulative"].as_str().unwrap().parse().unwrap(),
    };
    let leaf = |leaf: &Value| Leaf {
        account: address(&leaf["account"]),
        lines: leaf["lines"].as_array().unwrap().iter().map(line).collect(),
    };
    let leaves = file["leaves"].as_array().unwrap().iter().map(leaf);
    let tree = Tree::new(leaves.map(|leaf| leaf.hash(&domain).unwrap()).collect());
    assert_eq!((tree.len(), tree.root()), (3, statement.root().0));
    assert_eq!(bytes(&file["root"]), statement.root().0);
    assert_eq!(file["epoch"], 2);
}

#[test]
fn a_use_counted_twice_in_one_segment_is_refused() {
    let mut world = World::new(1);
    world.join("ann");
    earn(&mut world, &["ann"]);
    world.allow("user", 0, 1, 100, 1_000).unwrap();
    let total = world.total(0, 1, 1);
    for totals in [vec![total, total], Vec::new()] {
        let segment = PostSegment {
            rows_root: salt(4),
            ..world.segment(0, totals)
        };
        let refused = world.ask("ann", Command::PostSegment(segment));
        assert_eq!(refused, Err(Rejection::BadList));
    }
}

#[test]
fn a_space_names_each_token_once() {
    let mut world = World::new(1);
    for tokens in [vec![], vec![1, 1], vec![2, 1], (1..=9).collect()] {
        let mut genesis = genesis(1);
        genesis.tokens = tokens.into_iter().map(|n| Address([n; 20])).collect();
        world.meet("first");
        let entry = Entry {
            seq: 0,
            time_ms: 0,
            rule: RULE_VERSION,
            signed: world.sign("first", Command::Genesis(genesis), None),
        };
        let decided = ledger::decide(&State::new(SPACE), &entry, &world.shelf);
        assert_eq!(decided, Err(Rejection::BadList));
    }
}
