//! The catalogue: every language has every key and every gap, and every key that is used is there.

use super::*;
use crate::problem::said::{no_campaign, parent};
use node::told::Told;
use protocol::command::{CreditDeposit, OpenAccount};
use protocol::{AccountId, Amount, AssetId, CampaignId, Command, FundId, Scope, TokenId};

mod group;
mod said;
mod used;

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
        "common.byte-count",
        "common.bytes",
        "common.no",
        "common.token",
        "origin.tokens",
        "role.auditor",
    ];
    assert_eq!(same, both);
}

#[test]
fn each_text_has_one_key() {
    // Words that other languages may have to tell apart.
    let alike = ["player.close", "state.contributor", "use.calls"];
    let english = &catalogues()[0];
    let mut seen = BTreeSet::new();
    for key in english.keys() {
        let texts: Vec<&str> = catalogues().iter().map(|own| own[key]).collect();
        let is_new = seen.insert(texts);
        assert!(is_new || alike.contains(key), "{key}: {}", english[key]);
        let numbered = key.rsplit_once('-').filter(|(_, end)| {
            let digits = end.bytes().all(|byte| byte.is_ascii_digit());
            digits && !end.is_empty()
        });
        let is_numbered = numbered.is_some_and(|(own, _)| english.contains_key(own));
        assert!(!is_numbered, "{key} says by a number how it differs");
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
    for (text, english, spanish) in [
        ("1.5k", "1.5k", "1,5k"),
        ("1234.5 ms", "1,234.5 ms", "1234,5 ms"),
        ("12345", "12,345", "12.345"),
        ("0.05", "0.05", "0,05"),
        ("none", "none", "none"),
    ] {
        assert_eq!(words("en").decimal(text), english);
        assert_eq!(words("es").decimal(text), spanish);
    }
    assert_eq!(words("en").percent(900_000), "90 %");
}

#[test]
fn a_word_of_the_log_is_told_and_one_of_tomorrow_as_it_is() {
    let words = Words::named("es").unwrap();
    assert_eq!(
        words.told("asset-kind", "label_set"),
        "conjunto de etiquetas"
    );
    assert_eq!(words.told("asset-kind", "of_tomorrow"), "of tomorrow");
    let told = words.told_with("alarm", "appeals_wait", &[("waiting", "{waiting}")]);
    assert_eq!(told, "{waiting} apelaciones esperan al panel.");
}

#[test]
fn why_something_did_not_work_is_said_in_ones_language() {
    let why = |code: &str, problem: &Problem| Words::named(code).unwrap().why(problem);
    let missing = no_campaign(CampaignId(7));
    assert_eq!(
        why("en", &missing),
        "It is not here: there is no campaign 7."
    );
    assert_eq!(why("zh", &missing), "这里没有：没有活动 7。");
    // What a machine has said is English, and shown to nobody else.
    let ended = Problem::invalid("invalid", "It ends here. {detail}.");
    assert!(why("en", &ended).ends_with(": It ends here. {detail}."));
    assert_eq!(why("es", &ended), "Algo en la petición no puede ser.");
    let first = Problem::not_logged_in();
    assert!(!why("es", &first).contains(&first.detail()));
    let unknown = "of_tomorrow";
    let new = Problem::invalid(unknown, "it is new");
    assert_eq!(why("es", &new), "it is new");
}

#[test]
fn settings_that_cannot_be_are_named_in_ones_language() {
    let draft = node::draft::Draft {
        gold_ppm: 1_000_000,
        ..node::draft::Draft::default()
    };
    let told: Vec<Statement> = draft.faults().iter().flat_map(|it| it.told()).collect();
    let english = Told(told.clone()).to_string();
    assert!(english.starts_with("in `title`: a name"), "{english}");
    assert!(english.ends_with("in `gold_ppm`: less than 1000000 ppm is needed"));
    let problem = Problem::invalid("bad_plan", Told(told));
    let said = Words::named("es").unwrap().why(&problem);
    let expected = "Algunos ajustes no pueden ser: en el título: hace falta un nombre";
    assert!(said.starts_with(expected), "{said}");
    assert!(said.ends_with("en la parte de controles ocultos: hace falta menos de 100 %."));
    for (code, _) in Words::all() {
        let said = Words::named(code).unwrap().why(&problem);
        assert!(!said.contains('`') && !said.contains("_ppm"), "{said}");
    }
}

#[test]
fn a_refusal_of_somebodys_asset_names_it_and_leaves_out_what_the_log_says_in_english() {
    let parent = parent(AssetId(3), Some("moods".to_owned()));
    let raw = Statement::raw("the share is too low", Joint::Colon);
    let told = Told(vec![parent, raw]);
    let status = axum::http::StatusCode::CONFLICT;
    let problem = Problem::new(status, "share_too_low", told);
    assert_eq!(problem.detail(), "parent 3 (`moods`): the share is too low");
    assert_eq!(
        Words::named("es").unwrap().why(&problem),
        "Un activo en que se apoya exige una parte mayor: activo de origen 3 (`moods`)."
    );
    assert!(Words::ENGLISH.why(&problem).ends_with("too low."));
}

#[test]
fn an_entry_is_said_in_ones_language_with_its_numbers() {
    let command = Command::CreditDeposit(CreditDeposit {
        fund: FundId(1_234),
        account: AccountId(7),
        token: TokenId(0),
        amount_units: Amount::new(2_400_000).unwrap(),
        epoch_cap_units: Amount::ZERO,
        closes_ms: 0,
    });
    assert_eq!(
        node::words::command(&command),
        "credits deposit 1234 of 2400000 units to account 7"
    );
    let said = |code| {
        Words::named(code)
            .unwrap()
            .statement(&node::words::told(&command))
    };
    assert_eq!(said("en"), "credits deposit 1234 of 2.40 to account 7");
    assert_eq!(said("es"), "abona el depósito 1234 de 2,40 a la cuenta 7");
    assert_eq!(said("zh"), "将 2.40 的存款 1234 记入账户 7");
    let open = OpenAccount {
        scope: Scope::WORK.and(Scope::SPEND),
        expires_ms: 0,
    };
    let joins = node::words::told(&Command::OpenAccount(open));
    assert_eq!(joins.to_string(), "joins, to work, spend");
    let said = Words::named("es").unwrap().statement(&joins);
    assert_eq!(said, "se une, para trabajar, gastar");
}

#[test]
fn what_somebody_is_told_follows_their_language() {
    let phrase = |word: &str| {
        let mut all = node::reason::PHRASES.iter();
        *all.find(|own| own.word == word).unwrap()
    };
    let checks = [("right", Gap::Count(1_017)), ("seen", Gap::Count(20_000))];
    let name = |text: &str| Gap::Name(text.to_owned());
    let confused = [
        ("given", name("cat")),
        ("truth", name("{given}")),
        ("percent", Gap::Count(30)),
    ];
    let votes = [
        ("block", Gap::Place(1)),
        ("for", Gap::Count(1)),
        ("spoken", Gap::Count(3)),
    ];
    let told = [
        Statement::new(phrase("checks"), checks),
        Statement::new(phrase("confused"), confused),
        Statement::new(phrase("appealed"), votes),
        Statement::plain(phrase("upheld")),
    ];
    let said = |code| Words::named(code).unwrap().sentence(&told);
    assert_eq!(
        said("en"),
        "1,017 of 20,000 hidden checks right; you answer `cat` for `{given}` 30 % of the time; \
         block 2 appealed, 1 of 3 verdicts for it: paid in full."
    );
    assert_eq!(
        said("es"),
        "1017 de 20.000 controles ocultos acertados; respondes `cat` en lugar de `{given}` el 30 % \
         de las veces; bloque 2 apelado, 1 de 3 veredictos a favor: pagado entero."
    );
    assert_eq!(
        said("zh"),
        "20,000 道隐藏检查题答对 1,017 道；您有 30 % 的时候把 `{given}` 答成 `cat`；批次 2 \
         已申诉，3 项裁决中 1 项支持：全额支付。"
    );
    // A phrase of tomorrow is said as the log says it.
    let mut new = Statement::plain(phrase("upheld"));
    new.phrase.word = "of-tomorrow";
    assert_eq!(Words::named("es").unwrap().statement(&new), "paid in full");
}

#[test]
fn gaps_take_markup_and_the_text_around_them_is_escaped() {
    let words = Words::ENGLISH;
    let bold = html! { b { "<1>" } };
    let page = words
        .draw("audit.also-signed-by", &[("name", &bold)])
        .into_string();
    assert_eq!(page, "Also signed by <b>&lt;1&gt;</b>.");
    // What fills a gap is not read for others.
    let own = words.fill(
        "dashboard.right-of-seen",
        &[("right", "{seen}"), ("seen", "9"), ("part", "")],
    );
    assert_eq!(own, "{seen} of 9 ()");
    // What is of others stays text.
    let page = words
        .draw("audit.also-signed-by", &[("name", &"<i>{name}")])
        .0;
    assert_eq!(page, "Also signed by &lt;i&gt;{name}.");
}

/// Whether a gap that a caller has forgotten is a fault here: in a release it is only empty.
fn is_fault(draw: fn() -> String, empty: &str) -> bool {
    match std::panic::catch_unwind(draw) {
        Ok(text) => {
            assert_eq!(text, empty);
            false
        }
        Err(_) => true,
    }
}

#[test]
fn a_gap_that_nothing_fills_is_a_fault_while_pages_are_written() {
    const KEY: &str = "audit.also-signed-by";
    let drawn: [fn() -> String; 2] = [
        || Words::ENGLISH.draw(KEY, &[]).0,
        || Words::ENGLISH.fill(KEY, &[("nam", "")]),
    ];
    for draw in drawn {
        assert_eq!(is_fault(draw, "Also signed by ."), cfg!(debug_assertions));
    }
}
