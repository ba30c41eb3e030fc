//! The workplace: contributors are given tasks of running rounds, and only theirs may be sealed.

mod allowed;
mod conduct;
mod gate;
mod hold;
mod keeper;
mod paying;
mod told;

pub use allowed::{Sealed, sealing};
pub use gate::Pass;
pub use told::{Refused, Task};

use allowed::may_work;
use conduct::{Stops, ended};
use gate::Gate;
use keeper::{Keeper, Waiter};

use crate::floor::{Floor, Lease, Opening, Room};
use crate::ticket::{Ticket, ticket};
use crate::{Error, Host};
use ledger::State;
use protocol::document::Units;
use protocol::{AccountId, CampaignId, ChainIndex, codec};
use sequencer::Offer;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use store::Files;
use store::attachment::Attachments;
use view::desk::{self, Change, Outcome};

/// How tasks are given out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rules {
    /// How long a task is somebody's without a sign of life, in milliseconds.
    pub lease_ms: u64,
    /// Most tasks that one account holds in one campaign.
    pub most_leases: usize,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            lease_ms: 600_000,
            most_leases: 10,
        }
    }
}

/// A round that runs at the start, and what is sealed in it: who, and which unit.
pub type Running = (CampaignId, Opening, Vec<(AccountId, u32)>);

/// A handle, for any thread.
#[derive(Clone)]
pub struct Workplace {
    inner: Arc<Inner>,
}

struct Inner {
    host: Host,
    files: Arc<dyn Files>,
    rules: Rules,
    floor: Mutex<Floor>,
    keeper: Keeper,
    desk: Mutex<desk::Desk>,
    gate: Gate,
    units: Mutex<BTreeMap<CampaignId, Arc<Units>>>,
    stops: Mutex<Stops>,
    unpaid: Mutex<Vec<ChainIndex>>,
}

impl Workplace {
    /// Opens `desk.sqlite` in a node's directory and takes up the rounds that run. Leases that were
    /// given before go on.
    pub fn open(
        host: Host,
        (dir, files): (&Path, Arc<dyn Files>),
        rules: Rules,
        running: Vec<Running>,
    ) -> Result<Self, Error> {
        let path = dir.join("desk.sqlite");
        let desk = desk::Desk::open(&path)?;
        let writer = desk::Desk::open(&path)?;
        let mut floor = Floor::default();
        let mut stops = Stops::default();
        let mut missed = Vec::new();
        for (campaign, opening, sealed) in running {
            let (first, per_task) = (opening.first_unit, opening.units_per_task.max(1));
            floor.open(campaign, Room::new(opening));
            stops.take(campaign, first, desk.firings(campaign)?);
            for (account, unit) in &sealed {
                floor.answered(campaign, *account, unit.saturating_sub(first) / per_task);
            }
            missed.extend(conduct::missed(
                &desk,
                (campaign, first, per_task),
                &sealed,
            )?);
        }
        let mut stale: Vec<Change> = desk
            .leases()?
            .into_iter()
            .filter(|lease| !floor.restore(*lease))
            .map(|lease| end(&lease))
            .collect();
        for (campaign, task, account) in desk.skips()? {
            floor.skipped(campaign, account, task);
        }
        stale.extend(missed);
        let keeper = Keeper::start(writer)?;
        let workplace = Self {
            inner: Arc::new(Inner {
                host,
                files,
                rules,
                floor: Mutex::new(floor),
                keeper,
                desk: Mutex::new(desk),
                gate: Gate::default(),
                units: Mutex::default(),
                stops: Mutex::new(stops),
                unpaid: Mutex::default(),
            }),
        };
        workplace.inner.keep(stale);
        Ok(workplace)
    }

    /// Takes a new round up.
    pub fn begin(&self, campaign: CampaignId, opening: Opening) {
        let first_unit = opening.first_unit;
        // Whoever works elsewhere goes on meanwhile.
        let room = Room::new(opening);
        self.inner.floor().open(campaign, room);
        let mut stops = self.inner.stops();
        stops.take(campaign, first_unit, Vec::new());
    }

    /// Ends a round: nothing more is given or taken.
    pub fn end(&self, campaign: CampaignId) {
        self.inner.floor().close(campaign);
        self.inner.keep(vec![Change::EndRound(campaign)]);
    }

