//! Structured answers on real data: scores against gold, beside those of simpler rules.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use quality::number::{self, Estimate, Method, Reading, Readings};
use quality::span::{self, Marking, Markings, Span};

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
    let score = |found: &span::Spans| {
        let (mut hits, mut all, mut expected) = (0, 0, 0);
        for (found, truth) in found.units.iter().zip(&truth) {
            let found = found.as_ref().expect("marked");
            hits += found
                .iter()
                .filter(|found| truth.contains(&found.span))
                .count();
            all += found.len();
            expected += truth.len();
        }
        f1((hits, all, expected))
    };
    let found = span::infer(&table);
    let (vote, inferred) = (score(&span::majority(&table)), score(&found));
    println!(
        "strict F1: vote {vote:.4}, inferred {inferred:.4}, {} rounds",
        found.iterations
    );
    assert!(inferred >= 0.75, "{inferred}");
    assert!(inferred > vote + 0.05, "{vote}");
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
