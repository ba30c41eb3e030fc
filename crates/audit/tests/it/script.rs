//! One small economy from the first entry to claims on chain, honest but for one lie.

use crate::money;
use crate::twin::{self, Directory};
use crate::undo;
use crate::world::{CHAIN, Lie, SPACE, TOKEN, World};
use ledger::commitment::{self, AnswerPlace};
use ledger::live;
use ledger::score::Algorithm;
use proof::hash::sha256;
use protocol::campaign::{Consensus, Method, Rule, Spec, Weighting};
use protocol::command::{CloseRound, Genesis, OpenRound, PostScores, SealAnswers};
use protocol::document::{AnswerOpening, BlockScore, GoldOpening, Openings, Outcome, Unit, Units};
use protocol::judging::{CloseUnits, PauseAccount};
use protocol::terms::{Demand, Terms};
use protocol::{
    AccountId, Address, Amount, CampaignId, Command, EpochId, FundId, Hash, Ppm, Scope, TokenId,
    codec,
};
use std::sync::OnceLock;

const ROUND_UNITS: u32 = 20;
const PRICE: u64 = 100;
const REQUESTER: u32 = 1;
pub const DEVELOPER: u32 = 2;
pub const PAYER: u32 = 3;
pub const WORKERS: [u32; 3] = [4, 5, 6];
const FARMER: u32 = 6;

/// The honest directory, built once.
pub fn honest() -> &'static Directory {
    static HONEST: OnceLock<Directory> = OnceLock::new();
    HONEST.get_or_init(|| build(Lie::None).directory())
}

/// Plays the whole script.
pub fn build(lie: Lie) -> World {
    let mut world = World::new(lie);
    open(&mut world);
    campaign(&mut world);
    money::assets(&mut world);
    money::segment(&mut world, 0);
    money::close_epoch(&mut world, 1);
    world.push(0, Command::NoteRelease(EpochId(1)));
    money::segment(&mut world, 1);
    for seed in 0..250 {
        world.open_account(Scope::WORK, seed);
    }
    money::close_epoch(&mut world, 2);
    money::refund(&mut world);
    money::claim(&mut world);
    for seed in 0..240 {
        world.open_account(Scope::WORK, seed);
    }
    world.post_state_root();
    world
}

fn open(world: &mut World) {
    let genesis = Genesis {
        chain_id: CHAIN,
        settlement: Address([0x11; 20]),
        escrow: Address([0x22; 20]),
        tokens: vec![TOKEN],
        log_key: twin::log_key().to_string(),
        state_every: 100,
    };
    let key = world.keys[0].clone();
    world.push_as(None, &key, Command::Genesis(genesis), None);
    let facts = &mut world.directory.facts;
    (facts.chain_id, facts.tokens) = (CHAIN, vec![TOKEN.0]);
    (facts.settlement, facts.escrow) = ([0x11; 20], [0x22; 20]);
    world.open_account(Scope::REQUEST, 1);
    world.open_account(Scope::PUBLISH, 2);
    world.open_account(Scope::SPEND, 3);
    for worker in WORKERS {
        world.open_account(Scope::WORK, worker as u8);
    }
    for account in [DEVELOPER, WORKERS[0], WORKERS[1]] {
        world.disclose(account);
    }
    world.deposit(REQUESTER, 1_000_000);
    world.deposit(PAYER, 1_000_000);
    for worker in WORKERS {
        world.deposit(worker, 100_000);
    }
}

pub fn terms(price_units: u128, demand: Demand) -> Terms {
    Terms {
        purposes: vec!["inference".to_owned(), "research".to_owned()],
        token: TokenId(0),
        price_units: Amount::new(price_units).unwrap(),
        demand,
        contributors_share: Ppm::new(600_000).unwrap(),
        expires_ms: None,
    }
}

