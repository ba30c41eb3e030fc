//! Label Studio tasks as units, with what people and models said of them.

use serde_json::{Map, Value as Json};

use super::{Annotations, LABEL, REASONS, Studio, TIE, UNIT, review};
use crate::cells::{Refused, id_text, unit};
use crate::label::{Answer, Label, Prediction, Preferred};
use crate::reader::Row;
use crate::value::Value;

/// What was left out of a task.
#[derive(Default)]
pub(crate) struct PassedOver {
    pub cancelled: u64,
    pub rejected: u64,
    pub unread: u64,
}

pub(super) type Read<T> = Result<T, Refused>;

/// Reads `{id, data, annotations, predictions}`, bare `{data}`, or an object that is the data.
pub(crate) fn task(row: table::Row, studio: &Studio, number: u64) -> Read<(Row, PassedOver)> {
    let place = row.place;
    let is_task = (row.cells.iter()).any(|(name, value)| name == "data" && value.is_object());
    let mut task = Task::default();
    let mut name = None;
    if is_task {
        for (column, value) in row.cells {
            match (column.as_str(), value) {
                ("data", Json::Object(data)) => task.data = data.into_iter().collect(),
                ("id", Json::Null) | ("annotations" | "predictions", Json::Null) => {}
                ("id", value) if name.is_none() => name = Some(id_text("id", value)?),
                ("meta", Json::Object(mut meta)) => {
                    if let Some(value) = meta.remove(UNIT) {
                        name = Some(id_text("meta", value)?);
                    }
                }
                ("annotations", value) => task.annotations = list("annotations", value)?,
                ("predictions", value) => task.predictions = list("predictions", value)?,
                _ => {}
            }
        }
    } else {
        task.data = row.cells;
    }
    let name = name.unwrap_or_else(|| number.to_string());
    let (unit, gold) = unit(task.data, &studio.mapping, &name)?;
    let row = Row {
        place,
        unit,
        gold,
        answers: Vec::new(),
        predictions: Vec::new(),
    };
    judged(row, (task.annotations, task.predictions), studio)
}

#[derive(Default)]
struct Task {
    data: Vec<(String, Json)>,
    annotations: Vec<Json>,
    predictions: Vec<Json>,
}

/// Adds what annotations and predictions say.
fn judged(
    mut row: Row,
    (annotations, predictions): (Vec<Json>, Vec<Json>),
    studio: &Studio,
) -> Read<(Row, PassedOver)> {
    let mut over = PassedOver::default();
    if studio.annotations == Annotations::Ignore {
        return Ok((row, over));
    }
    for (number, annotation) in (1..).zip(annotations) {
        let annotation = object("annotations", annotation)?;
        if annotation.get("was_cancelled") == Some(&Json::Bool(true)) {
            over.cancelled += 1;
            continue;
        }
        let Some(label) = label(annotation.get("result"), studio)? else {
            over.unread += 1;
            continue;
        };
        match studio.annotations {
            Annotations::Answers => {
                let reviews = review::read(&annotation, &label, studio)?;
                let answer = answer(label, &annotation, number);
                row.answers.push(Answer { reviews, ..answer });
            }
            Annotations::Predictions => row.predictions.push(Prediction {
                label,
                score: None,
                model: Some("annotations".to_owned()),
            }),
            Annotations::Gold => {
                let reviews = review::read(&annotation, &label, studio)?;
                match review::known(&annotation, label, &reviews) {
                    Some(label) => known(&mut row, label)?,
                    None => over.rejected += 1,
                }
            }
            Annotations::Ignore => {}
        }
    }
    for prediction in predictions {
        // Label Studio's own export names predictions by their numbers in its database.
        if prediction.is_number() {
            over.unread += 1;
            continue;
        }
        let prediction = object("predictions", prediction)?;
        let Some(label) = label(prediction.get("result"), studio)? else {
            over.unread += 1;
            continue;
        };
        row.predictions.push(Prediction {
            label,
            score: prediction.get("score").and_then(Json::as_f64),
            model: prediction.get("model_version").and_then(text),
        });
    }
    Ok((row, over))
}

/// Takes the known label of a task that has none, or the same.
fn known(row: &mut Row, label: Label) -> Read<()> {
    if row.gold.as_ref().is_some_and(|gold| *gold != label) {
        let hint = "import the annotations as answers, or keep one for each task";
        let what = "the annotations differ, so none is the known label";
        return Err(Refused::column("annotations", what, hint));
    }
    row.gold = Some(label);
    Ok(())
}

fn answer(label: Label, annotation: &Map<String, Json>, number: u64) -> Answer {
    let person = annotation.get("completed_by").and_then(person);
    let lead_time = annotation.get("lead_time").and_then(Json::as_f64);
    let in_range = lead_time.filter(|seconds| (0.0..1e12).contains(seconds));
    Answer {
        contributor: person.unwrap_or_else(|| format!("annotation {number}")),
        label,
        lead_time_ms: in_range.map(|seconds| (seconds * 1e3).round() as u64),
        created_at: annotation.get("created_at").and_then(text),
        reviews: Vec::new(),
    }
}

/// Somebody by address or number, alone or in an object.
pub(super) fn person(who: &Json) -> Option<String> {
    match who {
        Json::Object(person) => {
            (person.get("email").and_then(text)).or_else(|| person.get("id").and_then(text))
        }
        other => text(other),
    }
}

