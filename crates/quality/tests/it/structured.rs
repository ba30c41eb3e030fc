//! Structured answers on real data: scores against gold, beside those of simpler rules.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use quality::number::{self, Estimate, Method, Reading, Readings};
use quality::region::{self, Drawing, Drawings, Region};
use quality::span::{self, Marking, Markings, Span};
use quality::text::{self, Writing, Writings};

/// Rows of a file of a set, fields unquoted; or nothing, and word of it.
fn rows(set: &str, file: &str) -> Option<Vec<Vec<String>>> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/crowd");
    let Ok(text) = fs::read_to_string(root.join(set).join(file)) else {
        println!("skipped: no file `{set}/{file}` beside the repository");
        return None;
    };
    Some(text.lines().skip(1).map(fields).collect())
}

fn fields(line: &str) -> Vec<String> {
    let (mut fields, mut quoted) = (vec![String::new()], false);
    let mut signs = line.trim_end().chars().peekable();
    while let Some(sign) = signs.next() {
        match sign {
            '"' if quoted && signs.peek() == Some(&'"') => {
                signs.next();
                fields.last_mut().expect("one at least").push('"');
            }
            '"' => quoted = !quoted,
            ',' if !quoted => fields.push(String::new()),
            other => fields.last_mut().expect("one at least").push(other),
        }
    }
    fields
}

/// Numbers names in the order of their first appearance.
#[derive(Default)]
struct Names(BTreeMap<String, u32>);

impl Names {
    fn id(&mut self, name: &str) -> u32 {
        let next = self.0.len() as u32;
        *self.0.entry(name.to_owned()).or_insert(next)
    }
}

/// F1 from hits, found and expected.
fn f1((hits, found, expected): (usize, usize, usize)) -> f64 {
    2.0 * hits as f64 / (found + expected) as f64
}

#[test]
fn named_entities() {
    let Some(answers) = rows("ner_conll_amt", "answers.csv") else {
        return;
    };
    let gold = rows("ner_conll_amt", "gold.csv").expect("gold beside answers");
    let (mut units, mut workers, mut kinds) =
        (Names::default(), Names::default(), Names::default());
    let mut parse = |text: &str| {
        let spans: Vec<(u32, u32, String)> = serde_json::from_str(text).expect("spans");
        let span = |(start, end, kind): (u32, u32, String)| Span {
            start,
            end,
            kind: kinds.id(&kind),
        };
        spans.into_iter().map(span).collect::<Vec<_>>()
    };
    let (mut lengths, mut markings) = (Vec::new(), Vec::new());
    for row in &answers {
        let unit = units.id(&row[0]);
        if unit as usize == lengths.len() {
            lengths.push(row[3].parse::<u32>().expect("tokens"));
        }
        markings.push(Marking {
            unit,
            worker: workers.id(&row[1]),
            spans: parse(&row[2]),
        });
    }
    let mut truth = vec![Vec::new(); lengths.len()];
    for row in &gold {
        if let Some(unit) = units.0.get(&row[0]) {
            truth[*unit as usize] = parse(&row[1]);
        }
    }
    let table = Markings::new(
        lengths,
        workers.0.len() as u32,
        kinds.0.len() as u32,
        markings,
    );
    let table = table.expect("valid");
    let found = span::infer(&table);
    let vote = strict(&span::majority(&table), &truth);
    let inferred = strict(&found, &truth);
    println!(
        "strict F1: vote {vote:.4}, inferred {inferred:.4}, {} rounds",
        found.iterations
    );
    assert!(inferred >= 0.75, "{inferred}");
    assert!(inferred > vote + 0.05, "{vote}");
}

