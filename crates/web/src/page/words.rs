//! The catalogue of strings, one file a language, and numbers and dates as each writes them.
//!
//! A new language is a file beside `words/en.txt` and a row of [`LANGUAGES`].

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use maud::{Markup, PreEscaped, Render, html};
use node::told::{Gap, Joint, Statement, pieces};
use serde_json::json;

use super::part;
use crate::problem::Problem;

/// A language of the catalogue.
#[derive(Debug)]
struct Language {
    /// BCP 47, as `lang` has it.
    code: &'static str,
    /// What it calls itself.
    name: &'static str,
    /// `rtl` where it is written from right to left.
    direction: &'static str,
    text: &'static str,
    /// Between thousands, and before decimals.
    marks: (&'static str, &'static str),
    /// Digits up to which thousands stand together.
    together: usize,
    /// Day, month's place in [`Language::months`], year: `{d}`, `{m}`, `{y}`.
    date: &'static str,
    months: [&'static str; 12],
    /// Between phrases of a sentence: more of the same, something else, what follows from it.
    joints: [&'static str; 3],
    /// At the end of a sentence.
    stop: &'static str,
}

const LANGUAGES: &[Language] = &[
    Language {
        code: "en",
        name: "English",
        direction: "ltr",
        text: include_str!("../../words/en.txt"),
        marks: (",", "."),
        together: 3,
        date: "{d} {m} {y}",
        months: [
            "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
        ],
        joints: [", ", "; ", ": "],
        stop: ".",
    },
    Language {
        code: "zh",
        name: "简体中文",
        direction: "ltr",
        text: include_str!("../../words/zh.txt"),
        marks: (",", "."),
        together: 3,
        date: "{y}年{m}月{d}日",
        months: [
            "1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12",
        ],
        joints: ["，", "；", "："],
        stop: "。",
    },
    Language {
        code: "es",
        name: "Español",
        direction: "ltr",
        text: include_str!("../../words/es.txt"),
        marks: (".", ","),
        together: 4,
        date: "{d} {m} {y}",
        months: [
            "ene", "feb", "mar", "abr", "may", "jun", "jul", "ago", "sept", "oct", "nov", "dic",
        ],
        joints: [", ", "; ", ": "],
        stop: ".",
    },
];

type Catalogue = BTreeMap<&'static str, &'static str>;

/// The catalogues, in the order of [`LANGUAGES`].
fn catalogues() -> &'static Vec<Catalogue> {
    static ALL: OnceLock<Vec<Catalogue>> = OnceLock::new();
    ALL.get_or_init(|| LANGUAGES.iter().map(|own| read(own.text)).collect())
}

/// Lines of `key = text`; what begins with `#` and what is empty is for those who translate.
fn read(text: &'static str) -> Catalogue {
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines
        .filter_map(|line| line.split_once(" = "))
        .map(|(key, text)| (key.trim(), text.trim()))
        .collect()
}

/// What fills a gap. One that a caller has forgotten is empty where people read it, and a fault
/// while pages are written.
fn filling<'a, T>(values: &'a [(&str, T)], gap: &str, text: &str) -> Option<&'a T> {
    let value = values.iter().find(|(own, _)| gap == *own);
    debug_assert!(value.is_some(), "nothing fills `{gap}` of `{text}`");
    value.map(|(_, value)| value)
}

/// A text with its gaps filled. What fills one is not read for gaps.
fn filled(text: &str, values: &[(&str, &str)]) -> String {
    let mut whole = String::new();
    for (before, gap) in pieces(text) {
        whole.push_str(before);
        let value = gap.and_then(|gap| filling(values, gap, text));
        whole.push_str(value.copied().unwrap_or_default());
    }
    whole
}

/// What a script calls a key by: that of a text for scripts alone without its `js.`.
fn name(key: &str) -> &str {
    key.strip_prefix("js.").unwrap_or(key)
}

/// The words of one language.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Words(usize);

impl Words {
    /// English, in which everything is written first.
    pub(crate) const ENGLISH: Self = Self(0);

    /// Codes and names of all languages.
    pub(super) fn all() -> impl Iterator<Item = (&'static str, &'static str)> {
        LANGUAGES.iter().map(|own| (own.code, own.name))
    }

    /// The language of a code.
    pub(crate) fn named(code: &str) -> Option<Self> {
        let place = LANGUAGES.iter().position(|own| own.code == code);
        place.map(Self)
    }

