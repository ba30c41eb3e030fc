// A node whose gateway serves five models: two built in, three of an upstream that a test starts.

import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

import { startNode } from "./start.mjs";

const run = promisify(execFile);
const USAGE = { prompt_tokens: 5, completion_tokens: 2, total_tokens: 7 };

/** Somebody else's server: says what it was asked, or no, or nothing any more in mid-stream. */
async function startUpstream() {
  let waiting = () => {};
  const server = createServer(async (request, response) => {
    let text = "";
    for await (const chunk of request) text += chunk;
    const asked = JSON.parse(text);
    const json = (status, value) => {
      response.writeHead(status, { "content-type": "application/json" });
      response.end(JSON.stringify(value));
    };
    if (asked.model === "broken") return json(500, {});
    if (asked.model === "strict") {
      const error = { message: "no such voice", type: "invalid_request_error", param: "voice" };
      return json(400, { error });
    }
    const said = asked.messages?.at(-1).content ?? asked.input ?? asked.prompt;
    // Never answered: whoever tests it hangs up, or ends the node.
    if (said === "wait") return waiting();
    if (request.url.endsWith("/responses")) {
      const content = [{ type: "output_text", text: `you said ${said}`, annotations: [] }];
      const message = { id: "m", type: "message", role: "assistant", status: "completed", content };
      return json(200, {
        id: "resp-1", object: "response", created_at: 1, status: "completed", model: "echo",
        output: [message], usage: { input_tokens: 5, output_tokens: 2, total_tokens: 7 },
      });
    }
    const of = (object, choice, usage) => ({
      id: "up-1", object, created: 1, model: "echo", choices: choice ? [choice] : [], usage,
    });
    if (!asked.stream) {
      const calls = asked.tools?.map(({ function: { name } }) => (
        { id: "call-1", type: "function", function: { name, arguments: "{\"n\":3}" } }));
      const message = { role: "assistant", content: `you said ${said}`, tool_calls: calls };
      return json(200, of("chat.completion", { index: 0, finish_reason: "stop", message }, USAGE));
    }
    response.writeHead(200, { "content-type": "text/event-stream" });
    const event = (value) => response.write(`data: ${JSON.stringify(value)}\n\n`);
    for (const content of ["you", " said ", said]) {
      event(of("chat.completion.chunk", { index: 0, delta: { content } }));
    }
    // What was written goes out first: then the end is a break.
    if (said === "stop") return setTimeout(() => response.destroy(), 100);
    event(of("chat.completion.chunk", undefined, USAGE));
    response.end("data: [DONE]\n\n");
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const stop = () => new Promise((resolve) => {
    server.close(resolve);
    server.closeAllConnections();
  });
  const waits = () => new Promise((resolve) => { waiting = resolve; });
  return { url: `http://127.0.0.1:${server.address().port}/v1`, stop, waits };
}

const FLAT = "50";
const WORDS = ["the parcel is late", "the parcel is here", "the invoice is wrong"];

/** Models by name, in the order of their assets. */
export const MODELS = ["words", "points", "echo", "strict", "broken"];

/**
 * Starts the node; `account` owns all models, `headwater` runs a command line with its keys at
 * hand.
 */
export async function startMarket(program, more = []) {
  const folder = mkdtempSync(join(tmpdir(), "headwater-market-"));
  const upstream = await startUpstream();
  const served = MODELS.map((name, asset) => ({ name, asset })).slice(2);
  const models = served.map(({ name, asset }) => `[[model]]
asset = ${asset}
name = "${name}"
upstream = "here"
model = "${name}"
max_output_tokens = 64
`);
  const config = join(folder, "models.toml");
  writeFileSync(config, `[[upstream]]\nname = "here"\nbase_url = "${upstream.url}"\n${models.join("")}`);
  const texts = join(folder, "texts.jsonl");
  writeFileSync(texts, WORDS.map((text) => `${JSON.stringify({ text, label: "" })}\n`).join(""));
  let node = await startNode(program, ["--gateway", config, ...more]);
  const headwater = async (...args) => (await run(program, args, { cwd: folder })).stdout;
  const keys = join(folder, "trader.key");
  const who = () => ["--url", node.url, "--keys", keys];
  const train = (kind) => headwater("train", texts, "--kind", kind, "-o", kind);
  await Promise.all([train("ngram"), train("embedding")]);
  writeFileSync(join(folder, "note"), "an upstream answers");
  let account;
  for (const [asset, name] of MODELS.entries()) {
    const content = { words: "ngram", points: "embedding" }[name] ?? "note";
    const said = await headwater("asset", "register", ...who(), "--title", name, "--content", content,
      "--kind", "model", "--purpose", "inference", "--call", FLAT);
    account = Number(/account (\d+)/.exec(said)[1]);
    const prices = name === "echo" ? ["--input", "1000000", "--output", "1000000"] : [];
    await headwater("asset", "serve", ...who(), String(asset), ...prices);
  }
  const ready = async () => {
    const { data } = await (await fetch(`${node.url}/v1/models`)).json();
    return data.length === MODELS.length;
  };
  while (!await ready()) await new Promise((resolve) => { setTimeout(resolve, 100); });
  /** What `headwater verify` says of a receipt once a published segment has it. */
  const inTheLog = async (receipt) => {
    const path = join(folder, "use.receipt");
    writeFileSync(path, receipt);
    const held = ["--against", node.data, "--log-key", node.logKey];
    let said = "";
    for (const end = Date.now() + 60_000; Date.now() < end;) {
      // The published log may not name the gateway's key yet: nothing is proven then.
      const early = (error) => {
        if (/NOT PROVEN/.test(error.stdout)) return error.stdout;
        throw error;
      };
      said = await headwater("verify", path, ...held).catch(early);
      if (/in the log/.test(said)) return said;
      await new Promise((resolve) => { setTimeout(resolve, 100); });
    }
    throw new Error(`a use is not in the log after a minute: ${said}`);
  };
  return {
    account,
    headwater,
    inTheLog,
    /** What an audit of the node's directory says; it fails where anything is not as it says. */
    audit: () => headwater("audit", node.data, "--log-key", node.logKey),
    who,
    /** Fulfilled when the upstream is next asked to wait. */
    waits: upstream.waits,
    get url() { return node.url; },
    get data() { return node.data; },
    /** Ends the node without a word and starts it again. */
    async restart() {
      await node.kill();
      node = await node.again();
    },
    async stop() {
      await node.stop();
      await upstream.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
