//! Votes and stakes: what the log says of contracts beside the pot, against what stands there.

use crate::money::close_epoch;
use crate::script::{WORKERS, build};
use crate::twin::check;
use crate::world::{Lie, TOKEN, World};
use audit::ChainFacts;
use audit::source::{Minted, Staked};
use proof::claim::LineKind;
use protocol::line::{NoteStake, OpenVotes};
use protocol::{AccountId, Address, Amount, AssetId, Command, TokenId};

const STAKE: [u8; 20] = [0x57; 20];
const VOTES: [u8; 20] = [0xc0; 20];
const HOUR_MS: u64 = 3_600_000;

fn voter(world: &World) -> Address {
    let account = world.state.account(AccountId(WORKERS[0]));
    let wallet = account.and_then(|account| account.wallet);
    wallet.expect("a wallet that is disclosed")
}

/// An honest economy in which contributors vote, and one of them had a stake of 70 when the log
/// noted it: staked three hours before, a part on its way out since two. Behind it is an epoch.
fn world() -> World {
    let mut world = build(Lie::None);
    let shared = world.state.assets.iter().position(|it| it.total_shares > 0);
    let asset = AssetId(u32::try_from(shared.expect("a label set")).unwrap());
    let contract = Address(VOTES);
    world.push(0, Command::OpenVotes(OpenVotes { asset, contract }));
    let units = |units| Amount::new(units).unwrap();
    let note = NoteStake {
        contract: Address(STAKE),
        token: TokenId(0),
        exit_ms: 9_000,
        wallet: voter(&world),
        staked_units: units(70),
        active_units: units(50),
        queued_units: units(20),
        slashed_units: units(0),
    };
    world.push(0, Command::NoteStake(note));
    let noted_ms = world.time_ms;
    close_epoch(&mut world, 3);
    let own = voter(&world).0;
    let empty = Staked {
        contract: STAKE,
        token: TOKEN.0,
        exit_ms: 9_000,
        ..Staked::default()
    };
    let row = |since_ms, [staked, active, queued]: [u128; 3]| Staked {
        account: own,
        since_ms,
        staked,
        active,
        queued,
        ..empty
    };
    let given = votes(&world, own);
    let facts = &mut world.directory.facts;
    facts.beside_read = true;
    facts.stakes.push(empty);
    facts.stakes.push(row(noted_ms - 3 * HOUR_MS, [70, 70, 0]));
    facts.stakes.push(row(noted_ms - 2 * HOUR_MS, [70, 50, 20]));
    // The chain is ahead of the log.
    facts.stakes.push(row(noted_ms + 2 * HOUR_MS, [75, 55, 20]));
    let none = Minted {
        contract: VOTES,
        ..Minted::default()
    };
    facts.votes.push(none);
    facts.votes.push(Minted {
        account: own,
        votes: given,
        ..none
    });
    world
}

fn votes(world: &World, account: [u8; 20]) -> u128 {
    let statement = ledger::claims::statement(&world.state).unwrap();
    let leaf = statement.leaves.iter().find(|it| it.account == account);
    let lines = leaf.expect("a leaf of the voter").lines.iter();
    let votes = lines.filter(|line| line.kind == LineKind::Vote);
    votes.map(|line| line.cumulative).sum()
}

fn fault_of(change: impl FnOnce(&mut ChainFacts)) -> &'static str {
    let mut world = world();
    change(&mut world.directory.facts);
    let checked = check(&world.directory());
    checked.expect_err("false facts never verify").code
}

#[test]
fn a_chain_that_is_ahead_of_the_notes_verifies() {
    let world = world();
    assert!(world.directory.facts.votes[1].votes > 0);
    let report = check(&world.directory()).unwrap();
    let chain = &report.chains[0];
    assert!(chain.checked && chain.beside_checked && chain.beside_why.is_none());
}

#[test]
fn whoever_has_not_looked_for_the_contracts_says_so_and_finds_no_fault() {
    let mut world = world();
    let facts = &mut world.directory.facts;
    facts.beside_read = false;
    facts.beside_why = Some("the server leaves events out".to_owned());
    (facts.stakes, facts.votes) = (Vec::new(), Vec::new());
    let report = check(&world.directory()).unwrap();
    let chain = &report.chains[0];
    assert!(report.names_beside && chain.checked && !chain.beside_checked);
    let why = chain.beside_why.as_deref();
    assert_eq!(why, Some("the server leaves events out"));
}

#[test]
fn contracts_are_ours() {
    assert_eq!(fault_of(|facts| facts.votes.clear()), "votes_unknown");
    assert_eq!(fault_of(|facts| facts.stakes.clear()), "stake_unknown");
    let change = |of: fn(&mut Staked)| fault_of(|facts| facts.stakes.iter_mut().for_each(of));
    assert_eq!(change(|it| it.exit_ms += 1), "stake_unknown");
    assert_eq!(change(|it| it.token[0] ^= 1), "stake_unknown");
}

#[test]
fn a_note_is_what_the_contract_held_then() {
    // What the contract held when the log noted it.
    let then = |of: fn(&mut Staked)| fault_of(|facts| of(&mut facts.stakes[2]));
    assert_eq!(then(|it| it.staked -= 1), "stake_differs");
    assert_eq!(then(|it| it.active -= 1), "stake_differs");
    assert_eq!(then(|it| it.queued += 1), "stake_differs");
    assert_eq!(then(|it| it.slashed += 1), "stake_differs");
    assert_eq!(then(|it| it.account[0] ^= 1), "stake_differs");
    assert_eq!(then(|it| it.since_ms += 4 * HOUR_MS), "stake_differs");
}

#[test]
fn what_has_left_cannot_be_noted_as_if_it_were_there() {
    // It was so once, and had left an hour before the note.
    let left = fault_of(|facts| {
        let noted = facts.stakes[2];
        facts.stakes[3] = Staked {
            since_ms: noted.since_ms + HOUR_MS - 2_000,
            queued: 0,
            ..noted
        };
    });
    assert_eq!(left, "stake_differs");
}

#[test]
fn nobody_is_slashed_and_no_votes_are_minted_above_the_line() {
    let slashed = fault_of(|facts| facts.stakes[3].slashed = 1);
    assert_eq!(slashed, "slash_above_line");
    // Of a wallet too that the log has not noted.
    let other = fault_of(|facts| {
        let mut row = facts.stakes[3];
        (row.account, row.slashed) = ([0x99; 20], 1);
        facts.stakes.push(row);
    });
    assert_eq!(other, "slash_above_line");
    assert_eq!(
        fault_of(|facts| facts.votes[1].votes += 1),
        "votes_above_line"
    );
    let other = fault_of(|facts| {
        let mut row = facts.votes[1];
        row.account = [0x99; 20];
        facts.votes.push(row);
    });
    assert_eq!(other, "votes_above_line");
}
