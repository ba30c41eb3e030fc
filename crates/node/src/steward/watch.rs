//! The rules of running rounds: what has happened since the last turn is held against them.

use super::Steward;
use crate::Error;
use crate::door::Door as _;
use crate::draft::{self, Draft};
use crate::level::{self, Level};
use crate::rule::{Action, Fired, Judge, Seen};
use protocol::{AccountId, CampaignId};
use std::collections::{BTreeMap, VecDeque};
use view::desk::{Asked, Change, Firing, Lesson, Outcome, Visit};
use view::plan::Plan;

/// The rules of a round and what they have seen; read back from desk and journal after a start.
pub(super) struct Watch {
    judge: Judge,
    first_unit: u32,
    /// Number of the last visit that was taken in.
    through: u64,
    /// What fires by visits up to this one has been acted on before.
    acted: u64,
    /// Batches of sealed answers that were taken in.
    batches: usize,
    labels: BTreeMap<(AccountId, u32), u16>,
    gold: BTreeMap<u32, u16>,
    /// The newest tasks of each account, as many as make a block.
    recent: BTreeMap<AccountId, VecDeque<u32>>,
}

/// What stays the same over a turn.
struct Frame<'a> {
    id: CampaignId,
    plan: Option<&'a Plan>,
    draft: &'a Draft,
    per_task: u32,
}

impl Steward {
    /// Holds what has happened in a running round against its rules, and does what they say.
    pub(super) fn watch(
        &mut self,
        id: CampaignId,
        plan: Option<&Plan>,
        draft: &Draft,
    ) -> Result<(), Error> {
        if draft.conduct.rules.is_empty() && !draft.conduct.training {
            return Ok(());
        }
        let first_unit = {
            let state = self.office.door().state();
            let round = state.campaign(id).and_then(|it| it.open_round());
            round.map(|round| round.first_unit)
        };
        let Some(first_unit) = first_unit else {
            self.watches.remove(&id);
            return Ok(());
        };
        let watch = self.watches.remove(&id);
        let mut watch = match watch.filter(|watch| watch.first_unit == first_unit) {
            Some(watch) => watch,
            None => Watch::new(draft, first_unit, self.workplace.watched(id)?),
        };
        let visits = self.workplace.visits(id, watch.through)?;
        let frame = Frame {
            id,
            plan,
            draft,
            per_task: draft.units_per_task(),
        };
        let taken = match visits.is_empty() {
            true => Ok(()),
            false => self.take(&frame, &mut watch, &visits),
        };
        self.watches.insert(id, watch);
        taken
    }

    fn take(
        &mut self,
        frame: &Frame<'_>,
        watch: &mut Watch,
        visits: &[Visit],
    ) -> Result<(), Error> {
        let id = frame.id;
        let behind = self.office.behind(id, watch.batches)?;
        watch.batches += behind.batches;
        for (account, unit, label) in behind.given {
            watch.labels.entry((account, unit)).or_insert(label);
        }
        watch.gold = behind.gold;
        let mut changes = Vec::new();
        let mut pauses = false;
        for visit in visits {
            if visit.first_unit == watch.first_unit {
                let Some(seen) = self.seen(frame, watch, visit) else {
                    // The journal has it and this reader not yet: the next turn goes on here.
                    break;
                };
                let fired = watch.judge.take(&seen);
                if visit.id > watch.acted {
                    changes.extend(self.lesson(frame, watch, &seen)?);
                    for fired in fired {
                        let rule = &frame.draft.conduct.rules[fired.rule];
                        pauses |= rule.action == Action::Pause;
                        changes.extend(self.act(frame, watch, &fired));
                    }
                }
            }
            watch.through = visit.id;
        }
        if watch.through > watch.acted {
            let place = (watch.first_unit, watch.through);
            self.workplace.fire(id, place, changes)?;
            watch.acted = watch.through;
        }
        if pauses && frame.draft.slash_below_ppm > 0 {
            // The log's own rule may find the same, and then it is a fact.
            let workplace = self.workplace.clone();
            let closed = workplace.still(id, || self.office.look(id))?;
            workplace.close_units(id, &closed);
        }
        Ok(())
    }

