//! Two chains with equal contracts, tokens and deposit numbers: each pays from its own deposits.

use crate::payout::{HOME, OTHER};
use crate::world::{World, units};
use ledger::chain::FIRST;
use ledger::claims;
use protocol::chain::{Contracts, FurtherChain};
use protocol::command::CreditDeposit;
use protocol::{ChainIndex, Command, EpochId, FundId, Rejection, TokenId};

const SECOND: ChainIndex = ChainIndex(1);

impl World {
    /// A second chain whose contracts and tokens have the addresses of the first one's.
    fn join_twin(&mut self) {
        let genesis = self.state.genesis.clone().unwrap();
        let join = FurtherChain::Join(Contracts {
            chain_id: genesis.chain_id + 1,
            settlement: genesis.settlement,
            escrow: genesis.escrow,
            tokens: genesis.tokens,
        });
        self.does("operator", Command::FurtherChain(join));
    }

    fn credit(&self, name: &str, token: u16) -> CreditDeposit {
        CreditDeposit {
            fund: FundId(self.state.funds.len() as u64 + 1),
            account: self.id(name),
            token: TokenId(token),
            amount_units: units(1_000),
            epoch_cap_units: units(1_000),
            closes_ms: u64::MAX,
        }
    }

    pub fn release_second(&mut self, epoch: u64) -> Result<(), Rejection> {
        let release = FurtherChain::Release(SECOND, EpochId(epoch));
        self.ask("operator", Command::FurtherChain(release))
    }

    fn credit_second(&mut self, name: &str, token: u16) -> Result<(), Rejection> {
        let credit = FurtherChain::Credit(SECOND, self.credit(name, token));
        self.ask("operator", Command::FurtherChain(credit))
    }
}

#[test]
fn equal_addresses_and_numbers_on_two_chains_are_told_apart() {
    let mut world = World::new(1);
    world.join("ann");
    world.join_twin();
    let twin = world.state.genesis.clone().unwrap().tokens[0];
    assert_eq!(world.state.token(TokenId(0)), Some(twin));
    assert_eq!(world.state.token(TokenId(1)), Some(twin));
    assert_eq!(world.state.token(TokenId(2)), None);
    let own = Command::CreditDeposit(world.credit("ann", 0));
    world.does("operator", own);
    world.credit_second("ann", 1).unwrap();
    world.credit_second("ann", 1).unwrap();
    let own = Command::CreditDeposit(world.credit("ann", 0));
    world.does("operator", own);
    let state = &world.state;
    let of: Vec<_> = (1..=4).map(|fund| state.number_of(FundId(fund))).collect();
    assert_eq!(of, [(FIRST, 1), (SECOND, 1), (SECOND, 2), (FIRST, 2)]);
    for (fund, (chain, number)) in (1..).zip(of) {
        assert_eq!(state.fund_on(chain, number), Some(FundId(fund)));
    }
    assert_eq!(state.fund_on(FIRST, 3), None);
    assert_eq!(state.fund_on(SECOND, 3), None);
    let back = ledger::State::from_bytes(&state.to_bytes()).unwrap();
    assert_eq!((back.root(), &back), (state.root(), state));
}

#[test]
fn no_chain_is_credited_with_tokens_of_another() {
    let mut world = World::new(1);
    world.join("ann");
    assert_eq!(world.credit_second("ann", 0), Err(Rejection::UnknownChain));
    world.join_twin();
    assert_eq!(world.credit_second("ann", 0), Err(Rejection::UnknownToken));
    let credit = Command::CreditDeposit(world.credit("ann", 1));
    let refused = world.ask("operator", credit);
    assert_eq!(refused, Err(Rejection::UnknownToken));
}

/// The commands of a story: the twin joins, somebody deposits there, the next epoch is released
/// there.
pub fn command(world: &mut World, words: &[&str]) -> Result<(), Rejection> {
    match words[0] {
        "twin" => world.join_twin(),
        "prove" => world.does("operator", Command::ProveDebits),
        "there" => {
            let token = words[3].strip_prefix("token=").unwrap();
            let mut credit = world.credit(words[1], token.parse().unwrap());
            credit.amount_units = units(words[2].parse().unwrap());
            credit.closes_ms = 10_000_000_000_000;
            let credit = FurtherChain::Credit(SECOND, credit);
            return world.ask("operator", Command::FurtherChain(credit));
        }
        _ => return world.release_second(world.state.released_on(SECOND) + 1),
    }
    Ok(())
}