    /// Gives no more of these units.
    pub fn close_units(&self, campaign: CampaignId, units: &[u32]) {
        self.inner.floor().close_units(campaign, units);
    }

    /// Whether every task of a round has its answers, and how many are still wanted.
    pub fn left(&self, campaign: CampaignId) -> (bool, usize) {
        let mut floor = self.inner.floor();
        let over = self.inner.expire(&mut floor, self.inner.host.now_ms());
        let left = (floor.complete(campaign), floor.wanted(campaign));
        drop(floor);
        self.inner.keep(over);
        left
    }

    /// Gives an account tasks until it holds `count`; those that it holds already come first. All
    /// of it is kept before it is told.
    pub async fn lease(
        &self,
        campaign: CampaignId,
        account: AccountId,
        count: usize,
    ) -> Result<Vec<Task>, Refused> {
        let inner = &self.inner;
        inner
            .host
            .read(|state| may_work(state, campaign, account))?;
        let now_ms = inner.host.now_ms();
        let until_ms = now_ms.saturating_add(inner.rules.lease_ms);
        let count = inner.may_hold((campaign, account), count, now_ms)?;
        let (held, changes) = {
            let mut floor = inner.floor();
            let mut changes = inner.expire(&mut floor, now_ms);
            let round = floor.round(campaign).cloned();
            let round = round.ok_or(Refused::NoRound)?;
            let mut held = floor.leases(campaign, account);
            let more = count.most.saturating_sub(held.len());
            let more = more.min(count.leaves(&floor, campaign, account));
            let given = floor.lease((campaign, account), more, (now_ms, until_ms));
            changes.extend(given.iter().map(begun));
            held.extend(given);
            ((held, round), changes)
        };
        inner.kept(changes).await?;
        let (held, round) = held;
        let units = inner.units(campaign)?;
        let mut drafts = inner.desk().drafts(campaign, account).map_err(unkept)?;
        let task = |lease: Lease| {
            let first = round.first_unit + lease.task * round.units_per_task;
            let rows = first..first + round.units_per_task;
            Task {
                units: rows
                    .filter_map(|unit| Some((unit, units.rows.get(unit as usize)?.clone())))
                    .collect(),
                draft: drafts.remove(&lease.task),
                lease,
            }
        };
        Ok(held.into_iter().map(task).collect())
    }

    /// Whether sealed answers are their account's to give: their units are leased to it, whole
    /// tasks. What was accepted before may be sent again. Other commands are no matter of the desk.
    /// What is sealed is to be [noted](Self::note) once it is in the log.
    pub fn check(&self, offer: &Offer) -> Result<Option<Sealed>, Refused> {
        let Some(sealed) = Sealed::of(offer) else {
            return Ok(None);
        };
        let submission = &offer.signed.submission;
        let used = |state: &State| {
            let key = state.key(&submission.key)?;
            key.nonces.find(submission.nonce).map(|_| ())
        };
        if self.inner.host.read(used).is_none() {
            let now_ms = self.inner.host.now_ms();
            let whose = (sealed.campaign, sealed.account);
            let floor = self.inner.floor();
            let tasks = floor.may_answer(whose, &sealed.units, now_ms);
            tasks.map_err(Refused::NotYours)?;
        }
        Ok(Some(sealed))
    }

    /// Counts answers that are in the log now.
    pub fn note(&self, sealed: &Sealed) {
        let (campaign, account) = (sealed.campaign, sealed.account);
        let mut changes = Vec::new();
        let now_ms = self.inner.host.now_ms();
        let mut floor = self.inner.floor();
        let Some(round) = floor.round(campaign).cloned() else {
            return;
        };
        for unit in &sealed.units {
            let task = unit.saturating_sub(round.first_unit) / round.units_per_task.max(1);
            let lease = floor.held(campaign, account, task);
            if floor.answered(campaign, account, task) {
                let lease = lease.unwrap_or(Lease {
                    campaign,
                    task,
                    account,
                    given_ms: 0,
                    expires_ms: 0,
                });
                changes.push(end(&lease));
                changes.push(ended(&lease, round.first_unit, (Outcome::Answered, now_ms)));
            }
        }
        drop(floor);
        self.inner.keep(changes);
    }

