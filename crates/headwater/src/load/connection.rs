//! One connection to a node that stays open: requests are written and answers read on this thread.
//!
//! A measuring client must cost less than what it measures, so this speaks the little of HTTP/1.1
//! that a node answers with: a length or chunks.

use anyhow::{Context as _, Result, bail};
use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(120);

/// A connection that opens again when it is needed.
#[derive(Debug)]
pub struct Connection {
    address: String,
    stream: Option<BufReader<TcpStream>>,
}

/// What a node has answered.
#[derive(Clone, Debug)]
pub struct Reply {
    /// The code of HTTP.
    pub status: u16,
    /// Values of `Set-Cookie`, as they came.
    pub cookies: Vec<String>,
    /// Its bytes, whole.
    pub body: Vec<u8>,
}

impl Reply {
    /// The body of a success as JSON; any other status is an error in the node's words.
    pub fn json(&self) -> Result<serde_json::Value> {
        let said = || String::from_utf8_lossy(&self.body).into_owned();
        if !(200..300).contains(&self.status) {
            bail!("the node answers {}: {}", self.status, said());
        }
        if self.body.is_empty() {
            return Ok(serde_json::Value::Null);
        }
        serde_json::from_slice(&self.body).with_context(|| format!("this is no JSON: {}", said()))
    }

    /// The value of a cookie that was set.
    pub fn cookie(&self, name: &str) -> Option<&str> {
        let mut values = self.cookies.iter().filter_map(|line| {
            let value = line.strip_prefix(name)?.strip_prefix('=')?;
            value.split(';').next()
        });
        values.next()
    }
}

impl Connection {
    /// To a host and port; nothing is opened yet.
    pub fn new(address: &str) -> Self {
        Self {
            address: address.to_owned(),
            stream: None,
        }
    }

    /// Sends one request and waits for its answer. `headers` are whole lines, each with its end.
    /// After an error the next request opens a new connection.
    pub fn ask(
        &mut self,
        (method, path): (&str, &str),
        headers: &str,
        (kind, body): (&str, &[u8]),
    ) -> io::Result<Reply> {
        let mut stream = match self.stream.take() {
            Some(stream) => stream,
            None => self.open()?,
        };
        let mut text = format!(
            "{method} {path} HTTP/1.1\r\nhost: {}\r\n{headers}content-length: {}\r\n",
            self.address,
            body.len()
        );
        if !kind.is_empty() {
            text.push_str(&format!("content-type: {kind}\r\n"));
        }
        text.push_str("\r\n");
        let mut bytes = text.into_bytes();
        bytes.extend_from_slice(body);
        stream.get_mut().write_all(&bytes)?;
        let (reply, stays) = read(&mut stream)?;
        if stays {
            self.stream = Some(stream);
        }
        Ok(reply)
    }

    fn open(&self) -> io::Result<BufReader<TcpStream>> {
        let stream = TcpStream::connect(&self.address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        Ok(BufReader::new(stream))
    }
}

/// An answer, and whether the connection stays open behind it.
fn read(stream: &mut BufReader<TcpStream>) -> io::Result<(Reply, bool)> {
    let status = line(stream)?;
    let status = status.split(' ').nth(1).and_then(|code| code.parse().ok());
    let status = status.ok_or_else(|| broken("the answer has no status"))?;
    let (mut length, mut chunked, mut stays, mut cookies) = (None, false, true, Vec::new());
    loop {
        let header = line(stream)?;
        let Some((name, value)) = header.split_once(':') else {
            break;
        };
        let value = value.trim();
        match name.to_ascii_lowercase().as_str() {
            "content-length" => length = value.parse::<usize>().ok(),
            "transfer-encoding" => chunked = value.eq_ignore_ascii_case("chunked"),
            "connection" => stays = !value.eq_ignore_ascii_case("close"),
            "set-cookie" => cookies.push(value.to_owned()),
            _ => {}
        }
    }
    let mut body = Vec::new();
    if chunked {
        while let size @ 1.. = chunk(stream)? {
            let start = body.len();
            body.resize(start + size, 0);
            stream.read_exact(&mut body[start..])?;
            line(stream)?;
        }
        line(stream)?;
    } else if let Some(length) = length {
        body.resize(length, 0);
        stream.read_exact(&mut body)?;
    } else if status != 204 {
        stream.read_to_end(&mut body)?;
        stays = false;
    }
    let reply = Reply {
        status,
        cookies,
        body,
    };
    Ok((reply, stays))
}

fn chunk(stream: &mut BufReader<TcpStream>) -> io::Result<usize> {
    let size = line(stream)?;
    usize::from_str_radix(size.trim(), 16).map_err(|_| broken("a chunk has no length"))
}

fn line(stream: &mut BufReader<TcpStream>) -> io::Result<String> {
    let mut line = String::new();
    if stream.read_line(&mut line)? == 0 {
        return Err(broken("the connection has ended"));
    }
    line.truncate(line.trim_end_matches(['\r', '\n']).len());
    Ok(line)
}

fn broken(why: &str) -> io::Error {
    io::Error::new(io::ErrorKind::UnexpectedEof, why)
}
