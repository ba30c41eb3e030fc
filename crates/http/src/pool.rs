//! Requests in async code whose answers are read as they come: what a gateway forwards.

use std::sync::OnceLock;
use std::time::Duration;

use bytes::Bytes;
use reqwest::{Url, redirect};

use crate::client::{parse, why};
use crate::error::{Error, Kind, Result};
use crate::tls;

/// Most connections per server that wait for the next request.
const IDLE_CONNECTIONS: usize = 512;

/// Keeps connections open between requests; nothing waits for a full packet (`TCP_NODELAY`).
#[derive(Debug)]
pub struct Pool {
    connect_ms: u64,
    plain: reqwest::Client,
    /// For `https://`; the system's certificates are read when they are first needed.
    secure: OnceLock<reqwest::Client>,
}

/// Where requests go, read once for all of them.
#[derive(Clone, Debug)]
pub struct Address(Url);

impl Address {
    /// Reads a URL.
    ///
    /// # Errors
    /// [`Kind::Invalid`] for what is no address of a web server.
    pub fn read(url: &str) -> Result<Self> {
        parse(url, &|| format!("post to `{url}`")).map(Self)
    }
}

/// An answer whose body is still on its way. Dropping it closes the connection.
#[derive(Debug)]
pub struct Coming {
    /// The HTTP status code.
    pub status: u16,
    response: reqwest::Response,
}

impl Pool {
    /// Opens nothing yet. Proxies are those of the environment.
    pub fn new(connect_ms: u64) -> Self {
        tls::install();
        let plain = builder(connect_ms).tls_certs_only([]).build();
        Self {
            connect_ms,
            plain: plain.expect("a client without certificates needs nothing of the system"),
            secure: OnceLock::new(),
        }
    }

    /// Sends a JSON body once, where need be with one more header, its name in lower case, and
    /// returns with the head of the answer.
    ///
    /// # Errors
    /// [`Kind::Unavailable`] where no head comes.
    pub async fn post(
        &self,
        Address(url): &Address,
        secret: Option<&str>,
        header: Option<(&'static str, &str)>,
        body: Bytes,
    ) -> Result<Coming> {
        let doing = || format!("post to `{url}`");
        let client = match url.scheme() {
            "http" => &self.plain,
            _ => self.secure(&doing)?,
        };
        let mut request = client
            .post(url.clone())
            .header("content-type", "application/json");
        if let Some(secret) = secret {
            request = request.bearer_auth(secret);
        }
        if let Some((name, value)) = header {
            request = request.header(name, value);
        }
        let sent = request.body(body).send().await;
        let unavailable = |error| Error::new(Kind::Unavailable, doing(), why(&error));
        let response = sent.map_err(unavailable)?;
        let status = response.status().as_u16();
        Ok(Coming { status, response })
    }

    fn secure(&self, doing: &dyn Fn() -> String) -> Result<&reqwest::Client> {
        if let Some(secure) = self.secure.get() {
            return Ok(secure);
        }
        let built = builder(self.connect_ms).build();
        let built = built.map_err(|error| Error::new(Kind::Unavailable, doing(), why(&error)))?;
        Ok(self.secure.get_or_init(|| built))
    }
}

impl Coming {
    /// The first header of a name in lower case, where it is text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.response.headers().get(name)?.to_str().ok()
    }

    /// The next bytes of the body; `None` at its end.
    ///
    /// # Errors
    /// [`Kind::Unavailable`] if the connection ends before the body does.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>> {
        let read = self.response.chunk().await;
        read.map_err(|error| {
            let doing = "read an answer to its end".to_owned();
            Error::new(Kind::Unavailable, doing, why(&error))
        })
    }

    /// The whole body, of at most `limit` bytes.
    ///
    /// # Errors
    /// [`Kind::Corrupt`] above the limit, [`Kind::Unavailable`] for a body that breaks off.
    pub async fn whole(&mut self, limit: usize) -> Result<Bytes> {
        let mut whole = Vec::new();
        while let Some(chunk) = self.chunk().await? {
            if whole.len() + chunk.len() > limit {
                let why = format!("it has more than {limit} bytes");
                return Err(Error::new(Kind::Corrupt, "read an answer".to_owned(), why));
            }
            if whole.is_empty() && Some(chunk.len() as u64) == self.response.content_length() {
                return Ok(chunk);
            }
            whole.extend_from_slice(&chunk);
        }
        Ok(whole.into())
    }
}

fn builder(connect_ms: u64) -> reqwest::ClientBuilder {
    reqwest::Client::builder()
        .user_agent(concat!("headwater/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(Duration::from_millis(connect_ms))
        .pool_max_idle_per_host(IDLE_CONNECTIONS)
        .tcp_nodelay(true)
        .redirect(redirect::Policy::none())
        // Bytes are passed on as they come.
        .no_gzip()
}
