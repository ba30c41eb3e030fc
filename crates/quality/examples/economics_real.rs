//! Prints what half a crowd earns that farms, and who is banned in error, for `docs/spec/pay.md`.

#[path = "../tests/it/farming.rs"]
mod farming;
#[path = "../tests/it/leaving.rs"]
mod leaving;
#[expect(dead_code, reason = "the tests use the rest")]
#[path = "../tests/it/real.rs"]
mod real;
#[expect(dead_code, reason = "the tests use the rest")]
#[path = "../tests/it/world.rs"]
mod world;

use std::process::ExitCode;

use farming::{Conduct, Crowd, Estimate, Outcome};
use leaving::Policy;
use quality::Rule;
use quality::detect::GoldTest;
use quality::parallel::Threads;
use real::{Real, Seeded};
use world::Strategy;

const CONDUCTS: [Conduct; 7] = [
    Conduct::Blind(Strategy::Constant),
    Conduct::Blind(Strategy::Random),
    Conduct::Blind(Strategy::Prior),
    Conduct::Blind(Strategy::Ring),
    Conduct::Sleeper,
    Conduct::Lazy,
    Conduct::Works,
];
const WALLETS: [usize; 4] = [1, 2, 10, 50];
/// The real set in which farmers also leave when it suits them.
const LEFT: &str = "temp";

/// Arguments: campaigns a line (20; 1000 for the tables of the page), threads (2), and the parts to
/// print, `wallets`, `leaving` and `bans` or names of sets (all).
///
/// Fails where content-free work gains with its whole interval.
fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let number = |nth: usize, default: usize| {
        let word = words.get(nth);
        word.map_or(default, |word| word.parse().expect("a whole number"))
    };
    let parts: Vec<&String> = words.iter().skip(2).collect();
    let wanted = |names: &[&str]| {
        let named = |name: &&str| parts.iter().any(|part| part == name);
        parts.is_empty() || names.iter().any(named)
    };
    let run = Run {
        seeds: number(0, 20),
        threads: Threads::new(number(1, 2)),
        rule: Rule {
            beta_ppm: 100_000,
            ..Rule::default()
        },
    };
    println!("beta 10 %, 10 % hidden gold; what follows +- is half of a 95 % interval");
    let mut gains = Vec::new();
    for name in real::SETS {
        if wanted(&["wallets", name])
            && let Some(set) = real::load(name)
        {
            gains.extend(run.wallets(name, &set));
        }
    }
    if wanted(&["leaving"]) {
        gains.extend(run.leaving());
    }
    if wanted(&["bans"]) {
        run.bans();
    }
    for gain in &gains {
        println!("content-free work gains: {gain}");
    }
    match gains.is_empty() {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    }
}

struct Run {
    seeds: usize,
    threads: Threads,
    rule: Rule,
}

impl Run {
    /// Fewer where a judgement takes ten times as long, and where nothing is promised.
    fn campaigns(&self, name: &str, conduct: Conduct) -> usize {
        let dear = if name == "adult2" { 10 } else { 1 };
        match conduct {
            Conduct::Blind(_) => self.seeds.div_ceil(dear),
            Conduct::Sleeper | Conduct::Lazy | Conduct::Works => self.seeds.div_ceil(5 * dear),
        }
    }

