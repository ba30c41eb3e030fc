//! The public crowd data sets, by the counts in their PROVENANCE.md.

use super::super::{Dataset, Repeats, Request, Warning, read};
use std::path::{Path, PathBuf};

fn folder() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/crowd");
    if !folder.is_dir() {
        eprintln!("skipped: there are no public crowd data sets at ../shared/data/crowd");
        return None;
    }
    Some(folder)
}

fn load(folder: &Path, name: &str, repeats: Repeats) -> Dataset {
    let folder = folder.join(name);
    let gold = folder.join("gold.csv");
    let answers = &folder.join("answers.csv");
    let request = Request {
        answers,
        gold: Some(&gold),
        repeats,
        classes: None,
    };
    read(&request).unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn every_set_has_the_counts_of_its_provenance() {
    let Some(folder) = folder() else { return };
    for (name, [units, workers, answers, gold], classes) in [
        ("rte", [800, 164, 8_000, 800], &["0", "1"][..]),
        ("temp", [462, 76, 4_620, 462], &["1", "2"]),
        ("duck_bluebird", [108, 39, 4_212, 108], &["0", "1"]),
        ("product", [8_315, 176, 24_945, 8_315], &["0", "1"]),
        ("dog", [807, 109, 8_070, 807], &["0", "1", "2", "3"]),
        ("adult2", [11_040, 825, 92_721, 333], &["G", "P", "R", "X"]),
    ] {
        let set = load(&folder, name, Repeats::Keep);
        let counts = [
            set.units.len(),
            set.workers.len(),
            set.answers.len(),
            set.gold_units().count(),
        ];
        assert_eq!(counts, [units, workers, answers, gold], "{name}");
        assert_eq!(set.name, name);
        assert_eq!(set.classes, classes);
        assert_eq!(
            set.warnings.is_empty(),
            name != "adult2",
            "{name}: {:?}",
            set.warnings
        );
    }
}

#[test]
fn adult2_repeats_answers_and_has_gold_for_unknown_tasks() {
    let Some(folder) = folder() else { return };
    let unmatched = Warning::UnmatchedGold {
        unmatched: 1_184,
        rows: 1_517,
    };
    for (repeats, kept, answers) in [
        (Repeats::Keep, true, 92_721),
        (Repeats::Last, false, 89_799),
    ] {
        let set = load(&folder, "adult2", repeats);
        let repeated = Warning::RepeatedAnswers { rows: 2_922, kept };
        assert_eq!(set.warnings, [repeated, unmatched.clone()]);
        assert_eq!(set.answers.len(), answers);
    }
}
