//! The document itself.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::common;
use super::operation::{Answer, Operation, Sent};
use super::schema::{HASH, LONG, NUMBER, Schema};
use super::{operations, problems};
use crate::access::{self, Access};
use crate::problem::codes::CODES;

/// What a problem looks like, whatever its code.
const PROBLEM: Schema = Schema::Named(
    "Problem",
    &Schema::Object(&[
        ("type", Schema::Text),
        ("title", Schema::Text),
        ("status", Schema::Between(400, 599)),
        ("code", Schema::Text),
        ("detail", Schema::Text),
        ("told?", Schema::List(&TOLD)),
    ]),
);

/// What `detail` is made of, for whoever says it in another language: a phrase of which the word is
/// stable, and what stands in its gaps under the name of its kind. The word is empty for what a
/// machine has said.
const TOLD: Schema = Schema::Object(&[
    ("phrase", Schema::Text),
    ("joint", Schema::Word(&["comma", "semicolon", "colon"])),
    ("gaps", Schema::Any),
]);

/// The whole document.
pub fn document() -> Value {
    let mut named = BTreeMap::new();
    let mut refusals = BTreeMap::new();
    let mut paths: BTreeMap<String, Map<String, Value>> = BTreeMap::new();
    for (area, operation) in operations() {
        let path = operation.path.replace("{*", "{");
        let written = written(area, operation, &mut named, &mut refusals);
        let methods = paths.entry(path).or_default();
        methods.insert(operation.method.to_ascii_lowercase(), written);
    }
    PROBLEM.written(&mut named);
    let parameters = common::parameters(&mut paths);
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Headwater",
            "version": env!("CARGO_PKG_VERSION"),
            "summary": "A data node: campaigns, answers, scores and payments in one signed log",
            "description": description(),
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "paths": paths,
        "components": {
            "parameters": parameters,
            "responses": refusals,
            "schemas": named,
            "securitySchemes": schemes(),
        },
    })
}

fn description() -> String {
    let mut text = String::from(
        "Amounts are base units as decimal text. Lists are paged: `next` of one page is `cursor` \
         of the next, on the market `before`. Problems are RFC 9457 documents with one of these \
         codes:\n\n\
         | status | code | meaning |\n|---|---|---|\n",
    );
    for (code, status, meaning) in CODES {
        text.push_str(&format!("| {status} | `{code}` | {meaning} |\n"));
    }
    text
}

fn schemes() -> Value {
    json!({
        "key": {
            "type": "http", "scheme": "bearer", "bearerFormat": "hw_...",
            "description": "an API key of `POST /api/v1/me/keys`",
        },
        "session": {
            "type": "apiKey", "in": "cookie", "name": "hw",
            "description": "the cookie of a login (`__Host-hw` behind TLS); what changes \
                            something also brings the session's token in the header `hw-csrf`",
        },
        "signature": {
            "type": "apiKey", "in": "header", "name": "signature",
            "description": "RFC 9421 with Ed25519 by a session key, over `@method`, \
                            `@target-uri` and `content-digest`",
        },
    })
}

fn written(
    area: &str,
    operation: &Operation,
    named: &mut BTreeMap<&'static str, Value>,
    refusals: &mut BTreeMap<String, Value>,
) -> Value {
    let mut written = json!({
        "operationId": name(operation),
        "tags": [area],
        "summary": operation.summary,
        "responses": responses(operation, named, refusals),
    });
    let mut parameters = in_path(operation, named);
    for (name, schema, words) in operation.query {
        parameters.push(json!({
            "name": name, "in": "query", "description": words,
            "required": words.starts_with("required"),
            "schema": schema.written(named),
        }));
    }
    if operation.once {
        parameters.push(json!({
            "name": "idempotency-key", "in": "header", "required": false,
            "description": "the same key with the same request is answered once more for 24 hours, \
                            and nothing is done twice",
            "schema": {"type": "string", "minLength": 16, "maxLength": 128,
                       "pattern": "^[!-~]+$"},
        }));
    }
    if !parameters.is_empty() {
        written["parameters"] = json!(parameters);
    }
    if let Some(body) = &operation.body {
        written["requestBody"] = sent(body, named);
    }
    match access::of(operation.method, operation.path) {
        None | Some(Access::Anyone | Access::Caller) => {}
        Some(Access::Session) => {
            written["security"] = json!([{"session": []}, {"signature": []}]);
        }
        Some(Access::Person) => written["security"] = everyone(),
        Some(Access::Roles(roles)) => {
            written["security"] = everyone();
            let words: Vec<&str> = roles.iter().map(|role| role.word()).collect();
            written["x-roles"] = json!(words);
        }
    }
    written
}

