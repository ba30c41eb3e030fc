//! Prepaid credit: uses are charged to what redeemed vouchers have brought, and debit no deposit.

use crate::kit::{ppm, terms};
use crate::refused::Outcome;
use crate::world::{FAR_MS, World, units};
use ledger::chain::FIRST;
use ledger::claims;
use protocol::credit::{Credit, NoteRedemption, OpenCredit};
use protocol::event::PurseOwner;
use protocol::terms::Demand;
use protocol::{AllowanceId, AssetId, Command, Rejection, TokenId};

const PRICE: u128 = 10;

impl World {
    fn open_credit(&mut self, name: &str, asset: u32) -> Outcome {
        let open = OpenCredit {
            account: self.id(name),
            asset: AssetId(asset),
            expires_ms: FAR_MS,
        };
        self.ask("operator", Command::Credit(Credit::Open(open)))
    }

    fn redemption(&self, name: &str, amount: u128) -> NoteRedemption {
        NoteRedemption {
            chain: FIRST,
            number: self.state.sections.credits.noted(FIRST) + 1,
            account: self.id(name),
            token: TokenId(0),
            amount_units: units(amount),
        }
    }

    fn redeem(&mut self, note: NoteRedemption) -> Outcome {
        self.ask("operator", Command::Credit(Credit::Redeem(note)))
    }
}

/// `credit NAME ASSET` opens it, `redeemed NAME UNITS` notes a voucher: for stories.
pub fn command(world: &mut World, words: &[&str]) -> Outcome {
    let number = words[2].parse().unwrap();
    match words[0] {
        "credit" => world.open_credit(words[1], number),
        _ => world.redeem(world.redemption(words[1], number.into())),
    }
}

/// `dev` owns two assets; `user` may use both on credit.
fn market() -> World {
    let mut world = World::new(1);
    for name in ["dev", "user"] {
        world.join(name);
    }
    world.disclose("dev").unwrap();
    for asset in 0..2 {
        world
            .asset("dev", terms(Demand::Floor(ppm(0)), PRICE), &[])
            .unwrap();
        world.open_credit("user", asset).unwrap();
    }
    world
}

#[test]
fn what_vouchers_have_brought_pays_for_uses_of_every_asset_and_no_more() {
    let mut world = market();
    assert_eq!(
        world.meter("dev", 0, 0, 1),
        Err(Rejection::AllowanceExhausted)
    );
    let note = world.redemption("user", 7 * PRICE);
    world.redeem(note).unwrap();
    world.meter("dev", 0, 0, 4).unwrap();
    world.meter("dev", 1, 1, 2).unwrap();
    let user = world.id("user");
    assert_eq!(world.balance(PurseOwner::Credit(user)), PRICE);
    assert_eq!(
        world.state.credit_behind(AllowanceId(1)),
        Some((user, TokenId(0)))
    );
    assert_eq!(
        world.meter("dev", 1, 1, 2),
        Err(Rejection::AllowanceExhausted)
    );
    assert_eq!(world.state.book.imbalance(), None);
    world.replay();
}

#[test]
fn what_is_charged_to_credit_is_paid_out_without_any_debit() {
    let mut world = market();
    let note = world.redemption("user", 5 * PRICE);
    world.redeem(note).unwrap();
    world.meter("dev", 0, 0, 5).unwrap();
    assert!(world.state.book.debits().is_empty());
    world.epoch().unwrap();
    assert!(world.state.epochs[0].debits.is_empty());
    assert_eq!(world.earned("dev", 0), 5 * PRICE);
    assert!(claims::statement(&world.state).unwrap().totals.is_empty());
    world.release(1).unwrap();
    let totals = claims::statement(&world.state).unwrap().totals;
    assert_eq!(totals[0].amount_units, units(5 * PRICE));
}

#[test]
fn an_allowance_on_credit_ends_and_the_credit_stays() {
    let mut world = market();
    let note = world.redemption("user", 3 * PRICE);
    world.redeem(note).unwrap();
    let open = OpenCredit {
        account: world.id("user"),
        asset: AssetId(0),
        expires_ms: world.time_ms + 5_000,
    };
    world.does("operator", Command::Credit(Credit::Open(open)));
    world.time_ms += 6_000;
    world.epoch().unwrap();
    assert!(world.state.allowances[2].ended);
    assert_eq!(
        world.meter("dev", 0, 2, 1),
        Err(Rejection::AllowanceExhausted)
    );
    world.meter("dev", 0, 0, 3).unwrap();
}

#[test]
fn redemptions_are_noted_in_their_order_by_the_operator_alone() {
    let mut world = market();
    let note = world.redemption("user", PRICE);
    let by_user = world.ask("user", Command::Credit(Credit::Redeem(note)));
    assert_eq!(by_user, Err(Rejection::NotOperator));
    let refused = [
        (
            NoteRedemption { number: 2, ..note },
            Rejection::DepositOutOfOrder,
        ),
        (
            NoteRedemption {
                token: TokenId(1),
                ..note
            },
            Rejection::UnknownToken,
        ),
        (
            NoteRedemption {
                chain: protocol::ChainIndex(1),
                ..note
            },
            Rejection::UnknownChain,
        ),
        (
            NoteRedemption {
                account: protocol::AccountId(99),
                ..note
            },
            Rejection::UnknownAccount,
        ),
        (
            NoteRedemption {
                amount_units: units(0),
                ..note
            },
            Rejection::AmountZero,
        ),
    ];
    for (note, why) in refused {
        assert_eq!(world.redeem(note), Err(why));
    }
    world.redeem(note).unwrap();
    assert_eq!(world.redeem(note), Err(Rejection::DepositOutOfOrder));
}

#[test]
fn credit_is_opened_for_whom_and_what_there_is() {
    let mut world = market();
    let open = |account, asset, expires_ms| {
        let (account, asset) = (protocol::AccountId(account), AssetId(asset));
        Command::Credit(Credit::Open(OpenCredit {
            account,
            asset,
            expires_ms,
        }))
    };
    let user = world.id("user").0;
    let now = world.time_ms;
    for (command, why) in [
        (open(99, 0, FAR_MS), Rejection::UnknownAccount),
        (open(user, 9, FAR_MS), Rejection::UnknownAsset),
        (open(user, 0, now), Rejection::OutOfRange),
    ] {
        assert_eq!(world.ask("operator", command), Err(why));
    }
}
