//! Scripts and styles, which are part of the program and known by their hash.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use axum::extract::Path;
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};

use super::bundle::bundle;
use super::shell::Compressible;
use super::words::Words;
use crate::problem::Problem;

const SCRIPT: &str = "text/javascript; charset=utf-8";
const STYLE: &str = "text/css; charset=utf-8";
const JSON: &str = "application/json";
/// For what its address names by its hash; else it is asked for again each time.
const FOR_GOOD: &str = "public, max-age=31536000, immutable";

macro_rules! files {
    ($($name:literal)*) => {
        &[$(($name, include_str!(concat!("../../static/", $name)))),*]
    };
}

/// All files of the folder: name and text.
const FILES: &[(&str, &str)] = files!(
    "api.js" "appeals.js" "base.css" "cbor.js" "chart.css" "check.js" "commitment.js" "deposit.js"
    "design.js" "earnings.js" "form.js" "icon.svg" "keys.js" "live.js" "login.js" "market.js"
    "me.js" "page.js" "pan.js" "parts.css" "passkey.js" "people.js" "play.js" "player.css"
    "player.js" "register.js" "review.js" "rows.js" "rules.js" "seal.js" "sign.js" "steer.js"
    "story.css" "tokens.css" "trust.css" "ui.js" "verify.js" "wallet.js" "widget-choice.js"
    "widget-choices.js" "widget-comparison.js" "widget-rating.js" "widget-text.js" "widgets.js"
    "wizard.js" "words.js"
);

/// The sheet that every page loads, put together from these in this order.
const SHEET: &str = "style.css";
const SHEETS: &[&str] = &[
    "tokens.css",
    "base.css",
    "parts.css",
    "story.css",
    "player.css",
];

/// The sheet of pages with pictures, likewise.
pub(super) const PICTURES: &str = "pictures.css";
const PICTURE_SHEETS: &[&str] = &["chart.css", "trust.css"];

struct Served {
    kind: &'static str,
    text: String,
    /// Of the text, twelve bytes in hex digits.
    hash: String,
    /// Keys of the catalogue that it names, where it is a script.
    keys: BTreeSet<&'static str>,
}

fn text(name: &str) -> Option<&'static str> {
    let found = FILES.iter().find(|(own, _)| *own == name);
    found.map(|(_, text)| *text)
}

/// What is served by which name: scripts with all that they import, two sheets, the icon, and for
/// each language why something did not work, which scripts ask for once something has not.
fn served() -> &'static BTreeMap<String, Served> {
    static SERVED: OnceLock<BTreeMap<String, Served>> = OnceLock::new();
    SERVED.get_or_init(|| {
        let scripts = FILES.iter().filter(|(name, _)| name.ends_with(".js"));
        let scripts = scripts.map(|(name, _)| {
            let text = bundle(name, &text).unwrap_or_else(|fault| panic!("{fault}"));
            ((*name).to_owned(), SCRIPT, text)
        });
        let whole = |parts: &[&str]| parts.iter().filter_map(|name| text(name)).collect();
        let icon = text("icon.svg").unwrap_or_default().to_owned();
        let others = [
            (SHEET.to_owned(), STYLE, whole(SHEETS)),
            (PICTURES.to_owned(), STYLE, whole(PICTURE_SHEETS)),
            ("icon.svg".to_owned(), "image/svg+xml", icon),
        ];
        let whys = Words::all().filter_map(|(code, _)| {
            let text = Words::named(code)?.problems();
            Some((format!("why-{code}.json"), JSON, text))
        });
        let all = scripts.chain(others).chain(whys);
        let all = all.map(|(name, kind, text)| {
            let digest = proof::hash::sha256(&[text.as_bytes()]);
            let hash = digest[..12]
                .iter()
                .map(|byte| format!("{byte:02x}"))
                .collect();
            let keys = match kind {
                SCRIPT => Words::named_by(&text),
                _ => BTreeSet::new(),
            };
            let own = Served {
                kind,
                text,
                hash,
                keys,
            };
            (name, own)
        });
        all.collect()
    })
}

/// Where a page finds a file: an address that changes with its text.
pub(super) fn address(name: &str) -> String {
    match served().get(name) {
        Some(own) => format!("/static/{name}?v={}", own.hash),
        None => format!("/static/{name}"),
    }
}

