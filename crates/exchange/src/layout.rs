//! The shapes of records in which labelled units leave.

use serde_json::{Value as Json, json};
use table::{Error, Schema, error::quoted, schema::Kind};

use crate::label::{Estimate, Label, Labelled, Preferred};
use crate::value::Value;

/// Which record a labelled unit becomes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Layout {
    /// One for each unit: its fields, then `label`, and `hw_reasons` of a comparison.
    Units,
    /// One for each answer: the unit's fields, then `label`, `annotator`, `annotation_id`,
    /// `created_at`, `lead_time` in seconds: Label Studio's JSON-MIN.
    Answers,
    /// TRL preference: `prompt`, `chosen`, `rejected` of a comparison. Ties go to a file of their
    /// own and never become pairs.
    Preference(Texts),
    /// TRL unpaired preference: `prompt`, `completion`, `label`; two for each comparison.
    Kto(Judged),
    /// Instruction tuning: what was preferred, approved or written.
    Sft(Judged, Turns),
}

/// How an example for instruction tuning is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turns {
    /// `{"messages": [{"role", "content"}, ..]}`; JSON only.
    Messages,
    /// `{"prompt", "completion"}`.
    Prompt,
}

/// The fields of a comparison.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Texts {
    /// What both texts answer; without it records have no `prompt`.
    pub prompt: Option<String>,
    /// The text on the left.
    pub a: String,
    /// The text on the right.
    pub b: String,
}

/// Where a completion comes from, and when it is good.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Judged {
    /// Two texts: the preferred one is good, the other is not.
    Pair(Texts),
    /// One text that is good if its label is one of these classes.
    Class {
        /// The field of what it answers.
        prompt: Option<String>,
        /// The field of the text.
        completion: String,
        /// Classes that approve of it.
        good: Vec<String>,
    },
    /// One text that is good if it has at least this many points.
    Rating {
        /// The field of what it answers.
        prompt: Option<String>,
        /// The field of the text.
        completion: String,
        /// The fewest points of a good one.
        least: u32,
    },
    /// The consensus itself is the text.
    Written {
        /// The field of what it answers.
        prompt: String,
    },
}

/// What is said of every record, under names that begin with `hw_`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stamp {
    /// SPDX id or `LicenseRef-...` of the label set.
    pub licence: Option<String>,
    /// The label set as an asset.
    pub asset: Option<String>,
}

/// A record: names and values in their order.
pub type Record = Vec<(String, Json)>;

/// What a unit became.
#[derive(Debug, Default, PartialEq)]
pub struct Records {
    /// For the file itself.
    pub records: Vec<Record>,
    /// For the file of ties.
    pub tie: Option<Record>,
    /// Whether there was no label to make a record of.
    pub unlabelled: bool,
}

impl Layout {
    /// The records of a unit.
    ///
    /// # Errors
    /// A field that the layout needs and the unit lacks; a label of another kind; a field of the
    /// unit that has the name of one of our columns.
    pub fn records(&self, labelled: &Labelled, stamp: &Stamp) -> Result<Records, Error> {
        if *self == Layout::Answers {
            return answers(labelled);
        }
        let Some(best) = labelled.labels.first() else {
            return Ok(Records {
                unlabelled: true,
                ..Records::default()
            });
        };
        let unit = One {
            labelled,
            best,
            stamp,
        };
        match self {
            Layout::Units | Layout::Answers => unit.flat(),
            Layout::Preference(texts) => unit.preference(texts),
            Layout::Kto(judged) => unit.unpaired(judged),
            Layout::Sft(judged, turns) => unit.example(judged, *turns),
        }
    }

    /// The columns, where they do not depend on the units; else see [`Schema::see`].
    pub fn schema(&self) -> Option<Schema> {
        let (prompt, rest): (bool, &[(&str, Kind)]) = match self {
            Layout::Units | Layout::Answers | Layout::Sft(_, Turns::Messages) => return None,
            Layout::Preference(texts) => (
                texts.prompt.is_some(),
                &[("chosen", Kind::Text), ("rejected", Kind::Text)],
            ),
            Layout::Kto(judged) => (
                judged.has_prompt(),
                &[("completion", Kind::Text), ("label", Kind::Boolean)],
            ),
            Layout::Sft(judged, Turns::Prompt) => {
                (judged.has_prompt(), &[("completion", Kind::Text)])
            }
        };
        let prompt = prompt.then_some(("prompt", Kind::Text));
        let rest = prompt.into_iter().chain(rest.iter().copied());
        Some(Schema::new(rest.chain(STAMPED.iter().copied())))
    }
}

