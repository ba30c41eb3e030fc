//! Why bytes were not accepted: the form that was read and the rule it breaks.
use core::{error, fmt};

/// A failed check. It carries words only, because the caller can do nothing but report it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault {
    /// What the bytes were read as, such as `signed note`.
    pub form: &'static str,
    /// What must hold and does not, in words that follow the form.
    pub rule: &'static str,
}

impl Fault {
    /// Names a broken rule of a form.
    pub const fn new(form: &'static str, rule: &'static str) -> Self {
        Self { form, rule }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.form, self.rule)
    }
}

impl error::Error for Fault {}
