//! What an account is on a node: roles, which the operator gives and takes by entries of the log.

use alloc::string::String;
use core::fmt;
use minicbor::{Decode, Decoder, Encode, Encoder, decode, encode};
use serde::{Deserialize, Serialize};

/// A part that an account plays. A session key's [`crate::Scope`] says what a wallet lets the key
/// do; a role says what the operator lets the account do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Answers for the node: gives roles and sees its keys and limits. Account 0 always is one.
    Owner,
    /// Runs the log's daily work: rounds, scores, epochs.
    Operator,
    /// Opens campaigns.
    Requester,
    /// Looks at the work of others and sits on panels.
    Reviewer,
    /// Answers units of campaigns.
    Contributor,
    /// Reads what is not public, and changes nothing.
    Auditor,
}

impl Role {
    /// All roles, in the order of their bits.
    pub const ALL: [Self; 6] = [
        Self::Owner,
        Self::Operator,
        Self::Requester,
        Self::Reviewer,
        Self::Contributor,
        Self::Auditor,
    ];

    /// The word for it, the same everywhere.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Operator => "operator",
            Self::Requester => "requester",
            Self::Reviewer => "reviewer",
            Self::Contributor => "contributor",
            Self::Auditor => "auditor",
        }
    }

    const fn bit(self) -> u8 {
        1 << self as u8
    }
}

/// What an account is at one time: any number of roles at once, none among them.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Roles(u8);

impl Roles {
    /// No role: such an account reads what is public, and claims what it is owed.
    pub const NONE: Self = Self(0);
    /// Every role at once.
    pub const ALL: Self = Self(63);
    /// What every account is while the operator has not said otherwise.
    pub const OPEN: Self = Self(Role::Requester.bit() | Role::Contributor.bit());

    /// The set of these roles.
    pub fn of(roles: &[Role]) -> Self {
        Self(roles.iter().fold(0, |bits, role| bits | role.bit()))
    }

    /// True if the role is among them.
    pub const fn has(self, role: Role) -> bool {
        self.0 & role.bit() != 0
    }

    /// True if at least one role is in both sets.
    pub const fn meets(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// The roles that are in both sets.
    pub const fn within(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// The same set without a role.
    pub const fn without(self, role: Role) -> Self {
        Self(self.0 & !role.bit())
    }

    /// The set as it is encoded: one bit for each role.
    pub const fn bits(self) -> u8 {
        self.0
    }

    /// The set with these bits; `None` if one of them is no role.
    pub const fn from_bits(bits: u8) -> Option<Self> {
        if bits < 64 { Some(Self(bits)) } else { None }
    }

    /// The roles in the order of their bits.
    pub fn iter(self) -> impl Iterator<Item = Role> {
        Role::ALL.into_iter().filter(move |role| self.has(*role))
    }

    /// Words in that order, one space apart.
    pub fn text(self) -> String {
        let words: alloc::vec::Vec<_> = self.iter().map(Role::word).collect();
        words.join(" ")
    }

    /// Reads words, each at most once and in any order; `None` if one of them is no role.
    pub fn parse(text: &str) -> Option<Self> {
        text.split_whitespace().try_fold(Self::NONE, |set, word| {
            let role = Role::ALL.into_iter().find(|role| role.word() == word)?;
            (!set.has(role)).then_some(Self(set.0 | role.bit()))
        })
    }
}

impl fmt::Debug for Roles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

impl<C> Encode<C> for Roles {
    fn encode<W: encode::Write>(
        &self,
        e: &mut Encoder<W>,
        _: &mut C,
    ) -> Result<(), encode::Error<W::Error>> {
        e.u8(self.0)?.ok()
    }
}

impl<'b, C> Decode<'b, C> for Roles {
    fn decode(d: &mut Decoder<'b>, _: &mut C) -> Result<Self, decode::Error> {
        Self::from_bits(d.u8()?).ok_or_else(|| decode::Error::message("unknown role in a set"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_set_reads_back_from_its_words_and_bits() {
        for bits in 0..64 {
            let set = Roles::from_bits(bits).unwrap();
            assert_eq!(Roles::parse(&set.text()), Some(set));
            assert_eq!(Roles::of(&set.iter().collect::<alloc::vec::Vec<_>>()), set);
        }
        assert_eq!(Roles::from_bits(64), None);
        assert_eq!(Roles::parse("owner king"), None);
        assert_eq!(Roles::parse("owner owner"), None);
        assert_eq!(Roles::OPEN.text(), "requester contributor");
        assert!(!Roles::ALL.without(Role::Owner).has(Role::Owner));
    }
}
