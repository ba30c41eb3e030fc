//! What the operations cost in gas, to the unit: a change that costs more shows here.

use std::fmt::Write;

use alloy_sol_types::{SolCall, sol};
use chain::escrow::Debit;
use chain::settlement::{Claim, Post, Total};
use expect_test::expect;
use proof::claim::{Leaf, Line, LineKind, Tree};

use crate::world::{CLOSES_S, World, send};

sol! {
    struct TypedLine { uint8 kind; address token; uint96 cumulative; }
    struct Row { address account; TypedLine[] lines; }
    function payRange(uint64 id, Row[] rows, bytes32[] path);
    function payRangeOf(uint64 id, address token, bytes32[] rows, bytes32[] path);
}

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

/// `docs/operate/chain.md` names these. Each is little enough for `/rpc`.
#[test]
fn a_deployment_costs_this_much_gas() {
    let world = World::new();
    let (receipts, deployed) = (world.chain.devnet.receipts(), &world.chain.deployment);
    let cost = |place| {
        let made = receipts.iter().find(|it| it.created == Some(place));
        made.expect("a contract").gas_used
    };
    let of = [deployed.settlement, deployed.escrow].map(cost);
    expect!["[4996460, 4597211]"].assert_eq(&format!("{of:?}"));
    assert!(of.into_iter().all(|gas| gas <= chain::rpc::MOST_GAS));
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
        open, the first ever: 161149
        open: 126949
        open, each of 100: 73323
        debit, one: 95531
        debit, each of 100: 35967
        release: 94032
        refund: 60892
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
        claim at depth 20, first ever: 106217
        claim at depth 20, later: 72053
        post: 118063
        finalize: 45086
        claim at depth 7, first ever, each of 128: 58373
    "#]]
    .assert_eq(&table.0);
}

/// A world that lists as many test tokens, with a pot of each.
fn world_of(tokens: usize) -> World {
    let mut world = World::on(&vec!["../TestToken"; tokens]);
    let epoch = world.post([0; 32], 0);
    for token in world.chain.deployment.tokens.clone() {
        let opening = world.opening(1_000_000);
        let (funder, debitor) = (world.funder.clone(), world.debitor.clone());
        let opened = world.chain.open_deposit(&funder, token, &opening);
        let (id, amount) = (opened.expect("opened"), 1_000_000);
        let debits = [Debit { id, amount }];
        world
            .chain
            .debit(&debitor, epoch, &debits)
            .expect("debited");
    }
    world.settle(epoch);
    world.release(epoch).expect("released");
    world
}

/// Posts a root with this total in every token and makes it final.
fn settle_all(world: &mut World, root: [u8; 32], amount: u128) -> u64 {
    let tokens = world.chain.deployment.tokens.clone();
    let total = |token| Total { token, amount };
    let post = Post {
        totals: tokens.into_iter().map(total).collect(),
        ..world.next_post(root, 0)
    };
    let poster = world.poster.clone();
    world.chain.post(&poster, &post).expect("posted");
    world.settle(post.id);
    post.id
}

/// The tree of `count` accounts with one line each, among `2^20` leaves in all.
fn crowd(world: &World, count: u32, cumulative: u128) -> (Tree, Vec<Leaf>) {
    let (token, domain) = (world.token(), world.chain.deployment.domain());
    let leaf = |number: u32| {
        let mut account = [0xac; 20];
        account[..4].copy_from_slice(&number.wrapping_mul(2_654_435_761).to_be_bytes());
        let line = Line {
            kind: LineKind::Pay,
            token,
            cumulative,
        };
        Leaf {
            account,
            lines: vec![line],
        }
    };
    let leaves: Vec<Leaf> = (1..=count).map(leaf).collect();
    let mut hashes: Vec<[u8; 32]> = leaves
        .iter()
        .map(|leaf| leaf.hash(&domain).expect("a good leaf"))
        .collect();
    hashes.extend((count..1 << 20).map(|number| {
        let mut hash = [0; 32];
        hash[..4].copy_from_slice(&number.wrapping_mul(2_654_435_761).to_be_bytes());
        hash
    }));
    (Tree::new(hashes), leaves)
}

fn newest_gas(world: &World) -> u64 {
    let newest = world.chain.devnet.receipts().last().expect("a block");
    assert!(newest.success, "{:?}", newest.revert);
    newest.gas_used
}

#[test]
fn a_claim_of_four_tokens_costs_at_most_150_000_later() {
    let mut world = world_of(4);
    let mut gas = 0;
    for cumulative in [100, 150] {
        let line = |token| Line {
            kind: LineKind::Pay,
            token,
            cumulative,
        };
        let tokens = world.chain.deployment.tokens.clone();
        let leaf = Leaf {
            account: [0xa1; 20],
            lines: tokens.into_iter().map(line).collect(),
        };
        let (claim, root) = deepened(&world, leaf);
        let epoch = settle_all(&mut world, root, 1_000_000);
        let anyone = world.anyone.clone();
        world
            .chain
            .claim_many(&anyone, epoch, &[claim])
            .expect("claimed");
        gas = newest_gas(&world);
    }
    expect!["140267"].assert_eq(&gas.to_string());
    assert!(gas <= 150_000);
}

