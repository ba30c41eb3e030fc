//! Plain connections, each driven by the request that it carries.
//!
//! No task of its own stands between a socket and whoever waits for its bytes.

use std::collections::{BTreeMap, VecDeque};
use std::future::Future as _;
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::{Body as _, Incoming};
use hyper::client::conn::http1::{self, SendRequest};
use hyper::http::response::Parts;
use hyper::{Request, Response, Uri};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tower::Service as _;

use crate::pool::IDLE_CONNECTIONS;

/// For how long a connection waits for its next request.
const IDLE: Duration = Duration::from_secs(90);

/// What went wrong, for people.
type Why = Box<dyn std::error::Error + Send + Sync>;
type Sending = Request<Full<Bytes>>;

/// Connections by server, as `host:port`.
#[derive(Debug)]
pub struct Direct {
    connector: HttpConnector,
    idle: Arc<Mutex<Idle>>,
}

/// Those that wait, the one that has waited longest first.
type Idle = BTreeMap<String, VecDeque<(Instant, Link)>>;

/// A connection, and by what requests come onto it.
#[derive(Debug)]
struct Link {
    sender: SendRequest<Full<Bytes>>,
    /// None once it is over. In a place of its own, for it is large and changes hands often.
    connection: Option<Box<http1::Connection<TokioIo<TcpStream>, Full<Bytes>>>>,
}

/// The body of an answer; dropped before its end, it closes its connection.
#[derive(Debug)]
pub struct Arriving {
    body: Incoming,
    /// None once the body is at its end.
    link: Option<Link>,
    server: String,
    idle: Arc<Mutex<Idle>>,
}

impl Direct {
    /// Opens nothing yet.
    pub fn new(connect: Duration) -> Self {
        let mut connector = HttpConnector::new();
        connector.set_connect_timeout(Some(connect));
        connector.set_nodelay(true);
        Self {
            connector,
            idle: Arc::default(),
        }
    }

    /// Sends a request once and returns with the head of its answer. `server` is `host:port` of
    /// `at`, the absolute address.
    pub async fn send(
        &self,
        (server, at): (&str, &Uri),
        mut request: Sending,
    ) -> Result<(Parts, Arriving), Why> {
        loop {
            let (mut link, is_new) = match self.waiting(server) {
                Some(link) => (link, false),
                None => (self.connect(at).await?, true),
            };
            match link.ask(request).await {
                Ok(answer) => {
                    let (parts, body) = answer.into_parts();
                    let mut arriving = Arriving {
                        body,
                        link: Some(link),
                        server: server.to_owned(),
                        idle: Arc::clone(&self.idle),
                    };
                    if arriving.body.is_end_stream() {
                        std::future::poll_fn(|cx| {
                            arriving.end(cx);
                            Poll::Ready(())
                        })
                        .await;
                    }
                    return Ok((parts, arriving));
                }
                // It had been closed while it waited, and nothing went out on it.
                Err((_, Some(unsent))) if !is_new => request = unsent,
                Err((why, _)) => return Err(why.into()),
            }
        }
    }

    /// A connection that waits, the one that was used last.
    fn waiting(&self, server: &str) -> Option<Link> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let (since, link) = idle.get_mut(server)?.pop_back()?;
        (since.elapsed() < IDLE).then_some(link)
    }

    async fn connect(&self, at: &Uri) -> Result<Link, Why> {
        let mut connector = self.connector.clone();
        std::future::poll_fn(|cx| connector.poll_ready(cx)).await?;
        let io = connector.call(at.clone()).await?;
        let (sender, connection) = http1::handshake(io).await?;
        Ok(Link {
            sender,
            connection: Some(Box::new(connection)),
        })
    }
}

impl Link {
    /// Sends a request; what could not be sent comes back with the error.
    async fn ask(
        &mut self,
        request: Sending,
    ) -> Result<Response<Incoming>, (hyper::Error, Option<Sending>)> {
        let mut answer = pin!(self.sender.try_send_request(request));
        std::future::poll_fn(|cx| {
            self.drive(cx);
            answer.as_mut().poll(cx)
        })
        .await
        .map_err(|mut failed| {
            let unsent = failed.take_message();
            (failed.into_error(), unsent)
        })
    }

    /// Reads and writes what can be.
    fn drive(&mut self, cx: &mut Context<'_>) {
        let connection = self.connection.as_mut();
        if connection.is_some_and(|it| Pin::new(it).poll(cx).is_ready()) {
            // Whoever waits for something of it is told when it is dropped.
            self.connection = None;
        }
    }
}

impl Arriving {
    /// The next bytes; none at the end.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, hyper::Error> {
        std::future::poll_fn(|cx| self.poll_chunk(cx)).await
    }

    fn poll_chunk(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<Bytes>, hyper::Error>> {
        let mut was_driven = false;
        loop {
            match Pin::new(&mut self.body).poll_frame(cx) {
                Poll::Ready(Some(Ok(frame))) => {
                    // Trailers are nothing that anybody here reads.
                    let Ok(bytes) = frame.into_data() else {
                        continue;
                    };
                    if self.body.is_end_stream() {
                        self.end(cx);
                    }
                    return Poll::Ready(Ok(Some(bytes)));
                }
                Poll::Ready(Some(Err(error))) => return Poll::Ready(Err(error)),
                Poll::Ready(None) => {
                    self.end(cx);
                    return Poll::Ready(Ok(None));
                }
                Poll::Pending if was_driven => return Poll::Pending,
                Poll::Pending => {
                    if let Some(link) = &mut self.link {
                        link.drive(cx);
                    }
                    was_driven = true;
                }
            }
        }
    }

    /// The connection waits for its next request, if it is still good for one.
    fn end(&mut self, cx: &mut Context<'_>) {
        let Some(mut link) = self.link.take() else {
            return;
        };
        link.drive(cx);
        if link.connection.is_none() || !link.sender.is_ready() {
            return;
        }
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let waiting = idle.entry(std::mem::take(&mut self.server)).or_default();
        let now = Instant::now();
        while waiting
            .front()
            .is_some_and(|(since, _)| now.duration_since(*since) >= IDLE)
        {
            waiting.pop_front();
        }
        if waiting.len() < IDLE_CONNECTIONS {
            waiting.push_back((now, link));
        }
    }
}
