//! Logging in: wallets, sessions and API keys, and what a person sees of their own.

mod account;
pub mod cookie;
mod guest;
mod keys;
pub mod limit;
mod me;
mod passkey;
mod passkeys;
mod proxy;
pub mod public;
mod wallet;

use std::net::{IpAddr, Ipv4Addr};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::ConnectInfo;
use axum::http::{Extensions, HeaderMap};
use axum::routing::{delete, get, post, put};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64_URL;
use node::{Clock, Host};
use proof::hash::sha256;
use protocol::{AccountId, Roles, SessionKey};
use serde::de::DeserializeOwned;
use store::{Disk as _, SystemDisk};
use view::{Login, Replies};

pub use proxy::Proxies;
pub use public::Origin;

use crate::access::{Caller, How};
use crate::api::{blocking, not_kept};
use crate::peer::Peer;
use crate::problem::Problem;
use limit::{Limit, Rate, party};

/// Most bytes of a request that logs in or sets something.
const MAX_BODY_BYTES: usize = 1 << 18;
const DAY_MS: u64 = 86_400_000;
const SWEEP_EVERY_MS: u64 = 60_000;

/// How logging in behaves.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where people reach the node; the first is the one that is shown. All with TLS, or none.
    pub origins: Vec<Origin>,
    /// EIP-155 numbers of the chains that a sign-in message may name.
    pub chains: Vec<u64>,
    /// How long a session lasts at most, in milliseconds.
    pub session_ms: u64,
    /// After how long without a request it ends, in milliseconds.
    pub idle_ms: u64,
    /// How long a challenge may be answered, in milliseconds.
    pub challenge_ms: u64,
    /// How far a wallet's clock may be from the node's, in milliseconds.
    pub slack_ms: u64,
    /// Attempts to log in, per network address.
    pub logins: Rate,
    /// Requests of somebody who is logged in, per person.
    pub requests: Rate,
    /// Whether somebody without a wallet is made one, for test money.
    pub guests: bool,
    /// The proxies before the node, each of which adds to `X-Forwarded-For`.
    pub proxies: Proxies,
}

impl Settings {
    /// Sessions of 30 days that end after 7 without a request; challenges of 10 minutes, clocks
    /// that differ by 5; 20 logins at once and one more every 6 s; 600 requests and 20 a second.
    pub fn new(origins: Vec<Origin>, chains: Vec<u64>) -> Result<Self, String> {
        let Some(first) = origins.first() else {
            return Err("the node has no public origin".to_owned());
        };
        if origins
            .iter()
            .any(|own| own.is_secure() != first.is_secure())
        {
            return Err("some public origins have TLS and others do not".to_owned());
        }
        Ok(Self {
            origins,
            chains,
            session_ms: 30 * DAY_MS,
            idle_ms: 7 * DAY_MS,
            challenge_ms: 600_000,
            slack_ms: 300_000,
            logins: Rate {
                burst: 20,
                every_ms: 6_000,
            },
            requests: Rate {
                burst: 600,
                every_ms: 50,
            },
            guests: false,
            proxies: Proxies::Count(0),
        })
    }

    /// Whether people come through TLS.
    pub fn is_secure(&self) -> bool {
        self.origins.first().is_some_and(Origin::is_secure)
    }
}

/// Asks a chain whether a contract stands behind a signature.
pub trait ContractWallets: Send + Sync {
    /// Whether the contract at `wallet`, deployed (ERC-1271) or to be deployed (ERC-6492), takes
    /// the signature for its own.
    ///
    /// # Errors
    /// In words, where the chain could not be asked.
    fn valid(&self, wallet: [u8; 20], digest: [u8; 32], signature: &[u8]) -> Result<bool, String>;
}

/// What the door stands on.
pub struct Parts {
    /// The running node.
    pub host: Host,
    /// Tells the time of sessions.
    pub clock: Arc<dyn Clock>,
    /// People, sessions, keys.
    pub login: Login,
    /// What requests with an `Idempotency-Key` were answered.
    pub replies: Replies,
    /// How it behaves.
    pub settings: Settings,
    /// The chain by which contracts that are wallets are asked, with its number.
    pub wallets: Option<(u64, Arc<dyn ContractWallets>)>,
}

