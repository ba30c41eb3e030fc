//! Sessions: how they end, what a stolen cookie is worth, and who may begin one.

use serde_json::Value;

use crate::door::{Browser, DAY_MS, House, joined};

#[test]
fn a_session_ends_when_it_should() {
    let dir = tempfile::tempdir().unwrap();
    let house = House::start(dir.path());
    let (ann, mut first) = joined(&house, "ann");
    let mut second = Browser::default();
    second.enter(&house, &ann.wallet, Value::Null);
    let me = ("GET", "api/v1/me");
    let list = first.ask(&house, ("GET", "api/v1/me/sessions"), &Value::Null);
    let list = list.json()["sessions"].clone();
    let current: Vec<_> = list
        .as_array()
        .unwrap()
        .iter()
        .map(|own| &own["current"])
        .collect();
    assert_eq!(current, [false, true], "the newest first");
    assert_eq!(list[0]["agent"], "tests/1.0");
    // The first browser ends the second's session.
    let path = format!("api/v1/me/sessions/{}", list[0]["id"]);
    assert_eq!(
        first.ask(&house, ("DELETE", &path), &Value::Null).said(),
        "204"
    );
    assert_eq!(
        second.ask(&house, me, &Value::Null).said(),
        "401 not_logged_in"
    );
    // Nobody ends a session of somebody else.
    let (_, mut bob) = joined(&house, "bob");
    let path = format!("api/v1/me/sessions/{}", list[1]["id"]);
    let reply = bob.ask(&house, ("DELETE", &path), &Value::Null);
    assert_eq!(reply.said(), "404 not_found");
    let stolen = first.clone();
    let reply = first.ask(&house, ("POST", "api/v1/me/logout"), &Value::Null);
    assert_eq!((reply.said().as_str(), &first.session), ("204", &None));
    let reply = stolen.clone().ask(&house, me, &Value::Null);
    assert_eq!(reply.said(), "401 not_logged_in");
    assert_eq!(bob.ask(&house, me, &Value::Null).said(), "200");
    house.pass(7 * DAY_MS);
    let reply = bob.ask(&house, me, &Value::Null);
    assert_eq!(
        reply.said(),
        "401 not_logged_in",
        "it was silent for a week"
    );
    house.stop();
}

#[test]
fn a_stolen_cookie_is_of_no_use_to_other_sites() {
    let dir = tempfile::tempdir().unwrap();
    let house = House::with(dir.path(), |settings| settings.logins.burst = 1_000, None);
    // Stands for the token of the session, which each case has anew.
    let token = ("hw-csrf", "own");
    let own = ("origin", "https://data.example.org");
    let evil = ("origin", "https://evil.org");
    let site = |site: &'static str| ("sec-fetch-site", site);
    // Headers; what reading and what logging out say.
    type Case<'a> = (&'a [(&'a str, &'a str)], [&'a str; 2]);
    let cases: &[Case<'_>] = &[
        (&[site("same-origin"), token], ["200", "204"]),
        (&[site("same-origin")], ["200", "403 csrf"]),
        (
            &[site("same-origin"), ("hw-csrf", "guess")],
            ["200", "403 csrf"],
        ),
        (&[own, token], ["200", "204"]),
        (&[token], ["200", "401 not_logged_in"]),
        (&[evil, token], ["401 not_logged_in"; 2]),
        (&[site("cross-site"), token], ["401 not_logged_in"; 2]),
        (&[site("same-site"), token], ["401 not_logged_in"; 2]),
        (
            &[site("cross-site"), ("sec-fetch-mode", "navigate"), token],
            ["200", "401 not_logged_in"],
        ),
        (
            &[site("same-origin"), evil, token],
            ["401 not_logged_in"; 2],
        ),
    ];
    for (headers, expected) in cases {
        // A log-out that is let through would end it: so each case has a session of its own.
        let (_, mut own) = joined(&house, "ann");
        let csrf = own.csrf.clone();
        let headers: Vec<_> = headers
            .iter()
            .map(|(name, value)| {
                if *value == token.1 {
                    (*name, csrf.as_str())
                } else {
                    (*name, *value)
                }
            })
            .collect();
        let read = own.send(&house, ("GET", "api/v1/me"), &headers, &Value::Null);
        let out = own.send(&house, ("POST", "api/v1/me/logout"), &headers, &Value::Null);
        assert_eq!([read.said(), out.said()], *expected, "{headers:?}");
        for reply in [read, out] {
            let credentials = reply.header("access-control-allow-credentials");
            assert_eq!(credentials, None);
        }
    }
    house.stop();
}

#[test]
fn logging_in_is_not_begun_by_other_sites_and_not_too_often() {
    let dir = tempfile::tempdir().unwrap();
    let house = House::start(dir.path());
    let nonce = ("POST", "api/v1/login/nonce");
    let cross = [("sec-fetch-site", "cross-site")];
    let reply = Browser::default().send(&house, nonce, &cross, &Value::Null);
    assert_eq!(reply.said(), "403 csrf");
    for _ in 0..20 {
        let reply = Browser::default().ask(&house, nonce, &Value::Null);
        assert_eq!(reply.status, 200);
        let cookie = reply.header("set-cookie").unwrap();
        for word in [
            "__Host-",
            "; Secure",
            "; HttpOnly",
            "; SameSite=Strict",
            "; Path=/;",
        ] {
            assert!(cookie.contains(word), "{cookie}");
        }
    }
    let reply = Browser::default().ask(&house, nonce, &Value::Null);
    assert_eq!(reply.said(), "429 too_often");
    assert_eq!(reply.header("retry-after"), Some("6"));
    house.pass(6_000);
    let reply = Browser::default().ask(&house, nonce, &Value::Null);
    assert_eq!(reply.status, 200);
    // Public files are for everybody, however often.
    assert_eq!(house.ask(("GET", "api/v1/head"), &[], &[]).status, 200);
    house.stop();
}
