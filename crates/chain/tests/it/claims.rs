//! Every rule of claiming, with the refusal that holds it.

use alloy_sol_types::{SolCall, sol};
use chain::settlement::{Claim, Payment};
use proof::claim::{Leaf, Line, LineKind};

use crate::world::{World, refusal, send};

sol! {
    struct RawLine { uint8 kind; address token; uint96 cumulative; }
    function claim(uint64 id, address account, RawLine[] lines, bytes32[] proof);
    function noteInflow(address token, uint256 amount);
}

const ALICE: [u8; 20] = [0xa1; 20];
const BOB: [u8; 20] = [0xb0; 20];

fn claim(world: &mut World, epoch: u64, claims: &[Claim]) -> Vec<Payment> {
    let receipts = world
        .chain
        .claim_many(&world.anyone, epoch, claims)
        .expect("claimed");
    world.chain.payments(&receipts)
}

/// A final epoch with these cumulative amounts and total.
fn final_epoch(world: &mut World, amounts: &[([u8; 20], u128)], total: u128) -> (u64, Vec<Claim>) {
    let (root, claims) = world.claims(amounts);
    let epoch = world.post(root, total);
    world.settle(epoch);
    (epoch, claims)
}

#[test]
fn only_final_epochs_pay() {
    let mut world = World::new();
    world.fill_pot(100);
    let (root, claims) = world.claims(&[(ALICE, 100)]);
    let refused =
        |world: &mut World, epoch| refusal(world.chain.claim_many(&world.anyone, epoch, &claims));
    assert_eq!(refused(&mut world, 0), "NotFinal");
    assert_eq!(refused(&mut world, 2), "NotFinal");
    let epoch = world.post(root, 100);
    assert_eq!(refused(&mut world, epoch), "NotFinal");
    world
        .chain
        .halt(&world.guardian, epoch, "wrong")
        .expect("halted");
    assert_eq!(refused(&mut world, epoch), "NotFinal");
    world
        .chain
        .rule(&world.arbiter, epoch, true)
        .expect("vetoed");
    world.chain.devnet.advance(crate::world::WINDOW_S);
    assert_eq!(refused(&mut world, epoch), "NotFinal");
    let (again, _) = final_epoch(&mut world, &[(ALICE, 100)], 100);
    assert_eq!(claim(&mut world, again, &claims).len(), 1);
    assert_eq!(world.balance(ALICE), 100);
}

#[test]
fn claims_are_cumulative_and_old_roots_pay_for_ever() {
    let mut world = World::new();
    world.fill_pot(100);
    let (first, old) = final_epoch(&mut world, &[(ALICE, 30), (BOB, 10)], 40);
    let (second, new) = final_epoch(&mut world, &[(ALICE, 70), (BOB, 30)], 100);
    claim(&mut world, first, &old[..1]);
    assert_eq!((world.balance(ALICE), world.balance(BOB)), (30, 0));
    for _ in 0..2 {
        claim(&mut world, second, &new);
        assert_eq!((world.balance(ALICE), world.balance(BOB)), (70, 30));
    }
    assert_eq!(claim(&mut world, first, &old), []);
    let token = world.token();
    assert_eq!(world.chain.claimed(ALICE, token).expect("an answer"), 70);
    assert_eq!(world.chain.paid(token).expect("an answer"), 100);
}

#[test]
fn a_proof_fits_one_leaf_of_one_epoch() {
    let mut world = World::new();
    world.fill_pot(100);
    let (first, old) = final_epoch(&mut world, &[(ALICE, 30), (BOB, 10)], 40);
    let (second, _) = final_epoch(&mut world, &[(ALICE, 40), (BOB, 10)], 50);
    let mut richer = old[0].clone();
    richer.leaf.lines[0].cumulative += 1;
    let mut thief = old[0].clone();
    thief.leaf.account = BOB;
    let mut swapped = old[0].clone();
    swapped.proof.clone_from(&old[1].proof);
    let mut short = old[0].clone();
    short.proof.clear();
    for wrong in [richer, thief, swapped, short] {
        let batch = [old[1].clone(), wrong];
        let refused = refusal(world.chain.claim_many(&world.anyone, first, &batch));
        assert_eq!(refused, "ProofInvalid");
    }
    let refused = refusal(world.chain.claim_many(&world.anyone, second, &old[..1]));
    assert_eq!(refused, "ProofInvalid");
    assert_eq!((world.balance(ALICE), world.balance(BOB)), (0, 0));
}