#[test]
fn bounding_boxes() {
    let Some(answers) = rows("boxes", "answers.csv") else {
        return;
    };
    let gold = rows("boxes", "gold.csv").expect("gold beside answers");
    let (mut units, mut workers) = (Names::default(), Names::default());
    let parse = |text: &str| {
        let boxes: Vec<[f64; 4]> = serde_json::from_str(text).expect("boxes");
        let region = |corners| Region { corners, kind: 0 };
        boxes.into_iter().map(region).collect::<Vec<_>>()
    };
    let drawing = |row: &Vec<String>| Drawing {
        unit: units.id(&row[0]),
        worker: workers.id(&row[1]),
        regions: parse(&row[2]),
    };
    let drawings: Vec<Drawing> = answers.iter().map(drawing).collect();
    let mut truth = vec![Vec::new(); units.0.len()];
    for row in &gold {
        truth[units.0[&row[0]] as usize] = parse(&row[1]);
    }
    let (units, workers) = (units.0.len() as u32, workers.0.len() as u32);
    let table = Drawings::new(units, workers, drawings).expect("valid");
    let score = |found: &region::Regions| {
        let (mut hits, mut all, mut expected) = (0, 0, 0);
        for (found, truth) in found.units.iter().zip(&truth) {
            let found: Vec<_> = found.iter().flatten().map(|found| found.region).collect();
            hits += matches(&found, truth);
            all += found.len();
            expected += truth.len();
        }
        f1((hits, all, expected))
    };
    let vote = score(&region::vote(&table, 340_000).expect("in range"));
    let inferred = score(&region::infer(&table));
    println!("F1 at half overlap: vote of a third {vote:.4}, inferred {inferred:.4}");
    assert!(inferred >= 0.76, "{inferred}");
    assert!(inferred > vote, "{vote}");
}

/// Pairs of boxes that overlap by half, each box once, the largest overlap first.
fn matches(found: &[Region], truth: &[Region]) -> usize {
    let mut pairs = Vec::new();
    for (one, found) in found.iter().enumerate() {
        for (other, truth) in truth.iter().enumerate() {
            pairs.push((region::overlap(found, truth), one, other));
        }
    }
    pairs.retain(|pair| pair.0 >= 0.5);
    pairs.sort_by(|a, b| b.0.total_cmp(&a.0));
    let (mut used, mut met) = (vec![false; found.len()], vec![false; truth.len()]);
    let mut count = 0;
    for (_, one, other) in pairs {
        if !used[one] && !met[other] {
            (used[one], met[other]) = (true, true);
            count += 1;
        }
    }
    count
}

/// F1 of exact spans.
fn strict(found: &span::Spans, truth: &[Vec<Span>]) -> f64 {
    let (mut hits, mut all, mut expected) = (0, 0, 0);
    for (found, truth) in found.units.iter().zip(truth) {
        let found = found.as_ref().expect("marked");
        let hit = |found: &&span::Found| truth.contains(&found.span);
        hits += found.iter().filter(hit).count();
        all += found.len();
        expected += truth.len();
    }
    f1((hits, all, expected))
}

/// Readings and gold of a numeric set, of all tasks or of one hundred after another.
fn numeric(set: &str, hundred: Option<u32>) -> Option<(Readings, Vec<Option<f64>>)> {
    let (mut units, mut workers, mut readings) = (Names::default(), Names::default(), Vec::new());
    for row in rows(set, "answers.csv")? {
        let task: u32 = row[0].parse().expect("a number");
        if hundred.is_none_or(|hundred| (task - 1) / 100 == hundred) {
            readings.push(Reading {
                unit: units.id(&row[0]),
                worker: workers.id(&row[1]),
                value: row[2].parse().expect("a number"),
            });
        }
    }
    let mut gold = vec![None; units.0.len()];
    for row in rows(set, "gold.csv").expect("gold beside answers") {
        if let Some(unit) = units.0.get(&row[0]) {
            gold[*unit as usize] = Some(row[1].parse().expect("a number"));
        }
    }
    let (units, workers) = (units.0.len() as u32, workers.0.len() as u32);
    Some((
        Readings::new(units, workers, readings).expect("valid"),
        gold,
    ))
}

