//! Writes one file of each kind into a folder, for programs of others to open.

use std::error::Error;
use std::fs::{File, create_dir_all, read, write};
use std::io::BufWriter;
use std::path::Path;

use exchange::folder::{self, Contents, Description, Licence, Origin, Shards};
use exchange::layout::{Judged, Texts, Turns};
use exchange::studio::{CompletedBy, Form, Project, TaskWriter};
use exchange::{
    Answer, Decision, Estimate, Exporter, Format, Label, Labelled, Layout, Preferred, Question,
    Review, Stamp, Unit,
};
use proof::hash::sha256;
use serde_json::{Value, json};
use table::Schema;

type Done = Result<(), Box<dyn Error>>;

fn main() -> Done {
    let root = std::env::args().nth(1).ok_or("name the folder")?;
    let root = Path::new(&root);
    create_dir_all(root.join("studio"))?;
    for kind in ["choice", "choices", "rating", "pair", "text"] {
        studio(root, kind)?;
    }
    records(root)?;
    hub(&root.join("hub"), 7)?;
    hub(&root.join("hub-large"), folder::SHARD_ROWS + 3)
}

fn question(kind: &str) -> Question {
    let classes = ["lost & found", "\"late\"", "other"]
        .map(str::to_owned)
        .to_vec();
    match kind {
        "choice" => Question::Choice(classes),
        "choices" => Question::Choices(classes),
        "rating" => Question::Rating(5),
        "pair" => Question::Pair(vec!["clearer".to_owned(), "true".to_owned()]),
        _ => Question::Text,
    }
}

fn label(kind: &str, number: usize) -> Label {
    let classes = ["lost & found", "\"late\"", "other"].map(str::to_owned);
    match kind {
        "choice" => Label::Choice(classes[number % 3].clone()),
        "choices" => Label::Choices(classes[number % 3..].to_vec()),
        "rating" => Label::Rating(1 + number as u32 % 5),
        "pair" => Label::Pair {
            preferred: [Preferred::Left, Preferred::Right, Preferred::Tie][number % 3],
            reasons: [vec![], vec!["clearer".to_owned()]][number % 2].clone(),
        },
        _ => Label::Text(format!("an answer, \"{number}\"\nin two lines")),
    }
}

/// A reviewer who says the same and adds some words.
fn review(label: &Label) -> Review {
    Review {
        reviewer: "rae@example.org".to_owned(),
        decision: Decision::Fixed(label.clone()),
        comment: "said \"so\"".to_owned(),
        created_at: None,
    }
}

fn labelled(kind: &str, number: usize) -> Labelled {
    let label = label(kind, number);
    let answer = |contributor: usize| Answer {
        contributor: contributor.to_string(),
        label: label.clone(),
        lead_time_ms: Some(1_500),
        created_at: None,
        reviews: vec![review(&label)],
    };
    let fields = ["prompt", "a", "b"].map(|name| {
        let text = format!("{name} {number}: é, \"quoted\"\nand <more>");
        (name.to_owned(), text.as_str().into())
    });
    Labelled {
        unit: Unit {
            name: format!("u-{number}"),
            fields: fields.to_vec(),
        },
        labels: vec![Estimate {
            label: label.clone(),
            probability_ppm: 987_654,
        }],
        answers: vec![answer(1), answer(2)],
    }
}

fn studio(root: &Path, kind: &str) -> Done {
    let form = Form::new(question(kind), &["prompt", "a", "b"])?;
    write(root.join(format!("studio/{kind}.xml")), form.config())?;
    for (ending, completed_by) in [
        ("json", CompletedBy::Named),
        ("import.json", CompletedBy::Absent),
    ] {
        let project = Project {
            form: form.clone(),
            number: 1,
            model: "headwater-ds@1".to_owned(),
            exported_at: "2026-02-28T12:00:00Z".to_owned(),
            completed_by,
        };
        let out = File::create(root.join(format!("studio/{kind}.{ending}")))?;
        let mut tasks = TaskWriter::new(BufWriter::new(out), project);
        for number in 0..6 {
            tasks.write(&labelled(kind, number))?;
        }
        tasks.finish()?;
    }
    Ok(())
}

fn stamp() -> Stamp {
    Stamp {
        licence: Some("CC-BY-4.0".to_owned()),
        asset: Some("12".to_owned()),
    }
}

