//! One call from the key to the receipt: set aside, run, write down, answer.

use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use protocol::AccountId;
use protocol::market::QUERY;
use serde_json::{Value, json};

use crate::call::{Call, Order, prefix};
use crate::door::{Asked, Gateway};
use crate::engine::{Engine, Produced};
use crate::listed::Model;
use crate::payer::Payer;
use crate::receipt::digest;
use crate::request::{Request, Route};
use crate::stream::Stream;
use crate::till::Most;
use crate::upstream::{self, Answered};
use crate::usage;
use crate::{Fault, Reply, payment, rows, settlement};

/// Most bytes of an upstream's answer that comes at once.
const MOST_ANSWER_BYTES: usize = 64 << 20;

/// Answers one of the routes that are paid: by a key, by the call that this one is made in, or by a
/// payment that it brings.
pub async fn call(gateway: &Arc<Gateway>, asked: Asked, route: Route) -> Result<Reply, Fault> {
    let payer = Payer::of(gateway, &asked)?;
    let mut request = Request::read(route, &asked.body)?;
    let model = gateway.model(&request.model)?;
    model.engine.takes(route)?;
    payer.may_call(&model)?;
    let named = (payer.purpose(), asked.purpose.as_deref());
    let purpose = purpose(&model, route, named)?;
    let word = model.purpose(purpose);
    request.keep_to(licensed(gateway, &model, (payer.account(), word))?);
    if request.stream && matches!(payer, Payer::Call(_)) {
        // What had come of it when the call around it ends would have to be paid by nobody.
        let words = "what is used within a call is answered at once: send it without `stream`";
        return Err(Fault::invalid("stream_within_call", words));
    }
    let order = Order::new((&asked, &request), &model, purpose)?;
    let turn = match payer.turn(gateway, (&asked, word))? {
        Some(Err(answered)) => return Ok(answered),
        Some(Ok(turn)) => Some(turn),
        None => None,
    };
    let (till, served) = (&gateway.till, &model.served);
    let began = Instant::now();
    let reply = match &payer {
        Payer::Key(key) => {
            let hold = till.reserve(key, served, order.most)?;
            run(gateway, Call::begin(gateway, hold, &order, turn)?, &request).await?
        }
        Payer::Call(standing) => {
            let hold = till.reserve_within(standing.within, served, order.most)?;
            run(gateway, Call::begin(gateway, hold, &order, turn)?, &request).await?
        }
        Payer::Payment => {
            let admitted = payment::admit(gateway, &asked, (&model, order.units())).await?;
            let most = Most {
                paid: admitted.units,
                ..order.most
            };
            let hold = till.reserve_of(&admitted.key, served, most, admitted.drawn);
            let begun = hold.and_then(|hold| Call::begin(gateway, hold, &order, turn));
            let answer = match begun {
                Ok(call) => run(gateway, call, &request).await,
                Err(fault) => Err(fault),
            };
            settlement::answered(answer, (gateway, &admitted.settlement))
        }
    };
    if reply.status < 400 {
        gateway.pace.note(served.asset, began.elapsed());
    }
    Ok(reply)
}

async fn run(gateway: &Gateway, call: Call, request: &Request) -> Result<Reply, Fault> {
    let model = Arc::clone(&call.model);
    match &*model.engine {
        Engine::BuiltIn(model) => {
            let (model, stream, request) = (Arc::clone(model), request.stream, request.clone());
            // Long texts take a while, and no other call shall wait for them.
            let produced = tokio::task::spawn_blocking(move || model.answer(&request)).await;
            let produced = produced.map_err(|_| Fault::broken("the model has failed"))?;
            built_in(call, stream, produced?).await
        }
        Engine::Upstreams(targets) => match upstream::ask(targets, request, call.token()).await {
            Ok(answered) => through(call, request, answered).await,
            Err(fault) => Err(call.failed(fault).await),
        },
        Engine::Rows => {
            let wanted = request.rows.clone();
            let wanted = wanted.ok_or_else(|| Fault::broken("no rows were asked for"))?;
            rows::answer(Arc::clone(&gateway.books), call, wanted).await
        }
    }
}

/// The purpose for which rows are read, the same for all: whoever may use a data set for another
/// one has bought or is given the whole of it, and to be shown parts is less than to have them.
fn query<'a>(bound: Option<&'a str>, asked: Option<&'a str>) -> Result<&'a str, Fault> {
    let word = asked.or(bound).unwrap_or(QUERY);
    match word == QUERY {
        true => Ok(word),
        false => {
            let message =
                format!("rows are read for the purpose `{QUERY}` alone, not for `{word}`");
            Err(Fault::forbidden("licence_denied", message))
        }
    }
}

