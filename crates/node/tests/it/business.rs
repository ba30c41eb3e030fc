//! The business of a running node: plans become campaigns, tasks are leased, work is paid.

use crate::house::{House, TASKS, draft, seal};
use crate::world::{DAY_MS, Person};
use node::Answer;
use node::door::Door as _;
use node::draft::Draft;
use node::epoch::Claimed;
use node::hosted::Hosted;
use node::round::Desks;
use node::steward::Ask;
use node::ticket::{ticket, wait_for};
use node::workplace::Refused;
use protocol::document::Outcome;
use protocol::{AccountId, Amount, CampaignId, FundId};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::mpsc::channel;
use std::time::Duration;

/// Everybody answers what they are given until nobody is given any more; how often each unit was.
pub fn work_through(
    house: &House,
    campaign: CampaignId,
    crowd: &mut [Person],
) -> BTreeMap<u32, u32> {
    let mut given: BTreeMap<u32, u32> = BTreeMap::new();
    loop {
        let before = given.values().sum::<u32>();
        for person in crowd.iter_mut() {
            for unit in house.lease(campaign, person, 4) {
                *given.entry(unit).or_default() += 1;
                house.accepted(seal(person, campaign, &[unit]));
            }
        }
        if given.values().sum::<u32>() == before {
            return given;
        }
    }
}

/// All of somebody's work was accepted, and a claim pays it.
fn is_paid(house: &mut House, person: &Person) {
    let sums = house
        .host
        .read(|state| node::earnings::earnings(state, person.account))
        .unwrap();
    assert!(!sums.accepted_units.is_zero() && sums.pending_units.is_zero());
    assert_eq!(sums.accepted_units, sums.payable_units);
    assert!(sums.blocks.iter().all(|block| block.status == "accepted"));
    let owed = sums.accepted_units;
    let more = owed.checked_add(Amount::new(1).unwrap()).unwrap();
    assert_eq!(claimed(house, person, more), Claimed::Waits(owed));
    let Claimed::Paid(paid) = claimed(house, person, owed) else {
        panic!("it is enough");
    };
    let units: Vec<_> = paid.iter().map(|paid| paid.units).collect();
    assert_eq!(units, [owed]);
    let nothing = Claimed::Paid(Vec::new());
    assert_eq!(
        claimed(house, person, more),
        nothing,
        "there is none to wait"
    );
}

fn claimed(house: &mut House, person: &Person, least_units: Amount) -> Claimed {
    let (reply, claimed) = ticket();
    let wallet = protocol::Address(person.wallet);
    let ask = Ask::Claim {
        wallet,
        least_units,
        reply,
    };
    house.asks.send(ask).unwrap();
    house.steward.turn().unwrap();
    claimed.wait(Duration::MAX).unwrap().unwrap().unwrap()
}

#[test]
fn a_look_behind_the_seals_waits_for_answers_that_reads_have_not_seen_yet() {
    let dir = tempfile::tempdir().unwrap();
    let mut house = House::start(dir.path());
    let (mut people, fund) = house.funded(2);
    let [requester, worker] = &mut people[..] else {
        unreachable!()
    };
    let campaign = house.campaign(requester, fund, &draft());
    let units = house.lease(campaign, worker, 2);
    house.accepted(seal(worker, campaign, &units[..1]));
    let late = seal(worker, campaign, &units[1..]);
    let mut hosted = Hosted::open(house.host.clone(), &house.place, 0).unwrap();
    let mut desks = Desks::default();
    let (said, heard) = channel();
    let (_release, released) = channel::<()>();
    std::thread::scope(|scope| {
        let host = house.host.clone();
        // No read sees anything new while another one lasts.
        scope.spawn(move || {
            host.read(|_| {
                said.send(()).unwrap();
                released.recv_timeout(Duration::from_millis(100)).ok();
            });
        });
        heard.recv().unwrap();
        assert!(matches!(house.hand_in(late), Ok(Answer::Accepted(_))));
        assert!(house.host.applied_through() < house.host.durable());
        hosted.catch_up(&mut desks).unwrap();
    });
    let known = format!("{desks:?}").matches("AnswerOpening").count();
    assert_eq!(known, 2, "what is acknowledged counts");
    house.stop();
}

