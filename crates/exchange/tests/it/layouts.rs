//! Records of every layout in every format: what they hold, and that they come back.

use std::io::Cursor;

use exchange::layout::{Judged, Texts, Turns};
use exchange::{
    Estimate, Exporter, Format, Label, Labelled, Layout, Mapping, Preferred, Question, Stamp,
    Tally, Unit,
};
use proptest::prelude::*;
use serde_json::{Value as Json, json};
use table::{Rows, Schema};

use crate::labelled::labelled;

fn stamp() -> Stamp {
    Stamp {
        licence: Some("CC-BY-4.0".to_owned()),
        asset: None,
    }
}

/// The file and that of ties.
fn export(layout: &Layout, format: Format, units: &[Labelled]) -> (Tally, Vec<u8>, String) {
    let (out, ties) = (Vec::new(), Some(Vec::new()));
    let mut exporter = Exporter::new(layout.clone(), stamp(), format, out, ties).unwrap();
    for unit in units {
        exporter.write(unit).unwrap();
    }
    let (tally, out, ties) = exporter.finish().unwrap();
    (tally, out, String::from_utf8(ties.unwrap()).unwrap())
}

fn rows(bytes: Vec<u8>, format: table::Format) -> Vec<Vec<(String, Json)>> {
    let input = Box::new(Cursor::new(bytes));
    let mut rows = Rows::read("t", input, Some(format), 1 << 20).unwrap();
    let mut found = Vec::new();
    while let Some(row) = rows.advance().unwrap() {
        found.push(row.unwrap().cells);
    }
    found
}

fn objects(bytes: Vec<u8>) -> Vec<Json> {
    let rows = rows(bytes, table::Format::Json).into_iter();
    rows.map(|row| Json::Object(row.into_iter().collect()))
        .collect()
}

fn text_of(value: &Json) -> String {
    match value {
        Json::Null => String::new(),
        Json::String(text) => text.clone(),
        other => other.to_string(),
    }
}

proptest! {
    #[test]
    fn every_layout_is_the_same_in_every_format((question, units) in labelled()) {
        let layouts = [Layout::Units, Layout::Answers];
        for layout in layouts {
            let records: Vec<_> = units.iter()
                .flat_map(|unit| layout.records(unit, &stamp()).unwrap().records)
                .collect();
            let mut schema = Schema::default();
            for record in &records {
                schema.see(record.iter().map(|(name, value)| (name.as_str(), value)));
            }
            for format in [Format::JsonLines, Format::Json] {
                let (tally, bytes, _) = export(&layout, format, &units);
                prop_assert_eq!(tally.records, records.len() as u64);
                prop_assert_eq!(&rows(bytes, table::Format::Json), &records);
            }
            if schema.fields().is_empty() {
                continue;
            }
            let (_, csv, _) = export(&layout, Format::Csv(schema.clone()), &units);
            let (_, parquet, _) = export(&layout, Format::Parquet(schema.clone()), &units);
            let csv = rows(csv, table::Format::Csv(b','));
            let parquet = rows(parquet, table::Format::Parquet);
            prop_assert_eq!((csv.len(), parquet.len()), (records.len(), records.len()));
            for ((csv, parquet), record) in csv.iter().zip(&parquet).zip(&records) {
                for (name, value) in record {
                    let cell = |row: &[(String, Json)]| {
                        row.iter().find(|it| it.0 == *name).map_or(Json::Null, |it| it.1.clone())
                    };
                    prop_assert_eq!(text_of(&cell(csv)), text_of(value));
                    prop_assert_eq!(text_of(&cell(parquet)), text_of(value));
                }
            }
        }
        // What is exported as units can be imported again, known label and all.
        if let Question::Choice(_) = question {
            let (_, bytes, _) = export(&Layout::Units, Format::JsonLines, &units);
            let mapping = Mapping::named(&[("a", "a"), ("b", "b"), ("prompt", "prompt")])
                .id("hw_unit").gold("label");
            let text = String::from_utf8(bytes).unwrap();
            let (rows, _, _) =
                crate::tables::read(&text, table::Format::Json, mapping).unwrap();
            let labelled = units.iter().filter(|it| !it.labels.is_empty());
            let labelled: Vec<&Labelled> = labelled.collect();
            prop_assert_eq!(rows.len(), labelled.len());
            for (row, unit) in rows.iter().zip(labelled) {
                prop_assert_eq!(&row.unit, &unit.unit);
                prop_assert_eq!(row.gold.as_ref(), Some(&unit.labels[0].label));
            }
        }
    }
}

fn unit(name: &str, label: Option<Label>) -> Labelled {
    Labelled {
        unit: Unit {
            name: name.to_owned(),
            fields: [("prompt", "p"), ("a", "left text"), ("b", "right text")]
                .map(|(name, text)| (name.to_owned(), text.into()))
                .to_vec(),
        },
        labels: (label.into_iter())
            .map(|label| Estimate {
                label,
                probability_ppm: 912_345,
            })
            .collect(),
        answers: vec![],
    }
}

