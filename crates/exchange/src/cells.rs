//! The cells of a row as a unit and its known label.

use serde_json::Value as Json;
use table::error::quoted;
use table::rows::{Fault, excerpt};

use crate::label::Label;
use crate::mapping::Mapping;
use crate::unit::Unit;
use crate::value::Value;

/// A fault of a row before its place is known.
pub(crate) struct Refused {
    column: Option<String>,
    what: String,
    hint: String,
}

impl Refused {
    pub(crate) fn column(column: &str, what: &str, hint: &str) -> Self {
        Self {
            column: Some(column.to_owned()),
            what: what.to_owned(),
            hint: hint.to_owned(),
        }
    }

    /// With its place in the file and how its row begins.
    pub(crate) fn at(self, place: u64, beginning: &str) -> Fault {
        Fault {
            place,
            column: self.column,
            what: self.what,
            hint: self.hint,
            excerpt: excerpt(beginning.as_bytes()),
        }
    }
}

/// Takes cells apart into a unit and its known label; `name` is for units without an id.
pub(crate) fn unit(
    cells: Vec<(String, Json)>,
    mapping: &Mapping,
    name: &str,
) -> std::result::Result<(Unit, Option<Label>), Refused> {
    let mut unit = Unit {
        name: name.to_owned(),
        fields: Vec::with_capacity(cells.len()),
    };
    let (mut id, mut gold) = (None, None);
    let mut named: Vec<Option<Json>> = vec![None; mapping.fields.len()];
    for (column, value) in cells {
        for ((_, from), place) in mapping.fields.iter().zip(&mut named) {
            if *from == column {
                *place = Some(value.clone());
            }
        }
        if mapping.id.as_ref() == Some(&column) {
            id = Some(value);
        } else if mapping.gold.as_ref() == Some(&column) {
            gold = known(&column, value)?;
        } else if mapping.fields.is_empty() {
            unit.fields.push((column, value.into()));
        }
    }
    for ((name, column), value) in mapping.fields.iter().zip(named) {
        let value = value.ok_or_else(|| {
            let what = format!("the column {} is missing", quoted(column));
            Refused::column(column, &what, "fill it in, or name another column")
        })?;
        unit.fields.push((name.clone(), value.into()));
    }
    if let Some(column) = &mapping.id {
        unit.name = id_text(column, id.unwrap_or(Json::Null))?;
    }
    if unit.fields.is_empty() {
        let hint = "give the row a column besides its id and label";
        let what = "there is nothing to judge";
        return Err(Refused::column("", what, hint));
    }
    Ok((unit, gold))
}

/// The text of an id, which is a text or a number.
pub(crate) fn id_text(column: &str, value: Json) -> std::result::Result<String, Refused> {
    match value {
        Json::String(text) => Ok(text),
        Json::Number(_) => Ok(Value::from(value).shown()),
        Json::Null => Ok(String::new()),
        other => {
            let what = format!("the id is {}, not a text or a number", kind(&other));
            Err(Refused::column(
                column,
                &what,
                "name the column that has the ids",
            ))
        }
    }
}

/// A known label; none for a blank.
fn known(column: &str, value: Json) -> std::result::Result<Option<Label>, Refused> {
    let wrong = |what: &str| {
        let hint = "write a class, or a list of classes";
        let what = format!("the known label is {what}");
        Refused::column(column, &what, hint)
    };
    match value {
        Json::Null => Ok(None),
        Json::Object(_) => Err(wrong("an object")),
        Json::Array(classes) => {
            let class = |class| match class {
                Json::String(text) => Ok(text),
                other => Err(wrong(&format!("a list with {}", kind(&other)))),
            };
            let classes: std::result::Result<_, _> = classes.into_iter().map(class).collect();
            Ok(Some(Label::Choices(classes?)))
        }
        scalar => {
            let text = Value::from(scalar).shown();
            Ok((!text.trim().is_empty()).then_some(Label::Choice(text)))
        }
    }
}

fn kind(value: &Json) -> &'static str {
    match value {
        Json::Null => "null",
        Json::Bool(_) => "true or false",
        Json::Number(_) => "a number",
        Json::String(_) => "a text",
        Json::Array(_) => "a list",
        Json::Object(_) => "an object",
    }
}
