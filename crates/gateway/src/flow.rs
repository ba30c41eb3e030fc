//! One call from the key to the receipt: set aside, run, write down, answer.

use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use proof::hash::{Hash as Digest, Sha256};
use protocol::AccountId;
use serde_json::{Map, Value, json};
use tokio::sync::mpsc;

use crate::door::{Asked, Gateway, Model};
use crate::engine::{Engine, Produced};
use crate::receipt::{self, digest};
use crate::request::{Request, Route};
use crate::stream::Stream;
use crate::till::{Hold, Told, Used};
use crate::upstream::{self, Answered};
use crate::usage::{self, Limits, Said};
use crate::{Fault, Key, Reply, Till, payment};

/// Most bytes of an upstream's answer that comes at once.
const MOST_ANSWER_BYTES: usize = 64 << 20;
/// What clients that must send a key send in its place where they pay call by call.
const PAYS: &str = "x402";
/// Events that wait for a slow reader before the upstream waits too.
const WAITING_EVENTS: usize = 32;

/// A call whose price is set aside.
pub struct Call {
    till: Arc<Till>,
    hold: Hold,
    pub(crate) model: Arc<Model>,
    pub(crate) route: Route,
    purpose: u16,
    salt: [u8; 32],
    input: [u8; 32],
    input_text: u64,
    input_bytes: u64,
    output_most: u64,
    /// The request's id, told in a header.
    pub(crate) id: String,
    /// Milliseconds since 1970.
    pub(crate) now_ms: u64,
}

/// What a call is told at its end.
pub struct Settled {
    pub(crate) told: Told,
    salt: [u8; 32],
}

/// Answers one of the routes that are paid: by a key, or by a payment that the call brings.
pub async fn call(gateway: &Arc<Gateway>, asked: Asked, route: Route) -> Result<Reply, Fault> {
    let key = match asked.bearer.as_deref() {
        None | Some(PAYS) if gateway.paying().is_some() => None,
        _ => Some(gateway.key(&asked)?),
    };
    let request = Request::read(route, &asked.body)?;
    let model = gateway.model(&request.model)?;
    if let Some(key) = &key
        && !key.models.is_empty()
        && !key.models.contains(&model.served.asset)
    {
        let message = format!("the key is not for the model `{}`", model.name);
        return Err(Fault::forbidden("model_not_allowed", message));
    }
    let bound = key.as_deref().and_then(|key| key.purpose.as_deref());
    let purpose = purpose(&model, bound, asked.purpose.as_deref())?;
    let account = key.as_deref().map(|key| key.account);
    licensed(gateway, &model, (account, purpose))?;
    let most = request.output_most.unwrap_or(model.output_most.into());
    let output_most = most.min(u32::MAX.into());
    let units = model.served.price.of(request.body_bytes, output_most);
    let units = units.ok_or_else(|| {
        Fault::unpaid(
            "insufficient_credit",
            "no allowance holds what this call may cost",
        )
    })?;
    let most = (units.units(), output_most);
    let Some(key) = key else {
        let admitted = payment::admit(gateway, &asked, (&model, units.units())).await?;
        let call = Call::begin(
            gateway,
            (&admitted.key, purpose),
            (&model, (admitted.units, output_most)),
            (&asked, &request),
        );
        let answer = match call {
            Ok(call) => run(call, request).await,
            Err(fault) => Err(fault),
        };
        return Ok(payment::answered(answer, &admitted.response));
    };
    let call = Call::begin(gateway, (&key, purpose), (&model, most), (&asked, &request))?;
    let began = Instant::now();
    let reply = run(call, request).await?;
    gateway.pace.note(model.served.asset, began.elapsed());
    Ok(reply)
}

async fn run(call: Call, request: Request) -> Result<Reply, Fault> {
    let model = Arc::clone(&call.model);
    match &*model.engine {
        Engine::BuiltIn(model) => {
            let (model, stream) = (Arc::clone(model), request.stream);
            // Long texts take a while, and no other call shall wait for them.
            let produced = tokio::task::spawn_blocking(move || model.answer(&request)).await;
            let produced = produced.map_err(|_| Fault::broken("the model has failed"))?;
            built_in(call, stream, produced?).await
        }
        Engine::Upstreams(targets) => {
            let answered = upstream::ask(targets, &request).await?;
            through(call, &request, answered).await
        }
    }
}

