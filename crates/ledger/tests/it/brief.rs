//! What contributors are asked, and the texts that they write beside their answers.

use crate::kit::{ppm, salt};
use crate::script::play;
use protocol::brief::{Brief, Kind};
use protocol::document::{AnswerOpening, Unit, Units};
use protocol::{Command, Rejection, codec};

type Outcome = Result<(), Rejection>;

#[test]
fn a_text_is_sealed_with_its_answer() {
    let (mut world, _) =
        play("join ann req\ndeposit req 1000\ncampaign req fund=1 gold=0\nround 0");
    let opening = |unit: u32, text: &str| AnswerOpening {
        unit,
        label: 0,
        salt: salt(unit as usize),
        text: Some(text.to_owned()),
    };
    let openings = vec![opening(0, "a short summary"), opening(1, "")];
    world.seal_all("ann", 0, openings).unwrap();
    let place = (world.state.size - 1, 0);
    world
        .undo("ann", 0, place, (0, 0), Some("a better one"))
        .unwrap();
    let right = world.openings(0, "");
    let said = |at: usize, text: Option<&str>| {
        let mut openings = right.clone();
        openings.answers[at].as_mut().unwrap().text = text.map(String::from);
        openings
    };
    for (at, text) in [
        (0, Some("a short summary")),
        (0, Some("a better one ")),
        (0, Some("")),
        (0, None),
        (1, None),
        (1, Some("words")),
    ] {
        let refused = world.close_with(&said(at, text));
        assert_eq!(refused, Err(Rejection::OpeningMismatch), "{text:?}");
    }
    assert_eq!(world.close_with(&said(0, Some("a better one"))), Ok(()));
    let given = world.state.campaigns[0]
        .answers
        .iter()
        .map(|it| it.opened.given);
    assert!(
        given.eq([Some((0, 0)), Some((1, 0))]),
        "answers with a text count"
    );
}

/// Opens a campaign of so many units and classes, its gold share in ppm, with a brief.
fn briefed(brief: Brief, unit_count: u32, classes: usize, gold: u32) -> Outcome {
    let (mut world, _) = play("join req\ndeposit req 1000");
    let mut spec = world.spec(1, unit_count);
    let row = |number| Unit {
        name: format!("task {number}"),
        text: None,
    };
    let units = Units {
        rows: (0..unit_count).map(row).collect(),
        brief: Some(brief),
    };
    spec.units = world.shelf.put(codec::encode(&units));
    spec.classes = (0..classes).map(|class| format!("class {class}")).collect();
    spec.rule.gold_share = ppm(gold);
    world.ask("req", Command::OpenCampaign(spec))
}

#[test]
fn a_brief_that_does_not_fit_is_a_bad_document() {
    let bad = Err(Rejection::BadDocument);
    let brief = |kind, options: &[&str]| Brief {
        kind,
        instructions: "choose".into(),
        examples: Vec::new(),
        reasons: Vec::new(),
        options: options.iter().map(|it| (*it).to_owned()).collect(),
    };
    let choices = |options: &[&str], units, classes| {
        briefed(brief(Kind::Choices, options), units, classes, 500_000)
    };
    assert_eq!(choices(&["billing", "login", "other"], 21, 2), Ok(()));
    assert_eq!(choices(&["billing", "login", "other"], 20, 2), bad);
    assert_eq!(choices(&["billing", "login", "other"], 21, 3), bad);
    assert_eq!(choices(&["billing", "billing", "other"], 21, 2), bad);
    assert_eq!(choices(&["billing"], 21, 2), bad);
    assert_eq!(choices(&[], 21, 2), bad);
    for kind in [Kind::Choice, Kind::Rating, Kind::Comparison] {
        assert_eq!(briefed(brief(kind, &[]), 20, 5, 500_000), Ok(()));
        assert_eq!(briefed(brief(kind, &["one", "two"]), 20, 5, 500_000), bad);
    }
    assert_eq!(briefed(brief(Kind::Text, &[]), 20, 2, 0), Ok(()));
    assert_eq!(briefed(brief(Kind::Text, &[]), 20, 2, 1), bad);
    assert_eq!(briefed(brief(Kind::Text, &[]), 20, 3, 0), bad);
    assert_eq!(briefed(brief(Kind::Text, &["one"]), 20, 2, 0), bad);
}

#[test]
fn several_choices_are_labelled_option_by_option() {
    let (mut world, _) = play("join ann bob req\ndeposit req 1000");
    let options = ["billing", "login", "other"].map(String::from).to_vec();
    let brief = Brief {
        kind: Kind::Choices,
        instructions: "tick all that applies".into(),
        examples: Vec::new(),
        reasons: Vec::new(),
        options,
    };
    let rows = (0..6).map(|unit| Unit {
        name: format!("task {} option {}", unit / 3, unit % 3),
        text: Some("{\"message\":\"my card was charged twice\"}".into()),
    });
    let units = Units {
        rows: rows.collect(),
        brief: Some(brief.clone()),
    };
    let mut spec = world.spec(1, 6);
    spec.units = world.shelf.put(codec::encode(&units));
    spec.rule.gold_share = ppm(0);
    spec.overlap = 2;
    world.does("req", Command::OpenCampaign(spec));
    world.round(0, &[None; 6]).unwrap();
    let ticked = [[1, 0, 1], [0, 1, 0]].concat();
    for name in ["ann", "bob"] {
        let answers: Vec<_> = (0..).zip(ticked.iter().copied()).collect();
        world.seal(name, 0, &answers).unwrap();
    }
    world.open_seals(0, "").unwrap();
    let scores = world.scores(0, true);
    world.post_scores(0, &scores, true).unwrap();
    let labels: Vec<_> = world.state.campaigns[0]
        .units
        .iter()
        .map(|it| it.label)
        .collect();
    assert_eq!(labels, ticked.iter().copied().map(Some).collect::<Vec<_>>());
    let tasks = labels.chunks(brief.units_per_task() as usize);
    assert_eq!(tasks.len(), 2);
    assert_eq!((world.earned("ann", 0), world.earned("bob", 0)), (60, 60));
}
