//! Who may ask what: one table of every route, and the guard that holds it.

mod body;
mod caller;
mod credential;
mod once;
mod signed;

use axum::Router;
use axum::extract::{MatchedPath, Request, State};
use axum::http::{Method, StatusCode};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use protocol::{Role, Roles};

pub use caller::{Caller, How};

use crate::login::Door;
use crate::problem::Problem;
use crate::problem::said::role_needed;

/// Who may ask a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Everybody, logged in or not.
    Anyone,
    /// Whoever has a key of the gateway, which looks at it itself.
    Caller,
    /// Whoever has logged in, by whatever way.
    Person,
    /// Whoever has logged in, but no API key: so that a key that leaks makes no other keys.
    Session,
    /// Whoever has logged in and has one of these roles.
    Roles(&'static [Role]),
}

/// A line of the table.
#[derive(Clone, Copy, Debug)]
pub struct Route {
    /// `GET` stands for `HEAD` too.
    pub method: &'static str,
    /// As axum writes it.
    pub path: &'static str,
    /// Who may ask it.
    pub access: Access,
}

const fn route(method: &'static str, path: &'static str, access: Access) -> Route {
    Route {
        method,
        path,
        access,
    }
}

const fn get(path: &'static str, access: Access) -> Route {
    route("GET", path, access)
}

const fn post(path: &'static str, access: Access) -> Route {
    route("POST", path, access)
}

const fn put(path: &'static str, access: Access) -> Route {
    route("PUT", path, access)
}

const fn delete(path: &'static str, access: Access) -> Route {
    route("DELETE", path, access)
}

use Access::{Anyone, Person, Session};

