//! `/operator`: how the whole node is doing, for whoever runs it; it changes nothing.

mod draw;

use std::path::PathBuf;
use std::sync::{Arc, PoisonError};

use axum::Router;
use axum::extract::State;
use axum::http::Uri;
use axum::response::Response;
use axum::routing::get;
use node::Host;
use node::health::Health;
use node::rule::Rule;
use node::webhook::SharedWebhooks;
use node::workplace::Workplace;
use protocol::{AccountId, Role, Roles};
use view::Questions;
use view::desk::Firing;

use super::guarded;
use super::shell::{Page, Viewer, answer, log_in};
use super::words::Words;
use crate::access::Caller;
use crate::api::{blocking, not_kept};
use crate::contracts::{self, Contracts};
use crate::login::Door;
use crate::problem::Problem;
use crate::problem::said::role_needed;
use crate::rpc::ChainFace;
use crate::work::hit::rule_of;

/// Appeals, firings and models of the page.
const SHOWN: usize = 20;
/// Epochs that the chain is asked about.
const EPOCHS: u64 = 5;
/// Files of the node whose sizes are shown.
const FILES: [&str; 9] = [
    "view.sqlite",
    "desk.sqlite",
    "plans.sqlite",
    "login.sqlite",
    "replies.sqlite",
    "webhooks.sqlite",
    "gateway.sqlite",
    "downloads.sqlite",
    "uses.spool",
];

