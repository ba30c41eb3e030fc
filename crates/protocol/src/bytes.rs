//! Fixed-length byte strings: hashes, keys, signatures, addresses and the space id.

use core::fmt;
use minicbor::{Decode, Decoder, Encode, Encoder, decode, encode};

macro_rules! byte_string {
    ($(#[$doc:meta])* $name:ident, $length:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub [u8; $length]);

        impl<C> Encode<C> for $name {
            fn encode<W: encode::Write>(
                &self,
                e: &mut Encoder<W>,
                _: &mut C,
            ) -> Result<(), encode::Error<W::Error>> {
                e.bytes(&self.0)?.ok()
            }
        }

        impl<'b, C> Decode<'b, C> for $name {
            fn decode(d: &mut Decoder<'b>, _: &mut C) -> Result<Self, decode::Error> {
                let bytes = d.bytes()?;
                bytes.try_into().map(Self).map_err(|_| decode::Error::message("wrong length"))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let mut digits = [0; 2 * $length];
                let letter = |digit| b"0123456789abcdef"[usize::from(digit)];
                for (pair, byte) in digits.as_chunks_mut().0.iter_mut().zip(self.0) {
                    *pair = [byte >> 4, byte & 15].map(letter);
                }
                f.write_str(core::str::from_utf8(&digits).expect("hex digits are text"))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }
    };
}

byte_string!(
    /// A SHA-256 digest, 32 bytes (claim roots are Keccak-256 of the same length).
    Hash, 32
);
byte_string!(
    /// The 32-byte Ed25519 public key (RFC 8032) that a wallet has delegated work to.
    SessionKey, 32
);
byte_string!(
    /// An Ed25519 signature (RFC 8032), 64 bytes.
    Signature, 64
);
byte_string!(
    /// A recoverable secp256k1 signature: r, s, v with v 27 or 28.
    WalletSignature, 65
);
byte_string!(
    /// An EVM account or contract, 20 bytes, shown in lower-case hex without prefix.
    Address, 20
);
byte_string!(
    /// The tenant key: 16 random bytes fixed by the first entry and signed into every later one.
    Space, 16
);

macro_rules! serde_bytes {
    ($($name:ident),*) => {$(
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                self.0.serialize(s)
            }
        }
        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                serde::Deserialize::deserialize(d).map(Self)
            }
        }
    )*};
}

serde_bytes!(Hash, SessionKey, Address, Space);
