//! The encoding: one value has one form, and every other form of it is refused.

mod cbor;
mod codec;
mod money;
