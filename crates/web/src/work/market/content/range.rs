//! Which bytes of a content are asked for, by the header `Range` (RFC 9110, 14).

use axum::http::{HeaderMap, StatusCode, header};

use crate::problem::Problem;

/// First byte and length of what is asked for; the third says whether it is a part.
pub(super) fn ranged(headers: &HeaderMap, bytes: u64) -> Result<(u64, u64, bool), Problem> {
    let asked = headers
        .get(header::RANGE)
        .and_then(|range| range.to_str().ok());
    let asked = asked.and_then(|range| range.strip_prefix("bytes="));
    // Several ranges, and units that are not bytes, may be answered with all of it.
    let Some((first, last)) = asked.and_then(|range| range.split_once('-')) else {
        return Ok((0, bytes, false));
    };
    if last.contains(',') {
        return Ok((0, bytes, false));
    }
    let (first, last) = (first.trim(), last.trim());
    let found = match (first.parse::<u64>(), last.parse::<u64>()) {
        (Ok(first), Ok(last)) if first <= last => Some((first, last.min(bytes.saturating_sub(1)))),
        (Ok(first), Err(_)) if last.is_empty() => Some((first, bytes.saturating_sub(1))),
        (Err(_), Ok(count)) if first.is_empty() && count > 0 => {
            Some((bytes.saturating_sub(count), bytes.saturating_sub(1)))
        }
        _ => None,
    };
    match found {
        Some((first, last)) if first < bytes => Ok((first, last - first + 1, true)),
        _ => {
            let detail = format!("the content has {bytes} bytes, and none of them are asked for");
            Err(Problem::new(
                StatusCode::RANGE_NOT_SATISFIABLE,
                "bad_range",
                detail,
            ))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    #[test]
    fn ranges_are_read_as_rfc_9110_has_them() {
        let asked = |range: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::RANGE, HeaderValue::from_static(range));
            ranged(&headers, 10).map_err(|problem| problem.status().as_u16())
        };
        let cases = [
            ("bytes=0-3", Ok((0, 4, true))),
            ("bytes=4-", Ok((4, 6, true))),
            ("bytes=-3", Ok((7, 3, true))),
            ("bytes=-30", Ok((0, 10, true))),
            ("bytes=8-99", Ok((8, 2, true))),
            ("bytes=10-", Err(416)),
            ("bytes=5-4", Err(416)),
            ("bytes=-0", Err(416)),
            ("bytes=x-y", Err(416)),
            ("bytes=0-1,3-4", Ok((0, 10, false))),
            ("rows=1-2", Ok((0, 10, false))),
        ];
        for (range, expected) in cases {
            assert_eq!(asked(range), expected, "{range}");
        }
        assert_eq!(ranged(&HeaderMap::new(), 10).unwrap(), (0, 10, false));
    }
}
