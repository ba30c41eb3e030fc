//! Label Studio: our export read back, and tasks as others write them.

use std::io::Cursor;

use exchange::studio::{CompletedBy, Project, TaskWriter};
use exchange::{
    Annotations, Decision, Fault, Label, Labelled, Outcome, Preferred, Question, Reader, Review,
    Row, Source, Studio,
};
use proptest::prelude::*;
use table::{Error, Format, Rows};

use crate::labelled::{form, labelled};

pub fn read(text: &str, source: Source) -> (Vec<Row>, Result<Outcome, Error>) {
    let input = Box::new(Cursor::new(text.to_owned()));
    let rows = Rows::read("t.json", input, Some(Format::Json), 1 << 20).unwrap();
    let mut reader = Reader::over(rows, source).unwrap();
    let taken = reader.by_ref().filter_map(Result::ok).collect();
    (taken, reader.finish())
}

fn tasks(text: &str, annotations: Annotations) -> (Vec<Row>, Outcome) {
    let studio = Studio {
        annotations,
        ..Studio::default()
    };
    let (rows, outcome) = read(text, Source::Studio(studio));
    (rows, outcome.unwrap())
}

fn written(units: &[Labelled], question: &Question, completed_by: CompletedBy) -> String {
    let project = Project {
        form: form(question.clone()),
        number: 7,
        model: "headwater-ds@1".to_owned(),
        exported_at: "2026-02-28T00:00:00Z".to_owned(),
        completed_by,
    };
    let mut writer = TaskWriter::new(Vec::new(), project);
    for unit in units {
        writer.write(unit).unwrap();
    }
    String::from_utf8(writer.finish().unwrap()).unwrap()
}

proptest! {
    #[test]
    fn an_export_comes_back((question, units) in labelled()) {
        let text = written(&units, &question, CompletedBy::Named);
        let answers: usize = units.iter().map(|unit| unit.answers.len()).sum();
        prop_assert_eq!(text.matches("\"ground_truth\":false").count(), answers);
        let studio = Studio {
            annotations: Annotations::Answers,
            multiple: matches!(question, Question::Choices(_)),
            ..Studio::default()
        };
        let (rows, outcome) = read(&text, Source::Studio(studio));
        let outcome = outcome.unwrap();
        prop_assert_eq!(outcome.taken, units.len() as u64, "{:?}", outcome.faults);
        prop_assert_eq!(outcome.unread, 0);
        for (row, unit) in rows.iter().zip(&units) {
            prop_assert_eq!(&row.unit.name, &unit.unit.name);
            prop_assert_eq!(row.unit.payload(), unit.unit.payload());
            prop_assert_eq!(row.answers.len(), unit.answers.len());
            for (read, given) in row.answers.iter().zip(&unit.answers) {
                let number = given.contributor.parse::<u64>().is_ok();
                prop_assert!(read.contributor == given.contributor || number);
                prop_assert_eq!(&read.label, &given.label);
                prop_assert_eq!(read.lead_time_ms, given.lead_time_ms);
                let at = given.created_at.as_deref().unwrap_or("2026-02-28T00:00:00Z");
                prop_assert_eq!(read.created_at.as_deref(), Some(at));
                prop_assert_eq!(read.reviews.len(), given.reviews.len());
                for (read, given) in read.reviews.iter().zip(&given.reviews) {
                    let at = given.created_at.as_deref().unwrap_or("2026-02-28T00:00:00Z");
                    let dated = Review { created_at: Some(at.to_owned()), ..given.clone() };
                    prop_assert_eq!(read, &dated);
                }
            }
            let best = unit.labels.first();
            let found = row.predictions.first();
            prop_assert_eq!(found.map(|it| &it.label), best.map(|it| &it.label));
            prop_assert_eq!(found.and_then(|it| it.score), best.map(|it| it.probability()));
        }
    }
}

/// A task as Label Studio exports it, with what we do not read left in.
const TASK: &str = r#"{"id": 12, "data": {"text": "hello", "n": 3}, "meta": {},
 "annotations": [
  {"id": 1, "completed_by": {"id": 4, "email": "ann@example.org"}, "was_cancelled": false,
   "ground_truth": true, "lead_time": 2.5, "created_at": "2026-01-02T03:04:05Z",
   "result": [{"id": "x", "from_name": "topic", "to_name": "text", "type": "choices",
               "origin": "manual", "value": {"choices": ["greeting"]}}]},
  {"id": 2, "completed_by": 5, "was_cancelled": true, "result": []},
  {"id": 3, "completed_by": 6, "result": [{"type": "labels", "from_name": "ner",
   "value": {"start": 0, "end": 5, "labels": ["X"]}}]}],
 "predictions": [{"model_version": "m1", "score": 0.75,
   "result": [{"from_name": "topic", "to_name": "text", "type": "choices",
               "value": {"choices": ["other"]}}]}, 17],
 "total_annotations": 1, "drafts": []}"#;