    /// Half of the real people farm, in 1 to 50 wallets each, and are judged once.
    fn wallets(&self, name: &str, set: &Real) -> Vec<String> {
        println!();
        println!("{name}: half of those with 20 answers or more as stated");
        println!(
            "| conduct | campaigns | wallets | profit per answer | gain over 1 wallet \
             | honest share of pay | others earn | of them >= .8 |"
        );
        println!("|---|---|---|---|---|---|---|---|");
        let mut gains = Vec::new();
        for conduct in CONDUCTS {
            let seeds = self.campaigns(name, conduct);
            let campaigns = self.threads.map(seeds, |seed| {
                let crowd = Crowd::new(set, conduct, seed as u64);
                WALLETS.map(|wallets| crowd.judged(wallets, &self.rule))
            });
            for (at, wallets) in WALLETS.into_iter().enumerate() {
                let of = |figure: fn(&Outcome) -> (f64, f64)| {
                    Estimate::new(campaigns.iter().map(|all| figure(&all[at])))
                };
                let profit = of(|one| (one.farmers.profit(), one.farmers.answers));
                let gain = Estimate::new(campaigns.iter().map(|all| {
                    let (split, whole) = (&all[at].farmers, &all[0].farmers);
                    (split.profit() - whole.profit(), whole.answers)
                }));
                let others = of(|one| {
                    let profit = one.good.profit() + one.others.profit();
                    (profit, one.good.answers + one.others.answers)
                });
                let good = of(|one| (one.good.profit(), one.good.answers));
                println!(
                    "| {} | {seeds} | {wallets} | {} | {} | {} | {} | {} |",
                    named(conduct),
                    shown(profit),
                    shown(gain),
                    shown(of(Outcome::honest_of_all)),
                    shown(others),
                    shown(good)
                );
                if let (Conduct::Blind(_), true) = (conduct, profit.gains()) {
                    gains.push(format!("{name}, {}, {wallets} wallets", named(conduct)));
                }
            }
        }
        gains
    }

    /// Content-free farmers are told after every block, and leave by a rule.
    fn leaving(&self) -> Vec<String> {
        let made_up = |conduct, seed| Crowd::new(&farming::made_up(seed), conduct, seed);
        let mut gains = self.leave("made up", made_up);
        if let Some(set) = real::load(LEFT) {
            gains.extend(self.leave(LEFT, |conduct, seed| Crowd::new(&set, conduct, seed)));
        }
        gains
    }

    fn leave(&self, name: &str, crowd: impl Fn(Conduct, u64) -> Crowd + Sync) -> Vec<String> {
        println!();
        println!(
            "{name}: content-free half, told after each of {} judgements, {} campaigns",
            leaving::ROUNDS,
            self.seeds
        );
        println!("| conduct | leaves | answers a life | profit per answer | profit per life |");
        println!("|---|---|---|---|---|");
        let mut gains = Vec::new();
        for strategy in Strategy::ALL {
            for policy in Policy::ALL {
                let lives = self.threads.map(self.seeds, |seed| {
                    let crowd = crowd(Conduct::Blind(strategy), seed as u64);
                    let lives = leaving::campaign(&crowd, policy, &self.rule);
                    (lives.outcome.farmers, lives.farmers)
                });
                let of = |figure: fn(&(farming::Sum, f64)) -> (f64, f64)| {
                    Estimate::new(lives.iter().map(figure))
                };
                let profit = of(|(sum, _)| (sum.profit(), sum.answers));
                println!(
                    "| {strategy:?} | {policy:?} | {:.1} | {} | {} |",
                    of(|(sum, lives)| (sum.answers, *lives)).value,
                    shown(profit),
                    shown(of(|(sum, lives)| (sum.profit(), *lives)))
                );
                if profit.gains() {
                    gains.push(format!("{name}, {strategy:?}, {policy:?}"));
                }
            }
        }
        gains
    }