/// Our columns and what they hold.
const STAMPED: &[(&str, Kind)] = &[
    ("hw_unit", Kind::Text),
    ("hw_probability", Kind::Real),
    ("hw_answers", Kind::Integer),
    ("hw_licence", Kind::Text),
    ("hw_asset", Kind::Text),
];

impl Judged {
    fn has_prompt(&self) -> bool {
        match self {
            Judged::Pair(texts) => texts.prompt.is_some(),
            Judged::Class { prompt, .. } | Judged::Rating { prompt, .. } => prompt.is_some(),
            Judged::Written { .. } => true,
        }
    }
}

/// A unit that has a label.
struct One<'a> {
    labelled: &'a Labelled,
    best: &'a Estimate,
    stamp: &'a Stamp,
}

/// A completion, what it answers, and whether it is good.
struct Completion {
    prompt: Option<String>,
    text: String,
    good: bool,
}

impl One<'_> {
    fn flat(&self) -> Result<Records, Error> {
        let mut record = fields(self.labelled, &["label"])?;
        record.push(cell("label", self.best.label.cell()));
        if let Label::Pair { reasons, .. } = &self.best.label {
            record.push(cell("hw_reasons", json!(reasons)));
        }
        Ok(self.stamped(vec![record]))
    }

    fn preference(&self, texts: &Texts) -> Result<Records, Error> {
        let Label::Pair { preferred, .. } = &self.best.label else {
            return Err(self.kind("a comparison"));
        };
        let mut record = Vec::new();
        if let Some(prompt) = &texts.prompt {
            record.push(cell("prompt", json!(self.text(prompt)?)));
        }
        let (a, b) = (self.text(&texts.a)?, self.text(&texts.b)?);
        let names = match preferred {
            Preferred::Left => ["chosen", "rejected"],
            Preferred::Right => ["rejected", "chosen"],
            Preferred::Tie => ["a", "b"],
        };
        record.extend([cell(names[0], json!(a)), cell(names[1], json!(b))]);
        if *preferred == Preferred::Right {
            let last = record.len() - 1;
            record.swap(last - 1, last);
        }
        if *preferred == Preferred::Tie {
            record.extend(self.stamp());
            return Ok(Records {
                tie: Some(record),
                ..Records::default()
            });
        }
        Ok(self.stamped(vec![record]))
    }

    fn unpaired(&self, judged: &Judged) -> Result<Records, Error> {
        let records = self.completions(judged)?.into_iter().map(|completion| {
            let prompt = completion
                .prompt
                .map(|prompt| cell("prompt", json!(prompt)));
            let mut record: Record = prompt.into_iter().collect();
            record.push(cell("completion", json!(completion.text)));
            record.push(cell("label", json!(completion.good)));
            record
        });
        Ok(self.stamped(records.collect()))
    }

    fn example(&self, judged: &Judged, turns: Turns) -> Result<Records, Error> {
        let completions = self.completions(judged)?.into_iter();
        let records = completions.filter(|it| it.good).map(|completion| {
            let prompt = completion.prompt;
            match turns {
                Turns::Messages => {
                    let user = prompt.map(|text| json!({ "role": "user", "content": text }));
                    let said = json!({ "role": "assistant", "content": completion.text });
                    let messages: Vec<Json> = user.into_iter().chain([said]).collect();
                    vec![cell("messages", json!(messages))]
                }
                Turns::Prompt => {
                    let prompt = prompt.map(|text| cell("prompt", json!(text)));
                    let said = cell("completion", json!(completion.text));
                    prompt.into_iter().chain([said]).collect()
                }
            }
        });
        Ok(self.stamped(records.collect()))
    }

    fn completions(&self, judged: &Judged) -> Result<Vec<Completion>, Error> {
        let prompt = |name: &Option<String>| {
            let text = name.as_ref().map(|name| self.text(name));
            text.transpose()
        };
        let one = |prompt, text, good| Completion { prompt, text, good };
        Ok(match (judged, &self.best.label) {
            (Judged::Pair(texts), Label::Pair { preferred, .. }) => {
                let left = match preferred {
                    Preferred::Tie => return Ok(Vec::new()),
                    side => *side == Preferred::Left,
                };
                let asked = prompt(&texts.prompt)?;
                vec![
                    one(asked.clone(), self.text(&texts.a)?, left),
                    one(asked, self.text(&texts.b)?, !left),
                ]
            }
            (
                Judged::Class {
                    prompt: asked,
                    completion,
                    good,
                },
                Label::Choice(class),
            ) => vec![one(
                prompt(asked)?,
                self.text(completion)?,
                good.contains(class),
            )],
            (
                Judged::Rating {
                    prompt: asked,
                    completion,
                    least,
                },
                Label::Rating(points),
            ) => vec![one(prompt(asked)?, self.text(completion)?, points >= least)],
            (Judged::Written { prompt: asked }, Label::Text(text)) => {
                vec![one(Some(self.text(asked)?), text.clone(), true)]
            }
            (Judged::Pair(_), _) => return Err(self.kind("a comparison")),
            (Judged::Class { .. }, _) => return Err(self.kind("one class")),
            (Judged::Rating { .. }, _) => return Err(self.kind("a rating")),
            (Judged::Written { .. }, _) => return Err(self.kind("a text")),
        })
    }

    fn text(&self, name: &str) -> Result<String, Error> {
        let value = self.labelled.unit.field(name);
        let value = value.filter(|value| **value != Value::Null);
        value.map(Value::shown).ok_or_else(|| {
            let what = format!("it has no field {}", quoted(name));
            refused(self.labelled, &what, "name the field as the units have it")
        })
    }

    fn kind(&self, wanted: &str) -> Error {
        let what = format!("its label is not {wanted}");
        refused(
            self.labelled,
            &what,
            "choose the layout of the campaign's kind",
        )
    }

    fn stamped(&self, mut records: Vec<Record>) -> Records {
        for record in &mut records {
            record.extend(self.stamp());
        }
        Records {
            records,
            ..Records::default()
        }
    }

    fn stamp(&self) -> Record {
        let values = [
            json!(self.labelled.unit.name),
            json!(self.best.probability()),
            json!(self.labelled.answers.len()),
            json!(self.stamp.licence),
            json!(self.stamp.asset),
        ];
        let named = STAMPED.iter().zip(values);
        named.map(|((name, _), value)| cell(name, value)).collect()
    }
}

