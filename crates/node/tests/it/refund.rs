//! The contract pays a deposit back whole, so only one that is wholly free is sent back.

use crate::world::{CLOSES_MS, DAY_MS, World, amount, terms};
use protocol::campaign::{Consensus, Rule, Spec, Weighting};
use protocol::document::{Unit, Units};
use protocol::{CampaignId, Command, FundId, Hash, Ppm, codec};

fn open_campaign(world: &mut World) {
    let name = |number: u32| Unit {
        name: format!("u{number}"),
        text: None,
    };
    let units = codec::encode(&Units {
        rows: (0..10).map(name).collect(),
        brief: None,
    });
    let ppm = |parts| Ppm::new(parts).unwrap();
    let spec = Spec {
        title: "left open".to_owned(),
        skill: "single-choice".to_owned(),
        classes: vec!["a".to_owned(), "b".to_owned()],
        units: Hash(proof::hash::sha256(&[&units])),
        unit_count: 10,
        fund: FundId(1),
        budget_units: amount(300_000),
        price_units: amount(10_000),
        overlap: 3,
        repeats: false,
        rule: Rule {
            consensus: Consensus::DawidSkene,
            gold_share: ppm(100_000),
            block_length: 20,
            beta: ppm(10_000),
            reference_accuracy: ppm(850_000),
            judgements: 1,
        },
        appeal_ms: DAY_MS,
        terms: terms(),
        weighting: Weighting::PaidWork,
        method: None,
        bonus: None,
    };
    let mut offer = world.developer.sign(Command::OpenCampaign(spec));
    offer.attachments = vec![units];
    world.accept(vec![offer]);
    assert!(world.node.state().campaign(CampaignId(0)).is_some());
}

#[test]
fn a_deposit_behind_open_work_is_not_sent_back() {
    let dir = tempfile::tempdir().unwrap();
    let mut world = World::new(dir.path());
    world.deposit();
    world.node.credit_deposits().unwrap();
    open_campaign(&mut world);
    world.node.advance(CLOSES_MS - world.node.now_ms()).unwrap();
    let epoch = world.node.close_epoch().unwrap();
    world.node.finish_epoch(epoch.id).unwrap();
    let refunded = world.node.refund_closed().unwrap();
    assert_eq!(
        refunded,
        [(FundId(2), amount(1_000_000))],
        "the user's, not the requester's"
    );
    assert_eq!(world.node.free(FundId(1)), amount(700_000));
    let deposits = world.node.chain().deposits().unwrap();
    assert_eq!(
        (deposits[0].available, deposits[0].refunded),
        (1_000_000, 0)
    );
    assert!(
        world.node.refund_closed().unwrap().is_empty(),
        "once is enough"
    );
    assert!(world.node.resume().unwrap().is_empty());
}

#[test]
fn a_deposit_that_is_still_open_is_not_sent_back() {
    let dir = tempfile::tempdir().unwrap();
    let mut world = World::new(dir.path());
    world.deposit();
    world.node.credit_deposits().unwrap();
    let epoch = world.node.close_epoch().unwrap();
    world.node.finish_epoch(epoch.id).unwrap();
    assert!(world.node.refund_closed().unwrap().is_empty());
}