    /// The language that a browser likes best of those there are (RFC 9110, `Accept-Language`).
    pub(super) fn accepted(header: &str) -> Self {
        let mut best = (Self::ENGLISH, 0);
        for part in header.split(',') {
            let mut pieces = part.trim().split(';');
            let tag = pieces.next().unwrap_or_default().to_ascii_lowercase();
            let main = tag.split('-').next().unwrap_or_default();
            let weight = pieces.find_map(|piece| piece.trim().strip_prefix("q="));
            let weight = weight.map_or(Some(1_000), thousandths).unwrap_or(0);
            if let Some(words) = Self::named(main)
                && weight > best.1
            {
                best = (words, weight);
            }
        }
        best.0
    }

    fn own(self) -> &'static Language {
        &LANGUAGES[self.0]
    }

    /// BCP 47.
    pub(super) fn code(self) -> &'static str {
        self.own().code
    }

    /// `ltr` or `rtl`.
    pub(super) fn direction(self) -> &'static str {
        self.own().direction
    }

    /// The text of a key; in English where this language has none, and the key where nothing has.
    pub(crate) fn say(self, key: &'static str) -> &'static str {
        let catalogues = catalogues();
        let found = catalogues[self.0].get(key).or(catalogues[0].get(key));
        found.copied().unwrap_or(key)
    }

    /// The text of a key with `{name}` filled in.
    pub(crate) fn fill(self, key: &'static str, values: &[(&str, &str)]) -> String {
        filled(self.say(key), values)
    }

    /// The same with markup in its gaps; the text itself is escaped.
    pub(crate) fn draw(self, key: &'static str, values: &[(&str, &dyn Render)]) -> Markup {
        let mut page = String::new();
        let text = self.say(key);
        for (before, gap) in pieces(text) {
            page.push_str(&html! { (before) }.into_string());
            if let Some(value) = gap.and_then(|gap| filling(values, gap, text)) {
                value.render_to(&mut page);
            }
        }
        PreEscaped(page)
    }

    /// The text that a group of keys has for a word of the log or the API.
    fn member(self, group: &str, word: &str) -> Option<&'static str> {
        let key = format!("{group}.{}", word.replace([' ', '_'], "-"));
        catalogues()[self.0].get(key.as_str()).copied()
    }

    /// A word of the log or the API, by the group of keys that it belongs to; as it is where the
    /// catalogue has none for it.
    pub(crate) fn told(self, group: &str, word: &str) -> String {
        self.told_with(group, word, &[])
    }

    /// The same with `{name}` filled in.
    pub(crate) fn told_with(self, group: &str, word: &str, values: &[(&str, &str)]) -> String {
        let text = self.member(group, word);
        text.map_or_else(|| word.replace('_', " "), |text| filled(text, values))
    }

    /// What somebody is told of their work; in English where the catalogue has no such phrase.
    pub(super) fn statement(self, statement: &Statement) -> String {
        let Some(text) = self.member("told", statement.phrase.word) else {
            return statement.to_string();
        };
        let gaps = statement.gaps.iter().map(|(name, gap)| {
            let shown = match gap {
                Gap::Count(count) => self.count((*count).into()),
                Gap::Place(place) => self.count(u128::from(*place) + 1),
                Gap::Decimal(text) => self.decimal(text),
                Gap::Name(text) => text.clone(),
                Gap::Units(units) => self.money(*units),
                Gap::Share(ppm) => self.percent((*ppm).into()),
                Gap::Field(field) => self.told("setting", field),
                Gap::Words(group, words) => {
                    let words: Vec<String> = words.iter().map(|it| self.told(group, it)).collect();
                    words.join(self.own().joints[0])
                }
            };
            (*name, shown)
        });
        let gaps: Vec<(&str, String)> = gaps.collect();
        let gaps: Vec<(&str, &str)> = gaps.iter().map(|(name, text)| (*name, &**text)).collect();
        filled(text, &gaps)
    }

    /// A sentence of such statements, with its stop.
    pub(super) fn sentence(self, told: &[Statement]) -> String {
        self.joined(told) + self.own().stop
    }

    /// Those among some statements that somebody can read: what a machine has said is English.
    pub(super) fn readable(self, told: &[Statement]) -> Vec<Statement> {
        let is_read = |own: &&Statement| self == Self::ENGLISH || !own.is_raw();
        told.iter().filter(is_read).cloned().collect()
    }

    /// Statements one after the other.
    pub(super) fn joined(self, told: &[Statement]) -> String {
        let [comma, semicolon, colon] = self.own().joints;
        let mut whole = String::new();
        for (at, statement) in told.iter().enumerate() {
            if at > 0 {
                whole.push_str(match statement.phrase.joint {
                    Joint::Comma => comma,
                    Joint::Semicolon => semicolon,
                    Joint::Colon => colon,
                });
            }
            whole.push_str(&self.statement(statement));
        }
        whole
    }

    /// Why something did not work: what its code means, and what the API says of it where that
    /// says more and can be read.
    pub(crate) fn why(self, problem: &Problem) -> String {
        let Some(text) = self.member("error", problem.code()) else {
            return problem.detail();
        };
        let more = self.joined(&self.readable(problem.told()));
        let [.., colon] = self.own().joints;
        let more = match more.trim_end_matches('.') {
            "" => String::new(),
            more => format!("{colon}{more}"),
        };
        text.replace(&format!("{colon}{{detail}}"), &more)
    }

    /// All that scripts need to say why something did not work, as JSON: texts by their keys, and
    /// what joins them.
    pub(super) fn problems(self) -> String {
        let said = |key: &str| {
            let group = key.split('.').next().unwrap_or_default();
            ["error", "told", "state", "role", "setting"].contains(&group)
        };
        let texts = catalogues()[self.0].iter().filter(|(key, _)| said(key));
        let texts: BTreeMap<&str, &str> = texts.map(|(key, text)| (*key, *text)).collect();
        json!({"joints": self.own().joints, "texts": texts}).to_string()
    }

    /// A state of a campaign, a block or somebody, as a chip shows it.
    pub(super) fn state(self, word: &str) -> String {
        self.told("state", word)
    }

    /// Keys of texts that a script names between quotation marks.
    pub(super) fn named_by(script: &str) -> BTreeSet<&'static str> {
        let quoted: BTreeSet<&str> = script.split('"').collect();
        let keys = catalogues()[0].keys().copied();
        keys.filter(|key| quoted.contains(name(key))).collect()
    }

    /// Texts for a script as JSON, by what it calls them.
    pub(super) fn script(self, keys: &BTreeSet<&'static str>) -> String {
        let texts = keys.iter().map(|key| (name(key), self.say(key)));
        let texts: BTreeMap<&str, &str> = texts.collect();
        serde_json::to_string(&texts).unwrap_or_default()
    }

    /// A whole number.
    pub(crate) fn count(self, number: u128) -> String {
        let text = part::count(number);
        let digits = text.bytes().filter(u8::is_ascii_digit).count();
        let own = self.own();
        let apart = digits > 3 && digits > own.together;
        text.replace(',', if apart { own.marks.0 } else { "" })
    }

    /// A number that is written with a point, as this language has it: its thousands apart, and
    /// its own mark before decimals.
    pub(crate) fn decimal(self, text: &str) -> String {
        let end = text.find(|letter: char| !letter.is_ascii_digit());
        let (whole, rest) = text.split_at(end.unwrap_or(text.len()));
        let whole = match whole.parse() {
            Ok(number) => self.count(number),
            Err(_) => whole.to_owned(),
        };
        format!("{whole}{}", rest.replace('.', self.own().marks.1))
    }

    /// Base units: two decimals at least, six at most.
    pub(crate) fn money(self, units: u128) -> String {
        let text = part::money(units);
        let (_, decimals) = text.split_once('.').unwrap_or((&text, "00"));
        let whole = self.count(units / part::WHOLE);
        format!("{whole}{}{decimals}", self.own().marks.1)
    }

    /// Parts per million as a percentage with one decimal, none where it is zero.
    pub(crate) fn percent(self, ppm: u64) -> String {
        let whole = self.count((ppm / 10_000).into());
        match ppm % 10_000 / 1_000 {
            0 => format!("{whole} %"),
            tenth => format!("{whole}{}{tenth} %", self.own().marks.1),
        }
    }

    /// A time in milliseconds since 1970: UTC, to the minute.
    pub(crate) fn time(self, at_ms: u64) -> String {
        let whole = node::export::iso(at_ms);
        let piece = |from: usize, to: usize| whole.get(from..to).unwrap_or_default();
        let month: usize = piece(5, 7).parse().unwrap_or(1);
        let own = self.own();
        let name = own
            .months
            .get(month.wrapping_sub(1))
            .copied()
            .unwrap_or_default();
        let day = piece(8, 10).trim_start_matches('0');
        let date = own.date.replace("{y}", piece(0, 4));
        let date = date.replace("{m}", name).replace("{d}", day);
        format!("{date}, {} UTC", piece(11, 16))
    }
}

/// A weight of a header, `0` to `1` with up to three decimals, in thousandths (RFC 9110, 12.4.2).
fn thousandths(text: &str) -> Option<u32> {
    let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
    let whole: u32 = whole.parse().ok().filter(|whole| *whole <= 1)?;
    let padded = format!("{decimals:0<3}");
    let decimals: u32 = padded.get(..3)?.parse().ok()?;
    Some((whole * 1_000 + decimals).min(1_000))
}

#[cfg(test)]
mod tests;
