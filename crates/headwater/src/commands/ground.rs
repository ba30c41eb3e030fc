//! Somebody else's chain, as flags name it: its server, its contracts, and the keys.

use crate::cli::chain::Ground;
use anyhow::{Context as _, Result, anyhow, bail};
use chain::Signer;
use chain::endpoint::{Endpoint, Finality, Patience, Transport, Unanswered};
use chain::error::ErrorKind;
use chain::remote::{Roles, Rules, Time};
use chain::sender::FeeRule;
use chain::signer::{RemoteSigner, keystore, known};
use chain::{Remote, Wallet, suite};
use node::clock::{Clock as _, SystemClock};
use node::office::{Opener, Settling};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// Opens keystores.
pub const PASSWORD: &str = "HEADWATER_KEYSTORE_PASSWORD";
/// Most bytes of an answer: the events of many blocks.
const MOST_ANSWERED: u64 = 64 << 20;
/// How long a request may take, in milliseconds.
const REQUEST_MS: u64 = 20_000;
/// The same where others would wait meanwhile: a chain that does not answer is asked once, and then
/// left alone for a while.
const SHORT_REQUEST_MS: u64 = 8_000;
/// How long the steward waits for a block before it does something else, in milliseconds.
const PATIENCE_MS: u64 = 2_000;

/// A server behind a URL, which may hold a secret: only scheme, host and port are ever shown.
struct Server {
    client: http::Client,
    url: String,
    shown: String,
}

impl Server {
    fn new(url: String, request_ms: u64) -> Result<Self> {
        let client = http::Client::new(http::Settings {
            request_ms,
            attempts: 1,
            ..http::Settings::default()
        });
        let shown = shown(&url);
        let named = client.check(&url);
        named.map_err(|_| {
            anyhow!("`{shown}` is no address of a server\nhint: it begins with http:// or https://")
        })?;
        Ok(Self { client, url, shown })
    }
}

impl Transport for Server {
    fn post(&self, body: Vec<u8>) -> std::result::Result<Vec<u8>, Unanswered> {
        let answer = self
            .client
            .post(&self.url, "application/json", body, MOST_ANSWERED);
        let answer = answer.map_err(|error| Unanswered {
            passing: error.kind == http::Kind::Unavailable,
            why: error.source.to_string().replace(&self.url, &self.shown),
        })?;
        // Servers put JSON-RPC errors behind any status; what is no JSON has only the status.
        if answer.is_success() || answer.body.first() == Some(&b'{') {
            return Ok(answer.body);
        }
        Err(Unanswered {
            passing: matches!(answer.status, 429 | 500..=599),
            why: format!("it answers with status {}", answer.status),
        })
    }

    fn server(&self) -> String {
        self.shown.clone()
    }
}

/// A URL without anything that may be secret: keys stand in its name, its path and its query.
pub fn shown(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else {
        // The name of a variable tells nothing of what it holds.
        let is_name = url.starts_with("env:");
        return if is_name { url } else { "***" }.to_owned();
    };
    let place = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let place = place.rsplit_once('@').map_or(place, |(_, place)| place);
    format!("{scheme}://{place}")
}

/// The machine's clock.
pub struct Machine;

impl Time for Machine {
    fn now_ms(&self) -> u64 {
        SystemClock.now_ms()
    }

    fn pause(&self, milliseconds: u64) {
        std::thread::park_timeout(Duration::from_millis(milliseconds));
    }
}

/// A server by its address, or by the variable that holds it.
pub fn endpoint(url: &str) -> Result<Endpoint> {
    endpoint_of(url, REQUEST_MS, Patience::default())
}

/// A server as a flag names it, with the first block that may hold an event of the contracts:
/// `URL`, or `URL#BLOCK`.
pub fn server(named: &str) -> Result<(Endpoint, u64)> {
    let (url, block) = named.rsplit_once('#').unwrap_or((named, "0"));
    let from_block = block.parse().with_context(|| {
        format!(
            "`{block}` behind `{}` is no number of a block\nhint: leave `#` away to read from the \
             first one",
            shown(url)
        )
    })?;
    Ok((endpoint(url)?, from_block))
}

fn endpoint_of(url: &str, request_ms: u64, patience: Patience) -> Result<Endpoint> {
    let url = match url.strip_prefix("env:") {
        Some(name) => variable(name)?,
        None => url.to_owned(),
    };
    let server = Arc::new(Server::new(url, request_ms)?);
    Ok(Endpoint::new(server, patience))
}

fn variable(name: &str) -> Result<String> {
    std::env::var(name).map_err(|_| {
        anyhow!("the variable `{name}` is not set\nhint: set it in the environment of the node")
    })
}

