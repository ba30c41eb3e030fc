//! The versions of the pay rule: each keeps its name and its meaning, as old logs are scored by it.

use protocol::campaign::Spec;

/// A version of what [`super::score`] does. Another behaviour is another version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algorithm {
    /// Blocks by wealth, evidence by gold and proven peers, labels by MAP Dawid-Skene or a vote.
    Pay1,
    /// Blocks by wealth that carries over between campaigns of a skill, void gold, a separate test
    /// before anybody is slashed, labels by the default inference.
    Pay2,
}

impl Algorithm {
    /// All versions, the oldest first.
    pub const ALL: [Self; 2] = [Self::Pay1, Self::Pay2];

    /// What campaigns and scores call it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pay1 => "headwater-pay@1",
            Self::Pay2 => "headwater-pay@2",
        }
    }

    /// The version that a campaign has named at its opening: the first where it names none. `None`
    /// where a method names one that it cannot.
    pub fn of(spec: &Spec) -> Option<Self> {
        let Some(method) = &spec.method else {
            return Some(Self::Pay1);
        };
        let named = |version: &Self| *version != Self::Pay1 && version.name() == method.algorithm;
        Self::ALL.into_iter().find(named)
    }
}
