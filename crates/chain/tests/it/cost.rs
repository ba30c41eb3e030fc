//! What the operations cost in gas, to the unit: a change that costs more shows here.

use std::fmt::Write;

use chain::escrow::Debit;
use chain::settlement::Claim;
use expect_test::expect;
use proof::claim::{Leaf, Line, LineKind, Tree};

use crate::world::{CLOSES_S, World};

/// A world whose newest final epoch has one leaf for `account` at depth 20.
fn deep_claim(world: &mut World, account: [u8; 20], cumulative: u128, total: u128) -> (u64, Claim) {
    let line = Line {
        kind: LineKind::Pay,
        token: world.token(),
        cumulative,
    };
    let leaf = Leaf {
        account,
        lines: vec![line],
    };
    let mut hashes = vec![
        leaf.hash(&world.chain.deployment.domain())
            .expect("a good leaf"),
    ];
    hashes.extend((1..1_u32 << 20).map(|number| {
        let mut hash = [0; 32];
        hash[..4].copy_from_slice(&number.wrapping_mul(2_654_435_761).to_be_bytes());
        hash
    }));
    let tree = Tree::new(hashes);
    let proof = tree.proof(0).expect("the first leaf");
    assert_eq!(proof.len(), 20);
    let epoch = world.post(tree.root(), total);
    world.settle(epoch);
    (epoch, Claim { leaf, proof })
}

/// A table of what the newest transaction cost, each time it is told to look.
struct Table(String);

impl Table {
    fn note(&mut self, world: &World, what: &str, count: u64) {
        let newest = world.chain.devnet.receipts().last().expect("a block");
        writeln!(self.0, "{what}: {}", newest.gas_used / count).expect("a string");
    }
}

#[test]
fn budgets_cost_this_much_gas() {
    let mut world = World::new();
    let mut table = Table(String::new());
    let id = world.deposit(1_000_000);
    table.note(&world, "open, the first ever", 1);
    let other = world.deposit(1_000_000);
    table.note(&world, "open", 1);
    let (token, opening) = (world.token(), world.opening(10));
    world
        .chain
        .open_deposits(&world.funder, token, &vec![opening; 100])
        .expect("opened");
    table.note(&world, "open, each of 100", 100);
    let epoch = world.post([9; 32], 0);
    let many: Vec<Debit> = (3..103).map(|id| Debit { id, amount: 1 }).collect();
    world.debit(epoch, id, 1_000_000).expect("debited");
    table.note(&world, "debit, one", 1);
    world
        .chain
        .debit(&world.debitor, epoch, &many)
        .expect("debited");
    table.note(&world, "debit, each of 100", 100);
    world.settle(epoch);
    world.release(epoch).expect("released");
    table.note(&world, "release", 1);
    world
        .chain
        .devnet
        .set_time(CLOSES_S + 30 * 24 * 3600)
        .expect("forward");
    world
        .chain
        .refund(&world.anyone, &[other])
        .expect("refunded");
    table.note(&world, "refund", 1);
    expect![[r#"
        open, the first ever: 164593
        open: 130393
        open, each of 100: 75063
        debit, one: 95175
        debit, each of 100: 36512
        release: 76421
        refund: 61319
    "#]]
    .assert_eq(&table.0);
}

#[test]
fn epochs_and_claims_cost_this_much_gas() {
    let mut world = World::new();
    let mut table = Table(String::new());
    world.fill_pot(1_000_000);
    for (cumulative, when) in [(100, "first ever"), (150, "later")] {
        let (epoch, claim) = deep_claim(&mut world, [0xa1; 20], cumulative, 500);
        world
            .chain
            .claim_many(&world.anyone, epoch, &[claim])
            .expect("claimed");
        table.note(&world, &format!("claim at depth 20, {when}"), 1);
    }
    let accounts: Vec<([u8; 20], u128)> = (1..=128).map(|byte| ([byte; 20], 1)).collect();
    let (root, claims) = world.claims(&accounts);
    let epoch = world.post(root, 500);
    table.note(&world, "post", 1);
    world.settle(epoch);
    table.note(&world, "finalize", 1);
    world
        .chain
        .claim_many(&world.anyone, epoch, &claims)
        .expect("claimed");
    table.note(&world, "claim at depth 7, first ever, each of 128", 128);
    expect![[r#"
        claim at depth 20, first ever: 107125
        claim at depth 20, later: 72961
        post: 120046
        finalize: 47597
        claim at depth 7, first ever, each of 128: 60326
    "#]]
    .assert_eq(&table.0);
}
