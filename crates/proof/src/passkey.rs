//! Passkeys: what a WebAuthn authenticator has signed, checked from its bytes alone (ES256).
//!
//! The rules are those of Web Authentication level 2, section 7.2, of which level 3 changes none
//! that is used here. No attestation is read: a passkey is believed for what it signs.

mod authenticator;
mod client;
mod der;

pub use authenticator::{Authenticator, Credential};
pub use client::{Client, Kind, MOST_CLIENT_BYTES};
pub use der::signature_of;

use alloc::vec::Vec;
use p256::ecdsa::signature::hazmat::{PrehashSigner as _, PrehashVerifier as _};
use p256::ecdsa::{Signature, SigningKey, VerifyingKey};

use crate::Fault;
use crate::hash::sha256;

/// The point of a P-256 public key: x and y, each 32 bytes, big end first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PublicKey {
    /// First coordinate.
    pub x: [u8; 32],
    /// Second coordinate.
    pub y: [u8; 32],
}

impl PublicKey {
    /// Refuses what is no point of the curve.
    pub fn check(&self) -> Result<(), Fault> {
        self.read().map(|_| ())
    }

    fn read(&self) -> Result<VerifyingKey, Fault> {
        let point = [&[4][..], &self.x, &self.y].concat();
        let key = VerifyingKey::from_sec1_bytes(&point);
        key.map_err(|_| fault("the key must be a point of the curve P-256"))
    }
}

/// What an authenticator has answered to a challenge.
#[derive(Clone, Copy, Debug)]
pub struct Assertion<'a> {
    /// `authenticatorData`.
    pub authenticator: &'a [u8],
    /// `clientDataJSON`.
    pub client: &'a [u8],
    /// r and s, each 32 bytes; see [`signature_of`].
    pub signature: &'a [u8; 64],
}

/// What an assertion has to be over.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// The relying party: a host's name.
    pub party: &'a str,
    /// The bytes that were to be signed.
    pub challenge: &'a [u8],
}

/// Checks an assertion: its purpose, challenge and relying party, that somebody was there and was
/// recognised by the authenticator, and the signature. Either half of s is taken. Whether the
/// origin belongs to the party is for the caller, who knows the origins: `takes`.
///
/// Returns what the authenticator says of itself.
pub fn verify(
    key: &PublicKey,
    asked: Asked<'_>,
    assertion: Assertion<'_>,
    takes: impl Fn(&str) -> bool,
) -> Result<Authenticator, Fault> {
    let client = Client::read(assertion.client, Kind::Get)?;
    if client.challenge != asked.challenge {
        return Err(fault("it must be over this challenge"));
    }
    if !takes(&client.origin) {
        return Err(fault("it must be made on a page of the relying party"));
    }
    let said = Authenticator::read(assertion.authenticator)?;
    said.check(asked.party)?;
    if said.credential.is_some() {
        return Err(fault("an assertion brings no new key"));
    }
    let signature = Signature::from_slice(assertion.signature)
        .map_err(|_| fault("r and s must be above zero and below the order"))?;
    let digest = digest(assertion.authenticator, assertion.client);
    key.read()?
        .verify_prehash(&digest, &signature)
        .map_err(|_| fault("it must be made by the key over these bytes"))?;
    Ok(said)
}

/// Checks what a new passkey comes with; returns it. `takes` as for [`verify`].
pub fn register(
    asked: Asked<'_>,
    (authenticator, client): (&[u8], &[u8]),
    takes: impl Fn(&str) -> bool,
) -> Result<(Credential, Authenticator), Fault> {
    let client = Client::read(client, Kind::Create)?;
    if client.challenge != asked.challenge {
        return Err(fault("it must be over this challenge"));
    }
    if !takes(&client.origin) {
        return Err(fault("it must be made on a page of the relying party"));
    }
    let mut said = Authenticator::read(authenticator)?;
    said.check(asked.party)?;
    let credential = said.credential.take();
    let credential = credential.ok_or_else(|| fault("a registration brings a new key"))?;
    credential.key.check()?;
    Ok((credential, said))
}

/// Whether an origin is one of a relying party: `https` at its host or below it, any port; without
/// TLS on `localhost` alone, as browsers have it.
pub fn belongs(origin: &str, party: &str) -> bool {
    let Some((scheme, authority)) = origin.split_once("://") else {
        return false;
    };
    let (host, port) = match authority.split_once(':') {
        Some((host, port)) => (host, Some(port)),
        None => (authority, None),
    };
    let digits = |port: &str| {
        (1..=5).contains(&port.len()) && port.bytes().all(|digit| digit.is_ascii_digit())
    };
    let named =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-.".contains(&byte);
    let below = host.strip_suffix(party).is_some_and(|rest| {
        rest.is_empty() || rest.len() > 1 && rest.ends_with('.') && !rest.starts_with('.')
    });
    let is_local = host == "localhost" || host.ends_with(".localhost");
    !party.is_empty()
        && host.bytes().all(named)
        && port.is_none_or(digits)
        && below
        && (scheme == "https" || scheme == "http" && is_local)
}

/// A passkey in software, for programs and tests: it answers as an authenticator would.
#[derive(Clone)]
pub struct SoftKey(SigningKey);

impl SoftKey {
    /// Takes the secret number, big end first; zero and numbers from the order on are refused.
    pub fn from_secret(secret: &[u8; 32]) -> Result<Self, Fault> {
        let key = SigningKey::from_slice(secret);
        key.map(Self)
            .map_err(|_| fault("the secret must be above zero and below the group order"))
    }

    /// The half that others check with.
    pub fn public(&self) -> PublicKey {
        let point = self.0.verifying_key().to_encoded_point(false);
        let part = |from: usize| {
            let bytes = point.as_bytes().get(from..from + 32);
            let bytes = bytes.and_then(|bytes| bytes.try_into().ok());
            bytes.expect("an uncompressed point has 65 bytes")
        };
        PublicKey {
            x: part(1),
            y: part(33),
        }
    }

    /// Signs as an authenticator does, with low s and the nonce of RFC 6979.
    pub fn sign(&self, authenticator: &[u8], client: &[u8]) -> [u8; 64] {
        let signed: Result<Signature, _> = self.0.sign_prehash(&digest(authenticator, client));
        let signed = signed.expect("a 32-byte digest and a valid key always give a signature");
        let low = signed.normalize_s().unwrap_or(signed);
        low.to_bytes().into()
    }
}

/// True if s is in the lower half of the order, so that there is one form of a signature.
pub fn is_low(signature: &[u8; 64]) -> bool {
    Signature::from_slice(signature).is_ok_and(|signature| signature.normalize_s().is_none())
}

fn digest(authenticator: &[u8], client: &[u8]) -> [u8; 32] {
    sha256(&[authenticator, &sha256(&[client])])
}

/// `authenticatorData` of an assertion: present and verified, with this counter.
pub fn plain_authenticator(party: &str, counter: u32) -> Vec<u8> {
    [
        &sha256(&[party.as_bytes()])[..],
        &[authenticator::PRESENT | authenticator::VERIFIED],
        &counter.to_be_bytes(),
    ]
    .concat()
}

const fn fault(rule: &'static str) -> Fault {
    Fault::new("passkey", rule)
}
