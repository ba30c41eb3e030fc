//! The business of a running node: plans become campaigns, tasks are leased, work is paid.

use crate::world::{DAY_MS, Person, START_MS};
use node::draft::{Draft, Task};
use node::hosted::Hosted;
use node::office::Office;
use node::steward::{self, Ask, Pace, Steward};
use node::ticket::{ticket, wait_for};
use node::workplace::{Refused, Rules, Workplace};
use node::{Answer, Clock, Host, Keyring, Node, Running, Settings};
use protocol::brief::Kind;
use protocol::command::SealAnswers;
use protocol::document::{AnswerOpening, Outcome};
use protocol::{AccountId, Amount, CampaignId, Command, FundId, Hash, Scope};
use sequencer::Offer;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use store::Place;
use store::attachment::Attachments;
use view::plan::{PlannedUnit, Plans};

/// A clock that the test moves.
#[derive(Debug)]
struct Moved(AtomicU64);

impl Clock for Moved {
    fn now_ms(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

struct House {
    place: Place,
    clock: Arc<Moved>,
    host: Host,
    running: Running,
    workplace: Workplace,
    plans: steward::SharedPlans,
    steward: Steward,
    asks: Sender<Ask>,
}

impl House {
    fn start(dir: &Path) -> Self {
        let place = Place::directory(dir);
        if !Node::exists(dir) {
            Node::create_with(&place, Keyring::from_seed(b"business"), START_MS, 10).unwrap();
        }
        let node = Node::open(dir).unwrap().node;
        let clock = Arc::new(Moved(AtomicU64::new(node.now_ms())));
        let plans = Plans::open(&dir.join("plans.sqlite")).unwrap();
        let (log, chain, desks) = node.into_parts();
        let rounds = steward::running(log.state(), &desks, &plans).unwrap();
        let size = log.state().size;
        let parts = node::host::Parts {
            settings: Settings {
                publish_every_ms: u64::MAX,
                ..Settings::default()
            },
            clock: Arc::clone(&clock) as Arc<dyn Clock>,
            witnesses: Vec::new(),
        };
        let running = Host::start(log, parts).unwrap();
        let host = running.host.clone();
        let office = Office::new(
            Hosted::open(host.clone(), &place, size).unwrap(),
            chain,
            desks,
        );
        let beside = (dir, place.files());
        let workplace = Workplace::open(host.clone(), beside, Rules::default(), rounds).unwrap();
        let plans = Arc::new(Mutex::new(plans));
        let pace = Pace {
            epoch_ms: DAY_MS,
            ..Pace::default()
        };
        let (steward, asks) = Steward::new(office, workplace.clone(), Arc::clone(&plans), pace);
        Self {
            place,
            clock,
            host,
            running,
            workplace,
            plans,
            steward,
            asks,
        }
    }

    fn stop(self) {
        self.workplace.stop();
        self.host.stop();
        self.running.wait().unwrap();
    }

    fn advance(&mut self, milliseconds: u64) {
        self.clock.0.fetch_add(milliseconds, Ordering::Relaxed);
        for _ in 0..6 {
            self.steward.turn().unwrap();
        }
    }

    /// As the API does: the desk first, then the rules, then the desk counts.
    fn submit(&self, offer: Offer) -> Result<Answer, Refused> {
        self.workplace.check(&offer)?;
        let pass = node::workplace::sealing(&offer).map(|id| self.workplace.pass(id));
        let answers = self.host.submit(vec![offer.clone()]).unwrap();
        let answer = answers.wait(Duration::MAX).unwrap().unwrap().remove(0);
        if let Answer::Accepted(accepted) = &answer {
            self.workplace.note(&offer);
            assert!(self.host.wait_for(accepted.index, Duration::MAX));
        }
        drop(pass);
        Ok(answer)
    }

    fn accepted(&self, offer: Offer) {
        match self.submit(offer).unwrap() {
            Answer::Accepted(_) => {}
            Answer::Refused(refused) => panic!("{}", refused.rejection),
        }
    }

    fn people(&mut self, count: u32) -> Vec<Person> {
        let space = self.host.read(|state| state.space);
        let scope = Scope::WORK.and(Scope::REQUEST);
        let mut people: Vec<Person> = (1..=count)
            .map(|number| Person::new(space, number, scope))
            .collect();
        for person in &mut people {
            self.accepted(person.join());
            self.accepted(person.disclose());
        }
        people
    }

    fn give(&mut self, person: &Person, units: u128) -> FundId {
        let (reply, given) = ticket();
        let ask = Ask::Deposit {
            account: person.account,
            wallet: protocol::Address(person.wallet),
            units: Amount::new(units).unwrap(),
            closes_ms: START_MS + 300 * DAY_MS,
            reply,
        };
        self.asks.send(ask).unwrap();
        self.steward.turn().unwrap();
        given.wait(Duration::MAX).unwrap().unwrap().unwrap()
    }

    /// Draws a campaign up, signs it as its requester, and lets the steward open its first round.
    fn campaign(&mut self, owner: &mut Person, fund: FundId, draft: &Draft) -> CampaignId {
        assert_eq!(draft.faults(), []);
        let settings = serde_json::to_string(draft).unwrap();
        let now_ms = self.clock.now_ms();
        let tasks: Vec<Task> = (0..TASKS).map(task).collect();
        let units = tasks.iter().map(|task| {
            Ok::<_, String>(PlannedUnit {
                name: task.name.clone(),
                text: task.text.clone(),
                known: task.known.clone(),
            })
        });
        let prepared = {
            let mut plans = self.plans.lock().unwrap();
            let id = plans.create(owner.account, &settings, now_ms).unwrap();
            plans.put_units(id, units).unwrap().unwrap();
            let share = draft.gold_share(&tasks, |_| false).unwrap();
            assert!(share > 0);
            let prepared = draft.prepare(owner.account, fund, &tasks, share).unwrap();
            Attachments::new(self.place.files())
                .put(&prepared.document)
                .unwrap();
            plans.prepare(id, &prepared.spec.units).unwrap();
            prepared
        };
        let id = self.host.read(|state| state.campaigns.len());
        self.accepted(owner.sign(Command::OpenCampaign(prepared.spec)));
        self.steward.turn().unwrap();
        CampaignId(u32::try_from(id).unwrap())
    }

    fn lease(&self, campaign: CampaignId, person: &Person, count: usize) -> Vec<u32> {
        let tasks = wait_for(self.workplace.lease(campaign, person.account, count)).unwrap();
        tasks.iter().map(|task| task.units[0].0).collect()
    }
}

const TASKS: u32 = 40;

/// The truth of each task is its parity; half of them are known.
fn task(number: u32) -> Task {
    let truth = if number.is_multiple_of(2) {
        "even"
    } else {
        "odd"
    };
    Task {
        name: format!("task-{number}"),
        text: Some(format!("Is {number} even?")),
        known: (number < TASKS / 2).then(|| truth.to_owned()),
    }
}

fn draft() -> Draft {
    Draft {
        title: "parity".to_owned(),
        classes: vec!["even".to_owned(), "odd".to_owned()],
        kind: Kind::Choice,
        price_units: Amount::new(1_000).unwrap(),
        overlap: 3,
        gold_ppm: 400_000,
        block_length: 10,
        appeal_hours: 1,
        ..Draft::default()
    }
}

fn seal(person: &mut Person, campaign: CampaignId, units: &[u32]) -> Offer {
    let nonce = person.nonce();
    let answer = |unit: &u32| AnswerOpening {
        unit: *unit,
        label: u16::from(!unit.is_multiple_of(2)),
        salt: Hash(proof::hash::sha256(&[
            &nonce.to_be_bytes(),
            &unit.to_be_bytes(),
        ])),
        text: None,
    };
    let openings: Vec<AnswerOpening> = units.iter().map(answer).collect();
    let space = person.space();
    let account = person.account;
    let commit = |(field, opening): (u16, &AnswerOpening)| {
        let place = ledger::commitment::AnswerPlace {
            space,
            account,
            nonce,
            field,
        };
        ledger::commitment::answer(place, opening)
    };
    let commitments = (0_u16..).zip(&openings).map(commit).collect();
    let mut offer = person.sign(Command::SealAnswers(SealAnswers {
        campaign,
        commitments,
    }));
    offer.body = protocol::codec::encode(&openings);
    offer
}

#[test]
fn a_plan_becomes_a_campaign_that_pays_those_who_worked() {
    let dir = tempfile::tempdir().unwrap();
    let mut house = House::start(dir.path());
    let mut people = house.people(5);
    let fund = house.give(&people[0], 10_000_000);
    for person in &people[1..] {
        house.give(person, 1_000_000);
    }
    let (requester, crowd) = people.split_first_mut().unwrap();
    let campaign = house.campaign(requester, fund, &draft());
    let own = wait_for(house.workplace.lease(campaign, requester.account, 1));
    assert_eq!(own.unwrap_err(), Refused::Involved);
    let mut given: BTreeMap<u32, u32> = BTreeMap::new();
    loop {
        let mut any = false;
        for person in crowd.iter_mut() {
            let units = house.lease(campaign, person, 4);
            for unit in &units {
                *given.entry(*unit).or_default() += 1;
                any = true;
                house.accepted(seal(person, campaign, &[*unit]));
            }
        }
        if !any {
            break;
        }
    }
    assert_eq!(given.len(), TASKS as usize);
    assert!(given.values().all(|times| *times == 3), "{given:?}");
    house.advance(0);
    let stage = house
        .host
        .read(|state| node::stage_word(state.campaign(campaign).unwrap().stage));
    assert_eq!(
        stage, "closed",
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
        let sums = house
            .host
            .read(|state| node::earnings::earnings(state, person.account))
            .unwrap();
        assert!(!sums.accepted_units.is_zero() && sums.pending_units.is_zero());
        assert_eq!(sums.accepted_units, sums.payable_units);
        assert!(sums.blocks.iter().all(|block| block.status == "accepted"));
        let (reply, paid) = ticket();
        let wallet = protocol::Address(person.wallet);
        house.asks.send(Ask::Claim { wallet, reply }).unwrap();
        house.steward.turn().unwrap();
        let paid = paid.wait(Duration::MAX).unwrap().unwrap().unwrap();
        assert_eq!(paid, sums.accepted_units);
    }
    house.stop();
}

#[test]
fn a_task_is_one_persons_across_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let mut house = House::start(dir.path());
    let mut people = house.people(3);
    let fund = house.give(&people[0], 10_000_000);
    for person in &people[1..] {
        house.give(person, 1_000_000);
    }
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
    // An hour later nobody holds anything: what was answered stays answered.
    house.advance(3_600_000);
    let late = seal(&mut people[2], campaign, &bob[..1]);
    assert!(matches!(house.submit(late), Err(Refused::NotYours(_))));
    let mut free = Vec::new();
    while let Some(unit) = house.lease(campaign, &people[2], 1).first().copied() {
        house.accepted(seal(&mut people[2], campaign, &[unit]));
        free.push(unit);
    }
    assert_eq!(free.len(), TASKS as usize - 2);
    assert!(!free.contains(&ann[0]) && !free.contains(&ann[1]));
    house.stop();
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
