//! Server-sent events: every entry once, from any place on, whatever happens to the reader.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::Value;

use crate::person::Person;
use crate::served::Served;

struct Stream(BufReader<TcpStream>);

impl Stream {
    fn open(served: &Served, path: &str, headers: &str) -> Self {
        let base = served.server.site.base().trim_start_matches("http://");
        let address = base.trim_end_matches('/');
        let mut socket = TcpStream::connect(address).unwrap();
        socket
            .set_read_timeout(Some(Duration::from_secs(60)))
            .unwrap();
        write!(
            socket,
            "GET /{path} HTTP/1.1\r\nhost: {address}\r\n{headers}\r\n"
        )
        .unwrap();
        let mut stream = Self(BufReader::new(socket));
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            assert!(stream.0.read_line(&mut head).unwrap() > 0, "{head}");
        }
        assert!(head.starts_with("HTTP/1.1 200"), "{head}");
        assert!(head.contains("text/event-stream"), "{head}");
        stream
    }

    /// Index and kind of the next event; `None` at the end.
    fn next(&mut self) -> Option<(u64, String)> {
        let mut id = None;
        loop {
            let mut line = String::new();
            if self.0.read_line(&mut line).unwrap() == 0 {
                return None;
            }
            let line = line.trim_end();
            if let Some(text) = line.strip_prefix("id: ") {
                id = text.parse().ok();
            } else if let Some(text) = line.strip_prefix("data: ") {
                let said: Value = serde_json::from_str(text).unwrap();
                assert_eq!(said["index"].as_u64(), id);
                return Some((id.unwrap(), said["kind"].as_str().unwrap().to_owned()));
            }
        }
    }
}

fn join(served: &Served, names: std::ops::Range<u32>) {
    for name in names {
        let person = Person::new(served.space, &name.to_string());
        crate::served::index(&served.submit(&[person.join()])[0]);
    }
}

#[test]
fn each_entry_is_told_once_from_any_place_on() {
    let dir = tempfile::tempdir().unwrap();
    let served = Served::start(dir.path());
    let mut live = Stream::open(&served, "api/v1/events", "");
    let mut all = Stream::open(&served, "api/v1/events?after=0", "");
    join(&served, 0..3);
    for index in 1..4 {
        let expected = Some((index, "open_account".to_owned()));
        assert_eq!(live.next(), expected);
        assert_eq!(all.next(), expected);
    }
    // A browser that was cut off says where it stood, and that counts.
    let mut again = Stream::open(&served, "api/v1/events?after=0", "last-event-id: 2\r\n");
    assert_eq!(again.next().map(|(index, _)| index), Some(3));
    join(&served, 3..4);
    assert_eq!(again.next().map(|(index, _)| index), Some(4));
    served.publish();
    served.stop();
    assert_eq!(again.next(), None, "a node that ends lets nobody wait");

    // What was before this process is read from the public log.
    let served = Served::start(dir.path());
    let mut old = Stream::open(&served, "api/v1/events?after=1", "");
    served.publish();
    let found: Vec<_> = (0..3).map(|_| old.next().unwrap().0).collect();
    assert_eq!(found, [2, 3, 4]);
    served.stop();
}

#[test]
fn a_reader_that_looks_away_misses_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let served = Served::start(dir.path());
    let mut slow = Stream::open(&served, "api/v1/events", "");
    let many = 1_200_u32;
    for first in (0..many).step_by(300) {
        let people = (first..first + 300).map(|name| Person::new(served.space, &name.to_string()));
        let sent: Vec<_> = people.map(|person| person.join()).collect();
        served.submit(&sent);
    }
    let end = served.host.durable();
    assert_eq!(end, 1 + u64::from(many));
    for index in 1..end {
        assert_eq!(slow.next().map(|(own, _)| own), Some(index));
    }
    served.stop();
}

#[test]
fn what_cannot_be_followed_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let served = Served::start(dir.path());
    let said = |path: &str, headers: &[(&str, &str)]| {
        crate::raw::ask(served.server.site.base(), ("GET", path), headers, &[]).said()
    };
    assert_eq!(said("api/v1/campaigns/7/events", &[]), "404 not_found");
    assert_eq!(said("api/v1/events?after=-1", &[]), "400 invalid_query");
    let last = [("last-event-id", "soon")];
    assert_eq!(said("api/v1/events", &last), "400 invalid_query");
    served.stop();
}
