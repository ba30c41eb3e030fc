//! EIP-4361, Sign-In with Ethereum: the text that a wallet shows and signs, read by its grammar.
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use crate::Fault;
use crate::hash::{Hash, keccak256};

mod time;

pub use time::unix_ms;

/// Most bytes of a message; the standard names no limit.
pub const MAX_BYTES: usize = 4_096;

/// A message, field by field. That it is well formed says nothing of whether it may be believed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// The scheme of the origin that asks, where it is said.
    pub scheme: Option<String>,
    /// Host and port that ask, as the wallet has shown them.
    pub domain: String,
    /// Whose wallet; its letters follow EIP-55.
    pub address: [u8; 20],
    /// For people; one line of ASCII.
    pub statement: Option<String>,
    /// What the wallet is asked to sign in to.
    pub uri: String,
    /// EIP-155 number of the chain by which a contract's signature is judged.
    pub chain_id: u64,
    /// What the server has drawn for this login: at least 8 letters and digits.
    pub nonce: String,
    /// Milliseconds since 1970.
    pub issued_ms: u64,
    /// From when on it is worth nothing.
    pub expires_ms: Option<u64>,
    /// Before when it is worth nothing.
    pub not_before_ms: Option<u64>,
    /// The asking system's own number for it.
    pub request_id: Option<String>,
    /// URIs that the signer also agrees to.
    pub resources: Vec<String>,
}

/// The EIP-191 digest of a text that a wallet signs as `personal_sign`.
pub fn digest(text: &str) -> Hash {
    let length = text.len().to_string();
    keccak256(&[
        b"\x19Ethereum Signed Message:\n",
        length.as_bytes(),
        text.as_bytes(),
    ])
}

/// An address as people see it: `0x` and 40 hex digits whose capitals are a checksum (EIP-55).
pub fn checksummed(address: &[u8; 20]) -> String {
    let lower = hex::encode(address);
    let hash = keccak256(&[lower.as_bytes()]);
    let mut text = String::from("0x");
    for (place, digit) in lower.chars().enumerate() {
        let nibble = hash[place / 2] >> (4 * (1 - place % 2)) & 15;
        text.push(if nibble >= 8 {
            digit.to_ascii_uppercase()
        } else {
            digit
        });
    }
    text
}

impl Message {
    /// Reads a message. Lines end with a line feed alone, fields stand in the standard's order, and
    /// nothing else is in between, before or after.
    pub fn parse(text: &str) -> Result<Self, Fault> {
        check(text.len() <= MAX_BYTES, "it has at most 4,096 bytes")?;
        check(text.is_ascii(), "it is ASCII")?;
        let mut lines = Lines(text.split('\n').collect::<Vec<_>>().into_iter().peekable());
        let (scheme, domain) = lines.origin()?;
        let address = address(lines.field("", "the second line is an address")?)?;
        let statement = lines.statement()?;
        let uri = lines.field("URI: ", "`URI` comes first")?;
        check(is_uri(uri), "the URI is one of RFC 3986")?;
        let version = lines.field("Version: ", "`Version` follows the URI")?;
        check(version == "1", "the version is 1")?;
        let chain_id = number(lines.field("Chain ID: ", "`Chain ID` follows the version")?)?;
        let nonce = lines.field("Nonce: ", "`Nonce` follows the chain")?;
        let is_drawn = nonce.len() >= 8 && nonce.bytes().all(|byte| byte.is_ascii_alphanumeric());
        check(is_drawn, "the nonce has at least 8 letters and digits")?;
        let issued_ms = unix_ms(lines.field("Issued At: ", "`Issued At` follows the nonce")?)?;
        let moment = |line: Option<&str>| line.map(unix_ms).transpose();
        let expires_ms = moment(lines.optional("Expiration Time: "))?;
        let not_before_ms = moment(lines.optional("Not Before: "))?;
        let request_id = lines.optional("Request ID: ");
        let is_path = |id: &str| is_made_of(id.as_bytes(), is_pchar);
        check(
            request_id.is_none_or(is_path),
            "the request id is made of path characters",
        )?;
        let resources = lines.resources()?;
        check(lines.0.next().is_none(), "nothing follows the last field")?;
        Ok(Self {
            scheme: scheme.map(ToString::to_string),
            domain: domain.to_string(),
            address,
            statement: statement.map(ToString::to_string),
            uri: uri.to_string(),
            chain_id,
            nonce: nonce.to_string(),
            issued_ms,
            expires_ms,
            not_before_ms,
            request_id: request_id.map(ToString::to_string),
            resources,
        })
    }
}

struct Lines<'a>(core::iter::Peekable<alloc::vec::IntoIter<&'a str>>);

impl<'a> Lines<'a> {
    fn field(&mut self, name: &str, rule: &'static str) -> Result<&'a str, Fault> {
        self.optional(name).ok_or(fault(rule))
    }

    fn optional(&mut self, name: &str) -> Option<&'a str> {
        let line = self.0.next_if(|line| line.starts_with(name))?;
        line.strip_prefix(name)
    }