/// The texts that some scripts name, as JSON; `None` where they name none.
pub(super) fn texts(words: Words, scripts: &[&str]) -> Option<String> {
    let own = scripts.iter().filter_map(|name| served().get(*name));
    let keys: BTreeSet<&'static str> = own.flat_map(|own| own.keys.iter().copied()).collect();
    (!keys.is_empty()).then(|| words.script(&keys))
}

/// `GET /static/{name}`: for good where the address has the hash; else asked for again with the
/// hash that is known, and then not sent again.
pub(super) async fn asset(
    Path(name): Path<String>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let found = served().get(name.as_str());
    let Some(Served {
        kind, text, hash, ..
    }) = found
    else {
        return Err(Problem::missing(format!("there is no `/static/{name}`")));
    };
    let quoted = format!("\"{hash}\"");
    let tag = HeaderValue::try_from(quoted).expect("hex digits are a header value");
    let known = headers.get(header::IF_NONE_MATCH) == Some(&tag);
    let mut response = if known {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        text.as_str().into_response()
    };
    response.extensions_mut().insert(Compressible);
    let named = uri.query().and_then(|query| query.strip_prefix("v=")) == Some(hash);
    let kept = if named { FOR_GOOD } else { "no-cache" };
    let own = response.headers_mut();
    own.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    own.insert(header::CACHE_CONTROL, HeaderValue::from_static(kept));
    own.insert(header::ETAG, tag);
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_of_the_folder_is_served_alone_or_within_another() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/static");
        let mut names: Vec<String> = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        let known: Vec<&str> = FILES.iter().map(|(name, _)| *name).collect();
        assert_eq!(names, known, "sorted, and none is left out");
        for name in names.iter().filter(|name| name.ends_with(".css")) {
            let is_part =
                SHEETS.contains(&name.as_str()) || PICTURE_SHEETS.contains(&name.as_str());
            assert!(is_part, "{name} is in no sheet");
        }
    }

    #[test]
    fn no_script_asks_for_another() {
        for (name, own) in served().iter().filter(|(_, own)| own.kind == SCRIPT) {
            for line in own.text.lines() {
                let asks = line.starts_with("import ") || line.starts_with("export ");
                assert!(!asks, "{name}: {line}");
            }
            assert!(!own.text.contains("innerHTML ="), "{name} writes HTML");
        }
    }

    #[test]
    fn a_page_brings_the_texts_that_its_scripts_name_and_no_others() {
        let own = |code: &str, scripts: &[&str]| texts(Words::named(code).unwrap(), scripts);
        let steer = own("zh", &["live.js", "steer.js"]).unwrap();
        assert!(steer.contains("\"paused\":\"已暂停"), "{steer}");
        assert!(
            !steer.contains("key-choose") && !steer.contains("js."),
            "{steer}"
        );
        // A text of a page has one name for both.
        assert!(
            steer.contains("\"dashboard.the-running-round-is\":"),
            "{steer}"
        );
        // What a script imports speaks too.
        assert!(own("es", &["market.js"]).unwrap().contains("\"insecure\""));
        assert!(
            own("en", &["player.js"])
                .unwrap()
                .contains("\"key-choose\"")
        );
        assert_eq!(own("en", &["live.js", "nothing.js"]), None);
    }

    #[test]
    fn why_something_did_not_work_is_there_in_every_language() {
        for (code, name) in Words::all() {
            let own = &served()[&format!("why-{code}.json")];
            let known: serde_json::Value = serde_json::from_str(&own.text).unwrap();
            let texts = &known["texts"];
            let count = texts.as_object().unwrap().len();
            assert!(count > 200, "{name}: {count}");
            let missing = texts["error.not-found"].as_str().unwrap();
            assert!(missing.contains("{detail}"), "{name}");
            assert!(texts["told.no-campaign"].is_string(), "{name}");
            assert!(texts["setting.price-units"].is_string(), "{name}");
            assert_eq!(known["joints"].as_array().unwrap().len(), 3, "{name}");
        }
    }

    #[test]
    fn an_address_changes_with_the_text() {
        let (before, hash) = address("player.js").split_once("?v=").map_or_else(
            || panic!("no hash"),
            |(path, hash)| (path.to_owned(), hash.to_owned()),
        );
        assert_eq!(before, "/static/player.js");
        assert_eq!(hash.len(), 24);
        assert_eq!(address("nothing.js"), "/static/nothing.js");
    }
}
