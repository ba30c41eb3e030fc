//! Assets over HTTP: found, registered, bought, read, and who has used them.

pub(crate) mod asset;
pub(crate) mod content;
mod offer;
mod share;
pub(crate) mod used;
pub(crate) mod waiver;

use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::routing::{get, post, put};
use node::content::Contents;
use view::Questions;
use view::download::Downloads;

use super::Work;
use crate::problem::Problem;

/// What the market stands on beside the log.
pub struct Market {
    contents: Contents,
    downloads: Mutex<Downloads>,
    view: PathBuf,
}

impl Market {
    /// Opens what a data directory has of it.
    pub fn open(dir: &Path) -> Result<Self, node::Error> {
        Ok(Self {
            contents: Contents::open(&dir.join("content"))?,
            downloads: Mutex::new(Downloads::open(&dir.join("downloads.sqlite"))?),
            view: node::projection::path(dir),
        })
    }

    pub(super) fn contents(&self) -> &Contents {
        &self.contents
    }

    pub(super) fn downloads(&self) -> MutexGuard<'_, Downloads> {
        self.downloads
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// A reader of the view, for one question.
    pub(crate) fn questions(&self) -> Result<Questions, Problem> {
        Ok(Questions::open(&self.view)?)
    }
}

/// Routes below `/api/v1/assets`, `/api/v1/waivers` and `/api/v1/contents`.
pub(super) fn routes() -> Router<Work> {
    Router::new()
        .route("/api/v1/assets", get(asset::list).post(offer::register))
        .route("/api/v1/assets/{id}", get(asset::one))
        .route("/api/v1/assets/{id}/lineage", get(asset::lineage))
        .route("/api/v1/assets/{id}/lineage.csv", get(asset::edges))
        .route("/api/v1/assets/{id}/croissant", get(asset::croissant))
        .route("/api/v1/assets/{id}/card", get(content::card))
        .route("/api/v1/assets/{id}/preview", get(content::preview))
        .route("/api/v1/assets/{id}/download", get(content::download))
        .route("/api/v1/assets/{id}/uses", get(used::uses))
        .route("/api/v1/assets/{id}/revenue", get(used::revenue))
        .route("/api/v1/assets/{id}/revenue.csv", get(used::table))
        .route("/api/v1/assets/{id}/listing", post(offer::list))
        .route("/api/v1/assets/{id}/grants", post(offer::buy))
        .route("/api/v1/assets/{id}/waivers", post(waiver::offer))
        .route("/api/v1/waivers", get(waiver::list))
        .route("/api/v1/contents", put(content::put))
        .route("/api/v1/me/grants", get(offer::own))
        .route("/api/v1/me/royalties", get(share::royalties))
}
