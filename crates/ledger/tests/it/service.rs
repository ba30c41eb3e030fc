//! Assets in service with the gateway: who posts their uses, and what tokens cost.

use crate::kit::{ppm, terms};
use crate::refused::{Outcome, world};
use crate::world::{World, units};
use ledger::State;
use ledger::service::UPLOAD_GRACE_MS;
use ledger::snapshot::LAYOUT_4;
use protocol::command::UsageTotal;
use protocol::service::{ServeAsset, SetGateway, TokenPrices};
use protocol::terms::Demand;
use protocol::{AllowanceId, AssetId, Command, Rejection, SessionKey};

impl World {
    /// Puts an asset into service; without a price for tokens if both are 0.
    pub fn serve(&mut self, name: &str, asset: u32, (input, output): (u64, u64)) -> Outcome {
        let prices = TokenPrices {
            input_units: units(input.into()),
            output_units: units(output.into()),
        };
        let serve = ServeAsset {
            asset: AssetId(asset),
            tokens: (input + output > 0).then_some(prices),
        };
        self.ask(name, Command::ServeAsset(serve))
    }

    pub fn withdraw(&mut self, name: &str, asset: u32) -> Outcome {
        self.ask(name, Command::WithdrawAsset(AssetId(asset)))
    }

    pub fn set_gateway(&mut self, key: u8) -> Outcome {
        let key = SessionKey([key; 32]);
        self.ask("operator", Command::SetGateway(SetGateway { key }))
    }

    fn used(&mut self, name: &str, total: UsageTotal) -> Outcome {
        let segment = self.segment(0, vec![total]);
        self.ask(name, Command::PostSegment(segment))
    }
}

/// `ann` has asset 0 at 10 units a use; `req` has allowance 0 of 100 units for it.
fn market() -> World {
    let mut world = world();
    world
        .asset("ann", terms(Demand::Floor(ppm(0)), 10), &[])
        .unwrap();
    world.allow("req", 0, 1, 100, 1_000_000_000).unwrap();
    world
}

fn counted(allowance: u32, uses: u32, amount: u128, tokens: (u64, u64)) -> UsageTotal {
    UsageTotal {
        allowance: AllowanceId(allowance),
        purpose: 0,
        uses,
        amount_units: units(amount),
        input_tokens: Some(tokens.0),
        output_tokens: Some(tokens.1),
    }
}

/// Rejections of the gateway's commands.
pub fn serving(rejection: Rejection) -> Option<Outcome> {
    let mut world = market();
    Some(match rejection {
        Rejection::AssetInService => {
            world.serve("ann", 0, (0, 0)).unwrap();
            world.serve("ann", 0, (0, 0))
        }
        Rejection::NotInService => world.withdraw("ann", 0),
        Rejection::PricesFixed => {
            world.serve("ann", 0, (1, 2)).unwrap();
            world.withdraw("ann", 0).unwrap();
            world.serve("ann", 0, (1, 3))
        }
        Rejection::PricesUnknown => {
            world.serve("ann", 0, (1, 2)).unwrap();
            world.used("operator", counted(0, 1, 10, (0, 0)))
        }
        _ => return None,
    })
}

#[test]
fn while_an_asset_is_in_service_the_gateway_alone_posts_its_uses() {
    let mut world = market();
    assert_eq!(world.meter("operator", 0, 0, 1), Err(Rejection::NotOwner));
    world.meter("ann", 0, 0, 1).unwrap();
    assert_eq!(world.serve("req", 0, (0, 0)), Err(Rejection::NotOwner));
    world.serve("ann", 0, (0, 0)).unwrap();
    assert!(world.state.serves(AssetId(0)));
    assert_eq!(world.meter("ann", 0, 0, 1), Err(Rejection::NotOwner));
    world.meter("operator", 0, 0, 1).unwrap();
    world.withdraw("ann", 0).unwrap();
    assert!(!world.state.serves(AssetId(0)));
    // What was served before may still be posted, until the grace is over.
    world.meter("operator", 0, 0, 1).unwrap();
    world.time_ms += UPLOAD_GRACE_MS;
    assert_eq!(world.meter("operator", 0, 0, 1), Err(Rejection::NotOwner));
    world.meter("ann", 0, 0, 1).unwrap();
    world.serve("ann", 0, (0, 0)).unwrap();
    assert_eq!(world.meter("ann", 0, 0, 1), Err(Rejection::NotOwner));
}

#[test]
fn tokens_are_charged_within_what_so_many_uses_can_cost() {
    let mut world = market();
    // 0.15 and 0.6 units a token.
    world.serve("ann", 0, (150_000, 600_000)).unwrap();
    world.allow("req", 0, 1, 100, 1_000_000_000).unwrap();
    let mismatch = Err(Rejection::SegmentMismatch);
    // Two uses with 7 and 5 tokens together: 20 + 4.05 units, each use rounded up.
    for amount in [20, 24, 27] {
        let outcome = world.used("operator", counted(1, 2, amount, (7, 5)));
        assert_eq!(outcome, mismatch, "{amount}");
    }
    let mut blind = counted(1, 2, 25, (7, 5));
    blind.output_tokens = None;
    assert_eq!(world.used("operator", blind), mismatch);
    blind.input_tokens = None;
    assert_eq!(world.used("operator", blind), mismatch);
    world.used("operator", counted(1, 2, 25, (7, 5))).unwrap();
    world.used("operator", counted(1, 2, 26, (7, 5))).unwrap();
    let asset = world.state.asset(AssetId(0)).unwrap();
    assert_eq!((asset.uses, asset.charged_units), (4, units(51)));
    let huge = counted(1, 1, 10, (u64::MAX, u64::MAX));
    assert_eq!(world.used("operator", huge), mismatch);
}

#[test]
fn the_gateway_stands_in_the_root_from_its_first_entry_on() {
    let mut world = market();
    let before = world.state.layout();
    world.serve("ann", 0, (1, 2)).unwrap();
    assert_ne!(before, LAYOUT_4);
    assert_eq!(world.state.layout(), LAYOUT_4);
    world.set_gateway(7).unwrap();
    assert_eq!(world.set_gateway(7), Err(Rejection::KeyExists));
    world.set_gateway(8).unwrap();
    let read = State::from_bytes(&world.state.to_bytes()).unwrap();
    assert_eq!(read, world.state);
    let names = &read.sections.service.keys;
    let named: Vec<_> = names.iter().map(|(_, key)| key.0[0]).collect();
    assert_eq!(named, [7, 8]);
}
