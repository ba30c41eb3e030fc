//! Signed requests: a strict subset of RFC 9421 HTTP Message Signatures, with Ed25519.

use axum::http::HeaderMap;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD as BASE64;
use proof::hash::sha256;
use protocol::{Hash, SessionKey};

use crate::problem::Problem;

/// How far the time of a signature may be from the node's, either way, in milliseconds.
pub const WINDOW_MS: u64 = 300_000;

/// What is signed, in the one order that is read.
const COMPONENTS: &str = "(\"@method\" \"@target-uri\" \"content-digest\")";

/// The headers `Signature-Input`, `Signature` and `Content-Digest` of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signature {
    /// Whose, by `keyid`.
    pub key: SessionKey,
    created_s: u64,
    nonce: String,
    params: String,
    digest: String,
    signature: [u8; 64],
}

impl Signature {
    /// Reads the headers; nothing is checked but their form.
    pub fn read(headers: &HeaderMap) -> Result<Self, Problem> {
        let input = one(headers, "signature-input")?;
        let (label, params) = input.split_once('=').ok_or_else(|| bad("no label"))?;
        let is_label = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
        if label.is_empty() || !label.bytes().all(is_label) {
            return Err(bad("a label is made of `a-z 0-9`"));
        }
        let rest = params.strip_prefix(COMPONENTS).ok_or_else(|| {
            bad("it covers \"@method\" \"@target-uri\" \"content-digest\", in this order")
        })?;
        let (mut created, mut nonce, mut keyid, mut alg) = (None, None, None, None);
        for pair in rest.split(';').skip(1) {
            let (name, value) = pair
                .split_once('=')
                .ok_or_else(|| bad("a parameter has a value"))?;
            let slot = match name {
                "created" => &mut created,
                "nonce" => &mut nonce,
                "keyid" => &mut keyid,
                "alg" => &mut alg,
                _ => return Err(bad("it has `created`, `nonce`, `keyid` and `alg` alone")),
            };
            if slot.replace(value).is_some() {
                return Err(bad("a parameter stands there twice"));
            }
        }
        if !rest.starts_with(';') || alg.is_some_and(|alg| alg != "\"ed25519\"") {
            return Err(bad("`alg`, if it is there, is \"ed25519\""));
        }
        let created = created.filter(|created| created.len() <= 12);
        let created_s = created.and_then(decimal);
        let nonce = nonce.and_then(quoted);
        let nonce = nonce.filter(|nonce| {
            let in_nonce = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
            (16..=64).contains(&nonce.len()) && nonce.bytes().all(in_nonce)
        });
        let key = keyid.and_then(quoted).and_then(hex32);
        let text = one(headers, "signature")?;
        let signature = text
            .strip_prefix(label)
            .and_then(|rest| rest.strip_prefix("=:"))
            .and_then(|rest| rest.strip_suffix(':'))
            .and_then(|text| BASE64.decode(text).ok())
            .and_then(|bytes| bytes.try_into().ok());
        Ok(Self {
            key: SessionKey(key.ok_or_else(|| bad("`keyid` is a session key, 64 hex digits"))?),
            created_s: created_s.ok_or_else(|| bad("`created` is a time in seconds"))?,
            nonce: nonce
                .ok_or_else(|| bad("`nonce` has 16 to 64 letters, digits, `-` or `_`"))?
                .to_owned(),
            params: params.to_owned(),
            digest: one(headers, "content-digest")?.to_owned(),
            signature: signature.ok_or_else(|| bad("`Signature` is `LABEL=:BASE64:`, 64 bytes"))?,
        })
    }

    /// Refuses a time that is too far from the node's.
    pub fn check_time(&self, now_ms: u64) -> Result<(), Problem> {
        let created_ms = self.created_s.saturating_mul(1_000);
        if created_ms.abs_diff(now_ms) <= WINDOW_MS {
            return Ok(());
        }
        let now_s = now_ms / 1_000;
        Err(Problem::unauthorized(
            "clock",
            format!("`created` is more than 5 minutes from the node's time, {now_s}"),
        ))
    }

    /// Refuses a body that is not the one whose digest is signed.
    pub fn check_body(&self, body: &[u8]) -> Result<(), Problem> {
        let expected = format!("sha-256=:{}:", BASE64.encode(sha256(&[body])));
        if self.digest == expected {
            return Ok(());
        }
        Err(bad("`Content-Digest` is `sha-256=:BASE64:` of the body"))
    }

    /// Whether it is over a request with this method and URI.
    pub fn is_of(&self, method: &str, target: &str) -> bool {
        let base = base(method, target, &self.digest, &self.params);
        proof::signature::verify(&self.key.0, base.as_bytes(), &self.signature).is_ok()
    }

    /// What must not come again within the window.
    pub fn once(&self) -> Hash {
        let nonce = self.nonce.as_bytes();
        Hash(sha256(&[b"headwater/request/v1\0", &self.key.0, nonce]))
    }
}

/// The signature base of RFC 9421, section 2.5.
fn base(method: &str, target: &str, digest: &str, params: &str) -> String {
    format!(
        "\"@method\": {method}\n\"@target-uri\": {target}\n\"content-digest\": {digest}\n\
         \"@signature-params\": {params}"
    )
}

fn one<'a>(headers: &'a HeaderMap, name: &'static str) -> Result<&'a str, Problem> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (Some(value), None) => value.to_str().map_err(|_| bad("it is ASCII")),
        _ => Err(bad(
            "`Signature-Input`, `Signature` and `Content-Digest` come together, each once",
        )),
    }
}

fn quoted(value: &str) -> Option<&str> {
    value.strip_prefix('"')?.strip_suffix('"')
}

fn decimal(digits: &str) -> Option<u64> {
    let number: u64 = digits.parse().ok()?;
    (number.to_string() == digits).then_some(number)
}

fn hex32(digits: &str) -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    let is_hex = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    if digits.len() != 64 || !digits.bytes().all(is_hex) {
        return None;
    }
    for (place, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&digits[2 * place..2 * place + 2], 16).ok()?;
    }
    Some(bytes)
}

fn bad(why: &str) -> Problem {
    Problem::unauthorized("bad_signature", format!("signed request: {why}"))
}
