//! What could never be paid, scored or returned is refused at the door.

use crate::kit::ppm;
use crate::world::{FAR_MS, World, units};
use protocol::campaign::Spec;
use protocol::{Command, FundId, Rejection};

fn world() -> World {
    let mut world = World::new(1);
    world.join("req");
    world.join("ann");
    world.deposit("req", 0, 2_000, 2_000).unwrap();
    world
}

fn open(bend: impl Fn(&mut Spec)) -> Result<(), Rejection> {
    let mut world = world();
    let mut spec = world.spec(1, 20);
    bend(&mut spec);
    world.ask("req", Command::OpenCampaign(spec))
}

#[test]
fn a_rule_that_scoring_would_refuse_opens_no_campaign() {
    let refused = Err(Rejection::OutOfRange);
    assert_eq!(open(|_| ()), Ok(()));
    assert_eq!(open(|spec| spec.rule.beta = ppm(500_001)), refused);
    assert_eq!(
        open(|spec| spec.rule.reference_accuracy = ppm(500_000)),
        refused
    );
    let unjudged = |spec: &mut Spec| {
        spec.rule.gold_share = ppm(0);
        spec.rule.reference_accuracy = ppm(1);
    };
    assert_eq!(open(unjudged), Ok(()));
}

#[test]
fn an_appeal_that_never_ends_opens_no_campaign() {
    assert_eq!(
        open(|spec| spec.appeal_ms = u64::MAX),
        Err(Rejection::OutOfRange)
    );
}

#[test]
fn a_budget_above_what_one_epoch_may_debit_opens_no_campaign() {
    let mut world = world();
    world.deposit("req", 0, 2_000, 999).unwrap();
    let spec = world.spec(2, 20);
    let command = Command::OpenCampaign(spec);
    assert_eq!(world.ask("req", command), Err(Rejection::EpochCapReached));
}

#[test]
fn an_allowance_above_what_one_epoch_may_debit_is_refused() {
    let mut world = world();
    let free = protocol::terms::Demand::Floor(ppm(0));
    world.asset("ann", crate::kit::terms(free, 1), &[]).unwrap();
    world.deposit("req", 0, 2_000, 99).unwrap();
    assert_eq!(
        world.allow("req", 0, 2, 100, 1_000),
        Err(Rejection::EpochCapReached)
    );
    assert_eq!(world.allow("req", 0, 2, 99, 1_000), Ok(()));
}

#[test]
fn a_block_deposit_that_could_not_be_forfeited_is_none() {
    let mut world = world();
    world.deposit("ann", 0, 1_000, 999).unwrap();
    let spec = world.spec(1, 20);
    world.does("req", Command::OpenCampaign(spec));
    world.round(0, &[Some(0); 20]).unwrap();
    assert_eq!(
        world.seal("ann", 0, &[(0, 0)]),
        Err(Rejection::DepositShort)
    );
    world.deposit("ann", 0, 1_000, 1_000).unwrap();
    assert_eq!(world.seal("ann", 0, &[(0, 0)]), Ok(()));
}

#[test]
fn the_last_judgement_closes() {
    let mut world = world();
    let mut spec = world.spec(1, 20);
    spec.rule.judgements = 2;
    world.does("req", Command::OpenCampaign(spec));
    world.round(0, &[Some(0); 20]).unwrap();
    world.open_seals(0, "").unwrap();
    let (scores, last) = (world.scores(0, false), world.scores(0, true));
    assert_eq!(world.post_scores(0, &scores, false), Ok(()));
    let stuck = world.post_scores(0, &scores, false);
    assert_eq!(stuck, Err(Rejection::ScoreMismatch));
    assert_eq!(world.post_scores(0, &last, true), Ok(()));
}

#[test]
fn a_snapshot_with_a_byte_too_many_is_none() {
    let mut bytes = world().state.to_bytes();
    bytes.push(0);
    assert_eq!(ledger::State::from_bytes(&bytes), None);
}

#[test]
fn rows_under_another_hash_are_no_segment() {
    let mut world = world();
    let free = protocol::terms::Demand::Floor(ppm(0));
    world.asset("ann", crate::kit::terms(free, 1), &[]).unwrap();
    world.allow("req", 0, 1, 100, 1_000).unwrap();
    let total = world.total(0, 0, 1);
    let mut segment = world.segment(0, vec![total]);
    segment.rows = crate::kit::salt(9);
    world.shelf.0.insert(segment.rows, b"other rows".to_vec());
    let refused = world.ask("ann", Command::PostSegment(segment));
    assert_eq!(refused, Err(Rejection::BadDocument));
    assert_eq!(units(0), world.state.assets[0].charged_units);
}

#[test]
fn an_expired_key_still_discloses_the_wallet_that_is_paid() {
    let mut world = world();
    world.time_ms = FAR_MS;
    assert_eq!(world.disclose("ann"), Ok(()));
    let spec = world.spec(1, 20);
    let other = world.ask("req", Command::OpenCampaign(spec));
    assert_eq!(other, Err(Rejection::KeyExpired));
}

#[test]
fn more_units_times_classes_than_can_be_scored_open_no_campaign() {
    let classes: Vec<String> = (0..9_000).map(|class| format!("{class:x}")).collect();
    let wide = |spec: &mut Spec| spec.classes.clone_from(&classes);
    let refused = Err(Rejection::OutOfRange);
    for (unit_count, outcome) in [(7_000, Ok(())), (15_000, refused)] {
        let mut world = world();
        world.checked = false;
        let mut spec = world.spec(1, unit_count);
        wide(&mut spec);
        assert_eq!(world.ask("req", Command::OpenCampaign(spec)), outcome);
    }
}

#[test]
fn answers_that_could_not_be_scored_are_refused() {
    let mut world = world();
    world.checked = false;
    let mut spec = world.spec(1, 1_000);
    spec.classes = (0..9_000).map(|class| format!("{class:x}")).collect();
    (spec.rule.gold_share, spec.price_units) = (ppm(0), units(1));
    spec.repeats = true;
    world.deposit("req", 0, 100_000, 100_000).unwrap();
    (spec.fund, spec.budget_units) = (FundId(2), units(100_000));
    world.does("req", Command::OpenCampaign(spec));
    world.round(0, &[None; 1_000]).unwrap();
    let labels: Vec<_> = (0..9_000u16).map(|label| (0, label)).collect();
    let mut batches = labels.chunks(1_000);
    let taken = batches
        .by_ref()
        .map_while(|batch| world.seal("ann", 0, batch).ok());
    assert_eq!(taken.count(), 6);
    world.open_seals(0, "").unwrap();
    assert!(!world.scores(0, true).blocks.is_empty());
}
