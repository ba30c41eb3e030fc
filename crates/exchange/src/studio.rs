//! Label Studio: its tasks in and out, and the form that shows them.

pub mod config;
pub(crate) mod read;
pub(crate) mod review;
pub mod write;

use crate::mapping::Mapping;

pub use config::{Form, Question};
pub use write::{CompletedBy, Project, TaskWriter};

/// The control that holds the judgement in forms of ours.
pub const LABEL: &str = "label";
/// The control beside a comparison that says that neither side is better; Label Studio's own
/// comparison has no such answer.
pub const TIE: &str = "tie";
/// The control beside a comparison that holds its reasons.
pub const REASONS: &str = "reasons";
/// Where in a task's `meta` the name of its unit stands.
pub const UNIT: &str = "hw_unit";

/// What Label Studio calls the last thing that was done with an annotation, if it was reviewed.
pub const ACCEPTED: &str = "accepted";
/// The same, where the reviewer has corrected it.
pub const FIXED: &str = "fixed_and_accepted";
/// The same, where the reviewer has said that it is wrong.
pub const REJECTED: &str = "rejected";

/// How tasks are read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Studio {
    /// Over the members of a task's `data`. Without an id column a unit is called as its task's
    /// `meta` says, else by the task's `id`, else by its number in the file.
    pub mapping: Mapping,
    /// What the annotations are.
    pub annotations: Annotations,
    /// The control (`from_name`) that holds the judgement; needed where tasks have several.
    pub control: Option<String>,
    /// Whether choices are sets of classes; else each is one class.
    pub multiple: bool,
}

/// What the annotations of imported tasks are. Label Studio marks all that it has imported itself
/// as true, so nothing in a file can tell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Annotations {
    /// The known label; annotations of one task must say the same.
    Gold,
    /// What people have said.
    Answers,
    /// What a model has said, under the model name `annotations`.
    Predictions,
    /// Nothing; predictions are left out too.
    #[default]
    Ignore,
}