/// Scenarios of the rejections that only further chains have.
pub fn settling(rejection: Rejection) -> Option<Result<(), Rejection>> {
    let mut world = World::new(1);
    world.join("ann");
    match rejection {
        Rejection::UnknownChain => Some(world.credit_second("ann", 0)),
        Rejection::ChainExists => {
            let genesis = world.state.genesis.clone().unwrap();
            let again = FurtherChain::Join(Contracts {
                chain_id: genesis.chain_id,
                settlement: genesis.settlement,
                escrow: genesis.escrow,
                tokens: genesis.tokens,
            });
            Some(world.ask("operator", Command::FurtherChain(again)))
        }
        Rejection::DebitsProven => {
            world.does("operator", Command::ProveDebits);
            Some(world.ask("operator", Command::ProveDebits))
        }
        _ => None,
    }
}

/// Ten uses of an asset on each chain, paid from a deposit there, and an epoch.
pub fn used_on_both() -> World {
    let mut world = World::new(1);
    for name in ["dev", "user"] {
        world.join(name);
    }
    world.disclose("dev").unwrap();
    world.join_twin();
    let own = Command::CreditDeposit(world.credit("user", 0));
    world.does("operator", own);
    world.credit_second("user", 1).unwrap();
    for token in [0_u16, 1] {
        let mut terms = crate::kit::terms(
            protocol::terms::Demand::Floor(crate::kit::ppm(0)),
            10 + u128::from(token),
        );
        terms.token = TokenId(token);
        world.asset("dev", terms, &[]).unwrap();
        let fund = u64::from(token) + 1;
        world
            .allow("user", token.into(), fund, 500, 60_000)
            .unwrap();
        world.meter("dev", token.into(), token.into(), 10).unwrap();
    }
    world.epoch().unwrap();
    world
}

#[test]
fn each_chain_releases_its_own_and_one_root_stands_for_both() {
    let mut world = used_on_both();
    let epoch = world.state.epoch(EpochId(1)).unwrap();
    assert_eq!(
        epoch.debits,
        [(FundId(1), units(100)), (FundId(2), units(110))]
    );
    assert_eq!(world.release_second(2), Err(Rejection::EpochOutOfOrder));
    world.release_second(1).unwrap();
    let payable = |world: &World, token: usize| {
        let due = claims::due(&world.state, |purse| purse.payable).unwrap();
        due[world.id("dev").index() * 2 + token].units()
    };
    assert_eq!((payable(&world, 0), payable(&world, 1)), (0, 110));
    let statement = claims::statement(&world.state).unwrap();
    assert!(
        statement.leaves.is_empty(),
        "the first chain has released nothing"
    );
    assert_eq!(statement.further[0].1[0].lines[0].cumulative, 110);
    assert_eq!(statement.totals[0].token, TokenId(1));
    world.release(1).unwrap();
    assert_eq!((payable(&world, 0), payable(&world, 1)), (100, 110));
    let statement = claims::statement(&world.state).unwrap();
    let (here, there) = (&statement.leaves[0], &statement.further[0].1[0]);
    assert_eq!(
        (here.lines[0].cumulative, there.lines[0].cumulative),
        (100, 110)
    );
    assert_eq!(
        (here.account, here.lines[0].token),
        (there.account, there.lines[0].token)
    );
    for (place, (domain, leaves, _)) in statement.parts().enumerate() {
        let proof = statement.tree.proof(place).unwrap();
        let hash = leaves[0].hash(domain).unwrap();
        assert!(proof::claim::verify(&statement.root().0, &hash, &proof));
        let elsewhere = statement.parts().find(|(of, ..)| *of != domain).unwrap().0;
        let hash = leaves[0].hash(elsewhere).unwrap();
        assert!(!proof::claim::verify(&statement.root().0, &hash, &proof));
    }
    world.epoch().unwrap();
    world.replay();
}

