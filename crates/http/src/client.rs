//! Requests with an end: bounded in time, in size, and in how often they are tried again.

use std::io::Read as _;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use reqwest::blocking::{RequestBuilder, Response};
use reqwest::{Method, Url, redirect};

use crate::answer::Answer;
use crate::error::{Error, Kind, Result};
use crate::reach::{self, Reach};
use crate::settings::Settings;
use crate::tls;

/// How fast a file comes at least that is fetched: a large one may take longer than a question.
const LEAST_BYTES_PER_MS: u64 = 1_000;
/// Most bytes of an answer that are taken at once.
const PIECE_BYTES: usize = 64 << 10;

/// Keeps connections open between requests, and may be shared by threads. It blocks: in async code
/// it belongs on a thread of its own.
#[derive(Debug)]
pub struct Client {
    settings: Settings,
    /// For `http://`, without certificates.
    plain: reqwest::blocking::Client,
    /// For `https://`; the system's certificates are read when they are first needed.
    secure: OnceLock<reqwest::blocking::Client>,
}

/// A request of any kind.
#[derive(Clone, Debug)]
pub struct Request<'a> {
    /// As HTTP writes it, such as `PUT`.
    pub method: &'a str,
    /// Names and values that are sent along.
    pub headers: &'a [(&'a str, String)],
    /// What is sent; nothing where it is absent.
    pub body: Option<Vec<u8>>,
}

impl Default for Client {
    fn default() -> Self {
        Self::new(Settings::default())
    }
}

/// Headers of one's own, and a body.
type Sending<'a> = (&'a [(&'a str, &'a str)], Vec<u8>);

impl Client {
    /// Opens nothing yet. Proxies are those of the environment (`HTTPS_PROXY`, `NO_PROXY`).
    pub fn new(settings: Settings) -> Self {
        tls::install();
        let plain = builder(&settings).tls_certs_only([]).build();
        Self {
            settings,
            plain: plain.expect("a client without certificates needs nothing of the system"),
            secure: OnceLock::new(),
        }
    }

    /// Asks for at most `limit` bytes; after an unanswered or busy attempt it asks again.
    pub fn get(&self, url: &str, limit: u64) -> Result<Answer> {
        let doing = || format!("read `{url}`");
        let parsed = self.parse(url, &doing)?;
        let mut pause_ms = self.settings.pause_ms;
        for _ in 1..self.settings.attempts {
            let outcome = self.send(Method::GET, &parsed, None, limit, &doing);
            let wait_ms = match &outcome {
                Ok(answer) if is_busy(answer.status) => {
                    let asked = answer.header("retry-after");
                    let asked = asked.and_then(|seconds| seconds.parse::<u64>().ok());
                    asked.map_or(pause_ms, |seconds| seconds.saturating_mul(1_000))
                }
                Err(error) if error.kind == Kind::Unavailable => pause_ms,
                _ => return outcome,
            };
            let wait_ms = wait_ms.min(self.settings.longest_pause_ms);
            std::thread::park_timeout(Duration::from_millis(wait_ms));
            pause_ms = pause_ms.saturating_mul(2);
        }
        self.send(Method::GET, &parsed, None, limit, &doing)
    }

    /// The body of a file of at most `limit` bytes, `None` where the server has none.
    pub fn file(&self, url: &str, limit: u64) -> Result<Option<Vec<u8>>> {
        let answer = self.get(url, limit)?;
        match answer.status {
            200 => Ok(Some(answer.body)),
            404 | 410 => Ok(None),
            _ => Err(refused(format!("read `{url}`"), &answer)),
        }
    }

    /// Sends a body once: a second time might do twice what was asked. The answer is at most
    /// `limit` bytes, of whatever status.
    pub fn post(&self, url: &str, kind: &str, body: Vec<u8>, limit: u64) -> Result<Answer> {
        let doing = || format!("post to `{url}`");
        let parsed = self.parse(url, &doing)?;
        let headers = [("content-type", kind)];
        self.send(Method::POST, &parsed, Some((&headers, body)), limit, &doing)
    }