fn records(root: &Path) -> Done {
    let texts = Texts {
        prompt: Some("prompt".to_owned()),
        a: "a".to_owned(),
        b: "b".to_owned(),
    };
    let pair = Judged::Pair(texts.clone());
    let units = || (0..6).map(|number| labelled("pair", number));
    let mut schema = Schema::default();
    for unit in units() {
        for record in Layout::Units.records(&unit, &stamp())?.records {
            schema.see(record.iter().map(|(name, value)| (name.as_str(), value)));
        }
    }
    let files = [
        (
            "preference.jsonl",
            Layout::Preference(texts),
            Format::JsonLines,
        ),
        ("kto.jsonl", Layout::Kto(pair.clone()), Format::JsonLines),
        (
            "messages.jsonl",
            Layout::Sft(pair.clone(), Turns::Messages),
            Format::JsonLines,
        ),
        (
            "prompt.jsonl",
            Layout::Sft(pair, Turns::Prompt),
            Format::JsonLines,
        ),
        ("units.jsonl", Layout::Units, Format::JsonLines),
        ("units.csv", Layout::Units, Format::Csv(schema.clone())),
        ("units.parquet", Layout::Units, Format::Parquet(schema)),
        ("answers.json", Layout::Answers, Format::Json),
    ];
    for (name, layout, format) in files {
        let out = BufWriter::new(File::create(root.join(name))?);
        let ties = matches!(layout, Layout::Preference(_));
        let ties = ties.then(|| File::create(root.join("ties.jsonl")).map(BufWriter::new));
        let mut exporter = Exporter::new(layout, stamp(), format, out, ties.transpose()?)?;
        for unit in units() {
            exporter.write(&unit)?;
        }
        exporter.finish()?;
    }
    Ok(())
}

fn file(root: &Path, path: &str) -> Result<folder::File, Box<dyn Error>> {
    let bytes = read(root.join(path))?;
    Ok(folder::File {
        path: path.to_owned(),
        bytes: bytes.len() as u64,
        sha256: sha256(&[&bytes])
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect(),
    })
}

fn hub(root: &Path, rows: u64) -> Done {
    create_dir_all(root.join("data"))?;
    let record = |number: u64| -> Vec<(String, Value)> {
        let cells = [
            ("text", json!(format!("message {number}, \"é\""))),
            (
                "label",
                json!(["lost", "late", "other"][number as usize % 3]),
            ),
            ("urgent", json!(number.is_multiple_of(2))),
            (
                "length",
                if number == 5 {
                    Value::Null
                } else {
                    json!(number)
                },
            ),
            ("hw_unit", json!(format!("u-{number}"))),
            ("hw_probability", json!(0.987_654)),
            ("odd: \"name\" #1", json!("- x: y")),
        ];
        cells.map(|(name, value)| (name.to_owned(), value)).to_vec()
    };
    let mut schema = Schema::default();
    let first = record(0);
    schema.see(first.iter().map(|(name, value)| (name.as_str(), value)));
    let create = |path: &str| File::create(root.join(path)).map(BufWriter::new);
    let mut shards = Shards::new(schema.clone(), rows, create)?;
    for number in 0..rows {
        shards.write(&record(number))?;
    }
    let shards = shards.finish()?;
    let files: Result<Vec<_>, _> = shards.iter().map(|shard| file(root, &shard.path)).collect();
    let mut files = files?;
    let contents = Contents {
        schema: &schema,
        shards: &shards,
        files: &files,
    };
    let (description, origin) = (description(), origin());
    write(
        root.join("README.md"),
        folder::card(&description, &contents, &origin),
    )?;
    let metadata = folder::croissant(&description, &contents)?;
    write(root.join("croissant.json"), format!("{metadata:#}\n"))?;
    for path in ["README.md", "croissant.json"] {
        files.push(file(root, path)?);
    }
    let page = folder::provenance(&origin, &files);
    write(root.join("headwater.json"), format!("{page:#}\n"))?;
    Ok(())
}

fn description() -> Description {
    let texts = |texts: &[&str]| texts.iter().map(|it| (*it).to_owned()).collect();
    let rai = [
        ("dataCollection", "written for this example"),
        (
            "dataAnnotationProtocol",
            "three classes, two answers a unit, Dawid and Skene",
        ),
        ("annotationsPerItem", "2"),
        ("dataAnnotationPlatform", "Headwater"),
        ("dataLimitations", "not real"),
    ];
    Description {
        name: "support-intents".to_owned(),
        title: "Support intents: an \"example\"".to_owned(),
        text: "Messages to a shop, with what they are about.".to_owned(),
        licence: Licence::Spdx("CC-BY-4.0".to_owned()),
        url: Some("https://example.org/support-intents".to_owned()),
        creator: Some("Example".to_owned()),
        published: Some("2026-02-28".to_owned()),
        version: "1.0.0".to_owned(),
        cite_as: Some("@misc{example, title={Support intents}}".to_owned()),
        languages: texts(&["en"]),
        tags: texts(&["headwater", "support"]),
        task_categories: texts(&["text-classification"]),
        annotations_creators: texts(&["crowdsourced"]),
        language_creators: texts(&["machine-generated"]),
        source_datasets: texts(&["original"]),
        rai: rai
            .map(|(name, text)| (name.to_owned(), text.to_owned()))
            .to_vec(),
    }
}

fn origin() -> Origin {
    Origin {
        log_origin: "example.org/log".to_owned(),
        tree_size: 1_234,
        root_hash: "00".repeat(32),
        campaign: Some(3),
        asset: Some(12),
        method: "headwater-ds@1".to_owned(),
        rule: "units".to_owned(),
        licence: "CC-BY-4.0".to_owned(),
    }
}
