//! From a draft to the campaign that the ledger is asked for, and what it will cost at most.

use super::{Draft, Fault, hours};
use ledger::phrases;
use protocol::campaign::{Bonus, Spec, Weighting};
use protocol::{AccountId, Amount, FundId};

phrases! {
    TOO_MANY = Colon "too-many-tasks", "there are too many";
    NONE_YET = Colon "no-tasks-yet", "there are none; import some first";
    SUM_TOO_LARGE = Colon "sum-too-large", "the sum is more than a token has";
    SECOND_DEPOSIT = Colon "second-deposit",
        "a deposit in the second token is needed; name it as `bonus_fund`";
}

/// One thing to work on, as the requester has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Task {
    /// The requester's own id.
    pub name: String,
    /// A text, or an object of JSON with the fields to show.
    pub text: Option<String>,
    /// The known answer.
    pub known: Option<String>,
}

/// Deposits of the requester that stand behind a campaign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backing {
    /// Behind price and verdicts; any number where they cost nothing.
    pub fund: FundId,
    /// Behind the second reward; `None` where there is none.
    pub bonus: Option<FundId>,
}

impl From<FundId> for Backing {
    fn from(fund: FundId) -> Self {
        Self { fund, bonus: None }
    }
}

/// What becomes of a draft: the campaign and its public document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prepared {
    /// What the requester signs.
    pub spec: Spec,
    /// The units with their brief, as the spec names them by their hash.
    pub document: Vec<u8>,
}

impl Draft {
    /// The price of all answers that are wanted of so many tasks, with all verdicts that may come.
    pub fn cost(&self, tasks: u32) -> Option<Amount> {
        let answers = u64::from(tasks) * u64::from(self.units_per_task()) * u64::from(self.overlap);
        let work = self.price_units.checked_mul(answers)?;
        let verdicts = self.verdict_units.checked_mul(self.panel.len() as u64)?;
        // Every contributor's last block may be short: twice as many blocks as answers would fill.
        let blocks = 2 * answers.div_ceil(u64::from(self.block_length.max(1)));
        work.checked_add(verdicts.checked_mul(blocks)?)
    }

    /// The second reward of all answers that are wanted of so many tasks.
    pub fn bonus_cost(&self, tasks: u32) -> Option<Amount> {
        let answers = u64::from(tasks) * u64::from(self.units_per_task()) * u64::from(self.overlap);
        self.bonus_price_units.checked_mul(answers)
    }

    /// The campaign over these tasks, paid from deposits, with so much gold as
    /// [`Draft::gold_share`] says.
    ///
    /// # Errors
    /// What [`Draft::faults`] names, and what only shows with the tasks.
    pub fn prepare(
        &self,
        owner: AccountId,
        backing: impl Into<Backing>,
        tasks: &[Task],
        gold_share: u32,
    ) -> Result<Prepared, Vec<Fault>> {
        let backing: Backing = backing.into();
        let faults = self.faults();
        if !faults.is_empty() {
            return Err(faults);
        }
        let count = u32::try_from(tasks.len()).unwrap_or(u32::MAX);
        let too_many = || vec![Fault::of("units", TOO_MANY)];
        let unit_count = count
            .checked_mul(self.units_per_task())
            .ok_or_else(too_many)?;
        if count == 0 {
            return Err(vec![Fault::of("units", NONE_YET)]);
        }
        let all = self.cost(count);
        let all = all.ok_or_else(|| vec![Fault::of("price_units", SUM_TOO_LARGE)])?;
        let bonus = self.bonus(backing, count)?;
        let document = protocol::codec::encode(&self.document(tasks));
        let spec = Spec {
            title: self.title.clone(),
            skill: self.skill.clone(),
            classes: self.ledger_classes(),
            units: crate::log::digest(&document),
            unit_count,
            fund: backing.fund,
            budget_units: at_most(self.budget_units, all),
            price_units: self.price_units,
            overlap: self.overlap,
            repeats: false,
            rule: self.rule(gold_share),
            appeal_ms: hours(self.appeal_hours),
            terms: self.terms(),
            weighting: Weighting::PaidWork,
            method: Some(Box::new(self.method(owner))),
            bonus,
        };
        Ok(Prepared { spec, document })
    }

    fn bonus(&self, backing: Backing, tasks: u32) -> Result<Option<Bonus>, Vec<Fault>> {
        if self.bonus_price_units.is_zero() {
            return Ok(None);
        }
        let fault = |what| vec![Fault::of("bonus_price_units", what)];
        let fund = backing.bonus.ok_or_else(|| fault(SECOND_DEPOSIT))?;
        let all = self.bonus_cost(tasks);
        let all = all.ok_or_else(|| fault(SUM_TOO_LARGE))?;
        Ok(Some(Bonus {
            fund,
            budget_units: at_most(self.bonus_budget_units, all),
            price_units: self.bonus_price_units,
            worth_units: self.bonus_worth_units,
        }))
    }
}

/// What is wished for, or all of it where nothing is, and never more.
fn at_most(wish: Amount, all: Amount) -> Amount {
    if wish.is_zero() { all } else { wish.min(all) }
}
