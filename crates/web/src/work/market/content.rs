//! Contents over HTTP: uploaded, shown in part, and read by whom the terms let.

mod range;

use std::io::{self, Read as _};
use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, Request, State};
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use node::Host;
use node::content::{Refused, Upload, part};
use node::market::{Permit, campaign_of, permit};
use node::service::Labels;
use node::workplace::Workplace;
use protocol::event::NewAsset;
use protocol::market::{AssetKind, DISPLAY};
use protocol::{AccountId, AssetId};
use range::ranged;
use serde::Deserialize;
use serde_json::{Value, json};
use store::Files;
use view::download::Taken;

use crate::access::Caller;
use crate::api::blocking;
use crate::extract::Path;
use crate::page::Viewer;
use crate::problem::Problem;
use crate::problem::said::{most_bytes, no_asset};
use crate::work::labelled::Labelled;
use crate::work::stream::{download as stream, upload};
use crate::work::{Work, account};

/// Most bytes of one content.
const MOST_BYTES: u64 = 64 << 30;
/// Rows of a preview, and most bytes of each.
const SHOWN: usize = 20;
const SHOWN_BYTES: usize = 2_000;
/// Most bytes of a card.
const CARD_BYTES: u64 = 1 << 20;

/// What a content is read for.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Purpose {
    purpose: Option<String>,
}

/// `PUT /api/v1/contents`: bytes of any length, kept under their SHA-256 as the caller's. What
/// registers an asset names that hash; a card is kept the same way.
pub(super) async fn put(
    State(work): State<Work>,
    caller: Caller,
    request: Request,
) -> Result<(StatusCode, Json<Value>), Problem> {
    let own = account(&caller)?;
    let mut input = upload(request.into_body());
    let kept = blocking(move || work.0.market.contents().put(own, &mut input, MOST_BYTES)).await?;
    let kept = kept.map_err(|refused| match refused {
        Refused::TooLarge => most_bytes(MOST_BYTES),
        Refused::Full => {
            let detail = "the node's disk is nearly full; tell its operator, and try again later";
            Problem::busy("storage_full", detail, 3_600)
        }
        Refused::Broken(error) => Problem::invalid("broken_upload", error.to_string()),
    })?;
    let told = json!({
        "sha256": kept.hash.to_string(),
        "bytes": kept.bytes,
        "lines": kept.lines,
    });
    Ok((StatusCode::CREATED, Json(told)))
}

/// Refuses to offer what only others have uploaded, which would be read as theirs by nobody. A
/// content that is not here at all may lie elsewhere.
pub(super) fn refuse_of_others(work: &Work, upload: Upload, what: &str) -> Result<(), Problem> {
    let contents = work.0.market.contents();
    if !contents.is_of_others(upload).map_err(broken)? {
        return Ok(());
    }
    let detail = format!(
        "only others have uploaded this {what} to this node; upload the file by \
         `PUT /api/v1/contents` as account {}, then ask again",
        upload.by
    );
    let status = StatusCode::CONFLICT;
    Err(Problem::new(status, "content_of_others", detail))
}

/// `GET /api/v1/assets/{id}/card`: the card as it was written, Markdown with a head in YAML.
pub(super) async fn card(
    State(work): State<Work>,
    Path(id): Path<u32>,
) -> Result<Response, Problem> {
    let text = blocking(move || card_of(&work, AssetId(id))).await??;
    let text = text.ok_or_else(|| Problem::missing(format!("asset {id} has no card here")))?;
    let kind = HeaderValue::from_static("text/markdown; charset=utf-8");
    Ok(([(header::CONTENT_TYPE, kind)], text).into_response())
}

/// The card of an asset, where it has one and its owner has uploaded it here.
pub(crate) fn card_of(work: &Work, id: AssetId) -> Result<Option<String>, Problem> {
    let card = work.0.host.read(|state| {
        let by = state.asset(id)?.registered.owner;
        let listing = state.sections.market.listings.get(&id);
        let hash = listing.and_then(|listing| listing.card);
        Some(hash.map(|hash| Upload { by, hash }))
    });
    let Some(card) = card.ok_or_else(|| no_asset(id))? else {
        return Ok(None);
    };
    let found = work.0.market.contents().get(card).map_err(broken)?;
    let Some((file, _)) = found else {
        return Ok(None);
    };
    let mut bytes = Vec::new();
    file.take(CARD_BYTES)
        .read_to_end(&mut bytes)
        .map_err(broken)?;
    Ok(Some(String::from_utf8_lossy(&bytes).into_owned()))
}