/// Every route of a node. What is not here is not answered.
pub const TABLE: &[Route] = &[
    // Public files: an audit needs no login.
    get("/log/{*rest}", Anyone),
    get("/attachments/{*rest}", Anyone),
    get("/openings/{*rest}", Anyone),
    get("/claims/{*rest}", Anyone),
    // The log: a submission brings its own signature.
    post("/api/v1/submit", Anyone),
    get("/api/v1/receipt/{index}", Anyone),
    get("/api/v1/entry/{index}", Anyone),
    get("/api/v1/accounts/{who}", Anyone),
    get("/api/v1/accounts/{who}/receipts", Anyone),
    get("/api/v1/head", Anyone),
    get("/api/v1/space", Anyone),
    get("/healthz", Anyone),
    get("/readyz", Anyone),
    get("/metrics", Anyone),
    get("/openapi.json", Anyone),
    get("/api/v1/events", Anyone),
    get("/api/v1/campaigns/{id}/events", Anyone),
    // The embedded chain: it is public, and a transaction brings its own signature.
    post("/rpc", Anyone),
    // Pages: each says itself what somebody sees who has not logged in.
    get("/", Anyone),
    get("/login", Anyone),
    get("/tasks", Anyone),
    get("/tasks/{id}", Anyone),
    get("/earnings", Anyone),
    get("/earnings.csv", Person),
    get("/me", Anyone),
    get("/campaigns", Anyone),
    get("/campaigns/new", Anyone),
    get("/campaigns/{id}", Anyone),
    get("/campaigns/{id}/people", Anyone),
    get("/campaigns/{id}/disagreement", Anyone),
    get("/campaigns/{id}/review", Anyone),
    get("/appeals", Anyone),
    get("/tasks/{id}/standing", Anyone),
    get("/levels", Anyone),
    get("/look", Anyone),
    get("/design", Anyone),
    get("/audit", Anyone),
    get("/operator", Anyone),
    get("/audit/entry", Anyone),
    get("/audit/check", Anyone),
    get("/static/{name}", Anyone),
    // Models: the gateway knows its own keys.
    get("/v1/{*rest}", Access::Caller),
    post("/v1/{*rest}", Access::Caller),
    get("/discovery/resources", Anyone),
    // Logging in.
    post("/api/v1/login/nonce", Anyone),
    post("/api/v1/login/wallet", Anyone),
    post("/api/v1/login/passkey", Anyone),
    post("/api/v1/login/passkey/new", Anyone),
    post("/api/v1/login/guest", Anyone),
    // One's own.
    get("/api/v1/me", Person),
    post("/api/v1/me/account", Session),
    get("/api/v1/me/passkeys", Session),
    post("/api/v1/me/passkeys", Session),
    put("/api/v1/me/passkeys/{id}", Session),
    delete("/api/v1/me/passkeys/{id}", Session),
    get("/api/v1/me/signers", Session),
    get("/api/v1/me/sessions", Session),
    delete("/api/v1/me/sessions/{id}", Session),
    post("/api/v1/me/logout", Session),
    get("/api/v1/me/keys", Session),
    post("/api/v1/me/keys", Session),
    delete("/api/v1/me/keys/{id}", Session),
    get("/api/v1/me/model-keys", Session),
    post("/api/v1/me/model-keys", Session),
    delete("/api/v1/me/model-keys/{id}", Session),
    get("/api/v1/me/earnings", Person),
    get("/api/v1/me/appeals", Person),
    get("/api/v1/me/levels", Person),
    get("/api/v1/appeals", Person),
    get("/api/v1/reviewers", REQUESTS),
    get("/api/v1/me/deposits", Person),
    post("/api/v1/me/deposits", Person),
    post("/api/v1/me/claim", Person),
    // The market: what is on it is public, and a content's terms say who may read it.
    get("/explore", Anyone),
    get("/assets/{id}", Anyone),
    get("/assets/{id}/origin", Anyone),
    get("/register", Anyone),
    get("/api/v1/assets", Anyone),
    post("/api/v1/assets", Person),
    get("/api/v1/assets/{id}", Anyone),
    get("/api/v1/assets/{id}/lineage", Anyone),
    get("/api/v1/assets/{id}/lineage.csv", Anyone),
    get("/api/v1/assets/{id}/croissant", Anyone),
    get("/api/v1/assets/{id}/card", Anyone),
    get("/api/v1/assets/{id}/preview", Anyone),
    get("/api/v1/assets/{id}/download", Anyone),
    get("/api/v1/assets/{id}/uses", Anyone),
    get("/api/v1/assets/{id}/revenue", Anyone),
    get("/api/v1/assets/{id}/revenue.csv", Anyone),
    post("/api/v1/assets/{id}/listing", Person),
    post("/api/v1/assets/{id}/grants", Person),
    post("/api/v1/assets/{id}/waivers", Person),
    get("/api/v1/waivers", Anyone),
    put("/api/v1/contents", Person),
    get("/api/v1/me/grants", Person),
    get("/api/v1/me/royalties", Person),
    // Campaigns.
    get("/api/v1/campaigns", Anyone),
    get("/api/v1/campaigns/{id}", Anyone),
    get("/api/v1/campaigns/{id}/labels", Anyone),
    get("/api/v1/campaigns/{id}/people", Anyone),
    get("/api/v1/campaigns/{id}/export", STEERS),
    get("/api/v1/campaigns/{id}/standing", Person),
    get("/api/v1/campaigns/{id}/feedback/{task}", Person),
    get("/api/v1/campaigns/{id}/participants", STEERS),
    get("/api/v1/campaigns/{id}/firings", STEERS),
    get("/api/v1/campaigns/{id}/firings.csv", STEERS),
    post("/api/v1/campaigns/{id}/firings/{index}/lift", STEERS),
    get("/api/v1/campaigns/{id}/dashboard", STEERS),
    get("/api/v1/campaigns/{id}/disagreement", STEERS),
    get("/api/v1/campaigns/{id}/disagreement.csv", STEERS),
    get("/api/v1/campaigns/{id}/reviews", Person),
    get("/api/v1/campaigns/{id}/reviews.csv", Person),
    put("/api/v1/campaigns/{id}/reviews/{task}/blind", Person),
    put("/api/v1/campaigns/{id}/reviews/{task}", Person),
    post("/api/v1/campaigns/{id}/pause", STEERS),
    post("/api/v1/campaigns/{id}/resume", STEERS),
    post("/api/v1/campaigns/{id}/close", STEERS),
    post("/api/v1/campaigns/{id}/leases", WORKS),
    post("/api/v1/campaigns/{id}/leases/renew", WORKS),
    delete("/api/v1/campaigns/{id}/leases/{task}", WORKS),
    put("/api/v1/campaigns/{id}/drafts/{task}", WORKS),
    get("/api/v1/plans", REQUESTS),
    post("/api/v1/plans", REQUESTS),
    get("/api/v1/plans/{id}", REQUESTS),
    put("/api/v1/plans/{id}", REQUESTS),
    delete("/api/v1/plans/{id}", REQUESTS),
    get("/api/v1/plans/{id}/units", REQUESTS),
    put("/api/v1/plans/{id}/units", REQUESTS),
    get("/api/v1/plans/{id}/estimate", REQUESTS),
    post("/api/v1/plans/{id}/prepare", REQUESTS),
    // Webhooks tell what the public log says.
    get("/api/v1/webhooks", Person),
    post("/api/v1/webhooks", Person),
    get("/api/v1/webhooks/{id}", Person),
    delete("/api/v1/webhooks/{id}", Person),
    get("/api/v1/webhooks/{id}/deliveries", Person),
    post("/api/v1/webhooks/{id}/replay", Person),
];

