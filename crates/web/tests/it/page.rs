//! Pages as the server draws them: for everybody, for somebody, and where there is nothing.

use serde_json::Value;

use crate::door::{Browser, House, OWN, joined};

const PAGES: &[(&str, &str)] = &[
    ("", "No campaign is open just now"),
    ("login", "No wallet has shown itself"),
    ("tasks", "Nothing is open just now"),
    ("earnings", "Log in first"),
    ("campaigns", "There has been no campaign yet"),
    ("campaigns/new", "Log in first"),
    ("design", "What cannot be undone"),
];

#[test]
fn every_page_says_what_there_is_and_lets_nothing_in() {
    let dir = tempfile::tempdir().unwrap();
    let house = House::start(dir.path());
    for (path, words) in PAGES {
        let reply = house.ask(("GET", path), &[], &[]);
        let page = String::from_utf8(reply.body.clone()).unwrap();
        assert_eq!(reply.status, 200, "{path}");
        assert!(page.contains(words), "`{path}`: {page}");
        let policy = reply.header("content-security-policy").unwrap();
        assert!(policy.starts_with("default-src 'none'; script-src 'self';"));
        assert!(!policy.contains("unsafe"), "{policy}");
        assert_eq!(reply.header("x-content-type-options"), Some("nosniff"));
        assert_eq!(reply.header("cache-control"), Some("no-store"));
        assert!(!page.contains(" style=") && !page.contains(" onclick="));
        let told = "<meta name=\"description\" content=\"People label data";
        assert!(page.contains(told), "`{path}`: {page:.900}");
        for script in page.split("<script").skip(1) {
            assert!(script.contains(" src=\"/static/"), "inline: {script:.80}");
        }
    }
    house.stop();
}

#[test]
fn pages_of_somebody_and_of_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let house = House::start(dir.path());
    let (_, mut ann) = joined(&house, "ann");
    let mut read = |path: &str| {
        let reply = ann.send(&house, ("GET", path), &[OWN], &Value::Null);
        (reply.status, String::from_utf8(reply.body).unwrap())
    };
    let (status, page) = read("earnings");
    assert_eq!(status, 200);
    assert!(page.contains("You have answered nothing yet"), "{page}");
    assert!(page.contains("Account </span>1"), "{page}");
    assert!(page.contains("claims of 2.50 or more"), "{page}");
    let (status, page) = read("campaigns/new");
    assert_eq!(status, 200);
    assert!(page.contains("Sign and open"), "{page}");
    assert!(!page.contains("Get test money"), "there is none here");
    let (status, table) = read("earnings.csv");
    assert_eq!(status, 200);
    assert_eq!(
        table,
        "campaign,block,status,answers,units,appeal_until_ms\n"
    );
    for (path, expected) in [("tasks/7", 404), ("campaigns/7", 404), ("tasks/x", 400)] {
        let (status, page) = read(path);
        assert_eq!(status, expected, "{path}");
        assert!(page.contains("The node says"), "{page}");
    }
    house.stop();
}

#[test]
fn files_are_sent_once() {
    let dir = tempfile::tempdir().unwrap();
    let house = House::start(dir.path());
    let mut browser = Browser::default();
    let reply = browser.send(&house, ("GET", "static/cbor.js"), &[], &Value::Null);
    assert_eq!(reply.status, 200);
    let kind = reply.header("content-type").unwrap();
    assert!(kind.starts_with("text/javascript"));
    let tag = reply.header("etag").unwrap().to_owned();
    let known = [("if-none-match", tag.as_str())];
    let again = browser.send(&house, ("GET", "static/cbor.js"), &known, &Value::Null);
    assert_eq!((again.status, again.body.len()), (304, 0));
    let reply = browser.send(&house, ("GET", "static/nothing.js"), &[], &Value::Null);
    assert_eq!(reply.said(), "404 not_found");
    house.stop();
}

#[test]
fn theme_and_language_are_chosen_without_script() {
    let dir = tempfile::tempdir().unwrap();
    let house = House::start(dir.path());
    let read = |path: &str, headers: &[(&str, &str)]| {
        let reply = house.ask(("GET", path), headers, &[]);
        (reply.status, String::from_utf8(reply.body).unwrap())
    };
    let (_, page) = read("tasks", &[("accept-language", "es-MX,es;q=0.9")]);
    assert!(
        page.contains("<html lang=\"es\" dir=\"ltr\">"),
        "{page:.200}"
    );
    assert!(page.contains("Ahora no hay nada abierto"), "{page}");
    let reply = house.ask(("GET", "look?theme=dark&lang=zh&next=/tasks"), &[], &[]);
    assert_eq!(reply.status, 303);
    assert_eq!(reply.header("location"), Some("/tasks"));
    let cookie = reply.header("set-cookie").unwrap();
    let kept = cookie.split(';').next().unwrap();
    assert_eq!(kept, "hw-look=dark.zh");
    let (_, page) = read("tasks", &[("cookie", kept), ("accept-language", "es")]);
    assert!(
        page.contains("lang=\"zh\" dir=\"ltr\" data-theme=\"dark\""),
        "{page:.200}"
    );
    for next in ["https://evil.example", "//evil.example", "/%5Cevil.example"] {
        let reply = house.ask(("GET", &format!("look?next={next}")), &[], &[]);
        assert_eq!(reply.header("location"), Some("/"), "{next}");
    }
    let (status, page) = read("tasks/7", &[("accept-language", "es")]);
    assert_eq!(status, 404);
    let why = "no hay ninguna campaña 7";
    assert!(page.contains(why), "{page}");
    let (status, whys) = read("static/why-zh.json", &[]);
    assert_eq!(status, 200);
    let whys: Value = serde_json::from_str(&whys).unwrap();
    assert_eq!(
        whys["texts"]["error.no-round"],
        "此活动目前没有进行中的轮次。"
    );
    let (status, page) = read("look?size=9", &[]);
    assert_eq!(status, 400, "{page}");
    house.stop();
}

#[test]
fn files_with_their_hash_are_kept_for_good_and_come_compressed() {
    let dir = tempfile::tempdir().unwrap();
    let house = House::start(dir.path());
    let page = house.ask(("GET", "login"), &[], &[]);
    let page = String::from_utf8(page.body).unwrap();
    let packed = [("accept-encoding", "gzip")];
    let mut found = 0;
    for part in page.split("/static/").skip(1) {
        let name = part.split('"').next().unwrap();
        assert!(name.contains("?v="), "{name}");
        let reply = house.ask(("GET", &format!("static/{name}")), &packed, &[]);
        assert_eq!(reply.status, 200, "{name}");
        let kept = reply.header("cache-control").unwrap();
        assert!(kept.contains("immutable"), "{name}: {kept}");
        assert_eq!(reply.header("content-encoding"), Some("gzip"), "{name}");
        found += 1;
    }
    assert_eq!(found, 4, "the sheet, the icon and two scripts");
    let old = house.ask(
        ("GET", "static/login.js?v=000000000000000000000000"),
        &[],
        &[],
    );
    assert_eq!(old.header("cache-control"), Some("no-cache"));
    house.stop();
}