/// A key as a flag names it.
pub fn key(named: &str) -> Result<Arc<dyn Signer>> {
    let (kind, rest) = named.split_once(':').unwrap_or(("", named));
    match kind {
        "env" => Ok(Arc::new(secret(&variable(rest)?, rest)?)),
        "keystore" => {
            let file = std::fs::read_to_string(rest);
            let file = file.with_context(|| format!("cannot read the keystore `{rest}`"))?;
            let opened = keystore::open(&file, &variable(PASSWORD)?);
            Ok(Arc::new(opened.with_context(|| format!("`{rest}`"))?))
        }
        "signer" => {
            let (url, address) = rest.rsplit_once('#').with_context(form)?;
            let server = Arc::new(Server::new(url.to_owned(), REQUEST_MS)?);
            Ok(Arc::new(RemoteSigner::new(server, self::address(address)?)))
        }
        // What was written may be the key itself: it is not repeated.
        _ => Err(anyhow!(form())),
    }
}

fn form() -> String {
    "a key is named by env:NAME, keystore:FILE or signer:URL#ADDRESS\n\
     hint: never put the key itself in a file of settings or on a command line"
        .to_owned()
}

fn secret(digits: &str, name: &str) -> Result<Wallet> {
    let bytes = hex::decode(digits.trim().trim_start_matches("0x")).ok();
    let secret: Option<[u8; 32]> = bytes.and_then(|bytes| bytes.try_into().ok());
    let secret = secret.with_context(|| {
        format!("`{name}` holds no key\nhint: 64 hex digits, with or without 0x")
    })?;
    Ok(Wallet::new(&secret)?)
}

/// An address in hex.
pub fn address(text: &str) -> Result<[u8; 20]> {
    let bytes = text.strip_prefix("0x").and_then(|it| hex::decode(it).ok());
    let address = bytes.and_then(|bytes| bytes.try_into().ok());
    address.with_context(|| format!("`{text}` is no address\nhint: 0x and 40 hex digits"))
}

/// Refuses keys that everybody has where money is real.
pub fn is_own(chain_id: u64, role: &str, address: [u8; 20]) -> Result<()> {
    if known::is_devnet(chain_id) || !known::is_everybodys(address) {
        return Ok(());
    }
    bail!(
        "the {role} key `0x{}` is one that everybody knows, and chain `{chain_id}` is no devnet\n\
         hint: make a key of your own; nothing was sent",
        hex::encode(address)
    );
}

/// The chain that flags name, checked and opened; none where a node settles on its own.
pub fn open(flags: &Ground, dir: &Path) -> Result<Option<Settling>> {
    open_in(flags, &dir.join("chain"), flags.further.is_empty())
}

/// What a node keeps of one of its further chains, in the node's directory.
pub fn dir_of(dir: &Path, id: u64) -> PathBuf {
    dir.join(format!("chain-{id}"))
}

/// Whether a chain was not opened only because its server does not answer now.
pub fn is_away(error: &anyhow::Error) -> bool {
    let of_chain = error
        .chain()
        .find_map(|it| it.downcast_ref::<chain::Error>());
    of_chain.is_some_and(|error| error.kind == ErrorKind::Unavailable)
}

/// Opens any of the chains by its number, for a node that runs and could not reach it before. It
/// is asked once, since others wait meanwhile.
pub fn opener(flags: Ground, dir: PathBuf) -> Opener {
    Box::new(move |id| {
        let first = (&flags, dir.join("chain"));
        let further = flags.further.iter();
        let further = further.map(|own| (own, dir_of(&dir, id)));
        let own = [first].into_iter().chain(further);
        let mut own = own.filter(|(own, _)| own.chain_id == Some(id));
        let Some((own, dir)) = own.next() else {
            return Ok(None);
        };
        open_in(own, &dir, false).map_err(|error| chain::Error::busy(format!("{error:#}")))
    })
}

/// The chains beside it, each with a directory of its own. Those that cannot be opened stand among
/// the second, and no other waits for them.
pub fn further(flags: &Ground, dir: &Path) -> (Vec<Settling>, Vec<anyhow::Error>) {
    let (mut opened, mut failed) = (Vec::new(), Vec::new());
    for own in &flags.further {
        let id = own.chain_id.unwrap_or_default();
        match open_in(own, &dir_of(dir, id), false) {
            Ok(chain) => opened.extend(chain),
            Err(error) => {
                failed.push(error.context(format!("cannot settle on chain `{id}` now")));
            }
        }
    }
    (opened, failed)
}