fn pairs() -> Vec<Labelled> {
    let pair = |preferred| {
        Some(Label::Pair {
            preferred,
            reasons: vec!["clearer".to_owned()],
        })
    };
    vec![
        unit("u1", pair(Preferred::Left)),
        unit("u2", pair(Preferred::Right)),
        unit("u3", pair(Preferred::Tie)),
        unit("u4", None),
    ]
}

fn texts() -> Texts {
    Texts {
        prompt: Some("prompt".to_owned()),
        a: "a".to_owned(),
        b: "b".to_owned(),
    }
}

#[test]
fn ties_never_become_pairs() {
    let layout = Layout::Preference(texts());
    let (tally, bytes, ties) = export(&layout, Format::JsonLines, &pairs());
    let expected = Tally {
        records: 2,
        ties: 1,
        unlabelled: 1,
    };
    assert_eq!(tally, expected);
    let text = String::from_utf8(bytes).unwrap();
    let ours = |name| {
        format!(
            "\"hw_unit\":\"{name}\",\"hw_probability\":0.912345,\"hw_answers\":0,\
             \"hw_licence\":\"CC-BY-4.0\",\"hw_asset\":null}}\n"
        )
    };
    let line = |chosen, rejected, name| {
        format!(
            "{{\"prompt\":\"p\",\"chosen\":\"{chosen} text\",\"rejected\":\"{rejected} text\",{}",
            ours(name)
        )
    };
    assert_eq!(
        text,
        line("left", "right", "u1") + &line("right", "left", "u2")
    );
    let tie = format!(
        "{{\"prompt\":\"p\",\"a\":\"left text\",\"b\":\"right text\",{}",
        ours("u3")
    );
    assert_eq!(ties, tie);
}

#[test]
fn comparisons_are_good_and_bad_completions() {
    let pair = Judged::Pair(texts());
    let (_, bytes, _) = export(&Layout::Kto(pair.clone()), Format::JsonLines, &pairs());
    let found = objects(bytes);
    let short: Vec<(&Json, &Json)> = (found.iter())
        .map(|it| (&it["completion"], &it["label"]))
        .collect();
    let [left, right] = ["left text", "right text"].map(Json::from);
    let [yes, no] = [true, false].map(Json::from);
    assert_eq!(
        short,
        [(&left, &yes), (&right, &no), (&left, &no), (&right, &yes)]
    );
    let (_, bytes, _) = export(
        &Layout::Sft(pair, Turns::Messages),
        Format::JsonLines,
        &pairs(),
    );
    let found = objects(bytes);
    assert_eq!(found.len(), 2);
    assert_eq!(
        found[1]["messages"],
        json!([
            {"role": "user", "content": "p"},
            {"role": "assistant", "content": "right text"},
        ])
    );
}

#[test]
fn approved_rated_and_written_texts_are_examples() {
    let prompt = Some("prompt".to_owned());
    let completion = "a".to_owned();
    let class = Judged::Class {
        prompt: prompt.clone(),
        completion: completion.clone(),
        good: vec!["yes".to_owned()],
    };
    let units = ["yes", "no"].map(|it| unit(it, Some(Label::Choice(it.to_owned()))));
    let layout = Layout::Kto(class.clone());
    let schema = layout.schema().unwrap();
    let (_, bytes, _) = export(&layout, Format::Parquet(schema), &units);
    let found = rows(bytes, table::Format::Parquet);
    assert_eq!(found[0][2], ("label".to_owned(), json!(true)));
    assert_eq!(found[1][2], ("label".to_owned(), json!(false)));
    let (tally, _, _) = export(&Layout::Sft(class, Turns::Prompt), Format::Json, &units);
    assert_eq!(tally.records, 1);
    let rating = Judged::Rating {
        prompt: prompt.clone(),
        completion,
        least: 4,
    };
    let units = [3, 4].map(|points| unit("u", Some(Label::Rating(points))));
    let (tally, _, _) = export(&Layout::Sft(rating, Turns::Prompt), Format::Json, &units);
    assert_eq!(tally.records, 1);
    let written = Judged::Written {
        prompt: "prompt".to_owned(),
    };
    let units = [unit("u", Some(Label::Text("said".to_owned())))];
    let (_, bytes, _) = export(
        &Layout::Sft(written, Turns::Prompt),
        Format::JsonLines,
        &units,
    );
    assert_eq!(objects(bytes)[0]["completion"], "said");
}

#[test]
fn units_that_do_not_fit_are_refused_by_name() {
    let said = |layout: Layout, unit: &Labelled| {
        let error = layout.records(unit, &stamp()).unwrap_err();
        format!("{error}: {}", std::error::Error::source(&error).unwrap())
    };
    let preference = Layout::Preference(texts());
    let choice = unit("u9", Some(Label::Choice("x".to_owned())));
    let wrong = said(preference.clone(), &choice);
    assert!(
        wrong.contains("export the unit `u9`: its label is not a comparison"),
        "{wrong}"
    );
    let mut gap = pairs().remove(0);
    gap.unit.fields.remove(1);
    let wrong = said(preference, &gap);
    assert!(wrong.contains("it has no field `a`"), "{wrong}");
    let mut ours = choice;
    ours.unit.fields.push(("hw_x".to_owned(), "1".into()));
    let wrong = said(Layout::Units, &ours);
    assert!(wrong.contains("the name of one of our columns"), "{wrong}");
}
