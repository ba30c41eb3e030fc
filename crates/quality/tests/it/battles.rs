//! Comparisons to rank: a real set with its references, and made-up ones of known strengths.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use quality::pairs::{Comparison, Comparisons, Outcome};
use quality::random::Random;

/// Real comparisons of language models with the items' names in lexical order.
pub struct Arena {
    pub names: Vec<String>,
    pub table: Comparisons,
}

fn shared(path: &str) -> Option<String> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared");
    let text = fs::read_to_string(root.join(path)).ok();
    if text.is_none() {
        println!("skipped: no `{path}` beside the repository");
    }
    text
}

/// Reads `llmfao_pairs`, or says that it is skipped.
pub fn arena() -> Option<Arena> {
    let text = shared("data/crowd/llmfao_pairs/pairs.csv")?;
    let rows: Vec<Vec<&str>> = text
        .lines()
        .skip(1)
        .map(|l| l.split(',').collect())
        .collect();
    let mut names: Vec<&str> = rows.iter().flat_map(|row| [row[2], row[3]]).collect();
    names.sort_unstable();
    names.dedup();
    let numbers: BTreeMap<&str, u32> = names.iter().copied().zip(0..).collect();
    let mut voters = BTreeMap::new();
    let mut comparisons = Vec::new();
    for row in &rows {
        let next = voters.len() as u32;
        comparisons.push(Comparison {
            left: numbers[row[2]],
            right: numbers[row[3]],
            outcome: match row[4] {
                "left" => Outcome::Left,
                "right" => Outcome::Right,
                "tie" => Outcome::Tie,
                other => panic!("winner `{other}`"),
            },
            voter: *voters.entry(row[1]).or_insert(next),
        });
    }
    let (items, voters) = (names.len() as u32, voters.len() as u32);
    Some(Arena {
        names: names.into_iter().map(str::to_owned).collect(),
        table: Comparisons::new(items, voters, comparisons).expect("in bounds"),
    })
}

/// evalica's scores of an algorithm, in the order of the names.
pub fn golden(algorithm: &str, names: &[String]) -> Vec<f64> {
    let text = shared("data/crowd/llmfao_pairs/golden_evalica.csv").expect("beside the pairs");
    let mut scores = BTreeMap::new();
    for line in text.lines() {
        let (rest, score) = line.rsplit_once(',').expect("three columns");
        if let Some((found, name)) = rest
            .split_once(',')
            .filter(|(found, _)| *found == algorithm)
        {
            assert_eq!(found, algorithm);
            scores.insert(name, score.parse().expect("a number"));
        }
    }
    names.iter().map(|name| scores[name.as_str()]).collect()
}

/// arena-rank 0.1.1's (rating, lower, upper) in the order of the names, where they are at hand.
pub fn arena_rank(names: &[String]) -> Option<Vec<[f64; 3]>> {
    let text = shared("bench/quality/ref_arena_rank_llmfao.csv")?;
    let mut found = BTreeMap::new();
    for line in text.lines().skip(1) {
        let fields: Vec<&str> = line.split(',').collect();
        let number = |at: usize| fields[at].parse::<f64>().expect("a number");
        found.insert(fields[0], [number(1), number(2), number(3)]);
    }
    Some(names.iter().map(|name| found[name.as_str()]).collect())
}

/// `rows` comparisons of items with normal-like strengths, `ties` of them ties (in percent); item
/// popularity falls with its index.
pub fn battles(items: u32, rows: u32, ties: u32, seed: u64) -> (Vec<f64>, Comparisons) {
    let mut random = Random::new(seed, 0);
    let mut strength = || (0..6).map(|_| random.unit() - 0.5).sum::<f64>();
    let strengths: Vec<f64> = (0..items).map(|_| strength()).collect();
    let mut random = Random::new(seed, 1);
    let mut comparisons = Vec::with_capacity(rows as usize);
    while comparisons.len() < rows as usize {
        let skewed = |random: &mut Random| {
            let unit = random.unit();
            ((unit * unit * f64::from(items)) as u32).min(items - 1)
        };
        let (left, right) = (skewed(&mut random), skewed(&mut random));
        if left == right {
            continue;
        }
        let gap = strengths[left as usize] - strengths[right as usize];
        let wins = 1.0 / (1.0 + libm_exp(-gap));
        let outcome = match () {
            () if random.below(100) < ties => Outcome::Tie,
            () if random.unit() < wins => Outcome::Left,
            () => Outcome::Right,
        };
        comparisons.push(Comparison {
            left,
            right,
            outcome,
            voter: 0,
        });
    }
    let table = Comparisons::new(items, 1, comparisons).expect("in bounds");
    (strengths, table)
}

/// A rational stand-in for `exp` that is good to 1e-6 for the small arguments here.
fn libm_exp(x: f64) -> f64 {
    let (mut term, mut sum) = (1.0, 1.0);
    for n in 1..30 {
        term *= x / f64::from(n);
        sum += term;
    }
    sum
}
