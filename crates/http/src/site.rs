//! One server by the address under which all of its paths stand.

use crate::answer::Answer;
use crate::client::{Client, Request, refused};
use crate::error::{Error, Kind, Result};
use crate::settings::Settings;

/// A base URL such as `https://log.example/water` and the client that asks there.
#[derive(Debug)]
pub struct Site {
    base: String,
    client: Client,
}

impl Site {
    /// A site to ask with the usual patience. Nothing is sent yet; what is no `http://` or
    /// `https://` address, or has a query, is refused.
    pub fn new(base: &str) -> Result<Self> {
        Self::with(base, Settings::default())
    }

    /// A site to ask with patience of one's own.
    pub fn with(base: &str, settings: Settings) -> Result<Self> {
        let why = match reqwest::Url::parse(base) {
            Err(error) => Some(error.to_string()),
            Ok(url) if !matches!(url.scheme(), "http" | "https") => Some(format!(
                "the scheme `{}` is not http or https",
                url.scheme()
            )),
            Ok(url) if url.query().is_some() || url.fragment().is_some() => {
                Some("nothing may follow a `?` or `#`".to_owned())
            }
            Ok(_) => None,
        };
        if let Some(why) = why {
            let hint = "hint: give it like `https://log.example`";
            let doing = format!("use `{base}` as an address");
            return Err(Error::new(Kind::Invalid, doing, format!("{why}\n{hint}")));
        }
        Ok(Self {
            base: base.trim_end_matches('/').to_owned(),
            client: Client::new(settings),
        })
    }

    /// The base without a trailing slash.
    pub fn base(&self) -> &str {
        &self.base
    }

    /// The address of a path that begins without a slash.
    pub fn url(&self, path: &str) -> String {
        format!("{}/{path}", self.base)
    }

    /// [`Client::file`] of a path.
    pub fn file(&self, path: &str, limit: u64) -> Result<Option<Vec<u8>>> {
        self.client.file(&self.url(path), limit)
    }

    /// [`Client::get`] of a path; any status but success is an error in the server's words.
    pub fn get(&self, path: &str, limit: u64) -> Result<Answer> {
        let url = self.url(path);
        let answer = self.client.get(&url, limit)?;
        if answer.is_success() {
            return Ok(answer);
        }
        Err(refused(format!("read `{url}`"), &answer))
    }

    /// [`Client::ask`] of a path, of whatever status.
    pub fn ask(&self, path: &str, asked: Request<'_>, limit: u64) -> Result<Answer> {
        self.client.ask(&self.url(path), asked, limit)
    }

    /// [`Client::post`] to a path, of whatever status.
    pub fn post(&self, path: &str, kind: &str, body: Vec<u8>, limit: u64) -> Result<Answer> {
        self.client.post(&self.url(path), kind, body, limit)
    }
}
