//! Requests in async code whose answers are read as they come: what a gateway forwards.

use std::sync::OnceLock;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::header::{
    ACCEPT, AUTHORIZATION, CONTENT_TYPE, HOST, HeaderMap, HeaderName, HeaderValue, USER_AGENT,
};
use hyper::{Method, Request, Uri};
use hyper_util::client::proxy::matcher::Matcher;
use reqwest::{Url, redirect};

use crate::client::{parse, why};
use crate::direct::{Arriving, Direct};
use crate::error::{Error, Kind, Result};
use crate::tls;

/// Most connections per server that wait for the next request.
pub(crate) const IDLE_CONNECTIONS: usize = 512;
/// How we call ourselves.
const AGENT: &str = concat!("headwater/", env!("CARGO_PKG_VERSION"));

/// Keeps connections open between requests; nothing waits for a full packet (`TCP_NODELAY`).
#[derive(Debug)]
pub struct Pool {
    connect: Duration,
    /// Over plain TCP, where no proxy stands between.
    direct: Direct,
    proxies: Matcher,
    /// For everything else; the system's certificates are read when they are first needed.
    client: OnceLock<reqwest::Client>,
}

/// Where requests go and what each brings, read once for all of them.
#[derive(Clone, Debug)]
pub struct Address {
    url: Url,
    headers: HeaderMap,
    /// What a plain connection is asked for; none where it takes more than that to get there.
    plain: Option<Plain>,
}

#[derive(Clone, Debug)]
struct Plain {
    /// As `host:port`.
    server: String,
    whole: Uri,
    path: Uri,
    host: HeaderValue,
}

/// An answer whose body is still on its way. Dropping it closes the connection.
#[derive(Debug)]
pub struct Coming {
    /// The HTTP status code.
    pub status: u16,
    headers: HeaderMap,
    body: Body,
}

#[derive(Debug)]
enum Body {
    Direct(Arriving),
    Client(reqwest::Response),
}

impl Address {
    /// Reads a URL to which JSON is posted; `secret` is the bearer token that it asks for.
    ///
    /// # Errors
    /// [`Kind::Invalid`] for what is no address of a web server, and for a secret that no header
    /// can bring.
    pub fn read(url: &str, secret: Option<&str>) -> Result<Self> {
        let doing = || format!("post to `{url}`");
        let url = parse(url, &doing)?;
        let mut headers = HeaderMap::from_iter([
            (CONTENT_TYPE, HeaderValue::from_static("application/json")),
            (ACCEPT, HeaderValue::from_static("*/*")),
            (USER_AGENT, HeaderValue::from_static(AGENT)),
        ]);
        if let Some(secret) = secret {
            let bearer = HeaderValue::try_from(format!("Bearer {secret}"));
            let mut bearer = bearer.map_err(|_| {
                let why = "its secret has letters that no header can bring";
                Error::new(Kind::Invalid, doing(), why)
            })?;
            bearer.set_sensitive(true);
            headers.insert(AUTHORIZATION, bearer);
        }
        let plain = Plain::of(&url);
        Ok(Self {
            url,
            headers,
            plain,
        })
    }
}

impl Plain {
    /// None for TLS, and for a URL that has a password in it.
    fn of(url: &Url) -> Option<Self> {
        if url.scheme() != "http" || !url.username().is_empty() || url.password().is_some() {
            return None;
        }
        let whole: Uri = url.as_str().parse().ok()?;
        let host = whole.authority()?.as_str();
        let port = url.port_or_known_default()?;
        Some(Self {
            server: format!("{}:{port}", url.host_str()?),
            path: whole.path_and_query()?.as_str().parse().ok()?,
            host: host.parse().ok()?,
            whole,
        })
    }
}

impl Pool {
    /// Opens nothing yet. Proxies are those of the environment.
    pub fn new(connect_ms: u64) -> Self {
        let connect = Duration::from_millis(connect_ms);
        Self {
            connect,
            direct: Direct::new(connect),
            proxies: Matcher::from_env(),
            client: OnceLock::new(),
        }
    }

    /// Sends a JSON body once, where need be with one more header, its name in lower case, and
    /// returns with the head of the answer.
    ///
    /// # Errors
    /// [`Kind::Unavailable`] where no head comes.
    pub async fn post(
        &self,
        address: &Address,
        header: Option<(&'static str, &str)>,
        body: Bytes,
    ) -> Result<Coming> {
        let unavailable = |why: String| {
            let doing = format!("post to `{}`", address.url);
            Error::new(Kind::Unavailable, doing, why)
        };
        let mut headers = address.headers.clone();
        if let Some((name, value)) = header {
            let value = HeaderValue::from_str(value);
            let value = value.map_err(|error| unavailable(error.to_string()))?;
            headers.insert(HeaderName::from_static(name), value);
        }
        let plain = address.plain.as_ref();
        match plain.filter(|plain| self.proxies.intercept(&plain.whole).is_none()) {
            Some(plain) => {
                headers.insert(HOST, plain.host.clone());
                let mut request = Request::new(Full::new(body));
                *request.method_mut() = Method::POST;
                *request.uri_mut() = plain.path.clone();
                *request.headers_mut() = headers;
                let sent = self.direct.send((&plain.server, &plain.whole), request);
                let (head, arriving) = sent.await.map_err(|error| unavailable(why(&*error)))?;
                Ok(Coming {
                    status: head.status.as_u16(),
                    headers: head.headers,
                    body: Body::Direct(arriving),
                })
            }
            None => {
                let client = self.client().map_err(|error| unavailable(why(&error)))?;
                let request = client.post(address.url.clone()).headers(headers);
                let sent = request.body(body).send().await;
                let mut response = sent.map_err(|error| unavailable(why(&error)))?;
                Ok(Coming {
                    status: response.status().as_u16(),
                    headers: std::mem::take(response.headers_mut()),
                    body: Body::Client(response),
                })
            }
        }
    }

    fn client(&self) -> reqwest::Result<&reqwest::Client> {
        if let Some(client) = self.client.get() {
            return Ok(client);
        }
        tls::install();
        let built = reqwest::Client::builder()
            .connect_timeout(self.connect)
            .pool_max_idle_per_host(IDLE_CONNECTIONS)
            .tcp_nodelay(true)
            .redirect(redirect::Policy::none())
            // Bytes are passed on as they come.
            .no_gzip()
            .build()?;
        Ok(self.client.get_or_init(|| built))
    }
}

impl Coming {
    /// The first header of a name in lower case, where it is text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The next bytes of the body; `None` at its end.
    ///
    /// # Errors
    /// [`Kind::Unavailable`] if the connection ends before the body does.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>> {
        let read = match &mut self.body {
            Body::Direct(arriving) => arriving.chunk().await.map_err(|error| why(&error)),
            Body::Client(response) => response.chunk().await.map_err(|error| why(&error)),
        };
        read.map_err(|why| {
            let doing = "read an answer to its end".to_owned();
            Error::new(Kind::Unavailable, doing, why)
        })
    }
}
