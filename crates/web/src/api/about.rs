//! What a client must know before it signs, and how the node is doing.

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use node::health::{Health, Role};
use node::settling::{self, Shown};
use protocol::entry::{MAX_ENTRY_BYTES, RULE_VERSION};
use serde::Deserialize;
use serde_json::{Value, json};

use super::Front;
use crate::problem::Problem;
use crate::wire::{MAX_REQUEST_BYTES, MAX_SUBMISSIONS};

/// What the operator says of the node beyond its log; a client checks it, it need not believe it.
#[derive(Clone, Debug, Default)]
pub struct Announced {
    /// Verifier keys of the witnesses that are asked.
    pub witnesses: Vec<String>,
    /// How many of them cosign before a checkpoint is put in place.
    pub quorum: usize,
    /// Within which time a checkpoint covers an accepted entry, in milliseconds.
    pub merge_delay_ms: u64,
}

/// `GET /api/v1/space`: the log's name and key, what it settles on, the key of its gateway with the
/// entry that names it, and the limits.
pub(super) async fn space(State(front): State<Front>) -> Json<Value> {
    let (space, genesis, chains, gateway) = front.host.read(|state| {
        let genesis = state.genesis.as_ref().map(|genesis| {
            let tokens = genesis.tokens.iter().map(|token| format!("0x{token}"));
            json!({
                "chain_id": genesis.chain_id,
                "settlement": format!("0x{}", genesis.settlement),
                "escrow": format!("0x{}", genesis.escrow),
                "tokens": tokens.collect::<Vec<_>>(),
            })
        });
        let chains = settling::shown(state).iter().map(chain).collect::<Vec<_>>();
        let named = state.sections.service.keys.last();
        let gateway = named.map(|(entry, key)| json!({"key": key.to_string(), "entry": entry}));
        (state.space, genesis, chains, gateway)
    });
    let announced = &front.announced;
    Json(json!({
        "space": space.to_string(),
        "origin": front.host.origin(),
        "log_key": front.host.log_key().to_string(),
        "rules": RULE_VERSION,
        "genesis": genesis,
        "chains": chains,
        "gateway": gateway,
        "witnesses": announced.witnesses,
        "quorum": announced.quorum,
        "merge_delay_ms": announced.merge_delay_ms,
        "limits": {
            "entry_bytes": MAX_ENTRY_BYTES,
            "body_bytes": store::store::MAX_BODY_BYTES,
            "request_bytes": MAX_REQUEST_BYTES,
            "submissions": MAX_SUBMISSIONS,
        },
    }))
}

/// One of the chains that the log settles on, and how far it has come.
fn chain(shown: &Shown) -> Value {
    let tokens = shown.tokens.iter().map(|token| format!("0x{token}"));
    json!({
        "chain_id": shown.chain_id,
        "settlement": format!("0x{}", shown.settlement),
        "escrow": format!("0x{}", shown.escrow),
        "first_token": shown.first_token,
        "tokens": tokens.collect::<Vec<_>>(),
        "deposits": shown.deposits,
        "released": shown.released,
        "behind": shown.behind,
    })
}

/// `GET /api/v1/head`: how far the log, its checkpoint and the reads are.
pub(super) async fn head(State(front): State<Front>) -> Json<Value> {
    let host = &front.host;
    Json(json!({
        "durable": host.durable(),
        "published": host.published(),
        "applied_through": host.applied_through(),
        "time_ms": host.read(|state| state.time_ms),
    }))
}

/// `GET /healthz`: 503 once the node has halted for good and should be started again.
pub(super) async fn health(State(front): State<Front>) -> Response {
    let health = front.host.health();
    let halted = health.role == Role::Halted;
    let status = if halted {
        StatusCode::SERVICE_UNAVAILABLE
    } else {
        StatusCode::OK
    };
    (status, Json(words(&health))).into_response()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Wanted {
    role: Option<String>,
}

/// `GET /readyz?role=writer`: for a load balancer, 200 while the node does its work, and with a
/// role only while it has that one.
pub(super) async fn ready(
    State(front): State<Front>,
    query: Result<Query<Wanted>, QueryRejection>,
) -> Result<String, Problem> {
    let Query(wanted) = query?;
    let health = front.host.health();
    let role = health.role;
    let word = role.word();
    let is_wanted = wanted.role.as_deref().is_none_or(|wanted| wanted == word);
    if role == Role::Halted || !is_wanted {
        return Err(Problem::busy(
            "not_ready",
            format!("this node is a {word}"),
            1,
        ));
    }
    // A frozen chain stops money and not work: the node stays ready, and says what is wrong.
    let problems = health.problems.iter();
    let problems: String = problems.map(|it| format!("problem: {it}\n")).collect();
    Ok(format!("{word}\n{problems}"))
}

fn words(health: &Health) -> Value {
    let witnesses = health.witnesses.iter().map(|witness| {
        json!({
            "name": witness.name,
            "size": witness.size,
            "last_success_ms": witness.last_success_ms,
            "problem": witness.problem,
        })
    });
    json!({
        "role": health.role.word(),
        "durable": health.durable,
        "published": health.published,
        "applied_through": health.applied_through,
        "waiting": health.waiting,
        "writer": health.writer,
        "witnesses": witnesses.collect::<Vec<_>>(),
        "problems": health.problems,
    })
}