fn campaign(world: &mut World) {
    let rows = (0..2 * ROUND_UNITS).map(|unit| Unit {
        name: format!("unit {unit}"),
        text: None,
    });
    let units = codec::encode(&Units {
        rows: rows.collect(),
        brief: None,
    });
    let units = world.keep(units, twin::attachment);
    let promised = if world.lie == Lie::ThinGold {
        1_000_000
    } else {
        800_000
    };
    let spec = Spec {
        title: "Sentiment".to_owned(),
        skill: "sentiment".to_owned(),
        classes: vec!["bad".to_owned(), "good".to_owned()],
        units,
        unit_count: 2 * ROUND_UNITS,
        fund: FundId(1),
        budget_units: Amount::new(500_000).unwrap(),
        price_units: Amount::new(PRICE.into()).unwrap(),
        overlap: 3,
        repeats: false,
        rule: Rule {
            consensus: Consensus::DawidSkene,
            gold_share: Ppm::new(promised).unwrap(),
            block_length: ROUND_UNITS as u16,
            beta: Ppm::new(10_000).unwrap(),
            reference_accuracy: Ppm::new(850_000).unwrap(),
            judgements: 2,
        },
        appeal_ms: 10_000,
        terms: terms(5, Demand::Floor(Ppm::new(200_000).unwrap())),
        weighting: Weighting::AcceptedAnswers,
        method: world.lie.judged().then(|| Box::new(method())),
        bonus: None,
    };
    world.push(REQUESTER, Command::OpenCampaign(spec));
    round(world, 0);
    scores(world, false);
    round(world, 1);
    scores(world, true);
    world.push(REQUESTER, Command::CloseCampaign(CampaignId(0)));
    world.time_ms += 20_000;
    world.push(0, Command::ReturnHeld(CampaignId(0)));
}

fn method() -> Method {
    let ppm = |share| Ppm::new(share).unwrap();
    Method {
        algorithm: Algorithm::Pay2.name().to_owned(),
        trusts: vec![AccountId(REQUESTER)],
        panel: vec![AccountId(PAYER)],
        verdict_units: Amount::new(7).unwrap(),
        panel_ms: 5_000,
        slash_below: ppm(900_000),
        stake_units: Amount::new(50).unwrap(),
        target: ppm(800_000),
    }
}

/// What the operator says of the round before it ends: the truth, but for one lie.
fn facts(world: &mut World, answers: &[Option<AnswerOpening>], gold: &[GoldOpening]) {
    let id = CampaignId(0);
    let campaign = world.state.campaign(id).unwrap();
    let round = campaign.open_round().unwrap();
    let sealed = live::sealed(round, answers).unwrap();
    let known = (round.first_unit..).zip(gold);
    let known = known.filter_map(|(unit, opening)| Some((unit, opening.label?)));
    let look = live::look(campaign, &sealed, &known.collect::<Vec<_>>()).unwrap();
    assert!(!look.sure.is_empty(), "two honest workers agree somewhere");
    assert_eq!(look.below, [AccountId(FARMER)]);
    let mut evidence = live::evidence(SPACE, id, &sealed);
    let (mut units, mut account) = (look.sure, look.below[0]);
    match world.lie {
        // Gold is shown as often as every unit, so it is never closed.
        Lie::ClosedUnsure => units = vec![round.first_unit + 1],
        Lie::PausedUnproven => account = AccountId(WORKERS[0]),
        Lie::OtherEvidence => evidence.0[0] ^= 1,
        _ => {}
    }
    let close = CloseUnits {
        campaign: id,
        units,
        evidence,
    };
    world.push(0, Command::CloseUnits(close));
    let pause = PauseAccount {
        campaign: id,
        account,
        evidence,
    };
    world.push(0, Command::PauseAccount(pause));
}

fn truth(unit: u32) -> u16 {
    (unit % 2) as u16
}

