//! Conservation, replay, order and splitting over random worlds.

use crate::kit::{ppm, terms};
use crate::world::{World, units};
use ledger::claims;
use proptest::prelude::*;
use protocol::campaign::{Method, Weighting};
use protocol::event::PurseOwner;
use protocol::judging::{Appeal, Verdict};
use protocol::operation::Erasure;
use protocol::terms::Demand;
use protocol::{Amount, CampaignId, Command, Rejection, Scope};

const PEOPLE: [&str; 4] = ["ann", "bob", "req", "user"];

/// One random step: which command, who, and two numbers for whatever it takes.
type Step = (u8, usize, u32, u128);

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let amount = prop_oneof![
        6 => 0u128..2_000,
        1 => Just(Amount::MAX.units()),
        1 => Amount::MAX.units() - 5_000..Amount::MAX.units(),
    ];
    prop::collection::vec((0u8..38, 0usize..4, 0u32..4, amount), 1..60)
}

/// Campaigns, assets and allowances are there and used, so that random steps find money to move.
fn busy() -> World {
    let mut world = World::new(2);
    for name in PEOPLE {
        world.join(name);
        world.disclose(name).unwrap();
        world.deposit(name, 0, 5_000, 5_000).unwrap();
    }
    for (number, gold) in [(0, 0), (1, 500_000), (2, 500_000)] {
        let mut spec = world.spec(3, 40);
        spec.rule.gold_share = ppm(gold);
        spec.appeal_ms = 3;
        if number == 2 {
            spec.method = Some(Box::new(method(&world)));
        }
        world.does("req", Command::OpenCampaign(spec));
        let gold: Vec<_> = (0..20).map(|unit| Some((unit % 2) as u16)).collect();
        world.round(number, &gold).unwrap();
    }
    for (number, demand) in [
        (0, Demand::Floor(ppm(100_000))),
        (1, Demand::Flow(ppm(200_000))),
    ] {
        let parents: Vec<u32> = (0..number).collect();
        world.asset("ann", terms(demand, 7), &parents).unwrap();
        world.allow("bob", number, 2, 500, 40).unwrap();
        world.allow("user", number, 4, 500, 40).unwrap();
    }
    world
}

/// A method that trusts two requesters, with a panel of one who does no work.
fn method(world: &World) -> Method {
    Method {
        algorithm: "headwater-pay@2".into(),
        trusts: vec![world.id("req"), world.id("user")],
        panel: vec![world.id("ann")],
        verdict_units: units(3),
        panel_ms: 4,
        slash_below: ppm(700_000),
        stake_units: units(11),
        target: ppm(800_000),
    }
}

/// Commands of campaigns with a method.
fn judging(world: &mut World, (kind, who, number, amount): Step) -> Result<(), Rejection> {
    let (name, campaign) = (PEOPLE[who], CampaignId(number));
    let small = u32::try_from(amount % 4).unwrap();
    match kind {
        32..=33 => {
            let appeal = Appeal {
                campaign,
                block: small,
            };
            world.ask(name, Command::Appeal(appeal))
        }
        34..=35 => {
            let verdict = Verdict {
                campaign,
                account: world.id(PEOPLE[small as usize]),
                block: small / 2,
                upheld: amount % 3 != 0,
            };
            world.ask("ann", Command::GiveVerdict(verdict))
        }
        36 if world.secrets.contains_key(&number) => {
            let open = world
                .state
                .campaign(campaign)
                .and_then(|it| it.open_round());
            match open {
                Some(_) => world.close_units(number, small..small + 5),
                None => Ok(()),
            }
        }
        37 => {
            let mut spec = world.spec_of(u64::from(number), 20, u64::from(small));
            spec.budget_units = units(amount);
            spec.price_units = units(amount / 50);
            spec.appeal_ms = 3;
            spec.method = Some(Box::new(method(world)));
            world.ask(name, Command::OpenCampaign(spec))
        }
        _ => Ok(()),
    }
}

