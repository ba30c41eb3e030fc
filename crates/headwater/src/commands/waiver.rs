//! `headwater waiver`: lower floors of one's own assets, offered to single accounts.

use anyhow::Result;
use serde_json::{Value, json};

use super::market::{after_ms, get, text};
use crate::cli::market::{Offer, Waiver};
use crate::trader::Trader;

/// Runs `headwater waiver`.
pub fn run(args: &Waiver) -> Result<()> {
    match args {
        Waiver::Offer(offer) => waive(offer),
        Waiver::List {
            url,
            asset,
            account,
            open,
        } => {
            let ids = [("asset", asset), ("account", account)];
            let asked = ids.map(|(name, id)| id.map(|id| format!("{name}={id}")));
            let open = open.then(|| "open=true".to_owned());
            let query: Vec<String> = asked.into_iter().chain([open]).flatten().collect();
            let found = get(url, &format!("api/v1/waivers?{}", query.join("&")))?;
            for row in found["waivers"].as_array().into_iter().flatten() {
                println!("{}", waived(row));
            }
            Ok(())
        }
    }
}

fn waive(offer: &Offer) -> Result<()> {
    let mut trader = Trader::open(&offer.who.url, &offer.who.keys)?;
    let wish = json!({
        "account": offer.account,
        "floor_ppm": offer.floor,
        "price_units": offer.price,
        "expires_ms": after_ms(offer.days)?,
    });
    let path = format!("api/v1/assets/{}/waivers", offer.asset);
    let drawn = trader.ask("POST", &path, Some(&wish))?;
    let entry = trader.enter(&drawn)?;
    let (account, floor, asset) = (offer.account, offer.floor, offer.asset);
    println!("offered  account {account} a floor of {floor} ppm on asset {asset}");
    println!("price    {} units, paid when it is used", offer.price);
    println!("entry    {entry}");
    Ok(())
}

/// A waiver in one line.
fn waived(row: &Value) -> String {
    let state = match (row["used_by"].as_u64(), row["open"] == true) {
        (Some(child), _) => format!("used by asset {child}"),
        (None, true) => "open".to_owned(),
        (None, false) => "ended unused".to_owned(),
    };
    format!(
        "{:>6}  account {:<6} pays {} ppm, not {}, to asset {}, for {} units: {state}",
        row["waiver"].to_string(),
        row["account"].to_string(),
        row["floor_ppm"],
        row["demanded_ppm"],
        row["asset"],
        text(&row["price_units"]),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_waiver_is_told_in_one_line() {
        let mut row = json!({"waiver": 3, "account": 12, "floor_ppm": 10_000,
            "demanded_ppm": 50_000, "asset": 4, "price_units": "250", "open": true});
        let start = "     3  account 12     pays 10000 ppm, not 50000, to asset 4, for 250 units: ";
        assert_eq!(waived(&row), format!("{start}open"));
        row["open"] = json!(false);
        assert_eq!(waived(&row), format!("{start}ended unused"));
        row["used_by"] = json!(9);
        assert_eq!(waived(&row), format!("{start}used by asset 9"));
    }
}
