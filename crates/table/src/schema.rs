//! What the columns of a table hold, where a format must know it before the first row.

use serde_json::Value;

/// Names and kinds of columns, in the order in which they are written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Schema {
    fields: Vec<(String, Kind)>,
}

/// The one type of all values of a column; each may also be missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// True or false.
    Boolean,
    /// Signed 64-bit numbers.
    Integer,
    /// IEEE 754 double precision.
    Real,
    /// UTF-8 strings; what is no string is there as its JSON.
    Text,
}

impl Schema {
    /// A schema that is known.
    pub fn new<'a>(fields: impl IntoIterator<Item = (&'a str, Kind)>) -> Self {
        let fields = fields.into_iter();
        let fields = fields.map(|(name, kind)| (name.to_owned(), kind)).collect();
        Self { fields }
    }

    /// Widens it so that a row fits: a new column stands last, one of integers becomes one of
    /// reals, and one of different types becomes one of texts.
    pub fn see<'a>(&mut self, cells: impl IntoIterator<Item = (&'a str, &'a Value)>) {
        for (at, (name, value)) in cells.into_iter().enumerate() {
            match (self.place(at, name), Kind::of(value)) {
                (Some(place), Some(kind)) => {
                    let known = &mut self.fields[place].1;
                    *known = known.joined(kind);
                }
                (None, Some(kind)) => self.fields.push((name.to_owned(), kind)),
                (_, None) => {}
            }
        }
    }

    /// Columns in their order.
    pub fn fields(&self) -> &[(String, Kind)] {
        &self.fields
    }

    /// Where a column stands; `guess` is where it stands in most rows.
    pub(crate) fn place(&self, guess: usize, name: &str) -> Option<usize> {
        if self.fields.get(guess).is_some_and(|(own, _)| own == name) {
            return Some(guess);
        }
        self.fields.iter().position(|(own, _)| own == name)
    }
}

impl Kind {
    /// The narrowest kind that holds a value; none for a missing one.
    pub fn of(value: &Value) -> Option<Kind> {
        match value {
            Value::Null => None,
            Value::Bool(_) => Some(Kind::Boolean),
            Value::Number(number) if number.as_i64().is_some() => Some(Kind::Integer),
            Value::Number(number) if number.is_f64() => Some(Kind::Real),
            _ => Some(Kind::Text),
        }
    }

    fn joined(self, other: Kind) -> Kind {
        match (self, other) {
            (one, same) if one == same => one,
            (Kind::Integer, Kind::Real) | (Kind::Real, Kind::Integer) => Kind::Real,
            _ => Kind::Text,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_schema_widens_with_its_rows() {
        let mut schema = Schema::default();
        let rows = [
            [json!(1), json!(null), json!(true), json!(1)],
            [json!(0.5), json!("x"), json!(1), json!(u64::MAX)],
        ];
        for row in &rows {
            schema.see(["a", "b", "c", "d"].into_iter().zip(row));
        }
        let kinds = |name: &str| schema.fields().iter().find(|it| it.0 == name).unwrap().1;
        assert_eq!(kinds("a"), Kind::Real);
        assert_eq!(kinds("b"), Kind::Text);
        assert_eq!(kinds("c"), Kind::Text);
        assert_eq!(kinds("d"), Kind::Text);
    }
}
