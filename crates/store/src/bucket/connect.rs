//! From a URL and settings to a bucket: which vendor, which endpoint, how long to wait.
use std::sync::{Arc, Mutex};
use std::time::Duration;

use object_store::aws::{AmazonS3Builder, AmazonS3ConfigKey, S3ConditionalPut};
use object_store::azure::{AzureConfigKey, MicrosoftAzureBuilder};
use object_store::gcp::GoogleCloudStorageBuilder;
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{BackoffConfig, ClientOptions, ObjectStore, RetryConfig};
use url::{Host, Url};

use super::Bucket;
use super::runtime::Runtime;
use crate::error::{Error, Result};

/// How long one request may take, its bytes included.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(20);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);

type Settings = Vec<(String, String)>;

pub(super) fn bucket(url: &str, settings: Settings) -> Result<Bucket> {
    let doing = || format!("use the bucket `{url}`");
    let invalid = |why: String| Error::invalid(doing(), why);
    let parsed = Url::parse(url).map_err(|fault| {
        let hint = "hint: write `s3://bucket/prefix`, `gs://bucket/prefix` or `az://container`";
        invalid(format!("it is not a URL ({fault}); {hint}"))
    })?;
    let prefix = Path::parse(parsed.path().trim_matches('/'))
        .map_err(|fault| invalid(format!("its path cannot be a prefix: {fault}")))?;
    // An error says that the process has chosen its cryptography before, which is as good.
    rustls::crypto::ring::default_provider()
        .install_default()
        .ok();
    // The prefix is ours to add.
    let host = parsed.host_str().unwrap_or_default();
    let root = format!("{}://{host}", parsed.scheme());
    let built = |retry: RetryConfig| -> Result<Arc<dyn ObjectStore>> {
        let store = match parsed.scheme() {
            "s3" => s3(&root, &settings, retry),
            "gs" => gcs(&root, &settings, retry),
            "az" => azure(&root, &settings, retry),
            other => {
                let why = format!("`{other}` is none of `s3`, `gs`, `az`, `memory`");
                return Err(invalid(why));
            }
        };
        store.map_err(|fault| invalid(fault.to_string()))
    };
    let (once, patient) = if parsed.scheme() == "memory" {
        let memory: Arc<dyn ObjectStore> = Arc::new(InMemory::new());
        (memory.clone(), memory)
    } else {
        (built(never())?, built(briefly())?)
    };
    Ok(Bucket {
        url: url.to_owned(),
        prefix,
        once,
        patient,
        runtime: Runtime::new()?,
        staged: Mutex::default(),
    })
}

fn s3(
    url: &str,
    settings: &Settings,
    retry: RetryConfig,
) -> object_store::Result<Arc<dyn ObjectStore>> {
    let mut builder = AmazonS3Builder::new().with_client_options(waits());
    for (name, value) in meant_for("AWS_", settings) {
        if let Ok(key) = name.parse() {
            builder = builder.with_config(key, value);
        }
    }
    let keys = [AmazonS3ConfigKey::S3Endpoint, AmazonS3ConfigKey::Endpoint];
    let mut endpoints = keys.iter().filter_map(|key| builder.get_config_value(key));
    if endpoints.any(|endpoint| is_loopback(&endpoint)) {
        builder = builder.with_allow_http(true);
    }
    let builder = builder.with_conditional_put(S3ConditionalPut::ETagMatch);
    Ok(Arc::new(builder.with_retry(retry).with_url(url).build()?))
}

fn gcs(
    url: &str,
    settings: &Settings,
    retry: RetryConfig,
) -> object_store::Result<Arc<dyn ObjectStore>> {
    // The machine's own credentials come by plain HTTP from an address beside it.
    let waits = waits().with_allow_http(true);
    let mut builder = GoogleCloudStorageBuilder::new().with_client_options(waits);
    for (name, value) in meant_for("GOOGLE_", settings) {
        if let Ok(key) = name.parse() {
            builder = builder.with_config(key, value);
        }
    }
    Ok(Arc::new(builder.with_retry(retry).with_url(url).build()?))
}

fn azure(
    url: &str,
    settings: &Settings,
    retry: RetryConfig,
) -> object_store::Result<Arc<dyn ObjectStore>> {
    let mut builder = MicrosoftAzureBuilder::new().with_client_options(waits());
    for (name, value) in meant_for("AZURE_", settings) {
        if let Ok(key) = name.parse() {
            builder = builder.with_config(key, value);
        }
    }
    let endpoint = builder.get_config_value(&AzureConfigKey::Endpoint);
    if endpoint.is_some_and(|endpoint| is_loopback(&endpoint)) {
        builder = builder.with_allow_http(true);
    }
    Ok(Arc::new(builder.with_retry(retry).with_url(url).build()?))
}

/// The settings of one vendor, named as its client parses them.
fn meant_for<'a>(
    vendor: &str,
    settings: &'a Settings,
) -> impl Iterator<Item = (String, &'a String)> {
    let settings = settings.iter();
    let meant = settings.filter(move |(name, _)| name.starts_with(vendor));
    meant.map(|(name, value)| (name.to_ascii_lowercase(), value))
}

/// Plain HTTP needs no permission where the server is on this machine.
fn is_loopback(endpoint: &str) -> bool {
    let endpoint = Url::parse(endpoint).ok();
    match endpoint.as_ref().and_then(Url::host) {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

fn waits() -> ClientOptions {
    ClientOptions::new()
        .with_timeout(REQUEST_TIMEOUT)
        .with_connect_timeout(CONNECT_TIMEOUT)
}

fn never() -> RetryConfig {
    RetryConfig {
        max_retries: 0,
        ..RetryConfig::default()
    }
}

fn briefly() -> RetryConfig {
    RetryConfig {
        backoff: BackoffConfig {
            init_backoff: Duration::from_millis(100),
            max_backoff: Duration::from_secs(2),
            ..BackoffConfig::default()
        },
        max_retries: 5,
        retry_timeout: Duration::from_secs(20),
    }
}
