// OpenAI's clients as they are, of npm here and of PyPI in calls.py, against the gateway of a node.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { promisify } from "node:util";

import OpenAI from "openai";

import { MODELS, startMarket } from "../market.mjs";

const PROGRAM = process.env.HEADWATER ?? "../../target/release/headwater";
const PYTHON = process.env.PYTHON ?? "python3";
const CAP = 1_000_000;

/** Money set aside for each model, and a key for all of it and one for the first model alone. */
async function keys(market) {
  const { account, data, headwater, who } = market;
  const deposit = await headwater("deposit", ...who(), "--units", String(CAP * MODELS.length));
  const [, fund] = /deposit +(\d+)/.exec(deposit);
  for (let asset = 0; asset < MODELS.length; asset += 1) {
    const cap = ["--fund", fund, "--cap", String(CAP)];
    await headwater("asset", "allow", ...who(), ...cap, String(asset));
  }
  const all = MODELS.flatMap((_, allowance) => ["--allowance", String(allowance)]);
  const key = async (...limits) => {
    const said = await headwater("model-key", "--data", data, "--account", String(account), ...limits);
    return said.trim();
  };
  return {
    all: await key(...all),
    words: await key(...all, "--model", "0"),
    rare: await key(...all, "--per-minute", "1"),
    poor: await key(...all, "--budget", "10"),
  };
}

async function answers(market, client) {
  const { data: models } = await client.models.list();
  assert.deepEqual(models.map(({ id }) => id).sort(), [...MODELS].sort());
  assert.equal((await client.models.retrieve("words")).object, "model");

  const messages = [{ role: "user", content: "hello" }];
  const { data: chat, response } = await client.chat.completions
    .create({ model: "echo", messages }).withResponse();
  assert.equal(chat.choices[0].message.content, "you said hello");
  assert.equal(chat.usage.total_tokens, 7);
  // The flat price, and seven tokens at one unit each.
  assert.equal(response.headers.get("x-headwater-cost"), "57");
  assert.match(await market.inTheLog(response.headers.get("x-headwater-receipt")), /signed by/);

  const tools = [{ type: "function", function: { name: "count", parameters: { type: "object" } } }];
  const called = await client.chat.completions.create({ model: "echo", messages, tools });
  assert.equal(called.choices[0].message.tool_calls[0].function.name, "count");

  for (const options of [undefined, { include_usage: true }]) {
    const stream = await client.chat.completions
      .create({ model: "echo", messages, stream: true, stream_options: options });
    let text = "";
    let last;
    for await (const chunk of stream) {
      text += chunk.choices[0]?.delta.content ?? "";
      last = chunk;
    }
    assert.equal(text, "you said hello");
    assert.deepEqual([last.usage.total_tokens, last.usage.cost], [7, "57"]);
    assert.match(await market.inTheLog(last.headwater.receipt), /57 units/);
  }
  const built = await client.chat.completions.create({
    model: "words", messages: [{ role: "user", content: "the parcel" }], max_tokens: 4,
  });
  assert.match(built.choices[0].message.content, /is/);
  const texts = await client.completions.create({ model: "words", prompt: "the parcel", max_tokens: 4 });
  assert.match(texts.choices[0].text, /is/);

  const input = ["one text", "another"];
  const { data: points } = await client.embeddings.create({ model: "points", input });
  const asked = { model: "points", input, encoding_format: "float" };
  const plain = await client.embeddings.create(asked);
  assert.deepEqual(points.map(({ embedding }) => embedding.length), [256, 256]);
  assert.deepEqual([...plain.data[0].embedding], [...points[0].embedding]);

  const said = await client.responses.create({ model: "echo", input: "hello" });
  assert.equal(said.output_text, "you said hello");
}

async function refusals(market, made) {
  const as = (apiKey) => new OpenAI({ apiKey, baseURL: `${market.url}/v1`, maxRetries: 0 });
  const client = as(made.all);
  const messages = [{ role: "user", content: "hello" }];
  const chat = (client, model) => client.chat.completions.create({ model, messages });
  const refused = (promise, Kind, code) => assert.rejects(promise, (error) => {
    assert.ok(error instanceof Kind, `${error.constructor.name}: ${error.message}`);
    assert.equal(error.code, code);
    return true;
  });
  await refused(chat(as("hw_m_none"), "echo"), OpenAI.AuthenticationError, "invalid_api_key");
  await refused(chat(client, "nobody"), OpenAI.NotFoundError, "model_not_found");
  await refused(client.embeddings.create({ model: "words", input: "x" }), OpenAI.BadRequestError,
    "route_not_supported");
  await refused(chat(as(made.words), "echo"), OpenAI.PermissionDeniedError, "model_not_allowed");
  await refused(chat(client, "broken"), OpenAI.InternalServerError, "upstream_error");
  // The upstream's own words pass through.
  await assert.rejects(chat(client, "strict"), (error) => {
    assert.ok(error instanceof OpenAI.BadRequestError);
    assert.deepEqual([error.param, error.message], ["voice", "400 no such voice"]);
    return true;
  });
  const rare = as(made.rare);
  await chat(rare, "echo");
  await refused(chat(rare, "echo"), OpenAI.RateLimitError, "rate_limited");
  await refused(chat(as(made.poor), "echo"), OpenAI.RateLimitError, "budget_exceeded");
  // An answer that breaks off is an error to the client, not an end.
  const cut = await client.chat.completions.create({
    model: "echo", messages: [{ role: "user", content: "stop" }], stream: true,
  });
  await assert.rejects(async () => {
    for await (const chunk of cut) assert.ok(chunk);
  }, OpenAI.APIError);
}

const market = await startMarket(PROGRAM);
try {
  const made = await keys(market);
  await answers(market, new OpenAI({ apiKey: made.all, baseURL: `${market.url}/v1` }));
  await refusals(market, made);
  const env = { ...process.env, HEADWATER_URL: market.url };
  const rare = await market.headwater("model-key", "--data", market.data, "--account",
    String(market.account), "--allowance", "2", "--per-minute", "1");
  for (const [name, key] of Object.entries({ ...made, rare: rare.trim() })) {
    env[`KEY_${name.toUpperCase()}`] = key;
  }
  const { stdout } = await promisify(execFile)(PYTHON, ["calls.py"], { env });
  console.log(`npm's client: as it should be\n${stdout.trim()}`);
} finally {
  await market.stop();
}
