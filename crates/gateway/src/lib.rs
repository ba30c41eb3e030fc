//! Models behind one door: who may call which, what a call costs, and a receipt for each.
//!
//! A request names a model, which is an asset in service. Its price is set aside from the payer's
//! allowance before anything runs, what was used is written down durably before the answer ends,
//! and the answer brings a signed receipt (`docs/spec/segment.md`). What the log knows comes
//! through [`Books`]; rows leave through [`Till`] for whoever posts segments.

pub mod books;
pub mod config;
pub mod key;
pub mod receipt;
pub mod tree;

pub mod credit;
pub mod fault;
pub mod payment;
mod request;
pub mod rows;
mod sse;
mod usage;
pub mod x402;

mod engine;
mod upstream;

mod record;
mod spool;
pub mod till;

mod call;
pub mod door;
mod flow;
pub mod listed;
mod once;
pub mod pace;
mod payer;
mod reply;
mod settlement;
mod stream;

pub use books::Books;
pub use config::Config;
pub use door::{Asked, Gateway};
pub use fault::Fault;
pub use key::{Key, Keys};
pub use pace::Latency;
pub use payment::Cashier;
pub use receipt::Receipt;
pub use reply::{Body, Reply};
pub use stream::Reading;
pub use till::Till;
