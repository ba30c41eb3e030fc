//! Units in, labels out, in other people's formats, as streams both ways.

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, Request, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use exchange::{Annotations, Fault, Label, Mapping, Outcome, Reader, Source, Studio};
use serde::Deserialize;
use serde_json::{Value, json};
use table::rows::{ROW_BYTES, Rows};
use view::plan::{PlannedUnit, TOGETHER, Upload};

use super::labelled::{self, Labelled};
use super::stream::{download, upload};
use super::{Work, no_campaign};
use crate::access::Caller;
use crate::api::blocking;
use crate::extract::Path;
use crate::problem::Problem;

/// How an upload is read.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Form {
    /// `label-studio` for tasks of Label Studio; else the bytes tell.
    format: Option<String>,
    /// Column of the unit's own id.
    id: Option<String>,
    /// Columns to show, separated by commas; all others where it is left out.
    fields: Option<String>,
    /// Column of the known answer.
    known: Option<String>,
    /// What annotations of Label Studio are: `gold` or `ignore`.
    annotations: Option<String>,
    /// The control that holds the judgement.
    control: Option<String>,
}

/// How labels leave.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Wanted {
    format: Option<String>,
}

/// `PUT /api/v1/plans/{id}/units?id=&fields=&known=`: a table (CSV, JSON Lines, a JSON array,
/// Parquet) or tasks of Label Studio in the place of what was there. Rows that cannot be used are
/// named and set aside; a file that is no table leaves what was there.
pub(super) async fn put_units(
    State(work): State<Work>,
    Path(id): Path<u64>,
    caller: Caller,
    query: Result<Query<Form>, QueryRejection>,
    request: Request,
) -> Result<Json<Value>, Problem> {
    let Query(form) = query?;
    let plan = work.plan(&caller, id)?;
    if plan.campaign.is_some() {
        return Err(super::plan::opened(id));
    }
    let source = source(&form)?;
    let kind = request
        .headers()
        .get(header::CONTENT_TYPE)
        .and_then(|kind| kind.to_str().ok());
    let format = format_of(kind.unwrap_or_default());
    let input = upload(request.into_body());
    let put = blocking(move || {
        let rows = Rows::read("upload", Box::new(input), format, ROW_BYTES).map_err(table)?;
        take(&work, id, Reader::over(rows, source).map_err(table)?)
    });
    let (count, outcome) = put.await??;
    let faults: Vec<Value> = outcome.faults.iter().map(fault).collect();
    Ok(Json(json!({
        "tasks": count,
        "refused": outcome.refused,
        "cancelled": outcome.cancelled,
        "rejected": outcome.rejected,
        "unread": outcome.unread,
        "faults": faults,
    })))
}

/// Reads an upload to its end, however slowly it comes, and only then puts it in the place of what
/// was there; others wait for no longer than some rows take.
fn take(work: &Work, id: u64, reader: Reader) -> Result<(u32, Outcome), Problem> {
    let mut upload = work.plans().begin_upload()?;
    let taken = keep(work, &mut upload, reader).and_then(|outcome| {
        let now_ms = work.0.host.now_ms();
        let taken = work.plans().take(id, &upload, now_ms)?;
        let whole = (upload.count(), outcome);
        taken
            .then_some(whole)
            .ok_or_else(|| super::plan::opened(id))
    });
    work.plans().end_upload(&upload)?;
    while work.plans().sweep()? {}
    taken
}

fn keep(work: &Work, upload: &mut Upload, mut reader: Reader) -> Result<Outcome, Problem> {
    loop {
        let rows = reader.by_ref().flatten().take(TOGETHER);
        let part: Vec<PlannedUnit> = rows.map(planned).collect();
        if part.is_empty() {
            return reader.finish().map_err(table);
        }
        work.plans().add(upload, &part)?;
    }
}

