//! `/rpc`: the embedded chain for wallets and libraries, by a port to who has the chain.

use std::net::IpAddr;
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use tokio::sync::Semaphore;

use crate::api::blocking;
use crate::login::Door;
use crate::login::limit::{Limit, Rate, party};
use crate::problem::Problem;

/// Most bytes of a request.
const MOST_BYTES: usize = 1 << 18;
/// Most requests that are worked on at a time; one beyond them is told to come again.
const AT_ONCE: usize = 8;
/// What one address may ask: a wallet's page asks a few dozen things at once.
const RATE: Rate = Rate {
    burst: 300,
    every_ms: 50,
};

/// How many transactions one address may send, which the chain keeps for good.
const SENDS: Rate = Rate {
    burst: 40,
    every_ms: 2_000,
};

const SEND: &str = "eth_sendRawTransaction";

/// Answers JSON-RPC about the chain.
pub trait ChainFace: Send + Sync {
    /// The answer to a body; none where it held only notifications. `may` says of each method in
    /// it whether it is within the asker's limits. It may wait.
    fn answer(&self, body: &[u8], may: &dyn Fn(&str) -> bool) -> Option<Vec<u8>>;
}

#[derive(Clone)]
struct Rpc(Arc<Inner>);

struct Inner {
    door: Door,
    face: Arc<dyn ChainFace>,
    asked: Limit<IpAddr>,
    sent: Limit<IpAddr>,
    free: Arc<Semaphore>,
}

/// `POST /rpc`; it belongs behind [`crate::access::guard`].
pub fn routes(door: Door, face: Arc<dyn ChainFace>) -> Router {
    let rpc = Rpc(Arc::new(Inner {
        door,
        face,
        asked: Limit::new(RATE),
        sent: Limit::new(SENDS),
        free: Arc::new(Semaphore::new(AT_ONCE)),
    }));
    Router::new().route("/rpc", post(answer)).with_state(rpc)
}

async fn answer(State(rpc): State<Rpc>, request: Request) -> Result<Response, Problem> {
    let address = rpc.0.door.address(request.headers(), request.extensions());
    let party = party(address);
    let bytes = to_bytes(request.into_body(), MOST_BYTES).await;
    let bytes = bytes.map_err(|_| {
        Problem::too_large(format!("a request has at most {MOST_BYTES} bytes here"))
    })?;
    let busy = |_| Problem::busy("busy", "many ask the chain at the moment", 1);
    let place = Arc::clone(&rpc.0.free).try_acquire_owned().map_err(busy)?;
    let inner = Arc::clone(&rpc.0);
    let answer = blocking(move || {
        // Taken until the work is done, also where the asker has gone meanwhile.
        let _place = place;
        let may = |method: &str| {
            let now_ms = inner.door.now_ms();
            let asked = inner.asked.take(party, now_ms).is_ok();
            asked && (method != SEND || inner.sent.take(party, now_ms).is_ok())
        };
        inner.face.answer(&bytes, &may)
    });
    let answer = answer.await?;
    let Some(answer) = answer else {
        return Ok(StatusCode::NO_CONTENT.into_response());
    };
    let kind = HeaderValue::from_static("application/json");
    Ok(([(header::CONTENT_TYPE, kind)], Body::from(answer)).into_response())
}
