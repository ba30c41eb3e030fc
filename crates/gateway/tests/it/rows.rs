//! Rows of tables: by a key and within calls, paid by the row, and each refusal of them.

use crate::composed::{cost, document, failed};
use crate::house::{KEY, header};
use crate::program::{Works, held};
use crate::shop::{
    APART, FEE, PART, PICTURE, PROGRAMS, ROWS, SHOWN, TABLE, TAUGHT, TWOFOLD, rows_price,
};
use bytes::Bytes;
use gateway::{Asked, Reply};
use protocol::usage::{TokenSource, Tokens};
use serde_json::{Value, json};

fn works() -> (tempfile::TempDir, Works) {
    let dir = tempfile::tempdir().unwrap();
    let works = Works::open(dir.path(), 1_000_000);
    (dir, works)
}

/// Asks for rows with a key; what else the request brings comes from `more`.
fn rows(works: &Works, asset: u32, mut body: Value, more: Asked) -> Reply {
    body["model"] = format!("asset-{asset}").into();
    works.ask(Asked {
        posts: true,
        path: "rows".to_owned(),
        bearer: Some(KEY.to_owned()),
        body: Bytes::from(body.to_string()),
        ..more
    })
}

fn code(works: &Works, reply: Reply) -> (u16, String) {
    let status = reply.status;
    (status, failed(works, reply).0)
}

#[test]
fn rows_are_paid_one_by_one() {
    let (_dir, works) = works();
    let mut reply = rows(
        &works,
        TABLE,
        json!({"from": 1, "limit": 2}),
        Asked::default(),
    );
    let told = document(&works, &mut reply);
    assert_eq!(told["data"], json!([{"n": 1}, {"n": 2}]));
    assert_eq!(
        (&told["next"], &told["usage"]),
        (&json!(3), &json!({"rows": 2}))
    );
    assert_eq!((&told["object"], reply.status), (&json!("list"), 200));
    assert_eq!(cost(&reply), rows_price(TABLE, 2));
    let receipt = works.open_receipt(header(&reply, "x-headwater-receipt"));
    let counted = Tokens {
        input: 0,
        output: 2,
        source: TokenSource::Counted,
    };
    assert_eq!((receipt.row.tokens, receipt.tree), (Some(counted), None));
    // The end of the table, and a question that nothing fits: the use alone is paid.
    let mut reply = rows(&works, TABLE, json!({"from": 4}), Asked::default());
    assert_eq!(document(&works, &mut reply)["next"], Value::Null);
    assert_eq!(cost(&reply), rows_price(TABLE, 2));
    let mut reply = rows(&works, TABLE, json!({"where": {"n": 9}}), Asked::default());
    assert_eq!(document(&works, &mut reply)["data"], json!([]));
    assert_eq!(cost(&reply), rows_price(TABLE, 0));
    let mut reply = rows(
        &works,
        TABLE,
        json!({"where": {"n": "4"}}),
        Asked::default(),
    );
    assert_eq!(document(&works, &mut reply)["data"], json!([{"n": 4}]));
    assert_eq!(works.due(), [(TABLE, 5 + 4 * rows_price(TABLE, 0))].into());
}

#[test]
fn a_second_try_under_the_same_key_costs_nothing_more() {
    let (_dir, works) = works();
    let once = |limit: u64| {
        let more = Asked {
            once: Some("one".to_owned()),
            ..Asked::default()
        };
        rows(&works, TABLE, json!({"limit": limit}), more)
    };
    let (mut first, mut again) = (once(3), once(3));
    assert_eq!(document(&works, &mut first), document(&works, &mut again));
    let receipt = |reply: &Reply| header(reply, "x-headwater-receipt").to_owned();
    assert_eq!(receipt(&first), receipt(&again));
    assert_eq!(
        code(&works, once(4)),
        (409, "idempotency_key_reused".to_owned())
    );
    assert_eq!(works.due(), [(TABLE, rows_price(TABLE, 3))].into());
}

#[test]
fn what_is_no_question_for_rows_is_refused_and_costs_nothing() {
    let (_dir, works) = works();
    let purpose = |word: &str| Asked {
        purpose: Some(word.to_owned()),
        ..Asked::default()
    };
    let none = Asked::default;
    for (asset, body, more, expected) in [
        (TABLE, json!({"limit": 0}), none(), (400, "missing_field")),
        (
            TABLE,
            json!({"limit": 1_001}),
            none(),
            (400, "missing_field"),
        ),
        (TABLE, json!({"from": "x"}), none(), (400, "missing_field")),
        (TABLE, json!({"where": []}), none(), (400, "missing_field")),
        (TABLE, json!({"filter": {}}), none(), (400, "unknown_field")),
        (
            TABLE,
            json!({"where": {"m": 1}}),
            none(),
            (400, "unknown_column"),
        ),
        (PICTURE, json!({}), none(), (400, "not_a_table")),
        (1, json!({}), none(), (400, "route_not_supported")),
        (PROGRAMS, json!({}), none(), (400, "route_not_supported")),
        (SHOWN, json!({}), none(), (403, "licence_denied")),
        (
            SHOWN,
            json!({}),
            purpose("display"),
            (403, "licence_denied"),
        ),
        (TAUGHT, json!({}), purpose("train"), (403, "licence_denied")),
        (PART, json!({"from": 2}), none(), (403, "licence_denied")),
        (99, json!({}), none(), (404, "model_not_found")),
    ] {
        let shown = format!("{body} of asset {asset}");
        let reply = rows(&works, asset, body, more);
        let (status, code) = code(&works, reply);
        assert_eq!((status, code.as_str()), expected, "{shown}");
    }
    // A table answers nothing but rows.
    let reply = works.call(TABLE, "hello", none());
    assert_eq!(code(&works, reply), (400, "route_not_supported".to_owned()));
    assert!(works.due().is_empty());
    // Terms with several purposes need none to be named: rows are read for one alone.
    assert_eq!(rows(&works, TAUGHT, json!({}), none()).status, 200);
}

