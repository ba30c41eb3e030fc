//! Half of a crowd farms: real people or made-up ones, judged by version 2 of the pay rule.

use crate::real::{self, Real, Seeded};
use crate::world::Strategy;
use quality::pay::{Block, Decision, v2};
use quality::{Answer, Answers, Rule};

/// What the half does that farms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Conduct {
    /// Never looks at a unit.
    Blind(Strategy),
    /// Keeps the first third of its own answers, then tosses coins.
    Sleeper,
    /// Keeps every second one of its own answers, and tosses coins for the others.
    Lazy,
    /// Keeps all of its own answers: there is nothing wrong with it but the number of wallets.
    Works,
}

impl Conduct {
    /// Whether the `nth` of `all` answers is the person's own.
    fn looks(self, nth: usize, all: usize) -> bool {
        match self {
            Self::Blind(_) => false,
            Self::Sleeper => nth * 3 < all,
            Self::Lazy => nth.is_multiple_of(2),
            Self::Works => true,
        }
    }

    /// How it answers where it does not look.
    fn strategy(self) -> Strategy {
        match self {
            Self::Blind(strategy) => strategy,
            Self::Sleeper | Self::Lazy | Self::Works => Strategy::Random,
        }
    }
}

/// Whose answers they are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Kind {
    /// One of the stated half.
    Farms,
    /// Right in at least .8 of its answers with a known truth.
    Good,
    #[default]
    Other,
}

/// One person's answers in order, as unit and label.
#[derive(Clone, Debug, Default)]
pub struct Person {
    pub kind: Kind,
    pub answers: Vec<(u32, u32)>,
}

/// A crowd of which half farms, with a tenth of the known truths as hidden gold.
pub struct Crowd {
    pub units: u32,
    pub classes: u32,
    pub gold: Vec<Option<u32>>,
    pub people: Vec<Person>,
}

impl Crowd {
    /// Draws the gold, and of the people with at least 20 answers the half that farms.
    ///
    /// Units that a farmer does not look at are dealt out anew among all such answers, as a
    /// campaign deals them.
    pub fn new(set: &Real, conduct: Conduct, seed: u64) -> Self {
        let mut seeded = Seeded(seed);
        let (answers, classes) = (&set.answers, set.answers.classes());
        let gold = real::hide(&set.gold, classes, 10, seeded.next());
        let mut people = people(set);
        let mut farmers: Vec<usize> = (0..people.len())
            .filter(|person| people[*person].answers.len() >= 20)
            .collect();
        seeded.shuffle(&mut farmers);
        farmers.truncate(farmers.len() / 2);
        let mut dealt = Vec::new();
        for farmer in &farmers {
            let person = &mut people[*farmer];
            person.kind = Kind::Farms;
            let all = person.answers.len();
            let blind = (0..all).filter(|nth| !conduct.looks(*nth, all));
            dealt.extend(blind.map(|nth| (*farmer, nth)));
        }
        let mut units: Vec<u32> = dealt
            .iter()
            .map(|(farmer, nth)| people[*farmer].answers[*nth].0)
            .collect();
        seeded.shuffle(&mut units);
        let label = conduct.strategy().labels(answers, &mut seeded);
        for ((farmer, nth), unit) in dealt.into_iter().zip(units) {
            people[farmer].answers[nth] = (unit, label(unit, &mut seeded));
        }
        Self {
            units: answers.units(),
            classes,
            gold,
            people,
        }
    }

    /// Judges all answers at once; each farmer splits them into so many `wallets`.
    pub fn judged(&self, wallets: usize, rule: &Rule) -> Outcome {
        let (mut rows, mut kinds) = (Vec::new(), Vec::new());
        for person in &self.people {
            let wallets = match person.kind {
                Kind::Farms => wallets,
                Kind::Good | Kind::Other => 1,
            };
            let each = person.answers.len().div_ceil(wallets).max(1);
            for (nth, (unit, label)) in person.answers.iter().enumerate() {
                rows.push(Answer {
                    unit: *unit,
                    worker: (kinds.len() + nth / each) as u32,
                    label: *label,
                });
            }
            let used = person.answers.len().div_ceil(each);
            kinds.extend(std::iter::repeat_n(person.kind, used));
        }
        let table = Answers::new(self.units, kinds.len() as u32, self.classes, rows);
        let table = table.expect("in bounds");
        let judged = v2::judge(&table, &self.gold, rule, &[], &[]).expect("valid");
        Outcome::new(&judged.blocks, rule, |worker| kinds[worker as usize])
    }
}