#[test]
fn what_annotations_are_is_the_users_choice() {
    let text = format!("[{TASK}]");
    let greeting = Label::Choice("greeting".to_owned());
    let (rows, outcome) = tasks(&text, Annotations::Answers);
    let row = &rows[0];
    assert_eq!((row.unit.name.as_str(), row.gold.as_ref()), ("12", None));
    assert_eq!(row.unit.payload(), r#"{"n":3,"text":"hello"}"#);
    assert_eq!(row.answers.len(), 1);
    assert_eq!(row.answers[0].label, greeting);
    assert_eq!(row.answers[0].contributor, "ann@example.org");
    assert_eq!(row.answers[0].lead_time_ms, Some(2_500));
    assert_eq!(row.predictions[0].model.as_deref(), Some("m1"));
    assert_eq!((outcome.cancelled, outcome.unread), (1, 2));
    let (rows, _) = tasks(&text, Annotations::Gold);
    assert_eq!(rows[0].gold, Some(greeting.clone()));
    assert!(rows[0].answers.is_empty());
    let (rows, _) = tasks(&text, Annotations::Predictions);
    assert_eq!(rows[0].predictions[0].label, greeting);
    assert_eq!(rows[0].predictions.len(), 2);
    let (rows, _) = tasks(&text, Annotations::Ignore);
    assert!(rows[0].predictions.is_empty() && rows[0].answers.is_empty());
}

#[test]
fn reviews_of_label_studio_are_read() {
    let task = r#"[{"data": {"t": 1}, "annotations": [{"id": 5, "completed_by": 4,
        "last_action": "fixed_and_accepted",
        "result": [{"from_name": "c", "type": "choices", "value": {"choices": ["x"]}}],
        "reviews": [
            {"id": 1, "accepted": false, "created_by": {"id": 9, "email": "rae@example.org"},
             "created_at": "2026-01-02T03:04:05Z", "comment": "no"},
            {"id": 2, "accepted": true, "created_by": 9, "fixed_annotation_history": 31},
            {"id": 3, "accepted": true, "fixed_annotation_history": null},
            {"id": 4, "accepted": null},
            {"id": 5, "accepted": true, "result": [
                {"from_name": "c", "type": "choices", "value": {"choices": ["y"]}}]}]}]}]"#;
    let (rows, _) = tasks(task, Annotations::Answers);
    let label = |class: &str| Label::Choice(class.to_owned());
    let review = |reviewer: &str, decision, comment: &str, at: Option<&str>| Review {
        reviewer: reviewer.to_owned(),
        decision,
        comment: comment.to_owned(),
        created_at: at.map(str::to_owned),
    };
    let at = Some("2026-01-02T03:04:05Z");
    let expected = [
        review("rae@example.org", Decision::Rejected, "no", at),
        review("9", Decision::Fixed(label("x")), "", None),
        review("review 3", Decision::Accepted, "", None),
        review("review 5", Decision::Fixed(label("y")), "", None),
    ];
    assert_eq!(rows[0].answers[0].reviews, expected);
    let broken = task.replace("\"reviews\": [", "\"reviews\": 7, \"more\": [");
    let (_, outcome) = tasks(&broken, Annotations::Answers);
    assert!(outcome.faults[0].what.contains("reviews are not a list"));
}

