//! Equality with crowd-kit 1.4.2 on made-up tables, as recorded in `vectors/peers.json`.

use quality::mace::{Model, mace_from};
use quality::{Answer, Answers, Consensus, Variant, Vote};
use serde_json::Value;

/// Every table of the vectors, with the record it came from.
fn each(check: impl Fn(&str, &Answers, &Value)) {
    let text = include_str!("../../../../vectors/peers.json");
    let vectors: Value = serde_json::from_str(text).expect("json");
    let tables = vectors["tables"].as_array().expect("a list");
    assert_eq!(tables.len(), 3);
    for table in tables {
        let row = |row: &Value| {
            let cell = |at: usize| row[at].as_u64().expect("a number") as u32;
            Answer {
                unit: cell(0),
                worker: cell(1),
                label: cell(2),
            }
        };
        let rows: Vec<Answer> = table["rows"]
            .as_array()
            .expect("rows")
            .iter()
            .map(row)
            .collect();
        let units = rows.iter().map(|row| row.unit + 1).max().expect("rows");
        let workers = rows.iter().map(|row| row.worker + 1).max().expect("rows");
        let classes = table["classes"].as_u64().expect("a number") as u32;
        let answers = Answers::new(units, workers, classes, rows).expect("in bounds");
        check(table["name"].as_str().expect("a name"), &answers, table);
    }
}

fn numbers(list: &Value) -> Vec<f64> {
    let list = list.as_array().expect("a list");
    list.iter()
        .map(|it| it.as_f64().expect("a number"))
        .collect()
}

fn close(what: &str, found: impl IntoIterator<Item = f64>, expected: &Value, tolerance: f64) {
    let (found, expected): (Vec<f64>, _) = (found.into_iter().collect(), numbers(expected));
    assert_eq!(found.len(), expected.len(), "{what}");
    for (at, (found, expected)) in found.iter().zip(&expected).enumerate() {
        let gap = (found - expected).abs();
        assert!(gap <= tolerance, "{what}, {at}: {found}, not {expected}");
    }
}

fn cells(answers: &Answers, found: &Consensus) -> Vec<f64> {
    let rows = (0..answers.units()).flat_map(|unit| found.posterior(unit));
    rows.copied().collect()
}

fn same_vote(what: &str, answers: &Answers, found: &Vote, expected: &Value) {
    let posteriors = cells(answers, &found.consensus);
    close(what, posteriors, &expected["posteriors"], 1e-11);
    let skills = found.skills.iter().map(|skill| skill.expect("all answer"));
    close(what, skills, &expected["skills"], 1e-11);
}

#[test]
fn votes_are_equal() {
    each(|name, answers, expected| {
        let weights = numbers(&expected["weights"]);
        let weighted = quality::weighted(answers, &weights).expect("valid");
        same_vote(name, answers, &weighted, &expected["weighted"]);
        let plain = quality::weighted(answers, &vec![1.0; weights.len()]).expect("valid");
        same_vote(name, answers, &plain, &expected["majority"]);
        assert_eq!(plain.consensus, quality::majority(answers), "{name}");
        same_vote(name, answers, &quality::wawa(answers), &expected["wawa"]);
        let zero = quality::zero_based_skill(answers);
        same_vote(name, answers, &zero, &expected["zero_based_skill"]);
    });
}

#[test]
fn dawid_skene_and_one_coin_are_equal() {
    each(|name, answers, expected| {
        let none = vec![None; answers.units() as usize];
        let found = quality::dawid_skene(answers, &none, Variant::Crowdkit).expect("valid");
        let known = &expected["dawid_skene"];
        assert_eq!(known["iterations"], found.consensus.iterations, "{name}");
        close(
            name,
            cells(answers, &found.consensus),
            &known["posteriors"],
            1e-9,
        );
        let found = quality::one_coin(answers);
        let known = &expected["one_coin"];
        assert_eq!(known["iterations"], found.consensus.iterations, "{name}");
        close(
            name,
            cells(answers, &found.consensus),
            &known["posteriors"],
            1e-9,
        );
        let skills = found.skills.iter().map(|skill| skill.expect("all answer"));
        close(name, skills, &known["skills"], 1e-9);
    });
}

#[test]
fn mace_from_the_same_start_is_equal() {
    each(|name, answers, expected| {
        let known = &expected["mace"];
        let pair = |pair: &Value| {
            let pair = numbers(pair);
            [pair[0], pair[1]]
        };
        let pairs = |list: &Value| list.as_array().expect("a list").iter().map(pair).collect();
        let start = Model {
            knows: pairs(&known["start_knows"]),
            strategies: numbers(&known["start_strategies"]),
        };
        let found = mace_from(answers, start).expect("valid");
        close(
            name,
            cells(answers, &found.consensus),
            &known["posteriors"],
            1e-6,
        );
        let expected: Vec<[f64; 2]> = pairs(&known["knows"]);
        let gaps = found
            .model
            .knows
            .iter()
            .flatten()
            .zip(expected.iter().flatten());
        assert!(gaps.clone().count() > 20);
        gaps.for_each(|(found, expected)| assert!((found - expected).abs() < 1e-6, "{name}"));
    });
}

#[test]
fn glad_agrees_and_climbs_at_least_as_high() {
    each(|name, answers, expected| {
        let found = quality::glad(answers);
        let known = &expected["glad"];
        let labels = known["labels"].as_array().expect("a list");
        let same = labels.iter().zip(found.consensus.labels());
        let same = same
            .filter(|(known, found)| known.as_u64() == found.map(u64::from))
            .count();
        assert!(
            same * 100 >= labels.len() * 99,
            "{name}: {same} of {}",
            labels.len()
        );
        let peer = known["objective"].as_f64().expect("a number");
        assert!(
            found.objective >= peer - 1e-6 * peer.abs(),
            "{name}: {found:?}, not {peer}"
        );
    });
}

#[test]
fn kos_agrees() {
    each(|name, answers, expected| {
        if answers.classes() != 2 {
            assert!(quality::kos(answers, 0).is_err());
            return;
        }
        let found = quality::kos(answers, 0).expect("binary");
        let labels = expected["kos"]["labels"].as_array().expect("a list");
        for (known, found) in labels.iter().zip(found.labels()) {
            assert_eq!(known.as_u64(), found.map(u64::from), "{name}");
        }
    });
}
