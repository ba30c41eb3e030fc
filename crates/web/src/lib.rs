//! What a node says over HTTP: its public files, its API, and the witness beside it.

pub mod access;
pub mod api;
mod chart;
mod contracts;
mod extract;
pub mod gateway;
pub mod live;
pub mod login;
pub mod metrics;
pub mod openapi;
pub mod page;
pub mod page_of;
mod path;
mod peer;
pub mod problem;
pub mod public;
pub mod rpc;
pub mod server;
pub mod webhook;
mod whole;
pub mod wire;
pub mod witness;
pub mod work;

pub use access::{Access, Caller};
pub use axum::Router;
pub use problem::Problem;
pub use server::{Stop, serve};
