//! Webhooks across `kill -9`: every entry is told at least once, and first in the order of the log.

use crate::process::join;
use crate::served::Process;
use protocol::AccountId;
use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;
use view::Webhooks;
use view::webhook::NewWebhook;

const PATIENCE: Duration = Duration::from_secs(60);

/// Reads one delivery and answers it; the entry that it tells of.
fn take(stream: TcpStream) -> Option<u64> {
    let mut stream = BufReader::new(stream);
    let (mut length, mut line) = (0, String::new());
    while line != "\r\n" {
        line.clear();
        if stream.read_line(&mut line).ok()? == 0 {
            return None;
        }
        let lower = line.to_ascii_lowercase();
        if let Some(text) = lower.strip_prefix("content-length:") {
            length = text.trim().parse().ok()?;
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).ok()?;
    let said: serde_json::Value = serde_json::from_slice(&body).ok()?;
    let answer = "HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n";
    stream.get_mut().write_all(answer.as_bytes()).ok()?;
    said["data"]["index"].as_u64()
}

fn receive(listener: TcpListener, told: Sender<u64>) {
    for stream in listener.incoming().map_while(Result::ok) {
        if let Some(index) = take(stream)
            && told.send(index).is_err()
        {
            return;
        }
    }
}

/// Waits until an entry has been told, and gives what was told before.
fn until(told: &Receiver<u64>, index: u64) -> Vec<u64> {
    let mut heard = Vec::new();
    while heard.last() != Some(&index) {
        heard.push(told.recv_timeout(PATIENCE).expect("the entry is told"));
    }
    heard
}

fn node(dir: &Path) -> Process {
    Process::node(dir, &["--webhooks-anywhere", "--publish-every", "10"])
}

#[test]
fn no_kill_keeps_an_entry_from_being_told() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("node");
    assert_eq!(node(&dir).stop(), Some(0));
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/in", listener.local_addr().unwrap());
    let (sender, told) = channel();
    std::thread::spawn(move || receive(listener, sender));
    let new = NewWebhook {
        owner: AccountId(0),
        url,
        kinds: vec!["open_account".to_owned()],
        campaign: None,
        secret: vec![7; 32],
        next: 0,
    };
    let mut hooks = Webhooks::open(&dir.join("webhooks.sqlite")).unwrap();
    hooks.create(&new, 0).unwrap().unwrap();
    drop(hooks);
    let (mut heard, mut made) = (Vec::new(), Vec::new());
    for life in 0..8 {
        let node = node(&dir);
        let count = 1 + life % 3;
        for person in 0..count {
            let (_, index, _) = join(&node.site(), &format!("{life}-{person}"));
            made.push(index);
        }
        // Some are killed before the last entry was told, some in the middle of it.
        if life % 2 == 0 {
            heard.extend(until(&told, made[made.len() - 1]));
        }
        node.kill();
    }
    let node = node(&dir);
    let (_, last, _) = join(&node.site(), "last");
    made.push(last);
    heard.extend(until(&told, last));
    assert_eq!(node.stop(), Some(0));
    let all: BTreeSet<u64> = heard.iter().copied().collect();
    assert_eq!(all.into_iter().collect::<Vec<_>>(), made);
    let mut seen = BTreeSet::new();
    let first: Vec<u64> = heard
        .into_iter()
        .filter(|index| seen.insert(*index))
        .collect();
    assert_eq!(first, made, "each is told first in the order of the log");
}
