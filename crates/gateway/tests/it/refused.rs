//! Bad input, and whoever cannot pay: a defined answer each, and no money moves.

use crate::house::{ABSENT, House, KEY, NOW_MS, chat, header, key};
use gateway::{Asked, Key, Reply};
use protocol::AssetId;
use std::sync::atomic::Ordering;

fn asked(bearer: Option<&str>, purpose: Option<&str>) -> Asked {
    Asked {
        posts: true,
        path: "chat/completions".to_owned(),
        bearer: bearer.map(str::to_owned),
        purpose: purpose.map(str::to_owned),
        body: chat("plain", false).into(),
        ..Asked::default()
    }
}

/// A house with a key for each way not to be let in.
fn keyed() -> House {
    let house = House::new();
    let budget = Key {
        id: 2,
        budget_units: Some(9),
        ..key()
    };
    house.give("hw_m_small", budget);
    house.give(
        "hw_m_other",
        Key {
            id: 3,
            models: vec![AssetId(1)],
            ..key()
        },
    );
    house.give(
        "hw_m_slow",
        Key {
            id: 4,
            per_minute: Some(1),
            ..key()
        },
    );
    house.give(
        "hw_m_ended",
        Key {
            id: 5,
            expires_ms: NOW_MS,
            ..key()
        },
    );
    house.give(
        "hw_m_bound",
        Key {
            id: 6,
            purpose: Some("research".to_owned()),
            ..key()
        },
    );
    house.give(
        "hw_m_none",
        Key {
            id: 7,
            allowances: Vec::new(),
            ..key()
        },
    );
    house
}

fn said(house: &House, asked: Asked) -> String {
    let (status, code) = house.refused(house.ask(asked));
    format!("{status} {code}")
}

#[test]
fn a_key_that_may_not_has_a_status_and_a_code_and_costs_nothing() {
    let house = keyed();
    for (bearer, purpose, expected) in [
        (None, None, "401 invalid_api_key"),
        (Some("hw_m_unknown"), None, "401 invalid_api_key"),
        (Some("sk-other"), None, "401 invalid_api_key"),
        (Some("hw_m_ended"), None, "401 invalid_api_key"),
        (Some("hw_m_small"), None, "429 budget_exceeded"),
        (Some("hw_m_other"), None, "403 model_not_allowed"),
        (Some("hw_m_none"), None, "402 payment_required"),
        (Some(KEY), Some("war"), "403 licence_denied"),
        (Some("hw_m_bound"), Some("war"), "403 licence_denied"),
    ] {
        assert_eq!(
            said(&house, asked(bearer, purpose)),
            expected,
            "{bearer:?} {purpose:?}"
        );
    }
    assert_eq!(house.upstream.asked.load(Ordering::SeqCst), 0);
    assert!(house.till.due().is_empty());
    assert_eq!(house.ask(asked(Some("hw_m_slow"), None)).status, 200);
    let slow = said(&house, asked(Some("hw_m_slow"), None));
    assert_eq!(slow, "429 rate_limited");
}

#[test]
fn a_question_that_is_none_has_a_status_and_a_code_and_costs_nothing() {
    let house = House::new();
    for (path, body, expected) in [
        ("chat/completions", "{\"model\":", "400 invalid_json"),
        (
            "chat/completions",
            "{\"model\":\"plain\"}",
            "400 missing_field",
        ),
        (
            "chat/completions",
            &chat("nobody", false),
            "404 model_not_found",
        ),
        ("nothing", "{}", "404 not_found"),
    ] {
        let (status, code) = house.refused(house.post(path, body));
        assert_eq!(format!("{status} {code}"), expected);
    }
    assert_eq!(house.upstream.asked.load(Ordering::SeqCst), 0);
    assert!(house.till.due().is_empty());
}

