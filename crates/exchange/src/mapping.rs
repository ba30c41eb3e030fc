//! Which column of a table means what.

/// Columns by their meaning; a column that is not named here is a field of the unit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mapping {
    /// The requester's ids, unique; without it a unit is called by its row's number.
    pub id: Option<String>,
    /// Names that fields get, with the columns they come from; empty for all columns but those of
    /// id and known label, under their own names.
    pub fields: Vec<(String, String)>,
    /// The known label, which never becomes a field; blank where it is not known.
    pub gold: Option<String>,
}

impl Mapping {
    /// One column of text to judge, the field `text`.
    pub fn text(column: &str) -> Self {
        Self::named(&[("text", column)])
    }

    /// Two columns to compare, the fields `a` and `b`, and what both answer, `prompt`.
    pub fn pair(prompt: Option<&str>, a: &str, b: &str) -> Self {
        let mut fields: Vec<(&str, &str)> = Vec::new();
        fields.extend(prompt.map(|column| ("prompt", column)));
        fields.extend([("a", a), ("b", b)]);
        Self::named(&fields)
    }

    /// Fields by name and column.
    pub fn named(fields: &[(&str, &str)]) -> Self {
        let fields = fields.iter();
        Self {
            fields: fields
                .map(|(name, column)| ((*name).to_owned(), (*column).to_owned()))
                .collect(),
            ..Self::default()
        }
    }

    /// With the column of ids.
    pub fn id(mut self, column: &str) -> Self {
        self.id = Some(column.to_owned());
        self
    }

    /// With the column of known labels.
    pub fn gold(mut self, column: &str) -> Self {
        self.gold = Some(column.to_owned());
        self
    }

    /// All columns that it names.
    pub(crate) fn columns(&self) -> Vec<&str> {
        let fields = self.fields.iter().map(|(_, column)| column);
        let columns = self.id.iter().chain(fields).chain(&self.gold);
        columns.map(String::as_str).collect()
    }
}