#[test]
fn an_empty_tree_pays_nobody() {
    let mut world = World::new();
    let epoch = world.post([0; 32], 0);
    world.settle(epoch);
    let (_, claims) = world.claims(&[(ALICE, 1)]);
    let refused = refusal(world.chain.claim_many(&world.anyone, epoch, &claims));
    assert_eq!(refused, "ProofInvalid");
}

#[test]
fn claims_never_pass_the_total_and_the_rest_stays_claimable() {
    let mut world = World::new();
    world.fill_pot(100);
    let (epoch, claims) = final_epoch(&mut world, &[(ALICE, 60), (BOB, 60)], 100);
    let token = world.token();
    let payment = |account, paid| Payment {
        account,
        token,
        amount: 60,
        paid,
    };
    let both = [payment(ALICE, true), payment(BOB, false)];
    assert_eq!(claim(&mut world, epoch, &claims), both);
    assert_eq!((world.balance(ALICE), world.balance(BOB)), (60, 0));
    world.fill_pot(20);
    final_epoch(&mut world, &[], 120);
    assert_eq!(claim(&mut world, epoch, &claims), [payment(BOB, true)]);
    assert_eq!(world.balance(BOB), 60);
}

#[test]
fn only_pay_lines_of_listed_tokens_are_paid() {
    let mut world = World::new();
    world.fill_pot(100);
    let (listed, stranger) = (world.token(), [0xff; 20]);
    let line = |token| Line {
        kind: LineKind::Pay,
        token,
        cumulative: 40,
    };
    let leaf = Leaf {
        account: ALICE,
        lines: vec![line(listed), line(stranger)],
    };
    let (root, claims) = world.claims_of(vec![leaf]);
    let epoch = world.post(root, 100);
    world.settle(epoch);
    let payment = |token, paid| Payment {
        account: ALICE,
        token,
        amount: 40,
        paid,
    };
    let both = [payment(listed, true), payment(stranger, false)];
    assert_eq!(claim(&mut world, epoch, &claims), both);
    assert_eq!(world.balance(ALICE), 40);
}

#[test]
fn lines_of_other_kinds_are_passed_over() {
    let mut world = World::new();
    world.fill_pot(100);
    let settlement = world.chain.deployment.settlement;
    let line = |kind, units: u64| RawLine {
        kind,
        token: world.token().into(),
        cumulative: alloy_primitives::aliases::U96::from(units),
    };
    let lines = vec![line(2, 90), line(1, 10), line(0, 95)];
    let bytes = (
        alloy_primitives::U256::from(chain::devnet::CHAIN_ID),
        alloy_primitives::Address::from(settlement),
        alloy_primitives::Address::from(ALICE),
        lines.clone(),
    );
    let inner = alloy_primitives::keccak256(alloy_sol_types::SolValue::abi_encode_params(&bytes));
    let epoch = world.post(alloy_primitives::keccak256(inner).0, 100);
    world.settle(epoch);
    let call = claimCall {
        id: epoch,
        account: ALICE.into(),
        lines,
        proof: vec![],
    };
    let anyone = world.anyone.clone();
    let receipt = send(&mut world, &anyone, |to| to.settlement, call.abi_encode());
    assert_eq!(receipt.revert, None);
    assert_eq!(world.balance(ALICE), 10);
}

#[test]
fn a_leaf_has_at_most_eight_lines() {
    let mut world = World::new();
    let epoch = world.post([0; 32], 0);
    world.settle(epoch);
    let line = RawLine {
        kind: 1,
        token: Default::default(),
        cumulative: Default::default(),
    };
    let anyone = world.anyone.clone();
    for (count, name) in [(8, "ProofInvalid"), (9, "TooManyLines")] {
        let lines = vec![line.clone(); count];
        let call = claimCall {
            id: epoch,
            account: ALICE.into(),
            lines,
            proof: vec![],
        };
        let receipt = send(&mut world, &anyone, |to| to.settlement, call.abi_encode());
        assert_eq!(receipt.revert.as_deref(), Some(name));
    }
}

#[test]
fn only_the_escrow_notes_inflow() {
    let mut world = World::new();
    let call = noteInflowCall {
        token: world.token().into(),
        amount: alloy_primitives::U256::from(1),
    };
    for wallet in [world.poster.clone(), world.deployer.clone()] {
        let receipt = send(&mut world, &wallet, |to| to.settlement, call.abi_encode());
        assert_eq!(receipt.revert.as_deref(), Some("NotEscrow"));
    }
}
