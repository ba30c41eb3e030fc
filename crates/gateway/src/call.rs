//! A call whose price is set aside, until what it has used is written down.

use std::sync::Arc;

use proof::hash::{Hash as Digest, Sha256, sha256};
use protocol::usage::Tokens;
use serde_json::{Map, Value, json};

use crate::door::{Asked, Gateway};
use crate::listed::Model;
use crate::once::Turn;
use crate::payer::CALL_PREFIX;
use crate::receipt::{self, digest};
use crate::request::{Request, Route};
use crate::till::{CallId, Hold, Most, Told, Used};
use crate::usage::{self, Limits, Said};
use crate::{Fault, Reply, Till};

/// What is asked, of which model, and what it may cost.
pub(crate) struct Order<'a> {
    asked: &'a Asked,
    request: &'a Request,
    model: &'a Arc<Model>,
    purpose: u16,
    /// What it may cost.
    pub most: Most,
    output_most: u64,
}

impl<'a> Order<'a> {
    /// The price at most, within what the caller has named as such.
    ///
    /// # Errors
    /// 402 for a price beyond all money or above the caller's limit, 400 where that is no number.
    pub fn new(
        (asked, request): (&'a Asked, &'a Request),
        model: &'a Arc<Model>,
        purpose: u16,
    ) -> Result<Self, Fault> {
        let most = request.output_most.unwrap_or(model.output_most.into());
        let output_most = most.min(u32::MAX.into());
        let own = model.price(request.body_bytes, output_most);
        let own = own.map(protocol::Amount::units);
        let own = own.ok_or_else(|| {
            let words = "no allowance holds what this call may cost";
            Fault::unpaid("insufficient_credit", words)
        })?;
        let limit = asked.most_units.as_deref().map(str::parse::<u128>);
        let limit = limit.transpose().map_err(|_| {
            Fault::invalid(
                "invalid_max_units",
                "`x-headwater-max-units` is a whole number of base units",
            )
        })?;
        if limit.is_some_and(|limit| limit < own) {
            let words = format!("the call itself may cost {own} units, above the limit it brings");
            return Err(Fault::unpaid("price_above_limit", words));
        }
        Ok(Self {
            asked,
            request,
            model,
            purpose,
            most: Most {
                limit,
                ..Most::of(own, model)
            },
            output_most,
        })
    }

    /// The most that it costs by what its owner has declared last, in base units.
    pub fn units(&self) -> u128 {
        self.most.parts(self.model.served.composition.clone()).0
    }
}

/// A call whose price is set aside.
pub struct Call {
    till: Arc<Till>,
    hold: Hold,
    pub(crate) model: Arc<Model>,
    pub(crate) route: Route,
    purpose: u16,
    pub(crate) salt: [u8; 32],
    input: [u8; 32],
    pub(crate) input_text: u64,
    input_bytes: u64,
    output_most: u64,
    /// The request's id, told in a header.
    pub(crate) id: String,
    /// Milliseconds since 1970.
    pub(crate) now_ms: u64,
    /// What an upstream may use others with.
    token: Option<String>,
    /// That no other call runs under the same idempotency key.
    turn: Option<Turn>,
}

/// What a call is told at its end.
pub struct Settled {
    pub(crate) told: Told,
    salt: [u8; 32],
    turn: Option<Turn>,
}

impl Call {
    /// A call for which money is set aside; where it may use others, that begins now.
    ///
    /// # Errors
    /// See [`Hold::begin`].
    pub(crate) fn begin(
        gateway: &Gateway,
        mut hold: Hold,
        order: &Order<'_>,
        turn: Option<Turn>,
    ) -> Result<Self, Fault> {
        let (model, request) = (order.model, order.request);
        let salt = gateway.till.salt();
        hold.once = turn.as_ref().map(|turn| turn.once);
        let token = hold
            .may_use()
            .then(|| format!("{CALL_PREFIX}{}", hex(&gateway.till.token(&salt))));
        if let Some(token) = &token {
            let purpose = (model.purpose(order.purpose), order.purpose);
            hold.begin(call_id(token), purpose)?;
        }
        Ok(Self {
            till: Arc::clone(&gateway.till),
            hold,
            route: request.route,
            purpose: order.purpose,
            salt,
            input: digest(&salt, &[&order.asked.body]),
            input_text: request.text_bytes,
            input_bytes: request.body_bytes,
            output_most: order.output_most,
            id: hex(&salt[..12]),
            now_ms: gateway.books.now_ms(),
            model: Arc::clone(model),
            token,
            turn,
        })
    }

