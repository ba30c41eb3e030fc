//! The crowd of `run --demo`: people made up for it, who open campaigns and work in them.
//!
//! A newcomer sees a node that lives, and can join in.

use super::member::Member;
use super::shop::Shop;
use anyhow::{Context as _, Result, bail};
use node::draft::{Draft, Task};
use node::host::Host;
use node::service::SharedKeys;
use node::steward::{Ask, SharedPlans};
use node::ticket::{ticket, wait_for};
use node::workplace::Workplace;
use node::{Answer, Keyring};
use protocol::brief::Example;
use protocol::{AccountId, Address, Amount, CampaignId, Command, FundId};
use quality::random::Random;
use sequencer::Offer;
use sim::world::World;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::mpsc::Sender;
use std::sync::{Arc, PoisonError};
use std::time::Duration;
use store::Files;
use store::attachment::Attachments;
use view::plan::PlannedUnit;

/// How long the node may take for one of the crowd's requests.
const PATIENCE: Duration = Duration::from_secs(60);
/// Time between two answers of the crowd, in milliseconds: short while there is nothing to see yet.
const BREATHS_MS: (u64, u64) = (20, 250);
/// Campaigns that the crowd hurries through.
const HURRIED: usize = 2;
/// One of so many moments is for making and calling models.
const CALLS_RARELY: u32 = 12;
/// Tasks of one campaign.
const TASKS: usize = 60;
/// Chances to be right, in ppm; the last two answer without reading.
const ACCURACIES: [u32; 10] = [
    960_000, 940_000, 930_000, 910_000, 900_000, 880_000, 860_000, 820_000, 0, 0,
];
/// What a requester and a contributor have on deposit, in base units.
const DEPOSITS: (u128, u128) = (2_000_000_000, 200_000_000);

/// What the crowd works with.
pub struct Parts {
    /// The running node.
    pub host: Host,
    /// Who gives out tasks.
    pub workplace: Workplace,
    /// Where its campaigns are drawn up.
    pub plans: SharedPlans,
    /// Who gives it money.
    pub steward: Sender<Ask>,
    /// Files of the log.
    pub files: Arc<dyn Files>,
    /// Keys that call models.
    pub keys: Arc<SharedKeys>,
    /// Where the node is reached.
    pub address: SocketAddr,
    /// How it is asked.
    pub client: http::Client,
}

/// Everybody who was made up, and what they work on.
pub struct Crowd {
    parts: Parts,
    requester: Member,
    people: Vec<Member>,
    world: World,
    random: Random,
    /// The running campaign with the truths of its tasks.
    running: Option<(CampaignId, Vec<u16>)>,
    shop: Shop,
    /// Campaigns whose labels nobody has learnt from, with their texts.
    untaught: Vec<(CampaignId, Vec<String>)>,
    /// Campaigns that were opened, which decides the next stretch of the world.
    opened: usize,
}

impl Crowd {
    /// The same people at every start of a node: their keys follow from its own secret.
    pub fn new(parts: Parts, dir: &Path) -> Result<Self> {
        let secret = Keyring::open(dir)?.secret("demo crowd");
        let (space, chain_id) = parts.host.read(|state| {
            let chain_id = state.genesis.as_ref().map_or(0, |genesis| genesis.chain_id);
            (state.space, chain_id)
        });
        let member = |number: u32| Member::new((space, chain_id), &secret, number);
        let shop = Shop::new((space, chain_id), &secret)?;
        let people: Result<Vec<Member>> = (1..=ACCURACIES.len() as u32).map(member).collect();
        Ok(Self {
            requester: member(0)?,
            people: people?,
            world: World::new(7),
            random: Random::new(7, 0xc0),
            running: None,
            shop,
            untaught: Vec::new(),
            opened: 0,
            parts,
        })
    }

    /// Lives until `pause` says that the node stops. What the node refuses is no reason to end: the
    /// next campaign may go better.
    pub fn run(mut self, mut pause: impl FnMut(u64) -> bool) -> Result<()> {
        self.join()?;
        let breath_ms = |opened| {
            if opened > HURRIED {
                BREATHS_MS.1
            } else {
                BREATHS_MS.0
            }
        };
        while !pause(breath_ms(self.opened)) {
            match &self.running {
                Some((campaign, _)) if self.is_over(*campaign) => self.running = None,
                _ if self.random.below(CALLS_RARELY) == 0 => self.trade()?,
                Some(_) => self.work()?,
                None => self.open()?,
            }
        }
        Ok(())
    }