/// The position of a use's purpose in the terms: what the request says, or the key, or the only
/// one there is.
fn purpose(model: &Model, bound: Option<&str>, asked: Option<&str>) -> Result<u16, Fault> {
    let allowed = &model.served.purposes;
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

/// Whether the payer holds what the asset's listing asks for; the owner may always.
fn licensed(
    gateway: &Gateway,
    model: &Model,
    (account, purpose): (Option<AccountId>, u16),
) -> Result<(), Fault> {
    let served = &model.served;
    let word = served.purposes.get(usize::from(purpose));
    let word = word.map_or("", String::as_str);
    let licensed = gateway.books.licensed(served.asset, account, word);
    licensed.map_err(|why| {
        let message = format!("asset {} is not licensed for `{word}`: {why}", served.asset);
        Fault::forbidden("licence_denied", message)
    })
}

async fn built_in(call: Call, stream: bool, produced: Produced) -> Result<Reply, Fault> {
    if let (Produced::Texts(texts), true) = (&produced, stream) {
        let (events, received) = mpsc::channel(WAITING_EVENTS);
        let id = call.id.clone();
        let stream = Stream::new(call, events);
        let texts = texts.clone();
        tokio::spawn(stream.produce(texts));
        return Ok(Reply::events(received).with("x-request-id", id));
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
        let (events, received) = mpsc::channel(WAITING_EVENTS);
        let id = call.id.clone();
        let stream = Stream::new(call, events);
        tokio::spawn(stream.pass(answered));
        return Ok(Reply::events(received).with("x-request-id", id));
    }
    let body = answered.whole(MOST_ANSWER_BYTES).await?;
    drop(answered);
    if !(200..300).contains(&status) {
        // The caller's own mistake, in the upstream's words; it costs nothing.
        return Ok(Reply::whole(status, &kind, body).with("x-request-id", &call.id));
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

impl Call {
    /// Sets aside what the call may cost, or more; `most` is that, and how many tokens are answered
    /// at most.
    fn begin(
        gateway: &Gateway,
        (key, purpose): (&Key, u16),
        (model, most): (&Arc<Model>, (u128, u64)),
        (asked, request): (&Asked, &Request),
    ) -> Result<Self, Fault> {
        let (units, output_most) = most;
        let hold = gateway.till.reserve(key, &model.served, units)?;
        let salt = gateway.till.salt();
        Ok(Self {
            till: Arc::clone(&gateway.till),
            hold,
            route: request.route,
            purpose,
            salt,
            input: digest(&salt, &[&asked.body]),
            input_text: request.text_bytes,
            input_bytes: request.body_bytes,
            output_most,
            id: hex(&salt[..12]),
            now_ms: gateway.books.now_ms(),
            model: Arc::clone(model),
        })
    }

    fn limits(&self, output_bytes: u64) -> Limits {
        Limits {
            input_bytes: self.input_bytes,
            output_bytes,
            output_most: self.output_most,
        }
    }

    /// What the digest of a streamed answer begins with.
    pub(crate) fn hasher(&self) -> Sha256 {
        receipt::hasher(&self.salt)
    }

    /// Writes down what was used.
    pub(crate) async fn settle(
        self,
        said: Option<Said>,
        output_bytes: u64,
        output: Digest,
        whole: bool,
    ) -> Result<Settled, Fault> {
        let tokens = usage::settle(said, self.input_text, self.limits(output_bytes));
        let price = &self.model.served.price;
        let amount = price.of(tokens.input.into(), tokens.output.into());
        let amount = amount.ok_or_else(|| Fault::broken("a price is beyond all money"))?;
        let used = Used {
            purpose: self.purpose,
            amount_units: amount.units(),
            input: self.input,
            output,
            tokens,
            whole,
        };
        let told = self.till.commit(self.hold, used).await?;
        let salt = self.salt;
        Ok(Settled { told, salt })
    }
}

impl Settled {
    /// In headers, beside a body that stays as it is.
    fn tell(&self, reply: Reply, id: &str, model: &str) -> Reply {
        let row = &self.told.receipt.row;
        let source = row.tokens.map_or("", |tokens| tokens.source.word());
        reply
            .with("x-request-id", id)
            .with("x-headwater-model", model)
            .with("x-headwater-cost", row.amount_units)
            .with("x-headwater-token-source", source)
            .with("x-headwater-salt", hex(&self.salt))
            .with("x-headwater-receipt", &self.told.text)
    }

    /// As a document, for the last event of a stream.
    pub(crate) fn document(&self) -> Map<String, Value> {
        let row = &self.told.receipt.row;
        let document = json!({
            "receipt": self.told.text,
            "cost_units": row.amount_units.to_string(),
            "token_source": row.tokens.map(|tokens| tokens.source.word()),
            "salt": hex(&self.salt),
            "status": if self.told.receipt.whole { "whole" } else { "partial" },
        });
        match document {
            Value::Object(fields) => fields,
            _ => Map::new(),
        }
    }

    /// In OpenAI's words, with what it cost.
    pub(crate) fn usage(&self) -> Value {
        let row = &self.told.receipt.row;
        let (input, output) = row
            .tokens
            .map_or((0, 0), |tokens| (tokens.input, tokens.output));
        json!({
            "prompt_tokens": input,
            "completion_tokens": output,
            "total_tokens": u64::from(input) + u64::from(output),
            "cost": row.amount_units.to_string(),
        })
    }
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

/// What the ids of a route's answers begin with.
pub(crate) fn prefix(route: Route) -> &'static str {
    match route {
        Route::Chat => "chatcmpl",
        Route::Completion => "cmpl",
        Route::Embedding => "embd",
        Route::Response => "resp",
        Route::Classification => "classify",
    }
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
