//! The operator's fee: announced in time, taken before anybody upstream, of revenue alone.

use crate::kit::{ppm, terms};
use crate::world::World;
use proptest::prelude::*;
use protocol::event::RoyaltyTo;
use protocol::fee::{FEE_NOTICE_MS, SetFee};
use protocol::terms::Demand;
use protocol::{AccountId, Command, Event, Rejection};

type Outcome = Result<(), Rejection>;

impl World {
    pub fn set_fee(&mut self, fee: u32, account: &str, later_ms: u64) -> Outcome {
        let set = SetFee {
            fee: ppm(fee),
            account: self.id(account),
            from_ms: self.time_ms + later_ms,
        };
        self.ask("operator", Command::SetFee(set))
    }

    fn fee(&self) -> (u32, AccountId) {
        let (fee, account) = self.state.sections.fees.at(self.time_ms);
        (fee.ppm(), account)
    }
}

/// `host` is the operator's account; `user` pays for the assets of `ann`.
fn world() -> World {
    let mut world = World::new(1);
    for name in ["host", "ann", "user", "other"] {
        world.join(name);
    }
    world.deposit("user", 0, 1 << 60, 1 << 60).unwrap();
    world
}

fn asset(world: &mut World, demand: Demand, parents: &[u32]) {
    world.asset("ann", terms(demand, 1), parents).unwrap();
}

/// Charges `gross` for an asset, closes the epoch, and says what was paid to the operator.
fn sell(world: &mut World, asset: u32, gross: u32) -> Vec<(AccountId, u128)> {
    let allowance = u32::try_from(world.state.allowances.len()).unwrap();
    let cap = u128::from(gross);
    world.allow("user", asset, 1, cap, 1_000).unwrap();
    world.meter("ann", asset, allowance, gross).unwrap();
    world.epoch().unwrap();
    let paid = |event: &Event| match event {
        Event::RoyaltyPaid {
            to: RoyaltyTo::Operator(account),
            amount,
            ..
        } => Some((*account, amount.units())),
        _ => None,
    };
    world.last.iter().filter_map(paid).collect()
}

#[test]
fn a_fee_begins_when_it_was_announced_and_is_taken_once() {
    let mut world = world();
    asset(&mut world, Demand::Floor(ppm(500_000)), &[]);
    asset(&mut world, Demand::Floor(ppm(500_000)), &[0]);
    asset(&mut world, Demand::Floor(ppm(0)), &[0, 1]);
    world.set_fee(100_000, "host", FEE_NOTICE_MS).unwrap();
    assert_eq!(sell(&mut world, 2, 1_000), []);
    assert_eq!(world.earned("ann", 0), 1_000);
    world.time_ms += FEE_NOTICE_MS;
    // Both ancestors have floors that make up the whole: they share what the fee has left.
    assert_eq!(sell(&mut world, 2, 1_000), [(world.id("host"), 100)]);
    assert_eq!(world.earned("host", 0), 100);
    assert_eq!(world.earned("ann", 0), 1_900);
    world.replay();
}

#[test]
fn what_is_higher_or_for_another_waits_and_what_is_lower_does_not() {
    let mut world = world();
    assert_eq!(world.fee().0, 0);
    // Nobody is registered who could be surprised.
    world.set_fee(50_000, "host", 0).unwrap();
    assert_eq!(world.fee(), (50_000, world.id("host")));
    asset(&mut world, Demand::Floor(ppm(0)), &[]);
    let early = FEE_NOTICE_MS - 1;
    for (fee, account, later_ms) in [
        (50_001, "host", early),
        (50_000, "other", early),
        (300_001, "host", FEE_NOTICE_MS),
    ] {
        let refused = world.set_fee(fee, account, later_ms);
        assert_eq!(refused, Err(Rejection::OutOfRange), "{fee} for {account}");
    }
    world.set_fee(40_000, "host", 0).unwrap();
    world.set_fee(20_000, "host", 1_000).unwrap();
    // It would be a rise from what is announced for before.
    let refused = world.set_fee(30_000, "host", 2_000);
    assert_eq!(refused, Err(Rejection::OutOfRange));
    world.set_fee(300_000, "other", FEE_NOTICE_MS).unwrap();
    world.time_ms += 1_000;
    assert_eq!(world.fee().0, 20_000);
    // What was announced for later is off.
    world.set_fee(0, "ann", 0).unwrap();
    world.time_ms += FEE_NOTICE_MS;
    assert_eq!(world.fee().0, 0);
    world.replay();
}

#[test]
fn only_the_operator_names_it_and_for_somebody_who_is_there() {
    let mut world = world();
    let set = SetFee {
        fee: ppm(1),
        account: AccountId(99),
        from_ms: world.time_ms,
    };
    let refused = world.ask("operator", Command::SetFee(set));
    assert_eq!(refused, Err(Rejection::UnknownAccount));
    let account = world.id("host");
    let refused = world.ask("host", Command::SetFee(SetFee { account, ..set }));
    assert_eq!(refused, Err(Rejection::NotOperator));
    let from_ms = world.time_ms - 1;
    let past = SetFee {
        account,
        from_ms,
        ..set
    };
    let refused = world.ask("operator", Command::SetFee(past));
    assert_eq!(refused, Err(Rejection::OutOfRange));
}

proptest! {
    #[test]
    fn nobody_loses_a_unit_to_rounding(gross in 1u32..100_000, fee in 0u32..=300_000) {
        let mut world = world();
        world.set_fee(fee, "host", 0).unwrap();
        asset(&mut world, Demand::Floor(ppm(333_333)), &[]);
        asset(&mut world, Demand::Floor(ppm(0)), &[0]);
        sell(&mut world, 1, gross);
        let taken = u128::from(gross) * u128::from(fee) / 1_000_000;
        prop_assert_eq!(world.earned("host", 0), taken);
        prop_assert_eq!(world.earned("ann", 0), u128::from(gross) - taken);
    }
}
