//! Scripts and styles, which are part of the program and known by their hash.

use axum::extract::Path;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::problem::Problem;

const SCRIPT: &str = "text/javascript; charset=utf-8";

macro_rules! file {
    ($name:literal, $kind:expr) => {
        (
            $name,
            $kind,
            include_bytes!(concat!("../../static/", $name)),
        )
    };
}

/// Name, type, bytes.
const FILES: &[(&str, &str, &[u8])] = &[
    file!("style.css", "text/css; charset=utf-8"),
    file!("icon.svg", "image/svg+xml"),
    file!("api.js", SCRIPT),
    file!("appeals.js", SCRIPT),
    file!("cbor.js", SCRIPT),
    file!("commitment.js", SCRIPT),
    file!("earnings.js", SCRIPT),
    file!("form.js", SCRIPT),
    file!("keys.js", SCRIPT),
    file!("live.js", SCRIPT),
    file!("login.js", SCRIPT),
    file!("market.js", SCRIPT),
    file!("me.js", SCRIPT),
    file!("page.js", SCRIPT),
    file!("passkey.js", SCRIPT),
    file!("people.js", SCRIPT),
    file!("player.js", SCRIPT),
    file!("register.js", SCRIPT),
    file!("review.js", SCRIPT),
    file!("rows.js", SCRIPT),
    file!("rules.js", SCRIPT),
    file!("seal.js", SCRIPT),
    file!("sign.js", SCRIPT),
    file!("steer.js", SCRIPT),
    file!("wallet.js", SCRIPT),
    file!("wizard.js", SCRIPT),
];

/// `GET /static/{name}`: asked for again with the hash that is known, and then not sent again.
pub(super) async fn asset(
    Path(name): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let found = FILES.iter().find(|(own, _, _)| *own == name);
    let Some((_, kind, bytes)) = found else {
        return Err(Problem::missing(format!("there is no `/static/{name}`")));
    };
    let digest = proof::hash::sha256(&[bytes]);
    let digits: String = digest[..12]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let tag =
        HeaderValue::try_from(format!("\"{digits}\"")).expect("hex digits are a header value");
    let known = headers.get(header::IF_NONE_MATCH) == Some(&tag);
    let mut response = if known {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        bytes.into_response()
    };
    let own = response.headers_mut();
    own.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    own.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    own.insert(header::ETAG, tag);
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::FILES;

    #[test]
    fn every_file_of_the_folder_is_served_and_every_import_is_there() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/static");
        let mut names: Vec<String> = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        let mut served: Vec<&str> = FILES.iter().map(|(name, _, _)| *name).collect();
        served.sort_unstable();
        assert_eq!(names, served);
        for (name, _, bytes) in FILES {
            let text = str::from_utf8(bytes).unwrap();
            for import in text.split(" from \"./").skip(1) {
                let import = import.split('"').next().unwrap();
                assert!(served.contains(&import), "`{name}` imports `{import}`");
            }
        }
    }
}