fn step(world: &mut World, (kind, who, number, amount): Step) -> Result<(), Rejection> {
    let name = PEOPLE[who];
    let small = u32::try_from(amount % 50).unwrap();
    let range: Vec<_> = (0..small % 21)
        .map(|unit| (unit, (unit % 2) as u16))
        .collect();
    let gold: Vec<_> = (0..20).map(|unit| Some((unit % 2) as u16)).collect();
    let token = u16::try_from(number % 2).unwrap();
    let ahead = 1 + u64::from(number) * 5;
    match kind {
        0..=2 => world.deposit(name, token, amount, amount.max(1)),
        3 => {
            let mut spec = world.spec(u64::from(number), 40);
            spec.budget_units = units(amount);
            spec.price_units = units(amount / 50);
            spec.terms.token.0 = token;
            spec.rule.gold_share = ppm(if who % 2 == 0 { 0 } else { 500_000 });
            spec.appeal_ms = 3;
            world.ask(name, Command::OpenCampaign(spec))
        }
        4..=5 => world.round(number, &gold),
        6..=9 => world.seal(name, number, &range),
        10 if world.secrets.contains_key(&number) => world.open_seals(number, ""),
        11..=12 if (number as usize) < world.state.campaigns.len() => {
            let scores = world.scores(number, kind == 11);
            world.post_scores(number, &scores, kind == 11)
        }
        13 => world.ask(name, Command::CloseCampaign(CampaignId(number))),
        14 => world.ask("operator", Command::ReturnHeld(CampaignId(number))),
        15 => {
            let mut terms = terms(Demand::Floor(ppm(small * 9_000)), amount);
            terms.token.0 = token;
            let parents: Vec<u32> = (0..number).collect();
            world.asset(name, terms, &parents)
        }
        16 => {
            let terms = terms(Demand::Flow(ppm(small * 5_000)), u128::from(small));
            world.asset(name, terms, &[number])
        }
        17 => world.allow(name, number, 1 + who as u64, amount, ahead),
        18..=19 => {
            let owner = owner_of(world, number).unwrap_or(name);
            let times = 1 + small % 3;
            let priced = world.state.asset(protocol::AssetId(number));
            if priced.is_some_and(|asset| {
                let price = asset.registered.terms.price_units;
                price.checked_mul(u64::from(times)).is_none()
            }) {
                return Ok(());
            }
            world.meter(owner, number, u32::try_from(who).unwrap(), times)
        }
        20..=21 => world.epoch(),
        22 => world.release(1 + u64::from(number)),
        23 => world.refund(1 + u64::from(number), amount),
        _ => keeping(world, (kind, who, number, amount)),
    }
}

/// What keeps the log moves no money, whenever it comes.
fn keeping(world: &mut World, (kind, who, number, amount): Step) -> Result<(), Rejection> {
    let (name, key) = (PEOPLE[who], format!("{} {number}", PEOPLE[who]));
    let time_s = world.time_ms / 1_000 + u64::from(number);
    match kind {
        24 => world.post_root(world.state.size / 8 * 8),
        25 => world.set_witnesses(["a", "ab", "abc", "cd"][who], 1 + (number as u16) % 3),
        26 => world.witness(&[('a', time_s), ('b', time_s + 1), ('c', 9)]),
        27 => world.rotate_log(number as u8),
        28 => world.rotate_operator(&format!("operator {amount}")),
        29 => world.add_key(&key, name, Scope::WORK.and(Scope::SPEND), 90_000_000),
        30 if world.actors.contains_key(&key) => world.revoke(name, &key),
        31 => {
            let campaigns = world.state.campaigns.iter();
            let rounds = campaigns.flat_map(|campaign| &campaign.rounds);
            let closed: Vec<_> = rounds.filter_map(|round| round.openings).collect();
            let sidecar = closed
                .get(number as usize)
                .map(|hash| Erasure::Openings(*hash));
            let body = Erasure::Body(u64::try_from(amount % 99).unwrap());
            world.erase(sidecar.unwrap_or(body))
        }
        _ => judging(world, (kind, who, number, amount)),
    }
}

fn owner_of(world: &World, asset: u32) -> Option<&'static str> {
    let owner = world
        .state
        .asset(protocol::AssetId(asset))?
        .registered
        .owner;
    PEOPLE.into_iter().find(|name| world.id(name) == owner)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    /// The world checks conservation, claim lines and refusals after each step.
    #[test]
    fn money_is_conserved_whatever_is_asked(steps in steps()) {
        let mut world = busy();
        for given in steps {
            let _rejected = step(&mut world, given);
            world.time_ms += 1;
        }
        world.replay();
    }

    #[test]
    fn the_order_of_independent_commands_does_not_matter(order in Just(moves()).prop_shuffle()) {
        prop_assert_eq!(independent(&moves()), independent(&order));
    }

    #[test]
    fn parts_of_a_split_share_are_never_more(
        pool in 0u128..=Amount::MAX.units(), one: u16, other: u16, rest: u32,
    ) {
        let (one, other) = (u32::from(one), u32::from(other));
        let total = (one + other).saturating_add(rest).max(1);
        let part = |share| units(pool).part(share, total).unwrap().units();
        prop_assert!(part(one) + part(other) <= part(one + other));
        prop_assert!(part(one + other) + part(total - one - other) <= pool);
        prop_assert_eq!(part(total), pool);
    }

    #[test]
    fn an_account_in_two_earns_no_more_from_a_pool(
        mine in 2u32..40, split in 1u32..40, others in 1u32..40, uses in 1u32..2_000, paid: bool,
    ) {
        let split = split.min(mine - 1);
        let whole = shared(&[("ann", mine), ("bob", others)], uses, paid);
        let parts = shared(&[("ann", split), ("eve", mine - split), ("bob", others)], uses, paid);
        prop_assert!(parts["ann"] + parts["eve"] <= whole["ann"]);
        prop_assert!(parts["bob"] >= whole["bob"]);
    }
}

