//! A server for the length of a test.

use std::net::TcpListener;
use std::path::Path;
use std::sync::Arc;
use std::thread::JoinHandle;

use axum::Router;
use http::{Answer, Settings, Site};
use node::host::Parts;
use node::{Clock, Host, Keyring, Log, Node, Running};
use protocol::Space;
use store::Place;
use web::Stop;
use web::api::Announced;
use web::metrics::Requests;
use web::wire::{Outcome, Outcomes, Sent};

pub const START_MS: u64 = 1_767_603_600_000;

/// A clock that stands still.
#[derive(Debug)]
pub struct Still(pub u64);

impl Clock for Still {
    fn now_ms(&self) -> u64 {
        self.0
    }
}

pub struct Server {
    pub site: Site,
    client: http::Client,
    stop: Stop,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    pub fn start(routes: Router) -> Self {
        Self::counted(routes, Requests::default())
    }

    /// With its requests counted.
    pub fn counted(routes: Router, requests: Requests) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let stop = Stop::by_hand();
        let own = stop.clone();
        let thread = std::thread::spawn(move || {
            web::server::serve_counted(listener, routes, (&own, &requests), || ()).unwrap()
        });
        let patience = Settings {
            attempts: 1,
            ..Settings::default()
        };
        Self {
            site: Site::with(&base, patience.clone()).unwrap(),
            client: http::Client::new(patience),
            stop,
            thread: Some(thread),
        }
    }

    /// The answer to a GET, of whatever status.
    pub fn get(&self, path: &str) -> Answer {
        let answer = self.client.get(&self.site.url(path), 1 << 24).unwrap();
        let kind = answer.header("content-type").unwrap_or_default();
        crate::described::check(("GET", path), answer.status, kind, &answer.body);
        answer
    }

    /// Status and body as text, with a line for each member of a JSON object.
    pub fn said(&self, path: &str) -> String {
        words(&self.get(path)).replace(",\"", ",\n\"")
    }

    pub fn stop(mut self) {
        self.stop.now();
        self.thread.take().unwrap().join().unwrap();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.now();
    }
}

pub fn words(answer: &Answer) -> String {
    let body = String::from_utf8_lossy(&answer.body);
    format!("{} {body}", answer.status)
}

/// A node behind its server.
pub struct Served {
    pub server: Server,
    pub host: Host,
    pub space: Space,
    running: Running,
}

impl Served {
    /// Makes a node, or opens the one that is there.
    pub fn start(dir: &Path) -> Self {
        Self::behind(dir, |_, routes| routes)
    }

    /// The same with something before its routes.
    pub fn behind(dir: &Path, before: impl FnOnce(&Host, Router) -> Router) -> Self {
        if !Node::exists(dir) {
            Node::create(dir, Keyring::from_seed(b"web tests"), START_MS).unwrap();
        }
        let place = Place::directory(dir);
        let log = Log::open(&place).unwrap().log;
        let space = log.keys().space();
        let parts = Parts {
            settings: node::Settings {
                publish_every_ms: u64::MAX,
                view: Some(node::projection::path(dir)),
                ..node::Settings::default()
            },
            clock: Arc::new(Still(START_MS)),
            witnesses: Vec::new(),
        };
        let running = Host::start(log, parts).unwrap();
        let host = running.host.clone();
        let announced = Announced {
            merge_delay_ms: 60_000,
            ..Announced::default()
        };
        let live = web::live::Live::new(host.clone());
        let requests = web::metrics::Requests::default();
        let sources = web::metrics::Sources {
            host: host.clone(),
            live: live.clone(),
            workplace: None,
            door: None,
            hooks: None,
        };
        let routes = web::api::routes(host.clone(), None, announced)
            .merge(web::live::routes(live.clone()))
            .merge(web::metrics::routes(sources, &requests))
            .merge(web::public::routes(place.files()));
        Self {
            server: Server::counted(before(&host, routes), requests),
            host,
            space,
            running,
        }
    }

    pub fn submit(&self, sent: &[Sent]) -> Vec<Outcome> {
        let answer = self.post("application/cbor", web::wire::encode(sent));
        assert_eq!(answer.status, 200, "{}", words(&answer));
        let outcomes: Outcomes = serde_json::from_slice(&answer.body).unwrap();
        outcomes.answers
    }

    pub fn post(&self, kind: &str, body: Vec<u8>) -> Answer {
        let site = &self.server.site;
        site.post("api/v1/submit", kind, body, 1 << 24).unwrap()
    }

    /// All that is durable is under the checkpoint.
    pub fn publish(&self) {
        self.host
            .publish()
            .wait(std::time::Duration::MAX)
            .unwrap()
            .unwrap();
    }

    pub fn stop(self) {
        self.server.stop();
        self.host.stop();
        self.running.wait().unwrap();
    }
}

pub fn index(outcome: &Outcome) -> u64 {
    match outcome {
        Outcome::Accepted { index, .. } => *index,
        Outcome::Rejected { message, .. } | Outcome::Denied { message, .. } => panic!("{message}"),
    }
}
