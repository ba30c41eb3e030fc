//! A folder that a data set hub takes as it is: Parquet shards, a card, metadata, provenance.
//!
//! The caller opens the files and names their hashes, since it knows where they go: first the
//! shards ([`Shards`]), then what describes them ([`card`], [`croissant`]), then the page of origin
//! over all of them ([`provenance`]).

mod card;
mod croissant;
mod origin;
mod shard;

pub use card::card;
pub use croissant::{RAI, context, croissant};
pub use origin::{Origin, provenance};
pub use shard::{SHARD_ROWS, Shard, Shards, shard_path};

use table::Schema;

/// What people are told about a label set.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Description {
    /// Its name in addresses, such as `support-intents`.
    pub name: String,
    /// Its name for people.
    pub title: String,
    /// What is in it and what it is for, in Markdown.
    pub text: String,
    /// Under which terms it may be used.
    pub licence: Licence,
    /// Where it is at home.
    pub url: Option<String>,
    /// Who publishes it.
    pub creator: Option<String>,
    /// The day of publication, `2026-02-28`.
    pub published: Option<String>,
    /// Its version, such as `1.0.0`.
    pub version: String,
    /// How to cite it.
    pub cite_as: Option<String>,
    /// BCP 47 codes of its languages.
    pub languages: Vec<String>,
    /// Free words that find it.
    pub tags: Vec<String>,
    /// The hub's names of tasks it serves, such as `text-classification`.
    pub task_categories: Vec<String>,
    /// The hub's words for who labelled it: `crowdsourced`, `expert-generated`,
    /// `machine-generated`, `found`, `no-annotation`.
    pub annotations_creators: Vec<String>,
    /// The hub's words for who wrote it.
    pub language_creators: Vec<String>,
    /// Data sets it was made of, or `original`.
    pub source_datasets: Vec<String>,
    /// What is known for [`RAI`], by the names of its fields; several values make a list.
    pub rai: Vec<(String, String)>,
}

/// The terms of a label set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Licence {
    /// An SPDX id, such as `CC-BY-4.0`.
    Spdx(String),
    /// Terms of its own.
    Other {
        /// Their name, such as `LicenseRef-headwater-3`.
        name: String,
        /// Where they can be read: an address, or a file of the folder.
        link: String,
    },
}

impl Default for Licence {
    fn default() -> Self {
        Licence::Spdx("CC-BY-4.0".to_owned())
    }
}

impl Licence {
    /// The id or name.
    pub fn id(&self) -> &str {
        match self {
            Licence::Spdx(id) => id,
            Licence::Other { name, .. } => name,
        }
    }
}

/// The shards and columns of a label set.
#[derive(Clone, Debug)]
pub struct Contents<'a> {
    /// Columns, which all shards have.
    pub schema: &'a Schema,
    /// In the order of the rows.
    pub shards: &'a [Shard],
    /// Size and hash of each shard, in the same order.
    pub files: &'a [File],
}

/// A file of the folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// Relative to the folder, with `/`.
    pub path: String,
    /// Its length.
    pub bytes: u64,
    /// Lower-case hexadecimal.
    pub sha256: String,
}