/// A claim of this leaf at depth 20 and the root over it.
fn deepened(world: &World, leaf: Leaf) -> (Claim, [u8; 32]) {
    let domain = world.chain.deployment.domain();
    let mut hashes = vec![leaf.hash(&domain).expect("a good leaf")];
    hashes.extend((1..1_u32 << 20).map(|number| {
        let mut hash = [0; 32];
        hash[..4].copy_from_slice(&number.wrapping_mul(2_654_435_761).to_be_bytes());
        hash
    }));
    let tree = Tree::new(hashes);
    let proof = tree.proof(0).expect("the first leaf");
    (Claim { leaf, proof }, tree.root())
}

#[test]
fn a_relayed_batch_costs_at_most_40_000_per_account_later() {
    let mut world = world_of(1);
    let mut gas = 0;
    for cumulative in [10, 20] {
        let (tree, leaves) = crowd(&world, 128, cumulative);
        let epoch = settle_all(&mut world, tree.root(), 1_000_000);
        let claim = |(position, leaf)| Claim {
            leaf,
            proof: tree.proof(position).expect("a leaf"),
        };
        let claims: Vec<Claim> = leaves.into_iter().enumerate().map(claim).collect();
        let anyone = world.anyone.clone();
        world
            .chain
            .claim_many(&anyone, epoch, &claims)
            .expect("claimed");
        gas = newest_gas(&world) / 128;
    }
    expect!["32091"].assert_eq(&gas.to_string());
    assert!(gas <= 40_000);
}

/// A final epoch with a range to pay: a full subtree of the sorted tree, here the whole tree of 256
/// accounts, and a path of 12 made up above it.
struct Range {
    epoch: u64,
    leaves: Vec<Leaf>,
    path: Vec<[u8; 32]>,
}

fn range(world: &mut World, cumulative: u128) -> Range {
    let (token, domain) = (world.token(), world.chain.deployment.domain());
    let mut rows: Vec<([u8; 32], Leaf)> = (0..256_u32)
        .map(|number| {
            let mut account = [0xac; 20];
            account[..4].copy_from_slice(&number.wrapping_mul(2_654_435_761).to_be_bytes());
            let kind = LineKind::Pay;
            let line = Line {
                kind,
                token,
                cumulative,
            };
            let leaf = Leaf {
                account,
                lines: vec![line],
            };
            (leaf.hash(&domain).expect("a good leaf"), leaf)
        })
        .collect();
    // The sorted leaves stand last and backwards in the tree, the largest first.
    rows.sort_by_key(|row| std::cmp::Reverse(row.0));
    let mut root = Tree::new(rows.iter().map(|row| row.0).collect()).root();
    let path: Vec<[u8; 32]> = (0..12).map(|at| [at + 1; 32]).collect();
    for sibling in &path {
        root = Tree::new(vec![root, *sibling]).root();
    }
    Range {
        epoch: settle_all(world, root, 1_000_000),
        leaves: rows.into_iter().map(|row| row.1).collect(),
        path,
    }
}

/// What the second payment of a range costs each of its accounts, by the call that `call` makes.
fn range_gas(call: impl Fn(&World, Range) -> Vec<u8>) -> u64 {
    let mut world = world_of(1);
    let mut gas = 0;
    for cumulative in [10, 20] {
        let range = range(&mut world, cumulative);
        let (anyone, call) = (world.anyone.clone(), call(&world, range));
        send(&mut world, &anyone, |chain| chain.settlement, call);
        gas = newest_gas(&world) / 256;
    }
    gas
}

#[test]
fn a_range_costs_this_much_per_account_later() {
    let gas = range_gas(|_, range| {
        let typed = |line: &Line| TypedLine {
            kind: 1,
            token: line.token.into(),
            cumulative: line.cumulative.try_into().expect("small"),
        };
        let row = |leaf: Leaf| Row {
            account: leaf.account.into(),
            lines: leaf.lines.iter().map(typed).collect(),
        };
        payRangeCall {
            id: range.epoch,
            rows: range.leaves.into_iter().map(row).collect(),
            path: range.path.into_iter().map(Into::into).collect(),
        }
        .abi_encode()
    });
    expect!["18810"].assert_eq(&gas.to_string());
}

#[test]
fn a_range_of_one_token_costs_at_most_18_000_per_account_later() {
    let gas = range_gas(|world, range| {
        let row = |leaf: Leaf| {
            let mut row = [0; 32];
            row[..20].copy_from_slice(&leaf.account);
            row[20..].copy_from_slice(&leaf.lines[0].cumulative.to_be_bytes()[4..]);
            row.into()
        };
        payRangeOfCall {
            id: range.epoch,
            token: world.token().into(),
            rows: range.leaves.into_iter().map(row).collect(),
            path: range.path.into_iter().map(Into::into).collect(),
        }
        .abi_encode()
    });
    expect!["17057"].assert_eq(&gas.to_string());
    assert!(gas <= 18_000);
}

#[test]
fn a_post_costs_this_much_in_the_long_run() {
    let mut world = world_of(1);
    let mut gas = 0;
    for round in 1..=9_u8 {
        let post = world.next_post([round; 32], 1_000 + u128::from(round));
        let poster = world.poster.clone();
        world.chain.post(&poster, &post).expect("posted");
        gas = newest_gas(&world);
        world.settle(post.id);
    }
    expect!["83863"].assert_eq(&gas.to_string());
}