fn everyone() -> Value {
    json!([{"key": []}, {"session": []}, {"signature": []}])
}

/// A name for generated clients: `get_campaigns_id_labels`.
fn name(operation: &Operation) -> String {
    let path = operation.path.trim_start_matches("/api/v1");
    let words = path.split(|letter: char| !letter.is_ascii_alphanumeric());
    let words = words.filter(|word| !word.is_empty()).collect::<Vec<_>>();
    format!(
        "{}_{}",
        operation.method.to_ascii_lowercase(),
        words.join("_")
    )
}

fn in_path(operation: &Operation, named: &mut BTreeMap<&'static str, Value>) -> Vec<Value> {
    let names = operation.path.split('/').filter_map(|part| {
        let name = part.strip_prefix('{')?.strip_suffix('}')?;
        Some(name.trim_start_matches('*'))
    });
    let parameter = |name| {
        let schema = match name {
            "index" => LONG,
            "id" | "task" => NUMBER,
            "hash" => HASH,
            _ => Schema::Text,
        };
        json!({"name": name, "in": "path", "required": true, "schema": schema.written(named)})
    };
    names.map(parameter).collect()
}

fn sent(body: &Sent, named: &mut BTreeMap<&'static str, Value>) -> Value {
    let mut content = Map::new();
    if let Some(schema) = &body.json {
        let schema = schema.written(named);
        content.insert("application/json".to_owned(), json!({"schema": schema}));
    }
    for kind in body.others {
        content.insert((*kind).to_owned(), json!({}));
    }
    json!({"required": body.required, "content": content})
}

/// What a route answers. Refusals are put among `refusals`, as routes have most of them in common.
fn responses(
    operation: &Operation,
    named: &mut BTreeMap<&'static str, Value>,
    refusals: &mut BTreeMap<String, Value>,
) -> Value {
    let mut responses = Map::new();
    for answer in operation.answers {
        responses.insert(answer.status.to_string(), told(answer, named));
    }
    let mut by_status: BTreeMap<u16, Vec<&str>> = BTreeMap::new();
    for (status, code) in problems(operation) {
        by_status.entry(status).or_default().push(code);
    }
    for (status, codes) in by_status {
        let schema = json!({"allOf": [
            {"$ref": "#/components/schemas/Problem"},
            {"properties": {"code": {"enum": codes}}},
        ]});
        let problem = json!({"schema": schema});
        let status = status.to_string();
        // A status that is an answer too has both forms.
        if let Some(answer) = responses.get_mut(&status) {
            answer["content"]["application/problem+json"] = problem;
            continue;
        }
        let name = format!("{status}.{}", codes.join("."));
        let refusal = json!({"$ref": format!("#/components/responses/{name}")});
        responses.insert(status, refusal);
        refusals.entry(name).or_insert_with(|| {
            json!({
                "description": codes.join(", "),
                "content": {"application/problem+json": problem},
            })
        });
    }
    Value::Object(responses)
}

fn told(answer: &Answer, named: &mut BTreeMap<&'static str, Value>) -> Value {
    let mut content = Map::new();
    if let Some(schema) = &answer.json {
        let schema = schema.written(named);
        content.insert("application/json".to_owned(), json!({"schema": schema}));
    }
    for kind in answer.others {
        content.insert((*kind).to_owned(), json!({}));
    }
    let mut told = json!({"description": answer.words});
    if !content.is_empty() {
        told["content"] = Value::Object(content);
    }
    told
}