fn round(world: &mut World, number: u32) {
    let first = number * ROUND_UNITS;
    let units = first..first + ROUND_UNITS;
    let opening = |unit| GoldOpening {
        label: (unit % 5 != 0).then(|| truth(unit)),
        salt: Hash(sha256(&[b"gold", &u32::to_be_bytes(unit)])),
    };
    let mut gold: Vec<GoldOpening> = units.clone().map(opening).collect();
    world.push(
        0,
        Command::OpenRound(OpenRound {
            campaign: CampaignId(0),
            first_unit: first,
            unit_count: ROUND_UNITS,
            gold_root: commitment::gold_root(SPACE, CampaignId(0), first, &gold),
        }),
    );
    let mut answers = Vec::new();
    for worker in WORKERS {
        answers.extend(seal(world, worker, units.clone()));
    }
    let undone = world
        .lie
        .replaces()
        .then(|| undo::some(world, &mut answers));
    if number == 1 && world.lie.judged() {
        facts(world, &answers, &gold);
    }
    if number == 1 {
        undo::lie(world, &mut answers, undone);
    }
    if number == 1 && world.lie == Lie::Unopened {
        answers[7] = None;
    }
    if number == 1 && world.lie == Lie::ChangedGold {
        gold[1].label = Some(1 - truth(first + 1));
    }
    let openings = world.keep(codec::encode(&Openings { answers, gold }), twin::opening);
    world.push(
        0,
        Command::CloseRound(CloseRound {
            campaign: CampaignId(0),
            openings,
        }),
    );
}

fn seal(world: &mut World, worker: u32, units: std::ops::Range<u32>) -> Vec<Option<AnswerOpening>> {
    let opening = |unit: u32| {
        let noise = sha256(&[b"farmer", &unit.to_be_bytes()])[0];
        let wrong = if worker == FARMER {
            noise.is_multiple_of(2)
        } else {
            unit % 19 == worker
        };
        let label = if wrong { 1 - truth(unit) } else { truth(unit) };
        let salt = Hash(sha256(&[
            b"answer",
            &worker.to_be_bytes(),
            &unit.to_be_bytes(),
        ]));
        AnswerOpening {
            unit,
            label,
            salt,
            text: world
                .lie
                .replaces()
                .then(|| format!("unit {unit} speaks for itself")),
        }
    };
    let openings: Vec<AnswerOpening> = units.map(opening).collect();
    let (account, nonce) = (AccountId(worker), world.nonce());
    let seal = |(field, opening)| {
        let place = AnswerPlace {
            space: SPACE,
            account,
            nonce,
            field,
        };
        commitment::answer(place, opening)
    };
    let commitments = (0u16..).zip(&openings).map(seal).collect();
    let command = Command::SealAnswers(SealAnswers {
        campaign: CampaignId(0),
        commitments,
    });
    if world.lie == Lie::ForgedAnswers && worker == WORKERS[1] {
        let operator = world.keys[0].clone();
        world.push_as(Some(worker), &operator, command, None);
    } else {
        world.push(worker, command);
    }
    openings.into_iter().map(Some).collect()
}

fn scores(world: &mut World, closing: bool) {
    if world.over {
        return;
    }
    let campaign = world.state.campaign(CampaignId(0)).unwrap();
    let mut scores = ledger::score(campaign, closing).unwrap();
    let input = ledger::score::input_root(SPACE, CampaignId(0), campaign);
    match world.lie {
        Lie::PaidFarmer if closing => {
            let farmed = |row: &&mut BlockScore| row.account == AccountId(FARMER);
            let row = scores.blocks.iter_mut().find(farmed).unwrap();
            assert_eq!(
                row.outcome,
                Outcome::Rejected,
                "the farmer earns nothing by the rules"
            );
            row.outcome = Outcome::Released(Ppm::ONE);
        }
        Lie::ChangedLabel => scores.units[3].label = Some(1 - truth(3)),
        Lie::ChangedReputation => scores.contributors[0].reputation = Ppm::ONE,
        Lie::SlashedHonest if closing => {
            let review = scores.review.as_mut().unwrap();
            review.slashed = vec![AccountId(WORKERS[0])];
        }
        _ => {}
    }
    let scores = world.keep(codec::encode(&scores), twin::attachment);
    let algorithm = if world.lie.judged() {
        Algorithm::Pay2
    } else {
        Algorithm::Pay1
    };
    let (campaign, algorithm) = (CampaignId(0), algorithm.name().to_owned());
    world.push(
        0,
        Command::PostScores(PostScores {
            campaign,
            algorithm,
            input,
            scores,
            closing,
        }),
    );
}
