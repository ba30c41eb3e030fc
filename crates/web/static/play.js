// The playground of a model: money set aside, a key for this tab, answers with their receipts.

import { ask, baseUnits, make, money, onClick, run, say, why } from "./api.js";
import { command } from "./commitment.js";
import { fund } from "./deposit.js";
import * as sign from "./sign.js";
import { percent, word } from "./words.js";

const GRANT_ALLOWANCE = 12;
const WEEK_MS = 7 * 86_400_000;
const LOOK_MS = 500;
const LOOKS = 20;

const box = document.querySelector("#play");
const turns = document.querySelector("#turns");
const status = document.querySelector("#play-status");
const form = document.querySelector("#ask");
const field = document.querySelector("#words");
const allow = document.querySelector("#allow");
const send = document.querySelector("#send");
const cancel = document.querySelector("#cancel");
const asset = Number(box?.dataset.asset);
const place = `play:${asset}`;
const said = [];
let running = null;

/** The key of this tab, made anew where there is none; null where nothing is set aside. */
async function key() {
  const kept = sessionStorage.getItem(place);
  if (kept) return kept;
  try {
    const made = await ask("POST", "/api/v1/me/model-keys", {
      name: `playground of asset ${asset}`, models: [asset], days: 1,
    });
    sessionStorage.setItem(place, made.key);
    return made.key;
  } catch (error) {
    if (error.code === "unknown_allowance") return null;
    throw error;
  }
}

/** Signs that so much may be spent on this model within a week. */
async function setAside() {
  const units = baseUnits(document.querySelector("#cap").value);
  if (units <= 0n) throw new Error(word("set-aside-more"));
  const own = await sign.signer();
  const paid = await fund(Number(box.dataset.token), units, (told) => say(status, told));
  if (paid === undefined) throw new Error(word("no-deposit", { units: money(units) }));
  const { time_ms: now } = await ask("GET", "/api/v1/head");
  const fields = [
    [0, asset],
    [1, paid],
    [2, units],
    [3, Math.max(now, Date.now()) + WEEK_MS],
  ];
  say(status, word("signing"));
  const entry = { ...own, nonce: sign.nextNonce(), command: command(GRANT_ALLOWANCE, fields) };
  await sign.submit({ signed: await sign.sign(own.record, entry) });
  sessionStorage.removeItem(place);
  for (let look = 0; look < LOOKS && !(await key()); look += 1) {
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
  allow.hidden = true;
  say(status, word("set-aside", { units: money(units) }), "good");
}

/** A turn on the page; `text` is never HTML. */
function turn(kind, text) {
  const body = make("div", { class: "said" }, text);
  const element = make("div", { class: `turn ${kind}` }, body);
  turns.append(element);
  return { element, body };
}

/** Receipt, price and the way to the data, under an answer. */
function receipted(element, { receipt, units }) {
  if (!receipt) return;
  const origin = `/assets/${asset}/origin?receipt=${encodeURIComponent(receipt)}`;
  element.append(make("p", { class: "quiet foot" },
    word("call-cost", { units: money(units ?? 0) }), " · ",
    make("a", { href: origin }, word("origin.whose-data-made-this")),
    " · ",
    make("a", { href: `/v1/receipts/${receipt}` }, word("origin.in-the-log")),
  ));
}

/** Events of a stream as they come. */
async function* events(response) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    rest += value;
    const parts = rest.split(/\r?\n\r?\n/);
    rest = parts.pop();
    for (const part of parts) {
      const data = part.split("\n").filter((line) => line.startsWith("data:"))
        .map((line) => line.slice(5).trim()).join("\n");
      if (data && data !== "[DONE]") yield JSON.parse(data);
    }
  }
}

/** Receipt and price of an answer, as its document has them. */
const ofDocument = (told) => ({ receipt: told?.receipt, units: told?.cost_units });

/** The same as its headers have them. */
const ofHeaders = (headers) => ({
  receipt: headers.get("x-headwater-receipt"),
  units: headers.get("x-headwater-cost"),
});

