//! Real servers on free ports over real directories, asked as any client would ask them.
#![expect(clippy::unwrap_used, reason = "a test stops at its first surprise")]

mod api;
mod person;
mod public;
mod served;
mod submit;
mod witness;
