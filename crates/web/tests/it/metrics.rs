//! What a monitor is told: every family has its help and type, and the numbers are right.

use std::collections::BTreeMap;

use crate::person::Person;
use crate::served::Served;

/// Values by their name with labels.
fn read(text: &str) -> BTreeMap<&str, f64> {
    let mut family = "";
    let mut values = BTreeMap::new();
    for line in text.lines() {
        if let Some(rest) = line.strip_prefix("# TYPE ") {
            family = rest.split(' ').next().unwrap();
        }
        if line.starts_with('#') {
            continue;
        }
        assert!(
            !family.is_empty() && line.starts_with(family),
            "{line} is not of {family}"
        );
        let (name, value) = line.rsplit_once(' ').unwrap();
        let before = values.insert(name, value.parse().unwrap());
        assert!(before.is_none(), "{name} stands there twice");
    }
    values
}

#[test]
fn numbers_of_a_node() {
    let dir = tempfile::tempdir().unwrap();
    let served = Served::start(dir.path());
    for name in ["ann", "bob"] {
        served.submit(&[Person::new(served.space, name).join()]);
    }
    served.server.get("api/v1/head");
    served.server.get("api/v1/receipt/99");
    served.server.get("nothing/here");
    let base = served.server.site.base();
    for method in ["MADE", "UP"] {
        crate::raw::ask(base, (method, "api/v1/head"), &[], b"");
    }
    let answer = served.server.get("metrics");
    let kind = answer.header("content-type").unwrap();
    assert!(kind.starts_with("text/plain; version=0.0.4"));
    let text = String::from_utf8(answer.body).unwrap();
    let values = read(&text);
    let is = |name: &str, value: f64| assert_eq!(values.get(name), Some(&value), "{name}\n{text}");
    is("headwater_log_entries", 3.0);
    is("headwater_accounts", 3.0);
    is("headwater_queue_depth", 0.0);
    is("headwater_role{role=\"writer\"}", 1.0);
    is("headwater_journal_commit_seconds_count", 2.0);
    let requests = |method: &str, route: &str, status: &str| {
        format!(
            "headwater_http_requests_total{{method=\"{method}\",route=\"{route}\",\
             status=\"{status}\"}}"
        )
    };
    is(&requests("POST", "/api/v1/submit", "200"), 2.0);
    is(&requests("GET", "/api/v1/head", "200"), 1.0);
    is(&requests("GET", "/api/v1/receipt/{index}", "404"), 1.0);
    is(&requests("other", "/api/v1/head", "405"), 2.0);
    is(&requests("GET", "none", "404"), 1.0);
    let submits = "{method=\"POST\",route=\"/api/v1/submit\"}";
    is(
        &format!("headwater_http_request_seconds_count{submits}"),
        2.0,
    );
    assert!(values["headwater_http_connections"] >= 1.0);
    assert!(
        values
            .get("process_resident_memory_bytes")
            .is_none_or(|bytes| *bytes > 1e6)
    );
    served.stop();
}
