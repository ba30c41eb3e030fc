//! Receipts and entries by their index.

use std::time::{Duration, Instant};

use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::http::header;
use axum::response::IntoResponse;
use node::Host;
use node::host::NoReceipt;
use serde::Deserialize;

use super::{Front, blocking, wait};
use crate::problem::Problem;
use crate::problem::said::no_entry;

/// How often a waiting request looks whether a checkpoint has come.
const LOOK: Duration = Duration::from_millis(50);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Waiting {
    wait: Option<u64>,
}

/// `GET /api/v1/receipt/{index}?wait=MS`: the receipt as `c2sp.org/tlog-proof@v1` text.
pub(super) async fn receipt(
    State(front): State<Front>,
    index: Result<Path<u64>, PathRejection>,
    query: Result<Query<Waiting>, QueryRejection>,
) -> Result<impl IntoResponse, Problem> {
    let (Path(index), Query(query)) = (index?, query?);
    until_published(&front.host, index, wait(query.wait)).await;
    let host = front.host.clone();
    let receipt = blocking(move || host.receipt(index)).await?;
    let text = receipt.map_err(no_receipt)?.text();
    let name = format!("attachment; filename=\"{index}.tlog-proof\"");
    let headers = [
        (header::CONTENT_TYPE, "text/plain; charset=utf-8".to_owned()),
        (header::CACHE_CONTROL, "no-cache".to_owned()),
        (header::CONTENT_DISPOSITION, name),
    ];
    Ok((headers, text))
}

/// `GET /api/v1/entry/{index}?wait=MS`: the entry's bytes, as they are hashed into the log.
pub(super) async fn entry(
    State(front): State<Front>,
    index: Result<Path<u64>, PathRejection>,
    query: Result<Query<Waiting>, QueryRejection>,
) -> Result<impl IntoResponse, Problem> {
    let (Path(index), Query(query)) = (index?, query?);
    until_published(&front.host, index, wait(query.wait)).await;
    let host = front.host.clone();
    let found = blocking(move || {
        let (durable, published) = (host.durable(), host.published());
        if index >= durable {
            return Err(no_receipt(NoReceipt::NoEntry { durable }));
        }
        if index >= published {
            return Err(no_receipt(NoReceipt::NotPublished { published }));
        }
        Ok(host.public().entry(index, published)?)
    });
    let headers = [
        (header::CONTENT_TYPE, "application/cbor"),
        (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
    ];
    Ok((headers, found.await??))
}

/// An entry that does not exist yet is waited for too: its client may know that it is coming.
async fn until_published(host: &Host, index: u64, at_most: Duration) {
    let end = Instant::now() + at_most;
    while host.published() <= index && Instant::now() < end {
        tokio::time::sleep(LOOK).await;
    }
}

fn no_receipt(why: NoReceipt) -> Problem {
    match why {
        NoReceipt::NoEntry { durable } => no_entry(durable),
        NoReceipt::NotPublished { published } => Problem::not_yet(format!(
            "the newest checkpoint covers {published} entries; hint: ask with `?wait=10000`"
        )),
        NoReceipt::Store(error) => error.into(),
    }
}
