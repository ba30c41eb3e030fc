//! Near-duplicates: sketches of texts and pictures, candidates by hashing, exact checks.
//!
//! Families, bands and limits: `docs/spec/near.md`.

mod cluster;
mod image;
mod minhash;
mod shingle;
mod simhash;
#[cfg(test)]
mod tests;

pub use cluster::{Clusters, Joined, Settings, close, clusters};
pub use image::{Grey, dhash};
pub use minhash::{SIZE, Sketch, bands};
pub use shingle::{jaccard, shingles};
pub use simhash::{apart, simhash};