fn answers(labelled: &Labelled) -> Result<Records, Error> {
    const OURS: &[&str] = &[
        "label",
        "annotator",
        "annotation_id",
        "created_at",
        "lead_time",
    ];
    let fields = fields(labelled, OURS)?;
    let mut records = Vec::with_capacity(labelled.answers.len());
    for (number, answer) in (1..).zip(&labelled.answers) {
        let mut record: Record = Vec::with_capacity(fields.len() + OURS.len());
        record.push(cell("hw_unit", json!(labelled.unit.name)));
        record.extend(fields.iter().cloned());
        record.push(cell("label", answer.label.cell()));
        if let Label::Pair { reasons, .. } = &answer.label {
            record.push(cell("hw_reasons", json!(reasons)));
        }
        record.push(cell("annotator", json!(answer.contributor)));
        record.push(cell("annotation_id", json!(number)));
        record.push(cell("created_at", json!(answer.created_at)));
        let seconds = answer.lead_time_ms.map(|time| time as f64 / 1e3);
        record.push(cell("lead_time", json!(seconds)));
        records.push(record);
    }
    Ok(Records {
        unlabelled: records.is_empty(),
        records,
        tie: None,
    })
}

/// The unit's own columns, none of which may have the name of one of ours.
fn fields(labelled: &Labelled, ours: &[&str]) -> Result<Record, Error> {
    let mut record = Vec::new();
    for (name, value) in &labelled.unit.fields {
        if ours.contains(&name.as_str()) || name.starts_with("hw_") {
            let what = format!(
                "its field {} has the name of one of our columns",
                quoted(name)
            );
            return Err(refused(labelled, &what, "rename the field"));
        }
        record.push(cell(name, value.into()));
    }
    Ok(record)
}

fn cell(name: &str, value: Json) -> (String, Json) {
    (name.to_owned(), value)
}

fn refused(labelled: &Labelled, what: &str, hint: &str) -> Error {
    let doing = format!("export the unit {}", quoted(&labelled.unit.name));
    Error::invalid(doing, what, hint)
}