#[test]
fn a_plan_becomes_a_campaign_that_pays_those_who_worked() {
    let dir = tempfile::tempdir().unwrap();
    let mut house = House::start(dir.path());
    let (mut people, fund) = house.funded(5);
    let (requester, crowd) = people.split_first_mut().unwrap();
    let campaign = house.campaign(requester, fund, &draft());
    let own = wait_for(house.workplace.lease(campaign, requester.account, 1));
    assert_eq!(own.unwrap_err(), Refused::Involved);
    let given = work_through(&house, campaign, crowd);
    assert_eq!(given.len(), TASKS as usize);
    assert!(given.values().all(|times| *times == 3), "{given:?}");
    house.advance(0);
    let stage = house
        .host
        .read(|state| node::stage_word(state.campaign(campaign).unwrap().stage));
    assert_eq!(
        stage, "settled",
        "rounds, scores and the end come by themselves"
    );
    house.host.read(|state| {
        let closed = state.campaign(campaign).unwrap();
        let right = |(unit, score): (usize, &protocol::document::UnitScore)| {
            score.label == Some((unit % 2) as u16)
        };
        assert!(closed.units.iter().enumerate().all(right));
        let promised = u64::from(closed.spec.rule.gold_share.ppm()) * u64::from(TASKS) / 1_000_000;
        assert!(closed.gold.len() as u64 >= promised && promised >= 14);
        for work in closed.work.values() {
            let paid = |block: &ledger::work::Block| matches!(block.outcome, Outcome::Released(_));
            assert!(work.blocks.iter().all(paid));
        }
    });
    house.advance(DAY_MS);
    house.advance(11_000);
    house.advance(DAY_MS);
    house.advance(11_000);
    let epochs = house.host.read(|state| {
        state
            .epochs
            .iter()
            .map(|it| it.released)
            .collect::<Vec<_>>()
    });
    assert!(
        epochs.len() >= 2 && epochs.iter().all(|released| *released),
        "{epochs:?}"
    );
    for person in crowd.iter() {
        is_paid(&mut house, person);
    }
    house.stop();
}

#[test]
fn a_community_campaign_needs_no_money_and_leaves_shares() {
    let dir = tempfile::tempdir().unwrap();
    let mut house = House::start(dir.path());
    let mut people = house.people(4);
    let (requester, crowd) = people.split_first_mut().unwrap();
    let free = Draft {
        price_units: Amount::ZERO,
        ..draft()
    };
    let campaign = house.campaign(requester, FundId(0), &free);
    work_through(&house, campaign, crowd);
    house.advance(0);
    house.host.read(|state| {
        let closed = state.campaign(campaign).unwrap();
        assert_eq!(node::stage_word(closed.stage), "settled");
        let asset = state.asset(closed.asset.unwrap()).unwrap();
        let shares = asset.registered.shares.iter().map(|(account, _)| *account);
        assert!(shares.eq(crowd.iter().map(|person| person.account)));
    });
    for person in crowd {
        let sums = house
            .host
            .read(|state| node::earnings::earnings(state, person.account));
        let sums = sums.unwrap();
        assert!(sums.accepted_units.is_zero() && sums.shares.len() == 1);
    }
    house.stop();
}