/// `GET /api/v1/campaigns/{id}/export?format=jsonl|json|answers|preference|label-studio`: what has
/// been accepted, for its requester.
pub(super) async fn export(
    State(work): State<Work>,
    Path(id): Path<u32>,
    caller: Caller,
    query: Result<Query<Wanted>, QueryRejection>,
) -> Result<Response, Problem> {
    let Query(wanted) = query?;
    let id = work.steers(&caller, id)?;
    let format = wanted.format.unwrap_or_else(|| "jsonl".to_owned());
    let known = ["jsonl", "json", "answers", "preference", "label-studio"];
    if !known.contains(&format.as_str()) {
        let detail = format!("`{format}` is none of {}", known.join(", "));
        return Err(Problem::invalid("invalid_query", detail));
    }
    let units = work.0.workplace.units(id);
    let units = units.map_err(|why| super::refused(id, why))?;
    let host = work.0.host.clone();
    let files = work.0.files.clone();
    let found = blocking(move || node::export::export(&host, &files, id, units)).await?;
    let exported = found.map_err(|error| Problem::busy("unavailable", error.to_string(), 5))?;
    let exported = exported.ok_or_else(|| no_campaign(id))?;
    let opinions = match format.as_str() {
        "label-studio" => work.0.workplace.ask(|desk| desk.opinions(id))?,
        _ => Vec::new(),
    };
    if format == "preference" {
        // Said before the first byte, while there is still a status to say it with.
        labelled::sides(&exported).map_err(|why| Problem::invalid("no_preferences", why))?;
    }
    let lines = matches!(format.as_str(), "jsonl" | "answers" | "preference");
    let kind = if lines {
        "application/x-ndjson"
    } else {
        "application/json"
    };
    let labelled = Labelled { exported, opinions };
    let body = download(move |out| labelled.write(id, &format, out));
    let kind = HeaderValue::from_static(kind);
    Ok(([(header::CONTENT_TYPE, kind)], body).into_response())
}

fn source(form: &Form) -> Result<Source, Problem> {
    let fields = form.fields.as_deref().unwrap_or_default();
    let fields = fields
        .split(',')
        .map(str::trim)
        .filter(|name| !name.is_empty());
    let mapping = Mapping {
        id: form.id.clone(),
        fields: fields
            .map(|name| (name.to_owned(), name.to_owned()))
            .collect(),
        gold: form.known.clone(),
    };
    match form.format.as_deref() {
        None | Some("table") => Ok(Source::Table(mapping)),
        Some("label-studio") => Ok(Source::Studio(Studio {
            mapping,
            annotations: match form.annotations.as_deref() {
                Some("gold") => Annotations::Gold,
                None | Some("ignore") => Annotations::Ignore,
                Some(other) => {
                    let detail = format!("`annotations` is `gold` or `ignore`, not `{other}`");
                    return Err(Problem::invalid("invalid_query", detail));
                }
            },
            control: form.control.clone(),
            multiple: false,
        })),
        Some(other) => {
            let detail = format!("`format` is `table` or `label-studio`, not `{other}`");
            Err(Problem::invalid("invalid_query", detail))
        }
    }
}

fn format_of(kind: &str) -> Option<table::Format> {
    match kind.split(';').next().unwrap_or_default().trim() {
        "text/csv" => Some(table::Format::Csv(b',')),
        "text/tab-separated-values" => Some(table::Format::Csv(b'\t')),
        "application/json" | "application/x-ndjson" | "application/jsonl" => {
            Some(table::Format::Json)
        }
        "application/vnd.apache.parquet" => Some(table::Format::Parquet),
        _ => None,
    }
}

fn planned(row: exchange::Row) -> PlannedUnit {
    let text = match &row.unit.fields[..] {
        [] => None,
        [(name, value)] if name == "text" => Some(value.shown()),
        _ => Some(row.unit.payload()),
    };
    let known = row.gold.map(|label| match label {
        Label::Choices(classes) => classes.join("|"),
        other => match other.cell() {
            Value::String(text) => text,
            cell => cell.to_string(),
        },
    });
    PlannedUnit {
        name: row.unit.name,
        text,
        known,
    }
}

fn fault(fault: &Fault) -> Value {
    json!({
        "place": fault.place,
        "column": fault.column,
        "what": fault.what,
        "hint": fault.hint,
        "excerpt": fault.excerpt,
    })
}

fn table(error: table::Error) -> Problem {
    let reason = std::error::Error::source(&error);
    let why = reason.map_or_else(String::new, |reason| format!(": {reason}"));
    Problem::invalid("bad_table", format!("{error}{why}"))
}
