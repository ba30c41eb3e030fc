//! Server-sent events: a line for each entry as it takes effect, from any place of the log on.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, HeaderName, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use node::{Bulletin, Host};
use protocol::CampaignId;
use serde::Deserialize;
use serde_json::json;
use tokio::sync::{Semaphore, watch};
use tokio::time::{Instant, sleep_until, timeout};

use crate::api::blocking;
use crate::extract::Path;
use crate::problem::Problem;
use crate::problem::said::no_campaign;
use crate::server::Ending;

/// Streams that may be open at a time; each holds a socket and some kilobytes.
pub const MOST_STREAMS: usize = 16_384;
/// Entries that are looked at together: what one stream holds at most.
const PART: usize = 256;
/// How often a stream that has something to say does so; what comes meanwhile goes together.
const EVERY: Duration = Duration::from_millis(250);
/// After how long without an event a comment says that the stream is alive.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// Parts that are read from the disk at a time, for all streams together.
const READERS: usize = 4;

/// What all streams have in common.
#[derive(Clone)]
pub struct Live(Arc<Inner>);

struct Inner {
    host: Host,
    /// Entries that have taken effect; it stands still once no stream listens.
    through: watch::Sender<u64>,
    open: AtomicUsize,
    watched: AtomicBool,
    readers: Semaphore,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct From {
    after: Option<u64>,
}

/// The routes `/api/v1/events` and `/api/v1/campaigns/{id}/events`.
pub fn routes(live: Live) -> Router {
    Router::new()
        .route("/api/v1/events", get(all))
        .route("/api/v1/campaigns/{id}/events", get(one))
        .layer(axum::middleware::map_response(crate::api::not_kept))
        .with_state(live)
}

impl Live {
    /// Streams of a running node.
    pub fn new(host: Host) -> Self {
        Self(Arc::new(Inner {
            through: watch::Sender::new(host.applied_through()),
            host,
            open: AtomicUsize::new(0),
            watched: AtomicBool::new(false),
            readers: Semaphore::new(READERS),
        }))
    }

    /// Streams that are open.
    pub fn open(&self) -> usize {
        self.0.open.load(Ordering::Relaxed)
    }

    /// A place among the open streams; the first of them begins to watch the log for all.
    fn enter(&self) -> Result<Place, Problem> {
        let before = self.0.open.fetch_add(1, Ordering::AcqRel);
        let place = Place(self.clone());
        if before >= MOST_STREAMS {
            let detail = format!("{MOST_STREAMS} streams are open");
            return Err(Problem::busy("too_many_streams", detail, 10));
        }
        if !self.0.watched.swap(true, Ordering::AcqRel) {
            tokio::spawn(self.clone().watch());
        }
        Ok(place)
    }