    /// The same with headers of one's own, the body's kind among them.
    pub fn post_with(
        &self,
        url: &str,
        headers: &[(&str, &str)],
        body: Vec<u8>,
        limit: u64,
    ) -> Result<Answer> {
        let doing = || format!("post to `{url}`");
        let parsed = self.parse(url, &doing)?;
        self.send(Method::POST, &parsed, Some((headers, body)), limit, &doing)
    }

    /// Whether a URL is one that this client may ask, as far as the URL itself says.
    pub fn check(&self, url: &str) -> Result<()> {
        self.parse(url, &|| format!("use `{url}`")).map(|_| ())
    }

    fn send(
        &self,
        method: Method,
        url: &Url,
        body: Option<Sending<'_>>,
        limit: u64,
        doing: &dyn Fn() -> String,
    ) -> Result<Answer> {
        let time = self.time(&method, limit);
        let mut request: RequestBuilder = self.face(url, doing)?.request(method, url.clone());
        if let Some((headers, body)) = body {
            for (name, value) in headers {
                request = request.header(*name, *value);
            }
            request = request.body(body);
        }
        answer(request, (time, limit), doing)
    }

    /// Sends a request of any kind once, with headers of one's own. The answer is at most `limit`
    /// bytes, of whatever status.
    pub fn ask(&self, url: &str, asked: Request<'_>, limit: u64) -> Result<Answer> {
        let doing = || format!("ask `{url}`");
        let parsed = self.parse(url, &doing)?;
        let method = Method::from_bytes(asked.method.as_bytes());
        let method = method.map_err(|_| {
            let what = format!("`{}` is no method", asked.method);
            Error::new(Kind::Invalid, doing(), what)
        })?;
        let time = self.time(&method, limit);
        let mut request = self.face(&parsed, &doing)?.request(method, parsed.clone());
        for (name, value) in asked.headers {
            request = request.header(*name, value);
        }
        if let Some(body) = asked.body {
            request = request.body(body);
        }
        answer(request, (time, limit), &doing)
    }

    /// How long a request and its answer may take together.
    fn time(&self, method: &Method, limit: u64) -> Duration {
        let more_ms = match *method {
            Method::GET => limit / LEAST_BYTES_PER_MS,
            _ => 0,
        };
        Duration::from_millis(self.settings.request_ms.saturating_add(more_ms))
    }

    fn parse(&self, url: &str, doing: &dyn Fn() -> String) -> Result<Url> {
        let parsed = parse(url, doing)?;
        if self.settings.reach == Reach::Public {
            is_for_others(&parsed).map_err(|why| Error::new(Kind::Invalid, doing(), why))?;
        }
        Ok(parsed)
    }

    fn face(&self, url: &Url, doing: &dyn Fn() -> String) -> Result<&reqwest::blocking::Client> {
        if url.scheme() == "http" {
            return Ok(&self.plain);
        }
        if let Some(secure) = self.secure.get() {
            return Ok(secure);
        }
        let built = builder(&self.settings).build().map_err(|error| {
            let hint = "install the certificates of the system, `ca-certificates` on Linux";
            let why = format!("{}\nhint: {hint}", why(&error));
            Error::new(Kind::Unavailable, doing(), why)
        })?;
        Ok(self.secure.get_or_init(|| built))
    }
}

/// An answer whose status says that the request was not met.
pub fn refused(doing: String, answer: &Answer) -> Error {
    let kind = match answer.status {
        400..=428 | 430..=499 => Kind::Invalid,
        429 | 500..=599 => Kind::Unavailable,
        _ => Kind::Corrupt,
    };
    let status = answer.status;
    let why = match answer.reason() {
        Some(reason) => format!("the server answers {status}: {reason}"),
        None => format!("the server answers {status}"),
    };
    Error::new(kind, doing, why)
}

