//! The client against servers that answer by a script: busy, silent, endless, elsewhere.
#![expect(clippy::unwrap_used, reason = "a test stops at its first surprise")]

mod pool;
mod script;

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::time::Duration;

use expect_test::expect;
use http::{Kind, Settings, Site};
use script::{Server, answer};

fn impatient() -> Settings {
    Settings {
        connect_ms: 2_000,
        request_ms: 2_000,
        attempts: 3,
        pause_ms: 0,
        longest_pause_ms: 0,
        ..Settings::default()
    }
}

fn site(server: &Server) -> Site {
    Site::with(&server.base, impatient()).unwrap()
}

fn complaint(error: &http::Error, server: &Server) -> String {
    error.to_string().replace(&server.base, "BASE")
}

#[test]
fn a_busy_server_is_asked_again() {
    let busy = answer("503 Service Unavailable", "retry-after: 3600", "");
    let server = Server::start(vec![busy.clone(), busy, answer("200 OK", "", "water")]);
    let file = site(&server).file("log/checkpoint", 100).unwrap();
    assert_eq!(file.unwrap(), b"water");
    assert_eq!(server.requests(), ["GET /log/checkpoint"; 3]);
}

#[test]
fn it_gives_up_after_its_last_attempt() {
    let busy = answer("503 Service Unavailable", "", "");
    let server = Server::start(vec![busy.clone(), busy.clone(), busy]);
    let error = site(&server).file("x", 100).unwrap_err();
    assert_eq!(error.kind, Kind::Unavailable);
    expect!["cannot read `BASE/x`: the server answers 503"].assert_eq(&complaint(&error, &server));
    assert_eq!(server.requests().len(), 3);
}

#[test]
fn a_refusal_is_final_and_in_the_servers_words() {
    let problem = r#"{"title": "no", "detail": "the log has 3 entries\u001b[2J"}"#;
    let header = "content-type: application/problem+json";
    let server = Server::start(vec![answer("400 Bad Request", header, problem)]);
    let error = site(&server).get("x", 1_000).unwrap_err();
    assert_eq!(error.kind, Kind::Invalid);
    expect!["cannot read `BASE/x`: the server answers 400: the log has 3 entries[2J"]
        .assert_eq(&complaint(&error, &server));
    assert_eq!(server.requests().len(), 1);
}

#[test]
fn a_post_is_sent_once() {
    let server = Server::start(vec![answer("503 Service Unavailable", "", "")]);
    let kind = "application/cbor";
    let answer = site(&server).post("submit", kind, b"1".to_vec(), 100);
    assert_eq!(answer.unwrap().status, 503);
    assert_eq!(server.requests(), ["POST /submit"]);
    let gone = Server::start(Vec::new());
    let error = site(&gone).post("submit", kind, Vec::new(), 100);
    assert_eq!(error.unwrap_err().kind, Kind::Unavailable);
    assert_eq!(gone.requests().len(), 1);
}

#[test]
fn an_answer_has_a_limit() {
    let whole = || Server::start(vec![answer("200 OK", "", "12345")]);
    assert_eq!(site(&whole()).file("x", 5).unwrap().unwrap(), b"12345");
    let server = whole();
    let error = site(&server).file("x", 4).unwrap_err();
    assert_eq!(error.kind, Kind::Corrupt);
    expect!["cannot read `BASE/x`: the answer is larger than 4 bytes"]
        .assert_eq(&complaint(&error, &server));
}

/// Each piece comes soon after the one before, and the whole would take a minute.
#[test]
fn a_server_that_trickles_runs_out_of_time() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        let (mut connection, _) = listener.accept().unwrap();
        // What is asked, as far as it comes at once: nothing in it matters.
        let mut asked = [0; 1_024];
        assert!(connection.read(&mut asked).unwrap() > 0);
        let head = "HTTP/1.1 200 OK\r\ncontent-length: 600\r\n\r\n";
        connection.write_all(head.as_bytes()).unwrap();
        while connection.write_all(b"0").is_ok() {
            std::thread::park_timeout(Duration::from_millis(100));
        }
    });
    let client = http::Client::new(Settings {
        request_ms: 1_000,
        ..impatient()
    });
    let answer = client.post(&base, "application/json", b"{}".to_vec(), 10_000);
    let error = answer.unwrap_err();
    assert_eq!(error.kind, Kind::Unavailable);
    let words = error.to_string();
    assert!(words.contains("the answer did not come in time"), "{words}");
}

#[test]
fn what_is_not_there_is_no_error() {
    let server = Server::start(vec![answer("404 Not Found", "", "gone")]);
    assert_eq!(site(&server).file("x", 100).unwrap(), None);
}

#[test]
fn a_server_elsewhere_is_named_and_not_followed() {
    let moved = answer("301 Moved Permanently", "location: https://b.example/x", "");
    let server = Server::start(vec![moved]);
    let error = site(&server).file("x", 100).unwrap_err();
    assert_eq!(error.kind, Kind::Invalid);
    expect![[r#"
        cannot read `BASE/x`: the server points elsewhere
        hint: try `https://b.example/x` instead"#]]
    .assert_eq(&complaint(&error, &server));
}

#[test]
fn a_broken_answer_is_asked_for_again() {
    let torn = "HTTP/1.1 200 OK\r\ncontent-length: 9\r\nconnection: close\r\n\r\nwat".to_owned();
    let server = Server::start(vec![torn, answer("200 OK", "", "water")]);
    let file = site(&server).file("x", 100).unwrap();
    assert_eq!(file.unwrap(), b"water");
}

#[test]
fn nobody_there() {
    let port = {
        let free = TcpListener::bind("127.0.0.1:0").unwrap();
        free.local_addr().unwrap().port()
    };
    let site = Site::with(&format!("http://127.0.0.1:{port}/"), impatient()).unwrap();
    let error = site.file("x", 100).unwrap_err();
    assert_eq!(error.kind, Kind::Unavailable);
    let words = error.to_string().replace(&port.to_string(), "PORT");
    expect!["cannot read `http://127.0.0.1:PORT/x`: Connection refused (os error 111)"]
        .assert_eq(&words);
}

#[test]
fn an_address_that_is_none() {
    let complaint = |base| Site::new(base).unwrap_err().to_string();
    expect![[r#"
        cannot use `log.example` as an address: relative URL without a base
        hint: give it like `https://log.example`"#]]
    .assert_eq(&complaint("log.example"));
    expect![[r#"
        cannot use `ftp://log.example` as an address: the scheme `ftp` is not http or https
        hint: give it like `https://log.example`"#]]
    .assert_eq(&complaint("ftp://log.example"));
    expect![[r#"
        cannot use `http://log.example/?a=b` as an address: nothing may follow a `?` or `#`
        hint: give it like `https://log.example`"#]]
    .assert_eq(&complaint("http://log.example/?a=b"));
}
