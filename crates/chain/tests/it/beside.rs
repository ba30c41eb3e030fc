//! Stakes and votes on the real contracts: what a leaf takes, gives and lets go.

use std::collections::BTreeSet;

use chain::Error;
use chain::backend::Dated as _;
use chain::beside::{Beside, Call};
use chain::devnet::Receipt;
use chain::error::ErrorKind;
use chain::settlement::Claim;
use chain::stake::{StakeTerms, Sums};
use proof::claim::{Leaf, Line, LineKind, Tree};

use crate::world::{RULING_S, WINDOW_S, World, wallet};

const EXIT_S: u64 = WINDOW_S + RULING_S;

/// A final epoch whose tree has these lines for the funder, and a leaf of somebody else.
fn final_epoch(world: &mut World, lines: Vec<Line>) -> (u64, Claim) {
    let domain = world.chain.deployment.domain();
    let account = world.funder.address();
    let leaf = Leaf { account, lines };
    let other = Leaf {
        account: [0xee; 20],
        lines: Vec::new(),
    };
    let hashes = [&leaf, &other].map(|leaf| leaf.hash(&domain).expect("a good leaf"));
    let tree = Tree::new(hashes.to_vec());
    let proof = tree.proof(0).expect("the first leaf");
    let epoch = world.post(tree.root(), 0);
    world.settle(epoch);
    (epoch, Claim { leaf, proof })
}

/// What became of one line that anybody has had carried out.
fn carry_out(
    world: &mut World,
    (kind, contract): (LineKind, [u8; 20]),
    (epoch, claim): (u64, &Claim),
) -> Result<Receipt, Error> {
    let anyone = world.anyone.clone();
    let call = Call {
        contract,
        kind,
        claim,
    };
    let ended = world.chain.carry_out(&anyone, epoch, &[call]);
    ended.expect("sent").remove(0)
}

fn line(kind: LineKind, token: [u8; 20], cumulative: u128) -> Line {
    Line {
        kind,
        token,
        cumulative,
    }
}

#[test]
fn a_stake_is_slashed_by_its_line_and_leaves_after_it() {
    let mut world = World::new();
    let (token, maker) = (world.token(), wallet(40));
    let contract = world.chain.put_stake(&maker, EXIT_S).expect("put");
    let exit_s = EXIT_S;
    let terms = |contract| world.chain.stake_terms(contract).expect("an answer");
    assert_eq!(terms(contract), Some(StakeTerms { token, exit_s }));
    assert_eq!(terms(world.chain.deployment.escrow), None);
    assert_eq!(terms([3; 20]), None);
    let funder = world.funder.clone();
    let own = funder.address();
    for part in [60, 40] {
        world.chain.stake(&funder, contract, part).expect("staked");
    }
    world
        .chain
        .request_exit(&funder, contract, 70)
        .expect("asked");
    let mut followed = Beside::new(Some(contract), &BTreeSet::new());
    let mut sums = |world: &World| {
        let said = world.chain.stake_of(contract, own).expect("an answer");
        followed.follow(&world.chain).expect("events");
        assert_eq!(followed.stake(own), said, "what events add up to");
        assert!(followed.stakers().eq([(own, said)]));
        let borne = world.chain.bears_out(contract, own, said);
        assert!(borne.expect("an answer"));
        said
    };
    let mut now = Sums {
        staked: 100,
        active: 30,
        queued: 70,
        slashed: 0,
    };
    assert_eq!(sums(&world), now);
    let (epoch, claim) = final_epoch(&mut world, vec![line(LineKind::Slash, token, 45)]);
    let slash = (LineKind::Slash, contract);
    carry_out(&mut world, slash, (epoch, &claim)).expect("slashed");
    (now.active, now.queued, now.slashed) = (0, 55, 45);
    assert_eq!(sums(&world), now);
    assert_eq!(
        world.chain.inflow(token).expect("an answer"),
        45,
        "it is in the pot"
    );
    carry_out(&mut world, slash, (epoch, &claim)).expect("nothing more");
    assert_eq!(sums(&world), now);
    let later = world.chain.devnet.time_s() + EXIT_S;
    world.chain.devnet.set_time(later).expect("forward");
    world
        .chain
        .withdraw_stake(&funder, contract, (epoch, &claim))
        .expect("withdrawn");
    now.queued = 0;
    assert_eq!(sums(&world), now);
}

