//! The steward: what an operator does by the clock, so that campaigns and epochs go on alone.
//!
//! Each turn looks at the state and does the next thing that is due. Nothing is remembered that a
//! new start could not see again in the log, on the chain or in `plans.sqlite`.

mod ask;
mod credit;
mod due;
mod payment;
mod rounds;
mod sample;
mod settle;
mod watch;

pub use ask::Ask;
pub use rounds::{opening, running};

use crate::Error;
use crate::beside::Beside;
use crate::door::Door as _;
use crate::draft::{self, Draft};
use crate::hosted::Hosted;
use crate::office::Office;
use crate::workplace::Workplace;
use due::{Due, has_news, is_silent};
use gateway::Till;
use ledger::chain::FIRST;
use ledger::told::Told;
use ledger::work::{Campaign, Stage};
use protocol::{CampaignId, Command, Hash};
use std::collections::BTreeMap;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use view::plan::{Plan, Plans};

/// Time between two looks at what others ask, in milliseconds.
const LISTEN_MS: u64 = 20;

/// Plans, shared by those who draw them up and the steward who carries them out.
pub type SharedPlans = Arc<Mutex<Plans>>;

/// How often things are done, and which.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// Time between turns, in milliseconds.
    pub turn_ms: u64,
    /// Time between epochs while there is something to settle, in milliseconds.
    pub epoch_ms: u64,
    /// Answers after which a running round is looked at.
    pub look_every: u32,
    /// The contracts beside the pot.
    pub beside: Beside,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            turn_ms: 500,
            epoch_ms: 24 * 3_600_000,
            look_every: 100,
            beside: Beside::default(),
        }
    }
}

/// The operator's part of a running node, in a thread of its own.
pub struct Steward {
    asks: Receiver<Ask>,
    office: Office<Hosted>,
    workplace: Workplace,
    plans: SharedPlans,
    pace: Pace,
    /// Size of the log when it was last asked whether an epoch would have news.
    weighed: u64,
    /// When this began; the first epoch of all closes a period after it.
    began_ms: u64,
    /// Answers that were sealed when a round was last looked at.
    looked: BTreeMap<CampaignId, u32>,
    /// The rules of running rounds.
    watches: BTreeMap<CampaignId, watch::Watch>,
    /// Whether payments that an earlier run or a failure has left half done were looked for.
    resumed: bool,
    /// Keeps the vouchers that payers sign on their credit, where models are served.
    till: Option<Arc<Till>>,
    /// What was served of each payer's keys when all of it had been redeemed.
    covered: BTreeMap<([u8; 20], [u8; 20]), u128>,
    /// Whether the log has noted all vouchers that were redeemed.
    noted: bool,
}

impl Steward {
    /// A steward who has not begun.
    pub fn new(
        office: Office<Hosted>,
        workplace: Workplace,
        plans: SharedPlans,
        pace: Pace,
    ) -> (Self, Sender<Ask>) {
        let (sender, asks) = channel();
        let began_ms = office.door().now_ms();
        let steward = Self {
            asks,
            office,
            workplace,
            plans,
            pace,
            began_ms,
            weighed: 0,
            looked: BTreeMap::new(),
            watches: BTreeMap::new(),
            resumed: false,
            till: None,
            covered: BTreeMap::new(),
            noted: false,
        };
        (steward, sender)
    }

    /// The chain that the node settles on.
    pub fn chain(&self) -> &crate::office::Settling {
        self.office.chain()
    }

    /// What stakes and votes could not do, for people.
    pub fn beside_problems(&self) -> Option<String> {
        self.office.beside_problems()
    }

    /// What keeps a chain from going on, for people; `None` where all is well.
    pub fn chain_words(&self) -> Option<Told> {
        self.office.chain_words()
    }

