//! A campaign before it opens: what a requester asks for, and what the ledger is told.

pub mod conduct;
pub mod decimal;
pub mod fault;
mod gold;
pub mod known;
pub mod prepare;

pub use conduct::Conduct;
pub use fault::Fault;
pub use gold::choose;
pub use known::{Unknown, classes_of};
pub use prepare::{Backing, Prepared, Task};

use ledger::phrases;
use ledger::score::Algorithm;
use ledger::told::{Gap, Statement, Told};
use protocol::brief::{Brief, Example, Kind};
use protocol::campaign::{Consensus, Method, Rule};
use protocol::document::{Unit, Units};
use protocol::terms::{Demand, Terms};
use protocol::{AccountId, Amount, Hash, Ppm, TokenId};
use serde::{Deserialize, Serialize};

phrases! {
    TASK = Semicolon "task", "task `{task}`";
}

/// Settings of a campaign as the API takes them. What is left out has its usual value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Draft {
    /// Name for people, 1 to 120 bytes.
    pub title: String,
    /// The skill whose reputation the work builds: 1 to 40 of `a-z 0-9 -`.
    pub skill: String,
    /// The kind of question.
    pub kind: Kind,
    /// What can be answered; for free text nothing.
    pub classes: Vec<String>,
    /// Instructions in Markdown.
    pub instructions: String,
    /// Worked examples.
    pub examples: Vec<Example>,
    /// Reasons to tick beside a comparison.
    pub reasons: Vec<String>,
    /// Most that one accepted answer earns, in base units of the token, as decimal text; 0 for
    /// work that earns a share in the label set alone.
    #[serde(with = "decimal")]
    pub price_units: Amount,
    /// Answers wanted per task.
    pub overlap: u16,
    /// Most that the campaign spends, in base units; 0 for the price of all answers.
    #[serde(with = "decimal")]
    pub budget_units: Amount,
    /// Most that one accepted answer earns beside that in a second token, in its base units.
    #[serde(with = "decimal")]
    pub bonus_price_units: Amount,
    /// Most that the campaign spends of it; 0 for that of all answers.
    #[serde(with = "decimal")]
    pub bonus_budget_units: Amount,
    /// What an answer's second reward is worth in base units of the first token: deposits of
    /// blocks count it.
    #[serde(with = "decimal")]
    pub bonus_worth_units: Amount,
    /// Probability of a label at which a task takes no more answers, in ppm; 0 never.
    pub target_ppm: u32,
    /// Part of the tasks that are hidden gold, in ppm; known answers beyond it are ordinary tasks.
    pub gold_ppm: u32,
    /// Answers that are judged together.
    pub block_length: u16,
    /// Chance that content-free work is paid, in ppm.
    pub beta_ppm: u32,
    /// Accuracy that earns the full price, in ppm.
    pub reference_ppm: u32,
    /// Accuracy on gold below which somebody is slashed and paused, in ppm; 0 nobody.
    pub slash_below_ppm: u32,
    /// What a contributor sets aside with the first block, in base units.
    #[serde(with = "decimal")]
    pub stake_units: Amount,
    /// Who decides appeals: an odd number of accounts.
    pub panel: Vec<u32>,
    /// What a verdict earns, in base units.
    #[serde(with = "decimal")]
    pub verdict_units: Amount,
    /// Hours in which a rejection may be appealed.
    pub appeal_hours: u32,
    /// Hours from an appeal until silence decides it for the contributor.
    pub panel_hours: u32,
    /// Requesters whose earlier campaigns count as evidence, besides the requester.
    pub trusts: Vec<u32>,
    /// Tasks that go out together in one round; 0 for all.
    pub round_tasks: u32,
    /// When the running round ends whatever is missing, in milliseconds since 1970; 0 never.
    pub deadline_ms: u64,
    /// Lowest reputation in the skill, in ppm, with which somebody is given tasks.
    pub least_reputation_ppm: u32,
    /// Tasks that any two contributors may share; 0 for any number.
    pub pair_cap: u32,
    /// What the label set may be used for.
    pub purposes: Vec<String>,
    /// Price of one use of the label set, in base units.
    #[serde(with = "decimal")]
    pub use_price_units: Amount,
    /// Part of the gross of everything built on the label set that is owed to it, in ppm.
    pub floor_ppm: u32,
    /// Part of what the label set keeps that goes to its contributors, in ppm.
    pub contributors_ppm: u32,
    /// Number of the token.
    pub token: u16,
    /// How people are dealt with.
    pub conduct: Conduct,
}

impl Default for Draft {
    fn default() -> Self {
        Self {
            title: String::new(),
            skill: String::from("general"),
            kind: Kind::Choice,
            classes: Vec::new(),
            instructions: String::new(),
            examples: Vec::new(),
            reasons: Vec::new(),
            price_units: Amount::ZERO,
            overlap: 3,
            budget_units: Amount::ZERO,
            bonus_price_units: Amount::ZERO,
            bonus_budget_units: Amount::ZERO,
            bonus_worth_units: Amount::ZERO,
            target_ppm: 0,
            gold_ppm: 100_000,
            block_length: 20,
            beta_ppm: 50_000,
            reference_ppm: 850_000,
            slash_below_ppm: 0,
            stake_units: Amount::ZERO,
            panel: Vec::new(),
            verdict_units: Amount::ZERO,
            appeal_hours: 72,
            panel_hours: 72,
            trusts: Vec::new(),
            round_tasks: 0,
            deadline_ms: 0,
            least_reputation_ppm: 0,
            pair_cap: 0,
            purposes: vec!["research".to_owned(), "training".to_owned()],
            use_price_units: Amount::ZERO,
            floor_ppm: 50_000,
            contributors_ppm: 700_000,
            token: 0,
            conduct: Conduct::default(),
        }
    }
}

