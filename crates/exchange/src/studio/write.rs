//! Labelled units as Label Studio's full export, one task at a time.

use std::io::Write;

use serde_json::{Map, Value as Json, json};
use table::{Error, Writer, error::quoted};

use super::config::{Form, Question};
use super::{LABEL, REASONS, TIE, UNIT, review};
use crate::label::{Answer, Decision, Label, Labelled, Preferred};

/// What is the same for all tasks of an export.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Project {
    /// The form whose controls the regions refer to.
    pub form: Form,
    /// Label Studio's number of the project, or the campaign's.
    pub number: u64,
    /// What inferred the consensus, such as `headwater-ds@1`.
    pub model: String,
    /// When the export was made, in ISO 8601; stands where an answer has no time of its own.
    pub exported_at: String,
    /// How contributors are named.
    pub completed_by: CompletedBy,
}

/// How the author of an annotation is named. Label Studio imports only authors whom it knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CompletedBy {
    /// By number where the contributor's name is one, else as the e-mail address in an object.
    Named,
    /// Not at all: whoever imports the file becomes the author.
    Absent,
}

/// A JSON array of tasks that is being written.
pub struct TaskWriter<W: Write + Send> {
    project: Project,
    tasks: Writer<W>,
    annotations: u64,
    predictions: u64,
    reviews: u64,
}

impl<W: Write + Send> TaskWriter<W> {
    /// Begins an export.
    pub fn new(out: W, project: Project) -> Self {
        Self {
            project,
            tasks: Writer::array(out),
            annotations: 0,
            predictions: 0,
            reviews: 0,
        }
    }