/// Sends it and reads the answer.
fn answer(
    request: RequestBuilder,
    (time, limit): (Duration, u64),
    doing: &dyn Fn() -> String,
) -> Result<Answer> {
    let until = Instant::now() + time;
    let unavailable = |error| Error::new(Kind::Unavailable, doing(), why(&error));
    let response = request.send().map_err(unavailable)?;
    if response.status().is_redirection() && response.status() != 304 {
        let to = header(&response, "location").unwrap_or("nowhere");
        let hint = format!("the server points elsewhere\nhint: try `{to}` instead");
        return Err(Error::new(Kind::Invalid, doing(), hint));
    }
    read(response, (until, limit), doing)
}

/// Whether a URL that somebody else has chosen may be asked. A name is looked up when the
/// connection is made; an address is known now.
fn is_for_others(url: &Url) -> std::result::Result<(), String> {
    if url.scheme() != "https" {
        return Err("it is not https".to_owned());
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("it holds a name or password".to_owned());
    }
    let host = url.host_str().unwrap_or_default();
    let literal = host.trim_start_matches('[').trim_end_matches(']');
    let address = literal.parse::<std::net::IpAddr>();
    if address.is_ok_and(|address| !reach::is_public(address)) {
        return Err(format!("`{host}` is no address of the public internet"));
    }
    Ok(())
}

fn builder(settings: &Settings) -> reqwest::blocking::ClientBuilder {
    let builder = match settings.reach {
        Reach::Anywhere => reqwest::blocking::Client::builder(),
        Reach::Public => {
            let names = std::sync::Arc::new(reach::PublicNames);
            reqwest::blocking::Client::builder()
                .no_proxy()
                .dns_resolver(names)
        }
    };
    builder
        .user_agent(concat!("headwater/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(Duration::from_millis(settings.connect_ms))
        .timeout(Duration::from_millis(settings.request_ms))
        .redirect(redirect::Policy::none())
}

pub(crate) fn parse(url: &str, doing: &dyn Fn() -> String) -> Result<Url> {
    let invalid = |why: String| Error::new(Kind::Invalid, doing(), why);
    let parsed = Url::parse(url).map_err(|error| invalid(format!("it is no URL: {error}")))?;
    if !matches!(parsed.scheme(), "http" | "https") {
        let why = format!("the scheme `{}` is not http or https", parsed.scheme());
        return Err(invalid(why));
    }
    Ok(parsed)
}

fn is_busy(status: u16) -> bool {
    matches!(status, 429 | 502..=504)
}

fn read(
    response: Response,
    (until, limit): (Instant, u64),
    doing: &dyn Fn() -> String,
) -> Result<Answer> {
    let status = response.status().as_u16();
    let headers = response.headers().iter().map(|(name, value)| {
        let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
        (name.as_str().to_owned(), value)
    });
    let headers = headers.collect();
    let unavailable = |why: String| Error::new(Kind::Unavailable, doing(), why);
    let (mut body, mut piece) = (Vec::new(), vec![0; PIECE_BYTES]);
    let mut bounded = response.take(limit.saturating_add(1));
    loop {
        let read = bounded.read(&mut piece);
        match read.map_err(|error| unavailable(format!("the answer broke off: {error}")))? {
            0 => break,
            // The client's limit holds for each piece: whoever trickles would never be over.
            _ if Instant::now() >= until => {
                return Err(unavailable("the answer did not come in time".to_owned()));
            }
            length => body.extend_from_slice(&piece[..length]),
        }
    }
    if body.len() as u64 > limit {
        let why = format!("the answer is larger than {limit} bytes");
        return Err(Error::new(Kind::Corrupt, doing(), why));
    }
    Ok(Answer {
        status,
        headers,
        body,
    })
}

fn header<'a>(response: &'a Response, name: &str) -> Option<&'a str> {
    response.headers().get(name)?.to_str().ok()
}

/// The innermost cause says most: "connection refused" rather than "error sending request".
pub(crate) fn why(error: &(dyn std::error::Error + 'static)) -> String {
    let asked = error.downcast_ref::<reqwest::Error>();
    if asked.is_some_and(reqwest::Error::is_timeout) {
        return "the server did not answer in time".to_owned();
    }
    let mut innermost = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    innermost.to_string()
}