    /// Tells all streams how far the log is, while there is one.
    async fn watch(self) {
        loop {
            if self.open() == 0 {
                self.0.watched.store(false, Ordering::Release);
                // A stream that has come in between has found the watch kept.
                if self.open() == 0 || self.0.watched.swap(true, Ordering::AcqRel) {
                    return;
                }
            }
            let through = self.0.host.applied_through();
            self.0.through.send_if_modified(|known| {
                let is_more = *known < through;
                *known = through.max(*known);
                is_more
            });
            let more = self.0.host.applied(through);
            if matches!(timeout(HEARTBEAT, more).await, Ok(Err(_))) {
                return;
            }
        }
    }
}

/// One of the open streams.
struct Place(Live);

impl Drop for Place {
    fn drop(&mut self) {
        self.0.0.open.fetch_sub(1, Ordering::AcqRel);
    }
}

/// `GET /api/v1/events?after=INDEX`: all entries.
async fn all(
    State(live): State<Live>,
    query: Result<Query<From>, QueryRejection>,
    headers: HeaderMap,
    ending: Option<axum::Extension<Ending>>,
) -> Result<Response, Problem> {
    let Query(from) = query?;
    stream(live, None, first(&from, &headers)?, ending)
}

/// `GET /api/v1/campaigns/{id}/events?after=INDEX`: entries that are about one campaign.
async fn one(
    State(live): State<Live>,
    Path(id): Path<u32>,
    query: Result<Query<From>, QueryRejection>,
    headers: HeaderMap,
    ending: Option<axum::Extension<Ending>>,
) -> Result<Response, Problem> {
    let (Query(from), id) = (query?, CampaignId(id));
    let known = live.0.host.read(|state| state.campaign(id).is_some());
    if !known {
        return Err(no_campaign(id));
    }
    stream(live, Some(id), first(&from, &headers)?, ending)
}

/// The entry to begin with, where somebody says so: a browser that was cut off says it by itself.
fn first(from: &From, headers: &HeaderMap) -> Result<Option<u64>, Problem> {
    let Some(last) = headers.get("last-event-id") else {
        return Ok(from.after.map(|last| last.saturating_add(1)));
    };
    let last: Option<u64> = last.to_str().ok().and_then(|text| text.parse().ok());
    let last = last.ok_or_else(|| {
        Problem::invalid("invalid_query", "`Last-Event-ID` is the index of an entry")
    })?;
    Ok(Some(last.saturating_add(1)))
}

/// What one stream knows.
struct Stream {
    place: Place,
    through: watch::Receiver<u64>,
    ending: Option<Ending>,
    campaign: Option<CampaignId>,
    next: u64,
    /// Before which nothing more is said, so that what comes fast goes together.
    rest: Instant,
    begun: bool,
}

fn stream(
    live: Live,
    campaign: Option<CampaignId>,
    first: Option<u64>,
    ending: Option<axum::Extension<Ending>>,
) -> Result<Response, Problem> {
    let place = live.enter()?;
    let stream = Stream {
        through: live.0.through.subscribe(),
        place,
        ending: ending.map(|ending| ending.0),
        campaign,
        next: first.unwrap_or_else(|| live.0.host.applied_through()),
        rest: Instant::now(),
        begun: false,
    };
    let body = futures_util::stream::unfold(stream, |mut stream| async move {
        let part = stream.part().await?;
        Some((Ok::<Bytes, std::io::Error>(part), stream))
    });
    let headers = [
        (header::CONTENT_TYPE, "text/event-stream"),
        (header::CACHE_CONTROL, "no-store"),
        // Proxies that gather an answer before they pass it on do not gather this one.
        (HeaderName::from_static("x-accel-buffering"), "no"),
    ];
    Ok((headers, Body::from_stream(body)).into_response())
}

impl Stream {
    /// What is said next: events, or a comment after a silence. It is only worked out once the
    /// reader has taken what was said before, so a slow one holds no more than this and falls
    /// behind, into the public log. `None` ends the stream.
    async fn part(&mut self) -> Option<Bytes> {
        if !self.begun {
            self.begun = true;
            return Some(Bytes::from_static(b"retry: 2000\n\n"));
        }
        let silence = Instant::now() + HEARTBEAT;
        loop {
            if self.has_ended() {
                return None;
            }
            let known = *self.through.borrow_and_update();
            if known > self.next {
                sleep_until(self.rest).await;
                let (text, is_whole) = match self.read().await {
                    Ok(read) => read,
                    Err(problem) => return self.broken(&problem),
                };
                if is_whole {
                    self.rest = Instant::now() + EVERY;
                }
                if !text.is_empty() {
                    return Some(text.into());
                }
                if !is_whole {
                    continue;
                }
            }
            if !self.wait(silence).await {
                return Some(Bytes::from_static(b": alive\n\n"));
            }
        }
    }

    fn has_ended(&self) -> bool {
        self.ending.as_ref().is_some_and(Ending::is_now)
    }

    /// Until there may be more, or the node ends; false after a silence.
    async fn wait(&mut self, silence: Instant) -> bool {
        let ending = self.ending.clone();
        let ended = async {
            match ending {
                Some(mut ending) => ending.comes().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            changed = self.through.changed() => changed.is_ok(),
            () = ended => true,
            () = sleep_until(silence) => false,
        }
    }

    /// The events of the next entries, and whether that is all for now.
    async fn read(&mut self) -> Result<(String, bool), Problem> {
        let live = &self.place.0.0;
        let (host, from) = (live.host.clone(), self.next);
        let held = host.posted(from, PART);
        let found = match held {
            Some(found) => found,
            None => {
                let permit = live.readers.acquire().await;
                let found = blocking(move || host.bulletins(from, PART)).await??;
                drop(permit);
                found
            }
        };
        let mut text = String::new();
        for bulletin in &found {
            let wanted = self
                .campaign
                .is_none_or(|own| bulletin.campaign == Some(own));
            if wanted {
                event(&mut text, bulletin);
            }
        }
        self.next += found.len() as u64;
        Ok((text, found.len() < PART))
    }

    /// The last event of a stream that cannot go on, which says from where to ask again.
    fn broken(&mut self, problem: &Problem) -> Option<Bytes> {
        self.ending = Some(Ending::reached());
        let said = json!({"code": problem.code(), "detail": problem.detail(), "next": self.next});
        Some(format!("event: end\ndata: {said}\n\n").into())
    }
}

fn event(text: &mut String, bulletin: &Bulletin) {
    let index = bulletin.index;
    let said = bulletin.shown();
    text.push_str(&format!("id: {index}\ndata: {said}\n\n"));
}
