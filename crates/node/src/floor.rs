//! The work floor: who is given which task of a running round next, and until when it is theirs.
//!
//! A task is one unit of the ledger, or several that are asked together ([`Brief`]). Nothing here
//! is a fact of the log: a start counts again what is sealed and which leases still run.
//!
//! [`Brief`]: protocol::brief::Brief

use protocol::{AccountId, CampaignId};
use quality::assign::{Queue, Stop};
use std::collections::{BTreeMap, BTreeSet};
pub use view::desk::Lease;

/// What the floor must know of a round.
#[derive(Clone, Debug)]
pub struct Opening {
    /// First unit of the ledger.
    pub first_unit: u32,
    /// Units of the ledger.
    pub unit_count: u32,
    /// Units that make one task; the round holds whole tasks.
    pub units_per_task: u32,
    /// Answers that count per unit.
    pub overlap: u16,
    /// Tasks that a pair of contributors may share; 0 for any number.
    pub pair_cap: u32,
    /// Draws the order; it follows from what the log committed to before the round.
    pub seed: u64,
}

/// Running rounds.
#[derive(Debug, Default)]
pub struct Floor {
    rooms: BTreeMap<CampaignId, Room>,
}

/// A running round, with all its tasks in their order.
#[derive(Debug)]
pub struct Room {
    opening: Opening,
    queue: Queue,
    /// By contributor: tasks that are theirs, answered or leased, and what became of them.
    people: BTreeMap<AccountId, BTreeMap<u32, Standing>>,
    /// Who has answered or holds a task, while pairs are counted.
    holders: BTreeMap<u32, Vec<AccountId>>,
    shared: quality::assign::Overlap,
    /// By contributor, so that nobody's are looked for among everybody's.
    leases: BTreeMap<(AccountId, u32), Lease>,
    /// Leases by their end.
    ends: BTreeSet<(u64, u32, AccountId)>,
    closed: BTreeSet<u32>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    Leased,
    Answered,
    /// Skipped: not given to the same person again in this round.
    Skipped,
}

/// Why a task is not somebody's to answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Denied {
    /// No round of the campaign runs.
    NoRound,
    /// The units are no whole task of the round.
    NoTask,
    /// It was never given to this account, or its time is over.
    NotLeased,
    /// The account has answered it.
    Answered,
}

impl Floor {
    /// Begins a round, or forgets one that ran before it.
    pub fn open(&mut self, campaign: CampaignId, room: Room) {
        self.rooms.insert(campaign, room);
    }

    /// Ends a round; its leases are void.
    pub fn close(&mut self, campaign: CampaignId) {
        self.rooms.remove(&campaign);
    }

    /// The round that runs here.
    pub fn round(&self, campaign: CampaignId) -> Option<&Opening> {
        self.rooms.get(&campaign).map(|room| &room.opening)
    }

    /// Gives an account up to `count` tasks that it has not had, each until `expires_ms`. Whoever
    /// asks lets leases [`expire`](Self::expire) first.
    pub fn lease(
        &mut self,
        (campaign, account): (CampaignId, AccountId),
        count: usize,
        (now_ms, expires_ms): (u64, u64),
    ) -> Vec<Lease> {
        let Some(room) = self.rooms.get_mut(&campaign) else {
            return Vec::new();
        };
        let mut given = Vec::new();
        while given.len() < count {
            let Some(task) = room.next(account) else {
                break;
            };
            let lease = Lease {
                campaign,
                task,
                account,
                given_ms: now_ms,
                expires_ms,
            };
            room.hold(lease);
            given.push(lease);
        }
        given
    }

    /// Takes a lease up again that was given before a restart. One that no longer fits is dropped.
    pub fn restore(&mut self, lease: Lease) -> bool {
        let Some(room) = self.rooms.get_mut(&lease.campaign) else {
            return false;
        };
        let fits = lease.task < room.tasks() && !room.knows(lease.account, lease.task);
        if fits {
            room.queue.take(lease.task);
            room.hold(lease);
        }
        fits
    }

    /// How many leases run, those whose time is over and was not noticed yet among them.
    pub fn lease_count(&self) -> usize {
        self.rooms.values().map(|room| room.leases.len()).sum()
    }

    /// The leases of an account in a campaign, oldest first.
    pub fn leases(&self, campaign: CampaignId, account: AccountId) -> Vec<Lease> {
        let room = self.rooms.get(&campaign);
        let own = room.map(|room| room.leases.range((account, 0)..=(account, u32::MAX)));
        let own = own.into_iter().flatten().map(|(_, lease)| *lease);
        let mut own: Vec<Lease> = own.collect();
        own.sort_by_key(|lease| (lease.given_ms, lease.task));
        own
    }