/** Why there is no whole answer. What was paid all the same is said, and stands in its place. */
async function unanswered({ body, element }, { error, told, otherwise }) {
  const reason = (await why(error?.code, error?.message)) ?? otherwise;
  if (!told.receipt) return new Error(reason);
  const paid = word("paid-anyway", { units: money(told.units ?? 0) });
  if (body.textContent === "…") body.textContent = paid;
  receipted(element, told);
  return new Error(`${reason} ${paid}`);
}

async function refused(response, own) {
  let problem = null;
  try {
    problem = await response.json();
  } catch {
    // What is no JSON has no code either.
  }
  if (response.status === 401) sessionStorage.removeItem(place);
  if (response.status === 402) allow.hidden = false;
  // A composed model that refuses in its own words has the receipts beside them.
  const beside = ofHeaders(response.headers);
  return unanswered(own, {
    error: problem?.error,
    told: beside.receipt ? beside : ofDocument(problem?.headwater),
    otherwise: word("gateway-answered", { status: response.status }),
  });
}

function asked(text) {
  if (box.dataset.way === "classify") return ["classify", { input: text }];
  said.push({ role: "user", content: text });
  return ["chat/completions", { messages: said, stream: true }];
}

async function streamed(response, own) {
  let all = "";
  for await (const event of events(response)) {
    const told = ofDocument(event.headwater);
    if (event.error) {
      throw await unanswered(own, { error: event.error, told, otherwise: word("broke-off") });
    }
    all += event.choices?.[0]?.delta?.content ?? "";
    own.body.textContent = all;
    receipted(own.element, told);
  }
  said.push({ role: "assistant", content: all });
}

/** A label with how sure the model is of it, or a chat's whole answer. */
function shown(document_) {
  const label = document_.data?.[0];
  if (!label) return document_.choices?.[0]?.message?.content ?? JSON.stringify(document_);
  const probs = label.probs ?? label.probabilities;
  const sure = Array.isArray(probs) ? Math.max(...probs) : label.probability;
  return sure === undefined ? label.label : `${label.label} (${percent(sure * 1_000_000)})`;
}

async function answer(secret, text) {
  const [path, more] = asked(text);
  const own = turn("answered", "…");
  const { body, element } = own;
  const headers = { authorization: `Bearer ${secret}`, "content-type": "application/json" };
  const purpose = document.querySelector("#purpose")?.value;
  if (purpose) headers["x-headwater-purpose"] = purpose;
  running = new AbortController();
  cancel.hidden = false;
  try {
    const response = await fetch(`/v1/${path}`, {
      method: "POST", headers, signal: running.signal,
      body: JSON.stringify({ model: `asset-${asset}`, ...more }),
    });
    if (!response.ok) throw await refused(response, own);
    const kind = response.headers.get("content-type") ?? "";
    if (kind.startsWith("text/event-stream")) return await streamed(response, own);
    body.textContent = shown(await response.json());
    receipted(element, ofHeaders(response.headers));
  } catch (error) {
    const stopped = error.name === "AbortError";
    // A question without an answer is no part of the talk.
    if (said.at(-1)?.role === "user") said.pop();
    body.textContent += stopped ? ` ${word("call-stopped")}` : "";
    if (body.textContent === "…") element.remove();
    if (!stopped) throw error;
  } finally {
    running = null;
    cancel.hidden = true;
  }
}

async function question() {
  const text = field.value;
  if (!text.trim()) return;
  say(status, "");
  const own = await key();
  if (!own) {
    allow.hidden = false;
    say(status, word("nothing-aside"));
    return;
  }
  turn("asked", text);
  await answer(own, text);
  field.value = "";
}

form?.addEventListener("submit", async (event) => {
  event.preventDefault();
  await run(send, status, question);
  field.focus();
});
onClick(document.querySelector("#grant"), status, setAside);
cancel?.addEventListener("click", () => running?.abort());
