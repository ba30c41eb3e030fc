//! What servers answer, and what the bucket makes of it; the server here says what it is told.
use std::collections::VecDeque;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::thread::{self, JoinHandle};

use store::files::Created;
use store::{Bucket, Files, Kind};

/// Status and body of one answer; status 0 closes the connection without one.
type Answer = (u16, &'static str);

/// A server that answers each request in turn, and lets nothing pass unseen.
struct Server {
    address: SocketAddr,
    thread: JoinHandle<Vec<String>>,
}

impl Server {
    fn start(answers: &[Answer]) -> (Bucket, Self) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let mut answers: VecDeque<Answer> = answers.iter().copied().collect();
        let thread = thread::spawn(move || {
            let mut methods = Vec::new();
            loop {
                // Whoever asks too much is told that all went well.
                let answer = answers.pop_front().unwrap_or((200, ""));
                match serve(listener.accept().unwrap().0, answer) {
                    Some(method) => methods.push(method),
                    None => return methods,
                }
            }
        });
        let endpoint = format!("http://{address}");
        let settings = [
            ("AWS_ENDPOINT", endpoint.as_str()),
            ("AWS_ACCESS_KEY_ID", "key"),
            ("AWS_SECRET_ACCESS_KEY", "secret"),
            ("AWS_REGION", "us-east-1"),
        ];
        let settings = settings.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let bucket = Bucket::reading("s3://log", settings).unwrap();
        (bucket, Self { address, thread })
    }

    /// The methods of all requests that came.
    fn asked(self) -> Vec<String> {
        // A connection without a request ends it.
        drop(TcpStream::connect(self.address).unwrap());
        self.thread.join().unwrap()
    }
}

/// Answers one request, `None` if none comes.
fn serve(stream: TcpStream, (status, body): Answer) -> Option<String> {
    let mut request = BufReader::new(&stream);
    let (mut method, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        if request.read_line(&mut line).unwrap() == 0 {
            return None;
        }
        if method.is_empty() {
            method = line.split(' ').next().unwrap().to_owned();
        }
        let lower = line.to_ascii_lowercase();
        if let Some(bytes) = lower.strip_prefix("content-length:") {
            length = bytes.trim().parse().unwrap();
        }
        if line.trim().is_empty() {
            break;
        }
    }
    request.read_exact(&mut vec![0; length]).unwrap();
    if status > 0 {
        let length = body.len();
        write!(
            &stream,
            "HTTP/1.1 {status} X\r\ncontent-length: {length}\r\netag: \"e\"\r\n\
             last-modified: Tue, 01 Jul 2025 00:00:00 GMT\r\nconnection: close\r\n\r\n{body}"
        )
        .unwrap();
    }
    Some(method)
}

const ABSENT: Answer = (404, "<Error><Code>NoSuchKey</Code></Error>");
const NO_BUCKET: Answer = (404, "<Error><Code>NoSuchBucket</Code></Error>");
const TAKEN: Answer = (412, "<Error><Code>PreconditionFailed</Code></Error>");
const CONFLICT: Answer = (
    409,
    "<Error><Code>ConditionalRequestConflict</Code></Error>",
);
const BUSY: Answer = (503, "<Error><Code>SlowDown</Code></Error>");
const CLOSED: Answer = (0, "");

#[test]
fn a_creation_is_answered_truthfully_or_not_at_all() {
    for (answers, expected) in [
        (&[(200, "")][..], Some(Created::New)),
        (&[TAKEN, (200, "held")], Some(Created::Exists)),
        (&[CONFLICT, (200, "held")], Some(Created::Exists)),
        // Another creation is under way: neither of the two answers would be true.
        (&[CONFLICT, ABSENT], None),
        // One request each: a client that asked again would meet its own object.
        (&[BUSY], None),
        (&[(500, "")], None),
        (&[CLOSED], None),
    ] {
        let (bucket, server) = Server::start(answers);
        match (bucket.create("a", b"bytes"), expected) {
            (Ok(created), Some(expected)) => assert_eq!(created, expected, "{answers:?}"),
            (Err(error), None) => {
                assert_eq!(error.kind, Kind::Unavailable, "{answers:?}: {error}");
            }
            (other, _) => panic!("{answers:?}: {other:?}"),
        }
        let asked = server.asked();
        let puts = asked.iter().filter(|method| *method == "PUT").count();
        assert_eq!(puts, 1, "{answers:?}");
    }
}

#[test]
fn what_may_be_repeated_is_repeated() {
    let (bucket, server) = Server::start(&[BUSY, (500, ""), CLOSED, (200, "")]);
    bucket.put("a", b"bytes").unwrap();
    assert_eq!(server.asked(), ["PUT"; 4]);
    let (bucket, server) = Server::start(&[CLOSED, BUSY, (200, "held")]);
    assert_eq!(bucket.read("a").unwrap().unwrap(), b"held");
    assert_eq!(server.asked(), ["GET"; 3]);
}

#[test]
fn a_staged_file_that_did_not_arrive_is_sent_again() {
    let denied = (403, "<Error><Code>AccessDenied</Code></Error>");
    let (bucket, server) = Server::start(&[denied, (200, "")]);
    bucket.stage("a", b"bytes").unwrap();
    assert!(
        bucket
            .sync()
            .unwrap_err()
            .to_string()
            .contains("permission")
    );
    bucket.sync().unwrap();
    assert_eq!(server.asked(), ["PUT"; 2]);
}

#[test]
fn absence_of_an_object_is_no_absence_of_its_bucket() {
    let (bucket, _) = Server::start(&[ABSENT, NO_BUCKET]);
    assert_eq!(bucket.read("a").unwrap(), None);
    let error = bucket.read("a").unwrap_err();
    assert_eq!(error.kind, Kind::Invalid);
    assert!(
        error.to_string().contains("there is no such bucket"),
        "{error}"
    );
}

#[test]
fn wrong_keys_and_missing_permissions_are_told_apart() {
    for (answer, said) in [
        ((403, "<Code>AccessDenied</Code>"), "lack a permission"),
        (
            (403, "<Code>SignatureDoesNotMatch</Code>"),
            "does not accept the credentials",
        ),
        (
            (403, "<Code>InvalidAccessKeyId</Code>"),
            "does not accept the credentials",
        ),
        ((401, ""), "lack a permission"),
        (
            (501, "<Code>NotImplemented</Code>"),
            "does not know this request",
        ),
        (NO_BUCKET, "there is no such bucket"),
    ] {
        let (bucket, _) = Server::start(&[answer]);
        let error = bucket.create("journal/0", b"bytes").unwrap_err();
        assert_eq!(error.kind, Kind::Invalid, "{error}");
        let text = error.to_string();
        assert!(text.contains(said), "{text}");
        assert!(text.contains("create `journal/0` in `s3://log`"), "{text}");
    }
}