const WORKS: Access = Access::Roles(&[Role::Contributor]);
const REQUESTS: Access = Access::Roles(&[Role::Requester]);
const STEERS: Access = Access::Roles(&[Role::Owner, Role::Operator, Role::Requester]);

impl Access {
    /// Codes of problems with which the guard answers, besides credentials that are not good.
    pub fn codes(self, method: &str) -> impl Iterator<Item = &'static str> {
        let changes = method != "GET";
        let person = [("not_logged_in", true), ("key_lacks_right", changes)];
        let mut codes = vec![("csrf", changes)];
        match self {
            Self::Anyone | Self::Caller => {}
            Self::Person => codes.extend(person),
            Self::Session => codes.extend([("not_logged_in", true), ("key_lacks_right", true)]),
            Self::Roles(_) => codes.extend([
                ("not_logged_in", true),
                ("key_lacks_right", true),
                ("role_missing", true),
            ]),
        }
        let told = codes.into_iter().filter(|(_, told)| *told);
        told.map(|(code, _)| code)
    }
}

/// Who may ask a route.
pub fn of(method: &str, path: &str) -> Option<Access> {
    let mut rows = TABLE.iter();
    let row = rows.find(|route| route.method == method && route.path == path);
    row.map(|route| route.access)
}

/// What the table says of a method and a path.
fn listed(method: &Method, path: &str) -> Result<Access, Problem> {
    let asked = if method == Method::HEAD {
        "GET"
    } else {
        method.as_str()
    };
    let mut routes = TABLE.iter().filter(|route| route.path == path).peekable();
    if routes.peek().is_none() {
        let status = StatusCode::FORBIDDEN;
        let detail = format!("`{path}` stands in no table of who may ask it");
        return Err(Problem::new(status, "unlisted_route", detail));
    }
    let found = routes.find(|route| route.method == asked);
    let found = found.map(|route| route.access);
    found.ok_or_else(|| {
        let methods = TABLE.iter().filter(|route| route.path == path);
        let methods: Vec<&str> = methods.map(|route| route.method).collect();
        crate::server::not_this_method(method, path).allowing(&methods.join(", "))
    })
}

/// Routes that are answered only as [`TABLE`] has it. Handlers behind it may ask for a [`Caller`].
pub fn guard(routes: Router, door: Door) -> Router {
    routes.layer(from_fn_with_state(door, check))
}

async fn check(State(door): State<Door>, request: Request, next: Next) -> Response {
    match admitted(&door, request).await {
        Ok(request) => once::answered(&door, request, next).await,
        Err(problem) => problem.into_response(),
    }
}

async fn admitted(door: &Door, request: Request) -> Result<Request, Problem> {
    let Some(path) = request.extensions().get::<MatchedPath>().cloned() else {
        // No route is meant; what answers then says so.
        return Ok(request);
    };
    let access = listed(request.method(), path.as_str())?;
    if access == Access::Caller {
        return Ok(request);
    }
    let method = request.method().clone();
    let (mut request, caller) = credential::caller(door, access, request).await?;
    if let Some(caller) = &caller {
        door.asks(caller)?;
    }
    allow(access, caller.as_ref(), &method)?;
    if let Some(caller) = caller {
        request.extensions_mut().insert(caller);
    }
    body::described(request).await
}

/// Whether a caller may ask a route of this access.
fn allow(access: Access, caller: Option<&Caller>, method: &Method) -> Result<(), Problem> {
    if matches!(access, Anyone | Access::Caller) {
        return Ok(());
    }
    let caller = caller.ok_or_else(Problem::not_logged_in)?;
    if let How::Key { writes: false, .. } = caller.how
        && !method.is_safe()
    {
        let detail = "this API key may read only";
        return Err(Problem::forbidden("key_lacks_right", detail));
    }
    match access {
        Session if matches!(caller.how, How::Key { .. }) => Err(Problem::forbidden(
            "key_lacks_right",
            "no API key may do this; log in for it",
        )),
        Access::Roles(roles) if !caller.roles.meets(Roles::of(roles)) => {
            let code = match caller.how {
                How::Key { all, .. } if all.meets(Roles::of(roles)) => "key_lacks_right",
                _ => "role_missing",
            };
            Err(Problem::forbidden(code, role_needed(roles)))
        }
        _ => Ok(()),
    }
}
