//! A running node with its business, whose clock and steward a test moves.

use crate::world::{DAY_MS, Person, START_MS};
use node::beside::Beside;
use node::draft::{Draft, Task};
use node::hosted::Hosted;
use node::office::{Office, Opener, Settling};
use node::steward::{self, Ask, Pace, Steward};
use node::ticket::{ticket, wait_for};
use node::workplace::{Refused, Rules, Workplace};
use node::{Answer, Clock, Host, Keyring, Node, Running, Settings};
use protocol::brief::Kind;
use protocol::command::SealAnswers;
use protocol::document::AnswerOpening;
use protocol::{Amount, CampaignId, Command, FundId, Hash, Scope};
use sequencer::Offer;
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
pub struct Moved(AtomicU64);

impl Moved {
    /// Lets time pass.
    pub fn pass(&self, milliseconds: u64) {
        self.0.fetch_add(milliseconds, Ordering::Relaxed);
    }
}

impl Clock for Moved {
    fn now_ms(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

pub struct House {
    pub place: Place,
    pub clock: Arc<Moved>,
    pub host: Host,
    pub running: Running,
    pub workplace: Workplace,
    pub plans: steward::SharedPlans,
    pub steward: Steward,
    pub asks: Sender<Ask>,
}

impl House {
    pub fn start(dir: &Path) -> Self {
        Self::start_with(dir, Beside::default())
    }

    /// A house that keeps contracts beside the pot.
    pub fn start_with(dir: &Path, contracts: Beside) -> Self {
        Self::start_on(dir, contracts, (Vec::new(), None))
    }

    /// A house that settles on further chains, some of which it may open later.
    pub fn start_on(
        dir: &Path,
        contracts: Beside,
        (further, opener): (Vec<Settling>, Option<Opener>),
    ) -> Self {
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
        let hosted = Hosted::open(host.clone(), &place, size).unwrap();
        let mut office = Office::new(hosted, chain, desks);
        assert_eq!(office.join(further).unwrap(), [""; 0]);
        if let Some(opener) = opener {
            office.reopen_with(opener);
        }
        let beside = (dir, place.files());
        let workplace = Workplace::open(host.clone(), beside, Rules::default(), rounds).unwrap();
        let plans = Arc::new(Mutex::new(plans));
        let pace = Pace {
            epoch_ms: DAY_MS,
            beside: contracts,
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

    pub fn stop(self) {
        self.workplace.stop();
        self.host.stop();
        self.running.wait().unwrap();
    }

    pub fn advance(&mut self, milliseconds: u64) {
        self.clock.pass(milliseconds);
        for _ in 0..6 {
            self.steward.turn().unwrap();
        }
    }

    /// As the API does, and waits until reads have seen it.
    pub fn submit(&self, offer: Offer) -> Result<Answer, Refused> {
        let answer = self.hand_in(offer)?;
        if let Answer::Accepted(accepted) = &answer {
            assert!(self.host.wait_for(accepted.index, Duration::MAX));
        }
        Ok(answer)
    }

    /// As the API does: the desk first, then the rules, then the desk counts.
    pub fn hand_in(&self, offer: Offer) -> Result<Answer, Refused> {
        let sealed = self.workplace.check(&offer)?;
        let pass = node::workplace::sealing(&offer).map(|id| self.workplace.pass(id));
        let answers = self.host.submit(vec![offer]).unwrap();
        let answer = answers.wait(Duration::MAX).unwrap().unwrap().remove(0);
        if let (Answer::Accepted(_), Some(sealed)) = (&answer, &sealed) {
            self.workplace.note(sealed);
        }
        drop(pass);
        Ok(answer)
    }

    pub fn accepted(&self, offer: Offer) {
        match self.submit(offer).unwrap() {
            Answer::Accepted(_) => {}
            Answer::Refused(refused) => panic!("{}", refused.rejection),
        }
    }

    pub fn people(&mut self, count: u32) -> Vec<Person> {
        let space = self.host.read(|state| state.space);
        let scope = Scope::WORK.and(Scope::REQUEST).and(Scope::PUBLISH);
        let mut people: Vec<Person> = (1..=count)
            .map(|number| Person::new(space, number, scope))
            .collect();
        for person in &mut people {
            self.accepted(person.join());
            self.accepted(person.disclose());
        }
        people
    }

    pub fn give(&mut self, person: &Person, units: u128) -> FundId {
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

    /// People with deposits, and the fund of the first, who pays for campaigns.
    pub fn funded(&mut self, count: u32) -> (Vec<Person>, FundId) {
        let people = self.people(count);
        let fund = self.give(&people[0], 10_000_000);
        for person in &people[1..] {
            self.give(person, 1_000_000);
        }
        (people, fund)
    }

    /// Draws a campaign up, signs it as its requester, and lets the steward open its first round.
    pub fn campaign(&mut self, owner: &mut Person, fund: FundId, draft: &Draft) -> CampaignId {
        assert_eq!(draft.faults(), []);
        let settings = serde_json::to_string(draft).unwrap();
        let now_ms = self.clock.now_ms();
        let tasks: Vec<Task> = (0..TASKS).map(task).collect();
        let unit = |task: &Task| PlannedUnit {
            name: task.name.clone(),
            text: task.text.clone(),
            known: task.known.clone(),
        };
        let units: Vec<PlannedUnit> = tasks.iter().map(unit).collect();
        let prepared = {
            let mut plans = self.plans.lock().unwrap();
            let id = plans.create(owner.account, &settings, now_ms).unwrap();
            assert!(plans.put_units(id, &units, now_ms).unwrap());
            let share = draft.gold_share(&tasks, |_| false).unwrap();
            assert_eq!(share > 0, !draft.conduct.training);
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

    pub fn lease(&self, campaign: CampaignId, person: &Person, count: usize) -> Vec<u32> {
        let tasks = wait_for(self.workplace.lease(campaign, person.account, count)).unwrap();
        tasks.iter().map(|task| task.units[0].0).collect()
    }
}

pub const TASKS: u32 = 40;

/// The truth of each task is its parity; half of them are known.
pub fn task(number: u32) -> Task {
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

pub fn draft() -> Draft {
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

/// Right answers to units.
pub fn seal(person: &mut Person, campaign: CampaignId, units: &[u32]) -> Offer {
    let right = |unit: &u32| (*unit, u16::from(!unit.is_multiple_of(2)));
    let given: Vec<(u32, u16)> = units.iter().map(right).collect();
    seal_as(person, campaign, &given)
}

/// Whatever answers to units.
pub fn seal_as(person: &mut Person, campaign: CampaignId, given: &[(u32, u16)]) -> Offer {
    let nonce = person.nonce();
    let answer = |(unit, label): &(u32, u16)| AnswerOpening {
        unit: *unit,
        label: *label,
        salt: Hash(proof::hash::sha256(&[
            &nonce.to_be_bytes(),
            &unit.to_be_bytes(),
        ])),
        text: None,
    };
    let openings: Vec<AnswerOpening> = given.iter().map(answer).collect();
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
