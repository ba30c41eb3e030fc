//! A value of a unit's field, and its one form in JSON.

use serde_json::{Number, Value as Json};

/// What a field holds.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// UTF-8; lists and objects of other formats are here as their JSON.
    Text(String),
    /// An integer of 64 bits or a finite double.
    Number(Number),
    /// True or false.
    Bool(bool),
    /// Known to be missing.
    Null,
}

impl From<Json> for Value {
    fn from(json: Json) -> Self {
        match json {
            Json::Null => Value::Null,
            Json::Bool(value) => Value::Bool(value),
            Json::Number(number) => Value::Number(number),
            Json::String(text) => Value::Text(text),
            nested => Value::Text(nested.to_string()),
        }
    }
}

impl From<&Value> for Json {
    fn from(value: &Value) -> Self {
        match value {
            Value::Null => Json::Null,
            Value::Bool(value) => Json::Bool(*value),
            Value::Number(number) => Json::Number(number.clone()),
            Value::Text(text) => Json::String(text.clone()),
        }
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Value::Text(text.to_owned())
    }
}

impl Value {
    /// The text of a value: of a text itself, of nothing the empty text, else its JSON.
    pub fn shown(&self) -> String {
        match self {
            Value::Null => String::new(),
            Value::Bool(value) => value.to_string(),
            Value::Number(number) => canonical_number(number),
            Value::Text(text) => text.clone(),
        }
    }

    pub(crate) fn write_canonical(&self, out: &mut String) {
        match self {
            Value::Null => out.push_str("null"),
            Value::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
            Value::Number(number) => out.push_str(&canonical_number(number)),
            Value::Text(text) => write_string(text, out),
        }
    }
}

/// A string as RFC 8785 section 3.2.2.2 writes it, which is how `serde_json` writes it.
pub(crate) fn write_string(text: &str, out: &mut String) {
    let plain = |byte: u8| byte >= b' ' && byte != b'"' && byte != b'\\';
    if text.bytes().all(plain) {
        out.push('"');
        out.push_str(text);
        out.push('"');
    } else {
        out.push_str(&Json::from(text).to_string());
    }
}

/// A number as RFC 8785 section 3.2.2.3 writes it: as ECMAScript does. Integers beyond 2^53, which
/// the RFC would round, keep their digits: they are ids more often than measures.
fn canonical_number(number: &Number) -> String {
    match number.as_f64() {
        Some(real) if number.is_f64() => ecmascript(real),
        _ => number.to_string(),
    }
}

/// `Number::toString` of ECMA-262 for a finite double, from its shortest digits d1..dk with the
/// value 0.d1..dk times 10^n.
fn ecmascript(real: f64) -> String {
    if real == 0.0 {
        return "0".to_owned();
    }
    let shortest = format!("{:e}", real.abs());
    let (mantissa, exponent) = shortest.split_once('e').unwrap_or((&shortest, "0"));
    let digits: String = mantissa.chars().filter(|it| *it != '.').collect();
    let n = exponent.parse::<i32>().unwrap_or_default() + 1;
    let count = digits.len() as i32;
    let sign = if real < 0.0 { "-" } else { "" };
    let zeros = |zeros: i32| "0".repeat(zeros as usize);
    if count <= n && n <= 21 {
        format!("{sign}{digits}{}", zeros(n - count))
    } else if 0 < n && n <= 21 {
        let (whole, part) = digits.split_at(n as usize);
        format!("{sign}{whole}.{part}")
    } else if -6 < n && n <= 0 {
        format!("{sign}0.{}{digits}", zeros(-n))
    } else {
        let (first, rest) = digits.split_at(1);
        let point = if rest.is_empty() { "" } else { "." };
        let (direction, exponent) = if n > 0 { ('+', n - 1) } else { ('-', 1 - n) };
        format!("{sign}{first}{point}{rest}e{direction}{exponent}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_ecmascript_writes_them() {
        // Appendix B of RFC 8785, by the bits of the double.
        let cases: &[(u64, &str)] = &[
            (0x0000_0000_0000_0000, "0"),
            (0x8000_0000_0000_0000, "0"),
            (0x0000_0000_0000_0001, "5e-324"),
            (0x7fef_ffff_ffff_ffff, "1.7976931348623157e+308"),
            (0x4340_0000_0000_0000, "9007199254740992"),
            (0x4430_0000_0000_0000, "295147905179352830000"),
            (0x44b5_2d02_c7e1_4af5, "9.999999999999997e+22"),
            (0x44b5_2d02_c7e1_4af6, "1e+23"),
            (0x444b_1ae4_d6e2_ef50, "1e+21"),
            (0x3eb0_c6f7_a0b5_ed8d, "0.000001"),
            (0x3eb0_c6f7_a0b5_ed8c, "9.999999999999997e-7"),
            (0x41b3_de43_5555_5555, "333333333.3333333"),
            (0xbecb_f647_612f_3696, "-0.0000033333333333333333"),
        ];
        for (bits, expected) in cases {
            assert_eq!(ecmascript(f64::from_bits(*bits)), *expected);
        }
    }
}