/// What logging in and the guard of all routes stand on; clones are the same door.
#[derive(Clone)]
pub struct Door(Arc<Inner>);

struct Inner {
    host: Host,
    clock: Arc<dyn Clock>,
    login: Mutex<Login>,
    replies: Mutex<Replies>,
    settings: Settings,
    wallets: Option<(u64, Arc<dyn ContractWallets>)>,
    logins: Limit<IpAddr>,
    requests: Limit<Who>,
    swept_ms: AtomicU64,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Who {
    Person(i64),
    Account(u32),
}

/// Routes below `/api/v1/login` and `/api/v1/me`; they belong behind [`crate::access::guard`].
pub fn routes(door: Door) -> Router {
    Router::new()
        .route("/api/v1/login/nonce", post(wallet::nonce))
        .route("/api/v1/login/wallet", post(wallet::login))
        .route("/api/v1/login/passkey", post(passkey::login))
        .route("/api/v1/login/passkey/new", post(passkey::join))
        .route("/api/v1/login/guest", post(guest::login))
        .route("/api/v1/me", get(me::me))
        .route("/api/v1/me/account", post(account::open))
        .route(
            "/api/v1/me/passkeys",
            get(passkeys::list).post(passkeys::add),
        )
        .route(
            "/api/v1/me/passkeys/{id}",
            put(passkeys::rename).delete(passkeys::remove),
        )
        .route("/api/v1/me/signers", get(me::signers))
        .route("/api/v1/me/sessions", get(me::sessions))
        .route("/api/v1/me/sessions/{id}", delete(me::end))
        .route("/api/v1/me/logout", post(me::logout))
        .route("/api/v1/me/keys", get(keys::list).post(keys::issue))
        .route("/api/v1/me/keys/{id}", delete(keys::revoke))
        .layer(axum::middleware::map_response(not_kept))
        .with_state(door)
}

impl Door {
    /// A door to a running node.
    pub fn new(parts: Parts) -> Self {
        let Parts {
            host,
            clock,
            login,
            replies,
            settings,
            wallets,
        } = parts;
        Self(Arc::new(Inner {
            host,
            clock,
            login: Mutex::new(login),
            replies: Mutex::new(replies),
            logins: Limit::new(settings.logins),
            requests: Limit::new(settings.requests),
            settings,
            wallets,
            swept_ms: AtomicU64::new(0),
        }))
    }

    /// How it behaves.
    pub fn settings(&self) -> &Settings {
        &self.0.settings
    }

    pub(crate) fn now_ms(&self) -> u64 {
        self.0.clock.now_ms()
    }

    fn host(&self) -> &Host {
        &self.0.host
    }

    /// Asks the database, where it keeps no other request waiting.
    pub(crate) async fn ask<T: Send + 'static>(
        &self,
        question: impl FnOnce(&mut Login, u64) -> Result<T, view::Error> + Send + 'static,
    ) -> Result<T, Problem> {
        let door = self.clone();
        let asked = blocking(move || {
            let now_ms = door.now_ms();
            let mut login = door.0.login.lock().unwrap_or_else(PoisonError::into_inner);
            if door.sweeps(now_ms) {
                door.0.swept_ms.store(now_ms, Ordering::Relaxed);
                login.sweep(now_ms)?;
            }
            question(&mut login, now_ms)
        });
        Ok(asked.await??)
    }

