//! The authorization matrix: every route of the table asked by everybody there is.

use std::path::Path;
use std::time::Duration;

use protocol::operation::SetRoles;
use protocol::{AccountId, Command, Role, Roles};
use serde_json::{Value, json};
use web::access::{Access, TABLE};
use web::login::Settings;

use crate::door::{Browser, House, joined};

/// `(method, path)` of every `.route(...)` in a source file.
fn routes_in(text: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for piece in text.split(".route(").skip(1) {
        let piece = piece.trim_start();
        let Some(rest) = piece.strip_prefix('"') else {
            panic!("a route's path is a string where it is declared: {piece:.40}");
        };
        let (path, rest) = rest.split_once('"').unwrap();
        let mut depth = 1;
        let end = rest.find(|letter| {
            depth += match letter {
                '(' => 1,
                ')' => -1,
                _ => 0,
            };
            depth == 0
        });
        let methods = &rest[..end.unwrap()];
        for method in ["get", "post", "put", "patch", "delete"] {
            let called = methods.contains(&format!(" {method}("))
                || methods.contains(&format!(".{method}("))
                || methods.contains(&format!("\n{method}("));
            if called {
                found.push((method.to_uppercase(), path.to_owned()));
            }
        }
        assert!(!methods.contains("any("), "`{path}` takes any method");
    }
    found
}

fn sources(dir: &Path, found: &mut Vec<(String, String)>) {
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.file_name().is_some_and(|name| name != "witness.rs") {
            // A witness is a server of its own, without people.
            found.extend(routes_in(&std::fs::read_to_string(&path).unwrap()));
        }
    }
}

#[test]
fn every_route_stands_in_the_table_and_the_table_has_no_other() {
    let mut declared = Vec::new();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    sources(&root.join("src"), &mut declared);
    declared.sort();
    let row = |route: &web::access::Route| (route.method.to_owned(), route.path.to_owned());
    let mut listed: Vec<_> = TABLE.iter().map(row).collect();
    listed.sort();
    assert_eq!(declared, listed);
    let text = ".route(\n \"/a/{b}\",\n get(x::y).post(z))\n.route(\"/c\", delete(d))";
    let pair = |method: &str, path: &str| (method.to_owned(), path.to_owned());
    assert_eq!(
        routes_in(text),
        [
            pair("GET", "/a/{b}"),
            pair("POST", "/a/{b}"),
            pair("DELETE", "/c")
        ]
    );
}

/// A path of the table with something in its gaps.
fn filled(path: &str) -> String {
    let path = path.replace("{*rest}", "checkpoint").replace("{who}", "0");
    let path = path.replace("{index}", "0").replace("{id}", "0");
    let path = path.replace("{task}", "0").replace("{name}", "style.css");
    assert!(!path.contains('{'), "{path}");
    path.trim_start_matches('/').to_owned()
}

/// Routes whose answers end: a stream tells everybody the same, and never stops.
fn ending() -> impl Iterator<Item = &'static web::access::Route> {
    TABLE.iter().filter(|route| route.path != "/api/v1/events")
}

/// What the guard says; `None` if it lets the request through, whatever the handler says then.
fn refused(reply: &crate::raw::Reply) -> Option<String> {
    // The guard speaks JSON; a page that says no is the page's own.
    let kind = reply.header("content-type").unwrap_or_default();
    if kind.starts_with("text/html") || reply.status == 303 {
        return None;
    }
    // Models say no in the words of other people's API.
    if reply.status >= 300 && reply.json()["error"].is_object() {
        return None;
    }
    let said = reply.said();
    let code = said.get(4..).unwrap_or_default();
    let own = [
        "not_logged_in",
        "role_missing",
        "key_lacks_right",
        "unlisted_route",
        "bad_api_key",
        "csrf",
    ];
    own.contains(&code).then_some(said)
}

/// What the table says of somebody with these roles.
fn expected(access: Access, roles: Option<Roles>) -> Option<&'static str> {
    match (access, roles) {
        (Access::Anyone | Access::Caller, _) => None,
        (_, None) => Some("401 not_logged_in"),
        (Access::Roles(needed), Some(roles)) if !roles.meets(Roles::of(needed)) => {
            Some("403 role_missing")
        }
        _ => None,
    }
}

