//! Signed requests: RFC 9421 by the book, and every part of one altered.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD as BASE64;
use node::Clock as _;
use proof::hash::sha256;
use proof::signature::SessionKey as Secret;

use crate::door::{DAY_MS, House, ORIGIN, joined};
use crate::raw::Reply;

/// A request as it is signed, and as it is sent.
struct Draft<'a> {
    secret: &'a Secret,
    method: &'a str,
    target: String,
    body: &'a [u8],
    nonce: &'a str,
    created_s: u64,
}

impl Draft<'_> {
    fn headers(&self) -> [(&'static str, String); 3] {
        let digest = format!("sha-256=:{}:", BASE64.encode(sha256(&[self.body])));
        let keyid = &crate::door::hex(&self.secret.public())[2..];
        let params = format!(
            "(\"@method\" \"@target-uri\" \"content-digest\");created={};nonce=\"{}\";\
             keyid=\"{keyid}\"",
            self.created_s, self.nonce
        );
        let base = format!(
            "\"@method\": {}\n\"@target-uri\": {}\n\"content-digest\": {digest}\n\
             \"@signature-params\": {params}",
            self.method, self.target
        );
        let signature = BASE64.encode(self.secret.sign(base.as_bytes()));
        [
            ("content-digest", digest),
            ("signature-input", format!("hw={params}")),
            ("signature", format!("hw=:{signature}:")),
        ]
    }
}

fn draft<'a>(secret: &'a Secret, created_s: u64, nonce: &'a str) -> Draft<'a> {
    Draft {
        secret,
        method: "GET",
        target: format!("{ORIGIN}/api/v1/me"),
        body: b"",
        nonce,
        created_s,
    }
}

fn send(house: &House, request: (&str, &str), headers: &[(&str, String)], body: &[u8]) -> Reply {
    let headers: Vec<_> = headers
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    house.ask(request, &headers, body)
}

#[test]
fn a_signed_request_counts_once_and_as_it_was_signed() {
    let dir = tempfile::tempdir().unwrap();
    let house = House::start(dir.path());
    let (ann, _) = joined(&house, "ann");
    let now_s = house.clock.now_ms() / 1_000;
    let me = ("GET", "api/v1/me");
    let headers = draft(&ann.session, now_s, "nonce-number-0001").headers();
    let reply = send(&house, me, &headers, b"");
    assert_eq!(reply.json()["how"], "signature");
    assert_eq!(reply.json()["account"], 1);
    assert_eq!(send(&house, me, &headers, b"").said(), "401 replayed");
    let fresh = draft(&ann.session, now_s, "nonce-number-0002").headers();
    let other = ("GET", "api/v1/me/keys");
    assert_eq!(send(&house, other, &fresh, b"").said(), "401 bad_signature");
    assert_eq!(
        send(&house, me, &fresh, b"body").said(),
        "401 bad_signature"
    );
    assert_eq!(
        send(&house, me, &fresh[..2], b"").said(),
        "401 bad_signature"
    );
    assert_eq!(
        send(&house, me, &fresh, b"").said(),
        "200",
        "nothing has used it up"
    );
    for (created_s, expected) in [
        (now_s - 300, "200"),
        (now_s + 300, "200"),
        (now_s - 301, "401 clock"),
        (now_s + DAY_MS / 1_000, "401 clock"),
    ] {
        let nonce = format!("nonce-of-{created_s}");
        let headers = Draft {
            created_s,
            ..draft(&ann.session, now_s, &nonce)
        }
        .headers();
        assert_eq!(
            send(&house, me, &headers, b"").said(),
            expected,
            "{created_s}"
        );
    }
    let stranger = Secret::from_seed(&[9; 32]);
    let headers = Draft {
        secret: &stranger,
        ..draft(&ann.session, now_s, "nonce-number-0003")
    }
    .headers();
    assert_eq!(send(&house, me, &headers, b"").said(), "401 unknown_key");
    house.stop();
}

#[test]
fn another_form_of_the_headers_is_none() {
    let dir = tempfile::tempdir().unwrap();
    let house = House::start(dir.path());
    let (ann, _) = joined(&house, "ann");
    let now_s = house.clock.now_ms() / 1_000;
    let good = draft(&ann.session, now_s, "nonce-number-0001").headers();
    let alterations: &[(usize, &str, &str)] = &[
        (0, "sha-256", "sha-512"),
        (0, "=:", "="),
        (1, "hw=", "HW="),
        (1, "hw=", "other="),
        (1, " \"content-digest\"", ""),
        (
            1,
            "\"@method\" \"@target-uri\"",
            "\"@target-uri\" \"@method\"",
        ),
        (1, ";created=", ";created=0"),
        (1, ";created=", ";created=-"),
        (1, ";nonce=", ";tag=\"a\";nonce="),
        (1, ";nonce=", ";alg=\"rsa\";nonce="),
        (1, "nonce-number-0001", "short"),
        (1, ";keyid=", ";nonce=\"nonce-number-0002\";keyid="),
        (1, ";keyid=\"", ";keyid=\"0x"),
        (2, "hw=:", "hw="),
        (2, "hw=:", "hw=:AAAA"),
    ];
    for (place, from, to) in alterations {
        let mut headers = good.clone();
        assert!(headers[*place].1.contains(from), "{from}");
        headers[*place].1 = headers[*place].1.replacen(from, to, 1);
        let said = send(&house, ("GET", "api/v1/me"), &headers, b"").said();
        assert!(said.starts_with("401 "), "{from} -> {to}: {said}");
    }
    let twice = [&good[..], &good[2..]].concat();
    let reply = send(&house, ("GET", "api/v1/me"), &twice, b"");
    assert_eq!(reply.said(), "401 bad_signature");
    let key = [&good[..], &[("authorization", "Bearer hw_x".to_owned())]].concat();
    let reply = send(&house, ("GET", "api/v1/me"), &key, b"");
    assert_eq!(reply.said(), "400 two_credentials");
    let reply = send(&house, ("GET", "api/v1/me"), &good, b"");
    assert_eq!(reply.said(), "200", "unaltered it is good");
    house.stop();
}