/// `GET /api/v1/assets/{id}/preview`: first rows, where the terms have `display`.
pub(super) async fn preview(
    State(work): State<Work>,
    Path(id): Path<u32>,
    Viewer(caller, _): Viewer,
) -> Result<Json<Value>, Problem> {
    let own = caller.and_then(|caller| caller.account);
    let rows = blocking(move || shown(&work, AssetId(id), own)).await??;
    let parsed = rows
        .iter()
        .map(|row| serde_json::from_str(row).unwrap_or_else(|_| json!(row)));
    Ok(Json(json!({"rows": parsed.collect::<Vec<Value>>()})))
}

/// The first rows of a content as lines of text; refused where the terms do not show them to this
/// account.
pub(crate) fn shown(
    work: &Work,
    id: AssetId,
    own: Option<AccountId>,
) -> Result<Vec<String>, Problem> {
    let about = work.0.host.read(|state| {
        let asset = &state.asset(id)?.registered;
        let public = asset
            .terms
            .purposes
            .iter()
            .any(|purpose| purpose == DISPLAY);
        let mine = own == Some(asset.owner);
        let market = &state.sections.market;
        let held = own.into_iter().flat_map(|own| market.grants_of(id, own));
        let living = held.filter(|(_, grant)| grant.lives(state.time_ms));
        // A grant for some rows shows no others.
        let bought = living.map(|(_, grant)| match grant.rows {
            0 => SHOWN,
            rows => usize::try_from(rows).map_or(SHOWN, |rows| rows.min(SHOWN)),
        });
        let most = if public || mine {
            Some(SHOWN)
        } else {
            bought.max()
        };
        Some((most, asset.kind, content_of(asset)))
    });
    let (most, kind, content) = about.ok_or_else(|| no_asset(id))?;
    let Some(most) = most else {
        let detail = format!("the terms of asset {id} show no rows to those who hold no grant");
        return Err(Problem::forbidden("not_displayed", detail));
    };
    if kind == AssetKind::LabelSet {
        let lines = labels(work, id, most)?;
        let text = String::from_utf8_lossy(&lines);
        return Ok(text.lines().take(most).map(str::to_owned).collect());
    }
    let head = work.0.market.contents().head(content, most, SHOWN_BYTES);
    head.map_err(broken)
}

/// `GET /api/v1/assets/{id}/download?purpose=`: the content, or the rows that were bought of it, to
/// its owner and to whom a grant or the terms allow the purpose. Each is noted before it begins.
/// One range of bytes may be asked for (RFC 9110, 14).
pub(super) async fn download(
    State(work): State<Work>,
    Path(id): Path<u32>,
    query: Result<Query<Purpose>, QueryRejection>,
    Viewer(caller, _): Viewer,
    request: Request,
) -> Result<Response, Problem> {
    let Query(query) = query?;
    let id = AssetId(id);
    let own = caller.and_then(|caller| caller.account);
    let counted = request.method() != Method::HEAD;
    let headers = request.headers().clone();
    blocking(move || {
        let (purpose, allowed) = admitted(&work, id, own, query.purpose.as_deref())?;
        let (content, bytes) = sized(&work, id, allowed)?;
        let range = ranged(&headers, bytes)?;
        if counted {
            work.0.market.downloads().note(&Taken {
                asset: id,
                account: own,
                purpose,
                grant: allowed.grant,
                bytes: range.1,
                time_ms: work.0.host.now_ms(),
            })?;
        }
        answer(&work, id, (content, bytes), range)
    })
    .await?
}

/// For which purpose somebody reads, and by what right. Where none is named, the first of the
/// terms that allows the whole, else the first that allows some rows.
fn admitted(
    work: &Work,
    id: AssetId,
    own: Option<AccountId>,
    purpose: Option<&str>,
) -> Result<(String, Permit), Problem> {
    work.0.host.read(|state| {
        let asset = state.asset(id).ok_or_else(|| no_asset(id))?;
        let terms = &asset.registered.terms.purposes;
        let (mut why, mut part) = (None, None);
        let owned = own == Some(asset.registered.owner);
        // Who may show parts of it to people has not been given the whole.
        let handed = terms.iter().filter(|word| owned || *word != DISPLAY);
        for word in handed.filter(|word| purpose.is_none_or(|asked| asked == *word)) {
            match permit(state, id, own, (word, state.time_ms)) {
                Ok(permit) if permit.rows.is_none() => return Ok((word.clone(), permit)),
                Ok(permit) => part = part.or_else(|| Some((word.clone(), permit))),
                Err(rejection) => why = why.or(Some(rejection)),
            }
        }
        if let Some(part) = part {
            return Ok(part);
        }
        let why = why.unwrap_or(protocol::Rejection::UnknownPurpose);
        Err(Problem::forbidden(why.code(), format!("asset {id}: {why}")))
    })
}

