//! Columns to be written: a name, and values of one type.

/// A named column; all columns of a table have the same number of values and none is missing.
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    /// Name in the schema, unique in its table.
    pub name: String,
    /// One value for each row.
    pub values: Values,
}

/// The values of a column, all of one type.
#[derive(Clone, Debug, PartialEq)]
pub enum Values {
    /// Signed 64-bit numbers.
    Integers(Vec<i64>),
    /// UTF-8 strings.
    Texts(Vec<String>),
    /// IEEE 754 double precision.
    Reals(Vec<f64>),
}

impl Column {
    /// A signed 64-bit column under its name in the schema.
    pub fn integers(name: &str, values: Vec<i64>) -> Self {
        Self::new(name, Values::Integers(values))
    }

    /// A UTF-8 column under its name in the schema.
    pub fn texts(name: &str, values: Vec<String>) -> Self {
        Self::new(name, Values::Texts(values))
    }

    /// A double-precision column under its name in the schema.
    pub fn reals(name: &str, values: Vec<f64>) -> Self {
        Self::new(name, Values::Reals(values))
    }

    fn new(name: &str, values: Values) -> Self {
        Self {
            name: name.to_owned(),
            values,
        }
    }

    /// Number of values, which is the number of rows of its table.
    pub fn rows(&self) -> usize {
        match &self.values {
            Values::Integers(values) => values.len(),
            Values::Texts(values) => values.len(),
            Values::Reals(values) => values.len(),
        }
    }
}
