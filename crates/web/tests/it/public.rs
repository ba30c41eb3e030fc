//! The public files: their types, how long they are kept, and that nothing else is served.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use expect_test::expect;

use crate::person::Person;
use crate::served::{Served, Server};

/// Status line and headers of one raw request, without its date.
fn raw(server: &Server, request: &str) -> (String, Vec<u8>) {
    let address = server.site.base().trim_start_matches("http://");
    let mut connection = TcpStream::connect(address).unwrap();
    let request = format!("{request}\r\nhost: x\r\nconnection: close\r\n\r\n");
    connection.write_all(request.as_bytes()).unwrap();
    let mut answer = Vec::new();
    connection.read_to_end(&mut answer).unwrap();
    let end = answer
        .windows(4)
        .position(|window| window == b"\r\n\r\n")
        .unwrap();
    let head = String::from_utf8(answer[..end].to_vec()).unwrap();
    let lines = head.lines().filter(|line| !line.starts_with("date: "));
    (
        lines.collect::<Vec<_>>().join("\n"),
        answer[end + 4..].to_vec(),
    )
}

#[test]
fn a_page_elsewhere_may_ask_whether_its_checkpoint_is_still_the_newest() {
    let dir = tempfile::tempdir().unwrap();
    let served = Served::start(dir.path());
    let asked = "OPTIONS /log/checkpoint HTTP/1.1\r\norigin: https://verifier.example\r\n\
                 access-control-request-method: GET\r\n\
                 access-control-request-headers: if-none-match";
    let (allowed, _) = raw(&served.server, asked);
    assert!(allowed.starts_with("HTTP/1.1 200 "), "{allowed}");
    let headers = allowed.lines();
    let mut named = headers.filter_map(|it| it.strip_prefix("access-control-allow-headers: "));
    let named = named.next().unwrap_or_default();
    assert!(
        named.split(',').any(|it| it == "if-none-match"),
        "{allowed}"
    );
}

#[test]
fn files_have_their_types_and_are_kept_as_long_as_they_last() {
    let dir = tempfile::tempdir().unwrap();
    let served = Served::start(dir.path());
    let (checkpoint, body) = raw(&served.server, "GET /log/checkpoint HTTP/1.1");
    expect![[r#"
        HTTP/1.1 200 OK
        content-type: text/plain; charset=utf-8
        cache-control: no-cache
        etag: W/"c729d6aa4ef571b03138e5b9"
        x-content-type-options: nosniff
        access-control-expose-headers: *
        access-control-allow-origin: *
        content-length: 231
        connection: close"#]]
    .assert_eq(&checkpoint);
    assert_eq!(
        body,
        std::fs::read(dir.path().join("log/checkpoint")).unwrap()
    );
    let (tile, body) = raw(&served.server, "GET /log/tile/0/000.p/1 HTTP/1.1");
    expect![[r#"
        HTTP/1.1 200 OK
        content-type: application/octet-stream
        cache-control: public, max-age=31536000, immutable
        etag: W/"ee2dc3ec44e12fb75acf63be"
        x-content-type-options: nosniff
        access-control-expose-headers: *
        access-control-allow-origin: *
        content-length: 32
        connection: close"#]]
    .assert_eq(&tile);
    assert_eq!(body.len(), 32);
    let (head, body) = raw(&served.server, "HEAD /log/tile/0/000.p/1 HTTP/1.1");
    assert_eq!((head, body.len()), (tile.clone(), 0));
    let tag = tile
        .lines()
        .find_map(|line| line.strip_prefix("etag: "))
        .unwrap();
    let known = format!("GET /log/tile/0/000.p/1 HTTP/1.1\r\nif-none-match: \"x\", {tag}");
    let (unchanged, body) = raw(&served.server, &known);
    assert!(unchanged.starts_with("HTTP/1.1 304 "), "{unchanged}");
    assert!(
        unchanged.contains("immutable") && body.is_empty(),
        "{unchanged}"
    );
    served.stop();
}

#[test]
fn bundles_are_compressed_for_those_who_ask() {
    let dir = tempfile::tempdir().unwrap();
    let served = Served::start(dir.path());
    let people: Vec<_> = (0..40)
        .map(|number| Person::new(served.space, &number.to_string()).join())
        .collect();
    served.submit(&people);
    served.publish();
    let path = "log/tile/entries/000.p/41";
    let bytes = std::fs::read(dir.path().join(path)).unwrap();
    let (plain, body) = raw(&served.server, &format!("GET /{path} HTTP/1.1"));
    assert!(
        !plain.contains("content-encoding") && body == bytes,
        "{plain}"
    );
    let ask = format!("GET /{path} HTTP/1.1\r\naccept-encoding: gzip");
    let (packed, body) = raw(&served.server, &ask);
    assert!(packed.contains("content-encoding: gzip"), "{packed}");
    assert!(packed.contains("vary: accept-encoding"), "{packed}");
    assert!(
        body.len() < bytes.len(),
        "{} of {}",
        body.len(),
        bytes.len()
    );
    assert_eq!(
        served.server.site.file(path, 1 << 20).unwrap().unwrap(),
        bytes
    );
    let hashes = "log/tile/0/000.p/41";
    let (tile, _) = raw(
        &served.server,
        &format!("GET /{hashes} HTTP/1.1\r\naccept-encoding: gzip"),
    );
    assert!(!tile.contains("content-encoding"), "{tile}");
    served.stop();
}

#[test]
fn nothing_but_public_files_is_served() {
    let dir = tempfile::tempdir().unwrap();
    let served = Served::start(dir.path());
    for path in [
        "/keys/master",
        "/log/../keys/master",
        "/log/%2e%2e/keys/master",
        "/log/..%2fkeys%2fmaster",
        "/log//checkpoint",
        "/log/checkpoint%00",
        "/attachments/../keys/master",
        "/openings/..",
        "/claims/..%2f..%2fformat",
        "/journal/00000000000000000000",
        "/format",
        "/lock",
        "/log/tile/0/000",
        "/log/tile/0/000.p/2",
    ] {
        let (head, body) = raw(&served.server, &format!("GET {path} HTTP/1.1"));
        assert!(head.starts_with("HTTP/1.1 404 "), "{path}: {head}");
        assert!(body.starts_with(b"{\"code\":\"not_found\""), "{path}");
    }
    let (head, _) = raw(&served.server, "DELETE /log/checkpoint HTTP/1.1");
    assert!(head.starts_with("HTTP/1.1 405 "), "{head}");
    served.stop();
}
