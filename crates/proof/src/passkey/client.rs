//! `clientDataJSON`: what a browser says of the page on which a passkey was used.

use alloc::string::String;
use alloc::vec::Vec;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64_URL;

use super::fault;
use crate::Fault;

/// Most bytes that are read.
pub const MOST_CLIENT_BYTES: usize = 2_048;
/// How deep lists and objects of members that nobody asks for may lie.
const MOST_DEEP: u8 = 8;

/// What a passkey was used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A new one was made.
    Create,
    /// One has signed.
    Get,
}

/// What counts of a browser's words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Client {
    /// The challenge, decoded.
    pub challenge: Vec<u8>,
    /// Scheme, host and port of the page.
    pub origin: String,
}

impl Client {
    /// Reads one JSON object of this kind, in which no member that counts stands twice, and not of
    /// a page within a page of somebody else.
    pub fn read(bytes: &[u8], kind: Kind) -> Result<Self, Fault> {
        if bytes.len() > MOST_CLIENT_BYTES {
            return Err(fault("the browser's words are too long"));
        }
        let text = core::str::from_utf8(bytes).map_err(|_| broken())?;
        let members = Json { text, at: 0 }.object()?;
        let one = |name: &str| {
            let mut found = members.iter().filter(|member| member.name == name);
            match (found.next(), found.next()) {
                (_, Some(_)) => Err(fault("nothing may stand twice in the browser's words")),
                (member, None) => Ok(member.map(|member| &member.value)),
            }
        };
        let words = |name: &str| match one(name)? {
            Some(Value::Text(words)) => Ok(words.clone()),
            _ => Err(fault("the browser must name type, challenge and origin")),
        };
        let expected = match kind {
            Kind::Create => "webauthn.create",
            Kind::Get => "webauthn.get",
        };
        if words("type")? != expected {
            return Err(fault("the passkey was used for something else"));
        }
        match one("crossOrigin")? {
            None | Some(Value::No) => {}
            Some(_) => return Err(fault("it must not be used within another site's page")),
        }
        if one("topOrigin")?.is_some() {
            return Err(fault("it must not be used within another site's page"));
        }
        let challenge = BASE64_URL.decode(words("challenge")?);
        Ok(Self {
            challenge: challenge.map_err(|_| fault("the challenge must be base64url"))?,
            origin: words("origin")?,
        })
    }

    /// The bytes that browsers give out, by section 5.8.1.1 of the standard.
    pub fn bytes(&self, kind: Kind) -> Vec<u8> {
        let kind = match kind {
            Kind::Create => "webauthn.create",
            Kind::Get => "webauthn.get",
        };
        let challenge = BASE64_URL.encode(&self.challenge);
        let origin = &self.origin;
        alloc::format!(
            "{{\"type\":\"{kind}\",\"challenge\":\"{challenge}\",\"origin\":\"{origin}\",\
             \"crossOrigin\":false}}"
        )
        .into_bytes()
    }
}

struct Member {
    name: String,
    value: Value,
}

enum Value {
    Text(String),
    No,
    Other,
}

/// JSON by RFC 8259, read once from left to right.
struct Json<'a> {
    text: &'a str,
    at: usize,
}