/// In a silence a stake leaves whole, and by another event than its parts.
#[test]
fn events_tell_a_stake_that_leaves_in_a_silence() {
    const SILENCE_S: u64 = 60 * 86_400;
    let mut world = World::new();
    let contract = world.chain.put_stake(&wallet(40), EXIT_S).expect("put");
    let (funder, own) = (world.funder.clone(), world.funder.address());
    world.chain.stake(&funder, contract, 100).expect("staked");
    world
        .chain
        .request_exit(&funder, contract, 30)
        .expect("asked");
    let later = world.chain.devnet.time_s() + SILENCE_S;
    world.chain.devnet.set_time(later).expect("forward");
    world
        .chain
        .withdraw_stake_unproven(&funder, contract)
        .expect("withdrawn");
    let (mut followed, mut moved) = (Beside::new(Some(contract), &BTreeSet::new()), Vec::new());
    world.chain.devnet.each_placed(&mut |log, height| {
        moved.extend(followed.take(log).map(|it| (height, it.sums.queued)));
    });
    let said = world.chain.stake_of(contract, own).expect("an answer");
    assert_eq!(followed.stake(own), said);
    let gone = Sums {
        staked: 100,
        ..Sums::default()
    };
    assert_eq!(said, gone);
    let queued: Vec<u128> = moved.iter().map(|(_, queued)| *queued).collect();
    assert_eq!(queued, [0, 30, 100, 0]);
    let time_s = world.chain.devnet.block_time_s(moved[3].0);
    assert_eq!(time_s.expect("a block"), later);
}

#[test]
fn a_contract_that_stands_keeps_its_delay() {
    let mut world = World::new();
    let put = |world: &mut World, exit_s| world.chain.put_stake(&wallet(40), exit_s);
    let contract = put(&mut world, EXIT_S).expect("put");
    assert_eq!(put(&mut world, EXIT_S + 86_400).expect("found"), contract);
    let terms = world.chain.stake_terms(contract).expect("an answer");
    let terms = terms.expect("ours");
    assert_eq!(terms.exit_s, EXIT_S);
}

#[test]
fn a_call_that_is_refused_keeps_no_other_from_being_done() {
    let mut world = World::new();
    let (token, own) = (world.token(), world.funder.address());
    let contract = world.chain.put_stake(&wallet(40), EXIT_S).expect("put");
    let votes = world.chain.put_votes(&wallet(41), "Pool 0").expect("put");
    let other = world.chain.put_votes(&wallet(42), "Pool 1").expect("put");
    let funder = world.funder.clone();
    world.chain.stake(&funder, contract, 60).expect("staked");
    let lines = vec![
        line(LineKind::Slash, token, 45),
        line(LineKind::Vote, votes, 7),
    ];
    let (epoch, claim) = final_epoch(&mut world, lines);
    let call = |kind, contract| Call {
        contract,
        kind,
        claim: &claim,
    };
    let calls = [
        call(LineKind::Vote, other),
        call(LineKind::Slash, contract),
        call(LineKind::Vote, votes),
    ];
    let anyone = world.anyone.clone();
    let ended = world.chain.carry_out(&anyone, epoch, &calls).expect("sent");
    let done: Vec<bool> = ended.iter().map(Result::is_ok).collect();
    assert_eq!(done, [false, true, true]);
    let refused = ended[0].as_ref().unwrap_err().to_string();
    assert!(refused.contains("NothingToMint"), "{refused}");
    let mut followed = Beside::default();
    followed.follow(&world.chain).expect("events");
    assert_eq!(followed.stakers().count(), 0, "of no contract");
    // One that is named later brings its past along.
    followed.keep(Some(contract), &BTreeSet::from([votes, other]));
    followed.follow(&world.chain).expect("events");
    assert_eq!(followed.stake(own).slashed, 45);
    assert_eq!(followed.minted(votes, own), 7);
    assert_eq!(followed.minted(other, own), 0);
    assert_eq!(followed.votes().count(), 2);
}

#[test]
fn a_stake_that_could_leave_before_a_ruling_is_not_taken() {
    let mut world = World::new();
    let refused = world.chain.put_stake(&wallet(40), EXIT_S - 1).unwrap_err();
    assert_eq!(refused.kind, ErrorKind::Invalid);
    assert!(refused.to_string().contains("at least 10800"), "{refused}");
    assert!(world.chain.put_stake(&wallet(40), EXIT_S).is_ok());
}

#[test]
fn votes_are_minted_once_by_their_line() {
    let mut world = World::new();
    let contract = world.chain.put_votes(&wallet(41), "Pool 0").expect("put");
    let counts = |contract| world.chain.counts_votes(contract).expect("an answer");
    assert!(counts(contract) && !counts(world.token()) && !counts([3; 20]));
    let other = world.chain.put_votes(&wallet(42), "Pool 1").expect("put");
    let own = world.funder.address();
    let (epoch, claim) = final_epoch(&mut world, vec![line(LineKind::Vote, contract, 7)]);
    carry_out(&mut world, (LineKind::Vote, contract), (epoch, &claim)).expect("minted");
    assert_eq!(world.chain.votes(contract, own).expect("an answer"), 7);
    for place in [contract, other] {
        let again = carry_out(&mut world, (LineKind::Vote, place), (epoch, &claim));
        let refused = again.unwrap_err().to_string();
        assert!(refused.contains("NothingToMint"), "{refused}");
    }
    assert_eq!(world.chain.votes(other, own).expect("an answer"), 0);
}