/// Somebody with these roles and no other.
fn appoint(house: &House, account: u32, roles: Roles) {
    let set = SetRoles {
        account: Some(AccountId(account)),
        roles,
    };
    let operated = house.served.host.operate(Command::SetRoles(set)).unwrap();
    let operated = operated.wait(Duration::MAX).unwrap().unwrap();
    let index = operated.expect("the operator may");
    assert!(house.served.host.wait_for(index, Duration::from_secs(30)));
}

#[test]
fn every_route_by_every_role() {
    let dir = tempfile::tempdir().unwrap();
    let adjust = |settings: &mut Settings| {
        settings.logins.burst = 10_000;
        settings.requests.burst = 10_000;
    };
    let house = House::with(dir.path(), adjust, None);
    let (ann, _) = joined(&house, "ann");
    for role in Role::ALL {
        let roles = Roles::of(&[role]);
        appoint(&house, 1, roles);
        // A key of hers that may work and no more makes no requester, whatever the operator says.
        let roles = roles.without(Role::Requester);
        for route in ending() {
            let path = filled(route.path);
            // Each asks with a session of its own: one of the routes ends it.
            let mut browser = Browser::default();
            let entered = browser.enter(&house, &ann.wallet, Value::Null).json();
            let words: Vec<_> = roles.iter().map(Role::word).collect();
            assert_eq!(entered["roles"], json!(words));
            let reply = browser.ask(&house, (route.method, &path), &Value::Null);
            let expected = expected(route.access, Some(roles));
            assert_eq!(refused(&reply).as_deref(), expected, "{role:?} {path}");
        }
    }
    house.stop();
}

#[test]
fn every_route_by_nobody_and_by_a_session_that_is_over() {
    let dir = tempfile::tempdir().unwrap();
    let house = House::start(dir.path());
    let (_, mut over) = joined(&house, "ann");
    let stolen = over.clone();
    over.ask(&house, ("POST", "api/v1/me/logout"), &Value::Null);
    for route in ending() {
        let path = filled(route.path);
        for asks in [Browser::default(), stolen.clone()] {
            let reply = asks
                .clone()
                .ask(&house, (route.method, &path), &Value::Null);
            let expected = expected(route.access, None);
            assert_eq!(refused(&reply).as_deref(), expected, "{path}");
        }
    }
    house.stop();
}

#[test]
fn every_route_by_a_key_that_reads() {
    let dir = tempfile::tempdir().unwrap();
    let house = House::start(dir.path());
    let (_, mut ann) = joined(&house, "ann");
    let (key, _) = crate::keys::issue(&house, &mut ann, json!({"name": "reads"}));
    let value = format!("Bearer {key}");
    for route in ending() {
        let path = filled(route.path);
        let reply = house.ask((route.method, &path), &[("authorization", &value)], &[]);
        let changes = route.method != "GET";
        let lacks = Some("403 key_lacks_right");
        let expected = match route.access {
            Access::Anyone | Access::Caller => None,
            Access::Session => lacks,
            Access::Person | Access::Roles(_) if changes => lacks,
            // Her key may work and no more, so she is no requester.
            Access::Roles(needed) if !needed.contains(&Role::Contributor) => {
                Some("403 role_missing")
            }
            Access::Person | Access::Roles(_) => None,
        };
        let found = refused(&reply);
        assert_eq!(found.as_deref(), expected, "{} {path}", route.method);
    }
    house.stop();
}

#[test]
fn what_no_table_lists_is_not_answered() {
    let dir = tempfile::tempdir().unwrap();
    let house = House::start(dir.path());
    let said = |method, path| house.ask((method, path), &[], &[]).said();
    assert_eq!(said("GET", "api/v1/submit"), "405 method_not_allowed");
    assert_eq!(said("PUT", "api/v1/me"), "405 method_not_allowed");
    assert_eq!(said("GET", "api/v1/nothing"), "404 not_found");
    assert_eq!(said("GET", "api/v1/me/"), "404 not_found");
    let head = house.ask(("HEAD", "api/v1/me"), &[], &[]);
    assert_eq!(head.status, 401);
    house.stop();
}
