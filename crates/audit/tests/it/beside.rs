//! Votes and stakes: what the log says of contracts beside the pot, against what stands there.

use crate::script::{WORKERS, build};
use crate::twin::check;
use crate::world::{Lie, TOKEN, World};
use audit::ChainFacts;
use audit::source::Staked;
use protocol::line::{NoteStake, OpenVotes};
use protocol::{Address, Amount, AssetId, Command, TokenId};

const STAKE: [u8; 20] = [0x57; 20];
const VOTES: [u8; 20] = [0xc0; 20];

fn voter(world: &World) -> Address {
    let account = &world.state.accounts[WORKERS[0] as usize];
    account.wallet.expect("a wallet that is disclosed")
}

/// An honest economy in which contributors vote and one of them has a stake of 70.
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
    let own = voter(&world).0;
    let facts = &mut world.directory.facts;
    facts.votes.push(VOTES);
    let empty = Staked {
        contract: STAKE,
        token: TOKEN.0,
        exit_ms: 9_000,
        ..Staked::default()
    };
    facts.stakes.push(empty);
    facts.stakes.push(Staked {
        account: own,
        staked: 75,
        ..empty
    });
    world
}

fn fault_of(change: impl FnOnce(&mut ChainFacts)) -> &'static str {
    let mut world = world();
    change(&mut world.directory.facts);
    let checked = check(&world.directory());
    checked.expect_err("false facts never verify").code
}

#[test]
fn a_chain_that_is_ahead_of_the_notes_verifies() {
    assert!(check(&world().directory()).unwrap().chain_checked);
}

#[test]
fn contracts_are_ours_and_hold_what_was_noted() {
    assert_eq!(fault_of(|facts| facts.votes.clear()), "votes_unknown");
    assert_eq!(fault_of(|facts| facts.stakes.clear()), "stake_unknown");
    let change = |of: fn(&mut Staked)| fault_of(|facts| facts.stakes.iter_mut().for_each(of));
    assert_eq!(change(|it| it.exit_ms += 1), "stake_unknown");
    assert_eq!(change(|it| it.token[0] ^= 1), "stake_unknown");
    assert_eq!(change(|it| it.staked = it.staked.min(69)), "stake_differs");
    assert_eq!(change(|it| it.account[0] ^= 1), "stake_differs");
    assert_eq!(change(|it| it.slashed = 1), "slash_above_line");
}