    /// The units of a campaign, if they have been read before: then nobody need wait for them.
    pub fn known_units(&self, campaign: CampaignId) -> Option<Arc<Units>> {
        self.inner.known_units(campaign)
    }

    /// The units of a campaign as its contributors see them.
    pub fn units(&self, campaign: CampaignId) -> Result<Arc<Units>, Refused> {
        self.inner.units(campaign)
    }

    /// Lets answers of a campaign pass to the log, until the pass is dropped; waits on this thread
    /// while somebody looks behind the seals. Whoever holds one asks for no other of the same
    /// campaign: it might wait for itself.
    pub fn pass(&self, campaign: CampaignId) -> Pass {
        self.inner.gate.enter(campaign);
        let workplace = self.clone();
        Pass {
            workplace,
            campaign,
        }
    }

    /// The same, unless somebody looks behind the seals just now: then there is none.
    pub fn pass_at_once(&self, campaign: CampaignId) -> Option<Pass> {
        self.inner.gate.enters(campaign).then(|| Pass {
            workplace: self.clone(),
            campaign,
        })
    }

    /// Keeps answers of a campaign from the log while `work` is done, which rests on all that are
    /// in it: a fact is judged later by exactly those that came before it.
    pub fn still<T>(&self, campaign: CampaignId, work: impl FnOnce() -> T) -> T {
        let _shut = self.inner.gate.shut(campaign);
        work()
    }

    /// Ends the desk's thread once all that waits is kept.
    pub fn stop(&self) {
        self.inner.keeper.stop();
    }
}

impl Inner {
    fn floor(&self) -> MutexGuard<'_, Floor> {
        self.floor.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn desk(&self) -> MutexGuard<'_, desk::Desk> {
        self.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Hands changes to the desk's thread, which keeps them soon: nobody waits for them, for the
    /// next start finds them again by the log and the clock.
    fn keep(&self, changes: Vec<Change>) {
        if !changes.is_empty() {
            self.keeper.hand(changes, None);
        }
    }

    /// Hands changes, or none, to the desk's thread; the ticket is answered once they are kept, and
    /// all before them.
    fn send(&self, changes: Vec<Change>) -> Ticket<Result<(), String>> {
        let (reply, kept): (Waiter, _) = ticket();
        self.keeper.hand(changes, Some(reply));
        kept
    }

    async fn kept(&self, changes: Vec<Change>) -> Result<(), Refused> {
        if changes.is_empty() {
            return Ok(());
        }
        match self.send(changes).await {
            Ok(kept) => kept.map_err(Refused::Desk),
            Err(unanswered) => Err(Refused::Desk(unanswered.to_string())),
        }
    }

    fn known_units(&self, campaign: CampaignId) -> Option<Arc<Units>> {
        let known = self.units.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(&campaign).map(Arc::clone)
    }

    fn units(&self, campaign: CampaignId) -> Result<Arc<Units>, Refused> {
        if let Some(units) = self.known_units(campaign) {
            return Ok(units);
        }
        // Nobody else waits while a large document is read; two who come first both read it.
        let hash = |state: &State| state.campaign(campaign).map(|it| it.spec.units);
        let hash = self.host.read(hash).ok_or(Refused::UnknownCampaign)?;
        let bytes = Attachments::new(Arc::clone(&self.files)).read(&hash.0);
        let bytes = bytes.map_err(|error| Refused::Desk(error.to_string()))?;
        let units: Units = codec::decode(&bytes).map_err(|it| Refused::Desk(it.to_string()))?;
        let units = Arc::new(units);
        let mut known = self.units.lock().unwrap_or_else(PoisonError::into_inner);
        known.insert(campaign, Arc::clone(&units));
        Ok(units)
    }
}

fn begun(lease: &Lease) -> Change {
    Change::Lease(*lease)
}

fn end(lease: &Lease) -> Change {
    Change::End {
        campaign: lease.campaign,
        task: lease.task,
        account: lease.account,
    }
}

fn unkept(error: view::Error) -> Refused {
    Refused::Desk(error.to_string())
}