fn rmse(found: &Estimate, gold: &[Option<f64>]) -> f64 {
    let both = found.values.iter().zip(gold);
    let squares = both.filter_map(|(found, gold)| Some((found.as_ref()? - gold.as_ref()?).powi(2)));
    let squares: Vec<f64> = squares.collect();
    (squares.iter().sum::<f64>() / squares.len() as f64).sqrt()
}

#[test]
fn numbers() {
    let hundreds = (0..7).map(|hundred| ("emotion_numeric", Some(hundred)));
    let sets = [("emotion_numeric", None), ("numeric_anger", None)];
    let mut precise = 0;
    for (set, hundred) in sets.into_iter().chain(hundreds) {
        let Some((readings, gold)) = numeric(set, hundred) else {
            return;
        };
        let found = number::choose(&readings);
        let scores = [
            rmse(&number::mean(&readings), &gold),
            rmse(&number::median(&readings), &gold),
            rmse(&number::precision(&readings), &gold),
            rmse(&found, &gold),
        ];
        println!("{set} {hundred:?}: mean, median, precision, chosen {scores:.2?}");
        assert!(scores[3] <= scores[0], "never worse than the mean here");
        assert!(scores[3] < scores[1], "{set} {hundred:?}");
        precise += u32::from(found.method == Method::Precision);
    }
    assert!(precise > 0, "the choice is one");
}

#[test]
fn translations() {
    let Some(answers) = rows("text_crowdwsa_t1", "answers.csv") else {
        return;
    };
    let gold = rows("text_crowdwsa_t1", "gold.csv").expect("gold beside answers");
    let (mut units, mut workers) = (Names::default(), Names::default());
    let writing = |row: &Vec<String>| Writing {
        unit: units.id(&row[0]),
        worker: workers.id(&row[1]),
        text: row[2].clone(),
    };
    let writings: Vec<Writing> = answers.iter().map(writing).collect();
    let truth: BTreeMap<u32, Vec<String>> = gold
        .iter()
        .map(|row| (units.0[&row[0]], text::tokens(&row[1])))
        .collect();
    let mean = |score: &dyn Fn(u32, &[String]) -> f64| {
        let scores = truth.iter().map(|(unit, truth)| score(*unit, truth));
        scores.sum::<f64>() / truth.len() as f64
    };
    let single = mean(&|unit, truth| {
        let own = writings.iter().filter(|row| row.unit == unit);
        let scores: Vec<f64> = own
            .map(|row| gleu(&text::tokens(&row.text), truth))
            .collect();
        scores.iter().sum::<f64>() / scores.len() as f64
    });
    let (units, workers) = (units.0.len() as u32, workers.0.len() as u32);
    let table = Writings::new(units, workers, writings.clone()).expect("valid");
    let (medoid, rover) = (text::medoid(&table), text::rover(&table));
    let score = |found: &text::Texts| {
        mean(&|unit, truth| {
            gleu(
                &text::tokens(found.texts[unit as usize].as_ref().expect("written")),
                truth,
            )
        })
    };
    let (medoid, rover) = (score(&medoid), score(&rover));
    println!("GLEU: mean of single texts {single:.4}, medoid {medoid:.4}, ROVER {rover:.4}");
    assert!(medoid > single + 0.02 && rover > single + 0.02);
}

/// Sentence GLEU (Wu et al. 2016): the lesser of precision and recall of runs of 1 to 4 tokens.
fn gleu(found: &[String], truth: &[String]) -> f64 {
    let grams = |tokens: &[String]| {
        let mut counts = BTreeMap::new();
        for length in 1..=4 {
            for gram in tokens.windows(length) {
                *counts.entry(gram.to_vec()).or_insert(0_usize) += 1;
            }
        }
        counts
    };
    let (found, truth) = (grams(found), grams(truth));
    let hits: usize = found
        .iter()
        .map(|(gram, n)| *n.min(truth.get(gram).unwrap_or(&0)))
        .sum();
    let most = found.values().sum::<usize>().max(truth.values().sum());
    hits as f64 / most.max(1) as f64
}