fn open_in(flags: &Ground, dir: &Path, is_alone: bool) -> Result<Option<Settling>> {
    let Some(url) = &flags.chain_rpc_url else {
        return Ok(None);
    };
    let id = flags.chain_id.context("`chain.chain_id` is missing")?;
    let roles = roles(flags, id)?;
    let once = Patience {
        attempts: 1,
        ..Patience::default()
    };
    let endpoint = match is_alone {
        true => endpoint(url)?,
        false => endpoint_of(url, SHORT_REQUEST_MS, once)?,
    };
    chain::remote::is_chain(&endpoint, id)?;
    let settlement = flags.chain_settlement.as_deref().unwrap_or_default();
    let deployment = suite::found(&endpoint, address(settlement)?)?;
    for token in &deployment.tokens {
        suite::decimals(&endpoint, *token)?;
    }
    let finality = flags.chain_confirmations;
    let rules = Rules {
        chain_id: id,
        finality: finality.map_or(Finality::Marked, Finality::Depth),
        from_block: flags.chain_from_block,
        fee: FeeRule {
            most_wei_per_gas: u128::from(flags.chain_max_fee_gwei) * 1_000_000_000,
            ..FeeRule::default()
        },
        log_id: chain::deployment::LOG_ID,
        poll_ms: flags.chain_poll,
        patience_ms: PATIENCE_MS,
    };
    // A chain without the mark is refused now rather than at its first deposit.
    rules.finality.block(&endpoint)?;
    let named = (rules, roles.clone());
    let remote = Remote::open(dir, endpoint, named, Arc::new(Machine), &deployment)?;
    let chain = Settling::remote(remote, deployment);
    let terms = chain.terms()?;
    let held = [
        ("post", terms.poster, roles.post.address()),
        ("debit", terms.debitor, roles.debit.address()),
    ];
    for (role, wanted, given) in held {
        if wanted != given {
            bail!(
                "the contracts want `0x{}` to {role}, and the {role} key is `0x{}`\n\
                 hint: name the key that the contracts were deployed with, or rotated to",
                hex::encode(wanted),
                hex::encode(given)
            );
        }
    }
    Ok(Some(chain))
}

/// What can be told without asking anybody: the form of addresses and names of keys.
pub fn check(flags: &Ground) -> Result<()> {
    flags.further.iter().try_for_each(check)?;
    if let Some(settlement) = &flags.chain_settlement {
        address(settlement)?;
    }
    if let Some(url) = flags
        .chain_rpc_url
        .as_ref()
        .filter(|it| !it.starts_with("env:"))
    {
        Server::new(url.clone(), REQUEST_MS)?;
    }
    let keys = [
        &flags.chain_post_key,
        &flags.chain_debit_key,
        &flags.chain_relay_key,
    ];
    for named in keys.into_iter().flatten() {
        let kind = named.split_once(':').map(|(kind, _)| kind);
        if !matches!(kind, Some("env" | "keystore" | "signer")) {
            bail!(form());
        }
    }
    Ok(())
}

fn roles(flags: &Ground, id: u64) -> Result<Roles> {
    let named = |role: &str, named: &Option<String>| -> Result<Arc<dyn Signer>> {
        let named = named.as_deref().unwrap_or_default();
        let signer = key(named).with_context(|| format!("cannot use the {role} key"))?;
        is_own(id, role, signer.address())?;
        Ok(signer)
    };
    let roles = Roles {
        post: named("post", &flags.chain_post_key)?,
        debit: named("debit", &flags.chain_debit_key)?,
        relay: named("relay", &flags.chain_relay_key)?,
    };
    let addresses = [&roles.post, &roles.debit, &roles.relay].map(|role| role.address());
    if addresses[0] == addresses[1] || addresses[1] == addresses[2] || addresses[0] == addresses[2]
    {
        bail!(
            "two roles have one key, so that its thief could post and debit\n\
             hint: name a key of its own for each of post, debit and relay"
        );
    }
    Ok(roles)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_secret_of_a_url_is_shown() {
        for (url, expected) in [
            (
                "https://user:word@rpc.example:8443/v3/KEY?k=1",
                "https://rpc.example:8443",
            ),
            ("https://rpc.example/KEY", "https://rpc.example"),
            ("http://127.0.0.1:8545", "http://127.0.0.1:8545"),
            ("KEY", "***"),
            ("env:RPC_URL", "env:RPC_URL"),
        ] {
            assert_eq!(shown(url), expected);
        }
    }

    #[test]
    fn a_key_on_the_command_line_is_refused_and_not_repeated() {
        let digits = "4f".repeat(32);
        let error = key(&digits).err().unwrap().to_string();
        assert!(
            error.contains("env:NAME") && !error.contains("4f4f"),
            "{error}"
        );
    }

    #[test]
    fn a_key_that_everybody_has_is_for_devnets() {
        let first = address("0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266").unwrap();
        is_own(31_337, "post", first).unwrap();
        let error = is_own(11_155_111, "post", first).unwrap_err().to_string();
        assert!(error.contains("everybody knows"), "{error}");
    }
}
