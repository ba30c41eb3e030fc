//! `headwater asset` and `headwater grant`: the market of a node from the command line.

use anyhow::{Context as _, Result, bail, ensure};
use protocol::command::GrantAllowance;
use protocol::service::{ComposeAsset, PRICED_TOKENS, ServeAsset, TokenPrices};
use protocol::{Amount, AssetId, Command, FundId, GrantId};
use serde_json::{Value, json};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::cli::market::{Allow, Asset, Deposit, Download, Grant, List, Register, Who};
use crate::trader::Trader;

/// Most bytes of a list, and of a content that is read here.
const LIST_BYTES: u64 = 16 << 20;
const CONTENT_BYTES: u64 = 4 << 30;

/// Runs `headwater asset`.
pub fn asset(args: &Asset) -> Result<()> {
    match args {
        Asset::List(list) => find(list),
        Asset::Show { id, url } => {
            let asset = get(url, &format!("api/v1/assets/{id}"))?;
            println!("{}", serde_json::to_string_pretty(&asset)?);
            Ok(())
        }
        Asset::Register(register) => enter(register),
        Asset::Download(download) => fetch(download),
        Asset::Serve {
            who,
            id,
            input,
            output,
            row,
        } => {
            let rows = row.map(|units| u128::from(units).saturating_mul(PRICED_TOKENS));
            serve(
                who,
                *id,
                ((*input).into(), rows.unwrap_or((*output).into())),
            )
        }
        Asset::Compose {
            who,
            id,
            uses,
            most,
        } => compose(who, *id, (uses, *most)),
        Asset::Withdraw { who, id } => {
            let mut trader = Trader::open(&who.url, &who.keys)?;
            let entry = trader.hand_in(Command::WithdrawAsset(AssetId(*id)))?;
            println!("withdrew asset {id}");
            println!("entry    {entry}");
            Ok(())
        }
        Asset::Payout { who } => payout(who),
        Asset::Allow(allow) => set_aside(allow),
        Asset::Key {
            who,
            name,
            budget,
            days,
        } => {
            let budget = budget.map(|units| units.to_string());
            let wish = json!({"name": name, "budget_units": budget, "days": days});
            let trader = Trader::open(&who.url, &who.keys)?;
            let made = trader.ask("POST", "api/v1/me/model-keys", Some(&wish))?;
            println!("{}", text(&made["key"]));
            Ok(())
        }
    }
}

/// `prices` are those of a million tokens asked and answered, rows counting as answered.
fn serve(who: &Who, id: u32, prices: (u128, u128)) -> Result<()> {
    let price = |units: u128| Amount::new(units).context("a price is beyond all money");
    let tokens = match prices {
        (0, 0) => None,
        (input, output) => Some(TokenPrices {
            input_units: price(input)?,
            output_units: price(output)?,
        }),
    };
    let asset = AssetId(id);
    let mut trader = Trader::open(&who.url, &who.keys)?;
    let entry = trader.hand_in(Command::ServeAsset(ServeAsset { asset, tokens }))?;
    println!("serves   asset {id}");
    println!("entry    {entry}");
    Ok(())
}

fn compose(who: &Who, id: u32, (uses, most): (&[u32], u64)) -> Result<()> {
    let mut uses: Vec<AssetId> = uses.iter().copied().map(AssetId).collect();
    uses.sort_unstable();
    uses.dedup();
    let mut trader = Trader::open(&who.url, &who.keys)?;
    let count = uses.len();
    let entry = trader.hand_in(Command::ComposeAsset(ComposeAsset {
        asset: AssetId(id),
        components: uses,
        most_units: Amount::new(most.into()).context("the sum is beyond all money")?,
    }))?;
    println!("composes asset {id} of {count} others, for at most {most} units a call");
    println!("entry    {entry}");
    Ok(())
}

/// Runs `headwater deposit`.
pub fn deposit(args: &Deposit) -> Result<()> {
    let trader = Trader::open(&args.who.url, &args.who.keys)?;
    if args.list {
        return list_deposits(&trader);
    }
    let units = args.units.map(|units| units.to_string());
    let wish = units.map_or_else(|| json!({}), |units| json!({"units": units}));
    let given = trader.ask("POST", "api/v1/me/deposits", Some(&wish))?;
    println!("deposit  {}", given["fund"]);
    println!("holds    {} units of test money", text(&given["units"]));
    Ok(())
}

