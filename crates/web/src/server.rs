//! A listening socket, the routes behind it, and an orderly end.

use std::future::{Future, pending};
use std::io;
use std::net::TcpListener;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::http::{Method, StatusCode, header};
use tokio::sync::watch;
use tower::ServiceBuilder;
use tower_http::cors::{Any, CorsLayer};

use crate::metrics::{Counting, Requests};
use crate::peer::{Counted, Peer};
use crate::problem::Problem;

/// How long requests that have begun may go on after the end was asked for.
const DRAIN: Duration = Duration::from_secs(10);
/// Sooner than any time that a request may take.
const TICK: Duration = Duration::from_millis(500);

/// Ends a server from outside; its clones all stand for the same server.
#[derive(Clone, Debug)]
pub struct Stop {
    sender: Arc<watch::Sender<bool>>,
    ended: Arc<(Mutex<bool>, Condvar)>,
    signals: bool,
}

impl Stop {
    /// For a process of its own: SIGTERM and Ctrl-C end it too.
    pub fn on_signals() -> Self {
        Self {
            signals: true,
            ..Self::by_hand()
        }
    }

    /// For a server within another program.
    pub fn by_hand() -> Self {
        Self {
            sender: Arc::new(watch::Sender::new(false)),
            ended: Arc::default(),
            signals: false,
        }
    }

    /// Ends the server: nothing new is taken, what has begun is answered.
    pub fn now(&self) {
        self.sender.send_replace(true);
        let (ended, bell) = &*self.ended;
        *ended.lock().unwrap_or_else(PoisonError::into_inner) = true;
        bell.notify_all();
    }

    /// Waits on this thread until the end was asked for; false if that took longer.
    pub fn wait(&self, at_most: Duration) -> bool {
        let (ended, bell) = &*self.ended;
        let ended = ended.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = bell.wait_timeout_while(ended, at_most, |ended| !*ended);
        *waited.unwrap_or_else(PoisonError::into_inner).0
    }

    /// For answers that have no end of their own.
    pub(crate) fn ending(&self) -> Ending {
        Ending(self.sender.subscribe())
    }

    fn asked(&self) -> impl Future<Output = ()> + Send + 'static {
        let mut receiver = self.sender.subscribe();
        async move {
            // The sender lives as long as the server, which holds one.
            receiver.wait_for(|stopped| *stopped).await.ok();
        }
    }
}

/// By which an answer without an end of its own learns that its server ends.
#[derive(Clone, Debug)]
pub struct Ending(watch::Receiver<bool>);

impl Ending {
    /// One that has come.
    pub(crate) fn reached() -> Self {
        Self(watch::Sender::new(true).subscribe())
    }

    /// Whether the server ends.
    pub(crate) fn is_now(&self) -> bool {
        *self.0.borrow()
    }

    /// Waits for it.
    pub(crate) async fn comes(&mut self) {
        // A sender that is gone has taken its server with it.
        self.0.wait_for(|ended| *ended).await.ok();
    }
}

/// Serves until it is stopped, on threads of its own, and calls `ready` once it can be reached and
/// stopped; returns when all requests are answered or ten seconds after the stop. Public files and
/// API may be read from any page, but never with its reader's cookies.
pub fn serve(
    listener: TcpListener,
    routes: Router,
    stop: &Stop,
    ready: impl FnOnce(),
) -> io::Result<()> {
    serve_counted(listener, routes, (stop, &Requests::default()), ready)
}

/// The same, with requests and connections counted.
pub fn serve_counted(
    listener: TcpListener,
    routes: Router,
    (stop, requests): (&Stop, &Requests),
    ready: impl FnOnce(),
) -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .thread_name("web")
        .build()?;
    let cors = CorsLayer::new()
        .allow_origin(Any)
        .allow_methods([Method::GET, Method::HEAD, Method::POST])
        // A verifier elsewhere names the checkpoint that it has.
        .allow_headers([header::CONTENT_TYPE, header::IF_NONE_MATCH])
        .expose_headers(Any)
        // The answers are the same for every origin.
        .vary([])
        .max_age(Duration::from_secs(86_400));
    let routes = routes
        .fallback(nothing_here)
        .method_not_allowed_fallback(other_method);
    // Stacked before they are laid around each route: one after the other, every request would pass
    // as many boxes.
    let layers = ServiceBuilder::new()
        .layer(axum::Extension(stop.ending()))
        .layer(cors)
        .layer(Counting(requests.clone()));
    let routes = routes.layer(layers);
    listener.set_nonblocking(true)?;
    let served = runtime.block_on(async {
        let listener = tokio::net::TcpListener::from_std(listener)?;
        let listener = Counted::new(listener, requests.clone());
        if stop.signals {
            tokio::spawn(stop_on_signal(stop.clone())?);
        }
        tokio::spawn(ticks());
        ready();
        let routes = routes.into_make_service_with_connect_info::<Peer>();
        let server = axum::serve(listener, routes).with_graceful_shutdown(stop.asked());
        let asked = stop.asked();
        let overdue = async move {
            asked.await;
            tokio::time::sleep(DRAIN).await;
        };
        tokio::select! {
            served = server => served,
            () = overdue => Ok(()),
        }
    });
    runtime.shutdown_timeout(Duration::from_secs(1));
    served
}

/// A timer that is always due before those of requests: where none ran, each request that sets its
/// own would wake a thread only to tell it how long it may sleep.
async fn ticks() {
    let mut ticks = tokio::time::interval(TICK);
    loop {
        ticks.tick().await;
    }
}

fn stop_on_signal(stop: Stop) -> io::Result<impl Future<Output = ()> + Send> {
    #[cfg(unix)]
    let mut terminate = {
        let kind = tokio::signal::unix::SignalKind::terminate();
        tokio::signal::unix::signal(kind)?
    };
    Ok(async move {
        #[cfg(unix)]
        let terminated = terminate.recv();
        #[cfg(not(unix))]
        let terminated = pending::<()>();
        tokio::select! {
            _ = terminated => {}
            pressed = tokio::signal::ctrl_c() => {
                if pressed.is_err() {
                    // Without a terminal there is no key to press.
                    pending::<()>().await;
                }
            }
        }
        stop.now();
    })
}

async fn nothing_here(uri: axum::http::Uri) -> Problem {
    Problem::missing(format!("there is nothing at `{}`", uri.path()))
}

async fn other_method(method: Method, uri: axum::http::Uri) -> Problem {
    not_this_method(&method, uri.path())
}

/// 405: there is something at the path, and not for this method.
pub(crate) fn not_this_method(method: &Method, path: &str) -> Problem {
    let detail = format!("`{method}` is not what `{path}` is for");
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", detail)
}