    /// What whoever answers may use others with; none where it may not.
    pub(crate) fn token(&self) -> Option<&str> {
        self.token.as_deref()
    }

    /// The call has come to nothing. What was used in it is paid; none where nothing was.
    pub(crate) async fn fail(self) -> Result<Option<Settled>, Fault> {
        let salt = self.salt;
        let told = self.till.fail(self.hold).await?;
        Ok(told.map(|told| Settled {
            told,
            salt,
            turn: None,
        }))
    }

    /// The same with the fault that it has come to.
    pub(crate) async fn failed(self, fault: Fault) -> Fault {
        match self.fail().await {
            Ok(None) => fault,
            Ok(Some(settled)) => Fault {
                used: Some(Box::new(settled.document().into())),
                ..fault
            },
            Err(broken) => broken,
        }
    }

    pub(crate) fn limits(&self, output_bytes: u64) -> Limits {
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

    /// Writes down what was used, by what was said of it and seen.
    pub(crate) async fn settle(
        self,
        said: Option<Said>,
        output_bytes: u64,
        output: Digest,
        whole: bool,
    ) -> Result<Settled, Fault> {
        let tokens = usage::settle(said, self.input_text, self.limits(output_bytes));
        self.charge(tokens, output, whole).await
    }

    /// Writes down what was used.
    pub(crate) async fn charge(
        self,
        tokens: Tokens,
        output: Digest,
        whole: bool,
    ) -> Result<Settled, Fault> {
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
        let (salt, turn) = (self.salt, self.turn);
        Ok(Settled { told, salt, turn })
    }
}

impl Settled {
    /// In headers, beside a body that stays as it is.
    pub(crate) fn tell(&self, reply: Reply, id: &str, model: &str) -> Reply {
        let receipt = &self.told.receipt;
        let row = &receipt.row;
        let source = row.tokens.map_or("", |tokens| tokens.source.word());
        let mut reply = reply
            .with("x-request-id", id)
            .with("x-headwater-model", model)
            .with("x-headwater-cost", receipt.whole_units())
            .with("x-headwater-token-source", source)
            .with("x-headwater-salt", hex(&self.salt))
            .with("x-headwater-receipt", &self.told.text);
        if receipt.tree.is_some() {
            reply = reply
                .with("x-headwater-own-cost", row.amount_units)
                .with("x-headwater-children", self.told.below.join(","));
        }
        if let Some(turn) = &self.turn {
            turn.keep(&reply);
        }
        reply
    }

    /// As a document, for the last event of a stream.
    pub(crate) fn document(&self) -> Map<String, Value> {
        let mut fields = self.told.document();
        fields.insert("salt".to_owned(), hex(&self.salt).into());
        fields
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
            "cost": self.told.receipt.whole_units().to_string(),
        })
    }
}

impl Told {
    /// Receipts and cost as a document.
    pub(crate) fn document(&self) -> Map<String, Value> {
        let receipt = &self.receipt;
        let row = &receipt.row;
        let mut fields = Map::new();
        let mut put = |name: &str, value: Value| fields.insert(name.to_owned(), value);
        put("receipt", self.text.clone().into());
        put("cost_units", receipt.whole_units().to_string().into());
        put(
            "token_source",
            row.tokens.map(|tokens| tokens.source.word()).into(),
        );
        let status = match receipt.whole {
            _ if receipt.failed() => "failed",
            true => "whole",
            false => "partial",
        };
        put("status", status.into());
        if receipt.tree.is_some() {
            put("own_units", row.amount_units.to_string().into());
            put("children", self.below.clone().into());
        }
        fields
    }
}

/// The id of the call that a secret is for.
pub(crate) fn call_id(token: &str) -> CallId {
    sha256(&[b"headwater/use-call/v1\0", token.as_bytes()])
}

/// What the ids of a route's answers begin with.
pub(crate) fn prefix(route: Route) -> &'static str {
    match route {
        Route::Chat => "chatcmpl",
        Route::Completion => "cmpl",
        Route::Embedding => "embd",
        Route::Response => "resp",
        Route::Classification => "classify",
        Route::Rows => "rows",
    }
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    hex::encode(bytes)
}

/// The bytes of exactly twice as many hex digits.
pub(crate) fn unhex<const N: usize>(digits: &str) -> Option<[u8; N]> {
    if digits.len() != 2 * N || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let mut bytes = [0; N];
    for (byte, pair) in bytes.iter_mut().zip(digits.as_bytes().chunks(2)) {
        *byte = u8::from_str_radix(str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(bytes)
}
