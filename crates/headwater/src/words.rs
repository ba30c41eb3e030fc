//! Numbers as people read them: money, shares, counts, times, colours on a terminal.

use protocol::Amount;
use std::io::IsTerminal as _;

/// Base units of the 6-decimal test token as tokens, with as many decimals as say something.
pub fn money(amount: Amount) -> String {
    let units = amount.units();
    let (whole, rest) = (units / 1_000_000, units % 1_000_000);
    let decimals = format!("{rest:06}");
    let decimals = decimals.trim_end_matches('0');
    format!("{}.{decimals:0<2}", count(whole))
}

/// An integer with a comma every three digits.
pub fn count(number: u128) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Parts of a whole in per cent with one decimal; a dash of nothing.
pub fn percent(part: u64, whole: u64) -> String {
    match (u128::from(part) * 1_000 + u128::from(whole) / 2).checked_div(u128::from(whole)) {
        Some(thousandths) => format!("{}.{} %", thousandths / 10, thousandths % 10),
        None => "-".to_owned(),
    }
}

/// `1 block`, `2 blocks`.
pub fn plural(number: u64, one: &str) -> String {
    let s = if number == 1 { "" } else { "s" };
    format!("{} {one}{s}", count(u128::from(number)))
}

/// A bar of at most 24 cells.
pub fn bar(part: u64, whole: u64) -> String {
    let cells = (part * 24).checked_div(whole).unwrap_or(0).min(24);
    (0..24)
        .map(|cell| if cell < cells { '█' } else { '░' })
        .collect()
}

/// An error and its causes on one line, the hints of all of them below.
pub fn complaint(error: &anyhow::Error) -> String {
    let (mut causes, mut hints) = (Vec::new(), String::new());
    for cause in error.chain().map(ToString::to_string) {
        let (what, hint) = cause.split_once("\nhint: ").unwrap_or((&cause, ""));
        causes.push(what.to_owned());
        if !hint.is_empty() {
            hints.push_str("\nhint: ");
            hints.push_str(hint);
        }
    }
    causes.join(": ") + &hints
}

/// Colours where standard output is a terminal and `NO_COLOR` is not set.
#[derive(Clone, Copy, Debug)]
pub struct Paint {
    on: bool,
}

impl Paint {
    /// Looks at the terminal once.
    pub fn new() -> Self {
        let refused = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        Self {
            on: std::io::stdout().is_terminal() && !refused,
        }
    }

    /// A heading.
    pub fn bold(self, text: &str) -> String {
        self.wrap("1", text)
    }

    /// Good news.
    pub fn green(self, text: &str) -> String {
        self.wrap("32", text)
    }

    /// Something to look at.
    pub fn yellow(self, text: &str) -> String {
        self.wrap("33", text)
    }

    /// Of lesser weight.
    pub fn dim(self, text: &str) -> String {
        self.wrap("2", text)
    }

    fn wrap(self, code: &str, text: &str) -> String {
        if self.on {
            format!("\x1b[{code}m{text}\x1b[0m")
        } else {
            text.to_owned()
        }
    }
}

impl Default for Paint {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::{bar, complaint, count, money, percent, plural};
    use protocol::Amount;

    #[test]
    fn a_hint_stands_below_all_causes() {
        let cause = anyhow::anyhow!("no such file\nhint: look again");
        let error = cause.context("cannot begin\nhint: name a folder");
        let words = "cannot begin: no such file\nhint: name a folder\nhint: look again";
        assert_eq!(complaint(&error), words);
    }

    #[test]
    fn numbers_read_well() {
        let money = |units| money(Amount::new(units).expect("small"));
        assert_eq!(money(0), "0.00");
        assert_eq!(money(1), "0.000001");
        assert_eq!(money(1_234_500_000), "1,234.50");
        assert_eq!(count(1_000), "1,000");
        assert_eq!(count(999), "999");
        assert_eq!(percent(1, 3), "33.3 %");
        assert_eq!(percent(2, 3), "66.7 %");
        assert_eq!(percent(0, 0), "-");
        assert_eq!(plural(1, "block"), "1 block");
        assert_eq!(plural(1_200, "block"), "1,200 blocks");
        assert_eq!(bar(1, 2).matches('█').count(), 12);
        assert_eq!(bar(0, 0).matches('█').count(), 0);
    }
}
