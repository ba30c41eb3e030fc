//! What a session key may do on behalf of the wallet that delegated it.

use alloc::string::String;
use minicbor::{Decode, Decoder, Encode, Encoder, decode, encode};
use serde::{Deserialize, Serialize};

/// A set of rights. There is deliberately none for payout or transfer: only the wallet itself moves
/// money out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scope(u8);

impl Scope {
    /// No right at all: what any key of an account may do.
    pub const NONE: Self = Self(0);
    /// Answer units of campaigns.
    pub const WORK: Self = Self(1);
    /// Open and close campaigns with the account's deposits.
    pub const REQUEST: Self = Self(2);
    /// Register assets and meter their use.
    pub const PUBLISH: Self = Self(4);
    /// Grant allowances on the account's deposits.
    pub const SPEND: Self = Self(8);
    /// Run the log: deposits, rounds, scores, epochs.
    pub const OPERATE: Self = Self(16);

    const WORDS: [(Self, &'static str); 5] = [
        (Self::WORK, "work"),
        (Self::REQUEST, "request"),
        (Self::PUBLISH, "publish"),
        (Self::SPEND, "spend"),
        (Self::OPERATE, "operate"),
    ];

    /// Both sets of rights together.
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// True if every right of `needed` is in this set.
    pub const fn covers(self, needed: Self) -> bool {
        self.0 & needed.0 == needed.0
    }

    /// The set as it is encoded: one bit for each right.
    pub const fn bits(self) -> u8 {
        self.0
    }

    /// The rights as a wallet shows them before it signs: words in a fixed order, one space apart.
    pub fn text(self) -> String {
        let mut text = String::new();
        for (right, word) in Self::WORDS {
            if self.covers(right) {
                if !text.is_empty() {
                    text.push(' ');
                }
                text.push_str(word);
            }
        }
        text
    }
}

impl<C> Encode<C> for Scope {
    fn encode<W: encode::Write>(
        &self,
        e: &mut Encoder<W>,
        _: &mut C,
    ) -> Result<(), encode::Error<W::Error>> {
        e.u8(self.0)?.ok()
    }
}

impl<'b, C> Decode<'b, C> for Scope {
    fn decode(d: &mut Decoder<'b>, _: &mut C) -> Result<Self, decode::Error> {
        match d.u8()? {
            bits if bits < 32 => Ok(Self(bits)),
            _ => Err(decode::Error::message("unknown right in a scope")),
        }
    }
}
