//! Servers that models stand behind: asked in turn, within their limits, and left alone when down.

use std::collections::BTreeMap;
use std::future::{Future as _, poll_fn};
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Poll;
use std::time::Duration;

use bytes::Bytes;
use http::{Address, Coming, Pool};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout};

use crate::Fault;
use crate::config::UpstreamConfig;
use crate::request::{Request, Route};

/// Header with the secret by which others may be used within a call.
const CALL: &str = "headwater-call";
/// Failures in a row after which an upstream is left alone.
const FAILURES: u32 = 5;
/// For how long it is left alone; then one request tries it.
const REST: Duration = Duration::from_secs(5);

/// One server.
#[derive(Debug)]
pub struct Upstream {
    name: String,
    /// By the route behind its base; none where that is no address.
    addresses: BTreeMap<&'static str, Address>,
    first_byte: Duration,
    idle: Duration,
    gate: Arc<Semaphore>,
    breaker: Mutex<Breaker>,
    pool: Pool,
}

#[derive(Debug, Default)]
struct Breaker {
    failures: u32,
    rests_until: Option<Instant>,
}

/// Where a call can go: a server, and which of its models is asked for.
#[derive(Clone, Debug)]
pub struct Target {
    /// Where.
    pub upstream: Arc<Upstream>,
    /// What it is called there.
    pub model: String,
}

/// An answer that has begun; its place among the upstream's requests is taken until it is dropped.
#[derive(Debug)]
pub struct Answered {
    /// Head and body.
    pub coming: Coming,
    /// Longest silence that is waited for.
    pub idle: Duration,
    _place: OwnedSemaphorePermit,
}

impl Upstream {
    /// Nothing is sent yet.
    pub fn new(config: &UpstreamConfig, secret: Option<String>) -> Self {
        let base_url = config.base_url.trim_end_matches('/');
        let addresses = Route::ALL.iter().filter_map(|route| {
            let url = format!("{base_url}/{}", route.path());
            let address = Address::read(&url, secret.as_deref());
            Some((route.path(), address.ok()?))
        });
        Self {
            name: config.name.clone(),
            addresses: addresses.collect(),
            first_byte: Duration::from_millis(config.first_byte_ms),
            idle: Duration::from_millis(config.idle_ms),
            gate: Arc::new(Semaphore::new(config.concurrency)),
            breaker: Mutex::default(),
            pool: Pool::new(config.connect_ms),
        }
    }

    /// By which the operator knows it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether it is asked now.
    pub fn is_well(&self) -> bool {
        let breaker = self.breaker.lock().unwrap_or_else(PoisonError::into_inner);
        breaker
            .rests_until
            .is_none_or(|until| Instant::now() >= until)
    }

    /// Whether a request may try it; of those that come after a rest, the first one alone.
    fn may_try(&self) -> bool {
        let mut breaker = self.breaker.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        match breaker.rests_until {
            Some(until) if now < until => false,
            Some(_) => {
                breaker.rests_until = Some(now + REST);
                true
            }
            None => true,
        }
    }

    fn note(&self, worked: bool) {
        let mut breaker = self.breaker.lock().unwrap_or_else(PoisonError::into_inner);
        if worked {
            *breaker = Breaker::default();
            return;
        }
        breaker.failures = breaker.failures.saturating_add(1);
        if breaker.failures >= FAILURES {
            breaker.rests_until = Some(Instant::now() + REST);
        }
    }

    async fn ask(
        &self,
        request: &Request,
        model: &str,
        token: Option<&str>,
    ) -> Result<Answered, Fault> {
        let busy = || Fault::later("rate_limited", "the model's upstream is busy", 1);
        let place = Arc::clone(&self.gate)
            .try_acquire_owned()
            .map_err(|_| busy())?;
        if !self.may_try() {
            return Err(Fault::upstream("the model's upstream is down"));
        }
        let address = self.addresses.get(request.route.path());
        let address =
            address.ok_or_else(|| Fault::upstream("the model's upstream has no address"))?;
        let body = Bytes::from(request.renamed(model));
        let token = token.map(|token| (CALL, token));
        let sent = self.pool.post(address, token, body);
        let coming = match timeout(self.first_byte, sent).await {
            Err(_) => {
                self.note(false);
                return Err(Fault::upstream_late("the model's upstream does not answer"));
            }
            Ok(Err(_)) => {
                self.note(false);
                return Err(Fault::upstream("the model's upstream cannot be reached"));
            }
            Ok(Ok(coming)) => coming,
        };
        match coming.status {
            429 => {
                let after_s = coming.header("retry-after").and_then(|it| it.parse().ok());
                let words = "the model's upstream takes no more requests now";
                return Err(Fault::later("rate_limited", words, after_s.unwrap_or(1)));
            }
            status @ (401 | 403 | 500..) => {
                // What the operator's own credentials lack is no fault of the caller's either.
                self.note(status < 500);
                return Err(Fault::upstream(format!(
                    "the model's upstream answers {status}"
                )));
            }
            _ => self.note(true),
        }
        Ok(Answered {
            coming,
            idle: self.idle,
            _place: place,
        })
    }
}

impl Answered {
    /// The next bytes; an error after a silence that is too long, too.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, Fault> {
        let read = timeout(self.idle, self.coming.chunk()).await;
        let read = read.map_err(|_| Fault::upstream_late("the upstream fell silent"))?;
        read.map_err(|_| Fault::upstream("the upstream's answer broke off"))
    }

    /// After the last event: takes in the end of the body, if it has come by now, so that the
    /// connection serves the next request.
    pub async fn ended(mut self) {
        let mut end = pin!(self.coming.chunk());
        poll_fn(|context| Poll::Ready(end.as_mut().poll(context).is_ready())).await;
    }

    /// All bytes, at most `limit`.
    pub async fn whole(&mut self, limit: usize) -> Result<Bytes, Fault> {
        let mut whole = Vec::new();
        while let Some(chunk) = self.chunk().await? {
            if whole.len() + chunk.len() > limit {
                return Err(Fault::upstream("the upstream's answer is too long"));
            }
            whole.extend_from_slice(&chunk);
        }
        Ok(whole.into())
    }
}

/// Asks one target after the other until one answers; nothing has been passed on by then. A single
/// one that fails is asked once more, unless it takes no more requests or was too slow. With a
/// call's secret the first alone is asked, and once: it may have used others, which are paid.
pub async fn ask(
    targets: &[Target],
    request: &Request,
    token: Option<&str>,
) -> Result<Answered, Fault> {
    let mut last = Fault::upstream("the model has no upstream");
    let again = targets.first().filter(|_| targets.len() == 1);
    for target in targets.iter().chain(again) {
        match target.upstream.ask(request, &target.model, token).await {
            Ok(answered) => return Ok(answered),
            Err(fault) => last = fault,
        }
        let useless = matches!(last.code, "upstream_timeout" | "rate_limited");
        if token.is_some() || useless && targets.len() == 1 {
            break;
        }
    }
    Err(last)
}