#[test]
fn a_model_that_nobody_has_brought_says_what_keeps_it_away() {
    let house = House::new();
    let said = |model: &str| {
        let mut reply = house.chat(model, false);
        let body: serde_json::Value = serde_json::from_str(&house.read(&mut reply)).unwrap();
        assert_eq!(
            (reply.status, &body["error"]["code"]),
            (404, &"model_not_found".into())
        );
        body["error"]["message"].as_str().unwrap().to_owned()
    };
    assert_eq!(
        said(&format!("asset-{ABSENT}")),
        "the model `asset-25` is in service and cannot be called: its owner has not uploaded it"
    );
    assert!(said("asset-99").starts_with("no model `asset-99` is in service"));
    assert!(house.till.due().is_empty());
}

#[test]
fn an_allowance_that_is_small_or_ends_pays_nothing() {
    let small = House::with(300, u64::MAX);
    assert_eq!(
        small.refused(small.chat("plain", false)),
        (402, "insufficient_credit".to_owned())
    );
    let late = House::with(1_000_000, NOW_MS + 1);
    assert_eq!(
        late.refused(late.chat("plain", false)),
        (402, "allowance_expired".to_owned())
    );
}

#[test]
fn an_upstream_that_fails_is_told_of_and_costs_nothing() {
    let house = House::new();
    assert_eq!(
        house.refused(house.chat("broken", false)),
        (502, "upstream_error".to_owned())
    );
    assert_eq!(
        house.refused(house.chat("busy", false)),
        (429, "rate_limited".to_owned())
    );
    assert_eq!(
        house.refused(house.chat("mute", false)),
        (504, "upstream_timeout".to_owned())
    );
    let mut strict = house.chat("strict", false);
    assert_eq!(
        (strict.status, house.read(&mut strict).as_str()),
        (400, r#"{"error":{"message":"no"}}"#)
    );
    assert!(house.till.due().is_empty());
    // All of it is free again.
    assert_eq!(house.chat("plain", false).status, 200);
}

#[test]
fn an_error_says_whether_the_same_request_may_be_answered_later() {
    let house = keyed();
    house.ask(asked(Some("hw_m_slow"), None));
    let said = |reply: Reply| {
        let retry = header(&reply, "x-should-retry").to_owned();
        format!("{} {retry}", house.refused(reply).1)
    };
    for (bearer, expected) in [
        ("hw_m_slow", "rate_limited true"),
        ("hw_m_small", "budget_exceeded false"),
        ("hw_m_none", "payment_required false"),
        ("hw_m_other", "model_not_allowed false"),
        ("hw_m_unknown", "invalid_api_key false"),
    ] {
        assert_eq!(said(house.ask(asked(Some(bearer), None))), expected);
    }
    for (model, expected) in [
        ("broken", "upstream_error true"),
        ("mute", "upstream_timeout true"),
        ("busy", "rate_limited true"),
        ("nobody", "model_not_found false"),
    ] {
        assert_eq!(said(house.chat(model, false)), expected);
    }
    assert_eq!(said(house.post("nothing", "{}")), "not_found false");
    // What an upstream says in its own words is its own to judge.
    let strict = house.chat("strict", false);
    assert!(
        strict
            .headers
            .iter()
            .all(|(name, _)| *name != "x-should-retry")
    );
    let good = house.chat("plain", false);
    assert!(
        good.headers
            .iter()
            .all(|(name, _)| *name != "x-should-retry")
    );
}

#[test]
fn a_path_that_leads_nowhere_is_not_repeated_at_length() {
    let house = House::new();
    let path = "x".repeat(1 << 16);
    let mut reply = house.ask(Asked {
        path,
        ..Asked::default()
    });
    let said = house.read(&mut reply);
    assert_eq!(reply.status, 404);
    assert!(said.len() < 400 && said.contains("xxx…"), "{said}");
}

#[test]
fn an_upstream_that_keeps_failing_is_left_alone() {
    let house = House::new();
    for _ in 0..3 {
        house.chat("broken", false);
    }
    let asked = house.upstream.asked.load(Ordering::SeqCst);
    assert_eq!(asked, 5, "the sixth try is not made");
    assert_eq!(
        house.refused(house.chat("plain", false)),
        (502, "upstream_error".to_owned())
    );
    assert_eq!(house.upstream.asked.load(Ordering::SeqCst), asked);
    assert_eq!(house.gateway.resting(), ["u"]);
}
