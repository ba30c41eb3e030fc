//! Holds `proof` against published vectors, two foreign crates, and inputs that must be refused.
#![expect(clippy::unwrap_used, reason = "a test stops where it fails")]

mod cosignature;
mod merkle;
mod mutation;
mod note;
mod passkey;
mod promise;
mod receipt;
mod rotation;
mod signature;
mod siwe;
mod tile;
mod witness;
mod world;

use serde_json::Value;

/// The committed vectors, as `vectors/log.json` gives them.
fn vectors() -> Value {
    serde_json::from_str(include_str!("../../../../vectors/log.json")).unwrap()
}

/// The vectors that foreign programs have made, as `vectors/proof.json` gives them.
fn foreign() -> Value {
    serde_json::from_str(include_str!("../../../../vectors/proof.json")).unwrap()
}

fn bytes(value: &Value) -> Vec<u8> {
    hex::decode(value.as_str().unwrap()).unwrap()
}

fn array<const N: usize>(value: &Value) -> [u8; N] {
    bytes(value).try_into().unwrap()
}

fn list(value: &Value) -> Vec<Vec<u8>> {
    value.as_array().unwrap().iter().map(bytes).collect()
}
