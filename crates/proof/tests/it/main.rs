//! Holds `proof` against published vectors, two foreign crates, and inputs that must be refused.
#![expect(clippy::unwrap_used, reason = "a test stops where it fails")]

mod merkle;
mod note;
mod receipt;
mod signature;
mod tile;

use serde_json::Value;

/// The committed vectors, as `vectors/log.json` gives them.
fn vectors() -> Value {
    serde_json::from_str(include_str!("../../../../vectors/log.json")).unwrap()
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