    /// A visit with what is known of it; `None` where its answer is not read yet.
    fn seen(&self, frame: &Frame<'_>, watch: &mut Watch, visit: &Visit) -> Option<Seen> {
        let first = visit.first_unit + visit.task * frame.per_task;
        let units = first..first + frame.per_task;
        let mut seen = Seen {
            visit: *visit,
            labels: Vec::new(),
            known: Vec::new(),
            proven: false,
        };
        if visit.outcome != Outcome::Answered {
            return Some(seen);
        }
        let label = |unit: u32| watch.labels.get(&(visit.account, unit)).copied();
        seen.labels = units.clone().map(label).collect::<Option<_>>()?;
        seen.known = units.map(|unit| watch.gold.get(&unit).copied()).collect();
        seen.proven = self.is_proven(frame.id, visit.account);
        let recent = watch.recent.entry(visit.account).or_default();
        recent.push_back(visit.task);
        let block = usize::from(frame.draft.block_length) / frame.per_task.max(1) as usize;
        while recent.len() > block.max(1) {
            recent.pop_front();
        }
        Some(seen)
    }

    /// Whether the evidence that somebody has brought into a campaign shows them skilled. It is
    /// taken along with the first block and stays as it is.
    fn is_proven(&self, id: CampaignId, account: AccountId) -> bool {
        let state = self.office.door().state();
        let shown = state.campaign(id).and_then(|campaign| {
            let prior = campaign.conduct.prior.get(&account)?;
            let classes = u32::try_from(campaign.spec.classes.len()).ok()?;
            let counts = (prior.right_milli.into(), prior.seen_milli.into());
            Some(level::of(counts, classes))
        });
        shown.is_some_and(|level| level >= Level::Skilled)
    }

    fn act(&self, frame: &Frame<'_>, watch: &Watch, fired: &Fired) -> Vec<Change> {
        let rule = &frame.draft.conduct.rules[fired.rule];
        let at_ms = self.office.door().now_ms();
        let firing = Change::Fired(Firing {
            id: 0,
            campaign: frame.id,
            first_unit: watch.first_unit,
            visit: fired.visit,
            account: fired.account,
            rule: u32::try_from(fired.rule).unwrap_or(u32::MAX),
            settings: serde_json::to_string(rule).unwrap_or_default(),
            value: fired.value,
            count: fired.count,
            at_ms,
            until_ms: rule.until_ms(at_ms),
            lifted: None,
        });
        let mut changes = vec![firing];
        if rule.action == Action::Review {
            let recent = watch.recent.get(&fired.account).into_iter().flatten();
            changes.extend(recent.map(|task| {
                Change::Asked(Asked {
                    campaign: frame.id,
                    task: watch.first_unit / frame.per_task.max(1) + task,
                    why: "rule".to_owned(),
                    at_ms,
                })
            }));
        }
        changes
    }

    /// In training: the first answer to a task held against what is known.
    fn lesson(
        &self,
        frame: &Frame<'_>,
        watch: &Watch,
        seen: &Seen,
    ) -> Result<Option<Change>, Error> {
        let Some(plan) = frame.plan.filter(|_| frame.draft.conduct.training) else {
            return Ok(None);
        };
        let task = watch.first_unit / frame.per_task.max(1) + seen.visit.task;
        let known = self.plans().known(plan.id, task..task + 1)?;
        let known = known.first().map(|(_, known)| known);
        let labels = known.and_then(|known| draft::classes_of(frame.draft, known).ok());
        let answered = seen.visit.outcome == Outcome::Answered;
        Ok(labels.filter(|_| answered).map(|labels| {
            Change::Lesson(Lesson {
                campaign: frame.id,
                account: seen.visit.account,
                task,
                correct: labels == seen.labels,
                at_ms: self.office.door().now_ms(),
            })
        }))
    }
}

impl Watch {
    fn new(draft: &Draft, first_unit: u32, acted: u64) -> Self {
        let block_length = u32::from(draft.block_length);
        Self {
            judge: Judge::new(draft.conduct.rules.clone(), block_length),
            first_unit,
            through: 0,
            acted,
            batches: 0,
            labels: BTreeMap::new(),
            gold: BTreeMap::new(),
            recent: BTreeMap::new(),
        }
    }
}