/// The position of a use's purpose in the terms: what the request says, or the key, or the only
/// one there is.
fn purpose(
    model: &Model,
    route: Route,
    (bound, asked): (Option<&str>, Option<&str>),
) -> Result<u16, Fault> {
    let allowed = &model.served.purposes;
    let asked = match route {
        Route::Rows => Some(query(bound, asked)?),
        _ => asked,
    };
    let word = match (asked, bound) {
        (Some(asked), Some(bound)) if asked != bound => {
            let message = format!("the key is for the purpose `{bound}` alone");
            return Err(Fault::forbidden("licence_denied", message));
        }
        (Some(word), _) | (None, Some(word)) => word,
        (None, None) => match &allowed[..] {
            [only] => only,
            _ => {
                let words = allowed.join("`, `");
                let message = format!("send `x-headwater-purpose`, one of `{words}`");
                return Err(Fault::forbidden("purpose_required", message));
            }
        },
    };
    let place = allowed.iter().position(|allowed| allowed == word);
    place
        .and_then(|place| u16::try_from(place).ok())
        .ok_or_else(|| {
            let words = allowed.join("`, `");
            let asset = model.served.asset;
            let message = format!("the terms of asset {asset} allow `{words}`, not this purpose");
            Fault::forbidden("licence_denied", message)
        })
}

/// Whether the payer holds what the asset's listing asks for, and for how many of its first rows if
/// not for all; the owner may always.
fn licensed(
    gateway: &Gateway,
    model: &Model,
    (account, word): (Option<AccountId>, &str),
) -> Result<Option<u64>, Fault> {
    let served = &model.served;
    let licensed = gateway.books.licensed(served.asset, account, word);
    licensed.map_err(|why| {
        let message = format!("asset {} is not licensed for `{word}`: {why}", served.asset);
        Fault::forbidden("licence_denied", message)
    })
}

async fn built_in(call: Call, stream: bool, produced: Produced) -> Result<Reply, Fault> {
    if let (Produced::Texts(texts), true) = (&produced, stream) {
        let id = call.id.clone();
        let events = Stream::produce(call, texts.clone());
        return Ok(Reply::events(events).with("x-request-id", id));
    }
    let mut document = match produced {
        Produced::Document(document) => document,
        Produced::Texts(texts) => whole_text(call.route, &texts.concat()),
    };
    let output_bytes = match call.route {
        Route::Classification => usage::text_bytes(&document["data"][0]["label"]),
        _ => usage::answer_bytes(&document),
    };
    let tokens = usage::settle(None, call.input_text, call.limits(output_bytes));
    document["id"] = format!("{}-{}", prefix(call.route), call.id).into();
    document["created"] = (call.now_ms / 1_000).into();
    document["model"] = call.model.name.clone().into();
    document["usage"] = json!({
        "prompt_tokens": tokens.input,
        "completion_tokens": tokens.output,
        "total_tokens": u64::from(tokens.input) + u64::from(tokens.output),
    });
    let body = Bytes::from(document.to_string());
    let output = digest(&call.salt, &[&body]);
    let (id, name) = (call.id.clone(), call.model.name.clone());
    let settled = call.settle(None, output_bytes, output, true).await?;
    let reply = Reply::whole(200, "application/json", body);
    Ok(settled.tell(reply, &id, &name))
}

/// What comes from an upstream goes on as it comes.
async fn through(call: Call, request: &Request, mut answered: Answered) -> Result<Reply, Fault> {
    let status = answered.coming.status;
    let kind = answered.coming.header("content-type").unwrap_or_default();
    let kind = kind.to_owned();
    if status == 200 && request.stream && kind.starts_with("text/event-stream") {
        let id = call.id.clone();
        let events = Stream::pass(call, answered);
        return Ok(Reply::events(events).with("x-request-id", id));
    }
    let body = match answered.whole(MOST_ANSWER_BYTES).await {
        Ok(body) => body,
        Err(fault) => return Err(call.failed(fault).await),
    };
    drop(answered);
    if !(200..300).contains(&status) {
        // The caller's own mistake, in the upstream's words: the call itself costs nothing.
        let (id, name) = (call.id.clone(), call.model.name.clone());
        let reply = Reply::whole(status, &kind, body);
        return Ok(match call.fail().await? {
            Some(settled) => settled.tell(reply.never_again(), &id, &name),
            None => reply.with("x-request-id", id),
        });
    }
    let document: Value = serde_json::from_slice(&body).unwrap_or(Value::Null);
    let output_bytes = match document {
        Value::Null => body.len() as u64,
        _ => usage::answer_bytes(&document),
    };
    let output = digest(&call.salt, &[&body]);
    let said = usage::said(&document);
    let (id, name) = (call.id.clone(), call.model.name.clone());
    let settled = call.settle(said, output_bytes, output, true).await?;
    let reply = Reply::whole(200, &kind, body);
    Ok(settled.tell(reply, &id, &name))
}

fn whole_text(route: Route, text: &str) -> Value {
    match route {
        Route::Chat => json!({
            "object": "chat.completion",
            "choices": [{
                "index": 0,
                "message": {"role": "assistant", "content": text},
                "finish_reason": "stop",
            }],
        }),
        _ => json!({
            "object": "text_completion",
            "choices": [{"index": 0, "text": text, "finish_reason": "stop"}],
        }),
    }
}
