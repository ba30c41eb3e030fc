//! Parts of a request that a handler asks for, refused as problems where they do not fit.

use axum::extract::{FromRequestParts, Path as Plain};
use axum::http::request::Parts;
use serde::de::DeserializeOwned;

use crate::problem::Problem;

/// Parameters of the path; 400 `invalid_path` where they are not of their form.
pub(crate) struct Path<T>(pub(crate) T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Path<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let Plain(value) = Plain::from_request_parts(parts, state).await?;
        Ok(Self(value))
    }
}
