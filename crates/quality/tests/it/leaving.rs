//! Farmers who are told after every block what became of it, and leave when it suits them.

use crate::farming::{Crowd, Kind, Outcome};
use quality::pay::{Block, Decision, v2};
use quality::{Answer, Answers, Rule};

/// When a farmer leaves, by what it is told between two judgements.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Policy {
    /// Never.
    Stays,
    /// As soon as a block is released.
    FirstPaid,
    /// As soon as a block is held.
    FirstHeld,
    /// As soon as pay exceeds the deposits of what is held.
    Ahead,
    /// Never, but each block that is held makes it go on with a new wallet.
    NewWallet,
}

impl Policy {
    pub const ALL: [Self; 5] = [
        Self::Stays,
        Self::FirstPaid,
        Self::FirstHeld,
        Self::Ahead,
        Self::NewWallet,
    ];
}

/// Rounds of a campaign, with a judgement after each; the rule counts them as J.
pub const ROUNDS: u32 = 10;

/// A person in the campaign.
struct Life<'a> {
    kind: Kind,
    /// Answers of each round.
    rounds: Vec<&'a [(u32, u32)]>,
    gone: bool,
    /// The wallet in use; the person's wallets are this and those since `first`.
    wallet: u32,
    first: u32,
}

impl<'a> Life<'a> {
    /// A block a round; who has more blocks than there are rounds spreads them over the rounds.
    fn new(kind: Kind, answers: &'a [(u32, u32)], length: usize, first: u32) -> Self {
        let blocks = answers.len().div_ceil(length);
        let rounds = ROUNDS as usize;
        let start = |round: usize| {
            let block = match blocks > rounds {
                true => (round * blocks).div_ceil(rounds),
                false => round,
            };
            (block * length).min(answers.len())
        };
        Self {
            kind,
            rounds: (0..rounds)
                .map(|round| &answers[start(round)..start(round + 1)])
                .collect(),
            gone: false,
            wallet: first,
            first,
        }
    }

    /// One after each round with answers, and the first.
    fn most_wallets(&self) -> u32 {
        let rounds = self.rounds.iter().filter(|round| !round.is_empty());
        rounds.count() as u32 + 1
    }

    /// Decides on leaving, from the blocks of all its wallets.
    fn told(&mut self, policy: Policy, blocks: &[Block], rule: &Rule) {
        let own = |block: &&Block| (self.first..=self.wallet).contains(&block.worker);
        let held = |block: &Block| block.decision == Decision::Held;
        let blocks: Vec<Block> = blocks.iter().filter(own).copied().collect();
        let profit = Outcome::new(&blocks, rule, |_| Kind::Farms)
            .farmers
            .profit();
        self.gone |= match policy {
            Policy::Stays | Policy::NewWallet => false,
            Policy::FirstPaid => blocks.iter().any(|block| !held(block)),
            Policy::FirstHeld => blocks.iter().any(held),
            Policy::Ahead => profit > 0.0,
        };
        let newest = blocks.last().filter(|block| block.worker == self.wallet);
        if policy == Policy::NewWallet && newest.is_some_and(held) {
            self.wallet += 1;
        }
    }
}

/// What came of a campaign, and how many farmers there were in it.
pub struct Lives {
    pub outcome: Outcome,
    pub farmers: f64,
}

/// Plays a campaign of [`ROUNDS`] rounds; `rule.judgements` is set to their number.
///
/// As in the ledger, each judgement sees all answers so far and the blocks of the judgement before;
/// what is held at the end is lost with its deposit.
pub fn campaign(crowd: &Crowd, policy: Policy, rule: &Rule) -> Lives {
    let rule = Rule {
        judgements: ROUNDS,
        ..*rule
    };
    let (mut lives, mut wallets) = (Vec::new(), 0);
    let mut kinds = Vec::new();
    for person in &crowd.people {
        let length = rule.block_length as usize;
        let life = Life::new(person.kind, &person.answers, length, wallets);
        let own = match (person.kind, policy) {
            (Kind::Farms, Policy::NewWallet) => life.most_wallets(),
            _ => 1,
        };
        lives.push(life);
        kinds.extend((0..own).map(|_| person.kind));
        wallets += own;
    }
    let (mut rows, mut blocks) = (Vec::new(), Vec::new());
    for round in 0..ROUNDS as usize {
        for life in lives.iter().filter(|life| !life.gone) {
            rows.extend(life.rounds[round].iter().map(|(unit, label)| Answer {
                unit: *unit,
                worker: life.wallet,
                label: *label,
            }));
        }
        let table = Answers::new(crowd.units, wallets, crowd.classes, rows.clone());
        let table = table.expect("in bounds");
        let judged = v2::judge(&table, &crowd.gold, &rule, &blocks, &[]).expect("valid");
        blocks = judged.blocks;
        let farmers = lives.iter_mut().filter(|life| life.kind == Kind::Farms);
        farmers.for_each(|life| life.told(policy, &blocks, &rule));
    }
    let farmers = lives.iter().filter(|life| life.kind == Kind::Farms).count();
    Lives {
        outcome: Outcome::new(&blocks, &rule, |worker| kinds[worker as usize]),
        farmers: farmers as f64,
    }
}