    /// Takes turns until `stopped` says so. A rule that says no is reported and tried again; any
    /// other error ends it, since what the log, the chain and memory say may differ then.
    pub fn run(mut self, mut pause: impl FnMut(u64) -> bool) -> Result<(), Error> {
        let host = self.office.door().host().clone();
        loop {
            let turned = self.turn();
            let problem = match turned {
                Ok(()) => None,
                Err(Error::Stopped(_)) => return Ok(()),
                Err(Error::Chain(error)) if error.waiting => None,
                Err(error @ (Error::Rejected { .. } | Error::Chain(_))) => Some(error.to_string()),
                Err(error) => {
                    host.report("steward", Some(error.to_string()));
                    return Err(error);
                }
            };
            host.report("steward", problem);
            host.report("transactions", self.office.chain_problems());
            host.tell("chains", self.office.chain_words());
            host.report("stakes", self.office.beside_problems());
            if self.rest(&mut pause) {
                return Ok(());
            }
        }
    }

    /// Until the next turn what others ask is answered, for somebody waits; true if the node stops.
    fn rest(&mut self, pause: &mut impl FnMut(u64) -> bool) -> bool {
        let mut left_ms = self.pace.turn_ms;
        while left_ms > 0 {
            let part_ms = left_ms.min(LISTEN_MS);
            if pause(part_ms) {
                return true;
            }
            left_ms -= part_ms;
            self.answer();
        }
        false
    }

    /// What was asked, the chain's facts, then every campaign, then the epochs.
    pub fn turn(&mut self) -> Result<(), Error> {
        self.answer();
        let looked = self.follow_first();
        let further = self.follow_further()?;
        if matches!(&looked, Err(error) if !matches!(error, Error::Chain(_))) {
            return looked.map(drop);
        }
        self.resume_payments()?;
        self.redeem()?;
        let campaigns = self.office.door().state().campaigns.len();
        let mut refused = None;
        for number in 0..u32::try_from(campaigns).unwrap_or(u32::MAX) {
            let id = CampaignId(number);
            match self.tend(id) {
                Err(error @ Error::Rejected { .. }) => refused = Some(error),
                tended => tended?,
            }
        }
        // Work goes on while the chain is away or frozen; money waits.
        let first = matches!(looked, Ok(true));
        let mut ready = further;
        ready.extend(first.then_some(FIRST));
        let mut settled = self.settle(&ready);
        if first && settled.is_ok() {
            settled = self.office.tend_beside(self.pace.beside);
        }
        let settled = looked.map(drop).and(settled);
        settled.and(refused.map_or(Ok(()), Err))
    }

    fn tend(&mut self, id: CampaignId) -> Result<(), Error> {
        let settled = |campaign: &Campaign| campaign.stage == Stage::Settled;
        if self.office.door().state().campaign(id).is_none_or(settled) {
            return Ok(());
        }
        let plan = self.plan(id)?;
        let draft = plan
            .as_ref()
            .and_then(|plan| serde_json::from_str(&plan.settings).ok());
        let draft: Draft = draft.unwrap_or_default();
        self.watch(id, plan.as_ref(), &draft)?;
        match self.due(id, plan.as_ref(), &draft) {
            Due::Nothing => {}
            Due::OpenRound => self.open_round(id, plan.as_ref(), &draft)?,
            Due::Look { sealed } => {
                let workplace = self.workplace.clone();
                let closed = workplace.still(id, || self.office.look(id))?;
                workplace.close_units(id, &closed);
                self.looked.insert(id, sealed);
            }
            Due::CloseRound => {
                // Once more: an answer may have come since, and rules speak of a round that runs.
                self.watch(id, plan.as_ref(), &draft)?;
                self.close_round(id)?;
            }
            Due::Score { closing } => {
                self.office.score(id, closing)?;
                self.ask_reviews(id, &draft)?;
            }
            Due::CloseCampaign => {
                self.ask_reviews(id, &draft)?;
                self.office
                    .operate("close a campaign", Command::CloseCampaign(id))?;
            }
            Due::ReturnHeld => {
                self.office.return_held(id)?;
            }
        }
        Ok(())
    }