    fn join(&mut self) -> Result<()> {
        let parts = &self.parts;
        let traders = [&mut self.shop.developer, &mut self.shop.caller];
        let everybody = std::iter::once(&mut self.requester).chain(&mut self.people);
        let everybody = everybody.chain(traders);
        for (number, member) in everybody.enumerate() {
            if !parts.host.read(|state| member.find(state)) {
                parts.accepted(member.join())?;
                parts.host.read(|state| member.find(state));
                parts.accepted(member.disclose())?;
            }
            let account = member
                .account()
                .context("whoever has joined has an account")?;
            if parts.fund(account).is_none() {
                let units = if number == 0 { DEPOSITS.0 } else { DEPOSITS.1 };
                parts.give(account, member.wallet(), units)?;
            }
        }
        let owner = self.requester.account();
        let opened = |state: &ledger::State| {
            let own = state.campaigns.iter().filter(|it| Some(it.owner) == owner);
            own.count()
        };
        self.opened = self.parts.host.read(opened);
        self.shop.resume(&self.parts)
    }

    /// Models are made of what was labelled, and one of them is called.
    fn trade(&mut self) -> Result<()> {
        let developer = self.shop.developer.account();
        let closed = |(campaign, _): &(CampaignId, Vec<String>)| {
            let asset = |state: &ledger::State| state.campaign(*campaign)?.asset;
            self.parts.host.read(asset).is_some()
        };
        if let Some(place) = self.untaught.iter().position(closed) {
            let (campaign, texts) = self.untaught.remove(place);
            if !Shop::has(&self.parts, campaign, developer) {
                self.shop.teach(&self.parts, campaign, &texts)?;
            }
        }
        let kinds = self.world.campaigns.len() as u32;
        let source = &self.world.campaigns[self.random.below(kinds) as usize];
        let unit = self.random.below(source.units.len() as u32) as usize;
        self.shop.call(&self.parts, &source.units[unit].text);
        Ok(())
    }

    fn is_over(&self, campaign: CampaignId) -> bool {
        let over = |state: &ledger::State| {
            let stage = state.campaign(campaign).map(|it| it.stage);
            stage.is_some_and(|stage| stage != ledger::work::Stage::Open)
        };
        self.parts.host.read(over)
    }

    /// Somebody takes a task and answers it.
    fn work(&mut self) -> Result<()> {
        let Some((campaign, truths)) = &self.running else {
            return Ok(());
        };
        let who = self.random.below(self.people.len() as u32) as usize;
        let member = &mut self.people[who];
        let account = member
            .account()
            .context("whoever has joined has an account")?;
        let leased = wait_for(self.parts.workplace.lease(*campaign, account, 1));
        // Between rounds, or with nothing left for this one, there is nothing to do.
        let Some(task) = leased.ok().and_then(|tasks| tasks.into_iter().next()) else {
            return Ok(());
        };
        let unit = task.units[0].0;
        let truth = truths[unit as usize];
        let classes = self.parts.host.read(|state| {
            let campaign = state.campaign(*campaign);
            campaign.map_or(1, |campaign| campaign.spec.classes.len())
        });
        let any = self.random.below(classes as u32) as u16;
        let label = match ACCURACIES[who] {
            0 => any,
            accuracy if self.random.below(1_000_000) < accuracy => truth,
            _ => any,
        };
        let offer = member.seal(*campaign, unit, label);
        if self.parts.workplace.check(&offer).is_ok() {
            // A refusal, such as a short deposit, ends this one's work and nothing else.
            self.parts.submit(offer)?;
        }
        Ok(())
    }

