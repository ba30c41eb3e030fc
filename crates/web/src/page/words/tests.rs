//! The catalogue: every language has every key and every gap, and every key that is used is there.

use super::*;

fn gaps(text: &str) -> BTreeSet<&str> {
    let pieces = text.split('{').skip(1);
    pieces
        .filter_map(|piece| Some(piece.split_once('}')?.0))
        .collect()
}

#[test]
fn every_language_has_every_key_and_the_same_gaps() {
    let english = &catalogues()[0];
    assert!(english.len() > 100, "{}", english.len());
    for (own, language) in catalogues().iter().zip(LANGUAGES) {
        let keys = |all: &Catalogue| all.keys().copied().collect::<BTreeSet<_>>();
        let missing: Vec<_> = keys(english).difference(&keys(own)).copied().collect();
        assert!(missing.is_empty(), "`{}` lacks {missing:?}", language.code);
        let more: Vec<_> = keys(own).difference(&keys(english)).copied().collect();
        assert!(more.is_empty(), "`{}` alone has {more:?}", language.code);
        for (key, text) in own {
            assert!(
                !text.is_empty(),
                "`{}` says nothing for {key}",
                language.code
            );
            assert_eq!(gaps(text), gaps(english[key]), "`{}` {key}", language.code);
        }
        let lines = language.text.lines();
        let lines = lines.filter(|line| !line.is_empty() && !line.starts_with('#'));
        assert_eq!(
            lines.count(),
            own.len(),
            "`{}` has a key twice",
            language.code
        );
    }
}

#[test]
fn no_text_was_left_in_english() {
    let chinese = &catalogues()[1];
    for (key, text) in chinese {
        let is_own = text
            .chars()
            .any(|letter| ('\u{4e00}'..='\u{9fff}').contains(&letter));
        assert!(is_own, "{key}: {text}");
    }
    let (english, spanish) = (&catalogues()[0], &catalogues()[2]);
    let same = spanish.iter().filter(|(key, text)| english[*key] == **text);
    let same: Vec<&str> = same.map(|(key, _)| *key).collect();
    // Words that both languages have.
    let both = [
        "common.bytes",
        "common.bytes-2",
        "common.no",
        "earnings.token",
        "origin.tokens",
        "places.token",
    ];
    assert_eq!(same, both);
}

/// Groups of keys that are looked up by what the log or the API says.
const TOLD: [&str; 9] = [
    "state",
    "alarm",
    "collector",
    "action",
    "asset-kind",
    "purpose",
    "use",
    "flow",
    "command",
];

#[test]
fn every_key_that_is_used_is_there_and_every_one_there_is_used() {
    let mut used = String::new();
    for folder in [
        "src/page",
        "src/page/audit",
        "src/page/item",
        "src/page/operator",
        "src/page/words",
        "src/chart",
        "src",
        "static",
    ] {
        let folder = format!("{}/{folder}", env!("CARGO_MANIFEST_DIR"));
        for entry in std::fs::read_dir(folder).unwrap() {
            used.push_str(&std::fs::read_to_string(entry.unwrap().path()).unwrap_or_default());
        }
    }
    for call in [
        "say(\"",
        "fill(\"",
        "fill(\n            \"",
        "draw(\"",
        "draw(\n                    \"",
        "word(\"",
        "word(\n      \"",
    ] {
        for part in used.split(call).skip(1) {
            let key = part.split('"').next().unwrap();
            let full = if call.starts_with("word") {
                format!("js.{key}")
            } else {
                key.to_owned()
            };
            // Calls of other things by the same name have no key in them.
            if !key.contains('.') && !call.starts_with("word") {
                continue;
            }
            assert!(
                catalogues()[0].contains_key(full.as_str()),
                "no text for `{full}`"
            );
        }
    }
    for key in catalogues()[0].keys() {
        let short = key.strip_prefix("js.").unwrap_or(key);
        let group = key.split('.').next().unwrap();
        // Words of the log and of the API, which are looked up as they come.
        let is_told = TOLD.contains(&group);
        let is_used = is_told || used.contains(&format!("\"{short}\""));
        assert!(is_used, "nothing says `{key}`");
    }
}

#[test]
fn browsers_ask_for_languages() {
    for (header, code) in [
        ("", "en"),
        ("fr, de;q=0.9", "en"),
        ("es-MX,es;q=0.9,en;q=0.8", "es"),
        ("fr;q=1, zh-Hans-CN;q=0.5, en;q=0.4", "zh"),
        ("en;q=0.2, es;q=0", "en"),
        ("*, ;;q=q=", "en"),
    ] {
        assert_eq!(Words::accepted(header).code(), code, "{header}");
    }
}

#[test]
fn numbers_and_dates_are_written_as_the_language_does() {
    let words = |code| Words::named(code).unwrap();
    let units = 1_234_567_890_000;
    let cases = [
        (
            "en",
            "1,234",
            "1,234,567.89",
            "85.6 %",
            "1 Mar 2026, 07:05 UTC",
        ),
        (
            "zh",
            "1,234",
            "1,234,567.89",
            "85.6 %",
            "2026年3月1日, 07:05 UTC",
        ),
        (
            "es",
            "1234",
            "1.234.567,89",
            "85,6 %",
            "1 mar 2026, 07:05 UTC",
        ),
    ];
    for (code, count, money, percent, time) in cases {
        let words = words(code);
        assert_eq!(words.count(1_234), count);
        assert_eq!(words.money(units), money);
        assert_eq!(words.percent(856_789), percent);
        assert_eq!(words.time(1_772_348_700_000), time);
    }
    assert_eq!(words("es").count(12_345), "12.345");
    assert_eq!(words("es").decimal("1.5k"), "1,5k");
    assert_eq!(words("en").percent(900_000), "90 %");
}

#[test]
fn what_the_log_names_has_a_word_in_every_language() {
    use protocol::market::{AssetKind, PURPOSES};
    let kinds = AssetKind::ALL.map(AssetKind::word);
    let named = kinds.iter().map(|kind| format!("asset-kind.{kind}"));
    let named = named.chain(PURPOSES.iter().map(|own| format!("purpose.{own}")));
    let named = named.chain(["calls", "grant", "download"].map(|own| format!("use.{own}")));
    let flows = [
        "calls", "grants", "waivers", "floor", "flow", "pool", "owner", "operator",
    ];
    let named = named.chain(flows.map(|own| format!("flow.{own}")));
    for key in named.map(|key| key.replace('_', "-")) {
        for own in catalogues() {
            assert!(own.contains_key(key.as_str()), "no text for `{key}`");
        }
    }
    let words = Words::named("es").unwrap();
    assert_eq!(
        words.told("asset-kind", "label_set"),
        "conjunto de etiquetas"
    );
    assert_eq!(words.told("asset-kind", "of_tomorrow"), "of tomorrow");
}

#[test]
fn gaps_take_markup_and_the_text_around_them_is_escaped() {
    let words = Words::ENGLISH;
    let bold = html! { b { "<1>" } };
    let page = words
        .draw("audit.also-signed-by", &[("name", &bold)])
        .into_string();
    assert_eq!(page, "Also signed by <b>&lt;1&gt;</b>.");
    // A gap that nothing fills is empty, and what is of others stays text.
    assert_eq!(
        words.draw("audit.also-signed-by", &[]).0,
        "Also signed by ."
    );
    let page = words
        .draw("audit.also-signed-by", &[("name", &"<i>{name}")])
        .0;
    assert_eq!(page, "Also signed by &lt;i&gt;{name}.");
}