#[test]
fn an_address_that_a_passkey_has_named_is_paid_on_the_first_chain_only() {
    let mut world = World::new(1);
    world.join("user");
    world.join_by_passkey("ann");
    world.join_twin();
    let own = Command::CreditDeposit(world.credit("user", 0));
    world.does("operator", own);
    world.credit_second("user", 1).unwrap();
    for token in [0_u16, 1] {
        let mut terms = crate::kit::terms(
            protocol::terms::Demand::Floor(crate::kit::ppm(0)),
            10 + u128::from(token),
        );
        terms.token = TokenId(token);
        world.asset("ann", terms, &[]).unwrap();
        let fund = u64::from(token) + 1;
        world
            .allow("user", token.into(), fund, 500, 60_000)
            .unwrap();
        world.meter("ann", token.into(), token.into(), 10).unwrap();
    }
    world.names("ann", HOME).unwrap();
    world.epoch().unwrap();
    world.release(1).unwrap();
    world.release_second(1).unwrap();
    let statement = claims::statement(&world.state).unwrap();
    assert_eq!(statement.leaves.len(), 1);
    assert_eq!(statement.leaves[0].lines[0].cumulative, 100);
    assert_eq!(statement.further[0].1, [], "it waits, and nothing is lost");
    let due = claims::due(&world.state, |purse| purse.payable).unwrap();
    assert_eq!(due[world.id("ann").index() * 2 + 1], units(110));
    // Nor does an earlier address keep what was never payable to it.
    world.names("ann", OTHER).unwrap();
    world.time_ms += ledger::payout::NOTICE_MS;
    world.epoch().unwrap();
    let payout = world.state.sections.payouts.of(world.id("ann")).unwrap();
    let kept: Vec<_> = payout.kept[0].sums.iter().map(|it| it.token).collect();
    assert_eq!(kept, [TokenId(0)]);
    world.epoch().unwrap();
    world.replay();
}

/// Epochs close while a chain waits, for good if it was vetoed there: what they hold ready for it
/// grows with the work, and not with their number.
#[test]
fn a_chain_that_waits_for_good_does_not_fill_the_state() {
    let held = |world: &World| -> usize {
        let epochs = world.state.epochs.iter();
        epochs.map(|epoch| epoch.staged.len()).sum()
    };
    let mut world = used_on_both();
    world.release(1).unwrap();
    let first = held(&world);
    for epoch in 2..12 {
        world.epoch().unwrap();
        world.release(epoch).unwrap();
    }
    assert_eq!(held(&world), first);
    world.meter("dev", 1, 1, 5).unwrap();
    world.epoch().unwrap();
    world.release(12).unwrap();
    assert_eq!(held(&world), first + 1);
    // The chain has come back: each release makes payable what its epoch said.
    let payable = |world: &World| {
        let due = claims::due(&world.state, |purse| purse.payable).unwrap();
        due[world.id("dev").index() * 2 + 1].units()
    };
    for epoch in 1..12 {
        world.release_second(epoch).unwrap();
        assert_eq!(payable(&world), 110);
    }
    world.release_second(12).unwrap();
    assert_eq!((payable(&world), held(&world)), (165, 0));
    world.replay();
}

/// What may happen between two chains, in any order; `world.ask` checks after each step that money
/// is conserved for each token, and that no chain's lines promise what it has not released.
fn step(world: &mut World, (what, which): (u8, u8)) {
    let chain = ChainIndex(u16::from(which % 2));
    let token = chain.0;
    let uses = u32::from(which / 2) + 1;
    let outcome = match what % 6 {
        0 if chain == FIRST => {
            let credit = Command::CreditDeposit(world.credit("user", token));
            world.ask("operator", credit)
        }
        0 => world.credit_second("user", token),
        1 => world.meter("dev", token.into(), token.into(), uses),
        2 => world.epoch(),
        3 if chain == FIRST => world.release(world.state.released_on(FIRST) + 1),
        3 => world.release_second(world.state.released_on(SECOND) + 1),
        // Attempts to credit a deposit of one chain in the other's token.
        4 if chain == FIRST => {
            let credit = Command::CreditDeposit(world.credit("user", 1));
            let refused = world.ask("operator", credit);
            assert_eq!(refused, Err(Rejection::UnknownToken));
            refused
        }
        4 => {
            let refused = world.credit_second("user", 0);
            assert_eq!(refused, Err(Rejection::UnknownToken));
            refused
        }
        _ => world.refund(u64::from(which % 3) + 1, u128::from(which)),
    };
    assert!(
        outcome.is_ok() || world.state.book.imbalance().is_none(),
        "a refusal changes nothing"
    );
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(64))]

    #[test]
    fn nothing_is_paid_on_one_chain_from_deposits_of_the_other(
        steps in proptest::collection::vec((0_u8..6, 0_u8..40), 1..40)
    ) {
        let mut world = used_on_both();
        for one in steps {
            step(&mut world, one);
        }
        for token in [TokenId(0), TokenId(1)] {
            let flow = world.state.book.flows();
            proptest::prop_assert!(flow.keys().any(|own| *own == token));
        }
        world.replay();
    }
}