/// The file that is read and how many bytes of it.
fn sized(work: &Work, id: AssetId, allowed: Permit) -> Result<(Upload, u64), Problem> {
    let about = work.0.host.read(|state| {
        let asset = &state.asset(id)?.registered;
        Some((asset.kind, content_of(asset)))
    });
    let (kind, mut content) = about.ok_or_else(|| no_asset(id))?;
    let contents = work.0.market.contents();
    if kind == AssetKind::LabelSet {
        let lines = labels(work, id, usize::MAX)?;
        let kept = contents.put(content.by, &mut &lines[..], MOST_BYTES);
        let failed = |_| Problem::busy("unavailable", "the labels cannot be written here", 5);
        content.hash = kept.map_err(failed)?.hash;
    }
    let found = contents.get(content).map_err(broken)?;
    let Some((_, bytes)) = found else {
        let detail = format!(
            "the owner of asset {id}, account {by}, has not uploaded its content to this node; as \
             account {by}, send the file by `PUT /api/v1/contents`",
            by = content.by
        );
        return Err(Problem::missing(detail));
    };
    match allowed.rows {
        None | Some(0) => Ok((content, bytes)),
        Some(rows) => {
            let first = contents.head(content, 1, SHOWN_BYTES).map_err(broken)?;
            let headed = first
                .first()
                .is_some_and(|line| !line.trim_start().starts_with(['{', '[']));
            let bytes = contents.prefix(content, rows, headed && kind != AssetKind::LabelSet);
            Ok((content, bytes.map_err(broken)?))
        }
    }
}

/// An asset's content as its owner has it.
fn content_of(asset: &NewAsset) -> Upload {
    Upload {
        by: asset.owner,
        hash: asset.content,
    }
}

/// The first units of a label set, at most so many, one a line.
fn labels(work: &Work, id: AssetId, most: usize) -> Result<Vec<u8>, Problem> {
    let (host, files) = (&work.0.host, &work.0.files);
    let most = u32::try_from(most).unwrap_or(u32::MAX);
    lines((host, files), &work.0.workplace, (id, most))
}

/// The content of label sets as downloads have it, for whoever else reads it.
pub fn label_lines(host: Host, files: Arc<dyn Files>, workplace: Workplace) -> Labels {
    Arc::new(move |id| {
        let all = (id, u32::MAX);
        lines((&host, &files), &workplace, all).map_err(|why| why.detail())
    })
}

/// The labels of a campaign's first tasks, at most so many, one a line.
fn lines(
    (host, files): (&Host, &Arc<dyn Files>),
    workplace: &Workplace,
    (id, most): (AssetId, u32),
) -> Result<Vec<u8>, Problem> {
    let campaign = host.read(|state| campaign_of(state, id));
    let campaign = campaign.ok_or_else(|| no_asset(id))?;
    let units = workplace.units(campaign);
    let units = units.map_err(|why| crate::work::refused(campaign, why))?;
    let exported = node::export::head(host, files, (campaign, most), units);
    let exported = exported.map_err(|error| Problem::busy("unavailable", error.to_string(), 5))?;
    let exported = exported.ok_or_else(|| no_asset(id))?;
    let mut lines = Vec::new();
    let opinions = Vec::new();
    let labelled = Labelled { exported, opinions };
    let written = labelled.write(campaign, "jsonl", &mut lines);
    written.map_err(|why| Problem::busy("unavailable", why, 5))?;
    Ok(lines)
}

fn answer(
    work: &Work,
    id: AssetId,
    (content, bytes): (Upload, u64),
    (from, count, partial): (u64, u64, bool),
) -> Result<Response, Problem> {
    let found = work.0.market.contents().get(content).map_err(broken)?;
    let (file, _) = found.ok_or_else(|| no_asset(id))?;
    let mut input = part(file, from, count).map_err(broken)?;
    let body = stream(move |out| {
        let copied = io::copy(&mut input, out).map_err(|error| error.to_string())?;
        match copied == count {
            true => Ok(()),
            false => Err("the file is shorter than it was".to_owned()),
        }
    });
    let status = if partial {
        StatusCode::PARTIAL_CONTENT
    } else {
        StatusCode::OK
    };
    let mut response = (status, body).into_response();
    let headers = response.headers_mut();
    let mut set = |name, text: String| {
        let value = HeaderValue::try_from(text).expect("digits and letters are a header value");
        headers.insert(name, value);
    };
    if partial {
        let last = from + count - 1;
        set(
            header::CONTENT_RANGE,
            format!("bytes {from}-{last}/{bytes}"),
        );
    }
    set(header::ACCEPT_RANGES, "bytes".to_owned());
    set(header::CONTENT_LENGTH, count.to_string());
    set(header::CONTENT_TYPE, "application/octet-stream".to_owned());
    set(
        header::CONTENT_DISPOSITION,
        format!("attachment; filename=\"asset-{id}\""),
    );
    set(header::ETAG, format!("\"{}\"", content.hash));
    Ok(response)
}

fn broken(error: io::Error) -> Problem {
    Problem::busy(
        "unavailable",
        format!("the content cannot be read: {error}"),
        5,
    )
}