#[test]
fn a_task_is_one_persons_across_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let mut house = House::start(dir.path());
    let (mut people, fund) = house.funded(3);
    let single = Draft {
        overlap: 1,
        ..draft()
    };
    let campaign = house.campaign(&mut people[0], fund, &single);
    let ann = house.lease(campaign, &people[1], 5);
    house.accepted(seal(&mut people[1], campaign, &ann[..2]));
    let bob = house.lease(campaign, &people[2], 5);
    assert!(ann.iter().all(|unit| !bob.contains(unit)));
    let stolen = seal(&mut people[2], campaign, &ann[2..3]);
    assert!(matches!(house.submit(stolen), Err(Refused::NotYours(_))));
    let again = seal(&mut people[1], campaign, &ann[..1]);
    assert!(matches!(house.submit(again), Err(Refused::NotYours(_))));
    wait_for(
        house
            .workplace
            .draft((campaign, people[2].account), bob[0], "half".into()),
    )
    .unwrap();
    house.stop();
    let mut house = House::start(dir.path());
    let kept = wait_for(house.workplace.lease(campaign, people[2].account, 5)).unwrap();
    let units: BTreeSet<u32> = kept.iter().map(|task| task.units[0].0).collect();
    assert_eq!(
        units,
        bob.iter().copied().collect(),
        "what was leased is still theirs"
    );
    let drafts = kept
        .iter()
        .filter(|task| task.draft.as_deref() == Some("half"));
    assert_eq!(
        drafts.map(|task| task.units[0].0).collect::<Vec<_>>(),
        bob[..1]
    );
    let mut all: Vec<u32> = ann.clone();
    all.extend(&bob);
    let mut ann_next = house.lease(campaign, &people[1], 10);
    assert_eq!(ann_next.len(), 10);
    ann_next.retain(|unit| !ann.contains(unit));
    assert_eq!(ann_next.len(), 7, "three of the first five were still hers");
    assert!(ann_next.iter().all(|unit| !all.contains(unit)));
    nobody_holds_anything_later(&mut house, campaign, &mut people[2], (&ann, &bob));
    house.stop();
}

/// An hour later every lease is over, and what was answered stays answered.
fn nobody_holds_anything_later(
    house: &mut House,
    campaign: CampaignId,
    bob: &mut Person,
    (answered, theirs): (&[u32], &[u32]),
) {
    house.advance(3_600_000);
    let late = seal(bob, campaign, &theirs[..1]);
    assert!(matches!(house.submit(late), Err(Refused::NotYours(_))));
    let mut free = Vec::new();
    while let Some(unit) = house.lease(campaign, bob, 1).first().copied() {
        house.accepted(seal(bob, campaign, &[unit]));
        free.push(unit);
    }
    assert_eq!(free.len(), TASKS as usize - 2);
    assert!(!free.contains(&answered[0]) && !free.contains(&answered[1]));
}

#[test]
fn a_skipped_task_goes_to_somebody_else() {
    let dir = tempfile::tempdir().unwrap();
    let mut house = House::start(dir.path());
    let mut people = house.people(3);
    let fund = house.give(&people[0], 10_000_000);
    let single = Draft {
        overlap: 1,
        ..draft()
    };
    let campaign = house.campaign(&mut people[0], fund, &single);
    let first = house.lease(campaign, &people[1], 1)[0];
    let place = (campaign, people[1].account);
    wait_for(
        house
            .workplace
            .give_back(place, first, Some("unclear".into())),
    )
    .unwrap();
    let mine: Vec<u32> = house.lease(campaign, &people[1], 10);
    assert!(!mine.contains(&first));
    let mut theirs = house.lease(campaign, &people[2], 10);
    for _ in 0..2 {
        let place = (campaign, people[2].account);
        for task in theirs
            .drain(..)
            .filter(|task| *task != first)
            .collect::<Vec<_>>()
        {
            wait_for(house.workplace.give_back(place, task, None)).unwrap();
        }
        theirs = house.lease(campaign, &people[2], 10);
    }
    let stranger = AccountId(0);
    let nothing = wait_for(house.workplace.give_back((campaign, stranger), first, None));
    assert!(matches!(nothing, Err(Refused::NotYours(_))));
    house.stop();
}