impl Draft {
    /// Units of the ledger that make one task.
    pub fn units_per_task(&self) -> u32 {
        match self.kind {
            Kind::Choices => u32::try_from(self.classes.len()).unwrap_or(1).max(1),
            _ => 1,
        }
    }

    /// The classes that the ledger knows.
    pub fn ledger_classes(&self) -> Vec<String> {
        let two = |a: &str, b: &str| vec![a.to_owned(), b.to_owned()];
        match self.kind {
            Kind::Choices => two("no", "yes"),
            Kind::Text => two("given", "cannot"),
            _ => self.classes.clone(),
        }
    }

    /// The part of the tasks, in ppm, that can be gold in every round, so that what is promised can
    /// be opened: known answers of each class, and none that `retired` names. 0 for free text, and
    /// in training, where known answers are told.
    ///
    /// # Errors
    /// Names the task whose known answer is none.
    pub fn gold_share(&self, tasks: &[Task], retired: impl Fn(&Task) -> bool) -> Result<u32, Told> {
        if self.kind == Kind::Text || self.conduct.training {
            return Ok(0);
        }
        let (mut gold, mut out, mut share) = (0_u64, 0_u64, 1_000_000_u64);
        let length = match self.round_tasks {
            0 => tasks.len().max(1),
            wish => wish as usize,
        };
        for round in tasks.chunks(length) {
            let mut known = Vec::new();
            for (place, task) in (0_u32..).zip(round) {
                let Some(answer) = &task.known else {
                    continue;
                };
                let labels = classes_of(self, answer);
                let labels = labels.map_err(|Unknown(why)| {
                    let task = [("task", Gap::Name(task.name.clone()))];
                    Told([Statement::new(TASK, task), why].into())
                })?;
                if !retired(task) {
                    known.push((place, labels));
                }
            }
            let most = round.len() as u64 * u64::from(self.gold_ppm) / 1_000_000;
            let most = usize::try_from(most).unwrap_or(usize::MAX);
            // How many there can be does not hang on who draws.
            gold += choose(&known, most, &Hash([0; 32])).len() as u64;
            out += round.len() as u64;
            share = share.min(gold * 1_000_000 / out);
        }
        if self.kind == Kind::Choices {
            // Which tasks are drawn decides how evenly their options add up.
            share = share * 4 / 5;
        }
        Ok(u32::try_from(share).unwrap_or(0))
    }

    fn rule(&self, gold_share: u32) -> Rule {
        let rounds = 64;
        Rule {
            consensus: Consensus::DawidSkene,
            gold_share: share(gold_share),
            block_length: self.block_length,
            beta: share(self.beta_ppm),
            reference_accuracy: share(self.reference_ppm),
            judgements: if self.round_tasks == 0 { 2 } else { rounds },
        }
    }

    fn terms(&self) -> Terms {
        let mut purposes = self.purposes.clone();
        purposes.sort();
        purposes.dedup();
        Terms {
            purposes,
            token: TokenId(self.token),
            price_units: self.use_price_units,
            demand: Demand::Floor(share(self.floor_ppm)),
            contributors_share: share(self.contributors_ppm),
            expires_ms: None,
        }
    }

    fn method(&self, owner: AccountId) -> Method {
        let accounts = |list: &[u32], more: Option<AccountId>| {
            let mut list: Vec<AccountId> = list.iter().copied().map(AccountId).collect();
            list.extend(more);
            list.sort_unstable();
            list.dedup();
            list
        };
        Method {
            algorithm: Algorithm::Pay2.name().to_owned(),
            trusts: accounts(&self.trusts, Some(owner)),
            panel: accounts(&self.panel, None),
            verdict_units: self.verdict_units,
            panel_ms: hours(self.panel_hours),
            slash_below: share(self.slash_below_ppm),
            stake_units: self.stake_units,
            target: share(self.target_ppm),
        }
    }

    /// A task's first unit, by which the ledger knows it again.
    pub fn first_unit(&self, task: &Task) -> Unit {
        let name = match self.options().first() {
            Some(option) => format!("{}#{option}", task.name),
            None => task.name.clone(),
        };
        let text = task.text.clone();
        Unit { name, text }
    }

    fn options(&self) -> Vec<String> {
        match self.kind {
            Kind::Choices => self.classes.clone(),
            _ => Vec::new(),
        }
    }

    fn document(&self, tasks: &[Task]) -> Units {
        let options = self.options();
        let mut rows = Vec::with_capacity(tasks.len() * self.units_per_task() as usize);
        for task in tasks {
            if options.is_empty() {
                rows.push(Unit {
                    name: task.name.clone(),
                    text: task.text.clone(),
                });
            }
            for (place, option) in options.iter().enumerate() {
                rows.push(Unit {
                    name: format!("{}#{option}", task.name),
                    // Shown once: the units of a task are shown together.
                    text: task.text.clone().filter(|_| place == 0),
                });
            }
        }
        Units {
            rows,
            brief: Some(Brief {
                kind: self.kind,
                instructions: self.instructions.clone(),
                examples: self.examples.clone(),
                reasons: self.reasons.clone(),
                options,
            }),
        }
    }
}

fn share(ppm: u32) -> Ppm {
    Ppm::new(ppm).unwrap_or(Ppm::ONE)
}

fn hours(hours: u32) -> u64 {
    u64::from(hours) * 3_600_000
}

/// The order in which a round's tasks are drawn follows from what its gold was committed to.
pub fn order_seed(gold_root: &Hash) -> u64 {
    let digest = proof::hash::sha256(&[b"headwater/order/v1\0", &gold_root.0]);
    let [a, b, c, d, e, f, g, h, ..] = digest;
    u64::from_be_bytes([a, b, c, d, e, f, g, h])
}