    /// The plan behind a campaign; one that was prepared and is open now is found by its units.
    fn plan(&self, id: CampaignId) -> Result<Option<Plan>, Error> {
        let mut plans = self.plans();
        if let Some(plan) = plans.of_campaign(id)? {
            return Ok(Some(plan));
        }
        let (owner, units, now_ms) = {
            let state = self.office.door().state();
            let Some(campaign) = state.campaign(id) else {
                return Ok(None);
            };
            (campaign.owner, campaign.spec.units, state.time_ms)
        };
        let Some(prepared) = plans.prepared(owner, &units)? else {
            return Ok(None);
        };
        plans.opened(prepared, id, now_ms)?;
        Ok(plans.of_campaign(id)?)
    }

    fn open_round(
        &mut self,
        id: CampaignId,
        plan: Option<&Plan>,
        draft: &Draft,
    ) -> Result<(), Error> {
        let per_task = draft.units_per_task();
        let (out, all, judged) = {
            let state = self.office.door().state();
            let Some(campaign) = state.campaign(id) else {
                return Ok(());
            };
            let judged = campaign.spec.rule.gold_share.ppm() > 0;
            (campaign.units_out(), campaign.spec.unit_count, judged)
        };
        let left = (all - out) / per_task;
        let tasks = match draft.round_tasks {
            0 => left,
            wish => wish.min(left),
        };
        let first = out / per_task;
        let gold = match plan.filter(|_| judged) {
            Some(plan) => self.gold(id, plan, draft, first..first + tasks)?,
            None => Vec::new(),
        };
        self.office.open_round(id, tasks * per_task, gold)?;
        let opening = {
            let state = self.office.door().state();
            state
                .campaign(id)
                .and_then(|campaign| opening(campaign, draft))
        };
        if let Some(opening) = opening {
            self.workplace.begin(id, opening);
        }
        self.looked.remove(&id);
        Ok(())
    }

    /// The gold units of a stretch of tasks: known, not retired, as many as were promised, of each
    /// class the same number.
    fn gold(
        &self,
        id: CampaignId,
        plan: &Plan,
        draft: &Draft,
        tasks: std::ops::Range<u32>,
    ) -> Result<Vec<(u32, u16)>, Error> {
        let per_task = draft.units_per_task();
        let known = self.plans().known(plan.id, tasks.clone())?;
        let fresh = {
            let state = self.office.door().state();
            let campaign = state.campaign(id);
            let retired = |task: u32| {
                let digest = campaign?.conduct.digests.get((task * per_task) as usize)?;
                Some(state.practice.retired.contains(&(plan.owner, *digest)))
            };
            let usable = |(task, known): (u32, String)| {
                let labels = draft::classes_of(draft, &known).ok()?;
                (retired(task) != Some(true)).then_some((task, labels))
            };
            known.into_iter().filter_map(usable).collect::<Vec<_>>()
        };
        let most = u64::from(tasks.end - tasks.start) * u64::from(draft.gold_ppm) / 1_000_000;
        let secret = Hash(
            self.office
                .door()
                .keys()
                .secret(&format!("draw {id} {}", tasks.start)),
        );
        let chosen = draft::choose(&fresh, usize::try_from(most).unwrap_or(usize::MAX), &secret);
        let labels: BTreeMap<u32, Vec<u16>> = fresh.into_iter().collect();
        let units = chosen.into_iter().flat_map(|task| {
            let first = task * per_task;
            let labels = labels.get(&task).cloned().unwrap_or_default();
            (first..).zip(labels).collect::<Vec<_>>()
        });
        Ok(units.collect())
    }

    fn close_round(&mut self, id: CampaignId) -> Result<(), Error> {
        let workplace = self.workplace.clone();
        workplace.end(id);
        workplace
            .still(id, || self.office.close_round(id))
            .map(|_| ())
    }

    fn is_epoch_due(&mut self) -> bool {
        let state = self.office.door().state();
        let last_ms = state.epochs.last().map_or(self.began_ms, |it| it.time_ms);
        let now_ms = self.office.door().now_ms();
        let waited = now_ms.saturating_sub(last_ms) >= self.pace.epoch_ms;
        let changed = state.size > self.weighed;
        let due = waited && (changed && has_news(&state) || is_silent(&state, now_ms));
        if waited && changed {
            self.weighed = state.size;
        }
        due
    }

    fn plans(&self) -> MutexGuard<'_, Plans> {
        self.plans.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
