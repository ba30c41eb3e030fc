//! Prepaid credit: a log whose uses were paid by vouchers, against what an Escrow has redeemed.

use crate::money::{close_epoch, uses};
use crate::script::{DEVELOPER, PAYER, build, terms};
use crate::twin::check;
use crate::world::{Lie, TOKEN, World};
use audit::ChainFacts;
use ledger::chain::FIRST;
use protocol::credit::{Credit, NoteRedemption, OpenCredit};
use protocol::market::{AssetKind, ParentList, RegisterAsset};
use protocol::terms::Demand;
use protocol::{AccountId, AllowanceId, Amount, AssetId, Command, Hash, Ppm, TokenId};

const REDEEMED: u128 = 1_000_000;

/// An honest economy in which uses are charged to two redeemed vouchers.
fn world() -> World {
    let mut world = build(Lie::None);
    let asset = AssetId(u32::try_from(world.state.assets.len()).unwrap());
    let register = RegisterAsset {
        kind: AssetKind::Model,
        title: "Another model".to_owned(),
        content: Hash([9; 32]),
        terms: terms(1_000, Demand::Flow(Ppm::ZERO)),
        parents: ParentList::Inline(Vec::new()),
        listing: None,
    };
    world.push(DEVELOPER, Command::RegisterAsset(register));
    let account = AccountId(PAYER);
    let open = OpenCredit {
        account,
        asset,
        expires_ms: world.time_ms + 1_000_000_000,
    };
    world.push(0, Command::Credit(Credit::Open(open)));
    let allowance = AllowanceId(u32::try_from(world.state.allowances.len() - 1).unwrap());
    for number in 1..=2 {
        let note = NoteRedemption {
            chain: FIRST,
            number,
            account,
            token: TokenId(0),
            amount_units: Amount::new(REDEEMED).unwrap(),
        };
        world.push(0, Command::Credit(Credit::Redeem(note)));
    }
    uses(&mut world, (asset, allowance));
    close_epoch(&mut world, 3);
    let redeemed = [(TOKEN.0, REDEEMED), (TOKEN.0, REDEEMED), ([7; 20], 5)];
    world.directory.facts.redeemed = redeemed.to_vec();
    world
}

fn fault_of(change: impl FnOnce(&mut ChainFacts)) -> &'static str {
    let mut world = world();
    change(&mut world.directory.facts);
    let checked = check(&world.directory());
    checked.expect_err("false facts never verify").code
}

#[test]
fn what_vouchers_have_brought_verifies_and_the_chain_may_be_ahead() {
    let world = world();
    assert!(world.state.credit(AccountId(PAYER), TokenId(0)).units() < 2 * REDEEMED);
    assert!(check(&world.directory()).unwrap().chains[0].checked);
}

#[test]
fn every_note_is_of_the_chains_redemption() {
    let differs = "redemption_differs";
    assert_eq!(fault_of(|facts| facts.redeemed.truncate(1)), differs);
    assert_eq!(fault_of(|facts| facts.redeemed[1].1 -= 1), differs);
    assert_eq!(fault_of(|facts| facts.redeemed[0].0[0] ^= 1), differs);
}