    /// The next campaign over texts that nobody has seen yet.
    fn open(&mut self) -> Result<()> {
        let kinds = self.world.campaigns.len();
        let source = &self.world.campaigns[self.opened % kinds];
        let stretches = source.units.len() / TASKS;
        let stretch = self.opened / kinds;
        if stretch >= stretches {
            // All has been asked: what there is stays to be seen.
            return Ok(());
        }
        let units = &source.units[stretch * TASKS..(stretch + 1) * TASKS];
        let class = |label: u32| source.classes[label as usize].to_owned();
        let tasks: Vec<Task> = (1_usize..)
            .zip(units)
            .map(|(number, unit)| Task {
                name: format!("{}-{:04}", source.name, stretch * TASKS + number),
                text: Some(unit.text.clone()),
                known: number.is_multiple_of(3).then(|| class(unit.truth)),
            })
            .collect();
        let draft = Draft {
            title: format!("{} {}", source.name, stretch + 1),
            skill: "short-text".to_owned(),
            classes: source
                .classes
                .iter()
                .map(|class| (*class).to_owned())
                .collect(),
            instructions: source.instructions.to_owned(),
            examples: vec![Example {
                text: units[0].text.clone(),
                answer: class(units[0].truth),
                why: "that is what the text is about".to_owned(),
            }],
            price_units: Amount::new(source.price_units).context("a price is no supply")?,
            overlap: 4,
            gold_ppm: 250_000,
            block_length: 10,
            appeal_hours: 1,
            ..Draft::default()
        };
        let truths = units.iter().map(|unit| unit.truth as u16).collect();
        let owner = self
            .requester
            .account()
            .context("the requester has an account")?;
        let fund = self
            .parts
            .fund(owner)
            .context("the requester has a deposit")?;
        let command = self.parts.plan(owner, fund, &draft, &tasks)?;
        let campaign = self.parts.host.read(|state| state.campaigns.len());
        self.opened += 1;
        if self.parts.submit(self.requester.sign(command))? {
            let id = CampaignId(u32::try_from(campaign)?);
            self.running = Some((id, truths));
            let texts = units.iter().map(|unit| unit.text.clone());
            self.untaught.push((id, texts.collect()));
        }
        Ok(())
    }
}

impl Parts {
    /// True if it was accepted; the desk has counted it then.
    pub fn submit(&self, offer: Offer) -> Result<bool> {
        let pass = node::workplace::sealing(&offer).map(|id| self.workplace.pass(id));
        let sealed = node::workplace::Sealed::of(&offer);
        let answers = self.host.submit(vec![offer]);
        let answers = answers.map_err(|why| anyhow::anyhow!("{why}"))?;
        let answer = answers.wait(PATIENCE).context("the node does not answer")?;
        let mut answer = answer.map_err(|why| anyhow::anyhow!("{why}"))?;
        let Some(Answer::Accepted(accepted)) = answer.pop() else {
            return Ok(false);
        };
        if let Some(sealed) = &sealed {
            self.workplace.note(sealed);
        }
        drop(pass);
        self.host.wait_for(accepted.index, PATIENCE);
        Ok(true)
    }

    fn accepted(&self, offer: Offer) -> Result<()> {
        if self.submit(offer)? {
            return Ok(());
        }
        bail!("the node refuses somebody of the demo's crowd")
    }

    /// The newest deposit of an account.
    pub fn fund(&self, account: AccountId) -> Option<FundId> {
        self.host.read(|state| {
            let mut newest = state.funds.iter().rev();
            let own = newest.find(|fund| fund.account == account);
            own.map(|fund| fund.fund)
        })
    }

    fn give(&self, account: AccountId, wallet: Address, units: u128) -> Result<()> {
        let (reply, given) = ticket();
        let ask = Ask::Deposit {
            account,
            wallet,
            units: Amount::new(units).context("a deposit is no supply")?,
            closes_ms: self.host.now_ms() + 400 * 24 * 3_600_000,
            reply,
        };
        self.steward.send(ask).context("the steward has ended")?;
        let given = given
            .wait(PATIENCE)
            .context("the steward does not answer")?;
        let given = given.map_err(|why| anyhow::anyhow!("{why}"))?;
        given.map(|_| ()).map_err(anyhow::Error::msg)
    }

    /// Draws a campaign up as the API does, and returns what its requester signs.
    fn plan(
        &self,
        owner: AccountId,
        fund: FundId,
        draft: &Draft,
        tasks: &[Task],
    ) -> Result<Command> {
        let settings = serde_json::to_string(draft)?;
        let unit = |task: &Task| PlannedUnit {
            name: task.name.clone(),
            text: task.text.clone(),
            known: task.known.clone(),
        };
        let units: Vec<PlannedUnit> = tasks.iter().map(unit).collect();
        let retired = |task: &Task| {
            let unit = draft.first_unit(task);
            self.host.read(|state| state.is_retired(owner, &unit))
        };
        let share = draft
            .gold_share(tasks, retired)
            .map_err(anyhow::Error::msg)?;
        let prepared = draft.prepare(owner, fund, tasks, share);
        let prepared = prepared.map_err(|faults| anyhow::anyhow!("{faults:?}"))?;
        Attachments::new(Arc::clone(&self.files)).put(&prepared.document)?;
        let mut plans = self.plans.lock().unwrap_or_else(PoisonError::into_inner);
        let now_ms = self.host.now_ms();
        let id = plans.create(owner, &settings, now_ms)?;
        plans.put_units(id, &units, now_ms)?;
        plans.prepare(id, &prepared.spec.units)?;
        Ok(Command::OpenCampaign(prepared.spec))
    }
}