/// Moves of three people who share no purse.
fn moves() -> Vec<(&'static str, u32)> {
    let people = ["ann", "bob", "cat"];
    let moves = people
        .into_iter()
        .flat_map(|name| (0..6).map(move |kind| (name, kind)));
    moves.collect()
}

/// Every person owns a campaign, an asset and a deposit of the same number; then the moves happen.
fn independent(moves: &[(&'static str, u32)]) -> (Vec<u128>, protocol::Hash) {
    let people = ["ann", "bob", "cat"];
    let mut world = World::new(1);
    for (number, name) in (0u32..).zip(people) {
        world.join(name);
        world.disclose(name).unwrap();
        let fund = u64::from(number) + 1;
        world.deposit(name, 0, 4_000, 4_000).unwrap();
        let mut spec = world.spec(fund, 40);
        spec.rule.gold_share = ppm(0);
        world.does(name, Command::OpenCampaign(spec));
        world.round(number, &[None; 40]).unwrap();
        world
            .asset(name, terms(Demand::Floor(ppm(0)), 7), &[])
            .unwrap();
        world.allow(name, number, fund, 700, 1_000_000).unwrap();
    }
    let mut sealed = [0u32; 3];
    for (name, kind) in moves {
        let number = world.id(name).0 - 1;
        if kind % 2 == 0 {
            let at = &mut sealed[number as usize];
            let answers: Vec<_> = (*at..*at + 3).map(|unit| (unit, 1)).collect();
            *at += 3;
            world.seal(name, number, &answers).unwrap();
        } else {
            world.meter(name, number, number, 2 + number).unwrap();
        }
    }
    for number in 0..3 {
        world.open_seals(number, "").unwrap();
        let scores = world.scores(number, true);
        world.post_scores(number, &scores, true).unwrap();
    }
    world.epoch().unwrap();
    world.release(1).unwrap();
    let earned = people.map(|name| world.earned(name, 0));
    let funds = (1..=3).map(|fund| world.balance(PurseOwner::Fund(protocol::FundId(fund))));
    let root = claims::statement(&world.state).unwrap().root();
    (earned.into_iter().chain(funds).collect(), root)
}

/// What everyone got from the pool of a label set that they made with so many answers each.
fn shared(work: &[(&str, u32)], uses: u32, paid: bool) -> std::collections::BTreeMap<String, u128> {
    let mut world = World::new(1);
    world.checked = false;
    for name in ["req", "user"] {
        world.join(name);
        world.deposit(name, 0, 1_000_000, 1_000_000).unwrap();
    }
    let mut spec = world.spec(1, 40);
    spec.rule.gold_share = ppm(0);
    spec.budget_units = units(100_000);
    if paid {
        spec.weighting = Weighting::PaidWork;
    }
    world.does("req", Command::OpenCampaign(spec));
    world.round(0, &[None; 40]).unwrap();
    for (name, answers) in work {
        world.join(name);
        let answers: Vec<_> = (0..*answers).map(|unit| (unit, 0)).collect();
        world.seal(name, 0, &answers).unwrap();
    }
    world.open_seals(0, "").unwrap();
    let scores = world.scores(0, true);
    world.post_scores(0, &scores, true).unwrap();
    world.does("req", Command::CloseCampaign(CampaignId(0)));
    let before: Vec<u128> = work.iter().map(|(name, _)| world.earned(name, 0)).collect();
    world.allow("user", 0, 2, 1_000_000, 1_000).unwrap();
    world.meter("req", 0, 0, uses).unwrap();
    world.epoch().unwrap();
    let rows = work.iter().zip(before);
    rows.map(|((name, _), before)| ((*name).to_owned(), world.earned(name, 0) - before))
        .collect()
}

#[test]
fn at_the_supply_cap_sums_are_refused_not_wrapped() {
    let most = Amount::MAX.units();
    let mut world = World::new(1);
    world.join("ann");
    world.join("user");
    assert_eq!(world.deposit("user", 0, most, most), Ok(()));
    assert_eq!(
        world.deposit("user", 0, 1, 1),
        Err(Rejection::AmountTooLarge)
    );
    world
        .asset("ann", terms(Demand::Floor(ppm(1_000_000)), 1), &[])
        .unwrap();
    world
        .asset("ann", terms(Demand::Floor(ppm(0)), most), &[0])
        .unwrap();
    world.allow("user", 1, 1, most, 1_000).unwrap();
    world.meter("ann", 1, 0, 1).unwrap();
    world.epoch().unwrap();
    world.release(1).unwrap();
    assert_eq!(world.earned("ann", 0), most);
    assert_eq!(
        world.deposit("user", 0, 1, 1),
        Err(Rejection::AmountTooLarge)
    );
    world.replay();
}