/// The judgement of a result; none where no region is of a type that is read.
pub(super) fn label(result: Option<&Json>, studio: &Studio) -> Read<Option<Label>> {
    let empty = Vec::new();
    let regions = match result {
        None | Some(Json::Null) => &empty,
        Some(Json::Array(regions)) => regions,
        Some(_) => return Err(wrong("a result is not a list")),
    };
    let (mut main, mut tie, mut reasons) = (None, false, Vec::new());
    let mut control = studio.control.as_deref();
    for region in regions {
        let kind = region
            .get("type")
            .and_then(Json::as_str)
            .unwrap_or_default();
        let name = region
            .get("from_name")
            .and_then(Json::as_str)
            .unwrap_or_default();
        let value = region.get("value").unwrap_or(&Json::Null);
        match (kind, name) {
            ("choices", TIE) if control != Some(TIE) => tie = !texts(value, "choices")?.is_empty(),
            ("choices", REASONS) if control != Some(REASONS) => reasons = texts(value, "choices")?,
            ("choices" | "rating" | "pairwise" | "textarea", name) => {
                match control {
                    Some(control) if control != name && studio.control.is_some() => continue,
                    Some(control) if control != name => {
                        let what = format!("there are the controls `{control}` and `{name}`");
                        let hint = "say which control holds the judgement";
                        return Err(Refused::column("annotations", &what, hint));
                    }
                    _ => control = Some(name),
                }
                let more = judgement(kind, value, studio.multiple)?;
                main = Some(joined(main, more)?);
            }
            _ => {}
        }
    }
    Ok(match main {
        Some(Label::Pair { preferred, .. }) => Some(Label::Pair { preferred, reasons }),
        None if tie => {
            let preferred = Preferred::Tie;
            Some(Label::Pair { preferred, reasons })
        }
        other => other,
    })
}

/// One region's judgement.
fn judgement(kind: &str, value: &Json, multiple: bool) -> Read<Label> {
    match kind {
        "choices" => {
            let mut classes = texts(value, "choices")?;
            if multiple {
                return Ok(Label::Choices(classes));
            }
            match (classes.pop(), classes.is_empty()) {
                (Some(class), true) => Ok(Label::Choice(class)),
                (None, _) => Err(wrong("a choice is empty")),
                _ => Err(Refused::column(
                    "annotations",
                    "there are several choices where one is expected",
                    "import them as multiple choice",
                )),
            }
        }
        "rating" => {
            let points = value.get("rating").and_then(Json::as_u64);
            let points = points.and_then(|points| u32::try_from(points).ok());
            points
                .map(Label::Rating)
                .ok_or_else(|| wrong("a rating is no whole number"))
        }
        "pairwise" => {
            let preferred = match value.get("selected").and_then(Json::as_str) {
                Some("left") => Preferred::Left,
                Some("right") => Preferred::Right,
                _ => return Err(wrong("a comparison is neither `left` nor `right`")),
            };
            let reasons = Vec::new();
            Ok(Label::Pair { preferred, reasons })
        }
        _ => {
            let text = match value.get("text") {
                Some(Json::String(text)) => text.clone(),
                _ => texts(value, "text")?.join("\n"),
            };
            Ok(Label::Text(text))
        }
    }
}

/// Two regions of one control: texts stand below each other, choices together.
fn joined(one: Option<Label>, more: Label) -> Read<Label> {
    Ok(match (one, more) {
        (None, label) => label,
        (Some(Label::Text(one)), Label::Text(more)) => Label::Text(one + "\n" + &more),
        (Some(Label::Choices(mut one)), Label::Choices(more)) => {
            one.extend(more);
            Label::Choices(one)
        }
        _ => {
            let what = format!("the control `{LABEL}` or its like has two judgements");
            return Err(wrong(&what));
        }
    })
}

fn texts(value: &Json, member: &str) -> Read<Vec<String>> {
    let list = value.get(member).and_then(Json::as_array);
    let list = list.ok_or_else(|| wrong(&format!("a region lacks its `{member}`")))?;
    let read = list.iter().map(|it| it.as_str().map(str::to_owned));
    read.collect::<Option<_>>()
        .ok_or_else(|| wrong(&format!("`{member}` has what is no text")))
}

pub(super) fn wrong(what: &str) -> Refused {
    let hint = "export the task from Label Studio again as JSON";
    Refused::column("annotations", what, hint)
}

fn list(column: &str, value: Json) -> Read<Vec<Json>> {
    match value {
        Json::Array(list) => Ok(list),
        _ => Err(Refused::column(
            column,
            "it is not a list",
            "give a list of objects",
        )),
    }
}

fn object(column: &str, value: Json) -> Read<Map<String, Json>> {
    match value {
        Json::Object(object) => Ok(object),
        _ => {
            let what = "it has an element that is no object";
            Err(Refused::column(column, what, "give a list of objects"))
        }
    }
}

/// A text or a number as text; none of anything else, or of a blank.
pub(super) fn text(value: &Json) -> Option<String> {
    let shown = match value {
        Json::String(_) | Json::Number(_) => Value::from(value.clone()).shown(),
        _ => String::new(),
    };
    Some(shown).filter(|shown| !shown.is_empty())
}