    /// Writes a unit as a task: answers are annotations with their reviews, the consensus is a
    /// prediction.
    ///
    /// # Errors
    /// A label of another kind than the form asks for; whatever the sink says.
    pub fn write(&mut self, labelled: &Labelled) -> Result<(), Error> {
        let task = self.tasks.rows() + 1;
        let mut annotations = Vec::with_capacity(labelled.answers.len());
        for answer in &labelled.answers {
            self.annotations += 1;
            let result = self.result(labelled, &answer.label, self.annotations)?;
            let mut annotation = self.annotation(answer, result, task);
            if let Some(last) = answer.reviews.last() {
                annotation["reviews"] = self.reviews(labelled, answer)?;
                annotation["last_action"] = json!(review::last_action(&last.decision));
            }
            annotations.push(annotation);
        }
        let reviews = labelled.answers.iter().flat_map(|answer| &answer.reviews);
        let comments = reviews.filter(|it| !it.comment.is_empty()).count();
        let mut predictions = Vec::new();
        if let Some(best) = labelled.labels.first() {
            self.predictions += 1;
            let region = self.predictions | 1 << 60;
            predictions.push(json!({
                "id": self.predictions,
                "model_version": self.project.model,
                "score": best.probability(),
                "result": self.result(labelled, &best.label, region)?,
                "task": task,
                "project": self.project.number,
                "created_at": self.project.exported_at,
                "updated_at": self.project.exported_at,
            }));
        }
        let fields = labelled.unit.fields.iter();
        let fields: Map<String, Json> = fields
            .map(|(name, value)| (name.clone(), value.into()))
            .collect();
        let at = &self.project.exported_at;
        let cells = [
            ("id", json!(task)),
            ("data", Json::Object(fields)),
            ("meta", json!({ UNIT: labelled.unit.name })),
            ("total_annotations", json!(annotations.len())),
            ("cancelled_annotations", json!(0)),
            ("total_predictions", json!(predictions.len())),
            ("annotations", Json::Array(annotations)),
            ("predictions", Json::Array(predictions)),
            ("drafts", json!([])),
            ("created_at", json!(at)),
            ("updated_at", json!(at)),
            ("inner_id", json!(task)),
            ("comment_count", json!(comments)),
            ("unresolved_comment_count", json!(0)),
            ("project", json!(self.project.number)),
            ("updated_by", Json::Null),
        ];
        let cells: Vec<(String, Json)> = cells
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value))
            .collect();
        self.tasks.write(&cells)
    }

    /// Closes the array and gives the sink back.
    ///
    /// # Errors
    /// Those of the sink.
    pub fn finish(self) -> Result<W, Error> {
        self.tasks.finish()
    }

    fn annotation(&self, answer: &Answer, result: Json, task: u64) -> Json {
        let at = answer
            .created_at
            .as_ref()
            .unwrap_or(&self.project.exported_at);
        let mut annotation = json!({
            "id": self.annotations,
            "result": result,
            "was_cancelled": false,
            "ground_truth": false,
            "created_at": at,
            "updated_at": at,
            "parent_prediction": null,
            "parent_annotation": null,
            "task": task,
            "project": self.project.number,
        });
        if let Some(time) = answer.lead_time_ms {
            annotation["lead_time"] = json!(time as f64 / 1e3);
        }
        if self.project.completed_by == CompletedBy::Named {
            annotation["completed_by"] = match number(&answer.contributor) {
                Some(number) => json!(number),
                None => json!({ "email": answer.contributor }),
            };
        }
        annotation
    }

    fn reviews(&mut self, labelled: &Labelled, answer: &Answer) -> Result<Json, Error> {
        let mut written = Vec::with_capacity(answer.reviews.len());
        for own in &answer.reviews {
            self.reviews += 1;
            let result = match &own.decision {
                Decision::Fixed(right) => {
                    Some(self.result(labelled, right, self.reviews | 1 << 61)?)
                }
                Decision::Accepted | Decision::Rejected => None,
            };
            // Label Studio asks an object for the address, and finds nobody by a number alone.
            let named = self.project.completed_by == CompletedBy::Named;
            let who = named.then(|| match number(&own.reviewer) {
                Some(number) => json!({ "id": number }),
                None => json!({ "email": own.reviewer }),
            });
            let ids = (self.reviews, self.annotations);
            let by = (who, self.project.exported_at.as_str());
            written.push(review::written(own, ids, by, result));
        }
        Ok(Json::Array(written))
    }

    /// The regions of a judgement; `number` makes their ids, unique in the file.
    fn result(&self, labelled: &Labelled, label: &Label, number: u64) -> Result<Json, Error> {
        let object = self.project.form.object();
        let region = |(at, name, to, kind): (u8, &str, &str, &str), value: Json| {
            json!({
                "id": format!("r{number:x}_{at}"),
                "from_name": name,
                "to_name": to,
                "type": kind,
                "value": value,
                "origin": "manual",
            })
        };
        let choices = |at, name, classes: &[String]| {
            region((at, name, object, "choices"), json!({ "choices": classes }))
        };
        let regions = match (&self.project.form.question, label) {
            (Question::Choice(_), Label::Choice(class)) => {
                vec![choices(0, LABEL, std::slice::from_ref(class))]
            }
            (Question::Choices(_), Label::Choices(classes)) => vec![choices(0, LABEL, classes)],
            (Question::Rating(_), Label::Rating(points)) => {
                vec![region(
                    (0, LABEL, object, "rating"),
                    json!({ "rating": points }),
                )]
            }
            (Question::Text, Label::Text(text)) => {
                vec![region(
                    (0, LABEL, object, "textarea"),
                    json!({ "text": [text] }),
                )]
            }
            (Question::Pair(_), Label::Pair { preferred, reasons }) => {
                let main = match preferred {
                    Preferred::Tie => choices(0, TIE, &[TIE.to_owned()]),
                    // A region has one object; Label Studio's validator wants one of the two.
                    side => region(
                        (0, LABEL, &self.project.form.left(), "pairwise"),
                        json!({ "selected": side.name() }),
                    ),
                };
                let more = (!reasons.is_empty()).then(|| choices(1, REASONS, reasons));
                std::iter::once(main).chain(more).collect()
            }
            _ => {
                let doing = format!("write the unit {}", quoted(&labelled.unit.name));
                let what = "a label is of another kind than its form asks for";
                return Err(Error::invalid(doing, what, "use the form of the campaign"));
            }
        };
        Ok(Json::Array(regions))
    }
}

/// The number that a name is; `007` is a name, since it would come back as 7.
fn number(name: &str) -> Option<u64> {
    let number = name.parse::<u64>().ok();
    number.filter(|number| number.to_string() == name)
}