#[test]
fn as_many_rows_as_were_asked_for_must_be_affordable() {
    let (_dir, works) = works();
    let none = Asked::default;
    let most_units = Some("12".to_owned());
    let limited = Asked {
        most_units,
        ..none()
    };
    let reply = rows(&works, TABLE, json!({"limit": 10}), limited);
    assert_eq!(code(&works, reply), (402, "price_above_limit".to_owned()));
    let poor = tempfile::tempdir().unwrap();
    let poor = Works::open(poor.path(), rows_price(TABLE, 3) - 1);
    let reply = rows(&poor, TABLE, json!({"limit": 3}), none());
    assert_eq!(code(&poor, reply), (402, "insufficient_credit".to_owned()));
    assert_eq!(rows(&poor, TABLE, json!({"limit": 2}), none()).status, 200);
}

#[test]
fn a_licence_for_some_rows_reads_those() {
    let (_dir, works) = works();
    let mut reply = rows(&works, PART, json!({"from": 1}), Asked::default());
    let told = document(&works, &mut reply);
    assert_eq!(
        (&told["data"], &told["next"]),
        (&json!([{"n": 1}]), &json!(2))
    );
    assert_eq!(cost(&reply), rows_price(PART, 1));
}

#[test]
fn a_call_buys_rows_and_its_receipts_add_up() {
    let (_dir, works) = works();
    let steps = format!("use 1\nrows {TABLE} 4\ncall 11 (rows {TABLE} 9)");
    let reply = works.call(PROGRAMS, &steps, Asked::default());
    let receipts = works.receipts(&reply);
    let (nodes, sums) = held(&receipts);
    let shape: Vec<(usize, u32)> = nodes
        .iter()
        .map(|node| (node.depth, node.receipt.asset.0))
        .collect();
    assert_eq!(shape, [(0, 10), (1, 1), (1, TABLE), (1, 11), (2, TABLE)]);
    let table = rows_price(TABLE, 4) + rows_price(TABLE, ROWS);
    assert_eq!(sums, [(1, 11), (10, FEE), (11, FEE), (TABLE, table)].into());
    assert_eq!(cost(&reply), 2 * FEE + 11 + table);
    assert_eq!(works.due(), sums);
    // All of it is the caller's own allowance for the program.
    assert!(receipts.iter().all(|it| it.row.allowance == PROGRAMS));
    let leaf = nodes[2].receipt.tree.unwrap();
    assert_eq!((leaf.call, leaf.children), (None, 0));
}

#[test]
fn a_call_reads_only_what_it_may() {
    let (_dir, works) = works();
    for (asset, status, code) in [
        (APART, 403, "not_declared"),
        (SHOWN, 403, "licence_denied"),
        (PICTURE, 400, "not_a_table"),
        (1, 400, "route_not_supported"),
    ] {
        works.call(PROGRAMS, &format!("rows {asset} 1"), Asked::default());
        assert_eq!(works.had(), [(status, code.to_owned())], "asset {asset}");
    }
    // What a call is for, what is used in it is for; and rows are for one purpose.
    for (word, expected) in [("query", 200), ("train", 403)] {
        let more = Asked {
            purpose: Some(word.to_owned()),
            ..Asked::default()
        };
        works.call(TWOFOLD[1], &format!("rows {TABLE} 1"), more);
        assert_eq!(works.had()[0].0, expected, "{word}");
    }
    // Fifty units are declared, and a thousand rows may cost more, however few there are.
    let works = { works }.call(
        13,
        &format!("rows {TABLE} 48\nrows {TABLE} 47"),
        Asked::default(),
    );
    assert_eq!(cost(&works), FEE + rows_price(TABLE, ROWS));
}

#[test]
fn a_second_try_of_a_call_pays_for_no_rows_again() {
    let (_dir, works) = works();
    let call = |steps: &str| {
        let more = Asked {
            once: Some("order".to_owned()),
            ..Asked::default()
        };
        works.call(PROGRAMS, steps, more)
    };
    let reply = call(&format!("rows {TABLE} 2 first\nfail"));
    assert_eq!(reply.status, 502);
    let paid = [(TABLE, rows_price(TABLE, 2))].into();
    assert_eq!(works.due(), paid);
    let reply = call(&format!("rows {TABLE} 2 first\nfail"));
    assert_eq!(reply.status, 502);
    let had = works.had();
    assert_eq!(
        (had.len(), &had[0]),
        (2, &had[1]),
        "the same answer and receipt"
    );
    assert_eq!(works.due(), paid);
}