fn list_deposits(trader: &Trader) -> Result<()> {
    let found = trader.ask("GET", "api/v1/me/deposits", None)?;
    for row in found["deposits"].as_array().into_iter().flatten() {
        let (free, all) = (text(&row["free_units"]), text(&row["units"]));
        println!("{:>6}  {free} of {all} units free", row["fund"]);
    }
    Ok(())
}

fn payout(who: &Who) -> Result<()> {
    let mut trader = Trader::open(&who.url, &who.keys)?;
    let me = trader.ask("GET", "api/v1/me", None)?;
    if me["payout"]["disclosed"] != true {
        let entry = trader.disclose()?;
        println!("wallet   named in entry {entry}; the next final epoch covers it");
        return Ok(());
    }
    let paid = trader.ask("POST", "api/v1/me/claim", None)?;
    println!("wallet   {}", text(&paid["wallet"]));
    println!("paid     {} units", text(&paid["paid_units"]));
    Ok(())
}

fn set_aside(allow: &Allow) -> Result<()> {
    let mut trader = Trader::open(&allow.who.url, &allow.who.keys)?;
    let grant = GrantAllowance {
        asset: AssetId(allow.id),
        fund: FundId(allow.fund),
        cap_units: Amount::new(allow.cap.into()).context("the cap is beyond all money")?,
        expires_ms: after_ms(allow.days)?,
    };
    let entry = trader.hand_in(Command::GrantAllowance(grant))?;
    println!("set aside {} units for asset {}", allow.cap, allow.id);
    println!("entry    {entry}");
    Ok(())
}

/// So many days from now, in milliseconds since 1970.
pub(super) fn after_ms(days: u64) -> Result<u64> {
    let days = Duration::from_secs(days * 24 * 3_600);
    let end = SystemTime::now().duration_since(UNIX_EPOCH)? + days;
    Ok(u64::try_from(end.as_millis())?)
}

/// Runs `headwater grant`.
pub fn grant(args: &Grant) -> Result<()> {
    match args {
        Grant::Buy {
            who,
            asset,
            purpose,
            rows,
            fund,
        } => {
            let mut trader = Trader::open(&who.url, &who.keys)?;
            let wish = json!({"purpose": purpose, "rows": rows, "fund": fund});
            let path = format!("api/v1/assets/{asset}/grants");
            let drawn = trader.ask("POST", &path, Some(&wish))?;
            let entry = trader.enter(&drawn)?;
            println!("bought   {purpose} of asset {asset}");
            println!("paid     {} units", text(&drawn["amount_units"]));
            println!("entry    {entry}");
            Ok(())
        }
        Grant::List { who } => {
            let trader = Trader::open(&who.url, &who.keys)?;
            let grants = trader.ask("GET", "api/v1/me/grants", None)?;
            for row in grants["grants"].as_array().into_iter().flatten() {
                let state = if row["lives"] == true {
                    "lives"
                } else {
                    "over"
                };
                println!(
                    "{:>6}  asset {:<6} {:<14} {state:<6} {}",
                    row["grant"],
                    row["asset"].to_string(),
                    text(&row["purpose"]),
                    text(&row["title"])
                );
            }
            Ok(())
        }
        Grant::Revoke { who, grant } => {
            let mut trader = Trader::open(&who.url, &who.keys)?;
            let entry = trader.hand_in(Command::RevokeGrant(GrantId(*grant)))?;
            println!("revoked  grant {grant}");
            println!("entry    {entry}");
            Ok(())
        }
    }
}

fn find(list: &List) -> Result<()> {
    let asked = [
        ("text", &list.text),
        ("kind", &list.kind),
        ("purpose", &list.purpose),
    ];
    let pairs = asked
        .iter()
        .filter_map(|(name, value)| Some((name, value.as_deref()?)));
    let query: Vec<String> = pairs
        .map(|(name, value)| format!("{name}={}", escaped(value)))
        .collect();
    let found = get(&list.url, &format!("api/v1/assets?{}", query.join("&")))?;
    for row in found["assets"].as_array().into_iter().flatten() {
        let purposes = row["terms"]["purposes"].as_array().into_iter().flatten();
        let purposes: Vec<&str> = purposes.filter_map(Value::as_str).collect();
        println!(
            "{:>6}  {:<10} {}  ({})",
            row["id"],
            text(&row["kind"]),
            text(&row["title"]),
            purposes.join(", ")
        );
    }
    Ok(())
}