    /// How often the test that slashes finds people below .65 who are not.
    fn bans(&self) {
        println!();
        let lives = self.seeds * 20;
        println!("people of accuracy .65 whom the test on gold bans, {lives} lives a line");
        println!("| test | golds in a life | banned | at most (95 %) |");
        println!("|---|---|---|---|");
        let tests = [
            ("pilot .75 less .10, alpha 1 %", 750_000, 100_000, 10_000),
            ("stated .65, alpha .1 %, as the ledger", 650_000, 0, 1_000),
        ];
        for (name, pilot, margin, alpha) in tests {
            let test = GoldTest::new(2, pilot, margin, alpha).expect("in range");
            for golds in [20, 200, 2_000] {
                let banned = self.threads.map(lives, |life| {
                    let mut seeded = Seeded(life as u64);
                    let checks: Vec<bool> = (0..golds).map(|_| seeded.share() < 0.65).collect();
                    test.run(checks).crossed.is_some()
                });
                let banned = banned.into_iter().filter(|banned| *banned).count();
                println!("| {name} | {golds} | {} |", rate(banned, lives));
            }
        }
        println!();
        println!(
            "real people whom the ledger's test at .65 bans, mean of {} choices of gold",
            self.seeds
        );
        println!(
            "| set | .65 in each class | banned | .65 in all only | banned | below | banned |"
        );
        println!("|---|---|---|---|---|---|---|");
        for name in real::SETS {
            if let Some(set) = real::load(name) {
                println!("| {name}{} |", self.banned(&set));
            }
        }
    }

    /// Per level of ability: people, and the mean share of them that is banned.
    fn banned(&self, set: &Real) -> String {
        let classes = set.answers.classes();
        let test = GoldTest::new(classes, 650_000, 0, 1_000).expect("in range");
        let levels = levels(set);
        let banned = self.threads.map(self.seeds, |seed| {
            let gold = real::hide(&set.gold, classes, 10, seed as u64);
            let mut checks = vec![Vec::new(); levels.len()];
            for row in set.answers.rows() {
                if let Some(truth) = gold[row.unit as usize] {
                    checks[row.worker as usize].push(row.label == truth);
                }
            }
            let mut banned = [0.0; 3];
            for (checks, level) in checks.into_iter().zip(&levels) {
                if let (Some(level), Some(_)) = (level, test.run(checks).crossed) {
                    banned[*level] += 1.0;
                }
            }
            banned
        });
        let shown = (0..3).map(|level| {
            let people = levels.iter().filter(|own| **own == Some(level)).count();
            let all: f64 = banned.iter().map(|banned| banned[level]).sum();
            let share = all / (self.seeds * people.max(1)) as f64;
            format!(" | {people} | {share:.4}")
        });
        shown.collect()
    }
}

/// Per worker with answers whose truth is known: 0 if right in .65 or more of each class it has
/// met, 1 if only in all together, else 2.
fn levels(set: &Real) -> Vec<Option<usize>> {
    let classes = set.answers.classes() as usize;
    let mut counts = vec![vec![(0_u32, 0_u32); classes]; set.answers.workers() as usize];
    for row in set.answers.rows() {
        if let Some(truth) = set.gold[row.unit as usize] {
            let (right, all) = &mut counts[row.worker as usize][truth as usize];
            *right += u32::from(row.label == truth);
            *all += 1;
        }
    }
    let able = |(right, all): &(u32, u32)| right * 100 >= all * 65;
    let level = |counts: &Vec<(u32, u32)>| {
        let whole = counts
            .iter()
            .fold((0, 0), |sum, count| (sum.0 + count.0, sum.1 + count.1));
        match () {
            () if whole.1 == 0 => None,
            () if counts.iter().all(able) => Some(0),
            () if able(&whole) => Some(1),
            () => Some(2),
        }
    };
    counts.iter().map(level).collect()
}

/// A share, and the upper end of its 95 % interval (Wilson 1927).
fn rate(found: usize, all: usize) -> String {
    let (share, count, z) = (found as f64 / all as f64, all as f64, 1.96);
    let spread = share * (1.0 - share) / count + z * z / (4.0 * count * count);
    let upper = (share + z * z / (2.0 * count) + z * spread.sqrt()) / (1.0 + z * z / count);
    format!("{share:.5} | {upper:.5}")
}

fn shown(estimate: Estimate) -> String {
    format!("{:.4} +- {:.4}", estimate.value, estimate.half)
}

fn named(conduct: Conduct) -> String {
    match conduct {
        Conduct::Blind(strategy) => format!("{strategy:?}"),
        other => format!("{other:?}"),
    }
}