    /// Renews an account's leases in a campaign until `expires_ms`; returns them.
    pub fn renew(
        &mut self,
        (campaign, account): (CampaignId, AccountId),
        expires_ms: u64,
    ) -> Vec<Lease> {
        let mut renewed = self.leases(campaign, account);
        if let Some(room) = self.rooms.get_mut(&campaign) {
            for lease in &mut renewed {
                room.release(lease);
                lease.expires_ms = expires_ms;
                room.hold(*lease);
            }
        }
        renewed
    }

    /// Gives a task back: for somebody else, and for the same account again unless it was skipped.
    pub fn give_back(
        &mut self,
        (campaign, account): (CampaignId, AccountId),
        task: u32,
        skipped: bool,
    ) -> Option<Lease> {
        let room = self.rooms.get_mut(&campaign)?;
        let lease = *room.leases.get(&(account, task))?;
        room.end(&lease, skipped.then_some(Standing::Skipped));
        Some(lease)
    }

    /// Notes a task that somebody has skipped before a restart.
    pub fn skipped(&mut self, campaign: CampaignId, account: AccountId, task: u32) {
        if let Some(room) = self.rooms.get_mut(&campaign) {
            let own = room.people.entry(account).or_default();
            own.entry(task).or_insert(Standing::Skipped);
        }
    }

    /// Whether an account may seal answers to these units: each whole task among them is leased to
    /// it. Returns the tasks.
    pub fn may_answer(
        &self,
        (campaign, account): (CampaignId, AccountId),
        units: &[u32],
        now_ms: u64,
    ) -> Result<Vec<u32>, Denied> {
        let room = self.rooms.get(&campaign).ok_or(Denied::NoRound)?;
        let tasks = room.whole_tasks(units).ok_or(Denied::NoTask)?;
        for task in &tasks {
            let standing = room.people.get(&account).and_then(|own| own.get(task));
            if standing == Some(&Standing::Answered) {
                return Err(Denied::Answered);
            }
            let lease = room.leases.get(&(account, *task));
            if lease.is_none_or(|lease| lease.expires_ms <= now_ms) {
                return Err(Denied::NotLeased);
            }
        }
        Ok(tasks)
    }

    /// Counts a sealed answer, leased or not. True if it was news.
    pub fn answered(&mut self, campaign: CampaignId, account: AccountId, task: u32) -> bool {
        let Some(room) = self.rooms.get_mut(&campaign) else {
            return false;
        };
        if task >= room.tasks() {
            return false;
        }
        match room.leases.get(&(account, task)).copied() {
            Some(lease) => room.release(&lease),
            None if room.knows(account, task) => return false,
            None => {
                room.queue.take(task);
                room.join(account, task);
            }
        }
        let own = room.people.entry(account).or_default();
        own.insert(task, Standing::Answered);
        room.queue.answered(task);
        true
    }

    /// Units that take no more answers: their tasks are given to nobody.
    pub fn close_units(&mut self, campaign: CampaignId, units: &[u32]) {
        let Some(room) = self.rooms.get_mut(&campaign) else {
            return;
        };
        let per_task = room.opening.units_per_task.max(1);
        room.closed.extend(units);
        for unit in units {
            let task = (unit - room.opening.first_unit) / per_task;
            let first = room.opening.first_unit + task * per_task;
            if (first..first + per_task).all(|unit| room.closed.contains(&unit)) {
                room.queue.close(task);
            }
        }
    }

    /// What somebody has of a task just now: until when, and since when.
    pub fn held(&self, campaign: CampaignId, account: AccountId, task: u32) -> Option<Lease> {
        let room = self.rooms.get(&campaign)?;
        room.leases.get(&(account, task)).copied()
    }

    /// How many tasks each account holds in a campaign.
    pub fn holders(&self, campaign: CampaignId) -> BTreeMap<AccountId, u32> {
        let mut counts = BTreeMap::new();
        if let Some(room) = self.rooms.get(&campaign) {
            for lease in room.leases.values() {
                *counts.entry(lease.account).or_default() += 1;
            }
        }
        counts
    }

    /// Whether an account has answered a task of the running round.
    pub fn has_answered(&self, campaign: CampaignId, account: AccountId, task: u32) -> bool {
        let room = self.rooms.get(&campaign);
        let standing = room.and_then(|room| room.people.get(&account)?.get(&task));
        standing == Some(&Standing::Answered)
    }