    /// The same for what waits for no disk, such as who somebody is: it is answered at once where
    /// nobody else asks, since to hand it to another thread takes longer.
    pub(crate) async fn look<T: Send + 'static>(
        &self,
        question: impl FnOnce(&mut Login, u64) -> Result<T, view::Error> + Send + 'static,
    ) -> Result<T, Problem> {
        match self.look_at_once(question) {
            Ok(found) => Ok(found?),
            Err(question) => self.ask(question).await,
        }
    }

    /// The answer, or the question again where it would have to wait.
    fn look_at_once<T, Q>(&self, question: Q) -> Result<Result<T, view::Error>, Q>
    where
        Q: FnOnce(&mut Login, u64) -> Result<T, view::Error>,
    {
        let now_ms = self.now_ms();
        if self.sweeps(now_ms) {
            return Err(question);
        }
        match self.0.login.try_lock() {
            Ok(mut login) => Ok(question(&mut login, now_ms)),
            Err(_) => Err(question),
        }
    }

    /// Whether it is time to delete what has expired.
    fn sweeps(&self, now_ms: u64) -> bool {
        now_ms.abs_diff(self.0.swept_ms.load(Ordering::Relaxed)) >= SWEEP_EVERY_MS
    }

    /// Asks what requests with a key were answered, where it keeps no other request waiting.
    pub(crate) async fn replies<T: Send + 'static>(
        &self,
        question: impl FnOnce(&mut Replies, u64) -> Result<T, view::Error> + Send + 'static,
    ) -> Result<T, Problem> {
        let door = self.clone();
        let asked = blocking(move || {
            let mut replies = door
                .0
                .replies
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            question(&mut replies, door.now_ms())
        });
        Ok(asked.await??)
    }

    /// The roles of an account as the durable state has them.
    pub(crate) fn roles(&self, account: Option<AccountId>) -> Roles {
        let roles = |account| self.host().read(|state| state.roles(account));
        account.map_or(Roles::NONE, roles)
    }

    /// Whose a session key is, while it signs.
    pub(crate) fn account_of(&self, key: SessionKey) -> Result<AccountId, Problem> {
        let now_ms = self.now_ms();
        let account = self.host().read(|state| {
            let known = state.key(&key)?;
            let expired = state.time_ms.max(now_ms) >= known.expires_ms;
            (!known.revoked && !expired).then_some(known.account)
        });
        account.ok_or_else(|| {
            let detail = "no account has this key, or it has expired or was revoked";
            Problem::unauthorized("unknown_key", detail)
        })
    }

    /// What belongs to a session's cookie and no other site can know. It follows from the token, so
    /// that it need not be kept.
    pub(crate) fn csrf(&self, token: &str) -> String {
        let digest = sha256(&[b"headwater/csrf/v1\0", token.as_bytes()]);
        BASE64_URL.encode(digest)
    }

    /// Counts a request of somebody who is logged in.
    pub(crate) fn asks(&self, caller: &Caller) -> Result<(), Problem> {
        let who = match (caller.person, caller.account) {
            (Some(person), _) => Who::Person(person.0),
            (None, Some(account)) => Who::Account(account.0),
            (None, None) => return Ok(()),
        };
        self.0.requests.take(who, self.now_ms())
    }

    /// Counts an attempt to log in.
    fn attempts(&self, headers: &HeaderMap, extensions: &Extensions) -> Result<(), Problem> {
        let address = self.address(headers, extensions);
        self.0.logins.take(party(address), self.now_ms())
    }

    /// Where a request comes from: the peer, or what its proxies say of theirs.
    pub(crate) fn address(&self, headers: &HeaderMap, extensions: &Extensions) -> IpAddr {
        let peer = extensions.get::<ConnectInfo<Peer>>();
        let peer = peer.map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.0.0.ip());
        let lines = headers.get_all("x-forwarded-for").iter();
        let lines: Vec<_> = lines.filter_map(|line| line.to_str().ok()).collect();
        self.settings().proxies.client(peer, &lines.join(","))
    }
}

/// So many random bytes from the system.
pub(crate) fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    SystemDisk.random(&mut bytes);
    bytes
}

/// A token of 256 bits, as text.
fn token() -> String {
    BASE64_URL.encode(random::<32>())
}

/// Reads a JSON body.
pub(crate) async fn json<T: DeserializeOwned>(body: Body) -> Result<T, Problem> {
    let bytes = to_bytes(body, MAX_BODY_BYTES).await.map_err(|_| {
        let limit = MAX_BODY_BYTES;
        Problem::too_large(format!("a request has at most {limit} bytes here"))
    })?;
    serde_json::from_slice(&bytes)
        .map_err(|error| Problem::invalid("malformed", format!("the body: {error}")))
}

/// The number of a caller's session, where a browser asks.
fn session_of(caller: &Caller) -> Option<i64> {
    match caller.how {
        How::Session { id, .. } => Some(id),
        _ => None,
    }
}
