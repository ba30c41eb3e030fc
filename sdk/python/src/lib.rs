//! The engine behind the Python package `headwater`: tables of numbers in, arrays of numbers out.
//!
//! Arrays travel as little-endian bytes, which numpy reads and writes without a copy of its own,
//! so that one wheel serves every Python from 3.9 on. Names, sorting and data frames are Python's
//! part.

mod array;

mod answers;

mod comparisons;

mod keys;

mod trade;

mod train;

mod transaction;

mod trust;

mod wallet;

use pyo3::prelude::*;

#[pymodule]
fn _headwater(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add("ALGORITHM", quality::infer::ALGORITHM)?;
    module.add_class::<answers::Table>()?;
    module.add_class::<comparisons::Comparisons>()?;
    module.add_class::<keys::Keys>()?;
    module.add_class::<trade::Trade>()?;
    module.add_class::<wallet::Wallet>()?;
    module.add_function(wrap_pyfunction!(train::train_classifier, module)?)?;
    module.add_function(wrap_pyfunction!(train::train_ngram, module)?)?;
    module.add_function(wrap_pyfunction!(train::embedding_model, module)?)?;
    module.add_function(wrap_pyfunction!(transaction::call_data, module)?)?;
    module.add_function(wrap_pyfunction!(trust::is_signed, module)?)?;
    module.add_function(wrap_pyfunction!(trust::gateway_key, module)?)?;
    module.add_function(wrap_pyfunction!(trust::segment, module)?)?;
    module.add_function(wrap_pyfunction!(trust::is_row, module)?)
}
