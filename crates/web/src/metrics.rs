//! `/metrics`: what a monitor asks of a node, in the text form of Prometheus.

mod family;
mod process;

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Instant;

use axum::Router;
use axum::extract::{MatchedPath, Request, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use node::Host;
use node::timing::Timing;
use node::workplace::Workplace;
use protocol::CampaignId;
use tower::{Layer, Service};

use crate::live::Live;
use crate::login::Door;
use crate::problem::Problem;
use family::{Kind, Text};

/// What is asked of when somebody reads the metrics.
pub struct Sources {
    /// The running node.
    pub host: Host,
    /// Streams that are open.
    pub live: Live,
    /// Who gives out tasks, where the node does.
    pub workplace: Option<Workplace>,
    /// Where people log in, where they can.
    pub door: Option<Door>,
    /// Who is told of entries, where there is such a thing.
    pub hooks: Option<node::webhook::SharedWebhooks>,
}

/// Counts of requests; clones count together.
#[derive(Clone, Default)]
pub struct Requests(Arc<Counts>);

#[derive(Default)]
struct Counts {
    /// By method and route.
    routes: Mutex<BTreeMap<&'static str, BTreeMap<String, Answers>>>,
    connections: AtomicUsize,
}

#[derive(Clone, Default)]
struct Answers {
    took: Arc<Timing>,
    /// How many, by status.
    count: BTreeMap<u16, u64>,
}

#[derive(Clone)]
struct Shown {
    sources: Arc<Sources>,
    requests: Requests,
}

/// The route `/metrics`.
pub fn routes(sources: Sources, requests: &Requests) -> Router {
    let shown = Shown {
        sources: Arc::new(sources),
        requests: requests.clone(),
    };
    Router::new()
        .route("/metrics", get(serve))
        .layer(axum::middleware::map_response(crate::api::not_kept))
        .with_state(shown)
}

impl Requests {
    /// A connection that is counted until this is dropped.
    pub(crate) fn connected(&self) -> Connected {
        self.0.connections.fetch_add(1, Ordering::Relaxed);
        Connected(self.clone())
    }

    fn note(&self, (method, route): (&'static str, &str), status: u16, began: Instant) {
        let mut routes = self.0.routes.lock().unwrap_or_else(PoisonError::into_inner);
        let routes = routes.entry(method).or_default();
        // The name is copied for the first one alone.
        if !routes.contains_key(route) {
            routes.insert(route.to_owned(), Answers::default());
        }
        if let Some(answers) = routes.get_mut(route) {
            answers.took.note(began.elapsed());
            *answers.count.entry(status).or_default() += 1;
        }
    }

    /// By method and route, in this order.
    fn read(&self) -> Vec<(&'static str, String, Answers)> {
        let routes = self.0.routes.lock().unwrap_or_else(PoisonError::into_inner);
        let rows = routes.iter().flat_map(|(method, routes)| {
            let routes = routes.iter();
            routes.map(|(route, answers)| (*method, route.clone(), answers.clone()))
        });
        rows.collect()
    }
}

/// See [`Requests::connected`].
#[derive(Clone)]
pub(crate) struct Connected(Requests);

impl Drop for Connected {
    fn drop(&mut self) {
        self.0.0.connections.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Methods that are counted by name: clients may make up others, and each would be kept for ever.
const METHODS: &[&str] = &["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

/// Counts the requests of routes, those that are refused too: the fallbacks must be among them.
#[derive(Clone)]
pub(crate) struct Counting(pub Requests);

/// A route whose requests are counted.
#[derive(Clone)]
pub(crate) struct Counted<S> {
    route: S,
    requests: Requests,
}

impl<S> Layer<S> for Counting {
    type Service = Counted<S>;

    fn layer(&self, route: S) -> Counted<S> {
        let requests = self.0.clone();
        Counted { route, requests }
    }
}

impl<S> Service<Request> for Counted<S>
where
    S: Service<Request, Response = Response>,
    S::Future: Send + 'static,
{
    type Response = Response;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.route.poll_ready(context)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let began = Instant::now();
        let named = |own: &&&str| **own == request.method().as_str();
        let method = METHODS.iter().find(named).copied().unwrap_or("other");
        // The route and not the path: there are as many as are declared, whatever is asked for.
        let route = request.extensions().get::<MatchedPath>().cloned();
        let (requests, answered) = (self.requests.clone(), self.route.call(request));
        Box::pin(async move {
            let response = answered.await?;
            let route = route.as_ref().map_or("none", MatchedPath::as_str);
            requests.note((method, route), response.status().as_u16(), began);
            Ok(response)
        })
    }
}

/// `GET /metrics`.
async fn serve(State(shown): State<Shown>) -> Result<impl IntoResponse, Problem> {
    let sessions = match &shown.sources.door {
        Some(door) => Some(
            door.ask(|login, now_ms| login.session_count(now_ms))
                .await?,
        ),
        None => None,
    };
    let text = crate::api::blocking(move || written(&shown, sessions)).await?;
    let kind = "text/plain; version=0.0.4; charset=utf-8";
    Ok(([(header::CONTENT_TYPE, kind)], text))
}

fn written(shown: &Shown, sessions: Option<u64>) -> String {
    let Shown { sources, requests } = shown;
    let mut text = Text::default();
    log(&mut text, &sources.host);
    work(&mut text, sources, sessions);
    http(&mut text, requests, &sources.live);
    if let Some(bytes) = process::resident_bytes() {
        let help = "memory of the process that is in RAM, in bytes";
        text.family("process_resident_memory_bytes", Kind::Gauge, help);
        text.value(&[], bytes);
    }
    text.0
}

fn log(text: &mut Text, host: &Host) {
    let health = host.health();
    text.family(
        "headwater_log_entries",
        Kind::Counter,
        "entries that are durable",
    );
    text.value(&[], health.durable);
    text.family(
        "headwater_published_entries",
        Kind::Gauge,
        "entries under the checkpoint",
    );
    text.value(&[], health.published);
    text.family(
        "headwater_applied_entries",
        Kind::Gauge,
        "entries that reads have seen",
    );
    text.value(&[], health.applied_through);
    let behind = health.durable.saturating_sub(host.viewed_through());
    let help = "entries that are durable and not in the view yet";
    text.family("headwater_view_backlog_entries", Kind::Gauge, help);
    text.value(&[], behind);
    let help = "submissions that wait for the writer";
    text.family("headwater_queue_depth", Kind::Gauge, help);
    text.value(&[], health.waiting as u64);
    let help = "time to append a batch to the journal and sync it";
    text.family("headwater_journal_commit_seconds", Kind::Histogram, help);
    text.timing("headwater_journal_commit_seconds", &[], &host.commits());
    text.family("headwater_role", Kind::Gauge, "1 for the role of the node");
    text.value(&[("role", health.role.word())], 1);
    text.family(
        "headwater_problems",
        Kind::Gauge,
        "sentences on the health page",
    );
    text.value(&[], health.problems.len() as u64);
}

fn work(text: &mut Text, sources: &Sources, sessions: Option<u64>) {
    let (accounts, stages) = sources.host.read(|state| {
        let count = u32::try_from(state.campaigns.len()).unwrap_or(u32::MAX);
        let mut stages: BTreeMap<&str, u64> = BTreeMap::new();
        for id in (0..count).map(CampaignId) {
            if let Some(campaign) = state.campaign(id) {
                *stages.entry(node::stage_word(campaign.stage)).or_default() += 1;
            }
        }
        (state.accounts.len() as u64, stages)
    });
    text.family("headwater_accounts", Kind::Gauge, "accounts of the log");
    text.value(&[], accounts);
    text.family(
        "headwater_campaigns",
        Kind::Gauge,
        "campaigns by the point of their life",
    );
    for (stage, count) in stages {
        text.value(&[("stage", stage)], count);
    }
    if let Some(workplace) = &sources.workplace {
        text.family(
            "headwater_leases",
            Kind::Gauge,
            "tasks that contributors hold",
        );
        text.value(&[], workplace.lease_count() as u64);
    }
    if let Some(sessions) = sessions {
        text.family(
            "headwater_sessions",
            Kind::Gauge,
            "browsers that are logged in",
        );
        text.value(&[], sessions);
    }
    if let Some(hooks) = &sources.hooks {
        let hooks = hooks.lock().unwrap_or_else(PoisonError::into_inner);
        if let Ok((going, failing, disabled)) = hooks.counts() {
            let help = "webhooks that are told, that wait after a failure, that were given up";
            text.family("headwater_webhooks", Kind::Gauge, help);
            text.value(&[("state", "going")], going);
            text.value(&[("state", "failing")], failing);
            text.value(&[("state", "disabled")], disabled);
        }
    }
}

fn http(text: &mut Text, requests: &Requests, live: &Live) {
    let rows = requests.read();
    text.family(
        "headwater_http_requests_total",
        Kind::Counter,
        "requests that were answered",
    );
    for (method, route, answers) in &rows {
        for (status, count) in &answers.count {
            let status = status.to_string();
            let labels = [("method", *method), ("route", route), ("status", &status)];
            text.value(&labels, *count);
        }
    }
    let name = "headwater_http_request_seconds";
    let help = "time until an answer begins; that of a submission holds its sync";
    text.family(name, Kind::Histogram, help);
    for (method, route, answers) in &rows {
        let labels = [("method", *method), ("route", route)];
        text.timing(name, &labels, &answers.took.read());
    }
    text.family(
        "headwater_http_connections",
        Kind::Gauge,
        "connections that are open",
    );
    text.value(&[], requests.0.connections.load(Ordering::Relaxed) as u64);
    text.family(
        "headwater_streams",
        Kind::Gauge,
        "server-sent event streams that are open",
    );
    text.value(&[], live.open() as u64);
}