impl Json<'_> {
    /// The whole text as one object.
    fn object(mut self) -> Result<Vec<Member>, Fault> {
        let mut members = Vec::new();
        self.spaces();
        self.expect('{')?;
        self.spaces();
        if !self.takes('}') {
            loop {
                self.spaces();
                let name = self.string()?;
                self.spaces();
                self.expect(':')?;
                let value = self.value(MOST_DEEP)?;
                members.push(Member { name, value });
                if self.takes('}') {
                    break;
                }
                self.expect(',')?;
            }
        }
        self.spaces();
        match self.at == self.text.len() {
            true => Ok(members),
            false => Err(broken()),
        }
    }

    /// A value with the spaces around it.
    fn value(&mut self, deep: u8) -> Result<Value, Fault> {
        self.spaces();
        let value = match self.peek() {
            Some('"') => Value::Text(self.string()?),
            Some('{') => self.items(deep, ('{', '}'))?,
            Some('[') => self.items(deep, ('[', ']'))?,
            Some('-' | '0'..='9') => self.number()?,
            _ => self.word()?,
        };
        self.spaces();
        Ok(value)
    }

    fn items(&mut self, deep: u8, (open, close): (char, char)) -> Result<Value, Fault> {
        let deep = deep.checked_sub(1).ok_or_else(broken)?;
        self.expect(open)?;
        self.spaces();
        while !self.takes(close) {
            if open == '{' {
                self.spaces();
                self.string()?;
                self.spaces();
                self.expect(':')?;
            }
            self.value(deep)?;
            if self.takes(close) {
                break;
            }
            self.expect(',')?;
            self.spaces();
            if self.peek() == Some(close) {
                return Err(broken());
            }
        }
        Ok(Value::Other)
    }

    fn word(&mut self) -> Result<Value, Fault> {
        let words = [
            ("false", Value::No),
            ("true", Value::Other),
            ("null", Value::Other),
        ];
        let rest = &self.text[self.at..];
        for (word, value) in words {
            if rest.starts_with(word) {
                self.at += word.len();
                return Ok(value);
            }
        }
        Err(broken())
    }

    fn number(&mut self) -> Result<Value, Fault> {
        self.takes('-');
        if !self.takes('0') {
            self.digits()?;
        }
        if self.takes('.') {
            self.digits()?;
        }
        if self.takes('e') || self.takes('E') {
            if !self.takes('+') {
                self.takes('-');
            }
            self.digits()?;
        }
        Ok(Value::Other)
    }

    fn digits(&mut self) -> Result<(), Fault> {
        let rest = &self.text[self.at..];
        let count = rest.bytes().take_while(u8::is_ascii_digit).count();
        self.at += count;
        match count {
            0 => Err(broken()),
            _ => Ok(()),
        }
    }

    fn string(&mut self) -> Result<String, Fault> {
        self.expect('"')?;
        let mut words = String::new();
        loop {
            match self.next()? {
                '"' => return Ok(words),
                '\\' => words.push(self.escaped()?),
                letter if letter >= ' ' => words.push(letter),
                _ => return Err(broken()),
            }
        }
    }

    fn escaped(&mut self) -> Result<char, Fault> {
        Ok(match self.next()? {
            letter @ ('"' | '\\' | '/') => letter,
            'b' => '\u{8}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'u' => {
                let first = self.unit()?;
                if (0xd800..0xdc00).contains(&first) {
                    self.expect('\\')?;
                    self.expect('u')?;
                    let second = self.unit()?;
                    if !(0xdc00..0xe000).contains(&second) {
                        return Err(broken());
                    }
                    let letter = 0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00);
                    char::from_u32(letter).ok_or_else(broken)?
                } else {
                    char::from_u32(first).ok_or_else(broken)?
                }
            }
            _ => return Err(broken()),
        })
    }

    /// Four hex digits.
    fn unit(&mut self) -> Result<u32, Fault> {
        let mut unit = 0;
        for _ in 0..4 {
            unit = unit << 4 | self.next()?.to_digit(16).ok_or_else(broken)?;
        }
        Ok(unit)
    }

    fn peek(&self) -> Option<char> {
        self.text[self.at..].chars().next()
    }

    fn next(&mut self) -> Result<char, Fault> {
        let letter = self.peek().ok_or_else(broken)?;
        self.at += letter.len_utf8();
        Ok(letter)
    }

    fn takes(&mut self, letter: char) -> bool {
        let there = self.peek() == Some(letter);
        if there {
            self.at += letter.len_utf8();
        }
        there
    }

    fn expect(&mut self, letter: char) -> Result<(), Fault> {
        match self.takes(letter) {
            true => Ok(()),
            false => Err(broken()),
        }
    }

    fn spaces(&mut self) {
        while matches!(self.peek(), Some(' ' | '\t' | '\n' | '\r')) {
            self.at += 1;
        }
    }
}

const fn broken() -> Fault {
    fault("the browser's words must be one JSON object")
}