    /// Scheme, where it is said, and domain.
    fn origin(&mut self) -> Result<(Option<&'a str>, &'a str), Fault> {
        let rule = "the first line ends as the standard has it";
        let line = self.field("", rule)?;
        let end = " wants you to sign in with your Ethereum account:";
        let origin = line.strip_suffix(end).ok_or(fault(rule))?;
        let (scheme, domain) = match origin.split_once("://") {
            Some((scheme, domain)) => (Some(scheme), domain),
            None => (None, origin),
        };
        check(
            scheme.is_none_or(is_scheme),
            "the scheme is one of RFC 3986",
        )?;
        check(
            is_authority(domain),
            "the domain is an authority of RFC 3986",
        )?;
        Ok((scheme, domain))
    }

    /// What stands between two empty lines, or nothing there.
    fn statement(&mut self) -> Result<Option<&'a str>, Fault> {
        check(self.empty(), "an empty line follows the address")?;
        match self.0.next() {
            Some("") => Ok(None),
            Some(line) => {
                check(line.bytes().all(is_plain), "the statement is a plain line")?;
                check(self.empty(), "an empty line follows the statement")?;
                Ok(Some(line))
            }
            None => Err(fault("an empty line stands before the fields")),
        }
    }

    fn empty(&mut self) -> bool {
        self.0.next_if(|line| line.is_empty()).is_some()
    }

    fn resources(&mut self) -> Result<Vec<String>, Fault> {
        let mut found = Vec::new();
        match self.optional("Resources:") {
            None => return Ok(found),
            Some(rest) => check(rest.is_empty(), "`Resources:` ends its line")?,
        }
        while let Some(resource) = self.optional("- ") {
            check(is_uri(resource), "each resource is a URI of RFC 3986")?;
            found.push(resource.to_string());
        }
        Ok(found)
    }
}

fn fault(rule: &'static str) -> Fault {
    Fault::new("sign-in message", rule)
}

fn check(holds: bool, rule: &'static str) -> Result<(), Fault> {
    if holds { Ok(()) } else { Err(fault(rule)) }
}

fn address(text: &str) -> Result<[u8; 20], Fault> {
    let rule = "the address is `0x` and 40 hex digits with the capitals of EIP-55";
    let digits = text.strip_prefix("0x").ok_or(fault(rule))?;
    let mut address = [0; 20];
    hex::decode_to_slice(digits, &mut address).map_err(|_| fault(rule))?;
    check(checksummed(&address) == text, rule)?;
    Ok(address)
}

fn number(text: &str) -> Result<u64, Fault> {
    let rule = "the chain is a number below 2^64";
    check(
        !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()),
        rule,
    )?;
    text.parse().map_err(|_| fault(rule))
}

fn is_scheme(text: &str) -> bool {
    let rest = |byte: u8| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte);
    text.starts_with(|first: char| first.is_ascii_alphabetic()) && text.bytes().all(rest)
}

fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~".contains(&byte)
}

fn is_sub_delim(byte: u8) -> bool {
    b"!$&'()*+,;=".contains(&byte)
}

fn is_pchar(byte: u8) -> bool {
    is_unreserved(byte) || is_sub_delim(byte) || b":@".contains(&byte)
}

/// A letter of a statement: reserved, unreserved or a space.
fn is_plain(byte: u8) -> bool {
    is_pchar(byte) || b"/?#[] ".contains(&byte)
}

/// Characters of a kind, or `%` and two hex digits.
fn is_made_of(mut bytes: &[u8], kind: impl Fn(u8) -> bool) -> bool {
    while let [first, rest @ ..] = bytes {
        bytes = match (first, rest) {
            (b'%', [high, low, rest @ ..])
                if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() =>
            {
                rest
            }
            (byte, rest) if kind(*byte) => rest,
            _ => return false,
        };
    }
    true
}

fn is_authority(text: &str) -> bool {
    let (host, port) = match text.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => (host, port),
        _ => (text, ""),
    };
    let (user, host) = host.rsplit_once('@').unwrap_or(("", host));
    let in_name = |byte| is_unreserved(byte) || is_sub_delim(byte);
    let is_host = match host.strip_prefix('[') {
        Some(literal) => literal.strip_suffix(']').is_some_and(|literal| {
            let in_literal = |byte| in_name(byte) || byte == b':';
            !literal.is_empty() && literal.bytes().all(in_literal)
        }),
        None => !host.is_empty() && is_made_of(host.as_bytes(), in_name),
    };
    let in_user = |byte| in_name(byte) || byte == b':';
    is_host
        && port.bytes().all(|byte| byte.is_ascii_digit())
        && is_made_of(user.as_bytes(), in_user)
}

/// Scheme, colon, and characters that a URI may have; the brackets of an IP literal in its
/// authority alone.
fn is_uri(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once(':') else {
        return false;
    };
    let (rest, fragment) = rest.split_once('#').unwrap_or((rest, ""));
    let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
    let path = match rest.strip_prefix("//") {
        Some(rest) => {
            let end = rest.find('/').unwrap_or(rest.len());
            let (authority, path) = rest.split_at(end);
            if !authority.is_empty() && !is_authority(authority) {
                return false;
            }
            path
        }
        None => rest,
    };
    let in_path = |byte| is_pchar(byte) || byte == b'/';
    let in_query = |byte| in_path(byte) || byte == b'?';
    is_scheme(scheme)
        && is_made_of(path.as_bytes(), in_path)
        && is_made_of(query.as_bytes(), in_query)
        && is_made_of(fragment.as_bytes(), in_query)
}
