//! Pages for people: drawn by the server from the state, with scripts for what must be signed.

mod appeals;
mod asset;
mod audit;
mod bundle;
mod campaign;
mod card;
mod chains;
mod conduct;
mod dashboard;
mod design;
mod disagreement;
mod earnings;
mod explore;
mod icon;
mod item;
mod landing;
mod login;
mod look;
mod market;
mod me;
mod offers;
pub mod operator;
mod origin;
mod part;
mod people;
mod plan;
mod player;
mod register;
mod review;
mod royalty;
pub(crate) mod rule;
mod sheet;
mod shell;
mod standing;
mod table;
mod words;

use axum::Router;
use axum::http::{Extensions, HeaderMap, HeaderName, HeaderValue, StatusCode, Version, header};
use axum::response::Response;
use axum::routing::get;
use tower_http::compression::CompressionLayer;

pub(crate) use shell::Viewer;
pub(crate) use words::Words;

use crate::api::not_kept;
use crate::work::Work;

/// Nothing from elsewhere, nothing inline, no frame around it.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
                      img-src 'self' data:; connect-src 'self'; base-uri 'none'; \
                      form-action 'self'; frame-ancestors 'none'";

/// All pages and what they load; they belong behind [`crate::access::guard`].
pub(crate) fn routes(work: Work) -> Router {
    let marked = |_: StatusCode, _: Version, _: &HeaderMap, extensions: &Extensions| {
        extensions.get::<shell::Compressible>().is_some()
    };
    Router::new()
        .route("/", get(landing::page))
        .route("/login", get(login::page))
        .route("/tasks", get(market::page))
        .route("/tasks/{id}", get(player::page))
        .route("/me", get(me::page))
        .route("/earnings", get(earnings::page))
        .route("/earnings.csv", get(earnings::table))
        .route("/campaigns", get(market::all))
        .route("/campaigns/new", get(plan::page))
        .route("/campaigns/{id}", get(campaign::page))
        .route("/explore", get(explore::page))
        .route("/assets/{id}", get(item::page))
        .route("/assets/{id}/origin", get(origin::page))
        .route("/register", get(register::page))
        .route("/campaigns/{id}/people", get(people::page))
        .route("/campaigns/{id}/disagreement", get(disagreement::page))
        .route("/campaigns/{id}/review", get(review::page))
        .route("/appeals", get(appeals::page))
        .route("/tasks/{id}/standing", get(standing::page))
        .route("/levels", get(standing::levels))
        .route("/audit", get(audit::page))
        .route("/audit/entry", get(audit::entry::page))
        .route("/audit/check", get(audit::check::page))
        .route("/static/{name}", get(asset::asset))
        .route("/look", get(look::choose))
        .route("/design", get(design::page))
        .layer(axum::middleware::map_response(not_kept))
        .layer(axum::middleware::map_response(guarded))
        .layer(CompressionLayer::new().compress_when(marked))
        .with_state(work)
}

/// What a browser is told of each page and file.
async fn guarded(mut response: Response) -> Response {
    let told: [(HeaderName, &str); 4] = [
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "same-origin"),
        (
            HeaderName::from_static("cross-origin-opener-policy"),
            "same-origin",
        ),
    ];
    for (name, words) in told {
        let words = HeaderValue::from_static(words);
        response.headers_mut().insert(name, words);
    }
    response
}