    /// Tasks of the round that still want answers which nobody is working on.
    pub fn wanted(&self, campaign: CampaignId) -> usize {
        self.rooms
            .get(&campaign)
            .map_or(0, |room| room.queue.open())
    }

    /// True if every task has all its answers.
    pub fn complete(&self, campaign: CampaignId) -> bool {
        let room = self.rooms.get(&campaign);
        room.is_some_and(|room| room.queue.open() == 0 && room.leases.is_empty())
    }

    /// Ends the leases whose time is over, and returns them.
    pub fn expire(&mut self, now_ms: u64) -> Vec<Lease> {
        let mut over = Vec::new();
        for room in self.rooms.values_mut() {
            while let Some((end, task, account)) = room.ends.first().copied() {
                if end > now_ms {
                    break;
                }
                let lease = room.leases[&(account, task)];
                room.end(&lease, None);
                over.push(lease);
            }
        }
        over
    }
}

impl Room {
    /// A round as it begins; it takes a while where the round is large.
    pub fn new(opening: Opening) -> Self {
        let tasks = opening.unit_count / opening.units_per_task.max(1);
        let stop = Stop {
            least: 1,
            most: u32::from(opening.overlap).max(1),
            sure_ppm: 1_000_000,
        };
        let queue = Queue::new(tasks, stop, opening.seed).expect("the limits are in order");
        Self {
            opening,
            queue,
            people: BTreeMap::new(),
            holders: BTreeMap::new(),
            shared: quality::assign::Overlap::default(),
            leases: BTreeMap::new(),
            ends: BTreeSet::new(),
            closed: BTreeSet::new(),
        }
    }

    fn tasks(&self) -> u32 {
        self.opening.unit_count / self.opening.units_per_task.max(1)
    }

    fn knows(&self, account: AccountId, task: u32) -> bool {
        let own = self.people.get(&account);
        own.is_some_and(|own| own.contains_key(&task))
    }

    fn next(&mut self, account: AccountId) -> Option<u32> {
        let own = self.people.entry(account).or_default();
        let (cap, holders, shared) = (self.opening.pair_cap, &self.holders, &self.shared);
        let allowed = |task: u32| {
            let others = holders.get(&task).map_or(&[][..], Vec::as_slice);
            let others: Vec<u32> = others.iter().map(|other| other.0).collect();
            cap == 0 || shared.allows(account.0, &others, cap)
        };
        self.queue
            .next(|task| !own.contains_key(&task) && allowed(task))
    }

    /// Notes a lease whose place in the queue is taken already.
    fn hold(&mut self, lease: Lease) {
        let own = self.people.entry(lease.account).or_default();
        if own.insert(lease.task, Standing::Leased).is_none() {
            self.join(lease.account, lease.task);
        }
        self.leases.insert((lease.account, lease.task), lease);
        let end = (lease.expires_ms, lease.task, lease.account);
        self.ends.insert(end);
    }

    fn join(&mut self, account: AccountId, task: u32) {
        if self.opening.pair_cap == 0 {
            return;
        }
        let holders = self.holders.entry(task).or_default();
        let others: Vec<u32> = holders.iter().map(|other| other.0).collect();
        self.shared.share(account.0, &others);
        holders.push(account);
    }

    /// Drops the lease alone; the place in the queue stays taken.
    fn release(&mut self, lease: &Lease) {
        self.leases.remove(&(lease.account, lease.task));
        let end = (lease.expires_ms, lease.task, lease.account);
        self.ends.remove(&end);
    }

    fn end(&mut self, lease: &Lease, standing: Option<Standing>) {
        self.release(lease);
        self.queue.returned(lease.task);
        let own = self.people.entry(lease.account).or_default();
        match standing {
            Some(standing) => own.insert(lease.task, standing),
            None => own.remove(&lease.task),
        };
    }

    /// The tasks that the units make up, each whole; `None` if some unit is left over.
    fn whole_tasks(&self, units: &[u32]) -> Option<Vec<u32>> {
        let opening = &self.opening;
        let per_task = opening.units_per_task.max(1);
        let mut found: BTreeMap<u32, BTreeSet<u32>> = BTreeMap::new();
        for unit in units {
            let place = unit.checked_sub(opening.first_unit)?;
            if place >= opening.unit_count
                || !found.entry(place / per_task).or_default().insert(place)
            {
                return None;
            }
        }
        let whole = found
            .values()
            .all(|places| places.len() == per_task as usize);
        whole.then(|| found.into_keys().collect())
    }
}
