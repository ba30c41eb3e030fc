//! Answers that come at once: what they cost, who has counted, and what the receipt says.

use crate::house::{CLASSIFIER, House, chat, header};
use crate::upstream::{LIES, PLAIN, SILENT};
use gateway::receipt::digest;
use protocol::usage::TokenSource;
use protocol::{AccountId, AssetId};
use serde_json::Value;

fn unhex(text: &str) -> [u8; 32] {
    let byte = |at: usize| u8::from_str_radix(&text[2 * at..2 * at + 2], 16).unwrap();
    std::array::from_fn(byte)
}

#[test]
fn an_answer_goes_through_as_it_is_with_a_receipt_beside_it() {
    let house = House::new();
    let mut reply = house.chat("plain", false);
    assert_eq!(
        (reply.status, house.read(&mut reply).as_str()),
        (200, PLAIN)
    );
    let receipt = house.open(header(&reply, "x-headwater-receipt"));
    assert_eq!((receipt.asset, receipt.payer), (AssetId(0), AccountId(9)));
    assert_eq!((receipt.counter, receipt.whole), (1, true));
    let tokens = receipt.row.tokens.unwrap();
    assert_eq!(
        (tokens.input, tokens.output, tokens.source),
        (5, 2, TokenSource::Upstream)
    );
    // 10 for the use, 5 x 1 and 2 x 3 for its tokens.
    assert_eq!(receipt.row.amount_units, 21);
    assert_eq!(header(&reply, "x-headwater-cost"), "21");
    let salt = unhex(header(&reply, "x-headwater-salt"));
    assert_eq!(
        receipt.row.input,
        digest(&salt, &[chat("plain", false).as_bytes()])
    );
    assert_eq!(receipt.row.output, digest(&salt, &[PLAIN.as_bytes()]));
    let next = house.chat("plain", false);
    assert_eq!(house.open(header(&next, "x-headwater-receipt")).counter, 2);
    assert_ne!(
        header(&next, "x-headwater-salt"),
        header(&reply, "x-headwater-salt")
    );
    let due = house.till.due();
    assert_eq!((due.len(), due[0].rows), (1, 2));
}

#[test]
fn whoever_says_nothing_is_counted_and_whoever_says_too_much_is_capped() {
    let house = House::new();
    let mut reply = house.chat("silent", false);
    assert_eq!(house.read(&mut reply), SILENT);
    let tokens = house
        .open(header(&reply, "x-headwater-receipt"))
        .row
        .tokens
        .unwrap();
    // "user" and "hello, who is there?" are 24 bytes, the answer 12.
    assert_eq!(
        (tokens.input, tokens.output, tokens.source),
        (6, 3, TokenSource::Counted)
    );
    let mut reply = house.chat("lies", false);
    assert_eq!(house.read(&mut reply), LIES);
    let tokens = house
        .open(header(&reply, "x-headwater-receipt"))
        .row
        .tokens
        .unwrap();
    assert_eq!((tokens.output, tokens.source), (12, TokenSource::Capped));
    assert_eq!(header(&reply, "x-headwater-token-source"), "capped");
}

#[test]
fn a_fallback_answers_while_nothing_was_passed_on() {
    let house = House::new();
    let mut reply = house.chat("falls", false);
    assert_eq!(
        (reply.status, house.read(&mut reply).as_str()),
        (200, PLAIN)
    );
    assert!(
        house
            .upstream
            .last
            .lock()
            .unwrap()
            .contains("\"model\":\"plain\"")
    );
    assert_eq!(house.till.due()[0].rows, 1);
}

#[test]
fn built_in_models_answer_on_their_routes() {
    let house = House::new();
    let json = |mut reply: gateway::Reply| -> Value {
        assert_eq!(reply.status, 200);
        serde_json::from_str(&house.read(&mut reply)).unwrap()
    };
    let body = r#"{"model":"support-tickets-topics","input":["my parcel is late","an invoice"]}"#;
    let answer = json(house.post("classify", body));
    assert_eq!(answer["data"][0]["label"], "delivery");
    assert_eq!(answer["data"][1]["label"], "billing");
    assert_eq!(answer["data"][0]["num_classes"], 2);
    let by_number = chat(&format!("asset-{CLASSIFIER}"), false);
    let answer = json(house.post("chat/completions", &by_number.replace("hello", "invoice")));
    assert_eq!(answer["choices"][0]["message"]["content"], "billing");
    assert_eq!(answer["model"], "support-tickets-topics");
    let answer = json(house.post("embeddings", r#"{"model":"points","input":"a parcel"}"#));
    assert_eq!(
        answer["data"][0]["embedding"].as_array().unwrap().len(),
        256
    );
    let body = r#"{"model":"word-model","prompt":"the","max_tokens":9}"#;
    let answer = json(house.post("completions", body));
    assert!(
        answer["choices"][0]["text"]
            .as_str()
            .unwrap()
            .starts_with("parcel is ")
    );
    let wrong = house.post("embeddings", r#"{"model":"word-model","input":"the"}"#);
    assert_eq!(
        house.refused(wrong),
        (400, "route_not_supported".to_owned())
    );
}

#[test]
fn the_list_names_every_model_with_its_price() {
    let house = House::new();
    let asked = |path: &str| gateway::Asked {
        path: path.to_owned(),
        ..gateway::Asked::default()
    };
    let list: Value = {
        let mut reply = house.ask(asked("models"));
        serde_json::from_str(&house.read(&mut reply)).unwrap()
    };
    assert_eq!(list["data"].as_array().unwrap().len(), 17);
    let one: Value = {
        let mut reply = house.ask(asked("models/word-model"));
        serde_json::from_str(&house.read(&mut reply)).unwrap()
    };
    assert_eq!(one["headwater"]["price_units"], "10");
    assert_eq!(one["headwater"]["engine"], "ngram-lm");
    let by_number: Value = {
        let mut reply = house.ask(asked("models/20"));
        serde_json::from_str(&house.read(&mut reply)).unwrap()
    };
    assert_eq!(by_number, one, "a title takes no other asset's number");
    let missing = house.ask(asked("models/none"));
    assert_eq!(house.refused(missing), (404, "model_not_found".to_owned()));
}