#[test]
fn what_reviewers_say_last_is_what_is_known() {
    let task = |more: &str| {
        let own = r#"{"from_name": "c", "type": "choices", "value": {"choices": ["x"]}}"#;
        let text =
            format!(r#"[{{"data": {{"t": 1}}, "annotations": [{{"result": [{own}], {more}}}]}}]"#);
        let (rows, outcome) = tasks(&text, Annotations::Gold);
        (rows[0].gold.clone(), outcome.rejected)
    };
    let y = r#"{"accepted": true, "result": [
        {"from_name": "c", "type": "choices", "value": {"choices": ["y"]}}]}"#;
    let (no, yes) = (r#"{"accepted": false}"#, r#"{"accepted": true}"#);
    let known = |class: &str| (Some(Label::Choice(class.to_owned())), 0);
    assert_eq!(task(r#""last_action": "accepted""#), known("x"));
    assert_eq!(task(&format!(r#""reviews": [{no}, {yes}]"#)), known("x"));
    assert_eq!(task(&format!(r#""reviews": [{no}, {y}]"#)), known("y"));
    assert_eq!(task(&format!(r#""reviews": [{y}, {no}]"#)), (None, 1));
    assert_eq!(task(r#""last_action": "rejected""#), (None, 1));
    let fixed = format!(r#""last_action": "fixed_and_accepted", "reviews": [{y}]"#);
    assert_eq!(task(&fixed), known("y"));
    let newer = format!(r#""last_action": "updated", "reviews": [{no}]"#);
    assert_eq!(task(&newer), known("x"), "its author has changed it since");
}

#[test]
fn bare_tasks_and_plain_objects_are_units() {
    let text = "{\"data\": {\"text\": \"a\"}}\n{\"text\": \"b\"}\n{\"data\": \"c\"}\n";
    let (rows, outcome) = tasks(text, Annotations::Answers);
    let payloads: Vec<String> = rows.iter().map(|row| row.unit.payload()).collect();
    assert_eq!(
        payloads,
        [r#"{"text":"a"}"#, r#"{"text":"b"}"#, r#"{"data":"c"}"#]
    );
    let names: Vec<&str> = rows.iter().map(|row| row.unit.name.as_str()).collect();
    assert_eq!((names, outcome.refused), (vec!["1", "2", "3"], 0));
}

/// What is said of a task with these annotations.
fn refused(result: &str, annotations: Annotations) -> Vec<Fault> {
    let text = format!("[{{\"id\": 1, \"data\": {{\"t\": 1}}, \"annotations\": {result}}}]");
    tasks(&text, annotations).1.faults
}

#[test]
fn tasks_that_cannot_be_used_say_why() {
    let region = |name: &str, value: &str| {
        format!("{{\"from_name\": \"{name}\", \"type\": \"choices\", \"value\": {value}}}")
    };
    let one = |class: &str| format!("{{\"choices\": [\"{class}\"]}}");
    let annotation = |regions: &[String]| format!("{{\"result\": [{}]}}", regions.join(","));
    let differ = format!(
        "[{},{}]",
        annotation(&[region("c", &one("x"))]),
        annotation(&[region("c", &one("y"))])
    );
    assert!(
        refused(&differ, Annotations::Gold)[0]
            .what
            .contains("the annotations differ")
    );
    assert!(refused(&differ, Annotations::Answers).is_empty());
    let cases = [
        ("3".to_owned(), "it is not a list"),
        ("[3]".to_owned(), "an element that is no object"),
        ("[{\"result\": {}}]".to_owned(), "a result is not a list"),
        (
            format!(
                "[{}]",
                annotation(&[region("c", &one("x")), region("d", &one("y"))])
            ),
            "there are the controls `c` and `d`",
        ),
        (
            format!(
                "[{}]",
                annotation(&[region("c", "{\"choices\": [\"x\", \"y\"]}")])
            ),
            "there are several choices where one is expected",
        ),
        (
            format!("[{}]", annotation(&[region("c", "{\"choices\": [1]}")])),
            "`choices` has what is no text",
        ),
        (
            format!("[{}]", annotation(&[region("c", "{}")])),
            "a region lacks its `choices`",
        ),
    ];
    for (annotations, expected) in cases {
        let faults = refused(&annotations, Annotations::Answers);
        assert!(faults[0].what.contains(expected), "{}", faults[0].what);
        assert_eq!(faults[0].column.as_deref(), Some("annotations"));
    }
}

#[test]
fn a_control_can_be_named_and_sets_be_read() {
    let text = r#"[{"data": {"t": 1}, "annotations": [{"result": [
        {"from_name": "c", "type": "choices", "value": {"choices": ["x", "y"]}},
        {"from_name": "stars", "type": "rating", "value": {"rating": 4}},
        {"from_name": "why", "type": "textarea", "value": {"text": ["one", "two"]}}]}]}]"#;
    let label = |control: &str| {
        let studio = Studio {
            annotations: Annotations::Answers,
            control: Some(control.to_owned()),
            multiple: true,
            ..Studio::default()
        };
        let (rows, _) = read(text, Source::Studio(studio));
        rows[0].answers[0].label.clone()
    };
    assert_eq!(
        label("c"),
        Label::Choices(vec!["x".to_owned(), "y".to_owned()])
    );
    assert_eq!(label("stars"), Label::Rating(4));
    assert_eq!(label("why"), Label::Text("one\ntwo".to_owned()));
}

#[test]
fn authors_may_be_left_out_and_kinds_must_fit() {
    let unit = Labelled {
        unit: exchange::Unit {
            name: "u".to_owned(),
            fields: vec![("a".to_owned(), "x".into())],
        },
        labels: vec![],
        answers: vec![exchange::Answer {
            contributor: "007".to_owned(),
            label: Label::Pair {
                preferred: Preferred::Tie,
                reasons: vec![],
            },
            lead_time_ms: None,
            created_at: None,
            reviews: vec![Review {
                reviewer: "8".to_owned(),
                decision: Decision::Rejected,
                comment: String::new(),
                created_at: None,
            }],
        }],
    };
    let question = Question::Pair(vec![]);
    let named = written(std::slice::from_ref(&unit), &question, CompletedBy::Named);
    assert!(
        named.contains(r#""completed_by":{"email":"007"}"#),
        "{named}"
    );
    let absent = written(std::slice::from_ref(&unit), &question, CompletedBy::Absent);
    assert!(!absent.contains("completed_by"), "{absent}");
    assert!(named.contains(r#""created_by":{"id":8}"#), "{named}");
    assert!(!absent.contains("created_by"), "{absent}");
    assert!(absent.contains(r#""last_action":"rejected""#), "{absent}");
    let project = Project {
        form: form(Question::Text),
        number: 1,
        model: String::new(),
        exported_at: String::new(),
        completed_by: CompletedBy::Absent,
    };
    let error = TaskWriter::new(Vec::new(), project)
        .write(&unit)
        .unwrap_err();
    let why = std::error::Error::source(&error).unwrap().to_string();
    assert!(why.contains("another kind"), "{why}");
}