/// Everybody with their own answers.
fn people(set: &Real) -> Vec<Person> {
    let mut people = vec![Person::default(); set.answers.workers() as usize];
    for row in set.answers.rows() {
        people[row.worker as usize]
            .answers
            .push((row.unit, row.label));
    }
    for person in &mut people {
        let known = person
            .answers
            .iter()
            .filter_map(|(unit, label)| Some(set.gold[*unit as usize]? == *label));
        let (right, all) = known.fold((0, 0), |(right, all), is| (right + u32::from(is), all + 1));
        if all > 0 && right * 10 >= all * 8 {
            person.kind = Kind::Good;
        }
    }
    people
}

/// A made-up set: 800 units of classes 70 / 30, five answers each dealt at random over 20 people of
/// accuracy .75 to .95.
pub fn made_up(seed: u64) -> Real {
    const UNITS: u32 = 800;
    const PEOPLE: u32 = 20;
    // Another stream than the one that draws gold and farmers from the same seed.
    let mut seeded = Seeded(!seed);
    let truth: Vec<u32> = (0..UNITS)
        .map(|_| u32::from(seeded.share() < 0.3))
        .collect();
    let skill: Vec<f64> = (0..PEOPLE).map(|_| 0.75 + 0.2 * seeded.share()).collect();
    let mut slots: Vec<u32> = (0..UNITS).flat_map(|unit| [unit; 5]).collect();
    seeded.shuffle(&mut slots);
    let each = slots.len() as u32 / PEOPLE;
    let rows = slots.into_iter().zip(0_u32..).map(|(unit, at)| {
        let worker = at / each;
        let wrong = seeded.share() >= skill[worker as usize];
        let label = truth[unit as usize] ^ u32::from(wrong);
        Answer {
            unit,
            worker,
            label,
        }
    });
    let answers = Answers::new(UNITS, PEOPLE, 2, rows.collect()).expect("in bounds");
    let gold = truth.into_iter().map(Some).collect();
    Real { answers, gold }
}

/// What a group of people got, in prices of one answer.
#[derive(Clone, Copy, Debug, Default)]
pub struct Sum {
    pub answers: f64,
    pub paid: f64,
    /// Deposits of blocks that were never released, beta / (1 - beta) of the price.
    pub lost: f64,
}

impl Sum {
    pub fn profit(&self) -> f64 {
        self.paid - self.lost
    }

    pub fn add(&mut self, block: &Block, rule: &Rule) {
        let beta = f64::from(rule.beta_ppm) / 1e6;
        let answers = f64::from(block.answers);
        self.answers += answers;
        match block.decision {
            Decision::Released { factor_ppm } => {
                self.paid += answers * f64::from(factor_ppm) / 1e6;
            }
            Decision::Held => self.lost += answers * beta / (1.0 - beta),
        }
    }
}

/// What came of one campaign.
#[derive(Clone, Copy, Debug, Default)]
pub struct Outcome {
    pub farmers: Sum,
    pub good: Sum,
    pub others: Sum,
}

impl Outcome {
    pub fn new(blocks: &[Block], rule: &Rule, kind: impl Fn(u32) -> Kind) -> Self {
        let mut outcome = Self::default();
        for block in blocks {
            let sum = match kind(block.worker) {
                Kind::Farms => &mut outcome.farmers,
                Kind::Good => &mut outcome.good,
                Kind::Other => &mut outcome.others,
            };
            sum.add(block, rule);
        }
        outcome
    }

    /// Pay of those who do not farm, and of all.
    pub fn honest_of_all(&self) -> (f64, f64) {
        let honest = self.good.paid + self.others.paid;
        (honest, honest + self.farmers.paid)
    }
}

/// A ratio of two sums over campaigns, with the half-width of its 95 % interval.
#[derive(Clone, Copy, Debug)]
pub struct Estimate {
    pub value: f64,
    pub half: f64,
}

impl Estimate {
    /// Of pairs (part, whole), one per campaign; the error is that of a ratio estimator (Cochran
    /// 1977, 6.3).
    pub fn new(pairs: impl Iterator<Item = (f64, f64)> + Clone) -> Self {
        let sums = pairs
            .clone()
            .fold((0.0, 0.0), |sum, pair| (sum.0 + pair.0, sum.1 + pair.1));
        let (count, whole) = (pairs.clone().count() as f64, f64::max(sums.1, 1e-9));
        let value = sums.0 / whole;
        let squares: f64 = pairs.map(|pair| (pair.0 - value * pair.1).powi(2)).sum();
        let spread = squares * count / (count - 1.0).max(1.0);
        Self {
            value,
            half: 1.96 * spread.sqrt() / whole,
        }
    }

    /// Whether the whole interval is above 0.
    pub fn gains(&self) -> bool {
        self.value > self.half
    }
}
