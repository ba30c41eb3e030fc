//! An upstream in a thread: what it does follows from the model's name.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};

pub const PLAIN: &str = concat!(
    r#"{"id":"u-1","object":"chat.completion","choices":[{"index":0,"message":"#,
    r#"{"role":"assistant","content":"twelve bytes"}}],"#,
    r#""usage":{"prompt_tokens":5,"completion_tokens":2}}"#
);
pub const SILENT: &str = concat!(
    r#"{"id":"u-1","object":"chat.completion","choices":[{"index":0,"message":"#,
    r#"{"role":"assistant","content":"twelve bytes"}}]}"#
);
pub const LIES: &str = concat!(
    r#"{"id":"u-1","object":"chat.completion","choices":[{"index":0,"message":"#,
    r#"{"role":"assistant","content":"twelve bytes"}}],"#,
    r#""usage":{"prompt_tokens":5,"completion_tokens":1000000}}"#
);

pub fn events(count: usize) -> String {
    let one = |text: &str| {
        format!(
            "data: {{\"id\":\"u-2\",\"created\":7,\"model\":\"m\",\"choices\":\
             [{{\"index\":0,\"delta\":{{\"content\":\"{text}\"}}}}]}}\n\n"
        )
    };
    ["twelve", " ", "bytes"]
        .iter()
        .take(count)
        .map(|text| one(text))
        .collect()
}

pub struct Upstream {
    pub url: String,
    /// Requests that have come.
    pub asked: Arc<AtomicUsize>,
    /// Connections that have come.
    pub connections: Arc<AtomicUsize>,
    /// One for each connection that was closed while it was written to.
    pub cut: Receiver<()>,
    pub last: Arc<Mutex<String>>,
}

impl Upstream {
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/v1", listener.local_addr().unwrap());
        let (sender, cut) = channel();
        let asked = Arc::new(AtomicUsize::new(0));
        let connections = Arc::new(AtomicUsize::new(0));
        let come = Arc::clone(&connections);
        let last = Arc::new(Mutex::new(String::new()));
        let (count, kept) = (Arc::clone(&asked), Arc::clone(&last));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                come.fetch_add(1, Ordering::SeqCst);
                let (sender, count, kept) = (sender.clone(), Arc::clone(&count), Arc::clone(&kept));
                std::thread::spawn(move || serve(stream, &sender, &count, &kept));
            }
        });
        Self {
            url,
            asked,
            connections,
            cut,
            last,
        }
    }
}

/// The body of the request that comes.
fn request(stream: &TcpStream) -> Option<String> {
    let mut reader = BufReader::new(stream.try_clone().ok()?);
    let mut length = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        if line.trim().is_empty() {
            break;
        }
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().ok()?;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    String::from_utf8(body).ok()
}

fn serve(
    mut stream: TcpStream,
    cut: &Sender<()>,
    asked: &AtomicUsize,
    last: &Mutex<String>,
) -> Option<()> {
    let body = request(&stream)?;
    asked.fetch_add(1, Ordering::SeqCst);
    last.lock().unwrap().clone_from(&body);
    let named = |name: &str| body.contains(&format!("\"model\":\"{name}\""));
    let mut say = |text: &str| stream.write_all(text.as_bytes());
    let head = |status: &str, kind: &str| {
        format!("HTTP/1.1 {status}\r\ncontent-type: {kind}\r\nconnection: close\r\n\r\n")
    };
    if named("mute") {
        // It never answers: the connection stays as it is until the test is over.
        std::thread::park();
    }
    if named("broken") {
        say(&(head("500 Oops", "text/plain") + "no")).ok()?;
    } else if named("busy") {
        say(&(head("429 Busy", "text/plain") + "later")).ok()?;
    } else if named("strict") {
        say(&(head("400 Bad Request", "application/json") + r#"{"error":{"message":"no"}}"#))
            .ok()?;
    } else if named("kept") {
        let chunk = |text: &str| format!("{:x}\r\n{text}\r\n", text.len());
        let kind = "content-type: text/event-stream\r\ntransfer-encoding: chunked";
        say(&format!(
            "HTTP/1.1 200 OK\r\n{kind}\r\n\r\n{}",
            chunk(&events(3))
        ))
        .ok()?;
        say(&(chunk("data: [DONE]\n\n") + "0\r\n\r\n")).ok()?;
        return serve(stream, cut, asked, last);
    } else if body.contains("\"stream\":true") {
        say(&head("200 OK", "text/event-stream")).ok()?;
        stream_events(&named, &mut say, cut)?;
    } else {
        let body = if named("lies") {
            LIES
        } else if named("silent") {
            SILENT
        } else {
            PLAIN
        };
        say(&(head("200 OK", "application/json") + body)).ok()?;
    }
    Some(())
}

/// What follows the head of an answer in parts.
fn stream_events(
    named: &dyn Fn(&str) -> bool,
    say: &mut dyn FnMut(&str) -> std::io::Result<()>,
    cut: &Sender<()>,
) -> Option<()> {
    if named("dies") {
        say(&events(2)).ok()?;
        return None;
    }
    if named("dies-at-once") {
        return None;
    }
    while named("endless") {
        if say(&events(3)).is_err() {
            cut.send(()).ok();
            return None;
        }
    }
    let said = if named("lies") { 1_000_000 } else { 2 };
    say(&events(3)).ok()?;
    if !named("silent") {
        say(&format!(
            "data: {{\"id\":\"u-2\",\"choices\":[],\
             \"usage\":{{\"prompt_tokens\":5,\"completion_tokens\":{said}}}}}\n\n"
        ))
        .ok()?;
    }
    say("data: [DONE]\n\n").ok()
}
