//! Requests as a browser or an attacker writes them, header by header.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

pub struct Reply {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Reply {
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        let found = headers.find(|(own, _)| own.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    pub fn json(&self) -> serde_json::Value {
        let text = String::from_utf8_lossy(&self.body);
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("no JSON: {text}"))
    }

    /// The code of a problem, the status of a success.
    pub fn said(&self) -> String {
        match self.status {
            200..300 => self.status.to_string(),
            status => format!("{status} {}", self.json()["code"].as_str().unwrap()),
        }
    }

    /// The value of a cookie that was set.
    pub fn cookie(&self, name: &str) -> Option<String> {
        let lines = self.headers.iter().filter(|(own, _)| own == "set-cookie");
        let mut values = lines.filter_map(|(_, line)| {
            let value = line.strip_prefix(name)?.strip_prefix('=')?;
            value.split(';').next()
        });
        values.next().map(str::to_owned)
    }
}

/// One request on a connection of its own.
pub fn ask(base: &str, request: (&str, &str), headers: &[(&str, &str)], body: &[u8]) -> Reply {
    let address = base.strip_prefix("http://").unwrap().trim_end_matches('/');
    let mut stream = TcpStream::connect(address).unwrap();
    let (method, path) = request;
    let length = body.len();
    let mut text = format!(
        "{method} /{path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\
         content-length: {length}\r\n"
    );
    for (name, value) in headers {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    text.push_str("\r\n");
    stream.write_all(text.as_bytes()).unwrap();
    stream.write_all(body).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n");
    let end = end.expect("headers end with an empty line");
    let head = String::from_utf8(answer[..end].to_vec()).unwrap();
    let mut lines = head.split("\r\n");
    let status = lines.next().unwrap().split(' ').nth(1).unwrap();
    let pair = |line: &str| {
        let (name, value) = line.split_once(": ").unwrap();
        (name.to_ascii_lowercase(), value.to_owned())
    };
    let reply = Reply {
        status: status.parse().unwrap(),
        headers: lines.map(pair).collect(),
        body: answer[end + 4..].to_vec(),
    };
    let kind = reply.header("content-type").unwrap_or_default();
    crate::described::check(request, reply.status, kind, &reply.body);
    reply
}
