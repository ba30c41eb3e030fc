//! The operator's file: upstreams, and which asset is answered by which model there.

use http::Address;
use serde::Deserialize;

/// `--gateway FILE`: TOML, units in names; an unknown key is an error.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Servers that speak OpenAI's API.
    #[serde(default, rename = "upstream")]
    pub upstreams: Vec<UpstreamConfig>,
    /// Assets that one of them answers for.
    #[serde(default, rename = "model")]
    pub models: Vec<ModelConfig>,
}

/// `[[upstream]]`: one server, how long it is waited for (milliseconds) and how many requests it
/// takes at once.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UpstreamConfig {
    /// By which models name it.
    pub name: String,
    /// Up to and with `/v1`.
    pub base_url: String,
    /// Environment variable with its secret; none, none is sent.
    pub secret_env: Option<String>,
    /// Until a connection stands.
    #[serde(default = "five_seconds")]
    pub connect_ms: u64,
    /// Until the head of an answer is there.
    #[serde(default = "two_minutes")]
    pub first_byte_ms: u64,
    /// Longest silence within an answer, on either side.
    #[serde(default = "one_minute")]
    pub idle_ms: u64,
    /// Most requests at a time.
    #[serde(default = "most_at_once")]
    pub concurrency: usize,
}

/// `[[model]]`: who answers for one asset, under which name, and who steps in when that fails.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelConfig {
    /// Number of the asset.
    pub asset: u32,
    /// What callers name it; left out, it follows from the asset's title.
    pub name: Option<String>,
    /// Name of the upstream.
    pub upstream: String,
    /// What it is called there.
    pub model: String,
    /// Who is asked next, in this order, while nothing has been passed on.
    #[serde(default)]
    pub fallbacks: Vec<FallbackConfig>,
    /// What is set aside for an answer whose length the caller does not limit.
    #[serde(default = "long_answer")]
    pub max_output_tokens: u32,
}

/// `fallbacks = [{ upstream = "...", model = "..." }]`: one that steps in when those before it
/// have failed.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FallbackConfig {
    /// Name of the upstream.
    pub upstream: String,
    /// What the model is called there.
    pub model: String,
}

fn five_seconds() -> u64 {
    5_000
}

fn one_minute() -> u64 {
    60_000
}

fn two_minutes() -> u64 {
    120_000
}

fn most_at_once() -> usize {
    256
}

fn long_answer() -> u32 {
    4_096
}

impl Config {
    /// Reads the file's text.
    ///
    /// # Errors
    /// In words: what is no TOML or has an unknown key, and a name that stands for nothing or for
    /// two things.
    pub fn parse(text: &str) -> Result<Self, String> {
        let config: Self = toml::from_str(text).map_err(|error| error.to_string())?;
        for (place, upstream) in config.upstreams.iter().enumerate() {
            let earlier = &config.upstreams[..place];
            if earlier.iter().any(|other| other.name == upstream.name) {
                return Err(format!("two upstreams have the name `{}`", upstream.name));
            }
            if let Err(error) = Address::read(&upstream.base_url, None) {
                let (name, url, why) = (&upstream.name, &upstream.base_url, error.source);
                return Err(format!(
                    "upstream `{name}` cannot be asked at `{url}`: {why}"
                ));
            }
            if upstream.concurrency == 0 {
                return Err(format!(
                    "upstream `{}` takes no request at all",
                    upstream.name
                ));
            }
        }
        for (place, model) in config.models.iter().enumerate() {
            if config.models[..place]
                .iter()
                .any(|other| other.asset == model.asset)
            {
                return Err(format!("asset {} stands twice", model.asset));
            }
            let mut earlier = config.models[..place].iter();
            if let Some(name) = &model.name
                && earlier.any(|other| other.name.as_ref() == Some(name))
            {
                return Err(format!("two models have the name `{name}`"));
            }
            let fallbacks = model.fallbacks.iter().map(|it| &it.upstream);
            for name in fallbacks.chain([&model.upstream]) {
                if !config.upstreams.iter().any(|known| known.name == *name) {
                    return Err(format!("asset {} names no upstream: `{name}`", model.asset));
                }
            }
        }
        Ok(config)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_read_and_wrong_names_are_told() {
        let upstream = "[[upstream]]\nname = 'a'\nbase_url = 'http://127.0.0.1:9/v1'\n";
        let model = "[[model]]\nasset = 3\nupstream = 'a'\nmodel = 'm'\n";
        let other = model.replace('3', "4");
        let good = Config::parse(&format!("{upstream}{model}")).unwrap();
        assert_eq!(good.upstreams[0].idle_ms, 60_000);
        assert_eq!(good.models[0].max_output_tokens, 4_096);
        for (text, word) in [
            (model.to_owned(), "names no upstream: `a`"),
            (
                upstream.replace("http://", ""),
                "upstream `a` cannot be asked at `127.0.0.1:9/v1`",
            ),
            (
                upstream.replace("http://", "ftp://"),
                "the scheme `ftp` is not http or https",
            ),
            (format!("{upstream}{upstream}"), "two upstreams"),
            (format!("{upstream}{model}{model}"), "asset 3 stands twice"),
            (
                format!("{upstream}{model}name = 'x'\n{other}name = 'x'\n"),
                "two models have the name `x`",
            ),
            (format!("{upstream}colour = 'red'\n"), "colour"),
            (format!("{upstream}concurrency = 0\n"), "no request"),
        ] {
            let why = Config::parse(&text).unwrap_err();
            assert!(why.contains(word), "{why}");
        }
    }
}