/// What the page stands on.
pub struct Parts {
    /// The running node.
    pub host: Host,
    /// Who gives out tasks.
    pub workplace: Workplace,
    /// Where people log in.
    pub door: Door,
    /// Who is told of entries.
    pub hooks: SharedWebhooks,
    /// What answers for models.
    pub gateway: Option<Arc<gateway::Gateway>>,
    /// The chain that the log settles on.
    pub chain: Option<Arc<dyn ChainFace>>,
    /// The node's directory.
    pub dir: PathBuf,
    /// Settings beside those of [`Host::settings`], each with its name and value as it runs.
    pub settings: Vec<(&'static str, String)>,
}

#[derive(Clone)]
struct Operator(Arc<Parts>);

/// The route `/operator`; it belongs behind [`crate::access::guard`].
pub fn routes(parts: Parts) -> Router {
    Router::new()
        .route("/operator", get(page))
        .layer(axum::middleware::map_response(not_kept))
        .layer(axum::middleware::map_response(guarded))
        .with_state(Operator(Arc::new(parts)))
}

/// All that is shown.
struct Shown {
    health: Health,
    /// Entries that the view has.
    viewed: u64,
    /// What the journal has taken, and how long that took.
    commits: Vec<(&'static str, String)>,
    stores: Vec<(&'static str, Option<u64>)>,
    chain: Result<Contracts, &'static str>,
    chains: Vec<node::settling::Shown>,
    keys: Vec<(&'static str, String)>,
    /// What is counted of people and of their work.
    counts: Vec<(&'static str, u64)>,
    hooks: Option<(u64, u64, u64)>,
    /// Campaign, account, block, and until when.
    appeals: Vec<(u32, u32, u32, u64)>,
    firings: Vec<(Firing, Option<Rule>)>,
    resting: Vec<String>,
    roles: Vec<(u32, String)>,
    settings: Vec<(&'static str, String)>,
}

/// `GET /operator`.
async fn page(State(own): State<Operator>, viewer: Viewer, uri: Uri) -> Response {
    let words = viewer.words();
    let page = match &viewer.0 {
        None => {
            let why = words.say("operator.how-the-node-is");
            Ok(log_in(words, "/operator", uri.path(), why))
        }
        Some(caller) => drawn(words, own, caller).await,
    };
    answer(&viewer, uri.path(), page)
}

async fn drawn(words: Words, own: Operator, caller: &Caller) -> Result<Page, Problem> {
    if !caller
        .roles
        .meets(Roles::of(&[Role::Owner, Role::Operator]))
    {
        let detail = role_needed(&[Role::Owner, Role::Operator]);
        return Err(Problem::forbidden("role_missing", detail));
    }
    let asked = own
        .0
        .door
        .ask(|login, now_ms| Ok((login.people_count()?, login.session_count(now_ms)?)));
    let (people, sessions) = asked.await?;
    let shown = blocking(move || read(words, &own.0, people, sessions)).await??;
    Ok(draw::page(words, &shown))
}

fn read(words: Words, own: &Parts, people: u64, sessions: u64) -> Result<Shown, Problem> {
    let host = &own.host;
    let questions = Questions::open(&node::projection::path(&own.dir))?;
    let firings = own
        .workplace
        .ask(|desk| desk.newest_firings(SHOWN as u32))?;
    let rule = |firing: Firing| {
        let rule = rule_of(&firing);
        (firing, rule)
    };
    // Let go of at once: what follows asks the chain and the disk.
    let hooks = own.hooks.lock();
    let hooks = hooks.unwrap_or_else(PoisonError::into_inner).counts().ok();
    let size = |name: &&'static str| {
        let about = std::fs::metadata(own.dir.join(name)).ok();
        (*name, about.map(|about| about.len()))
    };
    let mut counts = counted(words, host);
    counts.extend([
        (words.say("operator.people-who-have-logged"), people),
        (words.say("operator.sessions-that-live"), sessions),
        (
            words.say("operator.tasks-that-contributors-hold"),
            own.workplace.lease_count() as u64,
        ),
    ]);
    Ok(Shown {
        health: host.health(),
        viewed: host.viewed_through(),
        commits: draw::commits(words, &host.commits()),
        stores: FILES.iter().map(size).collect(),
        chain: chain(own),
        chains: host.read(node::settling::shown),
        keys: keys(words, host),
        counts,
        hooks,
        appeals: questions.open_appeals(SHOWN)?.rows,
        firings: firings.into_iter().map(rule).collect(),
        resting: own.gateway.iter().flat_map(|own| own.resting()).collect(),
        roles: roles(host),
        settings: draw::settings(words, host.settings(), &own.settings),
    })
}

fn counted(words: Words, host: &Host) -> Vec<(&'static str, u64)> {
    host.read(|state| {
        let running = state
            .campaigns
            .iter()
            .filter(|own| own.open_round().is_some());
        vec![
            (
                words.say("operator.accounts-in-the-log"),
                state.accounts.len() as u64,
            ),
            (words.say("nav.campaigns"), state.campaigns.len() as u64),
            (
                words.say("operator.campaigns-with-a-running"),
                running.count() as u64,
            ),
            (words.say("operator.assets"), state.assets.len() as u64),
            (words.say("operator.epochs"), state.epochs.len() as u64),
        ]
    })
}

/// What the contracts say, or the key of why they could not be asked.
fn chain(own: &Parts) -> Result<Contracts, &'static str> {
    let face = own.chain.as_deref().ok_or("common.this-node-has-no")?;
    let genesis = own.host.read(|state| state.genesis.clone());
    let genesis = genesis.ok_or("common.the-log-names-no")?;
    let last = own.host.read(|state| state.epochs.len() as u64);
    let epochs: Vec<u64> = (1..=last).rev().take(EPOCHS as usize).collect();
    let tokens: Vec<String> = genesis.tokens.iter().map(ToString::to_string).collect();
    contracts::ask(face, &format!("0x{}", genesis.settlement), &epochs, &tokens)
}

fn keys(words: Words, host: &Host) -> Vec<(&'static str, String)> {
    let mut keys = vec![(
        words.say("operator.signs-checkpoints"),
        host.log_key().to_string(),
    )];
    host.read(|state| {
        let operator = state.account(AccountId(0)).map(|own| own.key.to_string());
        keys.extend(operator.map(|key| (words.say("operator.signs-the-operator-s"), key)));
        let gateway = state.sections.service.keys.last();
        keys.extend(gateway.map(|(_, key)| {
            (
                words.say("operator.signs-receipts-of-uses"),
                key.to_string(),
            )
        }));
    });
    keys
}

/// Accounts with roles beyond those that everybody has.
fn roles(host: &Host) -> Vec<(u32, String)> {
    host.read(|state| {
        let given = state.given.accounts.iter();
        let given = given.map(|(account, roles)| (account.0, roles.text()));
        given.take(SHOWN).collect()
    })
}
