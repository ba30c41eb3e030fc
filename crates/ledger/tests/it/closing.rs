//! Nothing new counts on a deposit that the contract may soon give back.

use crate::kit::ppm;
use crate::world::{World, units};
use ledger::state::SETTLING_MS;
use protocol::command::CreditDeposit;
use protocol::{Command, FundId, Rejection, TokenId};

fn deposit(world: &mut World, name: &str, lasts_ms: u64) -> FundId {
    let fund = FundId(world.state.funds.len() as u64 + 1);
    let credit = CreditDeposit {
        fund,
        account: world.id(name),
        token: TokenId(0),
        amount_units: units(2_000),
        epoch_cap_units: units(2_000),
        closes_ms: world.time_ms + lasts_ms,
    };
    world.does("operator", Command::CreditDeposit(credit));
    fund
}

fn campaign(gold_share: u32) -> World {
    let mut world = World::new(1);
    world.join("req");
    world.join("ann");
    let fund = deposit(&mut world, "req", SETTLING_MS + 1_000_000);
    let mut spec = world.spec(fund.0, 20);
    spec.rule.gold_share = ppm(gold_share);
    world.does("req", Command::OpenCampaign(spec));
    world.round(0, &[Some(0), None, Some(1)]).unwrap();
    world
}

#[test]
fn work_stops_a_week_before_its_pay_could_be_refunded() {
    let mut world = campaign(0);
    world.seal("ann", 0, &[(0, 0)]).unwrap();
    world.time_ms += 1_000_000;
    let refused = world.seal("ann", 0, &[(1, 0)]);
    assert_eq!(refused, Err(Rejection::FundClosed));
}

#[test]
fn a_block_is_not_backed_by_a_deposit_that_closes_before_its_appeals_end() {
    let mut world = campaign(100_000);
    let appeal_ms = world.state.campaigns[0].spec.appeal_ms;
    deposit(&mut world, "ann", SETTLING_MS + appeal_ms);
    let refused = world.seal("ann", 0, &[(0, 0)]);
    assert_eq!(refused, Err(Rejection::DepositShort));
    deposit(&mut world, "ann", SETTLING_MS + appeal_ms + 1_000_000);
    world.seal("ann", 0, &[(0, 0)]).unwrap();
}
