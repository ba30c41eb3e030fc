//! Built-in models from texts, as files that a gateway serves.

use crate::array::refused;
use model::{Ngram, embedding};
use pyo3::prelude::*;

/// How many examples there were, how many a model of the others was asked about, how many it got
/// right.
type Measured = (usize, usize, usize);

/// A classifier from texts with labels: its file, its classes, and how good one is that has seen
/// four fifths of the examples.
#[pyfunction]
pub fn train_classifier(
    py: Python<'_>,
    rows: Vec<(String, String)>,
    bits: u8,
) -> PyResult<(Vec<u8>, Vec<String>, Measured)> {
    let learnt = py.detach(|| model::learn(&rows, bits)).map_err(refused)?;
    let measured = (learnt.examples, learnt.held, learnt.right);
    let names = learnt.classifier.names().to_vec();
    Ok((learnt.classifier.to_bytes(), names, measured))
}

/// An n-gram language model from texts: its file.
#[pyfunction]
pub fn train_ngram(py: Python<'_>, texts: Vec<String>) -> PyResult<Vec<u8>> {
    let trained = py.detach(|| Ngram::train(texts.iter().map(String::as_str)));
    Ok(trained.map_err(refused)?.to_bytes())
}

/// The file of hash embeddings, a rule without weights.
#[pyfunction]
pub fn embedding_model() -> Vec<u8> {
    embedding::to_bytes()
}
