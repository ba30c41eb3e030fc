//! Arrays as bytes, little-endian, and errors of the engine as Python's.

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyBytes;

/// Unsigned 32-bit numbers out of an array's bytes.
pub fn numbers(bytes: &[u8]) -> PyResult<Vec<u32>> {
    let (chunks, rest) = bytes.as_chunks::<4>();
    if !rest.is_empty() {
        return Err(PyValueError::new_err(
            "an array of 32-bit numbers is cut off",
        ));
    }
    Ok(chunks
        .iter()
        .map(|chunk| u32::from_le_bytes(*chunk))
        .collect())
}

/// Doubles out of an array's bytes.
pub fn reals(bytes: &[u8]) -> PyResult<Vec<f64>> {
    let (chunks, rest) = bytes.as_chunks::<8>();
    if !rest.is_empty() {
        return Err(PyValueError::new_err("an array of doubles is cut off"));
    }
    Ok(chunks
        .iter()
        .map(|chunk| f64::from_le_bytes(*chunk))
        .collect())
}

/// Known classes, one per unit; all bits set where nothing is known.
pub fn known(bytes: &[u8]) -> PyResult<Vec<Option<u32>>> {
    let numbers = numbers(bytes)?;
    Ok(numbers
        .into_iter()
        .map(|class| (class != u32::MAX).then_some(class))
        .collect())
}

/// Doubles as numpy's `<f8` reads them.
pub fn of_reals<'py>(py: Python<'py>, values: &[f64]) -> Bound<'py, PyBytes> {
    let bytes: Vec<u8> = values
        .iter()
        .flat_map(|value| value.to_le_bytes())
        .collect();
    PyBytes::new(py, &bytes)
}

/// 32-bit numbers as numpy's `<u4` reads them.
pub fn of_numbers<'py>(py: Python<'py>, values: &[u32]) -> Bound<'py, PyBytes> {
    let bytes: Vec<u8> = values
        .iter()
        .flat_map(|value| value.to_le_bytes())
        .collect();
    PyBytes::new(py, &bytes)
}

/// The bytes of doubles, NaN where there is none.
pub fn of_options<'py>(py: Python<'py>, values: &[Option<f64>]) -> Bound<'py, PyBytes> {
    let values: Vec<f64> = values
        .iter()
        .map(|value| value.unwrap_or(f64::NAN))
        .collect();
    of_reals(py, &values)
}

/// An error of the engine as a `ValueError`.
pub fn refused(error: impl std::fmt::Display) -> PyErr {
    PyValueError::new_err(error.to_string())
}