fn enter(register: &Register) -> Result<()> {
    let mut trader = Trader::open(&register.who.url, &register.who.keys)?;
    let path = register.content.display();
    let content = std::fs::read(&register.content);
    let content = content.with_context(|| format!("cannot read `{path}`"))?;
    let (content, rows) = trader.upload(content)?;
    let card = register.card.as_ref().map(|path| {
        let card = std::fs::read(path);
        let card = card.with_context(|| format!("cannot read `{}`", path.display()))?;
        trader.upload(card)
    });
    let card = card.transpose()?.map(|(card, _)| card);
    let prices: Result<Vec<Value>> = register.price.iter().map(|text| price(text)).collect();
    let draft = json!({
        "kind": register.kind,
        "title": register.title,
        "content": content,
        "rows": rows,
        "card": card,
        "purposes": register.purpose,
        "prices": prices?,
        "price_units": register.call,
        "token": register.token,
        "license": register.license,
        "floor_ppm": register.floor,
        "parents": register.parent,
        "version_of": register.version_of,
        "revocable": register.revocable,
        "waivers": register.waiver,
        "fund": register.fund,
    });
    let drawn = trader.ask("POST", "api/v1/assets", Some(&draft))?;
    let entry = trader.enter(&drawn)?;
    println!("content  {content}, {rows} rows");
    let owner = trader.account()?;
    println!("owner    account {owner}");
    println!("entry    {entry}");
    if let Some(asset) = numbered(&trader, entry, &content)? {
        println!("asset    {asset}");
    }
    Ok(())
}

/// The number of the asset that an entry has registered, which is the newest with this content.
fn numbered(trader: &Trader, entry: u64, content: &str) -> Result<Option<u64>> {
    let owner = trader.account()?;
    let wait = format!("api/v1/accounts/{owner}?at_least={entry}&wait=30000");
    trader.ask("GET", &wait, None)?;
    let path = format!("api/v1/assets?owner={owner}&limit=20");
    let found = trader.ask("GET", &path, None)?;
    let mut rows = found["assets"].as_array().into_iter().flatten();
    let own = rows.find(|row| row["content"] == *content);
    Ok(own.and_then(|row| row["id"].as_u64()))
}

fn fetch(download: &Download) -> Result<()> {
    let trader = Trader::open(&download.who.url, &download.who.keys)?;
    let purpose = download.purpose.as_deref();
    let query = purpose.map(|purpose| format!("?purpose={}", escaped(purpose)));
    let path = format!(
        "api/v1/assets/{}/download{}",
        download.id,
        query.unwrap_or_default()
    );
    let answer = trader.send("GET", &path, None, CONTENT_BYTES)?;
    if !answer.is_success() {
        let reason = answer.reason().unwrap_or_default();
        bail!("the node answers {}: {reason}", answer.status);
    }
    let shown = download.output.display();
    std::fs::write(&download.output, &answer.body)
        .with_context(|| format!("cannot write `{shown}`"))?;
    println!("wrote    {shown}, {} bytes", answer.body.len());
    Ok(())
}

/// `PURPOSE=FLAT` or `PURPOSE=FLAT+ROW`.
fn price(words: &str) -> Result<Value> {
    let (purpose, sum) = words
        .split_once('=')
        .context("a price is PURPOSE=FLAT or PURPOSE=FLAT+ROW")?;
    let (flat, row) = sum.split_once('+').unwrap_or((sum, "0"));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    ensure!(
        digits(flat) && digits(row),
        "`{sum}` is no number of base units"
    );
    Ok(json!({"purpose": purpose, "flat_units": flat, "row_units": row}))
}

pub(super) fn get(url: &str, path: &str) -> Result<Value> {
    let body = http::Site::new(url)?.get(path, LIST_BYTES)?.body;
    serde_json::from_slice(&body).with_context(|| format!("`{path}` is no JSON"))
}

pub(super) fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// What is no letter or digit, percent-encoded (RFC 3986).
fn escaped(text: &str) -> String {
    let byte = |byte: u8| match byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
        true => char::from(byte).to_string(),
        false => format!("%{byte:02X}"),
    };
    text.bytes().map(byte).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_price_is_flat_or_flat_and_by_row() {
        let read = |text| price(text).unwrap();
        assert_eq!(read("train=100")["row_units"], "0");
        assert_eq!(read("train=100+5")["row_units"], "5");
        for wrong in ["train", "train=", "train=1+", "train=-1", "train=1.5"] {
            assert!(price(wrong).is_err(), "{wrong}");
        }
    }
}
